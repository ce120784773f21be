# pneu-send and pneu-bounce together: what the sender hears of a success and of a delay (RFC 3461), and of which way each attempt
# went; spawners and workers are fakespawn.py's
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh

aliases() { printf '%s\n' "$@" | python3 tests/program/makealiases.py "$E/aliases.cdb"; }
envelope() {
	{ printf '%s\0' "$@"; printf '\0'; } >"$T/envelope"
	inject_envelope
}
gone() { logged "^end msg ${1:-$ID}\$"; }
reports() { sed -n "s/^report msg $ID qp [0-9]* as //p" "$H/log"; }
# wait for the only report of the last message, and make it $R
report() {
	wait_until 20 logged "^report msg $ID qp [0-9]* as " || return 1
	report_id=$(reports | sed -n 's/: [a-z]*$//;$p')
	wait_until 20 gone "$report_id" || return 1
	n=$(sed -n "s/^starting delivery \([0-9]*\): msg $report_id .*/\1/p" "$H/log")
	tail -c +"$(($(cut -d' ' -f1 "$H/seen/$n.at") + 1))" "$H/seen/$n" | head -c "$(cut -d' ' -f2 "$H/seen/$n.at")" | sed 1d >"$T/report"
}
fact() { python3 tests/program/bounce_check.py show "$T/report" | sed -n "s/^$1 *//p"; }
blocks() { fact block | sed 1d; }
words() { python3 tests/program/bounce_check.py part "$T/report" 0; }
lines() { records | sed 's/^\([a-z][0-9]*\) [0-9]* /\1 /; s/ [0-9a-z]*$/ ID/'; }
via=mx.far.test/192.0.2.7/TLSv1.3

house
rule 'r*@far.test' "via $via 192.0.2.7 accepted message.
"
rule 'p*@far.test' "via $via/dsn accepted"
rule 'z*' 'Z 4.2.2 full'
rule 'later*' 'Z 4.2.2 full'
rule '*' 'K did 1+0+0'
echo here.test >"$E/locals"
aliases 'one: ann' 'two: ann, r2@far.test' 'list: ann, r2@far.test' 'owner-list: boss' 'away: r1@far.test'
start

# ---- success
envelope Fjoe@here.test Tann@here.test NSUCCESS 'Orfc822;Ann@here.test'
t 'a local delivery with NOTIFY=SUCCESS is told of' report
is 'as delivered' "$(blocks)" 'Original-Recipient=rfc822; Ann@here.test; Final-Recipient=rfc822; ann@here.test; Action=delivered; Status=2.0.0'
is 'by nobody, to the sender, with the header alone' "$(fact parts) $(fact Subject:)" 'text/plain message/delivery-status text/rfc822-headers Mail was delivered'
t 'then it is gone' wait_until 20 gone
is 'that was one report' "$(reports | wc -l | tr -d ' ')" 1
envelope Fjoe@here.test Tann@here.test NFAILURE,DELAY
t 'who did not ask' wait_until 20 gone
is 'hears nothing' "$(reports)" ''
envelope F Tann@here.test NSUCCESS
t 'nor does the null sender' wait_until 20 gone
is 'who cannot be told' "$(reports)" ''
envelope Fjoe@here.test Tr1@far.test NSUCCESS
t 'what a host without DSN takes is told of' report
is 'as relayed, by whom' "$(blocks)" 'Final-Recipient=rfc822; r1@far.test; Action=relayed; Status=2.0.0; Remote-MTA=dns; mx.far.test'
envelope Fjoe@here.test Tp1@far.test NSUCCESS
t 'where the next hop took the duty' wait_until 20 gone
is 'we say nothing' "$(reports)" ''
envelope Fjoe@here.test EQQ1 Tann@here.test NSUCCESS Tr1@far.test NSUCCESS Tp1@far.test NSUCCESS Tbob@here.test
t 'several of one message' report
is 'are told of in one report' "$(blocks)" 'Final-Recipient=rfc822; ann@here.test; Action=delivered; Status=2.0.0
Final-Recipient=rfc822; r1@far.test; Action=relayed; Status=2.0.0; Remote-MTA=dns; mx.far.test'
is 'with the ENVID' "$(fact block | sed 's/;.*//;1q') $(fact Subject:)" 'Original-Envelope-Id=QQ1 What became of your mail'

