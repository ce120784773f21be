#!/bin/sh
# pneu-smtpd and policy servers: what they are asked, what each answer does, and what happens when one is in trouble
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'no python3'
. tests/program/smtpd_lib.sh
P=$T/p
mkdir "$P" "$T/tcp"
server= tcp= grey=
cleanup() { for p in $server $tcp $grey; do kill "$p" 2>/dev/null; done; }
python3 tests/program/policy_fake.py "unix:$P/s" "$P" & server=$!
python3 tests/program/policy_fake.py inet: "$T/tcp" & tcp=$!
wait_until 20 test -S "$P/s" || skip_all 'the fake server does not start'
says() { printf "%s\n" "$1" >"$P/answer"; : >"$P/log"; }
policy() { printf '%s\n' "$@" >"$E/policy"; }
unset TCPREMOTEIP
TCPREMOTEIP=192.0.2.9 TCPREMOTEHOST=client.example TCPREMOTEPORT=4711 TCPLOCALIP=192.0.2.1 TCPLOCALPORT=25
export TCPREMOTEIP TCPREMOTEHOST TCPREMOTEPORT TCPLOCALIP TCPLOCALPORT
dunno='action=dunno\n\n'
# the attributes of the nth request that are named
asked() { sed -n "/^-/d; p" "$P/log" | sed -n "$1p" | tr '|' '\n' | grep -E "^($2)=" | tr '\n' '|'; }
one='EHLO <me>
MAIL FROM:<a@b.example> SIZE=123
RCPT TO:<x@here.example>'

policy "rcpt unix:$P/s"
says "$dunno"
is 'a recipient that the server does not mind' "$(codes "$one" | sed 's/.*SIZE|//; s/^.*-|250|//; s/^.*250 2.1.0/250 2.1.0/')" '250 2.1.0|250 2.1.5|'
is 'the request begins as it must' "$(sed -n '2s/|.*//p' "$P/log")" 'request=smtpd_access_policy'
is 'and tells the facts' "$(asked 1 'protocol_state|protocol_name|client_.*|reverse_.*|server_.*|helo_name|sender|recipient|recipient_count|size|queue_id|sasl_username' | sed 's/|$//' | tr '|' '\n' | sort)" \
'client_address=192.0.2.9
client_name=client.example
client_port=4711
helo_name=<me>
protocol_name=ESMTP
protocol_state=RCPT
queue_id=
recipient=x@here.example
recipient_count=0
reverse_client_name=client.example
sasl_username=
sender=a@b.example
server_address=192.0.2.1
server_port=25
size=123'
says "$dunno"
talk 'HELO h
MAIL FROM:<>
RCPT TO:<"x\\"=y z"@here.example>
RCPT TO:<nobody@other.example>
RCPT TO:<y@here.example>
RSET
MAIL FROM:<>
RCPT TO:<y@here.example>' >/dev/null
is 'one connection serves a session, and who is refused anyway is not asked about' "$(sed 's/^request.*/request/' "$P/log" | tr '\n' ' ')" '- request request request '
is 'addresses are plain' "$(asked 1 'recipient|sender')" 'sender=|recipient=x"=y z@here.example|'
is 'the recipients of a message share an instance' "$([ "$(asked 1 instance)" = "$(asked 2 instance)" ] && [ "$(asked 1 instance)" != "$(asked 3 instance)" ] && echo ok)" ok
is 'which is the session'"'"'s id and a number' "$(asked 1 instance | grep -cE '^instance=[0-9a-z]{12,24}\.[0-9]+\|$')" 1
says "$dunno"
TCPREMOTEHOST=$(printf 'a\nb=c\001\177') ; export TCPREMOTEHOST
rcpt '<x@here.example>' >/dev/null
is 'no value begins a line' "$(asked 1 'client_name|b')" 'client_name=a?b=c??|'
TCPREMOTEHOST=$(head -c 3000 /dev/zero | tr '\0' x)
rcpt '<x@here.example>' >/dev/null
is 'and none is endless' "$(asked 2 client_name | wc -c | tr -d ' ')" 1037
TCPREMOTEHOST=client.example

# ---- answers
while IFS='=' read -r answer want; do
	says "action=$answer\\n\\n"
	is "answer $(printf %s "$answer" | cut -c1-60)" "$(rcpt '<x@here.example>')" "$want"
