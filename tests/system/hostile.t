# what strangers, other users and broken neighbours try: nothing of it gets through, is told on, or stops the mail of others
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh

# ---- a worker that never stops talking nonsense
house
rule 'flood@*' flood
rule '*' 'K ok'
start
inject joe@sender.test flood@far.test
F=$ID
wait_until 20 started "$F"
inject joe@sender.test ann@here.test
t 'a worker that floods the runner does not stop the mail of others' wait_until 20 logged "^end msg $ID\$"
ID=$F
t 'it is sent away, its mail deferred' wait_until 20 put_back
is 'for a reason' "$(records | sed 's/ [0-9]* / /')" 'z0 4.3.0 the delivery program talks nonsense'
is 'and its nonsense does not fill the log' "$([ "$(grep -c 'report mangled' "$H/log")" -le 110 ] && echo ok)" ok
stop

# ---- what a stranger's message may leave in the log
# smtp_steps LOG: a session on a socket; each argument is sent when the one before was answered
smtp_steps() {
	python3 - "$@" <<'END'
import socket, subprocess, sys
ours, theirs = socket.socketpair()
with open(sys.argv[1], 'w') as log:
    p = subprocess.Popen(['pneu-smtpd'], stdin=theirs, stdout=theirs, stderr=log)
theirs.close()
ours.settimeout(20)
reply = ours.makefile('rb')
def answer():
    line = reply.readline()
    while line[3:4] == b'-':
        line = reply.readline()
    print(line.decode().rstrip())
answer()
for step in sys.argv[2:]:
    ours.sendall(step.encode().decode('unicode_escape').encode('latin-1'))
    answer()
ours.shutdown(socket.SHUT_RDWR)
sys.exit(p.wait(20))
END
}
echo relayed.test >"$E/rcpthosts"      # not in locals: whoever is written to there exists as far as we know
echo 5 >"$E/databytes"
smtp_steps "$T/log" 'EHLO x\r\n' 'MAIL FROM:<a@b.test>\r\n' 'RCPT TO:<c@relayed.test>\r\n' 'DATA\r\n' \
    'Subject: secret\r\n\r\nsecret\r\n.\r\n' >"$T/replies"
is 'a message is refused' "$(tail -n 1 "$T/replies" | cut -c1-9)" '552 5.3.4'
t 'the log says so' grep -q '552 5.3.4 .* command DATA$' "$T/log"
t 'and not what it said' not grep -q secret "$T/log"
rm "$E/databytes"

# ---- processes of one uid
# closed PROGRAM [ARG]: outside one-user mode, does it hide its memory from others of its uid?
closed() {
	env -u PNEU_ETC -u PNEU_QUEUE python3 - "$@" <<'END'
import os, socket, subprocess, sys, time
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
p = subprocess.Popen(sys.argv[1:], stdin=theirs)
theirs.close()
until = time.monotonic() + 60
hidden = False
while not hidden and p.poll() is None and time.monotonic() < until:
    if open('/proc/%d/comm' % p.pid).read().strip() != sys.argv[1]:
        continue                        # still a copy of this process
    try:
        open('/proc/%d/environ' % p.pid).close()
        time.sleep(0.02)
    except PermissionError:
        hidden = True
ours.close()
p.wait(60)
sys.exit(not hidden)
END
}
# as root the programs must be where nobody may run them
may_run() { [ "$(id -u)" != 0 ] || setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$B/pneu-rspawn"; }
if [ -r /proc/self/environ ] && may_run; then
	t 'pneu-rspawn cannot be read by the workers it starts' closed pneu-rspawn
	t 'nor a worker by another' closed pneu-remote 'host 127.0.0.1 1'
else
	echo "# not tested, for want of /proc or the right to run $B as nobody: pneu-rspawn, pneu-remote"
fi

finish
