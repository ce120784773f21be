#!/bin/sh
# pneu-smtpd alone, on pipes: what it answers, and what the queue program gets
. tests/lib.sh

mkdir "$T/etc" "$T/q"
PNEU_ETC=$T/etc PNEU_FILTER=$T/queue Q=$T/q
export PNEU_ETC PNEU_FILTER Q
unset TCPREMOTEIP TCPREMOTEHOST TCPREMOTEINFO TCPLOCALIP RELAYCLIENT DATABYTES QMAILQUEUE

# the queue program's double: keeps what it gets, answers as $Q/answer says
cat >"$T/queue" <<'S'
#!/bin/sh
cat >"$Q/message"
cat <&1 >"$Q/envelope"
[ -s "$Q/envelope" ] || exit 54
. "$Q/answer"
S
chmod +x "$T/queue"

fresh() {
	rm -rf "$T/etc" "$T/q"
	mkdir "$T/etc" "$T/q"
	echo mx.example >"$T/etc/me"
	printf 'here.example\n.below.example\n' >"$T/etc/rcpthosts"
	printf '=joe:joe:54321:54321:%s:::\n.\n' "$T" >"$T/etc/users" # here.example is not in locals: we only relay it
	pneu-newu
	echo "printf 'ID1' >&6" >"$Q/answer"
}
# refusals without the session's id, which they all must have
no_id() { sed -E '/^[45]/{s/ \[[0-9a-z]{12,24}\]$//;t;s/$/ without its id/}'; }
# talk 'LINES': each line ends in CR LF, \ooo as printf; the replies, without CR, greeting left out
talk() { printf "$(printf '%s\n' "$1" | sed 's/%/%%/g; s/$/\\r/')\n" | pneu-smtpd 2>"$T/log" | tr -d '\r' | tail -n +2 | no_id; }
# the codes alone, in one line
codes() { talk "$1" | sed 's/^\(...[ -][0-9.]*\).*/\1/; s/ $//' | tr '\n' '|'; }
# after the usual beginning
rcpt() { codes "HELO h
MAIL FROM:<a@b.example>
RCPT TO:$1" | sed 's/^250|250 2.1.0|//'; }
mail() { codes "EHLO h
MAIL FROM:$1" | sed 's/^.*-|250|//'; }
envelope() { tr '\0' '|' <"$Q/envelope"; }
trace() { sed -nE '1p;2{s/;.*//;s/ id [0-9a-z]{12,24}$/ id ID/;p}' "$Q/message"; }
message() { sed '1,2d' "$Q/message"; }
nothing_queued() { ! test -e "$Q/envelope"; }
good='HELO h
MAIL FROM:<a@b.example>
RCPT TO:<x@here.example>
DATA'

# --- the dialogue
fresh
is 'a whole session' "$(talk 'EHLO client.example
MAIL FROM:<a@b.example> SIZE=100 BODY=8BITMIME
RCPT TO:<x@here.example>
RCPT TO:<y@z.below.example>
DATA
Subject: hello

..text
.
QUIT')" '250-mx.example
250-PIPELINING
250-8BITMIME
250-SMTPUTF8
250-DSN
250-CHUNKING
250-LIMITS RCPTMAX=2000
250-SIZE 0
250 ENHANCEDSTATUSCODES
250 2.1.0 sender ok
250 2.1.5 recipient ok
250 2.1.5 recipient ok
354 end with a line that holds a dot alone
250 2.0.0 ok ID1
221 2.0.0 mx.example'
is 'the queue gets the envelope' "$(envelope)" 'Fa@b.example|B8BITMIME|Tx@here.example|Ty@z.below.example||'
is 'and the message, undotted' "$(message)" 'Subject: hello

.text'
is 'with our trace on top' "$(trace)" 'Received: from client.example
	by mx.example with ESMTP id ID'
t 'its date is of this minute, give or take' sh -c 'd=$(sed -n "2s/.*; //p" "$Q/message"); n=$(date +%s); m=$(date -d "$d" +%s); [ $((n-m)) -lt 600 ] && [ $((m-n)) -lt 600 ]'
is 'three lines of log tell what happened' "$(sed -E 's/[0-9a-z]{12,24} /SESSION /; s/pid [0-9]+/pid PID/; s/seconds [0-9]+/seconds S/' "$T/log")" \
    'pneu-smtpd: SESSION connect client unknown host - to - port - relay no pid PID
pneu-smtpd: SESSION accepted ID1 rcpts 2 bytes 25 client unknown helo client.example from <a@b.example>
pneu-smtpd: SESSION end client unknown messages 1 recipients 2 refusals 0 seconds S'
is 'all with one id, that of the trace' "$(cut -d' ' -f2 "$T/log" | sort -u)" "$(sed -nE '2s/.* id ([^ ;]*);.*/\1/p' "$Q/message")"
is 'the greeting' "$(printf 'QUIT\r\n' | pneu-smtpd | od -An -c | tr -d ' \n')" '220mx.exampleESMTP\r\n2212.0.0mx.example\r\n'
echo 'front.example hello  ' >"$T/etc/smtpgreeting"
is 'smtpgreeting names the host clients see' "$(printf 'HELO h\r\nQUIT\r\n' | pneu-smtpd | tr -d '\r')" '220 front.example hello ESMTP
250 front.example
221 2.0.0 front.example'
fresh
is 'verbs and keywords in any case, a blank after the colon, blanks at the end' "$(codes 'eHlO h
mail  from: <> size=10 body=8bitmime  
rcpt to:<x@HERE.Example>
rset 
quit' | sed 's/^.*-|250|//')" '250 2.1.0|250 2.1.5|250 2.0.0|221 2.0.0|'
is 'the null sender is in the envelope' "$(talk 'HELO h
MAIL FROM:<>
RCPT TO:<x@here.example>
DATA
.' | tail -n 1; envelope)" '250 2.0.0 ok ID1
F|Tx@here.example||'
is 'after HELO the protocol is SMTP' "$(trace | tail -n 1)" '	by mx.example with SMTP id ID'
is 'what may come before HELO' "$(codes 'NOOP
NOOP x
RSET
VRFY postmaster
HELP
HELP me
QUIT')" '250 2.0.0|250 2.0.0|250 2.0.0|252 2.0.0|214 2.0.0|214 2.0.0|221 2.0.0|'
is 'what may not' "$(codes 'MAIL FROM:<a@b.example>
RCPT TO:<x@here.example>
DATA
QUIT')" '503 5.5.1|503 5.5.1|503 5.5.1|221 2.0.0|'
is 'order is kept' "$(codes 'HELO h
RCPT TO:<x@here.example>
DATA
MAIL FROM:<a@b.example>
MAIL FROM:<a@b.example>
DATA
RCPT TO:<x@other.example>
DATA
RCPT TO:<x@here.example>
MAIL FROM:<a@b.example>')" '250|503 5.5.1|503 5.5.1|250 2.1.0|503 5.5.1|503 5.5.1|550 5.7.1|554 5.5.1|250 2.1.5|503 5.5.1|' 
for again in 'RSET' 'HELO h' 'EHLO h'; do
	is "$again ends a transaction" "$(codes "HELO h
MAIL FROM:<a@b.example>
RCPT TO:<x@here.example>
$again
DATA
MAIL FROM:<c@b.example>
DATA" | sed 's/.*|\(\([^|]*|\)\{3\}\)$/\1/')" '503 5.5.1|250 2.1.0|503 5.5.1|'
done
is 'a message ends a transaction, and the next is free of it' "$(codes "$good
one
.
DATA
MAIL FROM:<c@d.example>
RCPT TO:<y@here.example>
DATA
two
.
QUIT" | sed 's/.*354|//'; envelope; message)" '250 2.0.0|221 2.0.0|Fc@d.example|Ty@here.example||two'
is 'a refused message too' "$(echo 'exit 31' >"$Q/answer"; codes "$good
one
.
RCPT TO:<z@here.example>
DATA")" '250|250 2.1.0|250 2.1.5|354|554 5.3.0|503 5.5.1|503 5.5.1|'
fresh
is 'arguments that are missing or too many' "$(codes 'HELO
EHLO
HELO h
MAIL
RSET now
QUIT now
DATA now
VRFY
MAIL FROM
MAIL TO:<a@b.example>
MAIL FROM:
QUIT')" '501 5.5.4|501 5.5.4|250|501 5.5.4|501 5.5.4|501 5.5.4|503 5.5.1|501 5.5.4|501 5.5.4|501 5.5.4|501 5.1.7|221 2.0.0|'
is 'unknown and absent commands' "$(codes 'FOO
RSETX
RSE

EXPN list
AUTH PLAIN AGEAc2VjcmV0
STARTTLS
TURN
QUIT')" '500 5.5.1|500 5.5.1|500 5.5.1|500 5.5.1|502 5.5.1|502 5.5.1|502 5.5.1|502 5.5.1|221 2.0.0|'
t 'a password is not logged' sh -c 'grep -q "command AUTH$" "$0" && ! grep -q c2VjcmV0 "$0"' "$T/log"
is 'CR or NUL inside a command' "$(codes 'NOOP\000
NO\000OP
\000NOOP
NOOP\rRSET
\rNOOP
HELO a\000b
QUIT')" '501 5.5.2|501 5.5.2|501 5.5.2|501 5.5.2|501 5.5.2|501 5.5.2|221 2.0.0|'
is 'LF alone ends a command' "$(printf 'HELO h\nNOOP\nQUIT\n' | pneu-smtpd 2>/dev/null | tr -d '\r' | sed 1d | cut -c1-9 | tr '\n' '|')" '250 mx.ex|250 2.0.0|221 2.0.0|'
is 'a command without its line end is no command' "$(printf 'NOOP\r\nNOOP' | pneu-smtpd 2>/dev/null | wc -l)" 2
is 'text before the greeting and other protocols get nowhere' "$(printf 'GET / HTTP/1.0\r\nHELO h\r\nMAIL FROM:<a@b.example>\r\n' | pneu-smtpd 2>/dev/null | tr -d '\r' | sed 1d | no_id)" '421 4.7.0 mx.example HTTP is not spoken here'
is 'nor does a TLS hello' "$(printf '\026\003\001\002\000\001\n\n\n' | pneu-smtpd 2>/dev/null | tr -d '\r' | sed 1d | no_id)" '421 4.7.0 mx.example TLS is not spoken here before SMTP'

# --- addresses and parameters
is 'a sender with an extra' "$(mail '<a@b.example> FOO=1')" '555 5.5.4|'
is 'SIZE is a number' "$(mail '<a@b.example> SIZE=1k'; mail '<a@b.example> SIZE='; mail '<a@b.example> SIZE'; mail '<a@b.example> SIZE=-1')" '501 5.5.4|501 5.5.4|501 5.5.4|501 5.5.4|'
is 'of at most 20 digits' "$(mail '<a@b.example> SIZE=00000000000000000001'; mail '<a@b.example> SIZE=000000000000000000001'; mail '<a@b.example> SIZE=18446744073709551615'; mail '<a@b.example> SIZE=18446744073709551616'; mail '<a@b.example> SIZE=184467440737095516160')" '250 2.1.0|501 5.5.4|250 2.1.0|552 5.3.4|501 5.5.4|'
is 'BODY is what we know' "$(mail '<a@b.example> BODY=7BIT'; mail '<a@b.example> BODY=BINARYMIME'; mail '<a@b.example> BODY')" '250 2.1.0|501 5.5.4|501 5.5.4|'
is 'nothing twice' "$(mail '<a@b.example> SIZE=1 SIZE=1'; mail '<a@b.example> BODY=7BIT BODY=7BIT')" '501 5.5.4|501 5.5.4|'
is 'nothing without a blank' "$(mail '<a@b.example>SIZE=1'; mail '<a@b.example>x')" '501 5.1.7|501 5.1.7|'
is 'no parameters after HELO' "$(codes 'HELO h
MAIL FROM:<a@b.example> SIZE=1')" '250|555 5.5.4|'
is 'no parameters of RCPT' "$(rcpt '<x@here.example> NOTIFY=NEVER')" '555 5.5.4|'
is 'senders' "$(mail 'a@b.example'; mail 'a'; mail 'a@b.example>'; mail '@c.example:a@b.example'; mail '<a b@c>'; mail '<\303\251@b.example>'; mail '<joe>'; mail '<"a b"@c.example>')" '250 2.1.0|501 5.1.7|501 5.1.7|501 5.1.7|501 5.1.7|553 5.6.7|501 5.1.7|250 2.1.0|'
is 'recipients' "$(rcpt '<>'; rcpt 'x@here.example'; rcpt 'x'; rcpt 'x@here.example,y@here.example'; rcpt '<x@here.example'; rcpt '<"x y"@here.example>'; rcpt '<x@here.example.>')" '501 5.1.3|250 2.1.5|501 5.1.3|501 5.1.3|501 5.1.3|250 2.1.5|250 2.1.5|'
is 'postmaster needs no domain' "$(rcpt '<postmaster>'; rcpt '<PostMaster>'; rcpt '<postmaster2>'; rcpt '<joe>')" '250 2.1.5|250 2.1.5|550 5.1.3|550 5.1.3|'

# --- who may send where
is 'other domains are refused' "$(rcpt '<x@other.example>'; rcpt '<x@below.example>'; rcpt '<x@xhere.example>'; rcpt '<x@here.example.com>')" '550 5.7.1|550 5.7.1|550 5.7.1|550 5.7.1|'
is 'a sender at a local domain gives no right' "$(codes 'HELO h
MAIL FROM:<a@here.example>
RCPT TO:<x@other.example>' | cut -d'|' -f3)" '550 5.7.1'
for trick in '<x%other.example@here.example>' '<other.example!x@here.example>' '<"x@other.example"@here.example>' \
    '<x@other.example@here.example>' '<@here.example:x@other.example>' '<x@[192.0.2.1]>' '<x@[127.0.0.1]>' \
    '<"x@other.example">' '<x%other.example>' '<other.example!x>' '<x@here.example,other.example>' '<x@here.example (c)>' \
    '<@here.example,@here.example:x@other.example>' '<x@here.example@>' '<x@other.example.>'  '<"x%other.example"@here.example>' \
    '<x@here.example\000.other.example>' '<x@other.example\000@here.example>' '<x@.here.example>' '<x@..>'; do
	t "not through $(printf '%s' "$trick" | tr '\\' '/')" sh -c 'case $1 in 550\ 5.[17].?\||501\ 5.?.?\|) ;; *) echo "$1"; exit 1;; esac' - "$(rcpt "$trick")"
done
is 'a route is dropped' "$(talk 'HELO h
MAIL FROM:<@r.example:a@b.example>
RCPT TO:<@other.example,@r.example:x@here.example>
DATA
.' | tail -n 1; envelope)" '250 2.0.0 ok ID1
Fa@b.example|Tx@here.example||'
is 'text and case of a local part are kept, quotes and the last dot are not' "$(talk 'HELO h
MAIL FROM:<A.b+c=d@B.example.>
RCPT TO:<"x Y"@Here.example.>
RCPT TO:<"joe"@here.example>
RCPT TO:<Postmaster>
RCPT TO:<-f@here.example>
DATA
.' | tail -n 1; envelope)" '250 2.0.0 ok ID1
FA.b+c=d@B.example|Tx Y@Here.example|Tjoe@here.example|TPostmaster@mx.example|T-f@here.example||'
TCPLOCALIP=192.0.2.1; export TCPLOCALIP
is 'our own address in brackets is localiphost, and that must be served' "$(rcpt '<x@[192.0.2.1]>'; echo here.example >"$T/etc/localiphost"; rcpt '<x@[192.0.2.1]>'; rcpt '<x@[IPv6:::ffff:192.0.2.1]>'; rcpt '<x@[192.0.2.2]>')" '550 5.7.1|250 2.1.5|250 2.1.5|550 5.7.1|'
is 'and so it is queued' "$(talk 'HELO h
MAIL FROM:<a@b.example>
RCPT TO:<x@[192.0.2.1]>
DATA
.' | tail -n 1; envelope)" '250 2.0.0 ok ID1
Fa@b.example|Tx@here.example||'
unset TCPLOCALIP
rm "$T/etc/rcpthosts"
is 'without rcpthosts nobody relays' "$(rcpt '<x@here.example>'; rcpt '<x@mx.example>'; rcpt '<x@localhost>'; rcpt '<Postmaster>')" '550 5.7.1|550 5.7.1|550 5.7.1|250 2.1.5|'
is 'nor with an empty one' "$(: >"$T/etc/rcpthosts"; rcpt '<x@here.example>')" '550 5.7.1|'
RELAYCLIENT=; export RELAYCLIENT
is 'RELAYCLIENT opens the way' "$(rcpt '<x@other.example>'; rcpt '<x%other.example@here.example>'; rcpt '<x@[192.0.2.1]>'; rcpt '<joe>')" '250 2.1.5|250 2.1.5|250 2.1.5|250 2.1.5|'
RELAYCLIENT=.inside
is 'its value is appended' "$(talk 'HELO h
MAIL FROM:<joe>
RCPT TO:<x@other.example>
RCPT TO:<joe>
DATA
.' | tail -n 1; envelope)" '250 2.0.0 ok ID1
Fjoe@mx.example|Tx@other.example.inside|Tjoe@mx.example.inside||'
unset RELAYCLIENT

# --- limits
fresh
echo 3 >"$T/etc/maxrcpt"
is 'recipients beyond maxrcpt wait, those taken are served' "$(codes 'HELO h
MAIL FROM:<a@b.example>
RCPT TO:<1@here.example>
RCPT TO:<2@here.example>
RCPT TO:<3@here.example>
RCPT TO:<4@here.example>
DATA
.'; envelope)" '250|250 2.1.0|250 2.1.5|250 2.1.5|250 2.1.5|452 4.5.3|354|250 2.0.0|Fa@b.example|T1@here.example|T2@here.example|T3@here.example||'
fresh
echo 20 >"$T/etc/databytes"
is 'SIZE is announced' "$(talk 'EHLO h' | grep SIZE)" '250-SIZE 20'
is 'and checked at MAIL' "$(mail '<a@b.example> SIZE=20'; mail '<a@b.example> SIZE=21')" '250 2.1.0|552 5.3.4|'
is 'a message of just that size' "$(codes "$good
..3456789
1234567
.
QUIT")" '250|250 2.1.0|250 2.1.5|354|250 2.0.0|221 2.0.0|'
rm "$Q/envelope"
is 'one byte more is read to its end and refused' "$(codes "$good
.123456789
12345678
.
QUIT")" '250|250 2.1.0|250 2.1.5|354|552 5.3.4|221 2.0.0|'
t 'and not queued' nothing_queued
is 'DATABYTES counts more than the file' "$(DATABYTES=5; export DATABYTES; talk 'EHLO h' | grep SIZE; DATABYTES=0; talk 'EHLO h' | grep SIZE)" '250-SIZE 5
250-SIZE 0'
fresh
hops() { printf 'HELO h\r\nMAIL FROM:<>\r\nRCPT TO:<x@here.example>\r\nDATA\r\n'; for i in $(seq "$1"); do printf 'rEceived: x\r\n folded\r\n'; done; printf '\r\nReceived: body\r\n.\r\n'; }
is '100 hops are a long way' "$(hops 100 | pneu-smtpd 2>/dev/null | tail -n 1 | cut -c1-9)" '250 2.0.0'
is '101 are a loop' "$(rm "$Q/envelope"; hops 101 | pneu-smtpd 2>/dev/null | tail -n 1 | cut -c1-9; test -e "$Q/envelope")" '554 5.4.6'
echo 1 >"$T/etc/maxhops"
is 'maxhops is the limit' "$(hops 1 | pneu-smtpd 2>/dev/null | tail -n 1 | cut -c1-3; hops 2 | pneu-smtpd 2>/dev/null | tail -n 1 | cut -c1-3)" '250
554'
echo 3 >"$T/etc/maxbadcommands"
is 'too many bad commands end the session' "$(codes 'FOO
FOO
NOOP
FOO
FOO
FOO')" '500 5.5.1|500 5.5.1|250 2.0.0|500 5.5.1|421 4.7.0|'
fresh
echo 4 >"$T/etc/maxidlecommands"
is 'so do commands that lead nowhere' "$(codes 'HELO h
NOOP
MAIL FROM:<a@b.example>
RCPT TO:<x@other.example>
RCPT TO:<x@here.example>
RCPT TO:<x@other.example>
RCPT TO:<x@other.example>
NOOP')" '250|250 2.0.0|250 2.1.0|550 5.7.1|250 2.1.5|550 5.7.1|421 4.7.0|'
is 'a message accepted forgives' "$(codes "$good
.
NOOP
NOOP
NOOP
NOOP
QUIT" | sed 's/.*354|//')" '250 2.0.0|250 2.0.0|250 2.0.0|250 2.0.0|250 2.0.0|221 2.0.0|'

# --- the data
fresh
refused_data() { rm -f "$Q/envelope"; codes "$good
$1
.
NOOP
QUIT" | sed 's/.*354|//'; }
is 'a CR alone' "$(refused_data 'a\rb')" '554 5.6.0|250 2.0.0|221 2.0.0|'
t 'is not queued' nothing_queued
is 'CR CR LF' "$(refused_data 'a\r')" '554 5.6.0|250 2.0.0|221 2.0.0|'
is 'a LF alone' "$(rm -f "$Q/envelope"; printf 'HELO h\r\nMAIL FROM:<>\r\nRCPT TO:<x@here.example>\r\nDATA\r\na\n.\nMAIL FROM:<smuggled@b.example>\nb\r\n.\r\nNOOP\r\nQUIT\r\n' | pneu-smtpd 2>/dev/null | cut -c1-9 | tail -n 3 | tr '\n' '|')" '554 5.6.0|250 2.0.0|221 2.0.0|'
t 'is not queued either' nothing_queued
talk "$good
a\\000b\\377\\001
.
QUIT" >/dev/null
is 'NUL and 8-bit bytes pass' "$(message | od -An -c | tr -d ' ')" 'a\0b377001\n'
rm -f "$Q/envelope"
printf 'HELO h\r\nMAIL FROM:<>\r\nRCPT TO:<x@here.example>\r\nDATA\r\nhalf a message\r\n.' | pneu-smtpd >/dev/null 2>"$T/log"
t 'a connection lost in the data leaves nothing' nothing_queued
t 'but a line of log' grep -q 'lost client unknown in a message: end of file' "$T/log"

# --- what the queue program says
answers() { echo "$1" >"$Q/answer"; talk "$good
.
QUIT" | sed -n 5p; }
is 'queued, no ID' "$(answers 'exit 0')" '250 2.0.0 ok '
is 'disk full' "$(answers 'exit 53')" '451 4.3.1 disk full or write error'
is 'refused' "$(answers 'exit 31')" '554 5.3.0 mail server refuses the message'
is 'its own words, for ever' "$(answers 'printf Dno >&6; exit 82')" '554 5.3.0 no'
is 'its own words, for now' "$(answers 'printf "Znot\rnow" >&6; exit 82')" '451 4.3.0 not?now'
is 'killed' "$(answers 'kill -9 $$')" '451 4.3.0 queue program crashed'
is 'missing' "$(PNEU_FILTER=$T/none; talk "$good
.
QUIT" | sed -n 5p)" '451 4.3.0 No such file or directory'
printf '#!/bin/sh\nhead -c 10 >/dev/null; exit 53\n' >"$T/early"
chmod +x "$T/early"
is 'one that stops reading is heard, and the data are read on' "$(PNEU_FILTER=$T/early; { printf 'HELO h\r\nMAIL FROM:<>\r\nRCPT TO:<x@here.example>\r\nDATA\r\n'; yes 0123456789 | head -n 200000 | sed 's/$/\r/'; printf '.\r\nQUIT\r\n'; } | pneu-smtpd 2>/dev/null | tail -n 2 | tr -d '\r' | no_id)" '451 4.3.1 disk full or write error
221 2.0.0 mx.example'

# --- settings
fresh
refuses() { printf 'QUIT\r\n' | pneu-smtpd 2>"$T/log" >"$T/out"; r=$?; tr -d '\r' <"$T/out" | no_id; echo " $r"; }
sorry='421 4.3.5 this mail server is not set up correctly, try later
 111'
rm "$T/etc/me"
is 'without me there is no service' "$(refuses)" "$sorry"
t 'and the log says why' grep -q 'fatal: control/me: is missing' "$T/log"
for bad in 'me a b' 'databytes 1m' 'timeoutsmtpd 0' 'maxrcpt many' 'localiphost x/y' 'maxhops -1'; do
	fresh
	echo "${bad#* }" >"$T/etc/${bad%% *}"
	is "nonsense in ${bad%% *} is not ignored" "$(refuses)" "$sorry"
done
fresh
rm "$T/etc/rcpthosts"; mkdir "$T/etc/rcpthosts"
is 'a rcpthosts that cannot be read is not an empty one' "$(refuses)" "$sorry"
fresh
is 'no etc, no service' "$(PNEU_ETC=$T/nowhere; refuses)" "$sorry"
is 'DATABYTES must be a number' "$(DATABYTES=x; export DATABYTES; refuses)" "$sorry"
finish
