# pneu-send's control socket, through pneu-qctl and pneu-qstat and without them
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh

client() { python3 tests/program/qctl_client.py "$Q/ctl" "$@" 2>&1; }
value() { pneu-qctl status | sed -n "s/^$1 //p"; }
has_value() { [ "$(value "$1")" = "$2" ]; }
qctl() { pneu-qctl "$@" >"$T/out" 2>&1; echo "$?" >>"$T/out"; cat "$T/out"; }
held() { find "$Q/hold" -type f | wc -l | tr -d ' '; }

# ---- status
house
rule '*@here.test' 'Z 4.2.2 mailbox full'
rule '*@gate.test' 'gate open'
rule '*' 'K ok'
start
t 'the start-up scan ends' wait_until 20 has_value scanning 0
is 'status of an idle runner' "$(pneu-qctl status | grep -v -e schedule-bytes -e pid -e loaded-us -e ^rate)" 'messages 0
active 0
local 0
local-limit 20
remote 0
remote-limit 50
scanning 0
stopping 0
overdue 0'
is 'with its process number' "$(value pid)" "$(cat "$H/pid")"
inject joe@sender.test a@gate.test
t 'a delivery that runs' wait_until 20 happened '^job remote mx gate.test'
is 'is counted' "$(pneu-qctl status | grep -e '^messages' -e '^active' -e '^remote ')" 'messages 1
active 1
remote 1'
is 'and its site is listed' "$(pneu-qctl status | grep '^site')" \
	'site remote mx gate.test queued 0 parked 0 busy 1 window 5 dead 0'
is 'qstat shows it too' "$(pneu-qstat | sed '/schedule-bytes/d; /loaded-us/d; /^  rate /d; /^oldest/d; s/pid .*/pid N/')" 'messages in queue: 1
held: 0
damaged, in bad/: 0
runner: running
  messages 1
  active 1
  local 0
  local-limit 20
  remote 1
  remote-limit 50
  scanning 0
  stopping 0
  pid N
  overdue 0
  site remote mx gate.test queued 0 parked 0 busy 1 window 5 dead 0'

# ---- messages
running=$ID
is 'what is being delivered is not retried' "$(qctl retry "$running")" "retry $running: being delivered now
100"
inject joe@sender.test ann@here.test
t 'a message that waits' wait_until 20 put_back
is 'retry tries it' "$(qctl retry "$ID")" "retry $ID: done
0"
t 'at once' wait_until 20 logged "^starting delivery [0-9]*: msg $ID .*" &&
	wait_until 20 sh -c "[ \$(grep -c 'starting delivery [0-9]*: msg $ID' '$H/log') = 2 ]"