# ---- with aliases
envelope Fjoe@here.test Tone@here.test NSUCCESS
t 'an alias for one address' report
is 'is not told of, but its delivery is' "$(blocks)" 'Final-Recipient=rfc822; ann@here.test; Action=delivered; Status=2.0.0'
t 'for whom it was the words say' sh -c 'echo "$0" | grep -q "^<ann@here.test> (for <one@here.test>):$"' "$(words)"
envelope Fjoe@here.test Ttwo@here.test NSUCCESS
t 'an alias for several' report
is 'is expanded' "$(blocks) $(fact Subject:)" 'Final-Recipient=rfc822; two@here.test; Action=expanded; Status=2.0.0 Mail was sent on to several addresses'
t 'and gone' wait_until 20 gone
is 'of those nobody is told' "$(reports | wc -l | tr -d ' ')" 1
is 'and the next hop is not asked to' "$(events "^job remote.*r2@far.test" | tail -n 1 | grep -o 'NOTIFY=[A-Z]*')" NOTIFY=NEVER
envelope Fjoe@here.test Tlist@here.test NSUCCESS
t 'a list' report
is 'has got it' "$(blocks)" 'Final-Recipient=rfc822; list@here.test; Action=delivered; Status=2.0.0'
is 'its next hop hears nothing of it' "$(events "^job remote.*r2@far.test" | tail -n 1 | grep -c NOTIFY)" 0
envelope Fjoe@here.test Taway@here.test NSUCCESS
t 'an alias for one elsewhere' report
is 'is relayed' "$(blocks)" 'Final-Recipient=rfc822; r1@far.test; Action=relayed; Status=2.0.0; Remote-MTA=dns; mx.far.test'

# ---- some are done, others wait
envelope Fjoe@here.test Tr1@far.test NSUCCESS Tz1@far.test
t 'while others wait' report
t 'what was told' wait_until 20 grep -q '^w0 ' "$(file)"
is 'is in the file, with the way of the delivery' "$(lines | sed 's/ ID$//' | sort)" "k0 @$via 192.0.2.7 accepted message.
w0 relayed
z1 4.2.2"
rewrite_rules 'z* K at last'
signal ALRM
t 'later' wait_until 20 gone
is 'it is not told again' "$(reports | wc -l | tr -d ' ')" 1
stop

# ---- a crash between the delivery and the report
house
echo here.test >"$E/locals"
rule '*' 'K again'
envelope Fjoe@here.test Tann@here.test NSUCCESS
printf 'k0 1795338500 did 1+0+0\n' >>"$(file)"
first=$ID
envelope Fjoe@here.test Tann@here.test NSUCCESS
printf 'k0 1795338500 did 1+0+0\nw0 1795338501 delivered 1k0v78bqdt5aeqgx\n' >>"$(file)"
second=$ID
envelope Fjoe@here.test Tann@here.test NSUCCESS
printf 'k0 1795338500 @/dsn did 0+1+0\n' >>"$(file)"
start
t 'delivered and told are gone' wait_until 20 gone "$second"
t 'as is what a forward took the duty for' wait_until 20 gone "$ID"
ID=$first
t 'delivered and not told' report
is 'is told of' "$(blocks)" 'Final-Recipient=rfc822; ann@here.test; Action=delivered; Status=2.0.0'
t 'before it is gone' wait_until 20 gone
is 'nothing is delivered twice, and nothing told' "$(grep -c '^starting delivery' "$H/log") $(grep -c '^report msg' "$H/log")" '1 1'
stop

# ---- no report without a record, no end without a report
house
echo here.test >"$E/locals"
rule '*' 'K did 1+0+0'
cat >"$T/refuse" <<'SH'
#!/bin/sh
cat >/dev/null
exit 53
SH
chmod +x "$T/refuse"
envelope Fjoe@here.test Tann@here.test NSUCCESS
PNEU_FILTER=$T/refuse
export PNEU_FILTER
start
t 'a queue that is full' wait_until 20 logged "^warning: pneu-bounce failed, will bounce later: $ID\$"
t 'keeps what is delivered until it can be told' wait_until 20 put_back
is 'with its record' "$(records | sed 's/ [0-9]* / /')" 'k0 did 1+0+0'
stop
unset PNEU_FILTER
start
signal ALRM
t 'and then it is' report
is 'it is not delivered again' "$(events '^job local ann' | wc -l | tr -d ' ')" 1
stop

