# one user whose mail goes nowhere, under as many names as he likes, keeps nobody else's local mail waiting, and no slow host
# that of others
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
stop

echo 8 >"$E/concurrencyremote"
echo 8 >"$E/concurrencysite"
rm "$H/open"
rule 'x@slow.test' 'gate open'
rule 'warm@slow.test' 'K ok'
start
for n in 1 2 3 4; do inject a@here.test warm@slow.test; done
t 'a host that has taken mail' wait_until 20 empty
fabricate --count 30 --rcpt x@slow.test --sender '' >/dev/null
signal HUP
pneu-qctl flush >/dev/null
is_busy() { pneu-qctl status | grep -qx "remote $1"; }
t 'and then takes its time has three quarters of the workers' wait_until 30 is_busy 6
inject a@here.test ann@far.test
t 'mail for another host goes at once' wait_until 20 logged "^end msg $ID\$"
is 'and the slow one has no more than before' "$(pneu-qctl status | sed -n 's/^remote //p')" 6
: >"$H/open"
t 'until it answers' wait_until 60 empty
finish
