# privilege.t - an installation at work, and what /proc tells of each of its processes: who it is, what it holds, what it was told
. tests/lib.sh
. tests/system/host.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
command -v openssl >/dev/null || skip_all 'openssl is needed'
command -v setpriv >/dev/null || skip_all 'setpriv (util-linux) is needed'
host_begin
Q=/var/spool/pneu

# ---- the house: accounts, with groups that nobody must keep, programs, settings
host_run '
groupadd --system pneu
groupadd extra
for u in pneuq pneur pneud; do useradd --system -g pneu -G extra --home-dir /nonexistent --shell /usr/sbin/nologin $u; done
useradd --system --home-dir /var/lib/alias --create-home --shell /usr/sbin/nologin alias
useradd -G extra --create-home joe && useradd -G extra --create-home ann
chmod 755 /var/lib/alias
' >"$T/accounts" 2>&1 || { sed 's/^/# /' "$T/accounts"; skip_all 'no accounts can be made here'; }
host_install >"$T/install" || { sed 's/^/# /' "$T/install"; exit 1; }
mkdir -p "$T/pub" && chmod 755 "$T" "$T/pub"
# who only waits: for messages in programs of users, in filters, and where passwords were right
printf '#!/bin/sh\nexec sleep 1000\n' >"$T/pub/stall"
chmod 755 "$T/pub/stall"
# servers that take a connection and never say a word
cat >"$T/pub/mute.py" <<'P'
import select, socket, sys
taken = []
wait = []
for port in sys.argv[1:]:
    s = socket.create_server(("127.0.0.1", int(port)))
    wait.append(s)
open(sys.argv[0] + ".up", "w").close()
while True:
    for s in select.select(wait, [], [])[0]:
        taken.append(s.accept())
P
host_run '
set -e
cd /etc/pneu
echo here.test >me
echo here.test >locals
echo here.test >rcpthosts
echo ./Maildir/ >defaultdelivery
printf "mute.test:127.0.0.1:2601\ntls.test:127.0.0.1:2602 tls=smtps\n" >smtproutes
echo /usr/local/lib/pneu/pneu-tlsclient-openssl >tlsclient
echo inet:2603@127.0.0.1 >milters
echo "/usr/local/lib/pneu/pneu-checkpw $T/pub/stall" >checkpassword
echo 1 >authwithouttls
printf "postmaster: joe\nmailer-daemon: joe\nprogram: \"|$T/pub/stall\"\n" >/etc/aliases
/usr/local/lib/pneu/pneu-newaliases
touch passwords; chgrp pneu passwords; chmod 640 passwords
# a hash that takes its time
echo "slow:\$6\$rounds=90000000\$saltsalt\$LTzbUVFKEa5ytqpGzzvk4jlWjyxQnS1IHoJgrWoZhpFtGF1uGmZ4xEVuKLuQxNx6N7RHFBnRvsmkRcOqbYSN80" >passwords
/usr/local/lib/pneu/pneu-newpw
su ann -s /bin/sh -c "echo \"|$T/pub/stall\" >~/.forward"
' >"$T/settings" 2>&1 || { sed 's/^/# /' "$T/settings"; exit 1; }

# ---- what is installed
is 'one program is setuid, and one setgid' "$(host_run 'find /usr/local/lib/pneu /usr/local/bin /usr/local/sbin /usr/local/share /etc/pneu /var/spool/pneu -newer /etc/group -perm /6000 -printf "%m %u %g %p\n" | sort')" \
	'2711 root shadow /usr/local/lib/pneu/pneu-checkpw
4711 pneuq pneu /usr/local/lib/pneu/pneu-queue'
is 'nothing that was installed can be written by others, and programs and settings by root alone' "$(host_run '
	find /usr/local/lib/pneu /usr/local/share/pneu /etc/pneu /var/spool/pneu ! -type l -perm /022 -print 2>/dev/null
	find /usr/local/lib/pneu /usr/local/share/pneu /etc/pneu ! -user root ! -name pneu-queue -print 2>/dev/null')" ''
is 'the queue is of pneuq alone; others may pass through two directories, to the sockets' "$(host_run 'find /var/spool/pneu -printf "%m %u %g\n" | sort | uniq -c | sed "s/^ *[0-9]* //"
	find /var/spool/pneu -perm /077 -printf "%m %P\n" | sort')" '700 pneuq pneu
