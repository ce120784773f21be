# pneu-remote and CHUNKING (RFC 3030): a small message in one breath with its envelope, a large one in pieces
. tests/lib.sh
. tests/program/remote_lib.sh
start_tcp
printf 'Subject: hi\n\nhello\n.dot\n' >"$T/m"
printf 'Subject: hi\n\nhello\n' >"$T/plain"
J="job $T/m a@x.example"

### small
server --pipelining --chunking --size 1000
is 'a message and its envelope' "$(jobs "$J b@y.example c@y.example" | verdicts)" '1.0 K 2.0.0 m,1.1 K 2.0.0 m,'
is 'go together' "$(commands)" 'EHLO client.example
MAIL FROM:<a@x.example> SIZE=28
RCPT TO:<b@y.example>
RCPT TO:<c@y.example>
BDAT 28 LAST
data 28
QUIT'
t 'the text arrives as it was' cmp "$T/m" "$S/text.1"
printf 'Subject: hi\r\n\r\nhello\r\n.dot\r\n' >"$T/want"
t 'without a dot too many' cmp "$T/want" "$S/wire.1"

server --chunking
jobs "$J b@y.example" >/dev/null
is 'without PIPELINING it follows the last answer' "$(commands)" 'EHLO client.example
MAIL FROM:<a@x.example>
RCPT TO:<b@y.example>
BDAT 28 LAST
data 28
QUIT'

printf 'a\r\nb\r.\r\n\r.\n.\n..\n\r\r\n.\r.\n\0.\n.\0\nend\r' >"$T/evil"
printf 'a\nb\n.\n\n.\n.\n..\n\n\n.\n.\n\0.\n.\0\nend\n' >"$T/want"
: >"$T/empty"
for kind in --pipelining --8bit; do
	server $kind --chunking
	is "stray CR, LF, dot and NUL; nothing at all ($kind)" "$(jobs "job $T/evil a@x.example b@y.example" "job $T/empty a@x.example b@y.example" \
		"$J b@y.example" "job $T/plain a@x.example b@y.example" | verdicts)" '1.0 K 2.0.0 m,2.0 K 2.0.0 m,3.0 K 2.0.0 m,4.0 K 2.0.0 m,'
	t 'no CR or LF alone, and what they stand for' cmp "$T/want" "$S/text.1"
	t 'an empty message is one' test -e "$S/text.2" -a ! -s "$S/text.2"
	t 'the next ones are whole' cmp "$T/m" "$S/text.3"
	t 'both' cmp "$T/plain" "$S/text.4"
	is 'in one connection' "$(connections)" 1
done
server --pipelining --chunking
jobs "params 'VIA=list@x.example'" "$J b@y.example" >/dev/null
is "an alias's mark goes before the text" "$(head -n 2 "$S/text.1")" 'Delivered-To: list@x.example
Subject: hi'

### refusals
for kind in --pipelining --8bit; do
	server $kind --chunking rcpt:bad='550 5.1.1 no'
	is "nobody accepted ($kind)" "$(jobs "$J bad@y.example" "$J ok@y.example" | verdicts)" '1.0 D 5.1.1 m,2.0 K 2.0.0 m,'
	t 'the next one is' cmp "$T/m" "$S/text.1"
	is 'after an RSET, in the same connection' "$(count RSET) $(connections)" '1 1'
	server $kind --chunking rcpt:bad='550 5.1.1 no' rcpt:soft='450 4.2.1 later'
	is 'each recipient has its own result' "$(jobs "$J bad@y.example ok@y.example soft@y.example" | verdicts)" \
		'1.0 D 5.1.1 m,1.1 K 2.0.0 m,1.2 Z 4.2.1 m,'
	server $kind --chunking mail='550 5.1.8 not you'
	is 'the sender refused' "$(jobs "$J b@y.example c@y.example" "$J b@y.example" | verdicts)" '1.0 D 5.1.8 m,1.1 D 5.1.8 m,2.0 D 5.1.8 m,'
	server $kind --chunking last='554 5.6.0 bad content'
	is 'the text refused' "$(jobs "$J b@y.example c@y.example" "$J b@y.example" | verdicts)" '1.0 D 5.6.0 m,1.1 D 5.6.0 m,2.0 D 5.6.0 m,'
	server $kind --chunking last='451 4.7.1 grey'
	is 'the text deferred' "$(jobs "$J b@y.example" | verdicts)" '1.0 Z 4.7.1 m,'
	server $kind --chunking last='421 4.3.2 bye!close'
	is 'good-bye instead of an answer' "$(jobs "$J b@y.example" "$J c@y.example" | verdicts)" '1.0 Z 4.3.2 m,2.0 Z 4.3.2 m,'
	server $kind --chunking last='!close'
	is 'a connection lost after the end' "$(jobs "$J b@y.example" | verdicts)" '1.0 Z 4.4.2 m,'
	t 'may mean two of it' grep -q 'it may arrive twice' "$T/last"
	is 'and is no reason to send it at once again' "$(count BDAT)" 1
	server $kind --chunking 1/mail#2='421 4.7.0 enough!close'
	is 'a server that has enough is called again' "$(jobs "$J b@y.example" "$J c@y.example" "$J d@y.example" | verdicts)" \
		'1.0 K 2.0.0 m,2.0 K 2.0.0 m,3.0 K 2.0.0 m,'
	server $kind --chunking 1/idle='250 2.0.0 and once more' '1/last#2=554 5.6.0 bad content'
	rm -f "$T/go"
	(wait_until 10 grep -q idle "$S/log" && : >"$T/go") &
	is 'an answer to nothing' "$(jobs "$J b@y.example" report "wait $T/go" "$J c@y.example" | verdicts)" '1.0 K 2.0.0 m,2.0 K 2.0.0 m,'
	is 'is not taken for that to the next text' "$(connections) $(grep -c '^2 BDAT.*LAST' "$S/log")" '2 1'
	server $kind --chunking 1/idle='!close'
	is 'so is one that is gone' "$(jobs "$J b@y.example" reports "$J c@y.example" "$J d@y.example" | verdicts)" \
		'1.0 K 2.0.0 m,2.0 K 2.0.0 m,3.0 K 2.0.0 m,'
	is 'and each message went once' "$(count data)" 3
