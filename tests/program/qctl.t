# pneu-qctl with messages picked by what they are, with a runner and without one
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh

qctl() { pneu-qctl "$@" </dev/null >"$T/out" 2>&1; echo "$?" >>"$T/out"; cat "$T/out"; }
in_place() { find "$Q/$1" -type f | wc -l | tr -d ' '; }
at() { basename "$(dirname "$(dirname "$(file "$1")")")"; }
is_at() { [ "$(at "$2")" = "$1" ]; }
idle() { [ "$(pneu-qctl status | sed -n 's/^active //p')" = 0 ]; }
# its recipients were deferred N times in all, and it is not being tried now: the time of its file may still be an old one
tried() { [ "$(sed '1,/^\.$/d' "$(file "$1")" | grep -c '^z')" -ge "$2" ] && idle; }
me=$(id -u)
# the twin without Linux's calls cannot tell who asks
whoever() { sed "s/uid $me\$/uid N/; s/uid 4294967295\$/uid N/; s/^\(o[0-9]* \)[0-9]* /\1N /"; }

house
rule 'ann@*' 'Z 4.2.2 mailbox full'
rule 'new@*' 'K ok'
rule '*@far.test' 'Z 4.4.1 no answer'
rule '*' 'K ok'
start
inject joe@sender.test ann@here.test; a=$ID
inject sue@other.test ann@here.test bob@far.test; b=$ID
inject joe@sender.test zoe@far.test; c=$ID
t 'three messages wait' wait_until 20 all_deferred 3

# ---- what would be done
is 'a dry run says it' "$(qctl hold -n from=joe@* | sed 's/ [0-9]*[smhd] [0-9]* bytes//')" "$a <joe@sender.test> to ann@here.test
$c <joe@sender.test> to zoe@far.test
2 messages would be held
0"
is 'and does nothing' "$(in_place hold)" 0
is 'with many recipients' "$(qctl delete --dry-run "$b" | sed 's/ [0-9]*[smhd] [0-9]* bytes//')" "$b <sue@other.test> to ann@here.test and 1 more
1 message would be deleted
0"
is 'each verb has its own usage' "$(pneu-qctl retry 2>&1; pneu-qctl reroute x 2>&1; pneu-qctl move 2>&1)" 'pneu-qctl: fatal: usage: pneu-qctl retry [-anTy] ID...|-|all|SELECTOR...
pneu-qctl: fatal: usage: pneu-qctl reroute [-any] HOST[:PORT]|ROUTE|- ID...|-|all|SELECTOR...
pneu-qctl: fatal: usage: pneu-qctl move DIRECTORY'
is 'what others call it is understood' "$(pneu-qctl freeze x 2>&1; pneu-qctl -d ALL 2>&1)" 'pneu-qctl: fatal: there is no action freeze; hold is meant?
pneu-qctl: fatal: -d: no such option; what postsuper and qmHandle do with theirs is in pneu-habits(7)'
is 'nonsense is said to be' "$(qctl hold form=joe@ | tail -n 1)" 100
is 'nothing at all is not everything' "$(qctl delete | tail -n 1)" 100
is 'a verb that is none' "$(qctl explode all | tail -n 1)" 100
t 'which is said first' sh -c 'pneu-qctl explode all 2>&1 | grep -q "fatal: there is no action explode; they are "'

# ---- hold, release
is 'hold what a sender has sent' "$(qctl hold from=joe@*)" '2 messages held
0'
is 'they are' "$(at "$a") $(at "$b") $(at "$c")" 'hold msg hold'
is 'the history says by whom' "$(records_of() { sed '1,/^\.$/d' "$(file "$1")"; }; records_of "$a" | grep '^o' | cut -d' ' -f2- | sed "s/^[0-9]* /N /")" 'N hold '
is 'those held are not picked again' "$(qctl hold from=joe@*)" '0 messages held
0'
is 'IDs may come from a pipe' "$(pneu-qread -1 state=held | cut -d' ' -f1 | pneu-qctl release -)" "release $a: done
release $c: done"
t 'one is tried' wait_until 20 tried "$a" 2
t 'so is the other' wait_until 20 tried "$c" 2

