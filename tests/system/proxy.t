# proxy: haproxy before a house, with the PROXY protocol: trace, relaying and refusals are about the client, not the proxy
. tests/lib.sh
. tests/system/house.sh
PATH=$PATH:/usr/sbin
for c in haproxy openssl; do
	command -v $c >/dev/null || skip_all "$c is missing"
done
sink
build one one.test joe ann
echo "sink.test:127.0.0.1:$S" >"$D/etc/smtproutes"
cat >"$D/etc/rules" <<'END'
127.0.0.9:allow,PROXY="1"
127.0.0.31:allow,RELAYCLIENT=""
127.0.0.33:deny
127.0.0.34:allow,DATABYTES="100"
127.0.0.36:allow,GREETDELAY="2000"
:allow
END
start

openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=one.test -days 2 -keyout "$T/key" -out "$T/cert" 2>/dev/null
cat "$T/cert" "$T/key" >"$T/pem"
cat >"$T/haproxy.cfg" <<END
global
	stats socket $T/haproxy.sock
defaults
	mode tcp
	timeout connect 10s
	timeout client 20s
	timeout server 20s
	source 127.0.0.9
listen mx
	bind fd@10
	option smtpchk EHLO proxy.test
	server s 127.0.0.1:$P send-proxy-v2 check inter 100ms check-send-proxy
listen submissions
	bind fd@11 ssl crt $T/pem
	server s 127.0.0.1:$P send-proxy-v2-ssl proxy-v2-options ssl-cipher
listen old
	bind fd@12
	server s 127.0.0.1:$P send-proxy
END
python3 tests/program/tcpd_proxy.py haproxy "$T/haproxy.cfg" 3 >"$T/ports" 2>"$T/haproxy.err" & sinks="$sinks $!"
wait_until 20 test -s "$T/ports"
read -r mx submissions old <"$T/ports"

