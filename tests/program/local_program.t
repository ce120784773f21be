# pneu-local: programs as a mailbox; what they get, what their end means, and that none holds us
. tests/lib.sh

PNEU_ETC=$T/etc PNEU_QUEUE=$T/queue     # one-user mode: these deliveries are ours, whoever we are
export PNEU_ETC PNEU_QUEUE
umask 022
spawner=tests/program/spawner.py
msg=$T/msg
printf 'Received: from a\nReturn-Path: <forged@x>\nSubject: hi\n\nbody\nFrom me\n' >"$msg"

# a new empty home of joe@a.b.example
new_home() {
	home=$T/home.$((home_n = home_n + 1))
	mkdir "$home"
	local=joe dash='' ext='' default='./Maildir/' options='' from=s@x rcpt='' params=''
}
qmail() { printf '%s\n' "$@" >"$home/.qmail$dash$ext"; }
forward() { printf '%s\n' "$@" >"$home/.forward"; }
run() {         # SCRIPT: run it, transcript in $T/out
	[ -z "$params" ] || set -- "params '$params'
$1"
	printf '%s\n' "$1" | python3 "$spawner" --worker pneu-local $options joe "$home" "$local$dash$ext" "$dash" "$ext" "$default" \
	    >"$T/out" 2>"$T/err" || { cat "$T/err"; return 1; }
}
# one message: the report without its numbers
deliver() {
	run "job $msg '$from' '${rcpt:-$local$dash$ext@a.b.example}'
reports"
	sed -n 's/^report 1 0 //p; /^lost/p' "$T/out"
	cat "$T/err"
}
has() { grep -qxF -- "$2" "$home/$1" || { cat "$home/$1"; return 1; }; }
count() { find "$1" -type f | wc -l | tr -d ' '; }

# ---- what a program of .qmail gets
new_home; dash=- ext=list-a-b-c
qmail '|cat >got; env >env; pwd >pwd; umask >umask; ls /proc/self/fd 2>/dev/null | wc -l >fds; ps -o pid=,pgid=,sid= -p $$ >ids; echo made >made; trap >traps'
is 'a program is run' "$(deliver)" 'K 2.1.5 m did 0+0+1'
t 'it reads the message alone, as it came but for a Return-Path' sh -c 'sed 2d "$1" | cmp - "$2"' sh "$msg" "$home/got"
is 'in the home directory' "$(cat "$home/pwd")" "$(cd "$home" && pwd -P)"
is 'with umask 077' "$(cat "$home/umask"),$(ls -l "$home/made" | cut -c1-10)" '0077,-rw-------'
[ ! -d /proc/self/fd ] || is 'three descriptors, and the one that ls opens' "$(tr -d ' ' <"$home/fds")" 4
is 'it leads a session and a group of its own' "$(awk '$1 == $2 && $2 == $3' "$home/ids" | wc -l | tr -d ' ')" 1
for v in USER=joe LOGNAME=joe "HOME=$home" SHELL=/bin/sh LANG=C SENDER=s@x NEWSENDER=s@x RECIPIENT=joe-list-a-b-c@a.b.example \
    ORIGINAL_RECIPIENT=joe-list-a-b-c@a.b.example LOCAL=joe-list-a-b-c EXT=list-a-b-c EXTENSION=list-a-b-c EXT2=a-b-c EXT3=b-c EXT4=c \
    HOST=a.b.example DOMAIN=a.b.example HOST2=a.b HOST3=a HOST4=a 'DTLINE=Delivered-To: joe-list-a-b-c@a.b.example' 'RPLINE=Return-Path: <s@x>'; do
	t "it finds $v" has env "$v"
done
t 'and UFLINE' grep -q '^UFLINE=From s@x [A-Z][a-z][a-z] [A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]* [0-9]*$' "$home/env"
is 'no DEFAULT' "$(grep -c ^DEFAULT= "$home/env")" 0
is 'and little else' "$(sed -n 's/^\([A-Z_0-9a-z]*\)=.*/\1/p' "$home/env" | grep -vE '^(USER|LOGNAME|HOME|SHELL|LANG|SENDER|NEWSENDER|RECIPIENT|ORIGINAL_RECIPIENT|LOCAL|EXT|EXT[234]|EXTENSION|HOST|HOST[234]|DOMAIN|DTLINE|RPLINE|UFLINE|PATH|PNEU_ETC|PNEU_QUEUE|PWD|OLDPWD|SHLVL|_)$')" ''
mv "$home/.qmail-list-a-b-c" "$home/.qmail-list-default"
deliver >/dev/null
t 'DEFAULT is what it stands for' has env DEFAULT=a-b-c
ext=List-A.b
deliver >/dev/null
t 'in the case and with the dots it came with' has env DEFAULT=A.b

