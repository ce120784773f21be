# remote.t - pneu-remote against servers that do as a test wants
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'needs python3'
export PNEU_ETC="$T/etc" PNEU_QUEUE="$T"
mkdir "$PNEU_ETC"
echo client.example >"$PNEU_ETC/me"
pid=
cleanup() { [ "$pid" ] && kill "$pid" 2>/dev/null; }
python3 tests/program/smtpserver.py --follow "$T/play" "$T" &
pid=$!
wait_until 10 test -s "$T/port" || echo 'Bail out! the server does not start'
route="host 127.0.0.1 $(cat "$T/port")"

# server OPTIONS...: what the server does from now on; $S is the directory it writes to
n=0
server() {
	n=$((n + 1))
	S=$T/s$n
	mkdir "$S"
	: >"$S/log"
	printf '%s\n' "$S" "$@" >"$T/play"
}
# jobs LINES...: give them to a worker; its reports are printed
jobs() {
	printf '%s\n' "$@" | python3 -S -E tests/program/spawner.py --worker pneu-remote "$route" 2>"$T/err" | tee "$T/last"
}
# commands: what the server was told, without connections and their ends
commands() { sed -n 's/^[0-9]* //; /^connect$/d; /^eof$/d; /^reset$/d; p' "$S/log"; }
# verdicts: of each report its job, index, verdict, status, scope
verdicts() { sed -n 's/^report \([0-9]*\) \([0-9]*\) \(.\) \([0-9.]*\) \(.\) .*/\1.\2 \3 \4 \5/p' | tr '\n' ',' ; }

printf 'Subject: hi\n\nhello\n.dot\n' >"$T/m"
J="job $T/m a@x.example"

### the good cases
server --pipelining --8bit --size 100000
jobs "$J b@y.example c@y.example" reports end >"$T/out"
is 'two recipients, pipelined' "$(cat "$T/out")" 'report 1 0 K 2.0.0 m 127.0.0.1 accepted message.\x0aRemote host said: 250 2.0.0 taken\x0a
report 1 1 K 2.0.0 m 127.0.0.1 accepted message.\x0aRemote host said: 250 2.0.0 taken\x0a
exit 0'
is 'the dialogue' "$(commands)" 'EHLO client.example
MAIL FROM:<a@x.example> SIZE=28
RCPT TO:<b@y.example>
RCPT TO:<c@y.example>
DATA
data 32
QUIT'
t 'the text arrives as it was' cmp "$T/m" "$S/text.1"

server
is 'without pipelining' "$(jobs "$J b@y.example c@y.example" reports end | verdicts)" '1.0 K 2.0.0 m,1.1 K 2.0.0 m,'
is 'nothing is used that was not offered' "$(commands)" 'EHLO client.example
MAIL FROM:<a@x.example>
RCPT TO:<b@y.example>
RCPT TO:<c@y.example>
DATA
data 32
QUIT'

server ehlo='502 what?'
is 'a server that knows only HELO' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 K 2.0.0 m,'
is 'is greeted with it' "$(commands | head -n 2)" 'EHLO client.example
HELO client.example'

echo other.example >"$PNEU_ETC/helohost"
server
jobs "$J b@y.example" reports end >/dev/null
is 'control/helohost goes before control/me' "$(commands | head -n 1)" 'EHLO other.example'
rm "$PNEU_ETC/helohost"

for kind in --pipelining --8bit; do
	server $kind
	is "many jobs take one connection ($kind)" "$(jobs "$J b@y.example" "$J b@y.example c@y.example" "$J b@y.example" reports \
		"$J d@y.example" reports end | verdicts)" '1.0 K 2.0.0 m,2.0 K 2.0.0 m,2.1 K 2.0.0 m,3.0 K 2.0.0 m,4.0 K 2.0.0 m,'
	is 'and it ends well' "$(grep -c connect "$S/log") $(commands | grep -c '^MAIL') $(commands | tail -n 1)" '1 4 QUIT'
