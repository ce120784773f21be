# queue/pub/ctl: users see and cancel their own mail and nobody else's, and keep the runner from nothing; stolen passwords
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh

client() { python3 tests/program/qctl_client.py "$Q/pub/ctl" "$@" 2>&1; }
qctl() { pneu-qctl "$@" </dev/null >"$T/out" 2>&1; echo "$?" >>"$T/out"; cat "$T/out"; }
at() { basename "$(dirname "$(dirname "$(file "$1")")")"; }
me=$(id -u)

house
rule '*' 'Z 4.2.2 mailbox full'
start
inject joe@sender.test ann@here.test bob@far.test; a=$ID
inject joe@sender.test zoe@far.test; b=$ID
wait_until 20 all_deferred 2
[ "$(client raw 'mine\0' answer | cut -d'|' -f1)" = M ] || skip_all 'this build cannot tell who asks'
t 'two messages wait' all_deferred 2
is 'the numbers are for everybody' "$(client raw 'status\0' answer | head -n 1)" 'K|messages 2'
is 'mine lists what I have sent' "$(qctl mine | sed 's/  [0-9]* bytes  [0-9dhms]* old//')" "$a  <joe@sender.test>
	waiting  ann@here.test
	waiting  bob@far.test
$b  <joe@sender.test>
	waiting  zoe@far.test
0"
is 'as packets' "$(client raw 'mine\0' answer answer answer | sed 's/msg|[0-9]*|[0-9]*/msg|N|N/')" "M|$a|msg|N|N|joe@sender.test|w|ann@here.test|w|bob@far.test
M|$b|msg|N|N|joe@sender.test|w|zoe@far.test
K|2"
is 'cancel' "$(qctl cancel "$b")" "cancel $b: done
0"
is 'puts it into the trash' "$(at "$b")" trash
t 'the log says who did it' logged "^operator uid $me cancel: msg $b\$"
is 'twice is too much' "$(qctl cancel "$b")" "cancel $b: no such message of yours
100"
pneu-qctl hold "$a" >/dev/null
is 'one that is held is listed' "$(qctl mine | sed 's/  [0-9]* bytes  [0-9dhms]* old//')" "$a  <joe@sender.test>  held
	waiting  ann@here.test
	waiting  bob@far.test
0"
is 'and stays' "$(qctl cancel "$a")" "cancel $a: it is held: ask the operator
100"
is 'what is no ID' "$(client raw 'cancel\0../../x\0' answer)" 'E|not an ID'
for verb in 'hold' 'delete' 'purge' 'release' 'undo'; do
	is "$verb is not for users" "$(client raw "$verb\\0$a\\0" answer)" 'E|no such verb'
done
is 'nor pause' "$(client raw 'pause\0all\0' answer)" 'E|no such verb'
is 'nor flush' "$(client raw 'flush\0' answer)" 'E|no such verb'
is 'a malformed packet ends the connection' "$(client raw 'mine' answer)" closed
is 'one with a descriptor too' "$(client fd 'mine\0' answer)" closed
is 'a user has two connections and no more' "$(client keep 1 raw 'status\0' answer keep 1 last answer | grep -c closed)" 1
# two that have just been answered are not listened to for a moment: that they have gone must count all the same
cat >"$T/gone.py" <<'END'
import os, signal, socket, sys, time
def connect():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(60)
    s.connect(sys.argv[1])
    return s
def ask(s):
    s.send(b'status\0')
runner = int(sys.argv[2])
answered = 0
for i in range(10):
    two = [connect(), connect()]
    for turn in range(2):
        for s in two: ask(s)
        for s in two: answered += s.recv(65536)[:1] == b'K'
    os.kill(runner, signal.SIGSTOP)
    for s in two: s.close()
    third = connect()
    ask(third)
    time.sleep(0.03)                            # until it would listen to them again
    os.kill(runner, signal.SIGCONT)
    try:
        answered += third.recv(65536)[:1] == b'K'
    except ConnectionResetError:
        pass
    third.close()
print(answered)
END
is 'who has gone takes no place' "$(python3 "$T/gone.py" "$Q/pub/ctl" "$(cat "$H/pid")" 2>&1)" 50
is 'who hurries is answered all the same' "$(client raw 'nothing\0' raw 'nothing\0' raw 'nothing\0' answer answer answer)" 'E|no such verb
E|no such verb
E|no such verb'

# ---- somebody else's
if [ "$me" = 0 ]; then
	chmod 711 "$T" "$T/$house_n" "$Q"
	is 'another user sees nothing of it' "$(client uid 65534 raw 'mine\0' answer)" 'K|0'
	is 'and cancels nothing' "$(pneu-qctl release "$a" >/dev/null; client uid 65534 raw "cancel\\0$a\\0" answer)" 'E|no such message of yours'
	is 'and learns no difference' "$(client uid 65534 raw 'cancel\01k0v7sgqjc51\0' answer)" 'E|no such message of yours'
	is 'and does not reach the other socket' "$(python3 tests/program/qctl_client.py "$Q/ctl" uid 65534 raw 'status\0' answer 2>&1 | grep -c PermissionError)" 1
	is 'the messages are still there' "$(at "$a")" msg
	# the header of one says that it is theirs
	fabricate --rcpt late@here.test --sender nobody@here.test --due 3600 >"$T/id"
	sed -i "1s/^\(pneu1 [0-9]* [0-9]* \)[0-9]*/\10000065534/" "$(file "$(cat "$T/id")")"
	pneu-qctl flush >/dev/null
	t 'their own they see' wait_until 20 sh -c "python3 tests/program/qctl_client.py '$Q/pub/ctl' uid 65534 raw 'mine\\0' answer | grep -q '^M|$(cat "$T/id")|'"
	is 'and cancel' "$(client uid 65534 raw "cancel\\0$(cat "$T/id")\\0" answer)" 'K|'