new_home
qmail '|python3 -c "import os; a = os.read(0, 9); os.lseek(0, 0, 0); print((a == os.read(0, 9)) and len(a))"' '|head -n 1' '|cat >whole'
is 'it can seek, and each has the message from its start' "$(deliver)" 'K 2.1.5 m did 0+0+3: 9\x0aReceived: from a'
t 'also the last' sh -c 'sed 2d "$1" | cmp - "$2"' sh "$msg" "$home/whole"
qmail '|cat >a; printf x >&0; exit 0' '|cat >b'
deliver >/dev/null
t 'no one changes what the next one reads' cmp "$home/a" "$home/b"
qmail '|true'
python3 -c 'import sys; sys.stdout.write("Subject: x\n\n" + "a line of some length for a large message\n" * 420000)' >"$T/large"
is 'a program need not read' "$(msg=$T/large deliver)" 'K 2.1.5 m did 0+0+1'
qmail '|cksum'
is 'a message of 17 MB comes whole' "$(msg=$T/large deliver)" "K 2.1.5 m did 0+0+1: $(cksum <"$T/large")"
is 'and leaves nothing in the home' "$(find "$home" -type f | wc -l | tr -d ' ')" 4
rm "$T/large"

# ---- what strangers choose
new_home; from='\x28\x29 \x7b :;\x7d; touch hacked' rcpt='joe@a.b.\x0a\x07example'
qmail '|env >env'
deliver >/dev/null
t 'a function is none' has env 'SENDER=_) { :;}; touch hacked'
t 'a control byte is none' has env RECIPIENT=joe@a.b.__example
from='a`id`$(id)|;&<>*b+c@x'
deliver >/dev/null
t 'in .qmail other bytes are as they are' has env 'SENDER=a`id`$(id)|;&<>*b+c@x'
forward '"|env >env"'; rm "$home/.qmail"
deliver >/dev/null
t 'in .forward what means something to a shell is not' has env 'SENDER=a_id___id_______b+c@x'
is 'nor are there lines' "$(grep -c 'LINE=' "$home/env")" 0

# ---- .forward and aliases: what they get
new_home; forward '"|cat >got"'
is 'a program of .forward' "$(deliver)" 'K 2.1.5 m did 0+0+1'
{ printf 'From s@x\nReturn-Path: <s@x>\nDelivered-To: joe@a.b.example\n'; sed 2d "$msg"; } >"$T/want"
sed '1s/^\(From s@x\) ... ... .. ..:..:.. ....$/\1/' "$home/got" >"$T/got"
t 'has a From_ line, Return-Path and Delivered-To before the message' cmp "$T/want" "$T/got"
params='VIA=info@a.b.example'
deliver >/dev/null
is 'and the alias that led here' "$(sed -n 4p "$home/got")" 'Delivered-To: info@a.b.example'
params='VIA=joe@a.b.example'
deliver >/dev/null
is 'once' "$(grep -c '^Delivered-To' "$home/got")" 1
new_home; qmail '|cat >got; echo "$ORIGINAL_RECIPIENT" >via' ./box; params='VIA=in%20fo@a.b.example'
deliver >/dev/null
is 'in .qmail a program finds that alone' "$(sed -n 1,2p "$home/got")" 'Delivered-To: in fo@a.b.example
Received: from a'
is 'and in its environment' "$(cat "$home/via")" 'in fo@a.b.example'
is 'a file both lines' "$(grep ^Delivered-To "$home/box")" 'Delivered-To: joe@a.b.example
Delivered-To: in fo@a.b.example'
printf 'Delivered-To: info@h\n\n' >"$T/loop"; params='VIA=info@h'
is 'an alias passed twice is a loop' "$(msg=$T/loop deliver)" 'D 5.4.6 m mail loop: the header has the Delivered-To line of the alias already'
params='VIA=%2'
is 'parameters that cannot be read are a deferral' "$(deliver | cut -c1-9)" 'Z 4.3.0 m'