done

server --pipelining
jobs "job $T/m \"\" 'joe the \"first\"@y.example' a..b@y.example" "slice $T/m 13 6 a@x.example c@y.example" reports end >"$T/out"
is 'null sender, quoting, part of a file' "$(commands | sed -n '2,4p')" 'MAIL FROM:<>
RCPT TO:<"joe the \"first\""@y.example>
RCPT TO:<"a..b"@y.example>'
is 'the slice' "$(cat "$S/text.2")" 'hello'

server --pipelining
set -- $(seq -f 'r%g@y.example' 100)
is 'a hundred recipients' "$(jobs "$J $*" reports end | grep -c ' K 2.0.0 m ')" 100
is 'in one transaction' "$(commands | grep -c '^RCPT') $(commands | grep -c '^MAIL')" '100 1'

### refusals
for kind in --pipelining --8bit; do
	server $kind mail='550 5.1.8 not you'
	is "refused sender ($kind)" "$(jobs "$J b@y.example c@y.example" "$J b@y.example" reports end | verdicts)" \
		'1.0 D 5.1.8 m,1.1 D 5.1.8 m,2.0 D 5.1.8 m,'
	server $kind mail='451 not now'
	is 'deferred sender' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.1.0 m,'
	server $kind mail='350 hm'
	is 'an answer that makes no sense is a deferral' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.1.0 m,'
	server $kind rcpt:bad='550-5.1.1 no\n550 5.1.1 such user' rcpt:soft='450 4.2.1 later' rcpt:odd='550 4.0.0 never'
	jobs "$J bad@y.example good@y.example soft@y.example odd@y.example" reports end >"$T/out"
	is 'each recipient has its own result' "$(sort "$T/out" | verdicts)" '1.0 D 5.1.1 m,1.1 K 2.0.0 m,1.2 Z 4.2.1 m,1.3 D 5.1.0 m,'
	is 'with what was said to it' "$(sed -n 's/^report 1 0 //p' "$T/out")" \
		'D 5.1.1 m 127.0.0.1 refused this recipient.\x0aRemote host said: 550-5.1.1 no\x0a550 5.1.1 such user\x0a'
	server $kind rcpt:bad='550 no'
	is 'nobody accepted, then another message' "$(jobs "$J bad@y.example" "$J ok@y.example" reports end | verdicts)" \
		'1.0 D 5.1.0 m,2.0 K 2.0.0 m,'
	t 'which arrives' cmp "$T/m" "$S/text.$([ $kind = --pipelining ] && echo 2 || echo 1)"
	server $kind data='451 4.3.1 full'
	is 'DATA deferred' "$(jobs "$J b@y.example" reports "$J b@y.example" reports end | verdicts)" '1.0 Z 4.3.1 m,2.0 Z 4.3.1 m,'
	server $kind data='250 ok'
	is 'DATA answered with 250' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.4.2 m,'
	server $kind dot='554 5.6.0 bad content'
	is 'text refused' "$(jobs "$J b@y.example c@y.example" reports end | verdicts)" '1.0 D 5.6.0 m,1.1 D 5.6.0 m,'
	server $kind dot='451 4.7.1 grey'
	is 'text deferred' "$(jobs "$J b@y.example" "$J b@y.example" reports end | verdicts)" '1.0 Z 4.7.1 m,2.0 Z 4.7.1 m,'
done
server --pipelining rcpt:bad='550 no' data#1='554 no recipients'
is 'nobody accepted and DATA refused' "$(jobs "$J bad@y.example" reports "$J ok@y.example" reports end | verdicts)" \
	'1.0 D 5.1.0 m,2.0 K 2.0.0 m,'
