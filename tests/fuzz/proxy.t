# proxy.t - the reader of PROXY headers meets its corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz proxy 600
