# forward: what users say in ~/.forward, through the whole house and on to the next one
. tests/lib.sh
. tests/system/house.sh
sink
build one one.test joe ann bob
route() { printf 'sink.test:127.0.0.1:%s\n' "$S"; }
route >"$D/etc/smtproutes"
printf 'both: joe, ann\n' | aliases
start
J=$D/home/joe
forward() { cat >"$J/.forward"; }
bounced() { cat "$T"/sink/* | grep -q -e "$1"; }

# ---- what may be in it
forward <<'F'
# mine, theirs
\joe, ann
"Far Away" <far@sink.test>, ann@one.test
F
send a@sink.test joe@one.test
t 'a list of people' wait_until 20 done_with
is 'here and elsewhere get it, each once' "$(mails joe) $(mails ann) $(grep -c '^T far@' "$T/sink.log")" '1 1 1'
is 'the sender stays' "$(mail ann | sed 1q)" 'Return-Path: <a@sink.test>'
t 'it says through whom it came' grep -q '^Delivered-To: joe@one.test' "$D"/home/ann/Maildir/new/*
forget
printf 'ann@one.test' | forward
send a@sink.test joe@one.test
t 'a last line without its end counts' wait_until 20 done_with
is 'and without the own name nothing stays' "$(mails joe) $(mails ann)" '0 1'
forget
printf '\n# nothing\r\n\n' | forward
send a@sink.test joe@one.test
t 'a file that says nothing is none' wait_until 20 arrived joe 1
forget
cat >"$T/program" <<'P'
#!/bin/sh
env | sort >"$1.env"
cat >"$1.new" && mv "$1.new" "$1"
P
chmod 755 "$T/program"
forward <<F
\\joe, "|$T/program $T/out", $T/saved, "|exec cat >>$T/all"
F
printf 'ann\n' >"$J/.forward+list"
M=
smtp a@sink.test joe+tag@one.test >"$T/replies"
t 'programs and files' wait_until 20 done_with
is 'all get it' "$(mails joe) $(ls "$T/out" "$T/saved" "$T/all" | wc -l | tr -d ' ')" '1 3'
is 'a program knows for whom' "$(grep -E '^(USER|LOCAL|EXTENSION|RECIPIENT|SENDER)=' "$T/out.env" | tr '\n' ' ')" \
    'EXTENSION=tag LOCAL=joe+tag RECIPIENT=joe+tag@one.test SENDER=a@sink.test USER=joe '
is 'in its home' "$(sed -n 's/^HOME=//p' "$T/out.env")" "$J"
is 'and what' "$(sed -n '1s/ [A-Z].*//p; 2,3p' "$T/out")" 'From a@sink.test
Return-Path: <a@sink.test>
Delivered-To: joe+tag@one.test'
forget
smtp a@sink.test joe+LIST@one.test >"$T/replies"
t 'a file for a tag' wait_until 20 done_with
is 'is read instead' "$(mails joe) $(mails ann)" '0 1'
forget
# a vacation: answers once to each sender, keeps the mail
cat >"$T/vacation" <<'V'
#!/bin/sh
[ -n "$SENDER" ] && mkdir "$HOME/.told-$SENDER" 2>/dev/null || { cat >/dev/null; exit 0; }
{ printf 'From: %s\nTo: %s\nSubject: away\nAuto-Submitted: auto-replied\n\nback in May\n' "$RECIPIENT" "$SENDER"; } >"$HOME/.answer"
printf 'F\0T%s\0\0' "$SENDER" >"$HOME/.envelope"
cat >/dev/null
pneu-queue <"$HOME/.answer" 1<"$HOME/.envelope"
V
chmod 755 "$T/vacation"
printf '\\joe, "|%s"\n' "$T/vacation" | forward
send ann@one.test joe@one.test; send ann@one.test joe@one.test; send '' joe@one.test
t 'a vacation program' wait_until 20 done_with
is 'keeps all mail and answers each sender once' "$(mails joe) $(mails ann)" '3 1'
t 'with its own words' grep -q '^Subject: away' "$D"/home/ann/Maildir/new/*
forget

# ---- the ends of programs
printf '\\joe, "|echo 5.7.1 no thanks; exit 77", ann\n' | forward
send b@sink.test joe@one.test
t 'a program that refuses is a bounce' wait_until 20 bounced 'no thanks'
wait_until 20 done_with
is 'the others have it' "$(mails joe) $(mails ann)" '1 1'
forget
printf '"|cat >/dev/null; test -e %s/now || exit 75", ann\n' "$T" | forward
send b@sink.test joe@one.test
t 'one that fails for now' wait_until 20 logged 'deferral:.*exit_code_75'
is 'makes it wait' "$(waiting) $(mails ann)" '1 0'
: >"$T/now"
retry
t 'until it does not' wait_until 20 done_with
is 'then all get it' "$(mails ann)" 1
forget
: >"$D/log/send"                # so that what is looked for there is of the message at hand
for bad in '|/no/such/program' '"joe, ann' ':include:/etc/passwd' 'joe@@' '~/mail'; do
	printf '%s\n' "$bad" | forward
	send b@sink.test joe@one.test
	t "\"$bad\" makes mail wait" wait_until 20 logged 'deferral: .*\.forward.*line_1'
	is 'and goes nowhere' "$(waiting) $(mails joe) $(mails ann)" '1 0 0'
	printf 'ann\n' | forward
	retry
	t 'until it is mended' wait_until 20 done_with
	is 'then it is delivered' "$(mails joe) $(mails ann)" '0 1'
	forget
	: >"$D/log/send"
done

# ---- what is not believed
# mended COMMAND...: mail waits because of REASON, then the command mends it and it is delivered once, to joe
odd() {
	what=$1 reason=$2; shift 2
	: >"$D/log/send"
	send b@sink.test joe@one.test
	t "$what: mail waits, with the reason in the log" wait_until 20 logged "^delivery [0-9]*: deferral: .*$reason"
	is 'it is neither delivered nor believed' "$(waiting) $(mails joe) $(mails ann)" '1 0 0'
	"$@"
	retry
	t 'and delivered when that is mended' wait_until 20 done_with
	is 'as the file says' "$(mails joe) $(mails ann)" '0 1'
	forget
	rm -f "$J/.forward"
}
mend() { rm -rf "$J/.forward"; printf 'ann\n' >"$J/.forward"; chmod 600 "$J/.forward"; }
mend
chmod 620 "$J/.forward"; odd 'group may write' 'write_to_.forward' chmod 600 "$J/.forward"
mend; chmod 602 "$J/.forward"; odd 'others may write' 'write_to_.forward' chmod 600 "$J/.forward"
mend; chmod 702 "$J"; odd 'others may write to the home' 'home' chmod 700 "$J"
mend; chmod 1700 "$J"; odd 'the home is sticky' 'sticky' chmod 700 "$J"
mend; ln "$J/.forward" "$T/link"; odd 'a second name of it' 'forward' rm "$T/link"
mend; rm "$J/.forward"; mkfifo "$J/.forward"; odd 'a FIFO' 'forward.*regular_file' mend
rm -f "$J/.forward"; mkdir "$J/.forward"; odd 'a directory' 'forward.*regular_file' mend
rm -f "$J/.forward"; ln -s "$T/nowhere" "$J/.forward"; odd 'a link to nowhere' 'forward' mend
rm -f "$J/.forward"; ln -s .forward "$J/.forward"; odd 'a link to itself' 'forward' mend
mend; cp "$J/.forward" "$T/theirs"; chmod 666 "$T/theirs"; rm "$J/.forward"; ln -s "$T/theirs" "$J/.forward"
odd 'a link to what others may write' 'write_to_.forward' mend
awk 'BEGIN { for (i = 0; i < 60000; i++) print "ann, ann@one.test  " }' >"$J/.forward"; odd 'a huge one' 'forward.*large' mend
printf 'ann\0, joe\n' >"$J/.forward"; odd 'a NUL' 'forward_holds_a_NUL' mend
perl -e 'print map chr, 1 .. 255, 1 .. 255' >"$J/.forward"; odd 'bytes of any kind' 'forward.*line_1' mend
if [ "$(id -u)" = 0 ]; then
	mend; chown 12345 "$J/.forward"; odd "somebody else's" 'forward' chown 0 "$J/.forward"
fi
mend; printf 'ann\n' >"$T/mine"; rm "$J/.forward"; ln -s "$T/mine" "$J/.forward"
send b@sink.test joe@one.test
t 'a link to an own file is followed' wait_until 20 done_with
is 'as what it is' "$(mails joe) $(mails ann)" '0 1'
forget
mv "$J" "$J.away"
send b@sink.test joe@one.test
t 'a home that is away makes mail wait' wait_until 20 logged "deferral:.*home_directory"
mv "$J.away" "$J"
retry
t 'until it is back' wait_until 20 done_with
is 'nothing is lost' "$(mails ann)" 1
forget
stop
finish