is 'the transaction is taken back' "$(commands | grep -c RSET)" 1
server rcpt:bad='550 no'
jobs "$J bad@y.example" reports "$J ok@y.example" reports end >/dev/null
is 'also without pipelining' "$(commands | sed -n '4,5p')" "RSET
MAIL FROM:<a@x.example>"
server --pipelining rcpt:bad='550 no' dot#1='554 no recipients'
jobs "$J bad@y.example" reports end >"$T/out"
is 'nobody accepted but DATA answered with 354: the dot alone' "$(cat "$S/wire.1" | tr -d '\r')" .
is 'and no second report' "$(verdicts <"$T/out")" '1.0 D 5.1.0 m,'

### greetings
server greeting='554 no mail here'
is 'refused in the greeting' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 D 5.3.2 m,'
server greeting='421 4.3.2 busy'
is 'deferred in the greeting: a matter of the site' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.3.2 s,'
server greeting='220-a\n220-b\n220 c'
is 'a greeting of three lines' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 K 2.0.0 m,'
server ehlo='421 go away'
is 'EHLO deferred' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.5.0 s,'
server ehlo='500 no' helo='550 no'
is 'HELO refused' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 D 5.5.0 m,'
server greeting='SSH-2.0-OpenSSH'
is 'another protocol' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.4.2 s,'
there=$route
route='host 127.0.0.1 1'
is 'nobody listens' "$(jobs "$J b@y.example" "$J b@y.example" reports end | verdicts)" '1.0 Z 4.4.1 s,2.0 Z 4.4.1 s,'
route=$there

### connections that end
for kind in --pipelining --8bit; do
	for stage in greeting ehlo mail rcpt data dot; do
		for how in close reset; do
			server $kind $stage="!$how"
			scope=s
			case $stage in rcpt | data | dot) scope=m ;; esac
			is "lost at $stage by $how ($kind)" "$(jobs "$J b@y.example c@y.example" reports end | verdicts)" \
				"1.0 Z 4.4.2 $scope,1.1 Z 4.4.2 $scope,"
		done
	done
	server $kind rcpt:bad='550 no' rcpt:last='!close'
	is 'recipients answered before keep their result' "$(jobs "$J bad@y.example ok@y.example last@y.example" reports end | verdicts)" \
		'1.0 D 5.1.0 m,1.1 Z 4.4.2 m,1.2 Z 4.4.2 m,'
	server $kind rcpt#2='421 4.7.0 too many!close'
	is '421 to a recipient' "$(jobs "$J b@y.example c@y.example d@y.example" reports end | verdicts)" \
		'1.0 Z 4.7.0 m,1.1 Z 4.7.0 m,1.2 Z 4.7.0 m,'
	server $kind dot='421 4.3.0 bye!close'
	is '421 to the text' "$(jobs "$J b@y.example" reports "$J b@y.example" reports end | verdicts)" '1.0 Z 4.3.0 m,2.0 Z 4.3.0 m,'
	server $kind 1/dot='250 ok!close'
	is 'a server that closes after a message is called again' \
		"$(jobs "$J b@y.example" "$J c@y.example" reports "$J d@y.example" reports end | verdicts)" \
		'1.0 K 2.0.0 m,2.0 K 2.0.0 m,3.0 K 2.0.0 m,'
	is 'each message went once' "$(commands | grep -c '^data')" 3
	server $kind 1/mail#3='421 4.7.0 enough!close'
	is 'so is one that has enough' \
		"$(jobs "$J b@y.example" "$J c@y.example" "$J d@y.example" reports "$J d@y.example" reports end | verdicts)" \
		'1.0 K 2.0.0 m,2.0 K 2.0.0 m,3.0 K 2.0.0 m,4.0 K 2.0.0 m,'
	server $kind 1/idle='421 4.4.2 idle!close'
	is 'and one that says good-bye unasked' \
		"$(jobs "$J b@y.example" reports "$J c@y.example" reports end | verdicts)" '1.0 K 2.0.0 m,2.0 K 2.0.0 m,'
	server $kind dot='250 2.0.0 ok\n250 2.0.0 ok, really'
	is 'a reply too many is not taken for the next one' \
		"$(jobs "$J b@y.example" reports "$J c@y.example" reports end | verdicts)" '1.0 K 2.0.0 m,2.0 K 2.0.0 m,'
