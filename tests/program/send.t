# pneu-send alone: its spawners and all their workers are played by fakespawn.py
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh

# ---- one message, one recipient
house
rule '*' 'K did 1+0+0'
inject joe@sender.test 'ann@here.test'
start
t 'a message that was there before the runner is found' wait_until 20 logged "^end msg $ID\$"
is 'and gone when it is delivered' "$(messages)" 0
is 'to the local part, by lspawn' "$(events '^ask')" 'ask local ann'
is 'in one job with sender and recipient' "$(events '^job')" 'job local ann 1 <joe@sender.test> - ann@here.test'
is 'the log is that of qmail-send' "$(grep -v '^status: local' "$H/log")" "new msg $ID
info msg $ID: bytes $(cut -d' ' -f2 "$H/seen/1.at") from <joe@sender.test> qp $QP uid $(id -u)
starting delivery 1: msg $ID to local ann@here.test
delivery 1: success: did_1+0+0
end msg $ID"
is 'with its status lines' "$(grep '^status: local' "$H/log")" 'status: local 0/20 remote 0/50
status: local 1/20 remote 0/50
status: local 0/20 remote 0/50'
is 'the descriptor is read-only' "$(cat "$H/seen/1.mode")" r
inject '' bob@far.test
t 'a new message is heard of through the FIFO' wait_until 20 logged "^end msg $ID\$"
is 'and goes to the MX of its domain' "$(events '^job remote')" 'job remote mx far.test 2 <> - bob@far.test'
(exec pneu-send 3</dev/null 4</dev/null) 2>"$T/second"
is 'a second runner refuses' "$?" 111
is 'and says why' "$(cat "$T/second")" 'pneu-send: fatal: another pneu-send is running here'
stop
is 'TERM ends it with 0' "$(cat "$H/exit")" 0
is 'saying so' "$(tail -n 2 "$H/log")" 'status: stopping
status: exiting'

# ---- several recipients: what is recorded
house
rule 'k@*' 'K fine'
rule 'z@*' 'Z 4.2.2 mailbox full, try later'
rule 'd@*' 'D 5.1.1 no such user here'
rule '*' 'K ok'
start
inject joe@sender.test z@here.test k@here.test k@far.test
t 'recipients go their own ways' wait_until 20 put_back
is 'each to its site' "$(jobs)" 'local k
local z
remote mx far.test'
is 'records tell who has it and who has not' "$(records | sed 's/^\([a-z][0-9]*\) [0-9]*/\1/' | sort)" 'k1 fine
k2 fine
z0 4.2.2 mailbox full, try later'
mtime=$(stat -c %Y "$(file)")
is 'the next attempt is 100 seconds after its arrival, or a square more' "$(on_schedule "$ID" "$mtime" 10)" yes
t 'which ls shows, as the mtime is in the future' test "$mtime" -gt "$(date +%s)"
rewrite_rules 'z@* K now'
signal ALRM
t 'ALRM tries again at once' wait_until 20 logged "^end msg $ID\$"
is 'only who has it not yet' "$(events '^job' | tail -n 1 | cut -d' ' -f2,3,7)" 'local z z@here.test'
rewrite_rules 'z@* Z 4.2.2 full
* K ok'
inject joe@sender.test z@far.test
t 'a deferred remote message' wait_until 20 put_back
is 'waits 400 seconds' "$(on_schedule "$ID" "$(stat -c %Y "$(file)")" 20)" yes
printf 'z0 17' >>"$(file)"
rewrite_rules '* Z 4.2.2 full again'
was=$(wc -l <"$(file)")
signal ALRM
t 'a torn record' wait_until 20 has_lines $((was + 1))
is 'is ignored, and cut off before the next one' "$(records | grep -c '^z0 [0-9]* 4.2.2 full')" 2
rewrite_rules '* K ok'
signal ALRM
t 'and the message goes on' wait_until 20 logged "^end msg $ID\$"
stop

# ---- a job has room for so many recipients, and for so many bytes
house
rule '*' 'K ok'
start
long=$(printf '%0900d' 0)
inject joe@sender.test $(i=0; while [ $i -lt 100 ]; do echo "$i.$long@far.test"; i=$((i + 1)); done)
t 'a hundred long addresses are more than a job takes: they go in two' wait_until 20 logged "^end msg $ID\$"
is 'and each goes once' "$(events '^job' | cut -d' ' -f8- | tr ' ' '\n' | sort -u | wc -l)" 100
inject joe@sender.test $(i=0; while [ $i -lt 101 ]; do echo "$i@near.test"; i=$((i + 1)); done)
t 'a hundred and one short ones are more than a job takes' wait_until 20 logged "^end msg $ID\$"
is 'too' "$(events '^job remote mx near.test' | wc -l)" 2
printf 'virtual.test:%0200d\n' 0 >"$E/virtualdomains"
signal HUP
t 'a long prefix' wait_until 20 logged '^status: settings reloaded'
inject joe@sender.test "$(printf '%0950d' 0)@virtual.test"
t 'and a long address together, more than a spawner is asked for, are too long for good' wait_until 20 logged \
	"^skipping delivery: msg $ID .*: address_too_long\$"
