# pneu-local: forwards of .qmail and .forward, in one injection, and nothing reported before it is done
. tests/lib.sh

PNEU_ETC=$T/etc PNEU_QUEUE=$T/queue     # one-user mode: these deliveries are ours, whoever we are
PNEU_FILTER=$T/queue-program
export PNEU_ETC PNEU_QUEUE PNEU_FILTER
umask 022
spawner=tests/program/spawner.py
msg=$T/msg
printf 'Received: from a\nReturn-Path: <forged@x>\nSubject: hi\n\nbody\nFrom me\nno end' >"$msg"

# in the place of pneu-queue: keeps what it gets in $T/in.N, ends as $T/how says
cat >"$PNEU_FILTER" <<'SH'
#!/bin/sh
n=$(cat "$T/n"); n=$((n + 1))
cat >"$T/in.$n.message"
cat <&1 >"$T/in.$n.envelope"
echo "$n" >"$T/n"
. "$T/how"
SH
chmod +x "$PNEU_FILTER"
export T
echo 0 >"$T/n"
echo 'echo 1k0v78bqdt5aeqgx >&6; exit 0' >"$T/how"

new_home() {
	home=$T/home.$((home_n = home_n + 1))
	mkdir "$home"
	local=joe dash='' ext='' default='./Maildir/' options='' from=s@x rcpt='' params=''
	echo 0 >"$T/n"
}
qmail() { printf '%s\n' "$@" >"$home/.qmail$dash$ext"; }
forward() { printf '%s\n' "$@" >"$home/.forward"; }
run() {
	[ -z "$params" ] || set -- "params '$params'
$1"
	printf '%s\n' "$1" | python3 "$spawner" --worker pneu-local $options joe "$home" "$local$dash$ext" "$dash" "$ext" "$default" \
	    >"$T/out" 2>"$T/err" || { cat "$T/err"; return 1; }
}
deliver() {     # the report, without the process number
	run "job $msg '$from' '${rcpt:-$local$dash$ext@h.example}'
reports"
	sed -n 's/ qp [0-9]*/ qp N/; s/^report 1 0 //p; /^lost/p' "$T/out"
	cat "$T/err"
}
sent() { cat "$T/n"; }
envelope() { tr '\0' '|' <"$T/in.$(sent).envelope"; }
message() { cat "$T/in.$(sent).message"; }
queued='qp N id 1k0v78bqdt5aeqgx'

# ---- .qmail
new_home
qmail '&ann@x.example' bob@y.example ./box '|true' carol
is 'forwards go out together, last' "$(deliver)" "K 2.1.5 m did 1+3+1 $queued"
is 'in one message' "$(sent)" 1
is 'from the sender, marked as forwarded, in order' "$(envelope)" 'Fs@x|W1|Tann@x.example|Tbob@y.example|Tcarol||'
{ printf 'Delivered-To: joe@h.example\n'; cat "$msg"; } >"$T/want"
t 'with one line before it the message is as it came' cmp "$T/want" "$T/in.1.message"
params='BODY=8BITMIME VIA=info@h.example'; printf '\303\244\r\n\0x' >"$T/odd"
msg=$T/odd deliver >/dev/null
is 'the body type stays' "$(envelope | cut -d'|' -f2)" B8BITMIME
{ printf 'Delivered-To: joe@h.example\nDelivered-To: info@h.example\n'; cat "$T/odd"; } >"$T/want"
t 'the alias has its line; no byte is changed' cmp "$T/want" "$T/in.2.message"
python3 -c 'import sys; sys.stdout.write("Subject: x\nReturn-Path: <a@b>\n\n" + "a line of some length\n" * 200000)' >"$T/large"
params=
msg=$T/large deliver >/dev/null
{ printf 'Delivered-To: joe@h.example\n'; cat "$T/large"; } >"$T/want"
t 'nor of a large message' cmp "$T/want" "$T/in.3.message"
from=''
deliver >/dev/null
is 'the null sender stays' "$(envelope | cut -d'|' -f1)" F