# ---- delays
# each a second older than the one before: an ID of the same second would be that of one whose inode is free again
old_base=$(date +%s)
old() {
	old_base=$((old_base - 1))
	ID=$(fabricate --arrival $((old_base - ${age:-1000})) --due -10 "$@")
}
house
rule 'joe@*' 'K ok'
rule '*@*' "Z 4.4.2 broken off"
echo 900 >"$E/delaywarning"
echo 2000 >"$E/queuelifetime"
start
age=100 old --sender joe@here.test --rcpt a@far.test
signal ALRM
t 'what has waited for less than delaywarning' wait_until 20 put_back
is 'is not told of' "$(reports)" ''
old --sender joe@here.test --rcpt a@far.test --rcpt b@far.test
signal ALRM
t 'what has waited longer is told of' report
is 'once, for all recipients' "$(blocks | sed 's/; Will-Retry-Until=.*//')" 'Final-Recipient=rfc822; a@far.test; Action=delayed; Status=4.4.2; Diagnostic-Code=X-Pneu; broken off
Final-Recipient=rfc822; b@far.test; Action=delayed; Status=4.4.2; Diagnostic-Code=X-Pneu; broken off'
until=$(blocks | sed -n '1s/.*Will-Retry-Until=//p')
is 'with the time that is left' "$(($(date -d "$until" +%s) - $(date +%s) > 900 && $(date -d "$until" +%s) - $(date +%s) <= 1000))" 1
is 'and a subject' "$(fact Subject:)" 'Mail is delayed'
t 'it stays' wait_until 20 put_back
is 'and says so' "$(lines | sort -u)" 'w0 delayed ID
w1 delayed ID
z0 4.4.2 broken ID
z1 4.4.2 broken ID'
signal ALRM
tried_again() { [ "$(records | grep -c '^z0')" = 2 ]; }
t 'after the next attempt' wait_until 20 tried_again
t 'nothing more is said' wait_until 20 put_back
is 'it was told once' "$(reports)" "$report_id: delayed"
rewrite_rules 'joe@* K ok
*@* D 5.1.1 nobody'
signal ALRM
t 'what fails after that' wait_until 20 gone
t 'is bounced' logged "^bounce msg $ID "
rewrite_rules 'joe@* K ok
*@* Z 4.4.2 broken off'
for kind in 'F' 'F#@[]' 'Flist-@here.test-@[]'; do
	old --sender "${kind#F}" --rcpt a@far.test
	signal ALRM
	t "a sender <${kind#F}>" wait_until 20 put_back
	is 'hears of no delay' "$(reports)" ''
done
stop
house
rule '*@far.test' "Z 4.4.2 broken off"
echo 1 >"$E/delaywarning"
for notify in NEVER SUCCESS,FAILURE FAILURE DELAY; do
	envelope Fjoe@here.test Ta@far.test N$notify
	ids="$ids $notify:$ID"
done
old_enough() { [ "$(date +%s)" -gt $(($(head -c 37 "$(file)" | tail -c 10) + 1)) ]; }
wait_until 10 old_enough
start
t 'NOTIFY=DELAY: it is told' report
for id in $ids; do
	ID=${id#*:}
	t "NOTIFY=${id%:*}" wait_until 20 put_back
	is 'hears of it, or does not' "$(reports | wc -l | tr -d ' ')" "$([ "${id%:*}" = DELAY ] && echo 1 || echo 0)"
done
stop
house
rule '*@far.test' "Z 4.4.2 broken off"
echo 0 >"$E/delaywarning"
old --sender joe@here.test --rcpt a@far.test
start
t 'delaywarning 0' wait_until 20 put_back
is 'tells nobody' "$(reports)" ''
stop

# ---- a lifetime of its own
house
rule '*@far.test' "Z 4.4.2 broken off"
rule '*' 'K ok'
echo 0 >"$E/delaywarning"
start
envelope Fjoe@here.test L50 Ta@far.test
t 'a message with 50 seconds' wait_until 20 put_back
at=$(stat -c %Y "$(file)")
is 'is tried when they are over, not later' "$((at - $(date +%s) <= 51))" 1
stop
envelope Fjoe@here.test L1 Ta@far.test
over() { [ "$(date +%s)" -gt "$over" ]; }
over=$(($(date +%s) + 1))
wait_until 10 over
start
t 'one whose time is over' wait_until 20 gone
t 'is bounced' logged "^bounce msg $ID "
stop
finish
