# sender.t - rewritten senders and SPF records meet their corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz sender 1000
