# pneu-qread and pneu-qstat alone: no runner, queue files made by hand
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
Q=$T/queue
PNEU_QUEUE=$Q
export PNEU_QUEUE
mkdir -p "$Q/msg" "$Q/hold" "$Q/bad"
fabricate() { python3 tests/program/queuefiles.py "$@" "$Q"; }
file() { ls "$Q"/*/*/"$1"; }
# out of what it says on descriptor 2, then its exit code
complaint() { pneu-qread "$@" 2>&1 >/dev/null; echo "$?"; }
now=$(date +%s)

# ---- empty
is 'an empty queue is an empty list' "$(pneu-qread; echo $?)" 0
is 'and counts as nothing' "$(pneu-qstat)" 'messages in queue: 0
held: 0
damaged, in bad/: 0
runner: not running'

# ---- one message
ID=$(fabricate --arrival 1700000000 --size 1234 --sender joe@sender.test --rcpt 'a b@one.test' --rcpt two@two.test \
	--rcpt three@three.test --rcpt four@four.test --rcpt five@five.test --records \
	'z0 1700000001 4.2.2 mailbox full\nk1 1700000001 @mx.two.test/192.0.2.7/TLSv1.3 accepted\nd2 1700000002 5.1.1 no such user\nd3 1700000002 5.1.1 nor here\nb3 1700000003 1k0v7sgqjc51\nz0 1700000100 4.4.1 nobody%0Aanswered\nw0 1700000101 delayed 1k0v7sgqjc52\nz0 17')
touch -d @4102444800 "$(file "$ID")"
is 'a message with all that is known of it' "$(pneu-qread | sed 's/  [0-9]*d[0-9]*h old/  AGE old/')" \
"$ID  1234 bytes  AGE old  <joe@sender.test>
	arrived Tue, 14 Nov 2023 22:13:20 +0000, next attempt Fri, 01 Jan 2100 00:00:00 +0000
	waiting  a b@one.test  2 attempts deferred  4.4.1 nobody/answered
	delivered  two@two.test
	failed  three@three.test  5.1.1 no such user
	bounced  four@four.test  5.1.1 nor here
	waiting  five@five.test"
is 'asked for by its ID it begins the same' "$(pneu-qread "$ID" | sed 7q)" "$(pneu-qread)"
is 'and goes on with all that was tried' "$(pneu-qread "$ID" | sed 1,7d)" \
'		Tue, 14 Nov 2023 22:13:21 +0000  deferred  a b@one.test  4.2.2 mailbox full
		Tue, 14 Nov 2023 22:13:21 +0000  delivered  two@two.test  via mx.two.test/192.0.2.7/TLSv1.3  accepted
		Tue, 14 Nov 2023 22:13:22 +0000  failed  three@three.test  5.1.1 no such user
		Tue, 14 Nov 2023 22:13:22 +0000  failed  four@four.test  5.1.1 nor here
		Tue, 14 Nov 2023 22:13:23 +0000  bounced  four@four.test  1k0v7sgqjc51
		Tue, 14 Nov 2023 22:15:00 +0000  deferred  a b@one.test  4.4.1 nobody/answered
		Tue, 14 Nov 2023 22:15:01 +0000  told  a b@one.test  delayed 1k0v7sgqjc52'
is 'a list has that with -v' "$(pneu-qread -v)" "$(pneu-qread "$ID")"
is 'in a line there is no room for it' "$(complaint -1v | tail -n 1)" 100
is 'an expansion is told too' "$(x=$(fabricate --records 'x0 1700000001 2 /etc/aliases:12\n+a bob@x.test\n+p /bin/true\n'); pneu-qread "$x" | sed -n '3,$p'; rm "$(file "$x")")" \
'	expanded  ann@rcpt.test
	waiting  bob@x.test  for ann@rcpt.test
	waiting  |/bin/true  for ann@rcpt.test
		Tue, 14 Nov 2023 22:13:21 +0000  expanded  ann@rcpt.test  into 2 by /etc/aliases:12'
is 'and what operators did' "$(x=$(fabricate --records 'o1700000001 0 route mx relay.test\no1700000002 1000 hold \n'); pneu-qread "$x" | sed -n '3,$p'; rm "$(file "$x")")" \
'	by route mx relay.test
	waiting  ann@rcpt.test
		Tue, 14 Nov 2023 22:13:21 +0000  operator  uid 0  route mx relay.test
		Tue, 14 Nov 2023 22:13:22 +0000  operator  uid 1000  hold '
