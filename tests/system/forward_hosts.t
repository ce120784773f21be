# forward_hosts: forwarding between hosts: loops end, bounces find home, bodies stay as they are, and a crash loses nothing
. tests/lib.sh
. tests/system/house.sh
sink
build one one.test joe ann
build two two.test bob orig
for h in one two; do
	printf 'one.test:127.0.0.1:%s\ntwo.test:127.0.0.1:%s\nsink.test:127.0.0.1:%s\n' \
	    "$(sed 's/.*://' "$T/one/etc/listen")" "$(sed 's/.*://' "$T/two/etc/listen")" "$S" >"$T/$h/etc/smtproutes"
done
enter one
aliases <<A
there: back@two.test
mixed: bob@two.test
shout: echo@two.test
away:  far@sink.test
stay:  refuse1@sink.test
chain: second@two.test
third: far@sink.test
A
printf '%s\n' 'a secret of one, long enough for everybody' >"$D/etc/srssecret"
start
enter two
aliases <<A
back:   there@one.test
echo:   SHOUT@ONE.test
second: third@one.test
A
start

# ---- loops
messages() { grep -ch '^new msg' "$T/one/log/send" "$T/two/log/send" | awk '{ n += $1 } END { print n }'; }
quiet() {
	for h in one two; do
		[ -z "$(find "$T/$h/queue/msg" -type f)" ] || return 1
	done
}
bounced() { cat "$T"/sink/* 2>/dev/null | tr -d '\r' | grep -q -e "$1"; }
# loops WHAT ADDRESS: goes round once, and ends with a bounce
loops() {
	enter one
	rm -f "$T"/sink/*
	was=$(messages)
	send b@sink.test "$2"
	t "$1: the sender hears of it" wait_until 30 bounced '^Status: 5.4.6'
	t 'and nothing goes on' wait_until 20 quiet
	is 'at once' "$(($(messages) - was))" "$3"
}
# the messages there are: one out, one there, one back, the bounce; what a .forward sends on is one of its own, and addresses
# are compared as they are written, so another case goes half a round more
loops 'a loop by aliases' there@one.test 4
printf 'bob@two.test\n' >"$T/one/home/joe/.forward"
printf 'joe@one.test\n' >"$T/two/home/bob/.forward"
loops 'one where the case of letters differs' shout@one.test 5
loops 'a loop by .forward files' joe@one.test 6
printf 'mixed@one.test\n' >"$T/two/home/bob/.forward"
loops 'a loop by both' mixed@one.test 5
printf 'ann\n' >"$T/one/home/joe/.forward"
printf 'joe@one.test\n' >"$T/one/home/ann/.forward"
loops 'a loop of two users' joe@one.test 4
rm "$T/one/home/joe/.forward" "$T/one/home/ann/.forward" "$T/two/home/bob/.forward"

# ---- senders that are rewritten
echo always >"$T/one/etc/srs"
enter one
stop; start
: >"$T/sink.log"
smtp orig@two.test away@one.test >"$T/replies"
t 'mail that an alias sends away' wait_until 20 took 1
srs=$(sed -n 's/^F //p' "$T/sink.log")
t 'leaves with a sender of ours' expr "$srs" : 'SRS0=[^=]*=[^=]*=two\.test=orig@one\.test$'
smtp '' "$srs" >"$T/replies"
is 'a bounce to that is taken' "$(cut -c1-3 "$T/replies")" 250
enter two
t 'and finds the author' wait_until 20 arrived orig 1
is 'as a bounce' "$(mail orig | sed 1q)" 'Return-Path: <>'
forget
enter one
smtp '' "$(printf '%s' "$srs" | sed 's/two\.test/sink.test/')" >"$T/replies"
is 'one to a sender that we did not make is refused' "$(sed 's/\(550 5\..\).*/\1/; 1q' "$T/replies")" '550 5.1'
printf '\\ann, far@sink.test\n' >"$T/one/home/ann/.forward"
: >"$T/sink.log"
smtp orig@two.test ann@one.test >"$T/replies"
t 'mail that a user forwards' wait_until 20 took 1
t 'does too' grep -qx 'F SRS0=.*=two\.test=orig@one\.test' "$T/sink.log"
t 'what stays is there' wait_until 20 arrived ann 1
is 'it has the author'"'s" "$(mail ann | sed 1q)" 'Return-Path: <orig@two.test>'
: >"$T/sink.log"
smtp ann@one.test away@one.test >"$T/replies"
t 'senders of our own' wait_until 20 took 1
is 'stay' "$(sed -n 's/^F //p' "$T/sink.log")" ann@one.test
forget
smtp orig@two.test stay@one.test >"$T/replies"
enter two
t 'what the other host refuses' wait_until 20 arrived orig 1
t 'is a bounce to the author' grep -q 'refuse1@sink.test' "$T"/two/home/orig/Maildir/new/*
forget
enter one
rm -f "$T/one/etc/srs" "$T/one/home/ann/.forward"
stop; start

# ---- not a byte of it
perl -e '
	print "Subject: \xe4\xf6\xfc =?utf-8?Q?x?=\nDKIM-Signature: v=1; a=x;\n\tb=a b  c\nX-Odd:   \t spaces  \n";
	print "Return-Path: <not\@ours.test>\nFrom: <x\@y.test>\nTo: somebody\n\n";
	print "8 bit: ", (map chr, 128 .. 255), "\n", ".\n..\n.dot\n", "From here\n>From there\n", " trailing \t \n";
	print "x" x 5000, "\n", "\n" x 3, "tab\tend", "\n\n\n"' >"$T/odd"
body() { perl -0777 -pe 's/\r\n/\n/g; s/^.*?(Subject: \xe4)/$1/s' "$1" | cksum; }
want=$(body "$T/odd")
printf 'bob@two.test\n' >"$T/one/home/joe/.forward"
printf 'bob, "|cat >%s/piped.new && mv %s/piped.new %s/piped", far@sink.test\n' "$T" "$T" "$T" >"$T/two/home/bob/.forward"
rm -f "$T"/sink/*
: >"$T/sink.log"
M=$T/odd
smtp -8 orig@two.test joe@one.test >"$T/replies"
t 'a message full of oddities is forwarded twice' wait_until 20 took 1
wait_until 20 test -s "$T/piped"
enter two
wait_until 20 arrived bob 1
is 'to another host: every byte from its first line on is the same' "$(body "$T"/sink/*)" "$want"
grep -av '^Return-Path: <not@ours' "$T/odd" >"$T/odd2"
is 'to a mailbox: all but the Return-Path of others' "$(body "$T"/two/home/bob/Maildir/new/*)" "$(body "$T/odd2")"
is 'to a program too' "$(body "$T/piped")" "$(body "$T/odd2")"
forget
enter one
rm -f "$T"/sink/*
: >"$T/sink.log"
smtp -8 orig@two.test chain@one.test >"$T/replies"
M=
t 'aliases of three hosts lead it on' wait_until 20 took 1
is 'and change nothing' "$(body "$T"/sink/*)" "$want"

# ---- killed at any time
printf 'ann@one.test\nfar@sink.test\n' >"$T/one/home/joe/.forward"
enter one
: >"$T/sink.log"
rm -f "$T"/sink/*
leader=$(cat "$D/pid")
victims() { ps -A -o sid=,pid=,comm= | awk -v s="$leader" -v c="$1" '$1 == s && $3 == c { print $2 }'; }
up() { pneu-qctl status >/dev/null 2>&1 && [ -n "$(victims pneu-lspawn)" ]; }
n=0 killed=0
for victim in pneu-local pneu-send pneu-queue pneu-lspawn pneu-rspawn pneu-remote pneu-start pneu-send pneu-local; do
	for i in 1 2 3 4 5 6 7 8 9 10; do
		n=$((n + 1))
		printf 'Subject: number %d\n\nbody\n' "$n" >"$T/numbered"
		printf 'Fb@sink.test\0Tjoe@one.test\0\0' >"$T/envelope"
		pneu-queue <"$T/numbered" 1<"$T/envelope" || echo "# $n was not taken"
	done
	for v in $(victims "$victim"); do kill -KILL "$v" 2>/dev/null && killed=$((killed + 1)); done
	wait_until 30 up || echo "# after $victim died nothing runs"
done
echo "# $killed killed"
all() {
	pneu-qctl flush >/dev/null
	quiet
}
t 'while forwards are made again programs are killed' test "$killed" -ge 6
t 'in the end nothing waits' wait_until 90 all
is 'and nothing is lost: here' "$(mail ann | grep '^Subject: number' | sort -u | wc -l | tr -d ' ')" "$n"
is 'nor elsewhere' "$(cat "$T"/sink/* | tr -d '\r' | grep '^Subject: number' | sort -u | wc -l | tr -d ' ')" "$n"
is 'nor bounced' "$(cat "$T"/sink/* | tr -d '\r' | grep -c '^Status: [45]')" 0
for h in one two; do
	enter $h
	stop
done
finish