# ---- delete, undo, purge
pneu-qctl hold "$a" >/dev/null
is 'delete all, held or not' "$(qctl delete all)" '3 messages deleted
0'
is 'they are in the trash' "$(in_place msg) $(in_place hold) $(in_place trash)" '0 0 3'
is 'nobody reads them there' "$(pneu-qread | wc -l | tr -d ' ')" 0
is 'a dry run of undo shows them' "$(qctl undo -n to=ann@here.test | sed 's/ [0-9]*[smhd] [0-9]* bytes//')" "$a <joe@sender.test> to ann@here.test (trash)
$b <sue@other.test> to ann@here.test and 1 more (trash)
2 messages would be brought back
0"
is 'undo' "$(qctl undo all)" '3 messages brought back
0'
t 'who was held is held again' is_at hold "$a"
t 'who was not is tried' wait_until 20 tried "$b" 4
t 'as is the third' wait_until 20 tried "$c" 3
is 'undo of what is not there' "$(qctl undo "$a")" "undo $a: not in the trash
100"
is 'purge' "$(qctl purge "$a")" "purge $a: done
0"
is 'leaves nothing' "$(file "$a")" ''
inject joe@sender.test ann@here.test; a=$ID
t 'another one waits' wait_until 20 put_back
pneu-qctl delete "$a" >/dev/null
is 'the trash can be emptied' "$(qctl purge -T all)" '1 message deleted for good
0'
is 'it is' "$(in_place trash)" 0

# ---- redirect, reroute
is 'redirect one address' "$(qctl redirect ann@here.test new@here.test)" '1 message redirected
0'
t 'the new one gets it' wait_until 20 happened '^job local new [0-9]* <sue@other.test> .*new@here.test'
ID=$b
t 'the other recipient waits on' wait_until 20 tried "$b" 5
is 'the history tells' "$(records | grep -A1 '^x' | sed 's/^\(x0 \)[0-9]*/\1WHEN/' | whoever)" 'x0 WHEN 1 operator uid N
+n new@here.test'
is 'nobody else has that address' "$(qctl redirect ann@here.test new@here.test "$c")" "redirect $c: no such recipient waiting
100"
is 'a whole domain' "$(qctl redirect @far.test @new.test "$b" "$c")" "redirect $b: done
redirect $c: done
0"
t 'one goes there' wait_until 20 happened '^job remote mx new.test [0-9]* <sue@other.test> .*bob@new.test'
t 'the other too' wait_until 20 happened '^job remote mx new.test [0-9]* <joe@sender.test> .*zoe@new.test'
is 'an address that is none' "$(qctl redirect ann@here.test '' all)" 'pneu-qctl: fatal: redirect: from which address to which?
100'
inject joe@sender.test zoe@far.test; c=$ID
t 'a message waits' wait_until 20 put_back
is 'another route' "$(qctl reroute relay.test:2525 "$c")" "reroute $c: done
0"
t 'is taken' wait_until 20 happened '^job remote host relay.test 2525 '
t 'and it waits again' wait_until 20 tried "$c" 2
is 'as smtproutes has it' "$(qctl reroute '[::1]:2525 tls=no' "$c"; pneu-qread "$c" | sed -n 's/.*by route //p')" "reroute $c: done
0
host ::1 2525 tls=no"
t 'and waits once more' wait_until 20 tried "$c" 3
is 'a port that is none' "$(pneu-qctl reroute relay.test:99999 "$c" 2>&1)" "pneu-qctl: fatal: relay.test:99999: not a route; it is HOST, HOST:PORT or [ADDRESS]:PORT, and words as in smtproutes of pneu-control(5)"
is 'a route that is none' "$(qctl reroute 'host relay.test' "$c" | tail -n 1)" 100
is 'by the rules again' "$(: >"$H/events"; qctl reroute - "$c")" "reroute $c: done
0"
t 'it goes as before' wait_until 20 happened '^job remote mx far.test '

# ---- bounce, expire
t 'it waits' wait_until 20 tried "$c" 4
pneu-qctl hold "$c" >/dev/null
: >"$H/events"
is 'bounce of one that is held' "$(qctl bounce "$c")" "bounce $c: done
0"
t 'tells the sender' wait_until 20 logged "^bounce msg $c qp "
is 'without an attempt' "$(events '^job remote mx far.test' | wc -l | tr -d ' ')" 0
inject joe@sender.test zoe@far.test; c=$ID
t 'one more waits' wait_until 20 put_back
pneu-qctl hold "$c" >/dev/null
is 'expire of one that is held' "$(qctl expire "$c")" "expire $c: done
0"
t 'is one more attempt' wait_until 20 happened '^job remote mx far.test'
t 'and its end' wait_until 20 logged "^end msg $c\$"

