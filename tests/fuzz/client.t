# client.t - the SMTP client meets its corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz client 2000
