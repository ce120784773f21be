# pneu-lspawn: who gets the mail for a local part, and as whom pneu-local runs
. tests/lib.sh

spawner=tests/program/spawner.py
me=$(id -u)
PNEU_ETC=$T/etc PNEU_QUEUE=$T/queue     # one-user mode
export PNEU_ETC PNEU_QUEUE
ASAN_OPTIONS=detect_leaks=0             # it cannot look for leaks under strace
export ASAN_OPTIONS
mkdir "$T/etc" "$T/home" "$T/home/joe" "$T/home/list"
umask 022
cat >"$T/etc/users" <<USERS
=joe:joe:54321:54321:$T/home/joe:::
+joe-:joe:54321:54321:$T/home/joe:-::
+list-:list:0:0:$T/home/list:-:pre-:
.
USERS
pneu-newu || echo 'Bail out! no users database'
printf 'Subject: hi\n\nbody\n' >"$T/msg"
files() { find "$1" -type f 2>/dev/null | wc -l | tr -d ' '; }
asks() { printf '%s\n' "$1" | python3 "$spawner" pneu-lspawn >"$T/out" 2>"$T/err"; cat "$T/out" "$T/err"; }
nobody='D 5.1.1 no such mailbox here'

is 'a user of the database gets his mail' "$(asks "ask joe
job $T/msg s@x joe@h
reports")" "ask K
report 1 0 K 2.1.5 m did 1+0+0
exit 0"
f=$(find "$T/home/joe/Maildir/new" -type f)
is 'in one-user mode as the one user, whatever the database says' "$(ls -n "$f" | awk '{ print $3 }')" "$me"
is 'case does not matter' "$(asks "ask JOE" | head -n 1)" "ask K"
is 'one worker takes many jobs, one spawner many workers' "$(asks "ask joe
job $T/msg s@x joe@h
job $T/msg s@x joe@h
ask joe
job $T/msg s@x joe@h
reports
worker 1
reports" | grep -c 'did 1+0+0')" 3
is 'a name nobody has' "$(asks 'ask someone-else' | head -n 1)" "ask $nobody"
is 'an empty one' "$(asks "ask ''" | head -n 1)" "ask $nobody"
is 'names that look like something else' "$(asks "ask -joe
ask ../joe
ask 'joe:x'
ask '%s%n'
ask 'a\\x0ab'" | sort -u)" "ask $nobody
exit 0"
is 'an extension without a .qmail file is for pneu-local to refuse' "$(asks "ask joe-ext
job $T/msg s@x joe-ext@h
reports" | sed -n 2p)" "report 1 0 D 5.1.1 m no such mailbox here"
mkdir -p "$T/home/list/m/new" "$T/home/list/m/tmp"; echo ./m/ >"$T/home/list/.qmail-pre-x:y"
asks "ask List-X.Y
job $T/msg s@x List-X.Y@h
reports" >/dev/null
is 'the prefix an entry puts before an extension counts' "$(files "$T/home/list/m")" 1
echo ./Inbox >"$T/etc/defaultdelivery"
asks "ask joe
job $T/msg s@x joe@h
reports" >/dev/null
t 'defaultdelivery is what it says' grep -q '^Subject: hi' "$T/home/joe/Inbox"
is 'and is read for each worker' "$(printf '%s\n' "ask joe
job $T/msg s@x joe@h
reports
note changed
wait $T/changed
ask joe
job $T/msg s@x joe@h
reports" | python3 "$spawner" pneu-lspawn | while read -r line; do
	[ "$line" != changed ] || { printf './Inbox\n# two\n./Inbox2\n' >"$T/etc/defaultdelivery"; : >"$T/changed"; }
	echo "$line"
done)" "ask K
report 1 0 K 2.1.5 m did 1+0+0
changed
ask K
report 2 0 K 2.1.5 m did 2+0+0
exit 0"
mkdir "$T/etc/unreadable" && rm "$T/etc/defaultdelivery" && mv "$T/etc/unreadable" "$T/etc/defaultdelivery"
t 'one that cannot be read is fatal at the start' sh -c '! pneu-lspawn </dev/null' 2>/dev/null
rmdir "$T/etc/defaultdelivery"

is 'HUP is survived' "$(asks "ask joe
kill 1
ask joe" | tail -n 2)" "ask K
exit 0"
is 'nonsense too' "$(asks "rawask x
rawask '1\\x00joe'
ask joe" | sed -n '1p;s/.*not a request/not a request/p')" "ask K
not a request
not a request"
is 'a worker outlives its spawner' "$(printf 'ask joe\nend\njob %s s@x joe@h\nreports\n' "$T/msg" |
    python3 "$spawner" pneu-lspawn)" "ask K
exit 0
report 1 0 K 2.1.5 m did 1+0+0"
printf 'x' >"$T/etc/users.cdb"
is 'a damaged database defers' "$(asks 'ask joe' | head -n 1)" "ask Z 4.3.5 users.cdb is damaged"
rm "$T/etc/users.cdb"; mkdir "$T/etc/users.cdb"
is 'one that cannot be read too' "$(asks 'ask joe' | cut -c1-11 | head -n 1)" "ask Z 4.3.0"
rmdir "$T/etc/users.cdb"
is 'system users are nobody to a private instance' "$(asks 'ask root' | head -n 1)" "ask $nobody"
pneu-newu

