# dnsask.t - look-ups with many questions meet their corpus, and for a moment a fuzzer; FUZZ_SECONDS lengthens that
. tests/lib.sh
kind=$(sh tests/fuzz/build.sh dnsask "$T/dnsask_fuzz" 2>"$T/err") || skip_all "no compiler with ASan: $(head -n 1 "$T/err")"
if [ "$kind" != fuzzer ]; then
	echo '# only the corpus is run: no libFuzzer here (Debian: clang libclang-rt-14-dev)'
	t 'the corpus' "$T/dnsask_fuzz" tests/fuzz/corpus/dnsask
	finish
fi
mkdir "$T/new"
t 'the corpus' "$T/dnsask_fuzz" -runs=0 tests/fuzz/corpus/dnsask
t 'a fuzzer finds nothing' "$T/dnsask_fuzz" -max_total_time="${FUZZ_SECONDS:-8}" -max_len=2000 -timeout=5 -verbosity=0 \
	-artifact_prefix="$T/" "$T/new" tests/fuzz/corpus/dnsask
finish
