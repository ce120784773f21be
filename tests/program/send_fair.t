# one user whose mail goes nowhere, under as many names as he likes, keeps nobody else's local mail waiting
. tests/lib.sh
. tests/program/send.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
house
echo 8 >"$E/concurrencylocal"
rule 'joe*' 'gate open'
start
fabricate --count 700 --rcpt 'joe+%d@here.test' --sender '' >/dev/null
signal HUP
is_busy() { pneu-qctl status | grep -qx "local $1"; }
pneu-qctl flush >/dev/null
t '700 messages for joe under as many names wait for as much of the workers as one user may have' wait_until 30 is_busy 6
inject a@far.test ann@here.test
t 'mail for somebody else is delivered' wait_until 20 logged 'success'
t 'to ann' logged 'to local ann@here.test'
is 'joe has no more workers than before' "$(pneu-qctl status | sed -n 's/^local //p')" 6
t 'and does not hold all open messages' test "$(pneu-qctl status | sed -n 's/^active //p')" -lt 400
: >"$H/open"
t 'when joe answers it is all delivered' wait_until 60 empty
finish