else
	pneu-qctl release "$a" >/dev/null
	echo '# SKIP another user: only root can become one'
fi

# ---- nobody keeps the runner from its work
big=$(python3 - <<'END' >"$T/rcpts"
for i in range(300000):
    print('T%d@many.test' % i)
END
fabricate --rcpt first@many.test --sender mass@here.test --due 3600)
sed -i -e "/^Tfirst@many.test/r $T/rcpts" "$(file "$big")"
pneu-qctl flush >/dev/null
t 'a message of very many recipients' wait_until 20 sh -c "PNEU_QUEUE='$Q' pneu-qctl mine | grep -q first@many.test"
t 'who has asked what cost much has to wait' wait_until 20 sh -c "python3 tests/program/qctl_client.py '$Q/pub/ctl' raw 'mine\\0' raw 'mine\\0' answer answer answer answer | grep -q 'you have asked just now'"
rm "$(file "$big")"
fabricate --count 20000 --rcpt '%d@many.test' --sender 'mass@here.test' --due 3600 --quiet
pneu-qctl flush >/dev/null
rewrite_rules 'quick@* K ok
*@* Z 4.2.2 full'
python3 - "$Q/pub/ctl" <<'END' &
import socket, sys, time
end = time.monotonic() + 3
while time.monotonic() < end:                   # who asks and never listens, again and again
    s = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(4)]
    for x in s:
        try:
            x.settimeout(0.2)
            x.connect(sys.argv[1])
            for _ in range(20):
                x.send(b'mine\0')
        except OSError:
            pass
    time.sleep(0.05)
    for x in s:
        x.close()
END
flooder=$!
inject joe@sender.test quick@here.test
t 'mail goes on while somebody floods it' wait_until 20 logged "^end msg $ID\$"
is 'an operator is answered' "$(pneu-qctl status | head -n 1 | cut -d' ' -f1)" messages
wait "$flooder"
stop

# ---- a stolen password
house
rule 'reached@*' 'K ok'
rule '*@*' 'Z 4.2.2 full'
start
by() {
	{
		printf 'Fthief@here.test\0A%s\0' "$1"; shift
		printf 'T%s\0' "$@"
		printf '\0'
	} >"$T/envelope"
	inject_envelope
}
by ann reached@here.test one@far.test; a=$ID
by ann two@far.test; b=$ID
by bob three@far.test; c=$ID
t 'mail of two logins waits' wait_until 20 all_deferred 3
is 'a dry run' "$(qctl drain -n login=ann | sed 's/ [0-9]*[smhd] [0-9]* bytes//; s/ [A-Z][a-z]*, .* +0000//' | head -n 4)" "$a <thief@here.test> to one@far.test
$b <thief@here.test> to two@far.test
2 messages would be held
reached $a reached@here.test"
is 'refuses nobody' "$(test -e "$E/badlogins" && echo there)" ''
is 'the real thing' "$(qctl drain login=ann | sed 's/ [A-Z][a-z]*, .* +0000//')" "login ann: refused from now on (control/badlogins)
2 messages held
reached $a reached@here.test
1 reached by messages that are still here. Of those that are gone the log tells: pneu-trace ann
Then: pneu-qctl delete login=ann (or release), a new password, and the line out of control/badlogins.
0"
is 'holds the thief'\''s mail and nobody else'\''s' "$(at "$a") $(at "$b") $(at "$c")" 'hold hold msg'
is 'and names the login' "$(cat "$E/badlogins")" ann
printf 'eve' >"$E/badlogins"
is 'again, beside another' "$(qctl drain login=ann | head -n 2)" 'login ann: refused from now on (control/badlogins)
0 messages held'
is 'is no matter' "$(cat "$E/badlogins")" 'eve
ann'
is 'once more' "$(qctl drain login=ANN | head -n 1)" 'login ANN: refused already (control/badlogins)'
is 'a pattern is not a login' "$(qctl drain 'login=a*' | tail -n 1)" 100
stop

# ---- root, on somebody else's queue
if [ "$me" = 0 ]; then
	house
	inject joe@sender.test ann@here.test; a=$ID
	touch -d '+1 hour' "$(file "$a")"
	chmod 711 "$T" "$T/$house_n"
	chown -R 65534 "$Q"
	is 'without a runner root becomes the owner' "$(qctl hold "$a")" "hold $a: done
0"
	is 'so what it makes belongs to him' "$(find "$Q" ! -user 65534)" ''
	is 'also in another directory' "$(qctl move "$T/$house_n/there" >/dev/null; find "$T/$house_n/there" ! -user 65534)" ''
else
	echo '# SKIP the queue of another user: only root can work on it'
fi
finish