t 'it waits again' wait_until 20 active 1
is 'hold' "$(qctl hold "$ID")" "hold $ID: done
0"
is 'puts it out of the way' "$(held)" 1
t 'into the directory of the same number' test -f "$Q/hold/$(basename "$(dirname "$(file)")")/$ID"
is 'and the runner does not try it' "$(qctl retry "$ID")" "retry $ID: it is held; release it first
100"
# the twin without Linux's calls cannot tell who asks: there the modes of files keep others out
who=$(sed -n 's/^operator uid \([0-9]*\) hold: .*/\1/p' "$H/log")
[ "$who" = 4294967295 ] || is 'the log says who did it' "$who" "$(id -u)"
is 'qstat counts it' "$(pneu-qstat | head -n 2)" 'messages in queue: 2
held: 1'
is 'release' "$(qctl release "$ID")" "release $ID: done
0"
is 'brings it back' "$(held)" 0
t 'and it is tried' wait_until 20 sh -c "[ \$(grep -c 'starting delivery [0-9]*: msg $ID' '$H/log') = 3 ]"
t 'it waits once more' wait_until 20 active 1
is 'what is not held is not released' "$(qctl release "$ID")" "release $ID: not held
100"
is 'delete' "$(qctl delete "$ID")" "delete $ID: done
0"
is 'removes it from there' "$(ls "$Q"/msg/*/"$ID" 2>/dev/null)" ''
t 'into the trash' test -f "$Q/trash/$(basename "$(dirname "$(file)")")/$ID"
is 'without a bounce' "$(grep -c "^bounce msg $ID" "$H/log")" 0
inject '' ann@here.test
first=$ID
t 'a message that waits' wait_until 20 put_back
is 'expire' "$(qctl expire "$ID")" "expire $ID: done
0"
t 'tries a last time and bounces' wait_until 20 logged "^bounce msg $first qp "
t 'and ends' wait_until 20 logged "^end msg $first\$"
is 'the bounce says that time is up' "$(wait_until 20 happened '^job local postmaster'; grep -h -c '^Status: 5.4.7' "$H/seen/$(events '^job local postmaster' | head -n 1 | cut -d' ' -f4)")" 1
bounce=$(sed -n "s/^bounce msg $first qp [0-9]* as //p" "$H/log")
ID=$bounce
t 'it waits like any other' wait_until 20 put_back
inject joe@sender.test ann@here.test
t 'a second one waits' wait_until 20 put_back
is 'several at once, one of them unknown' "$(qctl hold "$ID" 1k0v7sgqjc51 "$bounce")" "hold $ID: done
hold 1k0v7sgqjc51: no such message
hold $bounce: done
100"
is 'not an ID' "$(client raw 'hold\0../../etc/passwd\0' answer)" 'E|not an ID'
qctl release "$ID" "$bounce" >/dev/null
t 'released, they wait again' wait_until 20 active 1
rewrite_rules '*@gate.test gate open
* K ok'
is 'flush' "$(qctl flush)" 'done
0'
t 'tries all that wait' wait_until 20 logged "^end msg $ID\$"
t 'each of them' wait_until 20 logged "^end msg $bounce\$"
is 'hold of one that is being delivered' "$(qctl hold "$running")" "hold $running: done
0"
rewrite_rules '* Z 4.2.2 full'
is 'lets it go on' "$(held)" 0
touch "$H/open"
t 'and if it is delivered there is nothing to hold' wait_until 20 logged "^end msg $running\$"

# ---- what was asked for while it was being delivered is taken back
rm "$H/open"
rewrite_rules '*@gate.test gate open
* Z 4.2.2 full'
inject joe@sender.test late@gate.test ann@here.test
running=$ID
t 'one that is being delivered' wait_until 20 logged "^starting delivery [0-9]*: msg $running to remote late@gate.test"
is 'a hold' "$(qctl hold "$running"; qctl release "$running"; qctl release "$running")" "hold $running: done
0
release $running: done
0
release $running: not held
100"
is 'a deletion' "$(qctl delete "$running"; qctl undo "$running"; qctl undo "$running")" "delete $running: done
0
undo $running: done
0
undo $running: not in the trash
100"
touch "$H/open"
t 'and it goes on as if nothing had been said' wait_until 20 put_back
is 'to wait for its next attempt' "$(qctl retry "$running" | head -n 1)" "retry $running: done"
qctl purge "$running" >/dev/null

# ---- messages in line for a busy destination
rm "$H/open"
rewrite_rules '*@gate.test gate open
* K ok'
fabricate --count 300 --rcpt '%d@gate.test' --sender 'sender@here.test' >"$T/ids"
inject joe@sender.test wake@here.test
qctl flush >/dev/null
# every message has been looked at, and whoever is not open stands in line
in_line() {
	pneu-qctl status | awk '/^messages/ { n = $2 } /^site remote mx gate.test/ { p = $8 } /^active/ { o = $2 }
		END { exit !(p > 0 && n == p + o && (!m || n == m)) }' m="$1"
}
t 'a long line' wait_until 20 in_line 300
# the last of all are parked, whichever the runner has opened first
nth() { sed -n "$1p" "$T/ids"; }
is 'who stands in line need not be retried' "$(qctl retry "$(nth 300)")" "retry $(nth 300): it waits for its destination's turn
100"
is 'but can be held, deleted, expired' "$(qctl hold "$(nth 300)"; qctl delete "$(nth 297)" "$(nth 298)"; qctl expire "$(nth 299)")" \
	"hold $(nth 300): done
