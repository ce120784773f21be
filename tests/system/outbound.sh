# outbound.sh - what every mail server gets from us; source it with the server's configuration (see servers.sh) on standard
# input, then say what is special of that one, then outbound_end. Needs root, and what tests/servers unpacks.
#   $server         postfix, exim or opensmtpd
#   $unknown        what it says of a user it does not have
#   $unknown_status and its status code, or what we make of one without
. tests/lib.sh
. tests/system/servers.sh
servers_enter "$server"
. tests/system/house.sh

build house house.test ann bob
RELAY=127.0.0.1:$P
echo "TLS_CAFILE='$T/ca.crt' '$top/scripts/tlsclient-openssl'" >"$D/etc/tlsclient"
printf '%s\n' "may.$server.test: tls=may" "verify.$server.test: tls=verify" "wrong.$server.test: tls=verify" ": tls=no" >"$D/etc/smtproutes"
"${server}_start"
servers_zone
start

waits_for() { said | grep -q -F -e "$1"; }
# in how many seconds the last message is tried again
due() { echo $(($(stat -c %Y "$(find "$D/queue/msg" -name "$ID")") - $(date +%s))); }
due_in() { due >"$T/due" && [ "$(cat "$T/due")" -ge "$1" ] && [ "$(cat "$T/due")" -le "$2" ]; }
# smtp that sets ID
submit() { ID=$(smtp "$@" | sed -n 's/^250 .* //p'); }
eval address=\$${server}_address
has() { has_found "$server" "$@"; }
each_has_one() { [ "$(find "$SERVERS/$server"/home/u*/Maildir/new -type f | wc -l)" -eq 20 ]; }
# first USER: the bytes after the header of the first message there
first() { find "$SERVERS/$server/home/$1/Maildir/new" -type f | sort | head -n 1; }
body() { sed '1,/^$/d' "$1"; }
same_body() { body "$1" >"$T/a"; body "$2" | cmp "$T/a" -; }
clear_all() {
	find "$SERVERS/$server"/home/*/Maildir/new -type f -exec rm -f {} + 2>/dev/null
	forget
}
# field NAME: of the report that ann has
field() {
	sed -nE "/^Content-Type: message\/(global-)?delivery-status/,/^--/s/^$1: (rfc822; |dns; |smtp; )?//p" "$D"/home/ann/Maildir/new/*
}
parts() {
	python3 -S -E "$top/tests/program/bounce_check.py" show "$D"/home/ann/Maildir/new/* |
	    sed -nE 's/^parts ([^ ]* [^ ]*).*/\1/p; /^defects/p' | paste -s -d ' ' -
}
# a bounce for ann: its STATUS, and TEXT of the server in it
bounces() {
	t "$1: the sender hears of it" wait_until 20 arrived ann 1
	is "$1: in a form for programs" "$(parts)" "${parts:-text/plain message/delivery-status defects 0}"
	is "$1: with a status" "$(field Status)" "$2"
	t "$1: in words" grep -qi -e "$3" "$D"/home/ann/Maildir/new/*
}
# refused DOMAIN PROMISE STATUS: a message for it waits, for that reason
refused() {
	send ann@house.test "joe@$1.$server.test"
	t "$2: the message waits" wait_until 20 waits_for "$3"
	is 'nothing arrives' "$(found "$server" joe)" 0
	pneu-qctl delete "$ID" >"$T/out" 2>&1
	clear_all
}
outbound_end() {
	t 'nothing waits' wait_until 20 done_with
	is 'nothing went wrong that was not meant to' "$(grep -E 'report mangled|alert:' "$D/log/send")" ''
	kill "$server_pid"                      # it may keep a session open for some seconds
	stop
	finish
}

# ---- one message, many recipients, many messages
send ann@house.test "joe@$server.test"
t 'a message arrives' wait_until 20 has joe 1
t 'as it was' same_body "$(first joe)" "$hello"
t 'with our trace' grep -q '^Received: (pneu ' "$(first joe)"
t 'the log has the words of the server' wait_until 10 logged "success:.*${address}_accepted_message"
clear_all

had=$(taken "$server")
send ann@house.test $(seq -f "u%g@$server.test" 20)
t '20 recipients' wait_until 20 has u20 1
t 'all of them' wait_until 20 each_has_one
# its log may come after its mail
saw() { [ $(($($1 "$server") - had)) -ge 1 ]; }
wait_until 20 saw taken
is 'in one transaction' $(($(taken "$server") - had)) 1
clear_all

stop
echo 1 >"$D/etc/concurrencyremote"
for i in 1 2 3 4 5 6 7 8 9 10; do
	send ann@house.test "joe@$server.test"
done
send ann@house.test "joe@$server.test" "joe@share.$server.test"
had=$(connections "$server")
start
t '11 messages, for two domains with one MX' wait_until 20 has joe 12
wait_until 20 saw connections
is 'over one connection' $(($(connections "$server") - had)) 1
clear_all
rm "$D/etc/concurrencyremote"

# ---- what is in it
M=$T/message
printf 'Subject: 8 bits\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\ngr\303\274\303\237e \377\376\n' >"$M"
is 'eight bits are taken here' "$(smtp -8 ann@house.test "joe@$server.test" | cut -c 1-3)" 250
t 'and arrive' wait_until 20 has joe 1
t 'as they were' same_body "$(first joe)" "$M"
clear_all

{
	printf 'Subject: odd\n\n.\n..\n...\n.dot\nFrom joe\n>From joe\n-- \ntrailing \t\n\n\n\ttab\nQUIT\n.\nMAIL FROM:<>\n'
	awk 'BEGIN { for (i = 0; i < 950; i++) printf "."; printf "\n" }'
	printf 'end\n\n'
} >"$M"
send ann@house.test "joe@$server.test"
t 'dots, and what looks like commands' wait_until 20 has joe 1
t 'change nothing' same_body "$(first joe)" "$M"
clear_all
printf 'Subject: odd\n\na\rb\r\nc\r\r\nd\r.\re\r\n.\r\nlast\r' >"$M"
printf 'Subject: odd\n\na\nb\nc\n\nd\n.\ne\n.\nlast\n' >"$T/want"
send ann@house.test "joe@$server.test"
t 'CRs without LF, and a last line without an end' wait_until 20 has joe 1
t 'are ends of lines' same_body "$(first joe)" "$T/want"
clear_all
# a header that needs SMTPUTF8, and for whom knows it a sender as well
printf 'Subject: gr\303\274\303\237e\n\n\303\244\n' >"$M"
if [ -z "$no_utf8" ]; then
	submit "$(printf 'j\303\274rgen@house.test') SMTPUTF8 BODY=8BITMIME" "joe@$server.test"
	t 'SMTPUTF8' wait_until 20 has joe 1
	t 'the sender is who he is' grep -q "[< ]$(printf 'j\303\274rgen')@house.test" "$(first joe)"
	t 'and the header as it was' grep -q "^$(head -n 1 "$M")\$" "$(first joe)"
else
	submit 'ann@house.test SMTPUTF8 BODY=8BITMIME' "joe@$server.test"
	parts='text/plain message/global-delivery-status defects 0'
	bounces 'SMTPUTF8 that is not known there' 5.6.7 'SMTPUTF8\|UTF-8'
	parts=
	is 'nothing arrives' "$(found "$server" joe)" 0
fi
clear_all
python3 -c 'print("Subject: large\n"); [print("%063d" % i) for i in range(80000)]' >"$M"
send ann@house.test "joe@$server.test"
t '5 MB' wait_until 20 has joe 1
t 'byte for byte' same_body "$(first joe)" "$M"
t 'without SMTPUTF8, though on the same connection' not grep -q 'with UTF8SMTP' "$(first joe)"
clear_all
cat "$M" "$M" "$M" >"$T/larger" && M=$T/larger
had=$(taken "$server")
send ann@house.test "joe@$server.test"
bounces 'too large for the server' 5.3.4 'too large\|size\|large'
is 'it was not sent' $(($(taken "$server") - had)) 0
M=
clear_all

# ---- refusals
send ann@house.test "joe@$server.test" "nosuch@$server.test"
bounces 'nobody there' "$unknown_status" "$unknown"
is 'that one only' "$(field Final-Recipient) $(field Action)" "nosuch@$server.test failed"
is 'with the host that said so' "$(field Remote-MTA)" "mx.$server.test"
is 'and its words' "$(field Diagnostic-Code | cut -c 1-4)" '550 '
t 'the other one has it' wait_until 20 has joe 1
clear_all

# ---- reports
submit 'ann@house.test RET=HDRS ENVID=QQ+2B1' "joe@$server.test NOTIFY=SUCCESS ORCPT=rfc822;joe+2Bx@first.test"
t 'NOTIFY=SUCCESS' wait_until 20 has joe 1
t 'is for the server to report' wait_until 20 arrived ann 1
is 'which says it is delivered' "$(mail ann | tr A-Z a-z | sed -n 's/^\(action: [a-z]*\).*/\1/p')" 'action: delivered'
t 'and we do not as well' wait_until 20 done_with
is 'there is one report' "$(mails ann)" 1
cp "$D"/home/ann/Maildir/new/* "$T/report"
clear_all

# ---- TLS
if openssl s_client -starttls smtp -connect "$address:25" </dev/null >"$T/openssl" 2>&1; then
	for d in may verify; do
		send ann@house.test "joe@$d.$server.test"
		t "tls=$d: a message arrives" wait_until 20 has joe 1
		t "tls=$d: protected" grep -q 'TLSv\{0,1\}1\.[23]' "$(first joe)"
		t "tls=$d: as it was" same_body "$(first joe)" "$hello"
		[ $d = may ] && how= || how=:verified
		t "tls=$d: as the log says" wait_until 20 logged "via mx.$server.test/$address/TLSv1\.[23]$how\(/dsn\)\{0,1\}\$"
		clear_all
	done
	refused wrong 'a certificate of another name, where that counts' 4.7.5
else
	echo "# $server offers STARTTLS and then fails: $(grep -o 'error:[0-9A-F]*:.*' "$T/openssl" | head -n 1)"
	send ann@house.test "joe@may.$server.test"
	t 'STARTTLS that fails: a message arrives' wait_until 20 has joe 1
	t 'in clear text, which is logged' wait_until 20 logged "warning: clear text instead of TLS: $address"
	t 'for the delivery, too' wait_until 20 logged "via mx.$server.test/$address/clear"
	clear_all
	refused verify 'STARTTLS that fails, where it counts' 4.7.5
fi

# ---- hosts
had=$(grep -c deferral "$D/log/send")
send ann@house.test "joe@down.$server.test"
t 'the first host is down: the second has it' wait_until 20 has joe 1
t 'it is gone' wait_until 20 gone
is 'at the first attempt' $(($(grep -c deferral "$D/log/send") - had)) 0
clear_all
