# milter.t - pneu-milter meets its corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz milter 4000
