# reply.t - the reader of SMTP replies meets its corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz reply 20000 20000
