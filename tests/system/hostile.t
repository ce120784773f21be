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
echo here.test >"$E/rcpthosts"
echo 5 >"$E/databytes"
smtp_steps "$T/log" 'EHLO x\r\n' 'MAIL FROM:<a@b.test>\r\n' 'RCPT TO:<c@here.test>\r\n' 'DATA\r\n' \
    'Subject: secret\r\n\r\nsecret\r\n.\r\n' >"$T/replies"
is 'a message is refused' "$(tail -n 1 "$T/replies" | cut -c1-9)" '552 5.3.4'
t 'the log says so' grep -q '552 5.3.4 .* command DATA$' "$T/log"
t 'and not what it said' not grep -q secret "$T/log"
rm "$E/databytes"

finish
