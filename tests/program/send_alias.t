# pneu-send and aliases: its spawners and all their workers are played by fakespawn.py
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh

aliases() { printf '%s\n' "$@" | python3 tests/program/makealiases.py "$E/aliases.cdb"; }
# who got which message by whom: CHANNEL KEY: <SENDER> PARAMS RCPT, sorted; and from then on only what comes after
got() { events '^job' | sed 's/^job \(.*\) [0-9]* </\1: </' | LC_ALL=C sort | cat -v; : >"$H/events"; }
plain() { sed 's/^\([a-z][0-9]*\) [0-9]*/\1/'; }
gone() { wait_until 20 logged "^end msg $ID\$"; }
flush() { signal ALRM; }

# ---- one message, an alias of every kind of thing
house
aliases 'list: bob, ann@far.test, \carol, /var/mail/list, |prog a b, virt@v.test, \v2@v.test' 'owner-list: boss' 'joe: joe, zoe@far.test' \
	'null: /dev/null' 'srs: SRS0=abcd=XX=c.test=joe@here.test'
echo v.test:vee >"$E/virtualdomains"
rule '*' 'K did'
start
inject s@s.test list@here.test
t 'an alias is expanded, and the message ends' gone
is 'a mailbox, a file and a program have keys of their own' "$(got)" 'local ^A'"carol: <owner-list@here.test> FORWARDED VIA=list@here.test carol@here.test
local ^Avee-v2: <owner-list@here.test> FORWARDED VIA=list@here.test vee-v2@v.test
local ^B/var/mail/list: <owner-list@here.test> FORWARDED VIA=list@here.test list@here.test
local ^B|prog a b: <owner-list@here.test> FORWARDED VIA=list@here.test list@here.test
local bob: <owner-list@here.test> FORWARDED VIA=list@here.test bob@here.test
local vee-virt: <owner-list@here.test> FORWARDED VIA=list@here.test vee-virt@v.test
remote mx far.test: <owner-list@here.test> FORWARDED VIA=list@here.test ann@far.test"
t 'the log says what became of it' logged "^expanded msg $ID: list@here.test by text:1 into 7\$"
is 'the queue is empty' "$(messages)" 0
inject '' list joe
t 'two aliases, and a bounce' gone
is 'whose sender stays; an alias of its own name is the user' "$(got | grep -e bob -e joe -e zoe)" 'local bob: <> FORWARDED VIA=list@here.test bob@here.test
local joe: <> FORWARDED VIA=joe@here.test joe@here.test
remote mx far.test: <> FORWARDED VIA=joe@here.test zoe@far.test'
inject s@s.test null
t 'an alias of nobody' gone
is 'is the end of it' "$(got)" ''
t 'and no bounce' not logged "^bounce msg $ID "
inject l@s.test-@[] list
t 'a sender with an address for each recipient' gone
is 'is replaced by an owner' "$(got | grep -c '<owner-list@here.test>')" 7
inject l-@s.test-@[] joe
t 'without one' gone
is 'each gets his own' "$(got)" 'local joe: <l-joe=here.test@s.test> FORWARDED VIA=joe@here.test joe@here.test
remote mx far.test: <l-zoe=far.test@s.test> FORWARDED VIA=joe@here.test zoe@far.test'
# an address in an envelope is never a command: what pneu-queue refuses may yet be in a file
for a in '|touch x@here.test' '/var/mail/x@here.test' ':include:/etc/passwd@here.test' '\bob@here.test'; do
	inject s@s.test "$a"
	t "$a is a local part" gone
	is 'like any other' "$(got)" "local ${a%@*}: <s@s.test> - $a"
