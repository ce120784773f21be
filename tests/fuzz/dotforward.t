# dotforward.t - the reader of .forward meets its corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz dotforward 1500 1500
