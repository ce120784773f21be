# dnsask.t - look-ups with many questions meet their corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz dnsask 2000