done <<'END'
OK=250 2.1.5 recipient ok
permit=250 2.1.5 recipient ok
Dunno=250 2.1.5 recipient ok
warn something=250 2.1.5 recipient ok
info something=250 2.1.5 recipient ok
defer_if_reject x=250 2.1.5 recipient ok
hold=250 2.1.5 recipient ok
discard=250 2.1.5 recipient ok
prepend X-A: b=250 2.1.5 recipient ok
redirect q@here.example=250 2.1.5 recipient ok
bcc <q@here.example>=250 2.1.5 recipient ok
reject=554 5.7.1 refused by policy
REJECT no thanks=554 5.7.1 no thanks
reject 5.7.23 SPF=554 5.7.23 SPF
reject 4.7.1 odd=554 5.7.1 4.7.1 odd
defer=450 4.7.1 try later
DEFER_IF_PERMIT Greylisted, see http://x/=450 4.7.1 Greylisted, see http://x/
550 no=550 5.7.1 no
550 5.1.1 no=550 5.1.1 no
451=451 4.7.1 try later
450 4.2.0 later=450 4.2.0 later
550 a\rb\x01\xe9\tc=550 5.7.1 a?b???c
666 no=451 4.3.5 unable to ask for a decision, try later
5500 no=451 4.3.5 unable to ask for a decision, try later
250 ok=451 4.3.5 unable to ask for a decision, try later
filter x:y=451 4.3.5 unable to ask for a decision, try later
redirect x=451 4.3.5 unable to ask for a decision, try later
bcc <x@y> <z@y>=451 4.3.5 unable to ask for a decision, try later
prepend no colon=451 4.3.5 unable to ask for a decision, try later
=451 4.3.5 unable to ask for a decision, try later
END
says "action=550 $(head -c 1900 /dev/zero | tr '\0' x)\\n\\n"
is 'a long text is cut' "$(printf 'HELO h\r\nMAIL FROM:<>\r\nRCPT TO:<x@here.example>\r\n' | pneu-smtpd 2>/dev/null | tail -n 1 | grep -cE '^550 5.7.1 x{300,450} \[[0-9a-z]*\].$')" 1
says 'action=reject once\n\n'
rcpt '<x@here.example>' >/dev/null
t 'a refusal is logged with its server' logged "policy unix:$P/s: 554 5\.7\.1 once$"
t 'and as any other' logged 'refused client 192\.0\.2\.9: 554 5\.7\.1 once: helo h '
says 'action=521 go away\n\n'
is 'after 521 there is nothing more' "$(codes "$one
NOOP" | sed 's/.*250 2.1.0|//')" '521 5.7.1|'

