# extensions: chunks, wishes about reports, UTF-8 in addresses and headers, through two whole houses and back
. tests/lib.sh
. tests/system/house.sh
build two two.test bob
start
two=$P
build one one.test joe ann
echo '127.:allow,RELAYCLIENT=""' >"$D/etc/rules"
sink
printf 'two.test:127.0.0.1:%s\nfar.test:127.0.0.1:%s\n' "$two" "$S" >"$D/etc/smtproutes"
start

cat >"$T/hand.py" <<'END'
"""hand.py PORT CHUNK MAIL-PARAMETERS SENDER RCPT[ PARAMETERS]... <message: by BDAT in chunks of so many bytes"""
import smtplib
import sys
port, chunk, parameters, sender, *rcpts = [a.encode('utf-8', 'surrogateescape') for a in sys.argv[1:]]
text = sys.stdin.buffer.read().replace(b'\n', b'\r\n')
s = smtplib.SMTP('127.0.0.1', int(port), 'client.test', timeout=30)
s.ehlo()
def ask(line, extra=b''):
    s.sock.sendall(line + b'\r\n' + extra)
    code, words = s.getreply()
    if code != 250:
        sys.exit('%r: %d %r' % (line[:80], code, words))
ask(b'MAIL FROM:<' + sender + b'> ' + parameters)
for r in rcpts:
    address, _, words = r.partition(b' ')
    ask(b'RCPT TO:<' + address + b'> ' + words)
for at in range(0, len(text), int(chunk)):
    ask(b'BDAT %d' % len(text[at:at + int(chunk)]), text[at:at + int(chunk)])
ask(b'BDAT 0 LAST')
s.quit()
END
hand() { python3 "$T/hand.py" "$P" "$@"; }
here() { find "$T/$1/home/$2/Maildir/new" -type f | wc -l | tr -d ' '; }
came() { [ "$(here "$1" "$2")" -ge "$3" ]; }
text() { sed '1,/^X-Begin:/d' "$T/$1/home/$2"/Maildir/new/*; }
{
	printf 'X-Begin: here\nSubject: gr\303\274\303\237e\nFrom: j\303\274rgen@one.test\n\n.\n..\n\n'
	awk 'BEGIN { for (i = 0; i < 3000; i++) print "line", i }'
	printf 'QUIT\n.\nend\n'
} >"$T/message"
sed 1d "$T/message" >"$T/want"

t 'a message in chunks of 1000 bytes, from a sender with UTF-8 to a user here and one of the other house' \
	hand 1000 'SMTPUTF8 BODY=8BITMIME' "$(printf 'j\303\274rgen@one.test')" ann@one.test bob@two.test <"$T/message"
t 'comes to the user here' wait_until 20 came one ann 1
text one ann >"$T/got"
t 'as it was' cmp "$T/got" "$T/want"
t 'and to the other house' wait_until 20 came two bob 1
text two bob >"$T/got"
t 'as it was' cmp "$T/got" "$T/want"
is 'the way says how' "$(grep -h -c ' with UTF8SMTP ' "$T"/two/home/bob/Maildir/new/*)" 2
t 'the sender with it' sh -c 'printf "Return-Path: <j\303\274rgen@one.test>\n" | grep -qFf - "$@"' - "$T"/two/home/bob/Maildir/new/*

t 'a recipient whom the other house does not know, and of whom nobody wants to hear' \
	hand 50 'ENVID=first' joe@one.test 'nosuch@two.test NOTIFY=NEVER' 'ann@one.test NOTIFY=NEVER' <"$hello"
t 'the other gets it' wait_until 20 came one ann 2
t 'the queue is empty' wait_until 20 done_with
t 'another' hand 50 'ENVID=sec+2Bond RET=HDRS' joe@one.test 'nosuch@two.test NOTIFY=FAILURE ORCPT=rfc822;old+2Btag@first.test' <"$hello"
t 'and there is a bounce' wait_until 20 came one joe 1
t 'the queue is empty again' wait_until 20 done_with
is 'one' "$(here one joe)" 1
cat "$T"/one/home/joe/Maildir/new/* >"$T/bounce"
is 'it has the names that the sender gave' "$(grep -E '^(Original|Final)-' "$T/bounce")" 'Original-Envelope-Id: sec+ond
Original-Recipient: rfc822; old+tag@first.test
Final-Recipient: rfc822; nosuch@two.test'
is 'and the header alone' "$(grep -c -e '^Content-Type: text/rfc822-headers' "$T/bounce")$(grep -c '^body$' "$T/bounce")" 10

t 'a host that does not know SMTPUTF8' hand 1000 'SMTPUTF8' joe@one.test x@far.test <"$T/message"
t 'is not given what needs it' wait_until 20 came one joe 2
t 'the bounce says so' grep -q '^Status: 5.6.7' "$T"/one/home/joe/Maildir/new/*
t 'in the form for it' grep -q '^Content-Type: message/global-delivery-status' "$T"/one/home/joe/Maildir/new/*
is 'the host has seen nothing of it' "$(grep -c '^MAIL' "$T/sink.log")" 0
t 'the rest it gets' hand 1000 'SMTPUTF8 BODY=8BITMIME' joe@one.test x@far.test <"$hello"
t 'as it was' wait_until 20 took 1
enter two
stop
enter one
stop
finish
