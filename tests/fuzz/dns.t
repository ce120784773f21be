# dns.t - the reader of DNS answers meets its corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz dns 1400