done
ID=$(fabricate --rcpt "$(printf '\002|touch x@here.test')" --rcpt "$(printf '\001bob@here.test')" --rcpt "$(printf '\002/x@v.test')" --sender s@s.test)
flush
t 'one that begins with what marks a command' gone
t 'and then a bounce' wait_until 20 empty
is 'is nobody' "$(got | sed 's/: .*//')" 'local vee-^B/x
remote mx s.test'
t 'which the sender hears' logged "^bounce msg $ID "
echo always >"$E/srs"
echo secret >"$E/srssecret"
signal HUP
t 'with SRS' wait_until 20 logged '^status: settings reloaded'
inject s@s.test SRS0=abcd=XX=c.test=joe@here.test srs
t 'a forged return address, alone and in an alias' gone
is 'is refused' "$(grep -c "^skipping delivery: msg $ID .*not_a_return_address" "$H/log")" 2
stop

# ---- the same person, once
house
aliases 'list: bob, ann@far.test' 'other: BOB, ann@FAR.test, Ann@far.test, carol' 'nest: list, other, list' 'late: dora, :include:'"$T"'/late'
rule '*' 'K did'
start
inject s@s.test bob list other bob@HERE.test
t 'a recipient and aliases of him' gone
is 'each person once' "$(got | sed 's/.* //')" 'bob@here.test
carol@here.test
ann@far.test
Ann@far.test'
inject s@s.test other list bob nest
t 'in the other order' gone
is 'likewise' "$(got | sed 's/^.* FORWARDED VIA=//')" 'other@here.test BOB@here.test
other@here.test carol@here.test
other@here.test ann@FAR.test Ann@far.test'
rewrite_rules 'bob* Z 4.2.2 full
* K did'
inject s@s.test list bob late
t 'one is deferred' wait_until 20 put_back
got >/dev/null
printf 'BOB\neve\nann@far.test\n' >"$T/late"
rewrite_rules '* K did'
flush
t 'and another list comes later' gone
is 'each person once, over the rounds' "$(got | sed 's/.* //')" 'bob@here.test
eve@here.test'
rm "$T/late"
inject s@s.test late
t 'a list that is not there' wait_until 20 put_back
is 'waits alone' "$(records | plain)" "x0 2 text:4
+a dora@here.test
+i $T/late
z2 4.3.5 list $T/late: No such file or directory
k1 did"
t 'the tools show it' sh -c "pneu-qread $ID | grep -q 'waiting  :include:$T/late  for late  1'"
is 'for programs too' "$(pneu-qread -1 | sed 's/.*<s@s.test> //')" "x:late k:dora@here.test w::include:$T/late"
stop
rm -f "$E/aliases.cdb"
start
printf 'dora\neve\nlist\n' >"$T/late"
got >/dev/null
flush
t 'it is there after a restart, and no database any more' gone
is 'who has had the message gets it no more' "$(got | sed 's/.* FORWARDED VIA=//')" 'late@here.test eve@here.test
late@here.test list@here.test'
stop

# ---- failures
house
aliases 'list: bob, bad@far.test, sub, wrong' 'owner-list: boss' 'sub: bad2@far.test, eve' 'owner-sub: subboss' 'wrong: :fail: 5.1.6 moved' \
	'a: b, x@far.test' 'b: c' 'c: a' 'wait: :defer: not before 2027' 'hang: bob, wait'
