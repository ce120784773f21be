# two houses: one without a queue hands its mail over QMQP to the other; then each end with Postfix's programs
. tests/lib.sh
. tests/system/house.sh
PATH=$PATH:/usr/sbin:${PNEU_SERVERS:-/var/lib/pneu-tests}/bin
unset QMQPCLIENT DATABYTES

# listener NAME OPTIONS -- PROGRAM: its port in $port, its log in $T/NAME.log
listener() {
	name=$1; shift
	: >"$T/$name.port"
	pneu-tcpd -1 "$@" >"$T/$name.port" 2>"$T/$name.log" & sinks="$sinks $!"
	wait_until 20 test -s "$T/$name.port" || { echo "Bail out! no listener: $(cat "$T/$name.log")"; exit 1; }
	port=$(head -n 1 "$T/$name.port")
}
# fake BEHAVIOUR: a QMQP server of another kind
fake() {
	rm -rf "$T/fake" "$T/fake.port"
	mkdir "$T/fake"
	python3 tests/program/qmqp_fake.py "$T/fake.port" "$T/fake" "$@" & sinks="$sinks $!"
	wait_until 20 test -s "$T/fake.port"
	read -r port <"$T/fake.port"
}
servers() { printf '127.0.0.1:%s\n' "$@" >"$T/near/etc/qmqpservers"; }
qmqpd_log() { grep -qE "^pneu-qmqpd: [0-9a-z]{12,24} $1" "$T/qmqpd.log"; }

# far has a queue, and takes mail over QMQP from 127.0.0.1 alone
build far far.test joe ann
start
printf '127.0.0.1:allow,QMQPCLIENT=""\n127.0.0.3:allow,QMQPCLIENT=""\n:allow\n' | pneu-tcprules "$T/qmqp.cdb" "$T/qmqp.tmp"
listener qmqpd -x "$T/qmqp.cdb" 127.0.0.1:0 -- pneu-qmqpd
qmqp=$port

# near has none for what its smtpd takes: every message is far's before the client hears 250
mkdir -p "$T/near/etc"
PNEU_ETC=$T/near/etc; export PNEU_ETC
echo near.test >"$PNEU_ETC/me"
servers "$qmqp"
PNEU_QUEUE=$T/nowhere PNEU_FILTER=pneu-qmqpc RELAYCLIENT='' listener smtpd 127.0.0.1:0 -- pneu-smtpd
near=$port
enter far
# from SENDER RCPT...: through near's SMTP
from() { (P=$near; smtp "$@"); }
reply=$(from bob@near.test joe@far.test ann@far.test)
is 'SMTP on the host without a queue takes a message' "${reply%% [0-9a-z]*}" '250'
t 'it arrives in the house with one' wait_until 20 arrived joe 1
t 'at both' wait_until 20 arrived ann 1
t 'the ID in the reply is that of the other queue' logged "new msg ${reply##* }"
is 'the trace has the whole journey' "$(mail joe | sed -nE 's/^Received: //; s/^(\(pneu(-qmqpc)?|from [a-z]*).*/\1/p; s/^	by ([a-z.]*) with ([A-Z]*).*/by \1 \2/p' | tr '\n' ' ')" \
	'(pneu from unknown by far.test QMQP (pneu-qmqpc from client by near.test ESMTP '
t 'the log of QMQP has it' wait_until 20 qmqpd_log "accepted ${reply##* } rcpts 2 bytes [0-9]* client 127.0.0.1 from <bob@near.test>"
forget

# the first of two is dead
fake dead
servers "$port" "$qmqp"
is 'the first server is dead: the client notices nothing' "$(from bob@near.test joe@far.test | cut -c 1-9)" '250 2.0.0'
t 'it arrives' wait_until 20 arrived joe 1
forget
servers "$port"
is 'both are: it is told to try again' "$(from bob@near.test joe@far.test | sed 's/ \[.*//')" '451 4.4.1 connection to mail server refused'
# the first dies in the middle of a large message
python3 -c 'print("Subject: large\n"); [print("%063d" % i) for i in range(250000)]' >"$T/large"
fake cut:1000000
servers "$port" "$qmqp"
M=$T/large
is 'the first server dies in the middle' "$(from bob@near.test joe@far.test | cut -c 1-9)" '250 2.0.0'
M=
t 'it arrives' wait_until 20 arrived joe 1
t 'whole' eval 'sed "1,/^Subject/d" "$D"/home/joe/Maildir/new/* | cmp - "$T/rest"' "$(sed 1d "$T/large" >"$T/rest")"
is 'once' "$(mails joe)" 1
forget

# a host with a queue whose own messages go to far
build home home.test carol
printf '127.0.0.1:%s\n' "$qmqp" >"$D/etc/qmqpservers"
PNEU_FILTER=pneu-qmqpc; export PNEU_FILTER
start
unset PNEU_FILTER
send joe@far.test nobody@home.test
t 'a bounce goes the same way' wait_until 20 gone
stop
enter far
t 'and arrives' wait_until 20 arrived joe 1
is 'with the trace of it' "$(mail joe | grep -E -c '^From: .*MAILER-DAEMON@home.test|^Received: \(pneu-qmqpc ')" 2
forget

# strangers
stranger() { python3 - "$qmqp" "$1" <<'END'
import socket, sys
def ns(b): return b"%d:%s," % (len(b), b)
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30, (sys.argv[2], 0))
request = ns(ns(b"Subject: spam\n\n" + b"x\n" * 100000) + ns(b"") + ns(b"joe@far.test"))
try:
    s.sendall(request)
except ConnectionError:
    pass
print(b"".join(iter(lambda: s.recv(4096), b"")).decode().split(":", 1)[1].split(" ")[0])
END
}
is 'a host without a permission is refused, and hears it though it sends much' "$(stranger 127.0.0.2)" 'D5.7.1'
t 'that is logged' wait_until 20 qmqpd_log 'refused client 127.0.0.2: D5.7.1 you may not'
is 'another one that has it is not' "$(stranger 127.0.0.3)" Kok
t 'its mail arrives' wait_until 20 arrived joe 1
forget

# a client that breaks off in the middle of a large message
python3 - "$qmqp" <<'END'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30)
s.sendall(b"1000030:1000000:Subject: cut\n\n" + b"x\n" * 300000)
END
t 'one that breaks off is logged' wait_until 20 qmqpd_log 'lost client 127.0.0.1: end of file'
is 'and nothing of it is queued' "$(waiting) $(mails joe)" '0 0'

# Postfix's end
if command -v qmqp-source >/dev/null && command -v qmqp-sink >/dev/null; then
	qmqp-source -s 3 -m 20 -l 30000 -r 2 -f bob@near.test -t joe@far.test "inet:127.0.0.1:$qmqp" >"$T/out" 2>&1
	is 'qmqp-source is content' "$?$(cat "$T/out")" 0
	t 'all arrive' wait_until 30 arrived joe 20
	port=$(free_port)
	qmqp-sink "127.0.0.1:$port" 10 >"$T/out" 2>&1 & sinks="$sinks $!"
	servers "$port"
	takes() { [ "$(from bob@near.test joe@far.test "$@" | cut -c 1-9)" = '250 2.0.0' ]; }
	t 'qmqp-sink takes a message' wait_until 20 takes
	M=$T/large
	t 'and a large one' takes ann@far.test
	M=
else
	t 'qmqp-source and qmqp-sink # SKIP not here; root can get them with tests/servers' true
fi
t 'nothing waits' wait_until 20 done_with
stop
finish
