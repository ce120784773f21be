# compose.t - what completes the messages of programs on this host meets its corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz compose 3000
