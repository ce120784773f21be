# pneu-local: what a job becomes in a Maildir or an mbox, and when it does not
. tests/lib.sh

PNEU_ETC=$T/etc PNEU_QUEUE=$T/queue     # one-user mode: these deliveries are ours, whoever we are
export PNEU_ETC PNEU_QUEUE
ASAN_OPTIONS=detect_leaks=0             # it cannot look for leaks under strace
export ASAN_OPTIONS
umask 022
spawner=tests/program/spawner.py
worker=pneu-local
msg=$T/msg
printf 'Received: from a\nReturn-Path: <forged@x>\n\t(twice)\nSubject: hi\n\nbody\nFrom me\nReturn-Path: stays\n' >"$msg"

# a new empty home; local joe, no dash
new_home() {
	home=$T/home.$((home_n = home_n + 1))
	mkdir "$home"
	dash= ext= default='./Maildir/'
}

maildirs() { for m; do mkdir -p "$m/tmp" "$m/new" "$m/cur"; done; }

# jobs 'script lines': run them, transcript in $T/out
jobs() {
	printf '%s\n' "$1" | python3 "$spawner" --worker "$worker" joe "$home" "joe$dash$ext" "$dash" "$ext" "$default" \
	    >"$T/out" 2>"$T/err" || { cat "$T/err"; return 1; }
}