t 'and the sender hears of it' wait_until 20 logged "^bounce msg $ID "
stop

# ---- workers that have nothing to do
house
rule '*' 'K ok'
start
descriptors() { ls "/proc/$(cat "$H/pid")/fd" | wc -l; }
inject joe@sender.test $(i=0; while [ $i -lt 300 ]; do echo "$i@here.test"; i=$((i + 1)); done)
t 'mail for three hundred users' wait_until 20 logged "^end msg $ID\$"
is 'asks for a worker for each' "$(events '^ask' | wc -l)" 300
t 'and keeps no more than two hundred of them' test "$(descriptors)" -lt 250
is 'none of which did more than one job' "$(events '^job' | sort -u | wc -l)" 300
stop

# ---- settings
house
start
inject a@sender.test u@virtual.test w@new.test x@routed.test
t 'mail for elsewhere' wait_until 20 logged "^end msg $ID\$"
is 'goes by MX' "$(jobs)" 'remote mx new.test
remote mx routed.test
remote mx virtual.test'
echo new.test >>"$E/locals"
echo virtual.test:joe-virt >"$E/virtualdomains"
echo routed.test:relay.test:2525 >"$E/smtproutes"
signal HUP
t 'HUP rereads locals, virtualdomains and smtproutes' wait_until 20 logged '^status: settings reloaded'
: >"$H/events"
inject a@sender.test u@virtual.test w@new.test x@routed.test
t 'mail after that' wait_until 20 logged "^end msg $ID\$"
is 'goes where they say' "$(jobs)" 'local joe-virt-u
local w
remote host relay.test 2525'
is 'by a worker that read the new settings' "$(events '^ask remote host relay.test' | wc -l)" 1
signal HUP
reloads() { [ "$(grep -c '^status: settings reloaded' "$H/log")" = "$1" ]; }
t 'one that waits for more' wait_until 20 reloads 2
inject a@sender.test x@routed.test
t 'gets nothing any more' wait_until 20 logged "^end msg $ID\$"
is 'a new one does' "$(events '^ask remote host relay.test' | wc -l)" 2
echo nonsense >"$E/smtproutes"
signal HUP
t 'nonsense in them is said' wait_until 20 logged '^alert: unable to reload, the old settings stay: .*smtproutes'
: >"$H/events"
inject a@sender.test x@routed.test
t 'and the old ones stay' wait_until 20 logged "^end msg $ID\$"
is 'in force' "$(jobs)" 'remote host relay.test 2525'
stop

# ---- bounces
house
rule 'd@*' 'D 5.1.1 no such user here'
rule '*' 'K ok'
start
inject joe@here.test d@far.test ann@here.test
t 'who fails is bounced' wait_until 20 logged "^bounce msg $ID qp [0-9]* as [0-9a-z]*\$"
t 'and the message ends' wait_until 20 logged "^end msg $ID\$"
bounce=$(sed -n "s/^bounce msg $ID qp [0-9]* as //p" "$H/log")
t 'the bounce is delivered' wait_until 20 logged "^end msg $bounce\$"
n=$(sed -n "s/^starting delivery \([0-9]*\): msg $bounce .*/\1/p" "$H/log")
is 'to the sender, with the null sender' "$(events "^job local joe $n")" "job local joe $n <> - joe@here.test"
t 'as a delivery status notification' grep -qi '^Content-Type: multipart/report; report-type=delivery-status' "$H/seen/$n"
t 'with a status part' grep -q '^Content-Type: message/delivery-status' "$H/seen/$n"
t 'that names the recipient' grep -q '^Final-Recipient: rfc822; d@far.test' "$H/seen/$n"
t 'and the status' grep -q '^Status: 5.1.1' "$H/seen/$n"
t 'and not who got it' not grep -q ann@here.test "$H/seen/$n"
inject '' d@far.test
t 'a bounce that fails' wait_until 20 logged "^bounce msg $ID "
bounce=$(sed -n "s/^bounce msg $ID qp [0-9]* as //p" "$H/log")
t 'goes to the postmaster' wait_until 20 logged "^starting delivery [0-9]*: msg $bounce to local postmaster@here.test\$"
t 'from #@[]' wait_until 20 logged "^info msg $bounce: bytes [0-9]* from <#@\[\]> "
inject '#@[]' d@far.test
t 'and what fails then is discarded' wait_until 20 logged "^triple bounce: discarding $ID\$"
t 'for good' wait_until 20 logged "^end msg $ID\$"
t 'and nothing is left' wait_until 20 empty
stop