new_home; options=-a; default='|cat >got; env >env'; rcpt=list@h
is 'an instruction of an alias' "$(deliver)" 'K 2.1.5 m did 0+0+1'
is 'has these lines' "$(sed -n '1s/ ... ... .. ..:..:.. ....$//; 1,3p' "$home/got")" 'From s@x
Return-Path: <s@x>
Delivered-To: list@h'
t 'and the local part of its address' has env LOCAL=list
default="$home/box"
is 'a file too' "$(deliver)" 'K 2.1.5 m did 1+0+0'
is 'with the message' "$(grep -c '^Subject: hi' "$home/box")" 1
forward '|exit 67'; qmail '|exit 100'
is 'whatever files are in that home' "$(deliver)" 'K 2.1.5 m did 1+0+0'
default="|exit 67"
is 'and with the codes of sysexits' "$(deliver)" 'D 5.1.1 m the program of this mailbox: user unknown (exit code 67)'
default=box
is 'anything else is a deferral' "$(deliver)" "Z 4.3.5 m an alias's instruction is neither |command nor /file: box"
printf 'Delivered-To: list@h\n\n' >"$T/loop"; default=/dev/null
is 'a loop is seen' "$(msg=$T/loop deliver | cut -c1-17)" 'D 5.4.6 m mail lo'
is 'and /dev/null is one file' "$(deliver)" 'K 2.1.5 m did 1+0+0'
new_home; options=-m; qmail '|exit 100'; forward '|exit 67'
is 'the mailbox only: no .qmail, no .forward' "$(deliver),$(count "$home/Maildir/new")" 'K 2.1.5 m did 1+0+0,1'

# ---- how they end (all codes: tests/unit/exitcode_test)
new_home
ends() { qmail "$1"; deliver; }
Q="$home/.qmail line 1"
is '100 is for ever, with what it said' "$(ends '|echo no, thanks; exit 100')" 'D 5.3.0 m no, thanks'
is '111 is for now, with where' "$(ends '|echo busy; exit 111')" "Z 4.3.0 m $Q: the program: it failed for now (exit code 111): busy"
is '1 is for now' "$(ends '|exit 1')" "Z 4.3.0 m $Q: the program: it failed for now (exit code 1)"
is 'a signal is for now' "$(ends '|kill -9 $$')" "Z 4.3.0 m $Q: the program: a signal ended it"
is 'a program that is not there is for now' "$(ends '|/no/such/program -x' | sed 's/program -x.*/program/; s/: \/bin\/sh.*\|: sh: .*/: .../')" \
    "Z 4.3.5 m $Q: the program: it was not found (exit code 127): ..."