# mail PORT SOURCE RECIPIENT [tls]: one message from there; the first reply that is a refusal, else the last one
mail() {
	python3 - "$@" <<'END'
import smtplib, ssl, sys
port, source, rcpt, tls = (sys.argv[1:] + [""])[:4]
there = ("127.0.0.1", int(port), "client.test")
try:
    if tls:
        s = smtplib.SMTP_SSL(*there, timeout=30, source_address=(source, 0), context=ssl._create_unverified_context())
    else:
        s = smtplib.SMTP(*there, timeout=30, source_address=(source, 0))
    s.sendmail("a@client.test", [rcpt], "Subject: hello\n\nfrom %s\n%s" % (source, "0123456789\n" * 10))
    print(s.quit()[0])
except smtplib.SMTPRecipientsRefused as e:
    print(*[(c, t.decode()[:5]) for c, t in e.recipients.values()][0])
    s.quit()
except smtplib.SMTPResponseException as e:
    print(e.smtp_code, e.smtp_error.decode()[:5])
except (smtplib.SMTPServerDisconnected, OSError):
    print("closed")
END
}
trace() { cat "$D/home/joe/Maildir/new"/* | grep -A 2 '^Received: from '; }
came() { wait_until 10 arrived joe 1 && [ "$(mails joe)" = 1 ] && trace | grep -q "^Received: from client.test (\[$1\])"; }
smtpd_log() { grep -q "$1" "$D/log/smtpd"; }

for port in "$mx" "$old"; do
	is 'behind haproxy mail is taken' "$(mail "$port" 127.0.0.32 joe@one.test)" 221
	t 'the trace has the client' came 127.0.0.32
	is 'and not the proxy, nor TLS that there was not' "$(trace | grep -c '127.0.0.9\|ESMTPS\|TLS')" 0
	forget
done
t 'the log has the client' smtpd_log ' accepted .* client 127.0.0.32'
is 'a client that may not relay is refused, though the proxy is near' "$(mail "$mx" 127.0.0.32 x@sink.test)" '550 5.7.1'
is 'one that may relays' "$(mail "$mx" 127.0.0.31 x@sink.test)" 221
t 'and that is sent on' wait_until 20 took 1
is 'one that is denied hears nothing' "$(mail "$mx" 127.0.0.33 joe@one.test)" closed
is 'the size is limited by the rule of the client' "$(mail "$mx" 127.0.0.34 joe@one.test)" '552 5.3.4'
is 'without the proxy a client is one, too' "$(mail "$P" 127.0.0.32 joe@one.test)" 221
t 'and the mail arrives' came 127.0.0.32
forget

is 'TLS that ends at the proxy: mail is taken' "$(mail "$submissions" 127.0.0.35 joe@one.test tls)" 221
t 'the trace has that client' came 127.0.0.35
is 'and its TLS' "$(trace | grep -c 'with ESMTPS (TLSv1.3 TLS_[A-Z0-9_]*) id ')" 1
forget

# says PORT SOURCE: the codes that somebody hears who sends a header and all commands without listening
# a header from anybody else is a line of nonsense, and what the client says after it is the client's
says() {
	python3 - "$@" <<'END'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20, (sys.argv[2], 0))
s.sendall(b"PROXY TCP4 127.0.0.31 127.0.0.1 4711 25\r\nHELO client.test\r\nMAIL FROM:<a@client.test>\r\n"
          b"RCPT TO:<x@sink.test>\r\nQUIT\r\n")
got = b""
try:
    for more in iter(lambda: s.recv(4096), b""):
        got += more
except ConnectionResetError:
    pass                                # it heard enough of us; what it said before counts
print(*[line[:3] for line in got.decode().split("\r\n") if line])
END
}
is 'a client cannot say that it is another' "$(says "$P" 127.0.0.32)" '220 500 250 250 550 221'
is 'not through the proxy either' "$(says "$mx" 127.0.0.32)" '220 500 250 250 550 221'

# the proxy speaks before the greeting, which is no fault of the client's
is 'a client that waits for a late greeting is served' "$(mail "$mx" 127.0.0.36 joe@one.test)" 221
t 'its mail arrives' came 127.0.0.36
forget
is 'one that does not is sent away' "$(says "$mx" 127.0.0.36)" 554

# haproxy's own sessions
healthy() {
	python3 - "$T/haproxy.sock" <<'END'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"show stat\n")
lines = b"".join(iter(lambda: s.recv(4096), b"")).decode().split("\n")
names = lines[0][2:].split(",")
mx = [dict(zip(names, line.split(","))) for line in lines[1:] if line.startswith("mx,s,")][0]
print(mx["status"], mx["check_status"])
sys.exit(mx["status"] != "UP" or mx["check_status"] != "L7OK")
END
}
t 'haproxy asks for the health in SMTP and finds it good' wait_until 10 healthy
t 'these sessions are of the proxy' wait_until 20 smtpd_log ' end client 127.0.0.9 '
is 'no header was missing' "$(grep 'no PROXY header' "$D/log/smtpd")" ''

# many at once
python3 - "$mx" 40 >"$T/many" 2>&1 <<'END'
import smtplib, sys, threading
def one(n):
    s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), "client.test", 30, ("127.0.1.%d" % n, 0))
    s.sendmail("a@client.test", ["joe@one.test"], "Subject: hello\n\nfrom 127.0.1.%d\n" % n)
    s.quit()
    sys.stdout.write("sent\n")
for t in [threading.Thread(target=one, args=(n + 1,)) for n in range(int(sys.argv[2]))]:
    t.start()
END
is 'forty clients at once are served' "$(grep -c sent "$T/many")" 40
t 'their mail arrives' wait_until 20 arrived joe 40
right() { for n in $(seq 40); do grep -l -x "from 127.0.1.$n" "$D/home/joe/Maildir/new"/* | xargs grep -q "^Received: from client.test (\[127.0.1.$n\])" || return 1; done; }
t 'each with the client it came from' right
t 'nothing waits' wait_until 10 done_with
stop
finish
