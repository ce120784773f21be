# pneu-tcpd and pneu-smtpd together; pneu-smtpd under other people's listeners is tests/program/smtpd_under.t
. tests/lib.sh
. tests/program/tcpd_lib.sh
unset RELAYCLIENT DATABYTES QMAILQUEUE

mkdir "$T/etc" "$T/q"
echo mx.example >"$T/etc/me"
echo here.example >"$T/etc/rcpthosts"
# the queue program's double: one file for each message, named after its process
cat >"$T/queue" <<END
#!/bin/sh
cat >"$T/q/message.\$\$"
cat <&1 >"$T/q/envelope.\$\$"
[ -s "$T/q/envelope.\$\$" ] || exit 54
printf ID1 >&6
END
chmod +x "$T/queue"
PNEU_ETC=$T/etc PNEU_FILTER=$T/queue
export PNEU_ETC PNEU_FILTER
python=${client%% *}

# mail ADDRESS RECIPIENT [SOURCE]: the code and text of the last reply
mail() {
	"$python" - "$port" "$@" <<'END'
import smtplib, sys
port, address, rcpt, source = (sys.argv[1:] + [None])[:4]
try:
    s = smtplib.SMTP(address, int(port), "client.example", 30, (source, 0) if source else None)
    s.sendmail("a@b.example", [rcpt], b"Subject: x\r\n\r\n.dot\r\n")
    print(s.quit()[0])
except smtplib.SMTPRecipientsRefused as e:
    print(*[(c, t.decode()) for c, t in e.recipients.values()][0])
except smtplib.SMTPResponseException as e:
    print(e.smtp_code, e.smtp_error.decode())
except smtplib.SMTPServerDisconnected:
    print("closed")
END
}
envelope() { cat "$T/q"/envelope.* | tr '\0' '|'; }
fresh() { rm -f "$T/q"/*; }

pneu-tcprules "$T/rules.cdb" "$T/rules.tmp" <<'END'
127.0.0.2:allow,RELAYCLIENT=""
127.0.0.3:deny
127.0.0.4:allow,DATABYTES="5"
END
start -v -c 3 -C 2 -x "$T/rules.cdb" 127.0.0.1:0 '[::1]:0' -- pneu-smtpd
is 'a message is taken' "$(mail 127.0.0.1 x@here.example)" 221
is 'its envelope is queued' "$(envelope)" 'Fa@b.example|C127.0.0.1|Tx@here.example||'
t 'the trace names the client' grep -q 'client.example (\[127.0.0.1\])' "$T/q"/message.*
t 'and the text is whole' grep -qx '\.dot' "$T/q"/message.*
t 'the session logs where the listener does' log_has 'pneu-smtpd: [0-9a-z]* accepted ID1 .*client 127.0.0.1'
fresh
is 'relaying is refused' "$(mail 127.0.0.1 x@far.example | cut -c 1-9)" '550 5.7.1'
is 'unless a rule allows it' "$(mail 127.0.0.1 x@far.example 127.0.0.2)" 221
is 'then it is queued' "$(envelope)" 'Fa@b.example|C127.0.0.2|Tx@far.example||'
is 'a rule may deny' "$(mail 127.0.0.1 x@here.example 127.0.0.3)" closed
is 'or limit the size' "$(mail 127.0.0.1 x@here.example 127.0.0.4 | cut -c 1-9)" '552 5.3.4'
port4=$port
port=$(sed -n 2p "$T/port")
if [ -n "$port" ]; then
	fresh
	is 'over IPv6' "$(mail ::1 x@here.example)" 221
	t 'the trace names the client' grep -q 'client.example (\[IPv6:::1\])' "$T/q"/message.*
fi
port=$port4
wait_until 20 nobody_in
# two idle sessions of one client; the greeting's first byte says that they are there
for n in 1 2; do
	$client hold 127.0.0.1 "$port" "$T/held$n" >"$T/held$n.out" &
	wait_until 20 test -e "$T/held$n.in"
done
is 'beyond its limit an SMTP client reads 421' "$(mail 127.0.0.1 x@here.example | sed 's/ \[[0-9a-z]*\]$//')" \
    '421 4.7.0 too many connections from your address, try again later'
is 'another client is served' "$(mail 127.0.0.1 x@here.example 127.0.0.2)" 221
kill -TERM "$pid"
for n in 1 2; do
	: >"$T/held$n.go"
done
wait "$pid"
is 'TERM lets both sessions end and exits 0' "$?" 0
wait
t 'they were answered to their end' grep -q '^5' "$T/held1.out"
pid=

# ---- a program before pneu-smtpd, as etc/listeners has it
cat >"$T/before" <<'END'
#!/bin/sh
echo "before: $1 $2" >&2
shift 2
exec "$@"
END
chmod +x "$T/before"
printf '%s\n' 'submission -- nothing' "smtpd -c 7 127.0.0.1:0 -- $T/before * two" >"$T/etc/listeners"
cp "$T/rules.cdb" "$T/etc/rules.cdb"
: >"$T/port"
PNEU_BUILD=$B sh scripts/listen smtpd -v -1 >"$T/port" 2>"$T/log" & pid=$!
wait_until 20 test -s "$T/port"
port=$(cat "$T/port")
fresh
is 'a program before it lets the message through' "$(mail 127.0.0.1 x@here.example)" 221
t 'and was started with its words' grep -qxF 'before: * two' "$T/log"
t 'the options before it are for the listener' wait_until 20 log_has 'status: 0/7'
stop

# ---- options and addresses of the line, and of the command line
echo 'smtpd -c 7 127.0.0.2:0' >"$T/etc/listeners"
: >"$T/port"
PNEU_BUILD=$B sh scripts/listen smtpd -v -m 'too many: 1' 127.0.0.1:0 -1 >"$T/port" 2>"$T/log" & pid=$!
two_ports() { [ "$(wc -l <"$T/port")" -eq 2 ]; }
wait_until 20 two_ports
port=$(sed -n 1p "$T/port")
is 'an address of the command line is listened on' "$(mail 127.0.0.1 x@here.example)" 221
port=$(sed -n 2p "$T/port")
is 'and the one of the line' "$(mail 127.0.0.2 x@here.example)" 221
t 'and the options behind one, and of the line, count' wait_until 20 log_has 'status: 0/7'
stop
rm "$T/etc/listeners" "$T/etc/rules.cdb"

activate=$(command -v systemd-socket-activate)
if [ -n "$activate" ]; then
	answers() { [ "$(mail 127.0.0.1 x@here.example 2>/dev/null)" = 221 ]; }
	for try in 1 2 3 4 5; do
		port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
		"$activate" -E PNEU_ETC -E PNEU_FILTER -E PATH -l "127.0.0.1:$port" "$B/pneu-tcpd" -- pneu-smtpd 2>"$T/log" &
		pid=$!
		wait_until 10 answers && break
		kill -KILL "$pid"
	done
	fresh
	is 'on a socket that systemd opened' "$(mail 127.0.0.1 x@here.example)" 221
	is 'a message is queued too' "$(envelope)" 'Fa@b.example|C127.0.0.1|Tx@here.example||'
	stop
	is 'and TERM ends it' "$code" 0
else
	echo '# systemd-socket-activate is missing: its sockets are left out'
fi
finish