new_home; qmail '&ann@x' './none/'
is 'a file that fails: no forward' "$(deliver | cut -c1-9),$(sent)" 'Z 4.2.1 m,0'
qmail '&ann@x' '|exit 100'
is 'nor after a program that fails' "$(deliver | cut -c1-9),$(sent)" 'D 5.3.0 m,0'
qmail '&ann@x' '|exit 99' '&bob@x'
is '99: what was collected before goes out' "$(deliver)" "K 2.1.5 m did 0+1+1 $queued"
is 'and nothing after it' "$(envelope)" 'Fs@x|W1|Tann@x||'
chmod 700 "$home/.qmail"
is 'the x bit: programs are no more' "$(deliver | sed 's/: [^:]*$//')" "Z 4.3.5 m $home/.qmail line 2"
qmail '+list' '#x' 'ann@x'; chmod 700 "$home/.qmail"
is 'but forwards, and +list, are' "$(deliver)" "K 2.1.5 m did 0+1+0 $queued"
qmail '# only' '+list' 'ann@x'; chmod 600 "$home/.qmail"
is '+list without it' "$(deliver)" "K 2.1.5 m did 0+1+0 $queued"
python3 -c 'print("&" + "a" * 1001 + "@x")' >"$home/.qmail"
is 'an address that is too long is a deferral' "$(deliver)" "Z 4.3.5 m $home/.qmail line 1: the address is too long"
python3 -c 'print("".join("&user%d@list.example\n" % i for i in range(20000)))' >"$home/.qmail"
is 'a list of 20000' "$(deliver)" "K 2.1.5 m did 0+20000+0 $queued"
is 'is one injection' "$(tr '\0' '\n' <"$T/in.$(sent).envelope" | grep -c ^T)" 20000
printf 'Delivered-To: joe@h.example\n\n' >"$T/loop"
is 'what we have forwarded before is a loop' "$(msg=$T/loop deliver | cut -c1-19)" 'D 5.4.6 m mail loop'

# ---- how it ends
new_home; qmail 'ann@x'
echo 'exit 31' >"$T/how"
is 'refused for ever' "$(deliver)" 'D 5.3.0 m unable to forward: mail server refuses the message'
for how in 'exit 53' 'exit 71' 'exit 91' 'exit 120' 'kill -9 $$' 'echo "Znot today" >&6; exit 82'; do
	echo "$how" >"$T/how"
	is "for now: $how" "$(deliver | cut -c1-3)" 'Z 4'
done
is 'with its words' "$(deliver)" 'Z 4.3.0 m unable to forward: not today'
echo 'exit 0' >"$T/how"
is 'a queue program that knows no ID' "$(deliver)" 'K 2.1.5 m did 0+1+0 qp N'
PNEU_FILTER=$T/none
is 'none at all' "$(deliver | cut -c1-9)" 'Z 4.3.0 m'
PNEU_FILTER=$T/queue-program
cat >"$T/how" <<'SH'
until test -e "$T/go"; do sleep 0.05; done
exit 0
SH
qmail '|test $SENDER = fast@x && echo fast && exit 99; exit 0' ann@x
run "job $msg fast@x joe@h
job $msg slow@x joe@h
report
note then
make $T/go
reports"
is 'nothing is reported before it is queued, and what was done is not held' "$(sed 's/ m did.*//' "$T/out")" 'report 1 0 K 2.1.5
then
report 2 0 K 2.1.5
exit 0'
echo 'echo 1k0v78bqdt5aeqgx >&6; exit 0' >"$T/how"

# ---- owners
new_home; dash=- ext=List.A; qmail() { printf '%s\n' "$@" >"$home/.qmail-list:a"; }
qmail ann@x bob@x; : >"$home/.qmail-list:a-owner"
deliver >/dev/null
is '-owner gives the sender' "$(envelope)" 'Fjoe-List.A-owner@h.example|W1|Tann@x|Tbob@x||'
: >"$home/.qmail-list:a-owner-default"
deliver >/dev/null
is '-owner-default one for each' "$(envelope | cut -d'|' -f1)" 'Fjoe-List.A-owner-@h.example-@[]'
for from in '' '#@[]'; do
	deliver >/dev/null
	is "not in place of <$from>" "$(envelope | cut -d'|' -f1)" "F$from"
