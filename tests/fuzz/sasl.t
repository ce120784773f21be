# sasl.t - a login meets its corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz sasl 3000 20000
