# qmqp.t - what reads the requests of QMQP clients meets its corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz qmqp 6000 20000
