# qmqp.t - what reads the requests of QMQP clients meets its corpus, and for a moment a fuzzer; FUZZ_RUNS lengthens that
. tests/lib.sh
kind=$(sh tests/fuzz/build.sh qmqp "$T/qmqp_fuzz" 2>"$T/err") || skip_all "no compiler with ASan: $(head -n 1 "$T/err")"
if [ "$kind" != fuzzer ]; then
	echo '# only the corpus is run: no libFuzzer here (Debian: clang libclang-rt-14-dev)'
	t 'the corpus' "$T/qmqp_fuzz" tests/fuzz/corpus/qmqp
	finish
fi
mkdir "$T/new"
t 'the corpus' "$T/qmqp_fuzz" -runs=0 tests/fuzz/corpus/qmqp
t 'a fuzzer finds nothing' "$T/qmqp_fuzz" -runs="${FUZZ_RUNS:-20000}" -seed=1 -max_len=6000 -timeout=5 -verbosity=0 \
	-artifact_prefix="$T/" "$T/new" tests/fuzz/corpus/qmqp
finish
