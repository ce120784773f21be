#!/bin/sh
# pneu-smtpd started by tcpserver, inetd and systemd, spoken to by swaks; what is missing here is skipped, aloud
# Debian: swaks ucspi-tcp openbsd-inetd systemd
. tests/lib.sh
command -v swaks >/dev/null || skip_all 'no swaks'
command -v python3 >/dev/null || skip_all 'no python3'
PATH=$PATH:/usr/sbin:/sbin
pid=
cleanup() { [ -z "$pid" ] || kill "$pid" 2>/dev/null; }

mkdir "$T/etc" "$T/q"
echo mx.example >"$T/etc/me"
echo here.example >"$T/etc/rcpthosts"
cat >"$T/queue" <<EOF
#!/bin/sh
cat >"$T/q/message"
cat <&1 >"$T/q/envelope"
[ -s "$T/q/envelope" ] || exit 54
printf ID1 >&6
EOF
# what a super-server runs: it passes no environment of ours
cat >"$T/smtpd" <<EOF
#!/bin/sh
PNEU_ETC=$T/etc PNEU_FILTER=$T/queue PATH=$PATH
export PNEU_ETC PNEU_FILTER PATH
exec pneu-smtpd
EOF
chmod +x "$T/queue" "$T/smtpd"

free_port() { python3 -c 'import socket,sys; s=socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET); s.bind((sys.argv[1],0)); print(s.getsockname()[1])' "$1"; }
answers() { python3 -c 'import socket,sys; s=socket.create_connection(sys.argv[1:3],5); sys.exit(s.recv(3) != b"220")' "$1" "$2"; }
# up HOST command...: start it with PORT in the environment, try others until one answers
up() {
	up_host=$1; shift
	for up_try in 1 2 3 4 5; do
		port=$(free_port "$up_host") || return 1
		PORT=$port "$@" >"$T/out" 2>"$T/log" &
		pid=$!
		wait_until 5 answers "$up_host" "$port" && return 0
		kill "$pid" 2>/dev/null
	done
	cat "$T/out" "$T/log"
	return 1
}
down() { kill "$pid"; wait "$pid" 2>/dev/null; pid=; }
swaks_() { timeout 60 swaks "$@" </dev/null; }
mail() { rm -f "$T/q/"*; swaks_ --server "$1" --port "$port" --from a@b.example --to x@here.example --helo client.example --body 'line
.
..end' $2 >"$T/swaks" 2>&1; }
arrived() { tr '\0' '|' <"$T/q/envelope" | grep -q '^Fa@b.example|C[0-9a-f.:]*|Tx@here.example||$' && grep -qxF '..end' "$T/q/message" && grep -qx '\.' "$T/q/message"; }
# the connection carries SMTP and nothing else, whatever is logged
clean() { python3 -c '
import re, socket, sys
s = socket.create_connection(sys.argv[1:3], 5)
s.settimeout(60)
s.sendall(b"HELO h\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<x@other.example>\r\nRCPT TO:<x@here.example>\r\nDATA\r\n.\r\nQUIT\r\n")
got = b"".join(iter(lambda: s.recv(9999), b""))
codes = [l[:3] for l in got.split(b"\r\n")]
sys.exit(codes != [b"220", b"250", b"250", b"550", b"250", b"354", b"250", b"221", b""])' "$1" "$2"; }
# behind HOST...: the client that a session names whose descriptor 0 is a connection within this host, with that environment
behind() { env "$@" python3 -c '
import re, socket, subprocess, sys
with socket.create_server(("127.0.0.1", 0)) as l, socket.create_connection(l.getsockname()) as c:
    s, _ = l.accept()
    p = subprocess.Popen([sys.argv[1]], stdin=s, stdout=s, stderr=subprocess.PIPE)
    s.close()
    c.sendall(b"QUIT\r\n")
    print(re.search("client (\\S+)", p.communicate(timeout=20)[1].decode())[1])' "$T/smtpd"; }
is 'a program of this host that passes a connection on tells whose' "$(behind REMOTE_HOST=192.0.2.7; behind REMOTE_HOST=2001:db8::7; behind TCPREMOTEIP=192.0.2.8 REMOTE_HOST=192.0.2.7)" '192.0.2.7
2001:db8::7
192.0.2.8'
is 'IPv4 is IPv4 however it came' "$(behind TCPREMOTEIP=::ffff:192.0.2.9; behind REMOTE_HOST=::ffff:192.0.2.9)" '192.0.2.9
192.0.2.9'
is 'if it is an address' "$(behind REMOTE_HOST=evil.example; behind REMOTE_HOST=; behind A=b)" '127.0.0.1
127.0.0.1
127.0.0.1'
serves() {
	t "under $1 a message arrives" mail "$2"
	t "under $1 it is whole" arrived
	is "under $1 the trace names the client" "$(sed -n 1p "$T/q/message")" "Received: from client.example ([$3])"
	t "under $1 a pipelined one arrives" mail "$2" --pipeline
	t "under $1 it is whole too" arrived
	t "under $1 the client sees replies and no log" clean "$2" "$port"
}

if command -v tcpserver >/dev/null; then
	# shellcheck disable=SC2016
	t 'tcpserver starts it' up 127.0.0.1 sh -c 'exec tcpserver -HRl mx.example 127.0.0.1 "$PORT" "$0"' "$T/smtpd"
	serves tcpserver 127.0.0.1 127.0.0.1
	t 'under tcpserver the log is on descriptor 2' grep -q 'pneu-smtpd: [0-9a-z]* accepted ID1 .* client 127.0.0.1' "$T/log"
	down
	mkdir "$T/rules"
	echo '127.0.0.1:allow,RELAYCLIENT="",DATABYTES="100"' | tcprules "$T/rules/cdb" "$T/rules/tmp"
	# shellcheck disable=SC2016
	t 'tcpserver with rules starts it' up 127.0.0.1 sh -c 'exec tcpserver -HRl mx.example -x "$1" 127.0.0.1 "$PORT" "$0"' "$T/smtpd" "$T/rules/cdb"
	t 'RELAYCLIENT in a rule lets a client relay' swaks_ --server 127.0.0.1 --port "$port" --from a@b.example --to x@far.example --quit-after RCPT
	swaks_ --server 127.0.0.1 --port "$port" --from a@b.example --to x@far.example --body "$(seq 100)" >"$T/swaks" 2>&1
	t 'DATABYTES in a rule limits it' grep -q '552 5.3.4' "$T/swaks"
	down
else
	t 'under tcpserver # SKIP no tcpserver (Debian: ucspi-tcp)' true
fi

if [ "$(id -u)" -ne 0 ]; then
	t 'under inetd # SKIP inetd wants root' true
elif command -v inetd >/dev/null; then
	cat >"$T/inetd" <<EOF
echo "127.0.0.1:\$PORT stream tcp nowait root $T/smtpd smtpd" >"$T/inetd.conf"
exec inetd -i "$T/inetd.conf"
EOF
	t 'inetd starts it' up 127.0.0.1 sh "$T/inetd"
	serves inetd 127.0.0.1 127.0.0.1
	down
else
	t 'under inetd # SKIP no inetd (Debian: openbsd-inetd)' true
fi

activate=$(command -v systemd-socket-activate || echo /lib/systemd/systemd-socket-activate)
if [ -x "$activate" ]; then
	# shellcheck disable=SC2016
	t 'systemd (Accept=yes) starts it' up 127.0.0.1 sh -c 'exec "$1" --accept --inetd -l "127.0.0.1:$PORT" "$0"' "$T/smtpd" "$activate"
	serves systemd 127.0.0.1 127.0.0.1
	down
	if python3 -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1",0))' 2>/dev/null; then
		# shellcheck disable=SC2016
		t 'systemd starts it on IPv6' up ::1 sh -c 'exec "$1" --accept --inetd -l "[::1]:$PORT" "$0"' "$T/smtpd" "$activate"
		serves 'systemd on IPv6' ::1 IPv6:::1
		echo here.example >"$T/etc/localiphost"
		t 'there our own address is a literal too' swaks_ --server ::1 --port "$port" --from a@b.example --to 'x@[IPv6:::1]' --quit-after RCPT
		down
	else
		t 'on IPv6 # SKIP no IPv6 here' true
	fi
else
	t 'under systemd # SKIP no systemd-socket-activate' true
fi
finish
