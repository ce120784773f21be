# passwords.t - the database of passwords meets its corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz passwords 6000
