# sasl.t - a login meets its corpus, and for a moment a fuzzer; FUZZ_SECONDS lengthens that
. tests/lib.sh
kind=$(sh tests/fuzz/build.sh sasl "$T/sasl_fuzz" 2>"$T/err") || skip_all "no compiler with ASan: $(head -n 1 "$T/err")"
if [ "$kind" != fuzzer ]; then
	echo '# only the corpus is run: no libFuzzer here (Debian: clang libclang-rt-14-dev)'
	t 'the corpus' "$T/sasl_fuzz" tests/fuzz/corpus/sasl
	finish
fi
mkdir "$T/new"
t 'the corpus' "$T/sasl_fuzz" -runs=0 tests/fuzz/corpus/sasl
t 'a fuzzer finds nothing' "$T/sasl_fuzz" -max_total_time="${FUZZ_SECONDS:-5}" -max_len=3000 -timeout=5 -verbosity=0 \
	-artifact_prefix="$T/" "$T/new" tests/fuzz/corpus/sasl
finish
