# pneu-qmqpc: in pneu-queue's place, a message goes to one server over QMQP, to the next only if the first has not got it
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
E=$T/etc TMPDIR=$T/tmp
mkdir "$E" "$TMPDIR"
PNEU_ETC=$E
export PNEU_ETC TMPDIR
ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-}
export ASAN_OPTIONS
fake_a= fake_b= fake_c= fake_six=
cleanup() { kill $fake_a $fake_b $fake_c $fake_six 2>/dev/null; }

# fake NAME BEHAVIOUR...: a server; its port is in $port
fake() {
	name=$1; shift
	eval "[ -z \"\${fake_$name}\" ] || { kill \$fake_$name; wait \$fake_$name; } 2>/dev/null"
	rm -rf "$T/$name" "$T/$name.port"
	mkdir "$T/$name"
	python3 tests/program/qmqp_fake.py "$T/$name.port" "$T/$name" "$@" &
	eval "fake_$name=$!"
	wait_until 20 test -s "$T/$name.port" || { echo "Bail out! no fake server"; exit 1; }
	read -r port <"$T/$name.port"
}
# servers PORT...: the configuration
servers() { printf '127.0.0.1:%s\n' "$@" >"$E/qmqpservers"; }
# one BEHAVIOUR...: the only server is a new one, "a"
one() { fake a "$@"; servers "$port"; }
# two BEHAVIOUR: "a", after it "b", which takes everything
fake b 'Kok from b'
second=$port
two() { fake a "$1"; first=$port; rm -f "$T/b"/*; servers "$first" "$second"; }
# inject [COMMAND...]: $T/m and $T/e through pneu-qmqpc; what it says on descriptor 6 in $T/id
inject() {
	{
		"$@" pneu-qmqpc <"$T/m" 6>&1 1<"$T/e" 2>"$T/err"
		echo $? >"$T/code"
	} | cat >"$T/id"
	read -r code <"$T/code"
}
# code: the same without descriptor 6; from a pipe
code() { cat "$T/m" | "$@" pneu-qmqpc 1<"$T/e" 2>"$T/err" 6>&-; echo $?; }
# went NAME N [SED]: connection N of that server is a whole request: message and addresses, each in a line
went() {
	wait_until 20 test -e "$T/$1/$2" || return 1
	python3 - "$T/$1/$2" <<'END' | sed -E '1s/ [0-9a-z]{12,24} pid [0-9]+ by uid [0-9]+\); .*[0-9]{4}$/ ID.../'
import sys
def take(b):
    head, colon, rest = b.partition(b":")
    n = int(head)
    assert colon and head == b"%d" % n and rest[n:n + 1] == b",", b
    return rest[:n], rest[n + 1:]
inner, rest = take(open(sys.argv[1], "rb").read())
assert rest == b"", rest
while inner:
    s, inner = take(inner)
    sys.stdout.buffer.write(s + b"\n")
END
}
none() { [ -z "$(ls "$T/$1")" ]; }
complains() { grep -q -e "$1" "$T/err"; }
envelope() { printf "$1" >"$T/e"; }

printf 'Subject: hello\n\nworld\n' >"$T/m"
envelope 'Fjoe@a.example\0Tx@b.example\0Ty@c.example\0\0'
want="$(printf 'Received: (pneu-qmqpc ID...\nSubject: hello\n\nworld\n\njoe@a.example\nx@b.example\ny@c.example')"
one 'Kok 1k0v78bqdt5aeqgx [1k0v78bqdxyz]' 'Kok 1795338486 qp 4711' 'KOk: queued as 4A3F' 'K' 'Zdisk full' 'D5.7.1 no spam'
inject
is 'a message is taken' "$code" 0
is 'its ID is the one of the server' "$(cat "$T/id")" 1k0v78bqdt5aeqgx
is 'what went over is message and addresses, with a trace before them' "$(went a 1)" "$want"
is 'nothing is said' "$(cat "$T/err")" ''
inject
is "words of qmail's are the ID" "$code $(cat "$T/id")" '0 1795338486_qp_4711'
inject
is "words of Postfix's" "$code $(cat "$T/id")" '0 queued_as_4A3F'
inject
is 'there need be none' "$code $(cat "$T/id")" '0 -'
inject
is 'a refusal for now is told' "$code $(cat "$T/id")" '82 Zdisk full'
inject
is 'one for good is told' "$code $(cat "$T/id")" '82 D5.7.1 no spam'
t 'and on descriptor 2' complains 'fatal: 127.0.0.1:[0-9]* refuses the message: 5.7.1 no spam$'
is 'qmail-queue'"'"'s callers have its codes: never' "$(code)" 31
one 'Zlater' 'Kok'
is 'later' "$(code)" 71
is 'taken, from a pipe' "$(code)" 0
is 'which is the same message' "$(went a 2)" "$want"

if strace -o /dev/null true 2>/dev/null; then
	is 'who is interrupted while he connects goes on' "$(code strace -o "$T/trace" -e inject=connect:error=EINTR:when=1..2)" 0
	is 'three times' "$(grep -c '^connect(' "$T/trace")" 3
fi

# both families, with and without a port
if FAKE_HOST=::1 fake six 'Kok' 2>/dev/null; then
	echo "[::1]:$port" >"$E/qmqpservers"
	is 'IPv6 with a port' "$(code)" 0
	printf '\n# a comment\n127.0.0.1:%s\n  \n[::1]:%s\n' "$(cat "$T/a.port")" "$port" >"$E/qmqpservers"
	is 'comments and empty lines do not count' "$(code)" 0
fi
for bad in host.example host.example:628 127.0.0.1: 127.0.0.1:0 127.0.0.1:65536 127.0.0.1:x '[::1' ::1] '[]' 1.2.3 '127.0.0.1 628' :628; do
	echo "$bad" >"$E/qmqpservers"
	is "\"$bad\" is no server" "$(code)" 55
done
t 'the reason is said' complains 'control/qmqpservers: .*:628'
servers 1; echo nonsense >>"$E/qmqpservers"
is 'a bad line after a good one is found before anything is sent' "$(code)" 55
: >"$E/qmqpservers"
is 'no server in the file' "$(code)" 55
rm "$E/qmqpservers"
is 'no file' "$(code)" 55
echo 1d >"$E/timeoutqmqpc"
is 'a time limit that is none' "$(servers 1; code)" 55
rm "$E/timeoutqmqpc"

# in turn
two dead
is 'the first is dead: the second gets it' "$(code)" 0
is 'whole' "$(went b 1)" "$want"
t 'and that is said' complains "warning: unable to connect to 127.0.0.1:$first: Connection refused"
servers "$first" "$first"
is 'all are dead' "$(code)" 73
two 'Z4.3.1 disk full'
is 'the first is full: the second gets it' "$(code)" 0
is 'whole' "$(went b 1)" "$want"
fake c dead
servers "$first" "$port"
inject
is 'if then there is none left, what the first one said counts' "$code $(cat "$T/id")" '82 Z4.3.1 disk full'
two 'D5.1.1 nobody'
is 'the first refuses for good: that is the end' "$(code)" 31
t 'the second is not asked' none b
two 'early:Zfull'
is 'one that says later before it has read' "$(code)" 0
two full
echo 1 >"$E/timeoutqmqpconnect"
is 'one that does not answer at all: the second gets it' "$(code)" 0
servers "$first"
is 'alone that is 72' "$(code)" 72
rm "$E/timeoutqmqpconnect"

# an answer that does not come, or is none: the first may have it
for how in cut:1 'raw:' 'raw:5:Kok' 'raw:3:Kok;' 'raw:03:Kok,' 'raw:250 ok\x0d\x0a' 'raw:0:,' 'raw:3:Xok,' 'raw:2:\x00k,' \
	'raw:5000:K' 'raw:99999999999999999999:K'; do
	two "$how"
	is "after the answer $how nobody else is asked" "$(code)" 74
	t 'the second has nothing' none b
	t 'and why is said' complains "fatal: unable to hear whether 127.0.0.1:$first took the message: it may have: "
done
two silent
echo 1 >"$E/timeoutqmqpc"
is 'nor if none comes in time' "$(code)" 72
t 'the second has nothing' none b

# a large message, which no socket holds: a server that breaks off before its end does not have it
python3 -c 'import sys
sys.stdout.write("Subject: large\n\n")
for i in range(250000): sys.stdout.write("%063d\n" % i)' >"$T/m"
two stuck
echo 3 >"$E/timeoutqmqpc"       # the second has to take its part in that time
is 'one that takes nothing for too long is left' "$(code)" 0
t 'the second has it all' eval 'went b 1 | tail -n +2 | head -c "$(wc -c <"$T/m")" | cmp - "$T/m"'
rm "$E/timeoutqmqpc"
for n in 1 100 100000 5000000; do
	two cut:$n
	is "one that dies after $n bytes" "$(code)" 0
	t 'the second has it all' eval 'went b 1 | tail -n +2 | head -c "$(wc -c <"$T/m")" | cmp - "$T/m"'
done
servers "$first"
is 'alone that is 74' "$(code)" 74
two 'early:D5.3.4 too big'
is 'what one says that hangs up is heard' "$(code)" 31
t 'and said' complains 'refuses the message: 5.3.4 too big'
t 'the second is not asked' none b
two 'hangup:D5.3.4 too big'
is 'also of one that does not read on' "$(code)" 31
t 'that is said, too' complains 'refuses the message: 5.3.4 too big'
two 'hangup:Zfull'
is 'later, and it does not read on: the second has it' "$(code)" 0
one 'hangup:Kok'
is 'that it has what it cannot have is not believed' "$(code)" 74
two 'Zlater'
inject
is 'a file is read again for the second server' "$code" 0
t 'from its beginning' eval 'went b 1 | tail -n +2 | head -c "$(wc -c <"$T/m")" | cmp - "$T/m"'
printf 'From joe Mon\nSubject: x\n\nbody' >"$T/m"
two 'Zlater'
python3 - "$T/m" "$T/e" <<'END'
import os, subprocess, sys
m, e = os.open(sys.argv[1], os.O_RDONLY), os.open(sys.argv[2], os.O_RDONLY)
os.lseek(m, 13, os.SEEK_SET)
sys.exit(subprocess.run(["pneu-qmqpc"], stdin=m, stdout=e, stderr=subprocess.DEVNULL).returncode)
END
is 'a file that stands behind its beginning' $? 0
is 'begins there' "$(went b 1 | tail -n +2 | head -n 3)" "$(printf 'Subject: x\n\nbody')"
is 'nothing is left in the directory for temporary files' "$(ls "$TMPDIR")" ''

# message bytes and sizes
one 'Kok'
n=0
for size in 0 1 9 10 99 16383 16384 98303 98304 98305 200000; do
	python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(1).randbytes(int(sys.argv[1])))' $size >"$T/m"
	n=$((n + 1))
	is "$size bytes of any kind" "$(code)" 0
	t 'go over unchanged' eval 'went a $n | tail -n +2 | head -c $size | cmp - "$T/m"'
done

# envelopes
printf 'Subject: hello\n\nworld\n' >"$T/m"
one 'Kok'
n=0
env_exits() { # CODE PROMISE ENVELOPE
	envelope "$3"
	is "$2" "$(code)" "$1"
}
for cut in '' 'F' 'Fa' 'Fa\0' 'Fa\0T' 'Fa\0Tb' 'Fa\0Tb\0' 'Fa\0Tb\0T' 'Fa\0Tb\0Tc'; do
	env_exits 54 "an envelope cut after \"$cut\"" "$cut"
done
env_exits 91 'no recipient' 'Fa\0\0'
env_exits 91 'no sender' 'Ta\0\0'
env_exits 91 'a line end in an address' 'Fa\0Tb\nc\0\0'
env_exits 11 'an address too long' "Fa\0T$(printf %01003d 0)\0\0"
t 'of all these nothing went over' none a
env_exits 0 'the null sender' 'F\0Tx@b.example\0\0'
is 'is empty' "$(went a 1 | tail -n 2)" "$(printf '\nx@b.example')"
env_exits 0 'wishes about reports' 'Fa@b\0B8BITMIME\0EQQ\0RHDRS\0W1\0Tx@b.example\0NNEVER\0Orfc822;x@b.example\0Ty@b.example\0\0'
is 'do not go over' "$(went a 2 | tail -n 3)" "$(printf 'a@b\nx@b.example\ny@b.example')"
env_exits 0 'SMTPUTF8 for a message of ASCII' 'Fa@b\0U1\0Tx@b.example\0\0'
printf 'Subject: hello\n\nbody \303\266\n' >"$T/m"
env_exits 0 'or one with other bytes in its body' 'Fa@b\0U1\0Tx@b.example\0\0'
wait_until 20 test -e "$T/a/4"
refuses() { # PROMISE TEXT
	inject
	is "$1" "$code $(cat "$T/id")" "82 $2"
	is 'which is 31 without descriptor 6' "$(code)" 31
}
utf8='D5.6.7 the message needs SMTPUTF8, and QMQP cannot tell a server of that'
printf 'Subject: \303\266\n\nbody\n' >"$T/m"
refuses 'SMTPUTF8 for other bytes in the header is refused' "$utf8"
{ echo Subject: x; yes X-Y: z | head -n 30000; printf 'Z: \303\266\n\nbody\n'; } >"$T/m"
refuses 'also far down in it' "$utf8"
printf 'Subject: hello\n\nworld\n' >"$T/m"
envelope 'Fa@b\0U1\0Tj\303\266rg@b.example\0\0'
refuses 'and for an address' "$utf8"
envelope 'Fa@b\0Hit is spam\0Tx@b.example\0\0'
refuses 'a message that is to be held is refused' 'D5.3.3 the message is to be held, and QMQP cannot ask a server for that'
is 'none of these went over' "$(ls "$T/a" | wc -l | tr -d ' ')" 4
envelope 'Fa@b\0Tj\303\266rg@b.example\0\0'
is 'bytes without that go over as they are' "$(code)" 0
is 'all' "$(went a 5 | tail -n 1)" "$(printf 'j\303\266rg@b.example')"
{ printf 'Fjoe@a.example\0'; seq -f 'Tr%g@b.example' 20000 | tr '\n' '\0'; printf '\0'; } >"$T/e"
is '20000 recipients' "$(code)" 0
is 'all of them' "$(went a 6 | grep -c '^r[0-9]*@b.example$')" 20000

# trouble of our own
envelope 'Fa\0Tb@c\0\0'
is 'without descriptor 0' "$(pneu-qmqpc <&- 1<"$T/e" 2>/dev/null; echo $?)" 54
is 'without descriptor 1' "$(pneu-qmqpc <"$T/m" 2>/dev/null >&-; echo $?)" 54
is 'without descriptor 2' "$(code sh -c 'exec pneu-qmqpc 2>&-')" 0
head -c 200000 /dev/zero >"$T/m"
is 'no place for a large message from a pipe' "$(code env TMPDIR="$T/nowhere")" 53
finish