# ---- with a message
send() { codes "EHLO h
MAIL FROM:<a@b.example> BODY=8BITMIME
RCPT TO:<x@here.example>
RCPT TO:<y@here.example>
DATA
Subject: s

text
.
MAIL FROM:<a@b.example>
RCPT TO:<x@here.example>
DATA
two
.
QUIT" | sed 's/^.*250 ENH[^|]*|//; s/^.*-[^|]*|250|//'; }
says 'action=prepend X-Greylist: delayed\n\n'
send >/dev/null
is 'a field is put below our own, once for each recipient, for this message only' "$(sed 1,2d "$Q/message")" 'X-Greylist: delayed
two'
says 'action=hold because\n\n'
send >/dev/null
is 'a message is held' "$(envelope)" 'Fa@b.example|Hbecause|C192.0.2.9|Tx@here.example||'
rm "$Q/envelope"
says 'action=discard\n\n'
is 'one is accepted and thrown away' "$(send | sed 's/.*|354|//')" '250 2.0.0|221 2.0.0|'
t 'nothing of it is queued' test ! -e "$Q/envelope"
t 'and the log says so' logged 'accepted discarded rcpts 1 '

says 'action=redirect <"q r"@there.example>\n\n'
send >/dev/null
is 'one goes elsewhere' "$(envelope)" 'Fa@b.example|C192.0.2.9|Tq r@there.example||'
policy "data unix:$P/s"
says 'action=bcc q@there.example\n\n'
send >/dev/null
is 'or elsewhere too, without a word of it' "$(envelope; grep -c there.example "$Q/message")" 'Fa@b.example|C192.0.2.9|Tx@here.example|Tq@there.example||0'
policy "rcpt unix:$P/s" "data unix:$P/s"
says 'action=hold on\n\n'
printf 'EHLO h\r\nMAIL FROM:<a@b.example> BODY=8BITMIME\r\nRCPT TO:<x@here.example> NOTIFY=NEVER\r\nDATA\r\n\r\n.\r\n' | pneu-smtpd >/dev/null 2>&1
is 'what is said twice is done once' "$(envelope)" 'Fa@b.example|Hon|B8BITMIME|C192.0.2.9|Tx@here.example|NNEVER||'
policy "rcpt unix:$P/s"
says 'action=bcc q@there.example\n\n'
printf 'EHLO h\r\nMAIL FROM:<>\r\nRCPT TO:<x@here.example>\r\nRCPT TO:<y@here.example>\r\nDATA\r\n\r\n.\r\n' | pneu-smtpd >/dev/null 2>&1
is 'and what is said of each recipient brings no copy for each' "$(envelope)" 'F|C192.0.2.9|Tx@here.example|Ty@here.example|Tq@there.example||'
# the reply to the 16th recipient, or to what comes behind it: each brings a text of 300 bytes
long=$(head -c 300 /dev/zero | tr '\0' x)
many() { printf 'HELO h\r\nMAIL FROM:<>\r\n'; i=0; while [ "$((i += 1))" -le 16 ]; do printf 'RCPT TO:<x%d@here.example>\r\n' "$i"; done; printf '%b' "$1"; }
says "action=hold $long\\n\\n"
is 'nor takes it room for each' "$(many | pneu-smtpd 2>"$T/log" | tail -n 1 | cut -c1-9)" '250 2.1.5'
wait_until 20 test -s "$T/tcp/port"
policy "rcpt unix:$P/s" "begin inet:127.0.0.1:$(cat "$T/tcp/port")"
says "action=prepend X: $long\\n\\n"
printf '%s\n' "action=hold $long\\n\\n" >"$T/tcp/answer"
is 'what there is no room for is not promised' "$(many 'DATA\r\n' | pneu-smtpd 2>"$T/log" | tail -n 1 | cut -c1-50)" '451 4.3.0 unable to do what was decided, try later'
policy "rcpt unix:$P/s"
says "action=prepend X: $long\\n\\n"
is 'a field that there is no room for is left out' "$(many | pneu-smtpd 2>"$T/log" | tail -n 1 | cut -c1-9)" '250 2.1.5'
t 'and the log says so' logged 'trouble: policy: too much is to be done with the message: X: xxx'

# ---- stages
policy "helo unix:$P/s"
hello() { printf 'EHLO h\r\nMAIL FROM:<>\r\nHELO g\r\nMAIL FROM:<>\r\n' | pneu-smtpd 2>"$T/log" | tr -d '\r' | no_id | sed -n '2,$s/^\(....[0-9.]*\).*/\1/p' | tail -n "$1" | tr '\n' '|'; }
says 'action=550 5.7.1 not with that name\n\n'
is 'a name can be refused, and then there was none' "$(hello 4)" '550 5.7.1|503 5.5.1|550 5.7.1|503 5.5.1|'
is 'both commands are told apart' "$(asked 1 'protocol_state|helo_name|protocol_name|sender'; asked 2 'protocol_state|helo_name|protocol_name')" \
    'protocol_state=EHLO|protocol_name=ESMTP|helo_name=h|sender=|protocol_state=HELO|protocol_name=SMTP|helo_name=g|'
t 'the log has the name' logged 'refused client 192\.0\.2\.9: 550 5\.7\.1 not with that name: helo h '
says 'action=hold that name\n\n'
send >/dev/null
is 'what is said to it holds for each message' "$(envelope)" 'Fa@b.example|Hthat name|C192.0.2.9|Tx@here.example||'
says 'action=prepend X-N: 1\n\n'
printf 'EHLO h\r\nEHLO h\r\nMAIL FROM:<>\r\nRCPT TO:<x@here.example>\r\nDATA\r\n\r\n.\r\n' | pneu-smtpd >/dev/null 2>&1
is 'until the next one' "$(grep -c X-N "$Q/message")" 1
policy "mail unix:$P/s"
says 'action=reject 5.7.1 no such sender\n\n'
is 'a sender can be refused, and then there was none' "$(codes 'EHLO h
MAIL FROM:<a@b.example> SIZE=9
RCPT TO:<x@here.example>' | sed 's/^.*250 ENH[^|]*|//; s/^.*-[^|]*|250|//')" '554 5.7.1|503 5.5.1|'
is 'he is told with what he declares' "$(asked 1 'protocol_state|sender|recipient|size')" 'protocol_state=MAIL|sender=a@b.example|recipient=|size=9|'
says "$dunno"
is 'or not' "$(send)" '250 2.1.0|250 2.1.5|250 2.1.5|354|250 2.0.0|250 2.1.0|250 2.1.5|354|250 2.0.0|221 2.0.0|'
rm "$Q/envelope"
policy "data unix:$P/s"
says 'action=reject 5.7.1 not this\n\n'
is 'at the end of the data' "$(send)" '250 2.1.0|250 2.1.5|250 2.1.5|354|554 5.7.1|250 2.1.0|250 2.1.5|354|554 5.7.1|221 2.0.0|'
t 'nothing is queued' test ! -e "$Q/envelope"
is 'the size is that of the message, one recipient is named, two are counted' \
    "$(asked 1 'protocol_state|recipient|recipient_count|size'; asked 2 'recipient|recipient_count|size')" \
    'protocol_state=END-OF-MESSAGE|recipient=|recipient_count=2|size=20|recipient=x@here.example|recipient_count=1|size=5|'
says 'action=prepend X: y\n\n'
is 'then it is too late for a field' "$(send | tail -c 20)" '250 2.0.0|221 2.0.0|'
t 'which is said' logged 'trouble: policy: prepend comes too late'
is 'and not done' "$(grep -c '^X:' "$Q/message")" 0
policy "begin unix:$P/s" "data unix:$P/s"
says 'action=prepend X-Begun: yes\n\n'
rm -f "$Q/message"
send >/dev/null
is 'when the message begins it is not too late for a field' "$(grep -c '^X-Begun:' "$Q/message")" 1
is 'the recipients are counted then, and the size is what was declared' \
    "$(asked 1 'protocol_state|recipient|recipient_count|size'; asked 2 'protocol_state'; asked 3 'recipient')" \
    'protocol_state=DATA|recipient=|recipient_count=2|size=0|protocol_state=END-OF-MESSAGE|recipient=x@here.example|'
policy "begin unix:$P/s"
says 'action=450 4.2.0 come again\n\n'
rm -f "$Q/envelope"
is 'or to refuse it before any of it is sent' "$(codes 'EHLO h
MAIL FROM:<a@b.example>
RCPT TO:<x@here.example>
DATA
MAIL FROM:<a@b.example>
RCPT TO:<x@here.example>
BDAT 2
abNOOP' | sed 's/^.*250 ENH[^|]*|//; s/^.*-[^|]*|250|//')" '250 2.1.0|250 2.1.5|450 4.2.0|250 2.1.0|250 2.1.5|450 4.2.0|250 2.0.0|'
t 'nothing is queued then' test ! -e "$Q/envelope"
policy "connect unix:$P/s"
for answer in '550 not you' '450 4.7.0 not now' "ok"; do
	says "action=$answer\\n\\n"
	is "connect: $answer" "$(printf 'QUIT\r\n' | pneu-smtpd 2>"$T/log" | tr -d '\r' | no_id | head -n 1)" \
	    "$(case $answer in 550*) echo '554 5.7.1 not you' ;; 450*) echo '421 4.7.0 not now' ;; *) echo '220 mx.example ESMTP' ;; esac)"
done
is 'nothing of a transaction is known yet' "$(asked 1 'protocol_state|helo_name|sender|recipient')" 'protocol_state=CONNECT|helo_name=|sender=|recipient=|'
says 'action=hold them all\n\n'
send >/dev/null
is 'what is said at connect holds for each message' "$(envelope)" 'Fa@b.example|Hthem all|C192.0.2.9|Tx@here.example||'
rm "$Q/envelope"

# ---- several servers
wait_until 20 test -s "$T/tcp/port"
second="rcpt inet:127.0.0.1:$(cat "$T/tcp/port")"
policy "rcpt unix:$P/s" "$second"
both() { printf "%s\n" "action=$1\\n\\n" >"$P/answer"; printf "%s\n" "action=$2\\n\\n" >"$T/tcp/answer"; : >"$T/tcp/log"; rcpt '<x@here.example>'; }
is 'the second is asked after dunno' "$(both dunno 'reject second')" '554 5.7.1 second'
is 'not after ok' "$(both ok 'reject second')" '250 2.1.5 recipient ok'
is 'not after a refusal' "$(both 'reject first' 'reject second'; wc -l <"$T/tcp/log" | tr -d ' ')" '554 5.7.1 first
0'
is 'defer_if_permit waits for it' "$(both 'defer_if_permit first' 'reject second'; both 'defer_if_permit first' ok; both 'defer_if_permit first' dunno)" \
'554 5.7.1 second
450 4.7.1 first
450 4.7.1 first'
policy "rcpt unix:$P/s"
says 'action=reject x\n\n'
RELAYCLIENT=; export RELAYCLIENT
is 'about clients that may relay it is not asked' "$(rcpt '<x@here.example>')" '250 2.1.5 recipient ok'
policy "rcpt unix:$P/s clients=all"
is 'unless it is to be' "$(rcpt '<x@here.example>')" '554 5.7.1 x'
unset RELAYCLIENT

cat >"$T/check" <<'S'
#!/bin/sh
[ "$(tr '\0' '|' <&3 | cut -d'|' -f1,2)" = 'ann|x' ] && exec "$@"
exit 1
S
chmod +x "$T/check"
echo 0 >"$E/authdelay"
submit() { printf 'EHLO h\r\nAUTH PLAIN %s\r\nMAIL FROM:<>\r\nRCPT TO:<x@here.example>\r\n' "$(printf '\0ann\0x' | base64)" |
    SSL_PROTOCOL=TLSv1.3 SSL_CIPHER=TLS_AES SSL_CIPHER_USEKEYSIZE=256 pneu-smtpd "$T/check" true 2>"$T/log" | tail -n 1 | tr -d '\r' | no_id; }
policy "rcpt unix:$P/s"
is 'who has logged in is one of those, unless it is to be asked' "$(submit)" '250 2.1.5 recipient ok'
policy "rcpt unix:$P/s clients=all"
is 'then it is' "$(submit)" '554 5.7.1 x'
told() { sed -n '$p' "$P/log" | tr '|' '\n' | grep -E "^($1)=" | sort | tr '\n' '|'; }
is 'and told the login and the encryption' "$(told 'sasl_.*|encryption_.*')" \
    'encryption_cipher=TLS_AES|encryption_keysize=256|encryption_protocol=TLSv1.3|sasl_method=PLAIN|sasl_sender=|sasl_username=ann|'
printf 'EHLO h\r\nAUTH LOGIN %s\r\n%s\r\nMAIL FROM:<>\r\nRCPT TO:<x@here.example>\r\n' "$(printf ann | base64)" "$(printf x | base64)" |
    SSL_PROTOCOL=TLSv1.3 pneu-smtpd "$T/check" true >/dev/null 2>&1
is 'and the method' "$(told sasl_method)" 'sasl_method=LOGIN|'
rcpt '<x@here.example>' >/dev/null
is 'of which there is none without a login' "$(told 'sasl_method|sasl_username')" 'sasl_method=|sasl_username=|'

# ---- trouble
sorry='451 4.3.5 unable to ask for a decision, try later'
policy "rcpt unix:$P/s timeout=1"
for answer in close hang 'nonsense\n\n' '\n' 'action=ok' 'action=ok\n\nextra' 'last:action=ok\n' "$(head -c 3000 /dev/zero | tr '\0' x)" \
    "$(yes 'x=y\n' | head -n 30 | tr -d '\n')action=ok\\n\\n"; do
	says "$answer"
	is "a server that says $(printf %.30s "$answer")" "$(rcpt '<x@here.example>')" "$sorry"
done
policy "rcpt unix:$P/s timeout=20"
says 'action=o\0k\n\n'
is 'or a NUL' "$(rcpt '<x@here.example>')" "$sorry"
t 'is logged' logged "trouble: unix:$P/s: what this policy server says makes no sense\$"
policy "rcpt unix:$P/s timeout=1 default=dunno"
is 'or passed over, where that is wanted' "$(rcpt '<x@here.example>')" '250 2.1.5 recipient ok'
policy "rcpt unix:$P/none" 'rcpt unix:/nonexistent default=dunno'
is 'so is one that is not there' "$(rcpt '<x@here.example>')" "$sorry"
t 'whose name and reason are logged' logged "trouble: unix:$P/none: No such file"
policy "rcpt unix:$P/s"
says 'last:action=ok\n\n'
is 'a connection that was closed meanwhile is opened again' "$(codes "$one
RCPT TO:<y@here.example>
RCPT TO:<z@here.example>" | sed 's/.*250 2.1.0|//'; grep -c '^-' "$P/log")" '250 2.1.5|250 2.1.5|250 2.1.5|3'
# step N LINE: say it, and wait for the Nth reply
step() { printf '%s\r\n' "$2"; wait_until 20 replies "$1" || echo "no reply to $2" >&2; }
replies() { [ "$(wc -l <"$T/out")" -ge "$1" ]; }
: >"$T/out"
says 'twice:action=550 5.7.1 first\n\n'
{
	step 2 'HELO h'; step 3 'MAIL FROM:<>'; step 4 'RCPT TO:<x@here.example>'
	says 'action=550 5.7.1 second\n\n'
	: >"$P/go"
	wait_until 20 test -e "$P/gone"
	step 5 'RCPT TO:<y@here.example>'; step 6 'RCPT TO:<z@here.example>'
} | pneu-smtpd >"$T/out" 2>"$T/log"
is 'an answer that comes a second time answers no other question' "$(tail -n 3 "$T/out" | tr -d '\r' | no_id)" '550 5.7.1 first
550 5.7.1 second
550 5.7.1 second'
is 'for the connection is opened again' "$(grep -c '^-' "$P/log")" 1
t 'and the log tells why' logged "trouble: unix:$P/s: this policy server said more than it was asked"
policy "rcpt unix:$P/s timeout=3"
says hang
: >"$T/out"
{
	step 2 'HELO h'; step 3 'MAIL FROM:<>'; step 4 'RCPT TO:<x@here.example>'
	says "$dunno"
	step 5 'RCPT TO:<y@here.example>'
} | pneu-smtpd >"$T/out" 2>"$T/log"
is 'nor does one that comes too late' "$(tail -n 2 "$T/out" | tr -d '\r' | no_id; grep -c '^-' "$P/log")" "$sorry
250 2.1.5 recipient ok
1"
for line in 'vrfy unix:/x' 'rcpt' 'rcpt x' 'rcpt unix:x' 'rcpt inet:127.0.0.1' 'rcpt unix:/x timeout=0' 'rcpt unix:/x default=reject' 'rcpt unix:/x y'; do
	policy "$line"
	is "nonsense is not ignored: $line" "$(printf 'QUIT\r\n' | pneu-smtpd 2>"$T/log" | tr -d '\r' | no_id)" \
	    '421 4.3.5 this mail server is not set up correctly, try later'
done
t 'and quoted' grep -q 'fatal: control/policy: is not connect|helo|mail|rcpt|begin|data address .*: "rcpt unix:/x y"' "$T/log"

# ---- a real one
if command -v postgrey >/dev/null || [ -x /usr/sbin/postgrey ]; then
	mkdir "$T/grey"
	: >"$T/grey/none"
	PATH=$PATH:/usr/sbin postgrey --unix="$T/grey/s" --delay=1 --dbdir="$T/grey" --user="$(id -un)" --group="$(id -gn)" \
	    --pidfile="$T/grey/pid" --whitelist-clients="$T/grey/none" --whitelist-recipients="$T/grey/none" >"$T/grey/out" 2>&1 & grey=$!
	listens() { python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$1"; }
	if wait_until 20 listens "$T/grey/s"; then
		policy "rcpt unix:$T/grey/s"
		is 'postgrey defers a stranger' "$(rcpt '<x@here.example>' | cut -c1-20)" '450 4.2.0 Greylisted'
		again() { [ "$(rcpt '<x@here.example>')" = '250 2.1.5 recipient ok' ]; }
		t 'and lets him in when he comes back' wait_until 20 again
	else
		sed 's/^/# postgrey: /' "$T/grey/out"
		echo "# not tested: postgrey does not start here"
	fi
else
	echo '# not tested: postgrey is not installed'
fi
finish
