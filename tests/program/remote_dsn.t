# pneu-remote passes the parameters of RFC 3461 on, and tells by which way a message went and how long a server wants us to wait
. tests/lib.sh
. tests/program/remote_lib.sh
start_tcp
printf 'Subject: hi\n\nhello\n' >"$T/m"
J="job $T/m a@x.example"
# lines: MAIL and RCPT
lines() { commands | grep -E '^(MAIL|RCPT)'; }

### parameters
for kind in --pipelining --8bit; do
	server $kind --dsn
	jobs "params 'RET=HDRS ENVID=QQ314159'" "rcptparams 'NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;c+2Bd@y.example'" "$J b@y.example" \
		"rcptparams 'NOTIFY=NEVER'" "params 'RET=FULL'" "$J c@y.example" 'rcptparams ""' 'params ""' "$J d@y.example" >/dev/null
	is "all of them go on as they came ($kind)" "$(lines | sed 's/ BODY=8BITMIME//')" \
		'MAIL FROM:<a@x.example> RET=HDRS ENVID=QQ314159
RCPT TO:<b@y.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;c+2Bd@y.example
MAIL FROM:<a@x.example> RET=FULL
RCPT TO:<c@y.example> NOTIFY=NEVER
MAIL FROM:<a@x.example>
RCPT TO:<d@y.example>'
	server $kind
	jobs "params 'RET=HDRS ENVID=QQ314159'" "rcptparams 'NOTIFY=NEVER ORCPT=rfc822;c@y.example'" "$J b@y.example" >/dev/null
	is 'not to a server without DSN' "$(lines)" 'MAIL FROM:<a@x.example>
RCPT TO:<b@y.example>'
done
server --dsn
jobs "params 'RET=SOME ENVID=a%20b'" "rcptparams 'NOTIFY=NEVER,FAILURE ORCPT=rfc822;%0d%0aRSET'" "$J b@y.example" >/dev/null
is 'what is none of them goes nowhere' "$(lines)" 'MAIL FROM:<a@x.example>
RCPT TO:<b@y.example>'
u='ORCPT=utf-8;d\xc3\xb6rte\xf0\x9f\x98\x80@y.example'
server --dsn --8bit --utf8
jobs 'params SMTPUTF8' "rcptparams '$u'" "$J b@y.example" 'params ""' "$J b@y.example" >/dev/null
is 'an ORCPT in UTF-8 goes so with SMTPUTF8, in ASCII without' "$(lines | grep RCPT)" \
	"$(printf 'RCPT TO:<b@y.example> ORCPT=utf-8;d\303\266rte\360\237\230\200@y.example\nRCPT TO:<b@y.example> ORCPT=utf-8;d\\x{F6}rte\\x{1F600}@y.example')"
server --dsn --8bit
jobs "rcptparams '$u'" "$J b@y.example" >/dev/null
is 'and so where the server does not know SMTPUTF8' "$(lines | grep RCPT)" 'RCPT TO:<b@y.example> ORCPT=utf-8;d\x{F6}rte\x{1F600}@y.example'

### by which way
via() { sed -n 's/^report \([0-9]*\) \([0-9]*\) \(.\) [^ ]* . \([0-9]*\) \([^ ]*\) .*/\1.\2 \3 \4 \5/p' "$T/last" | tr '\n' ',' ; }
there=127.0.0.1/127.0.0.1/clear
server --dsn rcpt:bad='550 no'
jobs vias "$J b@y.example bad@y.example" >/dev/null
is 'the duty to report is the server'"'"'s, if it takes the message' "$(via)" "1.1 D 0 $there,1.0 K 0 $there/dsn,"
server rcpt:bad='550 no'
jobs vias "$J b@y.example bad@y.example" >/dev/null
is 'and if it knows DSN' "$(via)" "1.1 D 0 $there,1.0 K 0 $there,"
server greeting='554 no'
jobs vias "$J b@y.example" >/dev/null
is 'refused in the greeting' "$(via)" "1.0 D 0 $there,"
server mail='421 4.3.2 no!close'
jobs vias "$J b@y.example" >/dev/null
is 'lost before MAIL' "$(via)" "1.0 Z 0 $there,"
server dot='!close'
jobs vias "$J b@y.example" >/dev/null
is 'lost after the end' "$(via)" "1.0 Z 0 $there,"
route='host 127.0.0.1 1'
jobs vias "$J b@y.example" >/dev/null
is 'no connection' "$(sed -n 's/^report 1 0 Z 4.4.1 s 0  no connection.*/none/p' "$T/last")" none
route="host localhost $port"
server
jobs vias "$J b@y.example" >/dev/null
is 'the name by which we know it, and its address' "$(via)" '1.0 K 0 localhost/127.0.0.1/clear,'
# several hosts: that of the words which a report gives
route="host 127.0.0.1 1 localhost $port"
server mail='421 4.3.2 busy, try again in 300 seconds!close'
jobs vias "$J b@y.example" >/dev/null
is 'the first is down, the second has no time' "$(via)" '1.0 Z 300 localhost/127.0.0.1/clear,'
route="host 127.0.0.1 $port localhost $port"
server '1/greeting=!close' greeting='554 5.7.1 never'
jobs vias "$J b@y.example" >/dev/null
is 'the first hangs up, the second says why not' "$(via)" '1.0 Z 0 localhost/127.0.0.1/clear,'
server '1/greeting=450 4.7.0 not now' greeting='!close'
jobs vias "$J b@y.example" >/dev/null
is 'the other way round' "$(via)" "1.0 Z 0 $there,"
route="host 127.0.0.1 $port"

### how long
for kind in --pipelining --8bit; do
	for event in mail rcpt data dot; do
		server $kind $event='451 4.7.1 Greylisted, try again in 300 seconds'
		jobs vias "$J b@y.example" >/dev/null
		is "asked to wait at $event ($kind)" "$(via)" "1.0 Z 300 $there,"
	done
	server $kind rcpt:a@='451 retry in 5 minutes' rcpt:b@='451 not now' rcpt:c@='550 retry in 5 minutes'
	jobs vias "$J a@y.example b@y.example c@y.example" >/dev/null
	is 'each for itself, and never after a 5xx' "$(via)" "1.0 Z 300 $there,1.1 Z 0 $there,1.2 D 0 $there,"
done
server greeting='421 busy, please come back in 00:04:57'
jobs vias "$J b@y.example" >/dev/null
is 'in the greeting' "$(via)" "1.0 Z 297 $there,"
finish