711 pneuq pneu
711 
711 pub'

# ---- it runs, and everything in it stands still; the supervisor has secrets
host_run '
python3 "$T/pub/mute.py" 2601 2602 2603 >"$T/mute.log" 2>&1 &
ulimit -c unlimited
mkdir /run/service && cd /run/service && umask 022
export SECRET=1 LD_LIBRARY_PATH=/nowhere HOME=/root USER=root NOTIFY=x
exec 7</etc/shadow 8>/run/service/other
PNEU_FILTER=$T/pub/stall setpriv --groups extra,shadow /usr/local/lib/pneu/pneu-start </dev/null >/dev/null 2>/run/service/log &
setpriv --groups extra,shadow /usr/local/lib/pneu/pneu-tcpd -u pneud "127.0.0.1:25" -- /usr/local/lib/pneu/pneu-smtpd </dev/null >/dev/null 2>/run/service/log25 &
PNEU_FILTER=/usr/local/lib/pneu/pneu-milter /usr/local/lib/pneu/pneu-tcpd -u pneud "127.0.0.1:26" -- /usr/local/lib/pneu/pneu-smtpd </dev/null >/dev/null 2>/run/service/log26 &
echo $! >/run/service/pid26
'
cat >"$T/pub/clients.py" <<'P'
import base64, socket, sys, time
def say(s, line):
    s.sendall(line.encode() + b"\r\n")
def reply(f):
    while True:
        line = f.readline()
        if line[3:4] == b" " or not line:
            return line
def session(port):
    s = socket.create_connection(("127.0.0.1", port))
    f = s.makefile("rb")
    reply(f)
    say(s, "EHLO client.test")
    reply(f)
    return s, f
def until(f, s, *lines):
    for line in lines:
        say(s, line)
        r = reply(f)
    return r
held = []
# one that asks for a name that the system must know, and begins a message too large for a pipe
s, f = session(25)
until(f, s, "MAIL FROM:<a@here.test>", "RCPT TO:<nosuch@here.test>", "RCPT TO:<joe@here.test>", "DATA")
s.sendall((b"x" * 70 + b"\r\n") * 6000)
held.append(s)
# one whose password takes its time
s, f = session(25)
say(s, "AUTH PLAIN " + base64.b64encode(b"\0slow\0wrong").decode())
held.append(s)
# one whose message stands before a milter that says nothing
s, f = session(26)
until(f, s, "MAIL FROM:<a@here.test>", "RCPT TO:<joe@here.test>", "DATA")
s.sendall(b"Subject: x\r\n\r\nbody\r\n.\r\n")
held.append(s)
open(sys.argv[0] + ".up", "w").close()
time.sleep(1000)
P
inject() {      # SENDER RCPT
	host_run 'cd /; printf "F%s\0T%s\0\0" "$1" "$2" >/run/envelope; printf "Subject: x\n\nbody\n" | /usr/local/lib/pneu/pneu-queue 1</run/envelope' "$@"
}
t 'the mute servers are up' wait_until 20 test -e "$T/pub/mute.py.up"
t 'the runner is up' wait_until 20 host_run 'grep -q "^status:" /run/service/log'
for to in ann@here.test program@here.test a@mute.test a@tls.test; do
	inject joe@here.test "$to"
done
inject joe@here.test nosuch@here.test
t 'the ports answer' wait_until 20 host_run 'python3 -c "import socket; socket.create_connection((\"127.0.0.1\", 25)); socket.create_connection((\"127.0.0.1\", 26))"'
host_run 'kill -HUP "$(cat /run/service/pid26)"'       # what it becomes has to be as it was
t 'one is started anew' wait_until 20 host_run 'grep -q "started anew" /run/service/log26'
host_run 'python3 "$T/pub/clients.py" >"$T/clients.log" 2>&1 &'
t 'the clients are where they should be' wait_until 30 test -e "$T/pub/clients.py.up"
look() { host_run 'python3 "$TOP/tests/system/privilege.py" /var/spool/pneu' >"$T/table" 2>"$T/table.err"; }
as_it_should() { look && cmp "$T/table" "$T/want"; }
cat >"$T/want" <<'END'
openssl uid=pneur gid=pneu groups=none caps=none newprivs=no filter=yes core=no read=own umask=0077 cwd=/
	env=PATH PNEU_FILTER PWD TLS_ADDRESS TLS_HOST TLS_LEVEL
	fds=0:stream 1:stream 2:pipe and stream