done
from=s@x
qmail '|echo "$NEWSENDER,$SENDER"'
is 'programs are told' "$(deliver)" 'K 2.1.5 m did 0+0+1: joe-List.A-owner-@h.example-@[],s@x'
rm "$home/.qmail-list:a-owner"; qmail ann@x
deliver >/dev/null
is '-owner-default alone is nothing' "$(envelope | cut -d'|' -f1)" Fs@x
new_home; : >"$home/.qmail-owner"; printf 'ann@x\n' >"$home/.qmail"
deliver >/dev/null
is 'joe may have one too' "$(envelope | cut -d'|' -f1)" Fjoe-owner@h.example
rm "$home/.qmail"; forward ann@x
deliver >/dev/null
is 'but a .forward changes no sender' "$(envelope | cut -d'|' -f1)" Fs@x

# ---- .forward
new_home
forward '# mine' 'ann@x.example, Bob <bob@y.example> ,' '"|true"'
is 'a .forward' "$(deliver)" "K 2.1.5 m did 0+2+1 $queued"
is 'to its addresses' "$(envelope)" 'Fs@x|W1|Tann@x.example|Tbob@y.example||'
t 'and nowhere else' test ! -e "$home/Maildir"
for own in '\joe' joe JOE joe@h.example Joe@H.Example; do
	new_home; forward "$own, ann@x"
	is "$own is the own mailbox" "$(deliver),$(find "$home/Maildir/new" -type f | wc -l | tr -d ' '),$(envelope)" \
	    "K 2.1.5 m did 1+1+0 $queued,1,Fs@x|W1|Tann@x||"
done
new_home; forward '\joe, joe, joe@h.example'
is 'once' "$(deliver)" 'K 2.1.5 m did 1+0+0'
for other in '\fred' fred joe@other.example joey 'j@h.example'; do
	new_home; forward "$other"
	deliver >/dev/null
	is "$other is somebody else" "$(envelope)" "Fs@x|W1|T${other#\\}||"
done
new_home; forward 'ann@x, "|echo a >>a"' "$home/box, ann@x" '"|echo a >>a", '"$home/box, $home/dir/, /dev/null"
mkdir -p "$home/dir/tmp" "$home/dir/new" "$home/dir/cur"
is 'each different element once' "$(deliver)" "K 2.1.5 m did 3+1+1 $queued"
is 'really' "$(wc -l <"$home/a" | tr -d ' '),$(grep -c '^From s@x' "$home/box"),$(find "$home/dir/new" -type f | wc -l | tr -d ' '),$(envelope)" \
    '1,1,1,Fs@x|W1|Tann@x||'
new_home; forward 'ann@x, "|echo no; exit 77"'
is 'a program that fails for ever does not stop the forward' "$(deliver),$(sent)" 'D 5.7.0 m no,1'
forward 'ann@x, "|exit 75"'
is 'one that fails for now does' "$(deliver | cut -c1-9),$(sent)" 'Z 4.3.0 m,1'
echo 'exit 31' >"$T/how"; forward 'ann@x, "|echo no; exit 77"'
is 'the first failure is told' "$(deliver)" 'D 5.7.0 m no'
echo 'exit 53' >"$T/how"
is 'a deferral before it' "$(deliver | cut -c1-9)" 'Z 4.3.1 m'
echo 'exit 0' >"$T/how"
python3 -c 'print(",\n".join("u%d@x" % i for i in range(1000)))' >"$home/.forward"
is 'a thousand elements' "$(deliver | cut -c1-22)" 'K 2.1.5 m did 0+1000+0'
echo last@x >>"$home/.forward"
is 'one more is a deferral' "$(deliver)" "Z 4.3.5 m $home/.forward line 1001: too many elements; a list belongs into an alias"
new_home; forward "$home/box, :include:/etc/passwd, |touch done"
is 'an include is a deferral' "$(deliver | cut -c1-9)" 'Z 4.3.5 m'
t 'before anything is done' test ! -e "$home/box" -a ! -e "$home/done"