# one message to joe@h: the report without its numbers
deliver() { jobs "job $msg s@x joe@h
reports"; sed -n 's/^report 1 0 //p; /^lost/p' "$T/out"; cat "$T/err"; }
files() { find "$1" -type f | wc -l | tr -d ' '; }
mode() { ls -ld "$1" | cut -c1-10; }
ok_text='K 2.1.5 m did 1+0+0'

# ---- Maildir
new_home
is 'a message goes to the default Maildir' "$(deliver)" "$ok_text"
is 'there is one file' "$(files "$home/Maildir/new")" 1
is 'and none in tmp or cur' "$(files "$home/Maildir")" 1
f=$(find "$home/Maildir/new" -type f)
printf 'Return-Path: <s@x>\nDelivered-To: joe@h\nReceived: from a\nSubject: hi\n\nbody\nFrom me\nReturn-Path: stays\n' >"$T/want"
t 'it has our trace lines, no other Return-Path, and every other byte' cmp "$f" "$T/want"
is 'only its owner may read it' "$(mode "$f")" "-rw-------"
is 'and the Maildir that was made' "$(mode "$home/Maildir")" "drwx------"
t 'its name has the parts of a unique one' \
    sh -c 'expr "$1" : ".*/[0-9]*\.M[0-9]*P[0-9]*V[0-9a-f]*I[0-9a-f]*Q[0-9]*\.[^:/]*,S=[0-9]*,W=[0-9]*$"' sh "$f"
is 'its name tells its size, and that with CR LF' "${f##*,S=}" "$(wc -c <"$f" | tr -d ' '),W=$(sed 's/$/ /' "$f" | wc -c | tr -d ' ')"

new_home
jobs "job $msg s@x joe@h joe@other
job $msg s@x joe@h
job $msg '' joe@h
job $msg 'a b@x' joe@h
reports"
is 'every recipient of every job is reported' "$(grep -c "$ok_text" "$T/out")" 5
is 'and has a file' "$(files "$home/Maildir/new")" 5
is 'each for its own recipient' "$(cat "$home"/Maildir/new/* | grep -c '^Delivered-To: joe@other$')" 1
is 'the null sender shows' "$(cat "$home"/Maildir/new/* | grep -c '^Return-Path: <>$')" 1
is 'a sender is quoted where it must be' "$(cat "$home"/Maildir/new/* | grep -c '^Return-Path: <"a b"@x>$')" 1
is 'the worker ends when its socket does' "$(tail -n 1 "$T/out")" "exit 0"

new_home
jobs "job $msg 's\\x0abcc: evil@x' 'joe@h\\x0aX: y'
reports"
is 'no address makes a line of its own' "$(sed -n 1,3p "$home"/Maildir/new/*)" 'Return-Path: <"s_bcc: evil"@x>
Delivered-To: joe@h_X: y
Received: from a'

new_home
python3 -c 'import sys; sys.stdout.write("job %s s@x %s\nreports\n" % (sys.argv[1], " ".join("r%d@h" % i for i in range(100))))' \
    "$msg" >"$T/script"
python3 "$spawner" --worker pneu-local joe "$home" joe '' '' ./Maildir/ <"$T/script" >"$T/out"
is 'a job of a hundred recipients' "$(grep -c "$ok_text" "$T/out"),$(files "$home/Maildir/new")" "100,100"

# ---- which part of the file is the message
new_home
printf 'before\nSubject: x\n\ntext\nafter\n' >"$T/queuefile"
jobs "slice $T/queuefile 7 17 s@x joe@h
reports"
is 'only the slice is delivered' "$(sed 1,2d "$home"/Maildir/new/*)" "Subject: x

text"
new_home
jobs "slice $T/queuefile 7 1000 s@x joe@h
reports"
is 'a file that is too short is a deferral' "$(cut -c1-14 "$T/out" | head -n 1)" "report 1 0 Z 4"
is 'that leaves nothing' "$(files "$home")" 0

new_home
python3 -c 'import os,sys
w = sys.stdout.buffer.write
w(b"Subject: big\nReturn-Path: <x@y>\n\n")
w(b"\n".join(bytes((i * j) % 251 + 1 if (i * j) % 251 != 9 else 99 for j in range(1, 77)) for i in range(1, 60000)))' >"$T/big"
jobs "job $T/big s@x joe@h
reports"
{ printf 'Return-Path: <s@x>\nDelivered-To: joe@h\n'; sed 2d "$T/big"; } >"$T/want"
t 'a message of 4 MB arrives byte for byte' cmp "$T/want" "$home"/Maildir/new/*
python3 -c 'print("".join("X-%d: y\n" % i for i in range(60000)) + "Return-Path: <z@z>\nDelivered-To: joe@h\n\nbody")' >"$T/deep"
new_home
is 'a loop is seen beyond 600 KB of header' "$(msg=$T/deep; deliver)" \
    "D 5.4.6 m mail loop: the header has the Delivered-To line of this recipient already"
is 'and nothing is delivered' "$(files "$home")" 0
sed 's/^Delivered-To: joe@h/Delivered-To: ann@h/' "$T/deep" >"$T/deep2"
is 'another recipient is no loop' "$(msg=$T/deep2; deliver)" "$ok_text"
is 'and the Return-Path so deep is gone' "$(grep -c '^Return-Path' "$home"/Maildir/new/*)" 1
printf 'Subject: x\n\nDelivered-To: joe@h\n' >"$T/body"
new_home
is 'in the body the line is no loop' "$(msg=$T/body; deliver)" "$ok_text"
: >"$T/empty"
is 'an empty message is delivered' "$(msg=$T/empty; deliver)" "$ok_text"

# ---- homes
new_home; chmod 1755 "$home"
is 'a sticky home is a deferral' "$(deliver)" "Z 4.2.1 m the home directory is sticky: its owner holds his mail back"
chmod 0757 "$home"
is 'so is one that others may write to' "$(deliver)" "Z 4.7.0 m others may write to the home directory"
chmod 0775 "$home"
is 'its group may' "$(deliver)" "$ok_text"
home=$T/missing
is 'and a missing one' "$(deliver)" "Z 4.3.0 m unable to switch to the home directory $home: No such file or directory"
new_home; default=./none/such/
is 'a Maildir in a place that is not there is a deferral' "$(deliver | cut -c1-9)" "Z 4.2.1 m"
new_home; echo ./Other/ >"$home/.qmail"
is 'a Maildir of a .qmail is not made' "$(deliver | cut -c1-9)" "Z 4.2.1 m"
maildirs "$home/Other"
is 'but used' "$(deliver)" "$ok_text"
new_home; mkdir -p "$home/Maildir" "$T/elsewhere"; ln -s "$T/elsewhere" "$home/Maildir/new"
is 'new may not be a symbolic link' "$(deliver | cut -c1-9)" "Z 4.2.1 m"
is 'and nothing goes there' "$(files "$T/elsewhere")" 0

# ---- .qmail
new_home; dash=- ext=a.B-C
is 'an extension without a file is no mailbox' "$(deliver)" "D 5.1.1 m no such mailbox here"
maildirs "$home/m1" "$home/m2" "$home/m3"
echo ./m1/ >"$home/.qmail-default"
deliver >/dev/null; is 'the last resort is .qmail-default' "$(files "$home/m1")" 1
echo ./m2/ >"$home/.qmail-a:b-default"
deliver >/dev/null; is 'a longer default counts first' "$(files "$home/m2")" 1
echo ./m3/ >"$home/.qmail-a:b-c"
deliver >/dev/null; is 'and the exact name before it, in lower case, : for .' "$(files "$home/m3")" 1
ext=../../../x; rm "$home/.qmail-default"; printf './m1/' >"$T/x"
is 'no extension leaves the home' "$(deliver | cut -c1-7)" "D 5.1.1"
dash= ext=
: >"$home/.qmail"
is 'an empty .qmail is the default delivery' "$(deliver),$(files "$home/Maildir/new")" "$ok_text,1"
echo '# nobody wants this' >"$home/.qmail"
is 'only comments: dropped as delivered' "$(deliver)" "K 2.1.5 m did 0+0+0"
printf '# three\n./m1/ \t\n\n+other words\n./m2/\n./box' >"$home/.qmail"
is 'several lines are carried out' "$(deliver)" "K 2.1.5 m did 3+0+0"
is 'all of them' "$(files "$home/m1"),$(files "$home/m2"),$(grep -c '^Subject: hi' "$home/box")" "2,2,1"
printf '\n./m1/\n' >"$home/.qmail"
is 'a blank first line is a deferral' "$(deliver)" "Z 4.3.5 m the first line of .qmail is empty"
printf './m1/\0\n' >"$home/.qmail"
is 'so is a NUL' "$(deliver)" "Z 4.3.5 m .qmail holds a NUL byte"
for line in '&' '&a b@x' '&joe@example.com (me)'; do
	printf './m1/\n# x\n%s\n' "$line" >"$home/.qmail"
	is "\"$line\" is a deferral that names its line" "$(deliver | sed 's/: [^:]*$//')" "Z 4.3.5 m $home/.qmail line 3"
done
for line in '|true' ./m2/ ./box; do
	printf '+list\nann@x\n%s\n' "$line" >"$home/.qmail"
	is "so is \"$line\" after +list" "$(deliver | sed 's/: [^:]*$//')" "Z 4.3.5 m $home/.qmail line 3"
done
is 'before anything was delivered' "$(files "$home/m1")" 2
echo ./m1/ >"$home/.qmail"
chmod 646 "$home/.qmail"
is 'a file that others may write to is a deferral' "$(deliver)" "Z 4.7.0 m others may write to .qmail"
chmod 744 "$home/.qmail"
is 'file delivery with the x bit too' "$(deliver)" "Z 4.3.5 m $home/.qmail line 1: file delivery, but the file is marked for forwards only (x bit)"
rm "$home/.qmail"; mkfifo "$home/.qmail"
is 'a .qmail that is no regular file is not there' "$(deliver)" "$ok_text"
rm "$home/.qmail"; ln -s .qmail "$home/.qmail"
is 'nor one that leads nowhere' "$(deliver)" "$ok_text"
rm "$home/.qmail"; python3 -c 'print("#" * (1 << 20))' >"$home/.qmail"
is 'a .qmail larger than 1 MiB is a deferral' "$(deliver)" "Z 4.3.5 m .qmail is larger than 1 MiB"

# ---- mbox
new_home; default=./Mailbox
is 'a message goes to the mbox' "$(deliver)" "$ok_text"
sed '1s/^From s@x ... ... .. ..:..:.. ....$/From line/' "$home/Mailbox" >"$T/got"
printf 'From line\nReturn-Path: <s@x>\nDelivered-To: joe@h\nReceived: from a\nSubject: hi\n\nbody\n>From me\nReturn-Path: stays\n\n' >"$T/want"
t 'with a From_ line, quoted, an empty line at its end' cmp "$T/got" "$T/want"
is 'only its owner may read it' "$(mode "$home/Mailbox")" "-rw-------"
is 'no lock is left' "$(files "$home")" 1
deliver >/dev/null
is 'the next is appended' "$(grep -c '^From ' "$home/Mailbox")" 2
printf 'From x\nhalf a mess' >>"$home/Mailbox"
printf 'no newline at the end' >"$T/cut"
(msg=$T/cut; deliver) >"$T/got"
is 'after somebody else'"'"'s crash an empty line comes first' "$(tail -n 7 "$home/Mailbox" | sed 's/^From s.*/From/')" "half a mess

From
Return-Path: <s@x>
Delivered-To: joe@h
no newline at the end"
if command -v python3 >/dev/null; then
	is 'another program reads four messages' \
	    "$(python3 -c 'import mailbox,sys; print(len(mailbox.mbox(sys.argv[1])))' "$home/Mailbox")" 4
fi
new_home; default=./Mailbox; echo precious >"$T/precious"; ln -s "$T/precious" "$home/Mailbox"
is 'a symbolic link is refused' "$(deliver)" "Z 4.2.0 m the mailbox ./Mailbox is a symbolic link"
rm "$home/Mailbox"; ln "$T/precious" "$home/Mailbox"
is 'a file with a second name too' "$(deliver)" "Z 4.2.0 m the mailbox ./Mailbox has more than one name"
is 'and is not touched' "$(cat "$T/precious")" precious
rm "$home/Mailbox"; mkfifo "$home/Mailbox"
is 'and a pipe' "$(deliver)" "Z 4.2.0 m the mailbox ./Mailbox is not a regular file"
rm "$home/Mailbox"; mkdir "$home/Mailbox"
is 'and a directory' "$(deliver)" "Z 4.3.0 m unable to open ./Mailbox: Is a directory"
rmdir "$home/Mailbox"

: >"$home/Mailbox.lock"
deliver >"$T/got" & delivery=$!
wait_until 20 test -e "$home/Mailbox"           # it is opened, then locked
rm "$home/Mailbox.lock"
wait "$delivery"
is 'a dot lock is waited for' "$(cat "$T/got")" "$ok_text"
: >"$home/Mailbox.lock"; touch -d '10 minutes ago' "$home/Mailbox.lock" 2>/dev/null || touch -t 200001010000 "$home/Mailbox.lock"
is 'an old one is a leftover' "$(deliver)" "$ok_text"
t 'and gone' test ! -e "$home/Mailbox.lock"
cat >"$T/hold.py" <<'PY'
import fcntl, os, sys, time
box, flag, go = sys.argv[1:]
f = open(box, 'r+')
fcntl.lockf(f, fcntl.LOCK_EX)
open(flag, 'w').close()
limit = time.monotonic() + 120
while not os.path.exists(go) and time.monotonic() < limit:
    time.sleep(0.02)
f.seek(0, 2)
f.write('From reader\n\n')
PY
was=$(grep -c '^From s@x' "$home/Mailbox")
python3 "$T/hold.py" "$home/Mailbox" "$T/held" "$T/go" & holder=$!
wait_until 20 test -e "$T/held"
if strace -o /dev/null true 2>/dev/null; then
	printf '#!/bin/sh\nexec strace -e trace=fcntl -o %s pneu-local "$@"\n' "$T/trace" >"$T/traced"
	chmod +x "$T/traced"
	worker=$T/traced
fi
deliver >"$T/got" & delivery=$!
[ "$worker" = pneu-local ] || wait_until 20 grep -q F_SETLK.*EAGAIN "$T/trace"
worker=pneu-local
is 'a program that holds the fcntl lock is not disturbed' "$(grep -c '^From s@x' "$home/Mailbox")" "$was"
: >"$T/go"
wait "$delivery"; wait "$holder"
is 'and waited for' "$(cat "$T/got"),$(grep -c '^From s@x' "$home/Mailbox")" "$ok_text,$((was + 1))"
if [ "$(id -u)" != 0 ]; then
	mkdir "$home/spool"; : >"$home/spool/joe"; chmod 555 "$home/spool"
	default=./spool/joe
	is 'where no dot lock can be made fcntl alone must do' "$(deliver)" "$ok_text"
	chmod 755 "$home/spool"
fi

# ---- the other side
new_home
jobs "raw 'nonsense'
gone"
is 'nonsense ends the worker' "$(cat "$T/out")" "gone
exit 111"
t 'aloud' grep -q 'not a job' "$T/err"
t 'wrong use is told' sh -c 'pneu-local joe; test $? = 100' 2>/dev/null
if [ "$(id -u)" = 0 ]; then
	t 'outside of one-user mode root gets no mail' \
	    sh -c 'unset PNEU_ETC PNEU_QUEUE; pneu-local joe / joe "" "" ./x </dev/null; test $? = 111' 2>/dev/null
fi
finish