pneu-bounce uid=pneuq gid=pneu groups=none caps=none newprivs=no filter=yes core=no read=root umask=0077 cwd=QUEUE
	env=PATH PNEU_FILTER
	fds=0:QUEUE/msg/ID 1:pipe 2:LOG and pipe
pneu-checkpw uid=pneud gid=pneu groups=none caps=none newprivs=yes filter=yes core=no read=root umask=0022 cwd=/run/service
	env=PATH UCSPI
	fds=0:/dev/null 1:/dev/null 2:LOG
pneu-getpw uid=pneud gid=pneu groups=none caps=none newprivs=yes filter=yes core=no read=root umask=0022 cwd=/run/service
	env=PATH UCSPI
	fds=0:pipe 1:pipe 2:LOG
pneu-local uid=alias gid=alias groups=none caps=none newprivs=yes filter=no core=no read=root umask=0077 cwd=/var/lib/alias
	env=PATH
	fds=0:packet 1:LOG 2:LOG and /memfd:message QUEUE/msg/ID pipe
pneu-local uid=ann gid=ann groups=none caps=none newprivs=yes filter=no core=no read=root umask=0077 cwd=/home/ann
	env=PATH
	fds=0:packet 1:LOG 2:LOG and /memfd:message QUEUE/msg/ID pipe
pneu-lspawn uid=root gid=root groups=shadow,extra caps=all newprivs=yes filter=no core=yes read=own umask=0077 cwd=/
	env=PATH PNEU_FILTER
	fds=0:packet 1:/dev/null 2:LOG
pneu-milter uid=pneud gid=pneu groups=none caps=none newprivs=yes filter=yes core=no read=root umask=0022 cwd=/run/service
	env=PATH PNEU_FILTER PNEU_HELO PNEU_PROTOCOL PNEU_SESSION UCSPI
	fds=0:pipe 1:pipe 2:LOG and pipe tcp
pneu-queue uid=pneud/pneuq/pneuq/pneuq gid=pneu groups=none caps=none newprivs=yes filter=yes core=no read=root umask=0077 cwd=/run/service
	env=PATH
	fds=0:pipe 1:pipe 2:LOG and QUEUE/msg/XX QUEUE/msg/nameless pipe
pneu-remote uid=pneur gid=pneu groups=none caps=none newprivs=no filter=yes core=no read=root umask=0077 cwd=/
	env=PATH PNEU_FILTER
	fds=0:packet 1:LOG 2:LOG and /memfd:message QUEUE/msg/ID pipe stream tcp
pneu-remote uid=pneur gid=pneu groups=none caps=none newprivs=no filter=yes core=no read=root umask=0077 cwd=/
	env=PATH PNEU_FILTER
	fds=0:packet 1:LOG 2:LOG and /memfd:message QUEUE/msg/ID tcp
pneu-rspawn uid=pneur gid=pneu groups=none caps=none newprivs=no filter=yes core=no read=root umask=0077 cwd=/
	env=PATH PNEU_FILTER
	fds=0:packet 1:/dev/null 2:LOG and /memfd:message
pneu-send uid=pneuq gid=pneu groups=none caps=none newprivs=no filter=yes core=no read=root umask=0077 cwd=QUEUE
	env=PATH PNEU_FILTER
	fds=0:/dev/null 1:/dev/null 2:LOG and /etc/pneu/aliases.cdb QUEUE/fifo QUEUE/lock QUEUE/msg/ID packet packet:ctl packet:pub/ctl pipe
pneu-smtpd uid=pneud gid=pneu groups=none caps=none newprivs=yes filter=yes core=no read=root umask=0022 cwd=/run/service
	env=PATH PNEU_FILTER UCSPI
	fds=0:tcp 1:tcp 2:LOG and /etc/pneu /etc/pneu/aliases.cdb pipe
