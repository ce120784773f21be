# lib.sh - what every fuzz test does: its corpus, and then a fuzzer for a moment
#
#   fuzz NAME MAX_LEN [RUNS]   tests/fuzz/NAME_fuzz.c with tests/fuzz/corpus/NAME, inputs of up to MAX_LEN bytes
# The moment is RUNS inputs, the same ones each time, so that what is found is found again. FUZZ_SECONDS=N makes it
# so many seconds of other ones.
. tests/lib.sh

fuzz() {
	kind=$(sh tests/fuzz/build.sh "$1" "$T/$1_fuzz" 2>"$T/err") || skip_all "no compiler with ASan: $(head -n 1 "$T/err")"
	if [ "$kind" = broken ]; then
		t 'the target is built with all that it needs' sh -c 'cat "$1"; exit 1' sh "$T/err"
		finish
	fi
	if [ "$kind" != fuzzer ]; then
		echo '# only the corpus is run: no libFuzzer here (Debian: clang libclang-rt-14-dev)'
		t 'the corpus' "$T/$1_fuzz" "tests/fuzz/corpus/$1"
		finish
	fi
	if [ -n "$FUZZ_SECONDS" ]; then moment=-max_total_time=$FUZZ_SECONDS; else moment="-seed=1 -runs=${3:-50000}"; fi
	mkdir "$T/new"
	t 'the corpus' "$T/$1_fuzz" -runs=0 "tests/fuzz/corpus/$1"
	# shellcheck disable=SC2086  # words on purpose
	t 'a fuzzer finds nothing' "$T/$1_fuzz" $moment -max_len="$2" -timeout=25 -verbosity=0 -artifact_prefix="$T/" "$T/new" "tests/fuzz/corpus/$1"
	finish
}
