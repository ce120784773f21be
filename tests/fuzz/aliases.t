# aliases.t - the readers of alias files and databases meet their corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz aliases 20000 3000