rule 'bad*' 'D 5.1.1 no such user'
rule '*' 'K did'
start
inject s@s.test list@here.test bad3@far.test
t 'some fail: the message ends' gone
is 'the owner of each list hears of his, the sender of his' "$(grep "^bounce msg $ID " "$H/log" | wc -l | tr -d ' ')" 3
t 'and they get it' wait_until 20 empty
is 'each once' "$(got | grep '<> -\|<> FOR' | sed 's/.* //')" 'boss@here.test
subboss@here.test
s@s.test'
cat "$H"/seen/* | grep '^Final-Recipient' | LC_ALL=C sort >"$T/final"
is 'of every one that failed' "$(cat "$T/final")" 'Final-Recipient: rfc822; bad2@far.test
Final-Recipient: rfc822; bad3@far.test
Final-Recipient: rfc822; bad@far.test
Final-Recipient: rfc822; wrong'
is 'with the alias that was written to' "$(cat "$H"/seen/* | grep '^<bad' | LC_ALL=C sort)" '<bad2@far.test> (for <list@here.test>):
<bad3@far.test>:
<bad@far.test> (for <list@here.test>):'
inject '' list@here.test
t 'a bounce to a list' gone
t 'ends' wait_until 20 empty
is 'with one to the postmaster, since nobody else is to hear of it' "$(got | grep '<#@\[\]>' | sed 's/.* //')" postmaster@here.test
inject s@s.test a
t 'a loop of three' gone
t 'of which its sender hears' wait_until 20 empty
t 'is a failure' logged "^skipping delivery: msg $ID to a: its_alias_leads_back_to_itself\$"
is 'and the others get it' "$(got | grep x@far)" 'remote mx far.test: <s@s.test> FORWARDED VIA=a@here.test x@far.test'
inject s@s.test hang wait
t 'a deferral by the alias itself' wait_until 20 put_back
is 'waits, and no one else' "$(got)" 'local bob: <s@s.test> FORWARDED VIA=hang@here.test bob@here.test'
is 'nor is it noted more than once' "$(records | grep -c '^z')" 1
pneu-qctl expire "$ID" >/dev/null
t 'until an operator gives it up' gone
t 'and the sender hears of it' logged "^bounce msg $ID "
stop
fabricate --rcpt hang --arrival 1000000000 --sender s@s.test >"$T/old"
ID=$(cat "$T/old")
start
t 'one that is too old' gone
t 'bounces what waits in it' logged "^bounce msg $ID "
stop

# ---- an operator
house
aliases 'list: bob, ann@far.test, wait' 'wait: :include:'"$T"'/wait'
rule 'bob*' 'Z 4.2.2 full'
rule '*' 'K did'
start
inject s@s.test list
t 'a list that waits in parts' wait_until 20 put_back
pneu-qctl hold "$ID" >/dev/null
t 'is held' test -f "$(file)"
is 'as it is' "$(pneu-qread -1 | sed 's/ .* <s@s.test>//')" "$ID x:list w:bob@here.test k:ann@far.test w::include:$T/wait"
got >/dev/null
rewrite_rules '* K did'
echo 'eve, BOB, ANN@far.test' >"$T/wait"
pneu-qctl release "$ID" >/dev/null
flush
t 'and released' gone
is 'goes to whom it has not gone to' "$(got | sed 's/.* //')" 'bob@here.test
eve@here.test
ANN@far.test'
rm "$T/wait"
inject s@s.test list
t 'another' wait_until 20 put_back
pneu-qctl delete "$ID" >/dev/null
t 'is deleted' gone
t 'without a bounce' not logged "^bounce msg $ID "
i=0
while [ $i -lt 20 ]; do
	aliases "list: bob, ann@far.test, n$i"
	fabricate --quiet --rcpt list --rcpt other --sender s@s.test
	[ $((i % 3)) -ne 0 ] || flush
	i=$((i + 1))
done
got >/dev/null
flush
t 'the database is replaced over and over while mail flows' wait_until 20 empty
is 'nothing bounces' "$(grep -c '^bounce msg' "$H/log")" 0
is 'everybody gets each' "$(grep -c 'to local bob@\|to remote ann@\|to local other' "$H/log")" "$((60 + 5))"
stop

# ---- a message that went through the alias already
house
aliases 'list: bob@far.test' 'two: list'
rule '*' 'K did'
start
injected() {
	{ printf 'Fs@s.test\0'; printf 'T%s\0' "$@"; printf '\0'; } >"$T/envelope"
	printf 'Subject: x\nDelivered-To: list@here.test\n\nDelivered-To: two@here.test\n' | pneu-queue 1<"$T/envelope"
	ID=$(ls -t "$Q"/msg/* | grep . | grep -v : | tail -n 1)
}
injected list
t 'a message that went through the alias already' wait_until 20 logged 'skipping_delivery\|skipping delivery: .* to list.*mail_loop'
t 'bounces' wait_until 20 empty
is 'and goes nowhere else' "$(got | sed 's/.* //')" s@s.test
injected two
t 'through another one' wait_until 20 logged 'to remote bob@far.test'
t 'it goes, and what looks like it in the body is not' wait_until 20 empty
stop

# ---- what a local worker is shown
house
aliases 'one: bob' 'two: bob, ann' 'list: boss' 'owner-list: boss'
rule 'bob*' 'K did'
start
inject s@s.test one
gone
t 'who is alone is shown the queue file' sh -c "cut -d' ' -f1 '$H/seen/1.at' | grep -qx 83"
got >/dev/null
inject s@s.test one secret@far.test
gone
t 'not when there is a blind copy' not grep -q secret "$H/seen/$(events '^job local bob' | sed 's/.* \([0-9]*\) <.*/\1/')"
got >/dev/null
inject s@s.test two
gone
for u in bob ann; do
	t "nor others of the alias: $u" not grep -q '^x0\|^+a\|^T' "$H/seen/$(events "^job local $u" | sed 's/.* \([0-9]*\) <.*/\1/')"