done

### replies of all kinds
server --pipelining rcpt='250-2.1.5 one\n250-2.1.5 two\n250 2.1.5 three!split' dot='250-2.0.0 ok\n250 2.0.0 really!split'
is 'replies of several lines in small pieces' "$(jobs "$J b@y.example c@y.example" reports end | verdicts)" '1.0 K 2.0.0 m,1.1 K 2.0.0 m,'
server dot='250 \x01\x1b[31m\xff\x00ok'
jobs "$J b@y.example" reports end >"$T/out"
is 'odd bytes are masked' "$(sed -n 's/.*said: //p' "$T/out")" '250 ??[31m??ok\x0a'
server dot='hello'
is 'a reply without code after the text is no success' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.4.2 m,'
server dot='250-yes\n554 no'
is 'nor one with two codes' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.4.2 m,'
server dot='250-yes!close'
is 'nor half of one' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.4.2 m,'
server rcpt='250 x!endless!raw'
is 'a line that never ends' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.4.2 m,'
server ehlo='250-x!endless'
is 'a reply that never ends' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.4.2 s,'
echo 1 >"$PNEU_ETC/timeoutremote"
for stage in greeting ehlo mail; do
	server $stage='!hang'
	is "no answer to $stage" "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.4.2 s,'
done
for stage in rcpt data dot; do
	server --pipelining $stage='!hang'
	is "no answer to $stage" "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.4.2 m,'
done
python3 -c 'import sys; sys.stdout.write(("x" * 79 + "\n") * 250000)' >"$T/huge"
server data='354 go on!deaf'
is 'a server that reads no text' "$(jobs "job $T/huge a@x.example b@y.example" reports end | verdicts)" '1.0 Z 4.4.2 m,'
t 'a matter of time inside the text' grep -q 'did not answer in time inside the message' "$T/last"
rm "$T/huge"
server dot='250 2.0.0 in the end it would be fine!drip'
is 'a reply that comes too slowly' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.4.2 m,'
server quit='!hang'
is 'a server that does not say good-bye' "$(jobs "$J b@y.example" reports end | tail -n 1)" 'exit 0'
rm "$PNEU_ETC/timeoutremote"

### sizes and contents
server --size 27
is 'a message over the size limit is not sent' "$(jobs "$J b@y.example" "slice $T/m 0 18 a@x.example b@y.example" reports end | verdicts)" \
	'1.0 D 5.3.4 m,2.0 K 2.0.0 m,'
is 'no command for it' "$(commands | grep -c MAIL)" 1
server --size 28
is 'one at the limit is' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 K 2.0.0 m,'
server --size 0
is 'a limit of 0 is none' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 K 2.0.0 m,'
server --8bit
jobs "raw \"1\\\\x000\\\\x002\\\\x00\\\\x00BODY=8BITMIME\\\\x00b@y.example\\\\x00\"" "$J b@y.example" reports end >"$T/out"
is 'a packet without a message is no job, the next one is done' "$(verdicts <"$T/out")" '1.0 K 2.0.0 m,'
t 'and the log says so' grep -q 'not a job' "$T/err"

printf 'a\r\nb\r.\r\n\r.\n.\n..\n\r\r\n.\r.\n\0.\n.\0\nend\r' >"$T/evil"
server --pipelining
is 'stray CR, LF, dot and NUL' "$(jobs "job $T/evil a@x.example b@y.example" "$J b@y.example" reports end | verdicts)" '1.0 K 2.0.0 m,2.0 K 2.0.0 m,'
printf 'a\nb\n.\n\n.\n.\n..\n\n\n.\n.\n\0.\n.\0\nend\n' >"$T/want"
t 'end nothing early' cmp "$T/want" "$S/text.1"
is 'and hide no command' "$(commands | grep -c '^MAIL')" 2
t 'nor is there a bare CR or LF on the wire' python3 -c 'import sys
b = open(sys.argv[1], "rb").read().replace(b"\r\n", b"")
assert b"\r" not in b and b"\n" not in b' "$S/wire.1"

