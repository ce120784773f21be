# pop3_clients.t - POP3 on an installed host, as root runs it: whose mail a login has and who serves it, TLS by tlswrapper, and
# the clients that people have: curl, fetchmail, getmail, mpop
. tests/lib.sh
for c in openssl tlswrapper curl fetchmail getmail mpop python3; do
	command -v $c >/dev/null || skip_all "needs $c"
done
. tests/system/host.sh
host_begin mail.example.org
t 'pneu is installed' host_install
host_run 'pneu-setup --me=mail.example.org --domains=mail.example.org,example.org --locals=mail.example.org --supervisor=none --no-sendmail --beside --batch' \
    >"$T/setup" 2>&1 </dev/null
host_run '
set -e
useradd -m -s /bin/sh joe
groupadd more && usermod -a -G more joe
echo "joe:open sesame" | chpasswd
cd /var/lib/pneu/alias
mkdir -p example.org/ann/new example.org/ann/cur example.org/ann/tmp
chown -R alias example.org
su joe -c "cd; mkdir -p lists/new lists/cur lists/tmp; echo ./lists/ >~/.qmail-lists"
cd /etc/pneu
echo 1 >systempasswords
echo 0 >authdelay
printf "%s\n" example.org:alias lists.example.org:joe >virtualdomains
printf "%s\n" "ann@example.org: /var/lib/pneu/alias/example.org/ann/" "team@example.org: joe, ann@example.org" \
    "joseph@example.org: joe, archive@elsewhere.example" >>/etc/aliases
newaliases
hash=$(openssl passwd -6 "open sesame")
for l in ann team joseph nobody; do echo "$l@example.org:$hash"; done >passwords
echo "lists@lists.example.org:$hash" >>passwords
chgrp pneu passwords; chmod 640 passwords
/usr/local/lib/pneu/pneu-newpw
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out crt -days 2 -subj /CN=mail.example.org \
    -addext subjectAltName=DNS:mail.example.org
cat key crt >cert.pem; chmod 600 cert.pem key
cp crt "$T/crt"; chmod 644 "$T/crt"
PATH=$PATH:/usr/local/lib/pneu
for s in start "listen pop3" "listen pop3s"; do pneu-$s >>/var/log/pop 2>&1 & done' >>"$T/setup" 2>&1 </dev/null ||
    sed 's/^/# /' "$T/setup"
chmod 711 "$T"
host_log() { host_run 'cat /var/log/pop'; }