done
is 'the descriptors are read-only' "$(cat "$H"/seen/*.mode | tr -d r)" ""
stop

# ---- the database comes, goes and breaks
house
rule '*' 'K did'
start
inject s@s.test list ann@far.test
t 'no database, no alias' gone
is 'at all' "$(got | sed 's/:.*//')" 'local list
remote mx far.test'
aliases 'list: bob' 'wait: :include:'"$T"'/late2'
inject s@s.test list
t 'one appears' gone
is 'and is used' "$(got | sed 's/:.*//')" 'local bob'
aliases 'list: eve'
inject s@s.test list
t 'it is replaced' gone
is 'and the new one is used' "$(got | sed 's/:.*//')" 'local eve'
head -c 3000 /dev/zero >"$E/new"
mv "$E/new" "$E/aliases.cdb"
inject s@s.test list
t 'it is replaced by nonsense' gone
is 'the old one stays' "$(got | sed 's/:.*//')" 'local eve'
t 'with an alert' logged '^alert: unable to read the new aliases.cdb, the old one stays'
inject s@s.test list
gone
is 'one' "$(grep -c '^alert: ' "$H/log")" 1
stop
start
got >/dev/null
echo 'list' >"$T/late2"
ID=$(fabricate --rcpt wait --records "x0 1 1 text:2\n+i $T/late2\n" --sender s@s.test)
flush
t 'a list in an older message' wait_until 20 put_back
inject s@s.test list ann@far.test
t 'after a restart with nonsense local mail waits' wait_until 20 put_back
is 'remote mail does not' "$(got | sed 's/:.*//')" 'remote mx far.test'
t 'which is said' logged '^alert: unable to read aliases.cdb, local mail waits'
aliases 'list: kim'
flush
t 'mended' wait_until 20 empty
is 'it goes on, lists too' "$(got | sed 's/:.*//')" 'local kim
local kim'
python3 - "$E/aliases.cdb" <<'END'
import sys
open(sys.argv[1], 'r+b').truncate(2048)
END
touch -d '2001-01-01' "$E/aliases.cdb"
inject s@s.test list ann@far.test
t 'cut in place' wait_until 20 put_back
is 'local mail waits, remote mail goes' "$(got | sed 's/:.*//')" 'remote mx far.test'
rm "$E/aliases.cdb"
flush
t 'removed' wait_until 20 empty
is 'there are no aliases' "$(got | sed 's/:.*//')" 'local list'
stop

# ---- an expansion cut off at any byte: as before or as after, and then on
house
aliases 'list: bob, ann@far.test, sub' 'owner-list: boss' 'sub: eve' 'owner-sub: subboss'
rule '*' 'K did'
records='x0 1795340810 3 text:1\n<owner-list@here.test\n+a bob@here.test\n+a 100%25@far.test\n'
size=$(printf '%b' "$records" | wc -c)
fabricate --quiet --rcpt list --sender s@s.test --records "$records" --cuts 1
start
t 'all of them end' wait_until 30 empty
is 'cut anywhere the list is expanded anew' "$(events '^job local bob ' | wc -l | tr -d ' ') $(events '^job remote' | grep -c 'ann@far.test') $(events '^job local eve' | wc -l | tr -d ' ')" \
	"$((size + 1)) $size $size"
