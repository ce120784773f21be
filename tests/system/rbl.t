# rbl: rblsmtpd between a listener and pneu-smtpd, with lists of its own; needs a network namespace, as DNS has port 53
. tests/lib.sh
if [ -z "$PNEU_IN_NAMESPACE" ]; then
	for c in python3 unshare ip rblsmtpd tcpserver tcprules; do
		command -v $c >/dev/null || skip_all "$c is missing (Debian: python3 util-linux iproute2 ucspi-tcp)"
	done
	unshare -rn true 2>/dev/null || skip_all 'may not make a network namespace here'
	rm -rf "$T"
	PNEU_IN_NAMESPACE=1 exec unshare -rn sh "$0"
fi
. tests/system/house.sh
ip link set lo up
pid=
down() {
	[ -z "$pid" ] || { kill "$pid"; wait "$pid"; } 2>/dev/null
	pid=
}
cleanup() { down; house_cleanup; }
sink
build one one.test joe ann
echo "sink.test:127.0.0.1:$S" >"$D/etc/smtproutes"
start

python3 tests/system/dnsbl.py 127.0.0.1 "$T/dns" <<'END' &
bad.test 127.0.0.2 bad manners, see http://bad.test/127.0.0.2
worse.test 127.0.0.3 worse
good.test 127.0.0.4 yes
bad.test 127.0.0.4 bad, but with friends
bad.test 127.0.0.5 FAIL
bad.test 127.0.0.6 bad, but pardoned by a rule
bad.test 127.0.0.10 bad, and known to relay
END
sinks="$sinks $!"
wait_until 20 grep -q ready "$T/dns" || skip_all 'no name server on port 53 here'
export DNSCACHEIP=127.0.0.1

cat >"$T/rules" <<'END'
127.0.0.6:allow,RBLSMTPD=""
127.0.0.7:allow,RBLSMTPD="-go away"
127.0.0.8:allow,RBLSMTPD="come later"
127.0.0.9:allow,RELAYCLIENT="",DATABYTES="200"
127.0.0.10:allow,RELAYCLIENT=""
:allow
END

# mail SOURCE RECIPIENT [BYTES]: one message from there; the first reply that is a refusal, else the last one
mail() {
	python3 - "$port" "$@" <<'END'
import smtplib, sys
port, source, rcpt, size = (sys.argv[1:] + ["0"])[:4]
try:
    s = smtplib.SMTP("::1" if ":" in source else "127.0.0.1", int(port), "client.test", 30, (source, 0))
    s.sendmail("a@client.test", [rcpt], "Subject: hello\n\nfrom %s\n%s\n" % (source, "x" * int(size)))
    print(s.quit()[0])
except smtplib.SMTPRecipientsRefused as e:
    print(*[(c, t.decode()) for c, t in e.recipients.values()][0])
    s.quit()
except smtplib.SMTPResponseException as e:
    print(e.smtp_code, e.smtp_error.decode())
END
}
# came SOURCE: has joe one message, from there
came() {
	wait_until 10 arrived joe 1 && [ "$(mails joe)" = 1 ] && mail_text | grep -qx "from ${1#IPv6:}" &&
	    mail_text | grep -q "^Received: from client.test (\[$1\])"
}
mail_text() { cat "$D/home/joe/Maildir/new"/*; }
listens() { python3 -c 'import socket, sys; s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5); sys.exit(s.recv(3) != b"220")' "$port"; }

under_tcpserver() {
	tcprules "$T/rules.cdb" "$T/rules.tmp" <"$T/rules"
	tcpserver -HRl one.test -x "$T/rules.cdb" 0 2600 "$@" 2>"$T/log" & pid=$!
	port=2600
}
under_tcpd() {
	pneu-tcprules "$T/rules.cdb" "$T/rules.tmp" <"$T/rules"
	pneu-tcpd -x "$T/rules.cdb" :2601 -- "$@" 2>"$T/log" & pid=$!
	port=2601
}
up() { "$@"; wait_until 20 listens || { sed 's/^/# /' "$T/log"; exit 1; }; }

for listener in tcpserver tcpd; do
	up under_$listener rblsmtpd -a good.test -r bad.test -r worse.test pneu-smtpd
	is "$listener: who is in a list hears so and may try later" "$(mail 127.0.0.2 joe@one.test)" '451 bad manners, see http://bad.test/127.0.0.2'
	is "$listener: so for each list" "$(mail 127.0.0.3 joe@one.test)" '451 worse'
	t "$listener: it is logged" grep -q 'rblsmtpd: 127.0.0.3 pid [0-9]*: 451 worse' "$T/log"
	is "$listener: nothing of it comes" "$(waiting) $(mails joe)" '0 0'
	is "$listener: who is in none is served" "$(mail 127.0.0.1 joe@one.test)" 221
	t "$listener: and the mail arrives, with the client in its trace" came 127.0.0.1
	forget
	is "$listener: who is in a list of good ones first, too" "$(mail 127.0.0.4 joe@one.test)" 221
	t "$listener: that mail arrives" came 127.0.0.4
	forget
	is "$listener: a list that fails says nothing" "$(mail 127.0.0.5 joe@one.test)" 221
	t "$listener: mail arrives nevertheless" came 127.0.0.5
	forget
	is "$listener: a rule pardons" "$(mail 127.0.0.6 joe@one.test)" 221
	t "$listener: and that arrives" came 127.0.0.6
	t "$listener: nobody was asked about it" not grep -q '6.0.0.127' "$T/dns"
	forget
	is "$listener: a rule may send away" "$(mail 127.0.0.7 joe@one.test)" '553 go away'
	is "$listener: or until later" "$(mail 127.0.0.8 joe@one.test)" '451 come later'
	is "$listener: relaying is refused" "$(mail 127.0.0.1 x@sink.test | cut -c 1-9)" '550 5.7.1'
	is "$listener: unless a rule allows it" "$(mail 127.0.0.9 x@sink.test)" 221
	is "$listener: which may limit the size" "$(mail 127.0.0.9 x@sink.test 300 | cut -c 1-9)" '552 5.3.4'
	is "$listener: a list goes before it" "$(mail 127.0.0.10 x@sink.test)" '451 bad, and known to relay'
	if [ $listener = tcpd ] && ip -6 addr show dev lo | grep -q ::1; then
		is "$listener: IPv6 has no such list" "$(mail ::1 joe@one.test)" 221
		t "$listener: its mail arrives" came IPv6:::1
		forget
	fi
	down
	up under_$listener rblsmtpd -b -c -r bad.test pneu-smtpd
	is "$listener: -b means never" "$(mail 127.0.0.2 joe@one.test)" '553 bad manners, see http://bad.test/127.0.0.2'
	is "$listener: -c: a list that fails means later" "$(mail 127.0.0.5 joe@one.test | cut -c 1-3)" 451
	down
	: >"$T/dns"
done
t 'what was relayed has arrived at the next hop' wait_until 20 took 2
is 'and nothing else' "$(grep -c '^\.$' "$T/sink.log")" 2
is 'nothing came late' "$(waiting) $(mails joe)" '0 0'
stop
finish