done

### servers that offer what they do not know
for kind in --pipelining --8bit; do
	server $kind --chunking last='500 5.5.1 what?!unread'
	is "BDAT unknown: DATA ($kind)" "$(jobs "$J b@y.example c@y.example" reports "$J d@y.example" | verdicts)" '1.0 K 2.0.0 m,1.1 K 2.0.0 m,2.0 K 2.0.0 m,'
	is 'on a new connection' "$(sed -n 's/^2 //p' "$S/log" | grep -v connect | head -n 6 | tail -n 2)" 'DATA
data 32'
	is 'and no second attempt' "$(count BDAT) $(connections)" '1 2'
	t 'the text' cmp "$T/m" "$S/text.1"
	server $kind --chunking last='503 5.5.1 not now' dot='550 5.7.1 no'
	is 'one that refuses it that way, too' "$(jobs "$J b@y.example" | verdicts)" '1.0 D 5.7.1 m,'
done
echo 0 >"$PNEU_ETC/chunking"
server --pipelining --chunking
is 'control/chunking 0' "$(jobs "$J b@y.example" | verdicts) $(count BDAT) $(count DATA)" '1.0 K 2.0.0 m, 0 1'
rm "$PNEU_ETC/chunking"

### large
python3 -c 'import random, sys
random.seed(1)
out = sys.stdout.buffer
for i in range(60000): out.write(random.choice([b".", b"", b"\x80\xff "]) + b"x" * random.randrange(100) + b"\n")' >"$T/big"
head -c 30000 "$T/big" >"$T/middle"
echo >>"$T/middle"
for kind in --pipelining --8bit; do
	server $kind --chunking
	is "megabytes, then more, then less ($kind)" "$(jobs "job $T/big a@x.example b@y.example" "job $T/middle a@x.example b@y.example" \
		"job $T/big a@x.example b@y.example c@y.example" "$J b@y.example" | verdicts)" \
		'1.0 K 2.0.0 m,2.0 K 2.0.0 m,3.0 K 2.0.0 m,3.1 K 2.0.0 m,4.0 K 2.0.0 m,'
	t 'arrive' cmp "$T/big" "$S/text.1"
	t 'whole' cmp "$T/middle" "$S/text.2"
	t 'all' cmp "$T/big" "$S/text.3"
	t 'four' cmp "$T/m" "$S/text.4"
	is 'in pieces, the last of each with LAST' "$(test "$(count 'BDAT [0-9]*$')" -gt 40 && count 'BDAT [0-9]* LAST$')" 4
	server $kind --chunking bdat#3='552 5.3.4 too much'
	is 'a refusal in the middle' "$(jobs "job $T/big a@x.example b@y.example" "$J b@y.example" | verdicts)" '1.0 D 5.3.4 m,2.0 K 2.0.0 m,'
	t 'ends it' test "$(count 'BDAT [0-9]*$')" -lt 20
	is 'unfinished' "$(sed -n 's/^1 //p' "$S/log" | grep -c LAST)" 0
	server $kind --chunking last#1='554 5.6.0 bad content'
	is 'a refusal of the last' "$(jobs "job $T/big a@x.example b@y.example" "$J b@y.example" | verdicts)" '1.0 D 5.6.0 m,2.0 K 2.0.0 m,'
	is 'leaves its transaction to a RSET' "$(commands | grep -A 2 LAST | sed -n 3p)" RSET
	server $kind --chunking bdat#2='421 4.3.2 bye!close'
	is 'good-bye in the middle' "$(jobs "job $T/big a@x.example b@y.example" | verdicts)" '1.0 Z 4.3.2 m,'
	server $kind --chunking bdat#2='!reset'
	is 'the connection lost' "$(jobs "job $T/big a@x.example b@y.example" | verdicts)" '1.0 Z 4.4.2 m,'
	server $kind --chunking bdat='502 5.5.1 what?'
	is 'BDAT unknown' "$(jobs "job $T/big a@x.example b@y.example" | verdicts)" '1.0 K 2.0.0 m,'
	t 'the text all the same' cmp "$T/big" "$S/text.1"
done
server --chunking --pipelining
is 'a file shorter than the job says' "$(jobs "slice $T/big 0 99000000 a@x.example b@y.example" "$J b@y.example" | verdicts)" \
	'1.0 Z 4.3.0 m,2.0 K 2.0.0 m,'
is 'has no end' "$(sed -n 's/^1 //p' "$S/log" | grep -c LAST)" 0

### pneu-send goes away, and has done so before the server is ready
server --pipelining --chunking greeting='220 x!drip'
printf '%s\n' "$J b@y.example" close end | python3 -S -E tests/program/spawner.py --worker pneu-remote "$route" >"$T/out" 2>"$T/err"
is 'a message nobody will hear of is not sent' "$(count BDAT)" 0
finish