line="$ID msg 1700000000 4102444800 1234 2 1 1 1 2 <joe@sender.test> w:a%20b@one.test k:two@two.test d:three@three.test b:four@four.test w:five@five.test"
is 'in one line' "$(pneu-qread -1)" "$line"
is 'also by its ID' "$(pneu-qread -1 "$ID")" "$line"
pneu-qread -m "$ID" >"$T/message"
is 'the message is there to the byte' "$(wc -c <"$T/message" | tr -d ' ')" 1234
is 'and nothing but the message' "$(tail -c +84 "$(file "$ID")" | head -c 1234 | cksum)" "$(cksum <"$T/message")"
is 'its header is' "$(pneu-qread -h "$ID")" 'Received: (made by hand)
Subject: test'
touch -d "@$((now - 5))" "$(file "$ID")"
is 'what could be tried is due' "$(pneu-qread | grep -c ', due now$')" 1
mkdir -p "$Q/hold/$(basename "$(dirname "$(file "$ID")")")"
mv "$(file "$ID")" "$Q/hold/$(basename "$(dirname "$(file "$ID")")")"
is 'held, it says so' "$(pneu-qread | sed -n 2p)" '	arrived Tue, 14 Nov 2023 22:13:20 +0000, held'
is 'in a line too' "$(pneu-qread -1 | cut -d' ' -f1-3)" "$ID hold 1700000000"
is 'and is found by its ID' "$(pneu-qread -1 "$ID" | cut -d' ' -f2)" hold
is 'and is counted' "$(pneu-qstat | head -n 2)" 'messages in queue: 1
held: 1'
rm "$(file "$ID")"

# ---- strangers' words
ID=$(fabricate --arrival "$now" --sender "$(printf 'a\033[2Jb%%@x.test')" --rcpt "$(printf 'tab\there@y.test')" \
	--records 'z0 1700000001 4.0.0 %1B]0;title%07 said%0Aline 2%7F\n')
is 'control bytes do not reach the terminal' "$(pneu-qread | tr -d '\n\t' | tr -d ' -~' | wc -c | tr -d ' ')" 0
is 'they are masked' "$(pneu-qread | sed -n '1s/.*<//p; 3p')" 'a?[2Jb%@x.test>
	waiting  tab?here@y.test  1 attempt deferred  4.0.0 ?]0;title? said/line 2?'
is 'in a line nothing is lost' "$(pneu-qread -1 | cut -d' ' -f11-)" '<a%1B[2Jb%25@x.test> w:tab%09here@y.test'
rm "$(file "$ID")"
ID=$(fabricate --sender '' --rcpt x@y.test)
is 'the null sender' "$(pneu-qread | sed -n 1p | sed 's/.*old  //')" '<>'
rm "$(file "$ID")"

# ---- order
a=$(fabricate --arrival 1700000100) b=$(fabricate --arrival 1700000050 --place hold) c=$(fabricate --arrival 1699990000)
d=$(fabricate --arrival 1700000000 --count 5 --step 30000000)
ids() { pneu-qread -1 "$@" | cut -d' ' -f1; }
is 'by arrival, held ones among them' "$(ids)" "$(printf '%s\n' "$a" "$b" "$c" $d | sort)"
is 'or as the directories are' "$(ids -u | sort)" "$(ids)"
is 'by ID in the order asked for' "$(ids "$a" "$c" "$b")" "$a
$c
$b"

