# inetd: the lines of conf/inetd, as they are installed, under Debian's inetd and xinetd, on a host that has no other listener
. tests/lib.sh
. tests/system/host.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
PATH=$PATH:/usr/sbin:/sbin
command -v inetd >/dev/null || skip_all 'needs inetd (Debian: openbsd-inetd)'
not() { ! "$@"; }
host_begin mail.example.org
host_install >"$T/install.log"
host_run 'id joe >/dev/null 2>&1 || useradd --create-home --shell /bin/sh joe
pneu-setup --me=mail.example.org --domains=mail.example.org,example.org --locals=mail.example.org,example.org --defaultdelivery=./Maildir/ \
    --root-mail-to=joe --supervisor=none --no-sendmail --beside --batch' >"$T/setup.log" 2>&1
t 'an installed host' host_run 'test -s /etc/pneu/me && id pneud && test -u /usr/local/lib/pneu/pneu-queue'

conf=/usr/local/share/pneu/inetd
is 'both files name what is installed' "$(host_run 'grep -ho "/[^[:space:]]*pneu-smtpd" '$conf'/inetd.conf '$conf'/xinetd.conf | sort -u')" /usr/local/lib/pneu/pneu-smtpd
t 'which is there' host_run 'test -x /usr/local/lib/pneu/pneu-smtpd'
is 'and a user there is' "$(host_run 'awk "/^smtp/ { print \$5 } \$1 == \"user\" { print \$3 }" '$conf'/inetd.conf '$conf'/xinetd.conf | sort -u | xargs id -un')" pneud

host_run '/usr/local/lib/pneu/pneu-start >"$T/send.log" 2>&1 &
inetd -i '$conf'/inetd.conf >"$T/inetd.log" 2>&1 & echo $! >"$T/inetd.pid"'
cat >"$T/talk.py" <<-'END'
	import socket, sys
	address, subject = sys.argv[1:3]
	s = socket.create_connection((address, 25), 30)
	s.settimeout(60)
	f = s.makefile("rb")
	print(f.readline()[:3].decode())
	for c in sys.argv[3:]:
	    s.sendall((c + "\r\n").encode())
	    print(f.readline()[:3].decode())
	    if c == "DATA":
	        s.sendall(("Subject: %s\r\n\r\nhello\r\n.\r\n" % subject).encode())
	        print(f.readline()[:3].decode())
	print(f.read().decode() or "end")
END
# talk ADDRESS SUBJECT COMMAND...: the code of each reply, and what comes after that to QUIT
talk() { host_run 'python3 "$T/talk.py" "$@"' "$@" 2>&1 | tr '\n' ' '; }
answers() { host_run 'pneu-health -q -s "$1" greeting' "$1"; }
arrived() { host_run 'grep -rlqx "Subject: $1" /home/joe/Maildir/new' "$1"; }
both=127.0.0.1 traces='[127.0.0.1] '
if host_run 'python3 -c "import socket; socket.socket(socket.AF_INET6).bind((\"::1\", 0))"' 2>/dev/null; then
	both='127.0.0.1 ::1' traces='[127.0.0.1] [IPv6:::1] '
else
	echo '# there is no IPv6 here'
fi
sessions() {    # sessions INETD
	for a in $both; do
		case $a in *:*) at="[$a]:25" ;; *) at=$a:25 ;; esac
		t "$1: at $a there is a greeting" wait_until 30 answers "$at"
		is "$1: at $a a client gets replies and nothing else" \
			"$(talk $a "to $a by $1" 'HELO client.example' 'MAIL FROM:<eve@elsewhere.example>' 'RCPT TO:<joe@far.example>' 'RCPT TO:<joe@example.org>' DATA QUIT)" \
			'220 250 250 550 250 354 250 221 end '
		t "$1: at $a what is acknowledged is delivered" wait_until 60 arrived "to $a by $1"
	done
}
sessions inetd
is 'the trace has the client' "$(host_run 'cat /home/joe/Maildir/new/*' | sed -n 's/^Received: from client.example (\([^ ]*\)).*/\1/p' | sort | tr '\n' ' ')" "$traces"

# a session, as long as it lasts
cat >"$T/hold.py" <<-'END'
	import os, socket, sys, time
	s = socket.create_connection(("127.0.0.1", 25), 30)
	s.makefile().readline()
	open(sys.argv[1] + ".new", "w").close()
	os.rename(sys.argv[1] + ".new", sys.argv[1])
	while os.path.exists(sys.argv[1]):
	    time.sleep(0.05)
END
host_run 'python3 "$T/hold.py" "$T/held" >"$T/hold.log" 2>&1 &'
t 'a session' wait_until 30 test -e "$T/held"
is 'is of pneud, in no other group' "$(host_run 'for p in /proc/[0-9]*; do
	read -r n <$p/comm && [ "$n" = pneu-smtpd ] && awk "/^Uid:/ { u = \$2 } /^Groups:/ { print u, \$2, \$3 }" $p/status; done 2>/dev/null | sort -u | xargs')" \
	"$(host_run 'id -u pneud; id -G pneud' | tr '\n' ' ' | sed 's/ $//')"
rm "$T/held"

# ---- xinetd, of which only the program is taken: as a package it wants to be the only inetd
xinetd=${PNEU_SERVERS:-/var/lib/pneu-tests}/callers/alone/xinetd.deb
if [ ! -s "$xinetd" ] || ! host_run 'dpkg-deb -x "$1" "$T/xinetd" && "$T/xinetd/usr/sbin/xinetd" -version' "$xinetd" >"$T/xinetd.log" 2>&1; then
	echo '# not tried with xinetd: "sh tests/callers", as root, fetches it'
else
	host_run 'kill "$(cat "$T/inetd.pid")"'
	silent() { ! answers 127.0.0.1:25; }
	t 'inetd ends' wait_until 30 silent
	host_run '"$T/xinetd/usr/sbin/xinetd" -dontfork -f '$conf'/xinetd.conf >"$T/xinetd.log" 2>&1 &'
	sessions xinetd
	is 'xinetd: the trace has the client' "$(host_run 'grep -l "by xinetd" /home/joe/Maildir/new/* | xargs cat' | sed -n 's/^Received: from client.example (\([^ ]*\)).*/\1/p' | sort | tr '\n' ' ')" "$traces"
fi
finish
