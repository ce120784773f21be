#!/bin/sh
# build.sh NAME OUT - build the fuzz target tests/fuzz/NAME_fuzz.c as OUT, with ASan and UBSan; from the top directory
#
# Prints "fuzzer" when OUT is a libFuzzer program (clang and its runtime are here: Debian clang, libclang-rt-14-dev),
# else "corpus" when OUT only runs the files it is given, or "broken" when the target itself does not build. Exit 1:
# there is no compiler with ASan.
# The line "sources: FILE..." at the top of the target names what is built with it. FUZZ_CC is clang or its path.
name=$1 out=$2
target=tests/fuzz/${name}_fuzz.c
sources=$(sed -n 's/^ \* sources: *//p' "$target") || exit 1
flags="-std=c11 -g1 -O1 -fno-omit-frame-pointer -Isrc -D_GNU_SOURCE
	-DPNEU_ETC_DIR=\"/nonexistent\" -DPNEU_QUEUE_DIR=\"/nonexistent\" -DPNEU_BIN_DIR=\"/nonexistent\""
san=address,undefined
# shellcheck disable=SC2086  # words on purpose
if ${FUZZ_CC:-clang} $flags -fsanitize=fuzzer,$san -fno-sanitize-recover=all -o "$out" "$target" $sources 2>/dev/null; then
	echo fuzzer
elif ${CC:-cc} $flags -fsanitize=$san -fno-sanitize-recover=all -o "$out" "$target" tests/fuzz/corpus.c $sources >&2; then
	echo corpus
elif echo 'int main(void) { return 0; }' | ${CC:-cc} -fsanitize=$san -xc - -o "$out.probe" 2>/dev/null; then
	rm -f "$out.probe"
	echo broken
else
	exit 1
fi