# ---- trouble
is 'an ID that is not there' "$(complaint 1k0v7sgqjc51)" 'pneu-qread: warning: 1k0v7sgqjc51: no such message; pneu-trace tells what became of it
100'
mkdir -p "$Q/trash"
gone=$(fabricate --place trash)
is 'one in the trash' "$(complaint "$gone")" "pneu-qread: warning: $gone: deleted; pneu-qctl undo brings it back
100"
is 'what is no ID' "$(complaint -m ../x)" 'pneu-qread: fatal: ../x: not an ID
100'
is 'the others are shown all the same' "$(ids 1k0v7sgqjc51 "$a" 2>/dev/null)" "$a"
echo nonsense >>"$(file "$a")"
truncate -s 100 "$(file "$c")"
is 'damaged files are named' "$(complaint)" "pneu-qread: warning: $c: incomplete, never acknowledged
pneu-qread: warning: $a: damaged
111"
is 'and the others listed' "$(ids 2>/dev/null)" "$(printf '%s\n' "$b" $d | sort)"
is 'a message cut short is not shown as whole' "$(complaint -m "$c")" "pneu-qread: warning: $c: cut off
111"
cp "$(file "$b")" "$Q/msg/"
: >"$Q/msg/README"
: >"$(dirname "$(file "$a")")/notes"
is 'what is no message there is left alone' "$(ids 2>/dev/null)" "$(printf '%s\n' "$b" $d | sort)"
ln -s "$(file "$b")" "$(dirname "$(file "$a")")/$(printf '%s' "$a" | sed 's/[0-8a-z]$/9/; t; s/9$/8/')"
t 'a symbolic link is not followed' test "$(ids 2>/dev/null | wc -l)" -eq 6
mkdir "$Q/bad/one"
is 'what is in bad/ is counted' "$(pneu-qstat | sed -n 3p)" 'damaged, in bad/: 1'
is 'wrong usage' "$(complaint -x 2>&1 | tail -n 1)" 100
is '-m wants one ID' "$(complaint -m | sed 's/usage:.*/usage/')" 'pneu-qread: fatal: usage
100'
is 'no queue' "$(PNEU_QUEUE=$T/nowhere; complaint)" 'pneu-qread: fatal: unable to enter the queue: No such file or directory
111'
is 'qstat says so too' "$(PNEU_QUEUE=$T/nowhere pneu-qstat 2>&1; echo $?)" 'pneu-qstat: fatal: unable to enter the queue: No such file or directory
111'
mkdir "$T/other"
is 'a directory that is no queue' "$(PNEU_QUEUE=$T/other; complaint)" 'pneu-qread: fatal: unable to list the queue: No such file or directory
111'
is 'qstat takes no other argument' "$(pneu-qstat x 2>&1 | sed 's/selector;.*/selector/'; pneu-qstat -x 2>/dev/null; echo $?)" 'pneu-qstat: fatal: x: not a selector
100'
is 'nor qctl nonsense' "$(pneu-qctl explode 2>/dev/null; echo $?)" 100
is 'nor an ID where there is none' "$(pneu-qctl hold 2>/dev/null; echo $?; pneu-qctl flush x 2>/dev/null; echo $?)" '100
100'
if [ -c /dev/full ]; then
	is 'a full disk is an error' "$(pneu-qread "$b" 2>&1 >/dev/full; echo $?)" 'pneu-qread: fatal: unable to write: No space left on device
111'
fi

# ---- while the queue moves
rm -rf "$Q/msg" "$Q/hold"
mkdir "$Q/msg" "$Q/hold"
fabricate --count 3000 --step 100000 --size 300 --quiet
kept=$(fabricate --arrival 1600000000)
python3 - "$Q/msg" "$kept" <<'END' &
import os, sys
for top, _, names in os.walk(sys.argv[1]):
    for n in names:
        if n != sys.argv[2]:
            os.unlink(os.path.join(top, n))
END
remover=$!
bad=0
while kill -0 "$remover" 2>/dev/null; do
	pneu-qread -1 >"$T/list" 2>"$T/said" || bad=1
	grep -q "^$kept " "$T/list" && ! [ -s "$T/said" ] || bad=1
done
wait "$remover"
is 'messages that go meanwhile are no trouble' "$bad" 0
is 'and what stays is listed' "$(ids)" "$kept"

# ---- large: the records do not come with the first read
ID=$(fabricate --size 100000 --count 1)
rcpts=$(n=0; while [ $n -lt 1500 ]; do echo "--rcpt r$n@many.test"; n=$((n + 1)); done)
many=$(fabricate $rcpts --size 20000)
is 'a large message is read as well' "$(pneu-qread -1 "$ID" | cut -d' ' -f5-)" '100000 1 0 0 0 0 <joe@sender.test> w:ann@rcpt.test'
is 'and one to many' "$(pneu-qread "$many" | grep -c '	waiting  r[0-9]*@many.test$')" 1500
(cd "$T" && PNEU_QUEUE=queue pneu-qread -1 "$ID" && PNEU_QUEUE=queue pneu-qstat) >"$T/relative" 2>&1
is 'PNEU_QUEUE may be relative' "$(sed -n '1s/ .*//p; 2p' "$T/relative")" "$ID
messages in queue: 3"
finish