0
delete $(nth 297): done
delete $(nth 298): done
0
expire $(nth 299): done
0"
is 'one is held' "$(held)" 1
t 'the line is as long as it says' wait_until 20 in_line
rewrite_rules '*@gate.test Z 4.2.2 not now
* K ok'
touch "$H/open"
t 'who was expired bounces' wait_until 20 logged "^bounce msg $(nth 299) qp "
t 'all others have been tried' wait_until 20 has_value active 0
is 'and wait, or were delivered first' "$(grep -c '^bounce msg' "$H/log")" 2
is 'those deleted have never been tried' "$(grep -c -e "starting.*$(nth 297)" -e "starting.*$(nth 298)" "$H/log")" 0
qctl delete $(cat "$T/ids") >/dev/null
rewrite_rules '* K ok'
qctl release "$(nth 300)" >/dev/null
t 'all end' wait_until 20 has_value messages 0

# ---- settings
echo x.test:y >"$E/virtualdomains"
is 'reload' "$(qctl reload)" 'done
0'
t 'is in the log' logged '^status: settings reloaded'
echo x.test >"$E/virtualdomains"
is 'a reload that fails' "$(qctl reload)" 'unable to reload, see the log
100'
rm "$E/virtualdomains"

# ---- who does not keep to the rules
is 'no such verb' "$(client raw 'explode\0' answer)" 'E|no such verb'
is 'a verb that needs an ID' "$(client raw 'hold\0' answer)" 'E|not an ID'
is 'a packet without a 0 ends the connection' "$(client raw 'status' answer)" closed
is 'so does one with too much' "$(client raw 'flush\0more\0' answer)" closed
is 'and one with a descriptor' "$(client fd 'status\0' answer)" closed
is 'and nothing else: others go on' "$(client keep 1 raw 'x' answer last raw 'flush\0' answer)" 'closed
K|'
is 'a connection is good for many questions' "$(client raw 'flush\0' answer raw 'nonsense\0' answer raw 'flush\0' answer)" 'K|
E|no such verb
K|'
is '16 may ask at the same time' "$(client keep 15 last raw 'flush\0' answer)" 'K|'
is 'the 17th is sent away' "$(client keep 16 last answer)" closed
is 'the 16 are not disturbed, and one may come for one that goes' \
	"$(client keep 16 last answer first raw 'flush\0' answer drop new last raw 'flush\0' answer)" 'closed
K|
K|'
if [ "$who" = 4294967295 ]; then
	echo '# SKIP another user: this build cannot tell who asks'
elif [ "$(id -u)" = 0 ]; then
	# even where the file modes would let somebody in
	chmod 711 "$T" "$T/$house_n" "$Q"
	chmod 666 "$Q/ctl"
	is 'another user may look' "$(client uid 65534 raw 'status\0' answer | head -n 1)" 'K|messages 0'
	for verb in flush reload 'hold\01k0v7sgqjc51' 'retry\01k0v7sgqjc51' 'release\01k0v7sgqjc51' \
		'expire\01k0v7sgqjc51' 'delete\01k0v7sgqjc51'; do
		is "but not ${verb%%\\*}" "$(client uid 65534 raw "$verb\\0" answer)" 'E|not allowed'
	done
else
	echo '# SKIP another user: only root can become one'
fi

# ---- how much
rates() { pneu-qctl status | sed -n "s/^rate $1 total \([0-9]*\) 1m .* 15m \([0-9]*\)\$/\1 \2/p"; }
is 'what came, what left and what was tried is counted as it is logged' "$(for r in new ended delivered deferred failed bounced; do rates $r; done)" \
	"$(for l in 'new msg' 'end msg' 'delivery [0-9]*: success' 'delivery [0-9]*: deferral' 'delivery [0-9]*: failure' 'bounce msg'; do
		n=$(grep -c "^$l" "$H/log"); echo "$n $n"; done)"
t 'bytes too' test "$(rates bytes | cut -d' ' -f1)" -gt 0

# ---- nobody there
stop
is 'without a runner' "$(qctl flush)" 'pneu-qctl: fatal: no runner: pneu-send is not running on this queue
111'
is 'qstat counts all the same' "$(pneu-qstat)" 'messages in queue: 0
held: 0
damaged, in bad/: 0
runner: not running'
rm -f "$Q/ctl"
is 'even with no socket' "$(pneu-qstat | tail -n 1)" 'runner: not running'
is 'nor qctl' "$(qctl status)" 'pneu-qctl: fatal: no runner: pneu-send is not running on this queue
111'
finish
