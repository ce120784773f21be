# pop3_dovecot.t - Dovecot's IMAP and our POP3 at the same Maildirs, while mail arrives; set up as pneu-setup-dovecot(7) says
. tests/lib.sh
for c in dovecot curl python3 openssl; do
	command -v $c >/dev/null || skip_all "needs $c"
done
[ -x /usr/lib/dovecot/imap ] && [ -x /usr/lib/dovecot/pop3 ] || skip_all 'needs dovecot-imapd and dovecot-pop3d'
. tests/system/host.sh
host_begin mail.example.org
chmod 711 "$T"
# the Nth block of settings of the page, what Dovecot is started with here, and where its POP3 listens, as 110 is ours
block() { awk -v n="$1" '/^\.Ed/ { on = 0 } on { print } /^\.Bd/ { on = ++i == n }' man/pneu-setup-dovecot.7; }
settings() {
	block "$1"
	printf '%s\n' 'ssl = no' 'log_path = /var/log/dove' 'protocols = imap pop3' 'service pop3-login {' ' inet_listener pop3 {' '  port = 1110' ' }' '}'
	sed -n 's/^\.Dl \(pop3_uidl_format.*\)/\1/p' man/pneu-setup-dovecot.7
}
settings 1 >"$T/accounts"
settings 2 >"$T/virtual"
t 'the page has settings for both' grep -q '^userdb' "$T/virtual"
t 'pneu is installed' host_install
host_run 'set -e
pneu-setup --me=mail.example.org --domains=mail.example.org,example.org --locals=mail.example.org --supervisor=none --no-sendmail --beside --batch || :
useradd -m -s /bin/sh joe
echo "joe:open sesame" | chpasswd
cd /var/lib/pneu/alias
mkdir -p example.org/ann/new example.org/ann/cur example.org/ann/tmp
chown -R alias example.org
chmod -R go= example.org
cd /etc/pneu
echo 1 >systempasswords
echo example.org:alias >virtualdomains
echo "ann@example.org: /var/lib/pneu/alias/example.org/ann/" >>/etc/aliases
newaliases
echo "ann@example.org:$(openssl passwd -6 "open sesame"):Ann, a remark" >passwords
chgrp pneu passwords; chmod 640 passwords
PATH=$PATH:/usr/local/lib/pneu
pneu-newpw
for s in start "listen pop3"; do pneu-$s >>/var/log/pop 2>&1 & done
: >/etc/dovecot/conf.d/10-ssl.conf
cp "$T/accounts" /etc/dovecot/local.conf
dovecot -F >/var/log/dove.start 2>&1 &' >"$T/setup" 2>&1 </dev/null || sed 's/^/# /' "$T/setup"

cat >"$T/lib.py" <<'P'
import imaplib, poplib, subprocess, sys, time
def send(to, n):
    for i in range(n):
        env = open('/tmp/envelope', 'w+'); env.write('Fx@example.net\0T%s\0\0' % to); env.flush(); env.seek(0)
        msg = open('/tmp/message', 'w+'); msg.write('Subject: %d\n\n.a line\n%s\n' % (i, 'x' * i)); msg.flush(); msg.seek(0)
        subprocess.run(['/usr/local/lib/pneu/pneu-queue'], stdin=msg, stdout=env, check=True)
def until(what):
    end = time.time() + 30
    while time.time() < end:
        try:
            r = what()
            if r: return r
        except OSError: pass
        time.sleep(0.05)
    raise SystemExit('did not happen in time')
def imap(user):
    m = imaplib.IMAP4('127.0.0.1'); m.login(user, 'open sesame'); return m
def pop(user, port=110):
    p = poplib.POP3('127.0.0.1', port, timeout=30); p.user(user); p.pass_('open sesame'); return p
def count(user):
    m = imap(user); n = int(m.select()[1][0]); m.logout(); return n