pneu-smtpd uid=pneud gid=pneu groups=none caps=none newprivs=yes filter=yes core=no read=root umask=0022 cwd=/run/service
	env=PATH UCSPI
	fds=0:tcp 1:tcp 2:LOG and /etc/pneu /etc/pneu/aliases.cdb pipe
pneu-smtpd uid=pneud gid=pneu groups=none caps=none newprivs=yes filter=yes core=no read=root umask=0022 cwd=/run/service
	env=PATH UCSPI
	fds=0:tcp 1:tcp 2:LOG and /etc/pneu pipe
pneu-start uid=root gid=root groups=shadow,extra caps=all newprivs=yes filter=no core=yes read=own umask=0022 cwd=/run/service
	env=its own
	fds=0:/dev/null 1:/dev/null 2:LOG
pneu-tcpd uid=pneud gid=pneu groups=none caps=none newprivs=yes filter=yes core=no read=root umask=0022 cwd=/run/service
	env=its own
	fds=0:/dev/null 1:/dev/null 2:LOG and listen
pneu-tlsrelay uid=pneur gid=pneu groups=none caps=none newprivs=no filter=yes core=no read=root umask=0077 cwd=/
	env=PATH PNEU_FILTER PWD TLS_ADDRESS TLS_HOST TLS_LEVEL
	fds=2:LOG and pipe stream::s tcp
sleep uid=alias gid=alias groups=none caps=none newprivs=yes filter=no core=yes read=own umask=0077 cwd=/var/lib/alias
	env=DOMAIN EXT EXT2 EXT3 EXT4 HOME HOST HOST2 HOST3 HOST4 LANG LOCAL LOGNAME NEWSENDER ORIGINAL_RECIPIENT PATH PWD RECIPIENT SENDER SHELL USER
	fds=0:/memfd:message 1:pipe 2:pipe
sleep uid=ann gid=ann groups=none caps=none newprivs=yes filter=no core=yes read=own umask=0077 cwd=/home/ann
	env=DOMAIN EXT EXT2 EXT3 EXT4 HOME HOST HOST2 HOST3 HOST4 LANG LOCAL LOGNAME NEWSENDER ORIGINAL_RECIPIENT PATH PWD RECIPIENT SENDER SHELL USER
	fds=0:/memfd:message 1:pipe 2:pipe
sleep uid=pneuq gid=pneu groups=none caps=none newprivs=no filter=yes core=no read=own umask=0077 cwd=QUEUE
	env=PATH PNEU_FILTER PWD
	fds=0:pipe 1:pipe 2:LOG and pipe
END
wait_until 30 as_it_should
is 'each program is who it should be, holds what its page says, and knows nothing of its supervisor' "$(cat "$T/table")" "$(cat "$T/want")"
t 'as far as could be seen' test ! -s "$T/table.err"

# ---- a user of this host looks around
as_joe() { host_run 'script=$1; exec setpriv --reuid=joe --regid=joe --clear-groups sh -c "$script" 2>&1' "$1"; }
is 'a user does not see the queue, nor reach its runner' "$(as_joe '
	ls /var/spool/pneu /var/spool/pneu/msg /var/spool/pneu/pub 2>/dev/null
	for f in /var/spool/pneu/fifo /var/spool/pneu/lock /usr/local/lib/pneu/pneu-queue; do (: <$f) 2>/dev/null && echo "reads $f"; (: >>$f) 2>/dev/null && echo "writes $f"; done
	python3 -c "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect(\"/var/spool/pneu/ctl\")" 2>&1 | grep -o "Permission denied"')" 'Permission denied'
is 'what a user says about the place of the queue is not heard, and his umask and limits do not matter' "$(as_joe '
	mkdir -p /tmp/own/msg
	umask 0; ulimit -c unlimited
	printf "Fjoe@here.test\0Tjoe@here.test\0\0" >/tmp/own/e
	PNEU_QUEUE=/tmp/own PNEU_ETC=/tmp/own /usr/local/lib/pneu/pneu-queue </dev/null 1</tmp/own/e
	echo $?; find /tmp/own/msg -type f')" 0
is 'and the files of the queue are for pneuq alone' "$(host_run 'find /var/spool/pneu ! -type d ! -path "*/pub/ctl" ! -perm 0600 ! -perm 0700 -print; find /var/spool/pneu ! -user pneuq')" ''
finish
