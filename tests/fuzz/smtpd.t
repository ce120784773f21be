# smtpd.t - a session of pneu-smtpd meets its corpus, and for a moment a fuzzer
. tests/fuzz/lib.sh
fuzz smtpd 6000 20000