python3 -c 'import random, sys
random.seed(1)
out = sys.stdout.buffer
for i in range(60000): out.write(random.choice([b".", b"", b"\x80\xff "]) + b"x" * random.randrange(100) + b"\n")' >"$T/big"
server --pipelining --slow-read
is 'a message of megabytes, then a small one' "$(jobs "job $T/big a@x.example b@y.example" "$J b@y.example" reports end | verdicts)" \
	'1.0 K 2.0.0 m,2.0 K 2.0.0 m,'
t 'arrives whole' cmp "$T/big" "$S/text.1"
server --pipelining data='354 go!close'
is 'a connection lost inside a large text' "$(jobs "job $T/big a@x.example b@y.example" reports end | verdicts)" '1.0 Z 4.4.2 m,'
server data='354 go\n552 5.3.4 too much!close'
is 'a reply before its time' "$(jobs "job $T/big a@x.example b@y.example" reports end | verdicts)" '1.0 D 5.3.4 m,'
server
is 'a file shorter than the job says' "$(jobs "slice $T/m 0 500 a@x.example b@y.example" "$J b@y.example" reports end | verdicts)" \
	'1.0 Z 4.3.0 m,2.0 K 2.0.0 m,'
server
is 'one that is much shorter' "$(jobs "slice $T/big 0 99000000 a@x.example b@y.example" "$J b@y.example" reports end | verdicts)" \
	'1.0 Z 4.3.0 m,2.0 K 2.0.0 m,'
t 'of it no text was completed' cmp "$T/m" "$S/text.1"
t 'and there was only one' test ! -e "$S/text.2"

### addresses that cannot be sent
server --pipelining
is 'control bytes, 8 bits, bad domains' "$(jobs "$J 'a\\x0ab@y.example' '\\xc3\\xa4@y.example' 'a@y example' 'a@' b@y.example" \
	"job $T/m 'x\\x0d@x.example' b@y.example" reports end | sort | verdicts)" \
	'1.0 D 5.1.3 m,1.1 D 5.6.7 m,1.2 D 5.1.3 m,1.3 D 5.1.3 m,1.4 K 2.0.0 m,2.0 D 5.1.7 m,'
is 'never reach the wire' "$(commands | grep -c '^RCPT')" 1

### pneu-send goes away
server --pipelining data='354!drip'
jobs "$J b@y.example" close end >"$T/out" 2>&1
is 'a message nobody will hear of is not sent to its end' "$(ls "$S")" log
t 'the log says why' grep -q 'pneu-send is gone' "$T/err"

### settings and use
rm "$PNEU_ETC/me"
is 'without control/me nothing is sent' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.3.5 s,'
echo 'two words' >"$PNEU_ETC/me"
is 'nor with nonsense in it' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 Z 4.3.5 s,'
echo client.example >"$PNEU_ETC/me"
echo 2m >"$PNEU_ETC/timeoutconnect"
jobs "$J b@y.example" reports end >"$T/out"
t 'nonsense in a number is said' grep -q 'Z 4.3.5 s control/timeoutconnect: "2m" is not a number' "$T/out"
rm "$PNEU_ETC/timeoutconnect"
pneu-remote 2>"$T/err"
is 'no route: usage' "$?" 100
pneu-remote 'mail a.example' 2>"$T/err"
is 'not a route: usage' "$?" 100
pneu-remote 'host 127.0.0.1 25' </dev/null 2>"$T/err"
is 'no socket on descriptor 0' "$?" 100
route='mx [127.0.0.1.5]'
is 'not an address literal' "$(jobs "$J b@y.example" reports end | verdicts)" '1.0 D 5.1.2 m,'
finish
