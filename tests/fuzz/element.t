# element.t - the reader of recipient lists meets its corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz element 3000