: >"$home/plain"
is 'one that cannot be executed too' "$(ends '|./plain' | cut -d: -f1-3 | sed 's/ (exit.*//')" "Z 4.3.5 m $Q: the program: it cannot be executed"
qmail '|echo one; exit 0' './box' '|exit 99' './box2' '|touch never'
is '99: the rest does not count' "$(deliver)" 'K 2.1.5 m did 1+0+2: one'
t 'and is not done' test ! -e "$home/never" -a ! -e "$home/box2"
qmail '|exit 111' './box3'
deliver >/dev/null
t 'a failure ends it' test ! -e "$home/box3"
is 'output is one line of printable bytes' "$(ends '|printf "a\\033[1mb\\tc\\nd\\200e\\n\\n"; exit 100')" 'D 5.3.0 m a?[1mb c\x0ad?e'
is 'its beginning' "$(ends '|yes abcdefghi | head -n 100000; exit 100' | sed 's/\\x0a/ /g' | awk '{ print NF, substr($0, length($0) - 2) }')" '43 ...'
is 'of a program that is content too' "$(ends '|yes abcdefghi | head -n 100000' | sed 's/\\x0a/ /g' | awk '{ print $5, $6, substr($0, length($0) - 2) }')" '0+0+1: abcdefghi ...'
is 'both outputs' "$(ends '|echo out; echo err >&2; exit 100')" 'D 5.3.0 m out\x0aerr'
new_home; D="$home/.forward line 1"
ends() { forward "$1"; deliver; }
is 'in .forward 67 is for ever' "$(ends '|exit 67')" 'D 5.1.1 m the program of this mailbox: user unknown (exit code 67)'
is '75 for now' "$(ends '|exit 75')" "Z 4.3.0 m $D: the program: it failed for now (exit code 75)"
is '99 and 111 for ever' "$(ends '|exit 99'; ends '|exit 111' )" 'D 5.3.0 m the program of this mailbox: it failed (exit code 99)
D 5.3.0 m the program of this mailbox: it failed (exit code 111)'
is 'a missing program for now' "$(ends '|/no/such' | cut -c1-20)" "Z 4.3.5 m $(printf %s "$D" | cut -c1-10)"
is 'a status code that it prints decides' "$(ends '"|echo 4.2.2 mailbox full; exit 67"')" "Z 4.2.2 m $D: the program: user unknown (exit code 67): mailbox full"
forward '"|echo gone; exit 67", /dev/null, "|touch done; exit 69"' "\"|touch last\""
is 'a failure of one element concerns no other' "$(deliver)" 'D 5.1.1 m gone'
t 'they are done' test -e "$home/done" -a -e "$home/last"
rm "$home/last"; forward '"|exit 67", "|exit 75", "|touch last"'
is 'a deferral ends it' "$(deliver | cut -c1-9)" 'Z 4.3.0 m'
t 'there' test ! -e "$home/last"
new_home; default='|cat >got; echo default; exit 99
|touch never'
is 'defaultdelivery may be a program' "$(deliver)" 'K 2.1.5 m did 0+0+1: default'
t 'with all of it' test -s "$home/got" -a ! -e "$home/never"
forward 'joe, "|touch second"'
is 'also behind the own name of a .forward' "$(deliver)" 'K 2.1.5 m did 0+0+2: default'
t 'whose 99 is its own' test -e "$home/second" -a ! -e "$home/never"

# ---- programs that do not end
new_home
qmail '|sleep 1000 & echo $! >pid; echo left'
is 'who leaves a child behind with our pipe is done' "$(deliver)" 'K 2.1.5 m did 0+0+1: left'
t 'and the child lives' kill -0 "$(cat "$home/pid")"
kill "$(cat "$home/pid")"
qmail '|echo left; yes >&2 & echo $! >pid'
is 'even if the child writes for ever' "$(deliver | cut -c1-24)" 'K 2.1.5 m did 0+0+1: lef'
kill "$(cat "$home/pid")" 2>/dev/null
options='-t 3'                 # in which it has to say its word
qmail '|sleep 1000 & echo $! >pid; echo $$ >leader; echo waiting; wait' './box'
is 'after its time a program is ended' "$(deliver)" "Z 4.3.0 m $home/.qmail line 1: the program was ended after 3 s: waiting"
options='-t 1'
dead() { ! kill -0 "$1" 2>/dev/null || [ "$(ps -o stat= -p "$1" | cut -c1)" = Z ]; }
t 'with all its group' wait_until 10 dead "$(cat "$home/pid")"
t 'and waited for' sh -c '! kill -0 "$1" 2>/dev/null' sh "$(cat "$home/leader")"
t 'and no more is done' test ! -e "$home/box"
qmail '|trap "" TERM; (trap "" TERM; echo >ready; while :; do sleep 1000; done) & echo $! >pid; while :; do wait; done'
is 'also one that will not' "$(deliver)" "Z 4.3.0 m $home/.qmail line 1: the program was ended after 1 s"
t 'nor its child' wait_until 10 dead "$(cat "$home/pid")"
qmail '|kill -STOP $$'
is 'or one that is stopped' "$(deliver | cut -c1-9)" 'Z 4.3.0 m'

qmail '|sleep 1' '|sleep 600'; options='-t 5'
is 'all programs of a delivery share it' "$(deliver | sed 's/[1-4] s$/what is left/')" \
    "Z 4.3.0 m $home/.qmail line 2: the program was ended after what is left"

new_home
qmail '|case $SENDER in slow@x) while test ! -e go; do sleep 0.05; done; esac'
run "job $msg fast@x joe@h
job $msg slow@x joe@h
job $msg fast@x joe@h
report
note then
make $home/go
reports"
is 'what is done is reported before a slow program is waited for' "$(cut -c1-18 "$T/out")" 'report 1 0 K 2.1.5
then
report 2 0 K 2.1.5
report 3 0 K 2.1.5
exit 0'

t 'wrong options are told' sh -c 'for o in -t0 -t1x -x "-s" "-t 999999999"; do pneu-local $o joe / joe "" "" ./x </dev/null; test $? = 100 || exit 1; done' 2>/dev/null
finish
