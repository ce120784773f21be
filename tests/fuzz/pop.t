# pop.t - POP3's commands and messages meet their corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz pop 4000 10000