# joe+tag, \user, and what the alias file orders
deliver() { asks "ask $1
job $T/msg s@x joe@h
reports" | sed -n '1{/^ask K/!p}; s/^report 1 0 //p'; }
done_in='K 2.1.5 m did 1+0+0'
rm -rf "$T/home/joe"; mkdir "$T/home/joe"
is 'joe+tag is joe' "$(deliver joe+tag; files "$T/home/joe/Maildir/new")" "$done_in
1"
mkdir -p "$T/home/joe/t/new" "$T/home/joe/t/tmp"; echo ./t/ >"$T/home/joe/.qmail+tag"
is 'who may have a file for it' "$(deliver joe+TAG; files "$T/home/joe/t/new")" "$done_in
1"
is 'separators are settable' "$(echo '=~' >"$T/etc/separators"; deliver joe=x; deliver joe+x)" "$done_in
ask $nobody"
t 'nonsense in them is fatal at the start' sh -c 'echo "+ " >"$0"; echo a >"$0"; ! pneu-lspawn </dev/null 2>"$1" && grep -q "control/separators" "$1"' "$T/etc/separators" "$T/err"
rm "$T/etc/separators"
t 'and in programtimeout' sh -c 'echo 0 >"$0"; ! pneu-lspawn </dev/null 2>"$1" && grep -q "control/programtimeout" "$1"' "$T/etc/programtimeout" "$T/err"
rm "$T/etc/programtimeout"
echo '|exit 100' >"$T/home/joe/.qmail"
is 'a mailbox is one whatever .qmail says' "$(deliver joe | cut -c1; deliver '\\x01joe'; deliver '\\x01joe+tag'; files "$T/home/joe/Maildir/new")" "D
$done_in
$done_in
4"
rm "$T/home/joe/.qmail"
is 'nobody has none' "$(deliver '\\x01nosuch'; deliver '\\x01'; deliver '\\x01someone-else')" "ask $nobody
ask $nobody
ask $nobody"
is 'a program of the alias file' "$(deliver "'\\x02|cat >$T/ran; echo \$0 >$T/shell; id -u >$T/who'" | cut -d' ' -f1-3)" "K 2.1.5 m"
t 'gets the message' grep -q '^Subject: hi' "$T/ran"
is 'in one-user mode as the one user' "$(cat "$T/who")" "$me"
is 'its code means what sendmail says' "$(deliver "'\\x02|exit 67'" | cut -c1-7)" "D 5.1.1"
is 'a file of the alias file' "$(deliver "'\\x02$T/file'"; sed -n '/^Subject/p' "$T/file")" "$done_in
Subject: hi"
is 'nothing else of it' "$(for i in x './x' '&x@y' '' '|' '/' ':include:/x' '|a\\x0ab' ' |x'; do deliver "'\\x02$i'"; done | sort -u)" 'ask D 5.3.5 neither |command nor /file'

# what a worker is given
printf '%s\n' '#!/bin/sh' 'exec >>"$PNEU_ETC/../seen"' 'ls /proc/self/fd | tr "\n" " "; echo' 'env | sort | sed s/=.*//' \
    'umask' 'for a; do echo "<$a>"; done' >"$T/pneu-local"
chmod +x "$T/pneu-local"
if [ -e /proc/self/fd ]; then
	SECRET=x PATH=$T:$PATH asks "ask joe-A.b
gone" >/dev/null
	is 'a worker has its socket, the log, and nothing of ours' "$(sed -n 1p "$T/seen")" "0 1 2 3 "
	is 'a clean environment' "$(sed -n '2,/^0/p' "$T/seen" | grep -vE '^(PWD|_|SHLVL|OLDPWD)$' | tr '\n' ' ')" \
	    "PATH PNEU_ETC PNEU_QUEUE 0077 "
	is 'and its arguments' "$(sed -n '/^</,$p' "$T/seen")" "<-s>
<+>
<-t>
<1000>
<joe>
<$T/home/joe>
<joe-A.b>
<->
<A.b>
<./Maildir/
>"
fi

strace -o /dev/null true 2>/dev/null && traced=yes || traced=
faults() { printf 'ask joe\nask joe\n' | python3 "$spawner" strace $2 -o "$T/trace" -e inject="$1" pneu-lspawn 2>&1; }
if [ "$traced" ]; then
	is 'a fork that fails defers' "$(faults clone:error=EAGAIN:when=1 | grep -v warning)" "ask Z 4.3.0 unable to fork
ask K
exit 0"
	is 'a socket that cannot be made too' "$(faults socketpair:error=EMFILE -f | cut -c1-39)" \
	    "ask Z 4.3.0 unable to make a job socket
ask Z 4.3.0 unable to make a job socket
exit 0"
	is 'a child that is killed before it answers' "$(faults socketpair:signal=KILL -f | cut -c1-11)" "ask Z 4.3.0
ask Z 4.3.0
exit 0"
	is 'a worker that cannot be started is one that ends' "$(printf 'ask joe\ngone\n' |
	    python3 "$spawner" strace -f -o "$T/trace" -e inject=execve:error=ENOENT:when=1+ pneu-lspawn 2>/dev/null)" "ask K
gone
exit 0"
fi
finish