# ---- expiry
house
rule '*' 'Z 4.4.1 nobody home'
echo 0 >"$E/queuelifetime"
ID=$(fabricate --arrival $(($(date +%s) - 10)) --rcpt old@far.test --sender '')
start
t 'what is too old gets one last attempt' wait_until 20 logged '^delivery 1: deferral: nobody_home'
t 'and bounces' wait_until 20 logged "^bounce msg $ID "
bounce=$(sed -n "s/^bounce msg $ID qp [0-9]* as //p" "$H/log")
rewrite_rules '* K ok'
t 'the bounce goes out' wait_until 20 started "$bounce"
stop

# ---- damage
house
start
rule '*' 'Z 4.0.0 wait'
inject joe@sender.test a@here.test
t 'a message that waits' wait_until 20 put_back
stop
was=$(file)
printf 'what is this?\n' >>"$was"
inject joe@sender.test torn@here.test
torn=$ID
size=$(stat -c %s "$(file)")
# the name reached the disk, some of the bytes did not
dd if=/dev/zero of="$(file)" bs=1 seek=$((size - 60)) count=30 conv=notrunc 2>/dev/null
inject joe@sender.test short@here.test
short=$ID
truncate -s 60 "$(file)"
inject joe@sender.test good@here.test
rewrite_rules '* K ok'
rm -f "$H/exit"
touch "$was"
start
t 'after a crash the good one goes on' wait_until 20 logged "^end msg $ID\$"
t 'a damaged one is moved away' wait_until 20 test -f "$Q/bad/${was##*/}"
t 'one of whose bytes some did not reach the disk too' wait_until 20 test -f "$Q/bad/$torn"
t 'and one that is cut short' wait_until 20 test -f "$Q/bad/$short"
is 'none of them was delivered' "$(events '^job' | grep -c -e torn -e short)" 0
is 'and all are named' "$(grep -c '^alert: moved to bad/' "$H/log")" 3
is 'nothing else is left' "$(messages)" 0
stop

# ---- workers that lie or die
house
rule 'die@*' 'die'
rule 'number@*' 'number'
rule 'index@*' 'index'
rule 'twice@*' 'twice'
rule 'garbage@*' 'garbage'
rule 'spawn:never' 'D 5.1.1 no such user'
rule 'spawn:later' 'Z 4.3.0 out of processes'
rule '*' 'K ok'
start
inject joe@sender.test die@here.test ok@here.test
t 'a worker that dies' wait_until 20 put_back
is 'has deferred what it had' "$(records | sed 's/ [0-9]* / /' | sort)" 'k1 ok
z0 4.3.0 the delivery program ended without a report'
inject joe@sender.test number@here.test
t 'a report about nobody' wait_until 20 logged "^end msg $ID\$"
t 'is logged as mangled' logged '^delivery 99999999: report mangled, will defer$'
inject joe@sender.test index@here.test
t 'so is one about a recipient that is none' wait_until 20 logged "^end msg $ID\$"
is 'and changes nothing' "$(grep -c 'report mangled' "$H/log")" 2
inject joe@sender.test twice@here.test x@far.test
t 'a second report about the same one' wait_until 20 logged "^end msg $ID\$"
mangled() { [ "$(grep -c 'report mangled' "$H/log")" = "$1" ]; }
t 'is mangled too' wait_until 20 mangled 3
inject joe@sender.test garbage@here.test
t 'a packet that is no report' wait_until 20 put_back
is 'is a deferral' "$(records | sed 's/ [0-9]* / /')" 'z0 4.3.0 the delivery program ended without a report'
inject joe@sender.test later@here.test
t 'a spawner that cannot now' wait_until 20 put_back
is 'defers' "$(records | sed 's/ [0-9]* / /')" 'z0 4.3.0 out of processes'
inject '' never@here.test
t 'and one that never will' wait_until 20 logged "^bounce msg $ID "
stop

# ---- what a local worker can see
house
rule '*' 'K ok'
start
inject joe@sender.test ann@here.test secret@here.test hidden@far.test
t 'a message for several' wait_until 20 logged "^end msg $ID\$"
for who in ann secret; do
	n=$(events "^job local $who " | cut -d' ' -f4)
	is "the descriptor that $who gets is read-only" "$(cat "$H/seen/$n.mode")" r
	is 'is all message' "$(cat "$H/seen/$n.at")" "0 $(stat -c %s "$H/seen/$n")"
	is 'and names nobody else' "$(grep -c -e ann@ -e secret -e hidden "$H/seen/$n")" 0