# ---- with pneu-queue itself
unset PNEU_FILTER
python3 -c 'import os, sys; [os.makedirs("%s/msg/%02x" % (sys.argv[1], i)) for i in range(256)]; os.mkdir(sys.argv[1] + "/tmp")' "$PNEU_QUEUE"
new_home; forward '\joe, ann@x.example'; params='BODY=8BITMIME'
is 'pneu-queue has it' "$(deliver | sed 's/id [0-9a-z]*$/id I/')" 'K 2.1.5 m did 1+1+0 qp N id I'
f=$(find "$PNEU_QUEUE/msg" -type f)
is 'in the file that was told' "$(basename "$f")" "$(sed -n 's/.* id //p' "$T/out")"
is 'as a forwarded message' "$(tail -n 5 "$f")" 'no endFs@x
B8BITMIME
W1
Tann@x.example
.'
is 'below our lines' "$(sed -n '2s/ (.*//p; 3p; 4p' "$f")" 'Received:
Delivered-To: joe@h.example
Received: from a'
rm -rf "$PNEU_QUEUE"
is 'and without a queue it is a deferral' "$(deliver | head -n 1 | cut -c1-9)" 'Z 4.3.0 m'
PNEU_FILTER=$T/queue-program
export PNEU_FILTER

# ---- what the sender wants to hear (RFC 3461)
# asked PARAMS RCPTPARAMS: the report's via, and the envelope of what was forwarded
asked() {
	run "params '$1'
rcptparams '$2'
vias
job $msg '$from' joe@h.example
reports"
	echo "$(sed -n 's/^report 1 0 K 2.1.5 m 0 \([^ ]*\).*/\1/p' "$T/out") $(envelope)"
}
new_home
forward ann@x.example
is 'to one address all of it goes on' "$(asked 'RET=HDRS ENVID=a+2Bb' 'NOTIFY=SUCCESS,DELAY ORCPT=rfc822;joe@h.example')" \
	'/dsn Fs@x|Ea+2Bb|RHDRS|W1|Tann@x.example|NSUCCESS,DELAY|Orfc822;joe@h.example||'
is 'nothing said is nothing said' "$(asked '' '' | cut -d' ' -f2)" 'Fs@x|W1|Tann@x.example||'
is 'never stays never' "$(asked '' NOTIFY=NEVER | cut -d' ' -f2)" 'Fs@x|W1|Tann@x.example|NNEVER||'
forward ann@x.example bob@y.example
is 'to several, the success is told here' "$(asked '' 'NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;j')" \
	'/expanded Fs@x|W1|Tann@x.example|NFAILURE|Orfc822;j|Tbob@y.example|NFAILURE|Orfc822;j||'
is 'and nothing else where nothing else was asked for' "$(asked '' NOTIFY=SUCCESS)" '/expanded Fs@x|W1|Tann@x.example|NNEVER|Tbob@y.example|NNEVER||'
forward ann@x.example '\joe'
is 'so it is with a copy kept' "$(asked '' NOTIFY=SUCCESS)" '/expanded Fs@x|W1|Tann@x.example|NNEVER||'
forward '\joe'
run "vias
rcptparams NOTIFY=SUCCESS
job $msg s@x joe@h.example
reports"
is 'what is kept alone is delivered' "$(cut -d' ' -f4-8 "$T/out")" 'K 2.1.5 m 0 '
new_home
dash=- ext=list
echo '&ann@x.example' >"$home/.qmail-list"
: >"$home/.qmail-list-owner"
run "params ENVID=1
rcptparams 'NOTIFY=SUCCESS ORCPT=rfc822;j'
vias
job $msg s@x joe-list@h.example
reports"
is 'a list has wishes of its own' "$(sed -n 's/^report 1 0 K 2.1.5 m 0 \([^ ]*\).*/(\1)/p' "$T/out") $(envelope)" '() Fjoe-list-owner@h.example|W1|Tann@x.example||'
finish