# ---- pause
rewrite_rules 'two@here.test Z 4.2.2 full
* K ok'
is 'pause a domain' "$(qctl pause .far.test)" 'pause .far.test: done
0'
is 'twice is once' "$(qctl pause .far.test | head -n 1)" 'pause .far.test: paused already'
t 'the status shows it' sh -c "pneu-qctl status | grep -q '^paused .far.test since [0-9]* uid [0-9]*\$'"
: >"$H/events"
inject joe@sender.test zoe@mx.far.test; c=$ID
inject joe@sender.test zoe@mx.far.test one@here.test two@here.test; d=$ID
t 'others go on' wait_until 20 happened '^job local one '
ID=$d
t 'what has other recipients is put back' wait_until 20 put_back
stop
start
t 'another runner keeps it paused' sh -c "pneu-qctl status | grep -q '^paused .far.test '"
pneu-qctl expire "$c" "$d" >/dev/null
t 'the rest of it goes on again' wait_until 20 logged "^bounce msg $d qp "
is 'nothing has gone there' "$(events '^job remote mx mx.far.test' | wc -l | tr -d ' ')" 0
t 'nothing of it has failed' grep -q mx.far.test "$(file "$c")"
is 'resume' "$(qctl resume .far.test)" 'resume .far.test: done
0'
t 'and it goes' wait_until 20 logged "^end msg $c\$"
t 'all of it' wait_until 20 logged "^end msg $d\$"
is 'what is not paused is not resumed' "$(qctl resume .far.test | head -n 1)" 'resume .far.test: not paused'
is 'pause all' "$(qctl pause all)" 'pause all: done
0'
inject joe@sender.test one@here.test; c=$ID
qctl retry "$c" >/dev/null
is 'nothing is begun' "$(pneu-qctl status | grep '^active')" 'active 0'
qctl resume all >/dev/null
t 'until it is resumed' wait_until 20 logged "^end msg $c\$"
t 'the house is empty' wait_until 20 empty

# ---- many, while the runner works
rewrite_rules '* Z 4.4.1 no answer'
fabricate --count 3000 --rcpt '%d@many.test' --sender 'mass@here.test' >"$T/ids"
fabricate --count 50 --rcpt '%d@few.test' --sender 'few@here.test' --quiet
pneu-qctl flush >/dev/null
is 'hold many that stand in line' "$(wait_until 20 sh -c "pneu-qctl status | grep -q '^messages [12345][0-9][0-9]'" ; qctl hold from=mass@here.test | sed 's/[0-9][0-9]* m/N m/')" 'N messages held
0'
pneu-qctl hold from=mass@here.test >/dev/null
held_all() { [ "$(in_place hold)" = 3000 ]; }
t 'all of them, those on their way when that has ended' wait_until 30 held_all
is 'delete half of them by name' "$(head -n 1500 "$T/ids" | pneu-qctl delete - | grep -c ': done$')" 1500
is 'the others by what they are' "$(qctl delete state=held)" '1500 messages deleted
0'
is 'and back' "$(qctl undo from=mass@here.test)" '3000 messages brought back
0'
is 'to where they were' "$(in_place hold) $(in_place trash)" '3000 0'
qctl purge all >/dev/null
t 'none is left' wait_until 20 sh -c '[ "$(find "$1/msg" "$1/hold" "$1/trash" -type f | wc -l)" -eq 0 ]' - "$Q"

# ---- nobody works
stop
house
rule '* K ok'
inject joe@sender.test ann@here.test; a=$ID
inject sue@other.test bob@far.test; b=$ID
inject sue@other.test bob@far.test; c=$ID
is 'without a runner: hold' "$(qctl hold "$a")" "hold $a: done
0"
is 'it is held' "$(at "$a")" hold
is 'delete' "$(qctl delete from=sue@*)" '2 messages deleted
0'
is 'undo' "$(qctl undo "$b")" "undo $b: done
0"
is 'redirect' "$(qctl redirect bob@far.test eve@here.test)" '1 message redirected
0'
is 'retry' "$(touch -d '+1 hour' "$(file "$b")"; qctl retry all)" '1 message tried now
0'
t 'sets its time' test "$(stat -c %Y "$(file "$b")")" -le "$(date +%s)"
is 'bounce' "$(qctl bounce "$a")" "bounce $a: done
0"
is 'pause' "$(qctl pause elsewhere.test)" 'pause elsewhere.test: done
0'
is 'what needs a runner' "$(qctl flush)" 'pneu-qctl: fatal: no runner: pneu-send is not running on this queue
111'
is 'the lock is free again' "$(python3 -c 'import fcntl, sys; fcntl.lockf(open(sys.argv[1], "r+"), fcntl.LOCK_EX | fcntl.LOCK_NB); print("free")' "$Q/lock")" free
start
t 'a runner takes it up: redirected' wait_until 20 happened '^job local eve '
t 'bounced' wait_until 20 logged "^bounce msg $a qp "
is 'paused' "$(pneu-qctl status | grep -c '^paused elsewhere.test ')" 1
is 'the deleted one stays' "$(at "$c")" trash
t 'all else ends' wait_until 20 empty