is 'whole it is as it was written' "$(events '^job remote' | grep -c '100%@far.test')" 1
t 'nothing was put aside' test -z "$(ls "$Q/bad")"
stop
house
aliases 'list: nobody@far.test'
rule '*' 'K did'
x='x0 1 2 text:1\n+a bob@here.test\n+m ann@here.test\n'
fabricate --quiet --rcpt list --rcpt eve --records "${x}k2 2 did\n${x}k2 2 did\nz3 2 4.2.0 x\n"
start
t 'records that stand twice' wait_until 20 empty
is 'count once' "$(got | sed 's/:.*//')" 'local ^Aann
local eve'
stop
house
start
fabricate --quiet --rcpt list --records "x0 1 1 text:1\n+q bob\n"
fabricate --quiet --rcpt list --records "+a bob\n"
fabricate --quiet --rcpt list --records "x1 1 1 text:1\n+a bob\n"
fabricate --quiet --rcpt list --records "x0 1 2 text:1\n+a bob\nk1 1 did\n"
fabricate --quiet --rcpt list --records "x0 1 99999999999 text:1\n+a bob\n"
flush
t 'damaged ones' wait_until 20 empty
is 'are put aside' "$(ls "$Q/bad" | wc -l | tr -d ' ')" 5
stop

house
aliases 'list: bob, gone, a' 'gone: :fail: moved' 'a: b' 'b: a'
rule '*' 'K did'
records='x0 1 3 text:1\n+n gone\n+n a\n+a bob\nd1 1 5.1.1 moved\nd2 1 5.4.6 loop\nk3 1 did\nb1 1 x\nb2 1 x\n'
fabricate --quiet --rcpt list --sender s@s.test --records "$records" --cuts 5
start
t 'with branches that fail' wait_until 60 empty
is 'cut here and there, only who had no record gets it' "$(events '^job local' | cut -d' ' -f3 | sort | uniq -c | tr -s ' ')" " $(printf '%b' "$records" | sed '/^k3/,$d' | wc -c | awk '{ print int(($1 + 13) / 5) }') bob"
stop

# ---- many
house
rule '*' 'K did'
i=0
awk 'BEGIN { for (i = 0; i < 100000; i++) print "m" i "@far.test" }' >"$T/many"
echo 'me' >>"$T/many"
aliases "big: :include:$T/many" 'owner-big: boss' 'one: bob'
start
inject s@s.test big
t 'a list of a hundred thousand' wait_until 120 logged "^end msg $ID\$"
is 'goes in jobs of a hundred' "$(events '^job remote' | awk '{ print NF - 8 }' | sort | uniq -c | tr -s ' ')" " 1000 100"
is 'to each once' "$(events '^job remote' | cut -d' ' -f9- | tr ' ' '\n' | sort -u | wc -l | tr -d ' ')" 100000
peak=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$(cat "$H/pid")/status")
case $(nm "$B/pneu-send" 2>/dev/null) in
*__asan*) ;;
*) t "in a bounded space ($peak kB)" test "$peak" -lt 100000 ;;
esac
# a flood to one alias
: >"$H/events"
rewrite_rules 'bob* gate go
* K did'
stand_still
fabricate --quiet --count 1000 --rcpt one --sender s%d@s.test
signal CONT
flush
t 'a flood of mail to one alias' wait_until 30 happened '^job local bob .* FORWARDED VIA=one@here.test bob@here.test'
t 'is parked' wait_until 20 sh -c "pneu-qctl status | grep -q '^site local bob .* parked [1-9][0-9][0-9]* busy'"
touch "$H/go"
t 'and delivered in the end' wait_until 60 empty
is 'each once' "$(events '^job local bob' | wc -l | tr -d ' ')" 1000
stop
finish