done
is 'no copy is left' "$(find "$Q/tmp" -type f | wc -l | tr -d ' ')" 0
inject joe@sender.test ann@here.test
t 'a message for one' wait_until 20 logged "^end msg $ID\$"
n=$(events '^job local ann ' | tail -n 1 | cut -d' ' -f4)
is 'comes as the queue file' "$(head -c 5 "$H/seen/$n")" pneu1
is 'read-only as well' "$(cat "$H/seen/$n.mode")" r
stop

# ---- concurrency, windows, silence, fairness
house
echo 8 >"$E/concurrencysite"
echo 20 >"$E/concurrencyremote"
rule '*@gate.test' 'gate open'
rule '*' 'K ok'
fabricate --count 60 --rcpt '%d@gate.test' >/dev/null
start
t 'a window begins at 5' wait_until 20 happened '^busy remote mx gate.test 5$'
inject a@sender.test b@other.test
t 'another site does not wait for a full one' wait_until 20 logged "^end msg $ID\$"
is 'which got no more than its window' "$(events '^busy remote mx gate.test' | tail -n 1 | cut -d' ' -f5)" 5
touch "$H/open"
t 'all are delivered when it opens' wait_until 20 empty
is 'and the window opens, up to concurrencysite' "$(events '^busy remote mx gate.test' | tail -n 1 | cut -d' ' -f5)" 8
stop

house
rule '*@dead.test' 'site connect timed out'
rule '*' 'K ok'
fabricate --count 50 --rcpt '%d@dead.test' >/dev/null
start
t 'a site that does not answer' wait_until 20 all_deferred 50
asked=$(events '^job remote mx dead.test' | wc -l | tr -d ' ')
t 'is asked by its first deliveries only' test "$asked" -le 10
inject a@sender.test late@dead.test
t 'and what comes later' wait_until 20 put_back
is 'is deferred without an attempt' "$(events late@dead.test)" ''
t 'which is said' logged "^skipping delivery: msg $ID to late@dead.test: "
inject a@sender.test b@other.test
t 'others go on' wait_until 20 logged "^end msg $ID\$"
rewrite_rules '* K ok'
signal ALRM
t 'a flush asks it again' wait_until 30 empty
stop

house
echo 10 >"$E/concurrencyremote"
rule '*@slow.test' 'gate open'
rule '*' 'K ok'
fabricate --count 5000 --rcpt '%d@slow.test' --sender '' --step 20000 --arrival $(($(date +%s) - 200)) >/dev/null
start
t '5000 messages for a slow site' wait_until 20 happened '^busy remote mx slow.test 5$'
for n in 1 2 3; do
	inject a@sender.test b$n@fast.test
	t "do not keep one for another from going ($n)" wait_until 20 logged "^end msg $ID\$"
done
is 'while none of them has gone' "$(messages)" 5000
touch "$H/open"
t 'they all go when it answers' wait_until 120 empty
stop

# ---- the FIFO
house
rule '*' 'K ok'
start
t 'the runner stands still' stand_still
fill_fifo
inject a@sender.test b@here.test
signal CONT
t 'a message that the full FIFO refused is found all the same' wait_until 30 logged "^end msg $ID\$"
stop

# ---- ending
house
rule '*@*' 'gate open'
start
inject a@sender.test b@here.test
t 'a delivery runs' wait_until 20 happened '^job local b'
signal TERM
t 'TERM' wait_until 20 logged '^status: stopping'
inject a@sender.test c@here.test
touch "$H/open"
t 'lets it end' wait_until 20 ended
t 'and it counts' logged '^delivery 1: success: late'
is 'with 0' "$(cat "$H/exit")" 0
is 'nothing new was begun' "$(messages)" 1
# ---- destinations where nobody hurries, and a mass of bounces

house
rule '*.mute' mute
rule 'ann@here.test' 'K did 1+0+0'
fabricate --count 3000 --rcpt 'x@d%d.mute' --sender '' --step 20000 --arrival $(($(date +%s) - 200)) >/dev/null
start
t '3000 messages for as many mute hosts keep all remote workers busy' wait_until 60 logged '^status: .* remote 50/50'
inject a@b.test ann@here.test
t 'and a local message is delivered all the same' wait_until 20 logged "^end msg $ID\$"
inject a@b.test ann@here.test bob@here.test
t 'also one with several recipients' wait_until 20 logged "^end msg $ID\$"
signal KILL
stop

house
rule '*@no.test' 'D 5.1.1 nobody'
fabricate --count 500 --rcpt 'x%d@no.test' --sender 'list@here.test' --step 20000 --arrival $(($(date +%s) - 200)) >/dev/null
start
bounced() { [ "$(grep -c '^bounce msg ' "$H/log")" -eq 500 ]; }
t '500 failures at once are 500 bounces, without a pause' wait_until 120 bounced
t 'and nothing is left' wait_until 120 empty
stop

finish
