# pneu-send: control/destinations
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh

ms() { echo $(($(date +%s%N) / 1000000)); }
loaded() { [ "$(grep -c '^status: settings reloaded' "$H/log")" = "$1" ]; }

# ---- connections, and messages over each
house
cat >"$E/destinations" <<'X'
# what single hosts take
one.test:concurrency=1 perconnection=2
.many.test:concurrency=3
relay.test:concurrency=2
:concurrency=4
X
echo routed.test:relay.test >"$E/smtproutes"
rule '*@one.test' 'K ok'
rule '*@*' 'gate open'
fabricate --count 6 --rcpt 'x%d@one.test' --sender '' >/dev/null
start
t 'six messages, two over a connection' wait_until 20 empty
is 'make three' "$(events '^ask remote mx one.test' | wc -l | tr -d ' ')" 3
is 'one after the other' "$(events '^busy remote mx one.test')" 'busy remote mx one.test 1'
stop
for d in a.many.test routed.test else.test; do fabricate --count 12 --rcpt "x%d@$d" --sender '' >/dev/null; done
start
t 'a domain below a name' wait_until 20 happened '^busy remote mx a.many.test 3$'
t 'a relay' wait_until 20 happened '^busy remote host relay.test 25 2$'
t 'what has no line' wait_until 20 happened '^busy remote mx else.test 4$'
touch "$H/open"
t 'all are delivered' wait_until 30 empty
is 'with no more at once than the line of each allows' "$(events '^busy' | sed 's/.* \(.*\) \(.*\)$/\1 \2/' | sort -r | sort -u -k1,1)" \
	'25 2
a.many.test 3
else.test 4
one.test 1'
stop

# ---- recipients
house
cat >"$E/destinations" <<'X'
far.test:recipients=3
.big.test:recipients=2
X
rule 'exchangers:mx?a.big' 'are mx.big.test/1'
rule '*' 'K ok'
start
inject s@sender.test 1@far.test 2@far.test 3@far.test 4@far.test 5@far.test 6@far.test 7@far.test
t 'seven recipients where three may be' wait_until 20 logged "^end msg $ID\$"
is 'go in three jobs' "$(events '^job' | cut -d' ' -f8-)" '1@far.test 2@far.test 3@far.test
4@far.test 5@far.test 6@far.test
7@far.test'
: >"$H/events"
inject s@sender.test 1@a.big 2@a.big 3@a.big 4@a.big 5@a.big
t 'five, of whose exchangers nobody knows yet that they take two' wait_until 20 logged "^end msg $ID\$"
# the first job was only shown to a worker, which has not gone to work
is 'go in three' "$(events '^job' | sed 1d | cut -d' ' -f8- | sort -u)" '1@a.big 2@a.big
3@a.big 4@a.big
5@a.big'
is 'and each delivery began once' "$(grep -c "^starting delivery .*msg $ID " "$H/log")" 5
is 'and was told of once' "$(grep -c 'success' "$H/log")" 12
stop

# ---- messages in a time
house
echo 'far.test:rate=600/m' >"$E/destinations"
rule '*' 'K ok'
fabricate --count 8 --rcpt 'x%d@far.test' --sender '' >/dev/null
before=$(ms)
start
inject s@sender.test u@near.test
t 'others do not wait for one that is slow' wait_until 20 logged "^end msg $ID\$"
t 'ten a second' wait_until 20 empty
t 'takes eight messages no less than seven tenths' test $(($(ms) - before)) -ge 700
t 'which the status tells' sh -c "pneu-qctl status | grep -q '^site remote mx far.test .* rate 600/m'"
stop

house
echo 'mx.big.test:rate=36000/h' >"$E/destinations"
rule 'exchangers:mx?*.big' 'are mx.big.test/1'
rule '*' 'K ok'
fabricate --count 8 --rcpt 'x@d%d.big' --sender '' >/dev/null
before=$(ms)
start
t 'eight domains of the same exchangers' wait_until 20 empty
t 'have the rate together' test $(($(ms) - before)) -ge 700
is 'and each message went once' "$(grep -c success "$H/log")" 8
t 'which the status tells' sh -c "pneu-qctl status | grep -q '^exchangers mx.big.test/1 .* rate 36000/h'"
stop

# ---- settings
house
start
for line in 'far.test' 'far.test:' 'far.test:nonsense' 'far.test:concurrency=0' 'far.test:concurrency=1001' 'far.test:rate=10' \
	'far.test:rate=10/d' 'far.test:rate=0/m' 'far.test:recipients=101' 'far.test:perconnection=x' 'far.test:lifetime=3' \
	'far.test:rate=1/m rate=2/m' 'a b:rate=1/m'; do
	echo "$line" >"$E/destinations"
	t "wrong: $line" not pneu-qctl reload
done
printf 'far.test:rate=1/m\nFAR.test:rate=2/m\n' >"$E/destinations"
t 'wrong: two lines for one name' not pneu-qctl reload
t 'the log says what it is' logged '^alert: unable to reload, the old settings stay: control/destinations:_two_lines_for:_'
printf '# nothing\n' >"$E/destinations"
t 'right: nothing' pneu-qctl reload
echo '2001:db8::1:rate=1000000/h  concurrency=1000	perconnection=1 recipients=100' >"$E/destinations"
t 'right: everything, and a name with colons' pneu-qctl reload
stop
echo 'nonsense' >"$E/destinations"
(exec pneu-send 3</dev/null 4</dev/null) 2>"$T/out"
is 'wrong from the start is fatal' "$?" 111
is 'and says so' "$(cat "$T/out")" 'pneu-send: fatal: control/destinations: no colon in: "nonsense"'

# ---- a reload
house
echo 'far.test:concurrency=1' >"$E/destinations"
rule '*@*' 'gate open'
fabricate --count 9 --rcpt 'x%d@far.test' --sender '' >/dev/null
start
t 'one at a time' wait_until 20 happened '^busy remote mx far.test 1$'
echo 'far.test:concurrency=3' >"$E/destinations"
signal HUP
t 'then three, after HUP' wait_until 20 happened '^busy remote mx far.test 3$'
touch "$H/open"
t 'and all are delivered' wait_until 20 empty
stop
finish
