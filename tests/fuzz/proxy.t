# proxy.t - the reader of PROXY headers meets its corpus, and for a moment a fuzzer; FUZZ_SECONDS lengthens that
. tests/lib.sh
kind=$(sh tests/fuzz/build.sh proxy "$T/proxy_fuzz" 2>"$T/err") || skip_all "no compiler with ASan: $(head -n 1 "$T/err")"
if [ "$kind" != fuzzer ]; then
	echo '# only the corpus is run: no libFuzzer here (Debian: clang libclang-rt-14-dev)'
	t 'the corpus' "$T/proxy_fuzz" tests/fuzz/corpus/proxy
	finish
fi
mkdir "$T/new"
t 'the corpus' "$T/proxy_fuzz" -runs=0 tests/fuzz/corpus/proxy
t 'a fuzzer finds nothing' "$T/proxy_fuzz" -max_total_time="${FUZZ_SECONDS:-5}" -max_len=600 -timeout=5 -verbosity=0 \
	-artifact_prefix="$T/" "$T/new" tests/fuzz/corpus/proxy
finish
