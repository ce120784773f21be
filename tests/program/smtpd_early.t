#!/bin/sh
# pneu-smtpd makes clients wait: for the greeting (greetdelay), and for each refused recipient (tarpit)
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'no python3'
. tests/program/smtpd_lib.sh
# on a socket; actions: send:TEXT, read (a line), quiet:MS (nothing comes for that long), eof, close, took:MS (since the
# last send, at least)
cat >"$T/client.py" <<'END'
import select, socket, subprocess, sys, time
def text_of(escaped):
    return escaped.encode().decode('unicode_escape').encode('latin-1')
ours, theirs = socket.socketpair()
began = time.monotonic()
actions = sys.argv[2:]
if actions[0].startswith('send:'):         # who speaks first has spoken before anybody listens, however slow this machine is
    ours.sendall(text_of(actions.pop(0)[5:]))
elif actions[0] == 'close':
    ours.shutdown(socket.SHUT_RDWR)
with open(sys.argv[1], 'w') as log:
    p = subprocess.Popen(['pneu-smtpd'], stdin=theirs, stdout=theirs, stderr=log)
theirs.close()
ours.settimeout(30)
lines = ours.makefile('rb')
for action in actions:
    what, _, text = action.partition(':')
    if what == 'send':
        began = time.monotonic()
        ours.sendall(text_of(text))
    elif what == 'read':
        print(lines.readline().decode().rstrip())
    elif what == 'took':
        ms = (time.monotonic() - began) * 1000
        print('took' if ms >= int(text) else 'took only %d ms' % ms)
    elif what == 'eof':
        print(repr(lines.read()))
    elif what == 'close':
        ours.shutdown(socket.SHUT_RDWR)
what = actions[-1].partition(':')[0]
print('exit', p.wait(30) if what in ('eof', 'close') else '-')
if what not in ('eof', 'close'):
    ours.close()
    p.wait(30)
END
client() { python3 "$T/client.py" "$T/log" "$@" | no_id; }

echo 400 >"$E/greetdelay"
is 'who waits is greeted, later' "$(client took:0 read took:400 'send:QUIT\r\n' read eof)" "took
220 mx.example ESMTP
took
221 2.0.0 mx.example
b''
exit 0"
is 'who speaks first is sent away' "$(client 'send:EHLO h\r\nMAIL FROM:<a@b.example>\r\n' read eof)" "554 5.5.1 you spoke before you were greeted
b''
exit 0"
t 'and logged' logged 'refused client unknown: 554 5\.5\.1 you spoke before you were greeted: helo - command \(before the greeting\)$'
client close >/dev/null
t 'one who leaves instead is logged as lost' logged 'lost client unknown before the greeting: end of file$'
is 'RELAYCLIENT is not made to wait' "$(RELAYCLIENT=; export RELAYCLIENT; client 'send:QUIT\r\n' read read)" '220 mx.example ESMTP
221 2.0.0 mx.example
exit -'
is 'a rule may say otherwise' "$(GREETDELAY=0; export GREETDELAY; client 'send:QUIT\r\n' read read)" '220 mx.example ESMTP
221 2.0.0 mx.example
exit -'
for bad in 1x 120001; do
	is "nonsense is not ignored: $bad" "$(GREETDELAY=$bad; export GREETDELAY; client read)" \
	    '421 4.3.5 this mail server is not set up correctly, try later
exit -'
done
rm "$E/greetdelay"
is 'without greetdelay nobody waits' "$(client 'send:QUIT\r\n' read read)" '220 mx.example ESMTP
221 2.0.0 mx.example
exit -'

# ---- tarpit
no='550 5.7.1 relaying denied: that domain is not served here'
echo '2 1' >"$E/tarpit"
is 'the first refusals are quick, the third is not' "$(client 'send:HELO h\r\nMAIL FROM:<>\r\n' read read read \
    'send:RCPT TO:<1@other.example>\r\nRCPT TO:<2@other.example>\r\nRCPT TO:<x@here.example>\r\nRCPT TO:<3@other.example>\r\n' \
    read read read read took:1000 'send:QUIT\r\n' read)" "220 mx.example ESMTP
250 mx.example
250 2.1.0 sender ok
$no
$no
250 2.1.5 recipient ok
$no
took
221 2.0.0 mx.example
exit -"
echo '0 60' >"$E/tarpit"
is 'a client that leaves holds nothing' "$(client 'send:HELO h\r\nMAIL FROM:<>\r\nRCPT TO:<1@other.example>\r\n' read read read close)" '220 mx.example ESMTP
250 mx.example
250 2.1.0 sender ok
exit 0'
echo 'x 1' >"$E/tarpit"
is 'nonsense turns it off' "$(rcpt '<1@other.example>')" "$no"
t 'and is logged' logged 'trouble: control/tarpit: is not a number of refusals and one of seconds: "x 1": tarpit is off$'
# ---- commands a minute
echo 3 >"$E/commandrate"
is 'as many commands in a minute as may be, and one more' \
    "$(client read 'send:NOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\n' read read read read eof)" '220 mx.example ESMTP
250 2.0.0 ok
250 2.0.0 ok
250 2.0.0 ok
421 4.7.0 mx.example too many commands in a minute
'"b''"'
exit 0'
rm "$E/commandrate"

finish
