# message.t - what local delivery does to a message meets its corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz message 400
