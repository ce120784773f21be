# dotqmail.t - the reader of .qmail files meets its corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz dotqmail 1500 1500