P
cat >"$T/both.py" <<'P'
import os, sys; sys.path.insert(0, os.path.dirname(__file__)); from lib import *
until(lambda: imap('joe').logout()); until(lambda: pop('joe').quit())
send('joe@mail.example.org', 10)
until(lambda: count('joe') == 10)
m = imap('joe'); m.select()
sizes = [int(x.decode().split()[-1].rstrip(')')) for x in m.fetch('1:*', '(RFC822.SIZE)')[1]]
p = pop('joe')
print('sizes:', [int(x.split()[1]) for x in p.list()[1]] == sizes)
q = pop('joe', 1110); print('ids:', p.uidl()[1] == q.uidl()[1], len(set(p.uidl()[1]))); q.quit()
# flags change, one goes away, more arrive, all while POP3 has it open
m.store('1:5', '+FLAGS', '\\Flagged'); m.store('2', '+FLAGS', '\\Deleted'); m.expunge()
send('joe@mail.example.org', 5)
got = []
for i in range(1, 11):
    try: p.retr(i); got.append('+')
    except poplib.error_proto as e: got.append('-' if b'gone' in e.args[0] else '?')
print('retr:', ''.join(got))
for i in (1, 2, 6, 7): 
    try: p.dele(i)
    except poplib.error_proto: pass
m.store('3', '+FLAGS', '\\Answered')
print(p.quit().decode())
until(lambda: count('joe') == 11)
m.noop(); m.logout(); m = imap('joe'); m.select()
f = [x.decode() for x in m.fetch('1:*', '(FLAGS)')[1]]
print('seen:', sum('\\Seen' in x for x in f), 'flagged:', sum('\\Flagged' in x for x in f), 'answered:', sum('\\Answered' in x for x in f))
P
is 'both at once, on one Maildir, while mail arrives' "$(host_run 'timeout 120 python3 "$T/both.py" 2>&1')" "sizes: True
ids: True 10
retr: +-++++++++
+OK bye
seen: 6 flagged: 3 answered: 1"
is 'curl reads it by IMAP' "$(host_run 'curl -sS --user "joe:open sesame" "imap://127.0.0.1/INBOX;MAILINDEX=1"' | tr -d '\r' | grep '^\.')" '.a line'

# logins of etc/passwords
host_run 'kill "$(cat /run/dovecot/master.pid)"; while [ -e /run/dovecot/master.pid ]; do sleep 0.05; done
sed -i "s/^!include auth-system.conf.ext/#&/" /etc/dovecot/conf.d/10-auth.conf
cp "$T/virtual" /etc/dovecot/local.conf
dovecot -F >>/var/log/dove.start 2>&1 &'
cat >"$T/virtual.py" <<'P'
import os, sys; sys.path.insert(0, os.path.dirname(__file__)); from lib import *
until(lambda: imap('ann@example.org').logout())
send('ann@example.org', 3)
until(lambda: count('ann@example.org') == 3)
p = pop('ann@example.org'); q = pop('ann@example.org', 1110)
print(p.stat() == q.stat(), p.uidl()[1] == q.uidl()[1]); q.quit()
p.retr(1); p.dele(1); p.quit()
print(count('ann@example.org'))
try: imaplib.IMAP4('127.0.0.1').login('ann@example.org', 'no')
except imaplib.IMAP4.error: print('no')
try: imap('joe')
except imaplib.IMAP4.error: print('no')
P
is 'a virtual domain: one file of logins for both' "$(host_run 'timeout 120 python3 "$T/virtual.py" 2>&1')" 'True True
2
no
no'
is 'Dovecot has nothing to say against our sizes and names' "$(host_run 'grep -iE "error|warn|panic" /var/log/dove | grep -v "Time moved\\|Killed with signal 15"')" ''
is 'nor the house' "$(host_run 'grep -E "trouble|fatal|warning" /var/log/pop | grep -v "there is no Maildir yet"')" ''
[ "$tap_bad" = 0 ] || host_run 'tail -n 40 /var/log/dove /var/log/dove.start /var/log/pop' | sed 's/^/# /'
host_end
finish
