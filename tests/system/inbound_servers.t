# inbound_servers.t - mail from Postfix, Exim and OpenSMTPD, to pneu-smtpd behind tlswrapper
. tests/lib.sh
. tests/system/servers.sh
servers_enter postfix exim opensmtpd
. tests/system/house.sh
command -v tlswrapper >/dev/null || skip_all 'needs tlswrapper'

build house house.test joe ann bob
echo 6000000 >"$D/etc/databytes"
echo ": tls=no" >"$D/etc/smtproutes"
cat "$T/postfix.key" "$T/postfix.crt" >"$T/pem"
mkdir "$T/records"
# the same house, at a port with STARTTLS, or with records of the sessions
cat >"$T/smtpd" <<END
#!/bin/sh
unset RELAYCLIENT
[ ! -e "$T/record" ] || RECORD="$T/records" exec pneu-record pneu-smtpd
exec tlswrapper -n -f "$T/pem" pneu-smtpd
END
chmod +x "$T/smtpd"
servers_zone
start
: >"$T/port"
pneu-tcpd -1 127.0.0.1:0 -- "$T/smtpd" >"$T/port" 2>"$T/smtpd.log" &
sinks="$sinks $!"
wait_until 20 test -s "$T/port"
RELAY=127.0.0.1:$(head -n 1 "$T/port")
for s in postfix exim opensmtpd; do
	"${s}_start" </dev/null
	sinks="$sinks $server_pid"
done

# from NAME SENDER RCPT...: it is for that server to send
from() { (eval P=\$${1}_address:25; shift; smtp "$@") >"$T/reply"; }
body() { sed '1,/^$/d' "$1"; }
came() { body "$D"/home/joe/Maildir/new/* >"$T/a"; body "$M" | cmp "$T/a" -; }
log_has() { grep -q "$1" "$T/smtpd.log"; }
told() { has_found "$1" u1 1; }
recorded() { cat "$T/records"/* | grep -q "$1"; }
M=$T/message
{
	printf 'Subject: odd\nFrom: u1@test\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n'
	printf '.\n..\n.dot\nFrom joe\ntrailing \t\n\n\tgr\303\274\303\237e\nQUIT\n.\n'
	awk 'BEGIN { for (i = 0; i < 950; i++) printf "."; printf "\n" }'
	printf 'end\n\n'
} >"$M"
python3 -c 'print("Subject: large\n"); [print("%063d" % i) for i in range(110000)]' >"$T/large"

for s in postfix exim opensmtpd; do
	rm -f "$T/record"
	from $s "u1@$s.test BODY=8BITMIME" joe@house.test ann@house.test bob@house.test
	t "$s: a message for three arrives" wait_until 20 arrived joe 1
	t "$s: at all" wait_until 20 eval 'arrived ann 1 && arrived bob 1'
	t "$s: as it was" came
	t "$s: by TLS" eval 'mail joe | grep -q "^	by house.test with ESMTPS"'
	t "$s: in one transaction" wait_until 20 log_has " rcpts 3 .* from <u1@$s.test>"
	forget

	from $s "u1@$s.test" nosuch@house.test joe@house.test
	t "$s: nobody there: its user hears so" wait_until 20 told $s
	t "$s: with our words" eval "got $s u1 | tr -s ' \n\t' ' ' | grep -q '55[03] 5.1.1 .*nosuch'"
	t "$s: the other one has it" wait_until 20 arrived joe 1
	rm -f "$SERVERS/$s"/home/u1/Maildir/new/*
	forget

	(M=$T/large; from $s "u1@$s.test" joe@house.test)
	t "$s: too large: its user hears so" wait_until 20 told $s
	t "$s: no copy was sent" not log_has "accepted .* bytes [67][0-9]\{6\} .*from <u1@$s.test>"
	is "$s: nothing arrives" "$(mails joe)" 0
	rm -f "$SERVERS/$s"/home/u1/Maildir/new/*
	: >"$T/record"

	case $s in
	postfix)
		from $s "u1@$s.test RET=HDRS ENVID=QQ1" 'joe@house.test NOTIFY=SUCCESS ORCPT=rfc822;first+2Bx@test'
		t "$s: a report is asked for, and comes" wait_until 20 told $s
		t "$s: from us" eval 'got postfix u1 | grep -qi "^Reporting-MTA: dns; *house.test"'
		t "$s: it says delivered" eval 'got postfix u1 | grep -qi "^Action: delivered"'
		t "$s: what, and to whom" eval 'got postfix u1 | grep -qi "^Original-Envelope-Id: QQ1" && got postfix u1 | grep -q "^Original-Recipient: rfc822; *first+x@test"'
		t "$s: it used PIPELINING" wait_until 20 eval 'cat "$T/records"/* | paste -s -d " " - | grep -q "> [0-9]* RCPT TO:[^>]*>[^>]* > [0-9]* DATA"'
		rm -f "$SERVERS/$s"/home/u1/Maildir/new/*
		forget
		from $s "$(printf 'j\303\274rgen@postfix.test') SMTPUTF8" "$(printf 'bob+gr\303\274\303\237e@house.test')"
		t "$s: SMTPUTF8" wait_until 20 arrived bob 1
		t "$s: as the trace tells" eval 'mail bob | grep -q "^	by house.test with UTF8SMTP"'
		;;
	exim)
		from $s "u1@$s.test" joe@house.test
		t "$s: without TLS" wait_until 20 arrived joe 1
		t "$s: it used CHUNKING" wait_until 20 recorded '> [0-9]* BDAT [0-9]* LAST'
		t "$s: as it was" came
		;;
	esac
	rm -f "$T/records"/*
	forget
done
t 'nothing waits' wait_until 20 done_with
kill $sinks
sinks=
stop
finish
