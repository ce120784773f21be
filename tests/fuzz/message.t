# message.t - what local delivery does to a message meets its corpus, and for a moment a fuzzer; FUZZ_SECONDS lengthens that
. tests/lib.sh
kind=$(sh tests/fuzz/build.sh message "$T/message_fuzz" 2>"$T/err") || skip_all "no compiler with ASan: $(head -n 1 "$T/err")"
if [ "$kind" != fuzzer ]; then
	echo '# only the corpus is run: no libFuzzer here (Debian: clang libclang-rt-14-dev)'
	t 'the corpus' "$T/message_fuzz" tests/fuzz/corpus/message
	finish
fi
mkdir "$T/new"
t 'the corpus' "$T/message_fuzz" -runs=0 tests/fuzz/corpus/message
t 'a fuzzer finds nothing' "$T/message_fuzz" -max_total_time="${FUZZ_SECONDS:-4}" -max_len=400 -timeout=5 -verbosity=0 \
	-artifact_prefix="$T/" "$T/new" tests/fuzz/corpus/message
finish