# ---- at a terminal
# at_terminal ANSWER COMMAND...: what it shows, and its exit code
at_terminal() {
	python3 - "$@" <<'END'
import os, pty, sys, time
pid, fd = pty.fork()
if not pid:
    os.execvp(sys.argv[2], sys.argv[2:])
seen, asked = b'', False
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
    if b'[y/N] ' in seen and not asked:
        asked = True
        os.write(fd, sys.argv[1].encode() + b'\n')
print(seen.replace(b'\r\n', b'\n').decode().strip())
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
}
rewrite_rules '*@* Z 4.4.1 no answer'
fabricate --count 30 --rcpt '%d@many.test' --sender 'mass@here.test' --due 3600 --quiet
pneu-qctl flush >/dev/null
t 'the runner finds them' wait_until 20 sh -c 'pneu-qctl status | grep -q "^messages 30"'
is 'many are not changed without a question' "$(at_terminal n pneu-qctl hold from=mass@here.test)" 'hold 30 messages? [y/N] n
nothing was done
0'
is 'y is yes' "$(at_terminal y pneu-qctl hold from=mass@here.test)" 'hold 30 messages? [y/N] y
30 messages held
0'
held_thirty() { [ "$(in_place hold)" = 30 ]; }
t 'they are, when what was on its way has ended' wait_until 20 held_thirty
is '-y is, too' "$(at_terminal n pneu-qctl delete -y all)" '30 messages deleted
0'
is 'few are no question' "$(at_terminal n pneu-qctl undo $(ls "$Q"/trash/* | grep '^1' | head -n 2) | tail -n 1)" 0
fabricate --count 5000 --rcpt '%d@many.test' --sender 'mass@here.test' --place hold --quiet
t 'progress is shown, and taken away' sh -c "printf '%s' \"\$1\" | grep -q 'delete 200/5[0-9]*.*5[0-9]* messages deleted'" - "$(at_terminal n pneu-qctl delete -y all | tr '\r\n' '  ')"
pneu-qctl purge -T all >/dev/null

# ---- the trash ends
echo 1 >"$E/trashtime"
pneu-qctl reload >/dev/null
t 'the trash is emptied in time' wait_until 20 sh -c '[ "$(find "$1/trash" -type f | wc -l)" -eq 0 ]' - "$Q"
echo 0 >"$E/trashtime"
pneu-qctl reload >/dev/null
rewrite_rules '* Z 4.4.1 no answer'
inject joe@sender.test ann@here.test; a=$ID
t 'a message waits' wait_until 20 put_back
pneu-qctl delete "$a" >/dev/null
is 'without a trash it is gone' "$(file "$a")" ''

# ---- another directory
inject joe@sender.test ann@here.test; a=$ID
t 'a message waits' wait_until 20 put_back
is 'a queue that works is not moved' "$(qctl move "$T/moved")" "pneu-qctl: fatal: pneu-send is running on the queue; stop it first
111"
stop
when=$(stat -c %Y "$(file "$a")")
if [ "$(id -u)" = 0 ]; then
	mkdir -m 700 "$T/theirs" "$T/theirs/msg" "$T/theirs/bad"
	chmod 711 "$T"
	echo secret >"$T/root"
	chmod 600 "$T/root"
	ln -s "$T/root" "$T/theirs/lock"
	ln -s "$T/bin" "$T/theirs/hold"
	mkdir -m 700 "$T/bin"
	chown -hR 65534 "$T/theirs"
	is 'by root, nothing is done that its user may not do' "$(PNEU_QUEUE=$T/theirs qctl move "$T/stolen" | tail -n 1; stat -c %u "$T/root" "$T/bin")" '111
0
0'
	rm "$T/theirs/lock" "$T/theirs/hold"
	is 'what may be done is done as this user' "$(PNEU_QUEUE=$T/theirs qctl move "$T/stolen" | tail -n 1; stat -c %u "$T/stolen/msg" "$T/stolen/lock")" '0
65534
65534'
else
	echo '# SKIP moving by root: only root can'
fi
is 'one that rests is' "$(qctl move "$T/moved")" "1 message moved to $T/moved
0"
is 'nothing is left behind' "$(messages)" 0
Q=$T/moved PNEU_QUEUE=$T/moved
is 'its time goes with it' "$(stat -c %Y "$(file "$a")")" "$when"
is 'what was paused too' "$(cut -d' ' -f3 "$Q/paused")" elsewhere.test
if [ -w /dev/shm ] && [ "$(stat -c %d /dev/shm)" != "$(stat -c %d "$T")" ]; then
	far=$(mktemp -d /dev/shm/pneu-test.XXXXXX)
	cp -p "$(file "$a")" "$T/copy"
	is 'to another file system' "$(qctl move "$far/queue" | sed "s|$far|FAR|")" "1 message moved to FAR/queue
0"
	is 'nothing is left behind there' "$(messages)" 0
	Q=$far/queue
	is 'it is the same' "$(cmp "$T/copy" "$(file "$a")" && stat -c %Y "$(file "$a")")" "$when"
	rm -r "$far"
else
	echo '# SKIP another file system: /dev/shm is none'
fi
finish
