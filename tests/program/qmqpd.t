# pneu-qmqpd: one message over QMQP, from whom the rules allow, queued whole or not at all
. tests/lib.sh
. tests/program/smtpd_lib.sh
unset QMQPCLIENT
command -v python3 >/dev/null || skip_all 'python3 is needed'

# ns STRING...: each as a netstring; strings may have printf's escapes
ns() { python3 -c 'import sys
for s in sys.argv[1:]:
    b = s.encode("utf-8", "surrogateescape").decode("unicode_escape").encode("latin1")
    sys.stdout.buffer.write(b"%d:%s," % (len(b), b))' "$@"; }
# wrap <bytes: them as one
wrap() { python3 -c 'import sys; b = sys.stdin.buffer.read(); sys.stdout.buffer.write(b"%d:%s," % (len(b), b))'; }
request() { ns "$@" | wrap; }
# says <request: the answer, without the session
says() {
	rm -f "$Q"/*
	QMQPCLIENT='' pneu-qmqpd 2>"$T/log" | sed -E 's/ \[[0-9a-z]{12,24}\],$//; s/^[0-9]+://'
}
msg='Subject: x\n\nbody\n'
logs() { grep -qE "^pneu-qmqpd: [0-9a-z]{12,24} $1" "$T/log"; }
nothing() { [ ! -s "$Q/envelope" ]; }

request "$msg" ann@a.example x@b.example y@c.example >"$T/good"
is 'a message is taken, and its ID told' "$(says <"$T/good")" 'Kok ID1'
is 'the envelope is what came' "$(envelope)" 'Fann@a.example|Tx@b.example|Ty@c.example||'
is 'so is the message' "$(tail -n 3 "$Q/message")" "$(printf 'Subject: x\n\nbody')"
is 'with a trace before it' "$(sed -E '1,2s/ [0-9a-z]{12,24}; .*/ ID/' "$Q/message" | head -n 2)" \
	"$(printf 'Received: from unknown\n\tby mx.example with QMQP id ID')"
t 'it is logged' logs 'accepted ID1 rcpts 2 bytes 17 client unknown from <ann@a.example>$'
TCPREMOTEIP=192.0.2.9 TCPREMOTEHOST=web.example TCPREMOTEPORT=77; export TCPREMOTEIP TCPREMOTEHOST TCPREMOTEPORT
is 'from a client with an address' "$(says <"$T/good")" 'Kok ID1'
is 'which the trace has' "$(head -n 1 "$Q/message")" 'Received: from unknown (web.example [192.0.2.9])'
is 'and the filter hears of the session' "$(grep -E '^(PNEU_(PROTOCOL|HELO|LOGIN|TLS)|TCPREMOTEIP)=' "$Q/env" | sort | tr '\n' ' ')" \
	'PNEU_PROTOCOL=QMQP TCPREMOTEIP=192.0.2.9 '
is 'by the id that the log has' "$(sed -n 's/^PNEU_SESSION=//p' "$Q/env")" "$(sed -n 's/^pneu-qmqpd: \([^ ]*\) .*/\1/p' "$T/log")"
QMQPCLIENT='' pneu-qmqpd <"$T/good" 2>/dev/null >"$T/answer"
t 'the answer is one netstring, and has the id too' python3 -c 'import re, sys
b = open(sys.argv[1], "rb").read()
n, _, s = b.partition(b":")
sys.exit(not (re.fullmatch(rb"Kok ID1 \[[0-9a-z]{12,24}\],", s) and int(n) == len(s) - 1))' "$T/answer"

# nobody but whom the rules let
refused() { rm -f "$Q"/*; "$@" pneu-qmqpd <"$T/good" 2>"$T/log" | grep -q '^[0-9]*:D5\.7\.1 you may not ' && [ -z "$(ls "$Q")" ]; }
t 'without a permission nobody is served' refused env
t 'that is logged' logs 'refused client 192.0.2.9: D5\.7\.1 '
lets() { rm -f "$Q"/*; "$@" pneu-qmqpd <"$T/good" 2>"$T/log" | grep -q '^[0-9]*:Kok ID1 ' && [ -s "$Q/envelope" ]; }
t 'RELAYCLIENT is one, too' lets env RELAYCLIENT=
t 'and goes to the end of recipients as in SMTP' lets env RELAYCLIENT=.via.example
is 'of each' "$(envelope)" 'Fann@a.example|Tx@b.example.via.example|Ty@c.example.via.example||'

# cut anywhere
cuts() {
	n=0 all=$(wc -c <"$1")
	while [ $n -lt "$all" ]; do
		rm -f "$Q"/*
		head -c $n "$1" >"$T/cut"
		out=$(QMQPCLIENT='' pneu-qmqpd <"$T/cut" 2>"$T/log")
		[ -z "$out" ] && nothing && logs 'lost client 192.0.2.9: end of file' || { echo "cut at $n: $out"; return 1; }
		n=$((n + 1))
	done
}
t 'cut at any byte nothing is queued' cuts "$T/good"
python3 -c 'import sys; sys.stdout.write("Subject: large\n\n" + "0123456789abcde\n" * 20000)' >"$T/large"
{ wrap <"$T/large"; ns a@b.example x@c.example; } | wrap >"$T/large.good"
is 'a large one is taken' "$(says <"$T/large.good")" 'Kok ID1'
t 'unchanged' eval 'tail -n +3 "$Q/message" | cmp - "$T/large"'
for n in 1 2 30 14 200000; do
	head -c -$n "$T/large.good" >"$T/cut"
	is "without its last $n bytes it is not" "$(says <"$T/cut")" ''
	t 'and nothing is in the queue' nothing
done

# pieces: a byte at a time
slowly() { python3 -c 'import sys, os
for b in open(sys.argv[1], "rb").read(): os.write(1, bytes([b]))' "$1"; }
is 'in pieces of a byte it is the same message' "$(slowly "$T/good" | says)" 'Kok ID1'
is 'and envelope' "$(envelope)" 'Fann@a.example|Tx@b.example|Ty@c.example||'

# what is no such netstring
bad='D5.5.2 this is not QMQP: a netstring is wrong'
wrong() {
	is "$1" "$(printf "$2" | says)" "${3-$bad}"
	t 'and it queues nothing' nothing
}
wrong 'SMTP is not QMQP' 'EHLO x\r\n'
wrong 'nor is a number without a colon' '12,'
wrong 'nor nothing before it' ':x,'
wrong 'nor a zero in front' '032:'
wrong 'the outer one is empty' '0:,'
wrong 'the outer one ends too early' '11:1:m,1:a,1:b,,'
wrong 'the message is longer than what holds it' '12:20:m'
wrong 'no comma after the message' '12:1:m;1:a,1:b,,'
wrong 'no comma after an address' '12:1:m,1:a;1:b,,'
wrong 'no comma after all' '12:1:m,1:a,1:b,;'
wrong 'an address that goes over the end' '12:1:m,1:a,2:b,,'
wrong 'a length that does' '9:1:m,1:a,1,'
wrong 'no sender' '4:1:m,,'
wrong 'no recipient' '8:1:m,1:a,,' 'D5.5.1 no recipient'
wrong 'an empty one' '11:1:m,1:a,0:,,' 'D5.1.3 a recipient is empty'
wrong 'a line end in an address' '14:1:m,1:a,3:b\nc,,' 'D5.1.3 an address has a control character, or is neither ASCII nor UTF-8'
wrong 'a NUL in one' '14:1:m,3:a\000b,1:c,,' 'D5.1.3 an address has a control character, or is neither ASCII nor UTF-8'
wrong 'bytes that are no UTF-8' '13:1:m,1:a,2:\303(,,' 'D5.1.3 an address has a control character, or is neither ASCII nor UTF-8'
t 'the refusal is logged with its sender' logs 'refused client 192.0.2.9: D5\.1\.3 .*: from <a>$'
wrong 'a length beyond all numbers' '99999999999999999999999:' 'D5.3.4 message too big'
wrong 'a message of 2 GiB and a byte' '2147484000:2147483649:' 'D5.3.4 message too big'

is 'the null sender is one' "$(request "$msg" '' x@b.example | says)" 'Kok ID1'
is 'and stays it' "$(envelope)" 'F|Tx@b.example||'
is 'an empty message is a message' "$(request '' a@b.example x@b.example | says)" 'Kok ID1'
is 'addresses in UTF-8 are taken' "$(request "$msg" a@b.example 'j\xc3\xb6rg@b.example' x@b.example | says)" 'Kok ID1'
is 'and the message gets the parameter that tells of them' "$(envelope)" "$(printf 'Fa@b.example|U1|Tj\303\266rg@b.example|Tx@b.example||')"
is 'also if only the sender is' "$(request "$msg" '\xc3\xb6@b.example' x@b.example | says; envelope)" "$(printf 'Kok ID1F\303\266@b.example|U1|Tx@b.example||')"

# limits
long=$(python3 -c 'print("a" * 990 + "@b.example")')
is 'an address of 1000 bytes' "$(request "$msg" "$long" "$long" | says)" 'Kok ID1'
is 'of 1002' "$(request "$msg" "xy$long" "xy$long" | says)" 'Kok ID1'
is 'of 1003' "$(request "$msg" a@b.example "xyz$long" | says)" 'D5.1.3 address too long'
is 'of 1002 and RELAYCLIENT' "$(request "$msg" a@b.example "xy$long" | RELAYCLIENT=.x says)" 'D5.1.3 address too long'
python3 -c 'import sys
def ns(b): return b"%d:%s," % (len(b), b)
n, size = int(sys.argv[1]), 99
sys.stdout.buffer.write(ns(ns(b"x\n") + ns(b"") + b"".join(ns((b"%d" % i).rjust(size, b"r")) for i in range(n))))' 41000 >"$T/many"
is '41000 recipients' "$(says <"$T/many")" 'Kok ID1'
is 'all of them' "$(tr '\0' '\n' <"$Q/envelope" | grep -c '^Tr*[0-9]*$')" 41000
python3 -c 'import sys
def ns(b): return b"%d:%s," % (len(b), b)
sys.stdout.buffer.write(ns(ns(b"x\n") + ns(b"") + ns(b"r" * 1000) * 5000))' >"$T/many"
is 'more than 4 MiB of them' "$(says <"$T/many")" 'D5.5.3 too many recipients'
t 'queue nothing' nothing
echo 17 >"$E/databytes"
is 'a message as large as databytes' "$(says <"$T/good")" 'Kok ID1'
echo 16 >"$E/databytes"
is 'one byte larger' "$(says <"$T/good")" 'D5.3.4 message too big'
is 'DATABYTES counts first' "$(DATABYTES=17 says <"$T/good")" 'Kok ID1'
is 'and must be a number' "$(DATABYTES=17k says <"$T/good")" 'Z4.3.5 this mail server is not set up correctly, try later'
rm "$E/databytes"
echo 2 >"$E/maxhops"
r='Received: x\n'
is 'two hops' "$(request "$r$r$msg" a@b.example x@b.example | says)" 'Kok ID1'
is 'three are a loop' "$(request "$r$r$r$msg" a@b.example x@b.example | says)" 'D5.4.6 too many Received fields: this message is in a loop'
t 'that queues nothing' nothing
rm "$E/maxhops"
echo 1 >"$E/timeoutqmqpd"
mkfifo "$T/fifo"
exec 8<>"$T/fifo"               # so that what it gets is there before it begins, and no end is
head -c 20 "$T/good" >&8
QMQPCLIENT='' pneu-qmqpd <"$T/fifo" 2>"$T/log" >"$T/answer"
exec 8>&-
is 'who stops sending is told' "$(sed -E 's/^[0-9]*:(.*) \[.*/\1/' "$T/answer")" 'Z4.4.2 you are too slow'
t 'and queues nothing' nothing
echo 60 >"$E/timeoutqmqpd"
echo 1 >"$E/timeoutdata"
: >"$T/answer"
python3 - "$T/good" "$T/answer" >"$T/fifo" <<'END' &
import os, sys, time
end = time.time() + 300
os.write(1, b"9999:9000:")
while time.time() < end and not os.path.getsize(sys.argv[2]):
    try:
        os.write(1, b"x")
    except BrokenPipeError:
        break
    time.sleep(.05)
END
QMQPCLIENT='' pneu-qmqpd <"$T/fifo" 2>"$T/log" >"$T/answer"
is 'so is who takes too long in all' "$(sed -E 's/^[0-9]*:(.*) \[.*/\1/' "$T/answer")" 'Z4.4.2 you are too slow'
rm "$E/timeoutdata" "$E/timeoutqmqpd"

# what the queue program says
queue() { printf '#!/bin/sh\n%s\n' "$1" >"$T/queue"; chmod +x "$T/queue"; }
queue 'cat >/dev/null; exit 53'
is 'a full disk is not for good' "$(says <"$T/good")" 'Z4.3.1 disk full or write error'
t 'which is logged' logs 'refused client 192.0.2.9: Z4\.3\.1 disk full .* from <ann@a.example>$'
queue 'cat >/dev/null; exit 31'
is 'a refusal is' "$(says <"$T/good")" 'D5.3.0 mail server refuses the message'
queue 'cat >/dev/null; printf "D5.7.1 no spam" >&6; exit 82'
is 'with its words' "$(says <"$T/good")" 'D5.7.1 no spam'
queue 'cat >/dev/null; cat <&1 >/dev/null'
is 'one without an ID' "$(says <"$T/good")" 'Kok'
queue 'exit 53'
is 'one that ends in the middle of a large message' "$(says <"$T/large.good")" 'Z4.3.1 disk full or write error'
queue 'kill -9 $$'
is 'one that crashes' "$(says <"$T/good")" 'Z4.3.0 queue program crashed'
rm "$T/queue"
is 'none at all' "$(says <"$T/good")" "Z4.3.0 No such file or directory"

# configuration
rm "$E/me"
is 'without control/me nobody is served' "$(says <"$T/good")" 'Z4.3.5 this mail server is not set up correctly, try later'
t 'and the log says why' logs 'control/me is missing'
QMQPCLIENT='' pneu-qmqpd <"$T/good" >/dev/null 2>&1
is 'which is exit 111' $? 111
finish