# mail comes by the whole house
send() { printf 'Subject: %s\nFrom: x@example.net\n\n.hello\n' "$2" | host_run 'exec 3<&0; printf "Fx@example.net\0T%s\0\0" "$1" >/tmp/envelope
	/usr/local/lib/pneu/pneu-queue <&3 1</tmp/envelope' "$1"; }
send joe@mail.example.org one
send joe@mail.example.org two
send ann@example.org three
send lists@lists.example.org four
arrived() { host_run '[ "$(ls /home/joe/Maildir/new | wc -l)" = 2 ] && ls /var/lib/pneu/alias/example.org/ann/new/* /home/joe/lists/new/*'; }
t 'mail arrives' wait_until 20 arrived
listens() { host_run 'python3 -c "
import socket
for p in 110, 995: socket.create_connection((\"127.0.0.1\", p)).close()"'; }
t 'the listeners listen' wait_until 20 listens

# curl
fetch() { host_run 'curl -sS --max-time 30 "$@" 2>&1' "$@" | tr -d '\r'; }
is 'curl: an account, in clear from here' "$(fetch --user 'joe:open sesame' pop3://127.0.0.1/ | wc -l | tr -d ' ')" 2
t 'curl: with TLS at once' test "$(fetch --cacert "$T/crt" --user 'joe:open sesame' --resolve mail.example.org:995:127.0.0.1 pop3s://mail.example.org/1 | grep -c '^Subject: one$')" = 1
is 'curl: with STLS, which it insists on' "$(fetch --ssl-reqd --cacert "$T/crt" --user 'joe:open sesame' --resolve mail.example.org:110:127.0.0.1 pop3://mail.example.org/2 | tail -n 1)" .hello
is 'curl: a wrong password' "$(fetch --user joe:no pop3://127.0.0.1/ | cut -d' ' -f1,2)" 'curl: (67)'
is 'a virtual address, by its alias' "$(fetch --user 'ann@example.org:open sesame' pop3://127.0.0.1/1 | sed -n 's/^Subject: //p')" three
is 'one by its virtual domain and .qmail file' "$(fetch --user 'lists@lists.example.org:open sesame' pop3://127.0.0.1/1 | sed -n 's/^Subject: //p')" four
is 'one for an account that also goes elsewhere' "$(fetch --user 'joseph@example.org:open sesame' pop3://127.0.0.1/ | wc -l | tr -d ' ')" 2
is 'a list has no mailbox' "$(fetch --user 'team@example.org:open sesame' pop3://127.0.0.1/ | cut -d' ' -f1,2)" 'curl: (67)'
is 'nor has one that is nobody' "$(fetch --user 'nobody@example.org:open sesame' pop3://127.0.0.1/ | cut -d' ' -f1,2)" 'curl: (67)'
is 'the log says why' "$(host_log | sed -n 's/^pneu-checkpw: refused //p')" 'team@example.org: its alias leads to more than one mailbox
nobody@example.org: no such mailbox here'

# who serves
cat >"$T/who.py" <<'P'
import glob, poplib, sys, time
p = poplib.POP3('127.0.0.1'); before = {}
def status():
    out = {}
    for f in glob.glob('/proc/[0-9]*/status'):
        try: lines = dict(l.split(':\t', 1) for l in open(f).read().splitlines() if ':\t' in l)
        except (OSError, ValueError): continue
        if lines['Name'] in ('pneu-popup', 'pneu-pop3d'): out.setdefault(lines['Name'], []).append((lines['Uid'], lines['Gid'], lines['Groups'].strip()))
    return out
# the two of this session; those of the one before may take a moment to end
until = time.monotonic() + 60
while len(s := status().get('pneu-popup', [])) != 2 and time.monotonic() < until: time.sleep(.05)
print('before:', len(s), 'root' if any(x[0].startswith('0\t0') for x in s) else '', [x for x in s if not x[0].startswith('0\t')] == [(sys.argv[1], sys.argv[2], '')])
p.user('joe'); p.pass_('open sesame')
print('after:', status()['pneu-pop3d'])
p.quit()
P
ids() { host_run 'printf "$(id -u $1)\t$(id -u $1)\t$(id -u $1)\t$(id -u $1)"' "$1"; }
gids() { host_run 'printf "$(id -g $1)\t$(id -g $1)\t$(id -g $1)\t$(id -g $1)"' "$1"; }
groups=$(host_run 'id -G joe | tr " " "\n" | sort -n | tr "\n" " " | sed "s/ $//"')
is 'who speaks with strangers is pneud, without groups; who serves is the user, with his' "$(host_run 'python3 "$T/who.py" "$1" "$2" 2>&1' "$(ids pneud)" "$(gids pneud)")" \
    "before: 2 root True
after: [('$(ids joe | sed 's/\t/\\t/g')', '$(gids joe | sed 's/\t/\\t/g')', '$groups')]"

# what was sent in clear behind STLS is nothing after it
cat >"$T/inject.py" <<'P'
import socket, ssl
s = socket.create_connection(('127.0.0.1', 110)); f = s.makefile('rb')
f.readline(); s.sendall(b'USER joe\r\nSTLS\r\nPASS open sesame\r\nSTAT\r\n'); f.readline(); print(f.readline())
c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE
t = c.wrap_socket(s); g = t.makefile('rb'); t.sendall(b'CAPA\r\n'); print(g.readline()); 
while g.readline() != b'.\r\n': pass
t.sendall(b'PASS open sesame\r\n'); print(g.readline())
P
is 'nothing crosses the handshake' "$(host_run 'python3 "$T/inject.py" 2>&1')" "b'+OK begin TLS\\r\\n'
b'+OK what there is\\r\\n'
b'-ERR USER comes first\\r\\n'"
cat >"$T/s_client.py" <<'P'
import subprocess, sys
p = subprocess.Popen(['openssl', 's_client', '-quiet', '-starttls', 'pop3', '-CAfile', sys.argv[1], '-verify_return_error', '-connect',
    '127.0.0.1:110'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
for line in 'USER joe', 'PASS open sesame', 'STAT', 'QUIT':
    p.stdin.write(line.encode() + b'\r\n'); p.stdin.flush()
    got = p.stdout.readline()
    print(got.decode().strip()[:5])
P
is 'openssl s_client' "$(host_run 'timeout 60 python3 "$T/s_client.py" "$T/crt"' | tr '\n' ' ')" '+OK +OK w +OK 2 +OK b '

# clients that keep mail
is 'fetchmail leaves it, by UIDL, over TLS' "$(host_run 'cd /tmp; export HOME=/tmp
printf "poll mail.example.org via 127.0.0.1 proto pop3 port 995 uidl user joe password \"open sesame\" ssl sslproto \"auto\" no sslcertck keep mda \"cat >>/tmp/fetched; echo >>/tmp/fetched\"\n" >rc; chmod 600 rc
fetchmail -s -f rc -i ids; grep -c ^Subject: fetched; fetchmail -s -f rc -i ids; echo $?; grep -c ^Subject: fetched' 2>/dev/null)" '2
1
2'
is 'getmail, twice' "$(host_run 'mkdir -p /tmp/gm /tmp/gm/box/new /tmp/gm/box/cur /tmp/gm/box/tmp; cd /tmp/gm
printf "%s\n" "[retriever]" "type = SimplePOP3Retriever" "server = 127.0.0.1" "username = joe" "password = open sesame" "[destination]" "type = Maildir" "path = /tmp/gm/box/" "user = joe" "[options]" "read_all = false" >rc
chown -R joe /tmp/gm
for n in 1 2; do su joe -c "getmail --getmaildir /tmp/gm --rcfile /tmp/gm/rc" >/tmp/gm.log 2>&1 || cat /tmp/gm.log; ls /tmp/gm/box/new | wc -l; done')" '2
2'
is 'mpop takes it away, with STLS and pipelining' "$(host_run 'cd /tmp; export HOME=/tmp; : >mpoprc; chmod 600 mpoprc
printf "%s\n" "account x" "host mail.example.org" "port 110" "user joe" "password \"open sesame\"" "auth user" "tls on" "tls_starttls on" "tls_trust_file $T/crt" "keep off" "delivery mbox /tmp/mpopped" >mpoprc
echo 127.0.0.1 mail.example.org >/etc/hosts
mpop -q -C mpoprc x 2>&1; grep -c ^Subject: mpopped; ls /home/joe/Maildir/new /home/joe/Maildir/cur | grep -c "[.]M"')" '2
0'
is 'nothing of the house complained' "$(host_log | grep -E 'trouble|fatal|warning' | grep -v 'bytes thrown away')" ''
host_end
finish
