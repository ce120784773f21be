# every service as pneu-setup's own start files start it (pneu-listen): who answers, with which TLS, for whom
. tests/lib.sh
for p in openssl tlswrapper python3; do
	command -v $p >/dev/null || skip_all "$p is needed"
done
. tests/system/host.sh
host_begin mail.example.org
host_install >"$T/install.log" 2>&1 || { sed 's/^/# /' "$T/install.log"; skip_all 'make install does not work here'; }
host_run 'pneu-setup --batch --replace --supervisor=none --domains=example.org --root-mail-to=ann' >"$T/setup.log" 2>&1

host_run '
useradd -m ann && echo ann:ann-secret | chpasswd
cd /etc/pneu
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=mail.example.org -keyout key -out crt -days 5 2>/dev/null
cat key crt >cert.pem; rm key; chmod 600 cert.pem
echo 1 >systempasswords
printf "%s\n" "127.0.0.1:allow,QMQPCLIENT=\"\"" ":deny" >qmqp.rules
/usr/local/lib/pneu/pneu-tcprules qmqp.rules.cdb qmqp.tmp <qmqp.rules
env -i PATH="$PATH" /usr/local/lib/pneu/pneu-start >"$T/send.log" 2>&1 &
for s in smtpd submission submissions pop3 pop3s qmqpd; do
	env -i PATH="$PATH" /usr/local/lib/pneu/pneu-listen $s >"$T/$s.log" 2>&1 &
done' 2>"$T/err"

open_ports() { host_run 'cat /proc/net/tcp /proc/net/tcp6' | awk '$4 == "0A" { sub(/.*:/, "", $2); print $2 }' | sort -u | tr '\n' ' '; }
all_open() { [ "$(open_ports)" = '0019 006E 01D1 024B 0274 03E3 ' ]; }
t 'each listens on its port' wait_until 20 all_open

client() { host_run 'exec python3 "$TOP/tests/system/services.py" "$@"' "$@"; }

is 'port 25 is open for everybody, and offers TLS' "$(client lines 25 'EHLO c.example' QUIT | grep -cE '^220 mail|^250[ -]STARTTLS')" 2
is 'and no login without it' "$(client lines 25 'EHLO c.example' QUIT | grep -c 'AUTH')" 0
is 'port 587 wants a login, after TLS' "$(client lines 587 'EHLO c.example' 'MAIL FROM:<ann@example.org>' QUIT | grep -c '^5[35]0 5\.7\.')" 1
t 'and takes mail with one' client submit 587 ann ann-secret ann@example.org joe@example.net
t 'port 465 has TLS from the start' client submit 465 ann ann-secret ann@example.org joe@example.net
is 'and no mail with a wrong password' "$(client submit 465 ann wrong ann@example.org joe@example.net 2>&1 | tail -n 1)" 535
t 'port 25 takes mail for people here' client mail 25 x@elsewhere.example ann@example.org
there() { host_run 'ls /home/ann/Maildir/new 2>/dev/null' | grep -q .; }
t 'which they have' wait_until 20 there
is 'port 110 gives it away, after TLS' "$(client pop 110 ann ann-secret)" 1
is 'port 995 too, with TLS from the start' "$(client pop 995 ann ann-secret)" 1
is 'and not to who does not know the password' "$(client pop 995 ann wrong)" refused
is 'port 628 takes what hosts without a queue send' "$(client qmqp 628 ann@example.org ann@example.org)" K
two() { [ "$(host_run 'cd /home/ann/Maildir && ls new cur | grep -c "^[0-9]"')" = 2 ]; }
t 'and it arrives' wait_until 20 two
is 'no session runs as root' "$(host_run 'exec python3 "$TOP/tests/system/services.py" users')" 'pneu-popup pneud, root
pneu-qmqpd pneud
pneu-smtpd pneud'
finish
