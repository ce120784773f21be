#!/bin/sh
# Submission: who must log in, whose addresses they send under, what their mail is given, and how much of it there may be
. tests/lib.sh
. tests/program/smtpd_lib.sh
unset SMTPS SSL_PROTOCOL SSLCTLFD SUBMISSION PNEU_LOGIN
cat >"$T/check" <<'S'
#!/bin/sh
case $(tr '\0' '|' <&3) in long*\|*|ann\|*|bob@b.example\|*|../../[xX]\|*) exit 0 ;; esac
exit 1
S
chmod +x "$T/check"
printf '1\n' >"$E/authwithouttls"
echo "$T/check" >"$E/checkpassword"
as() { printf 'EHLO h\nAUTH PLAIN %s' "$(printf '\000%s\000x' "$1" | base64 -w0)"; }
# by LOGIN 'LINES': what is answered after the login
by() { codes "$(as "$1")
$2" | sed 's/.*235 2.7.0|//'; }
# message 'TEXT' as from ann; what was queued, without our trace
message() { talk "$(as ann)
MAIL FROM:<a@b.example>
RCPT TO:<x@other.example>
DATA
$1
." >/dev/null; sed '1,2d' "$Q/message"; }
shape() { message "$1" | sed -E 's/^Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} \+0000$/DATE/; s/^Message-ID: <[0-9a-z]{12,24}\.1@mx\.example>$/ID/' | tr '\n' '|'; }

# --- who
SUBMISSION=1; export SUBMISSION
is 'mail needs a login' "$(mail '<a@b.example>')" '530 5.7.0 log in first: AUTH is required here'
is 'RELAYCLIENT is none' "$(RELAYCLIENT='' mail '<a@b.example>')" '530 5.7.0 log in first: AUTH is required here'
is 'with it mail may go anywhere' "$(by ann 'MAIL FROM:<a@b.example>
RCPT TO:<x@other.example>')" '250 2.1.0|250 2.1.5|'
is '0 and empty are no submission' "$(SUBMISSION=0 mail '<a@b.example>'; SUBMISSION='' mail '<a@b.example>')" '250 2.1.0 sender ok
250 2.1.0 sender ok'
unset SUBMISSION

# --- under which sender
cat >"$E/senderlogins" <<'S'
# login:sender
ann:ann@b.example
ann:@c.example
../../x:*
S
is 'senders of a login' "$(by ann 'MAIL FROM:<Ann@B.example>
RSET
MAIL FROM:<any@c.example>
RSET
MAIL FROM:<>
RSET
MAIL FROM:<bob@b.example>
MAIL FROM:<any@sub.c.example>
MAIL FROM:<x@xc.example>' | sed 's/|250 2.0.0//g')" '250 2.1.0|250 2.1.0|250 2.1.0|553 5.7.1|553 5.7.1|553 5.7.1|'
is 'a login that is an address is one' "$(by bob@b.example 'MAIL FROM:<ann@b.example>
MAIL FROM:<bob@b.example>')" '553 5.7.1|250 2.1.0|'
is 'and one may have all' "$(by ../../x 'MAIL FROM:<a@b.example>')" '250 2.1.0|'
is 'nobody else is bound' "$(mail '<ann@b.example>')" '250 2.1.0 sender ok'
rm "$E/senderlogins"

# --- what mail is given
is 'Date and Message-ID are added' "$(shape 'Subject: x

text')" 'Subject: x|DATE|ID||text|'
is 'not twice' "$(shape 'dAtE: x
Message-Id : y
Subject: x

text')" 'dAtE: x|Message-Id : y|Subject: x||text|'
is 'one of both' "$(shape 'Date: x
X-Message-ID: no

text'; shape 'Subject: Date
 Date: no
Message-ID:
 <y>

Date: text')" 'Date: x|X-Message-ID: no|ID||text|Subject: Date| Date: no|Message-ID:| <y>|DATE||Date: text|'
is 'a header alone' "$(shape 'Subject: x')" 'Subject: x|DATE|ID|'
is 'no header' "$(shape '
text')" 'DATE|ID||text|'
is 'text at once' "$(shape 'hello there
Date: x')" 'DATE|ID||hello there|Date: x|'
is 'nothing at all' "$(talk "$(as ann)
MAIL FROM:<a@b.example>
RCPT TO:<x@other.example>
DATA
." | tail -n 1; sed '1,2d' "$Q/message" | cut -d: -f1)" '250 2.0.0 ok ID1
Date
Message-ID'
talk "$good
Subject: x

text
." >/dev/null
is 'mail of strangers is left alone' "$(sed '1,2d' "$Q/message" | tr '\n' '|')" 'Subject: x||text|'
if command -v python3 >/dev/null; then
	t 'wherever packets are cut' python3 - "$(as ann | tail -n 1)" <<'P'
import os, socket, subprocess, sys
text = b'Subject: x\r\nDate: y\r\n\r\ntext\r\n'
for cut in range(1, len(text)):
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    a.settimeout(20)
    p = subprocess.Popen(['pneu-smtpd'], stdin=b, stdout=b, stderr=subprocess.DEVNULL)
    b.close()
    for line in ('EHLO h', sys.argv[1], 'MAIL FROM:<a@b.example>', 'RCPT TO:<x@o.example>', 'DATA'):
        a.recv(4096)
        a.send(line.encode() + b'\r\n')
    a.recv(4096)
    a.send(text[:cut])
    a.send(text[cut:])
    a.send(b'.\r\n')
    assert a.recv(4096).startswith(b'250 '), cut
    a.close()
    p.wait()
    got = open(os.environ['Q'] + '/message').read().split('\n', 2)[2]
    head, rest = got.split('Message-ID: <')
    assert head == 'Subject: x\nDate: y\n' and rest.split('>\n', 1)[1] == '\ntext\n', (cut, got)
P
fi

# --- the trace
TCPREMOTEIP=192.0.2.7 TCPREMOTEHOST=home.example; export TCPREMOTEIP TCPREMOTEHOST
first() { sed -n 1p "$Q/message"; }
message x >/dev/null
is 'the client is named' "$(first)" 'Received: from h (home.example [192.0.2.7])'
echo 1 >"$E/hideclient"
message x >/dev/null
is 'unless hideclient says no' "$(first)" 'Received: from hidden.invalid'
talk "$good
." >/dev/null
is 'of those who log in only' "$(first)" 'Received: from h (home.example [192.0.2.7])'
is 'a filter is told the login' "$(message x >/dev/null; grep -E '^PNEU_(LOGIN|PROTOCOL|TLS)=' "$Q/env" | sort | tr '\n' '|')" 'PNEU_LOGIN=ann|PNEU_PROTOCOL=ESMTPA|'
rm "$E/hideclient"

# --- how much. The counters begin anew with each hour, so none may begin meanwhile.
early_enough() { [ $(($(date +%s) % 3600)) -lt 3540 ]; }
wait_until 30 early_enough
mkdir "$T/rates"
cat >"$E/limits" <<S
directory $T/rates
login messages hour 2
login recipients day 3
S
is 'messages are counted' "$(for i in 1 2 3; do by ann 'MAIL FROM:<a@b.example>'; done)" '250 2.1.0|250 2.1.0|452 4.7.1|'
t 'the log names the login' logged 'limit of messages reached client 192.0.2.7 login ann$'
is 'for each login' "$(by bob@b.example 'MAIL FROM:<a@b.example>
RCPT TO:<x@other.example>
RCPT TO:<nobody here>
RCPT TO:<y@other.example>
RCPT TO:<z@other.example>
RCPT TO:<x@here.example>')" '250 2.1.0|250 2.1.5|501 5.1.3|250 2.1.5|250 2.1.5|452 4.7.1|'
t 'that log too' logged 'limit of recipients reached client 192.0.2.7 login bob@b.example$'
is 'no name leads elsewhere' "$(by ../../x 'MAIL FROM:<a@b.example>'; ls "$T/rates" | tr '\n' '|')" '250 2.1.0|l-..%2f..%2fx|l-ann|l-bob@b.example|'
is 'strangers are not counted' "$(mail '<a@b.example>'; ls "$T/rates" | wc -l)" '250 2.1.0 sender ok
3'
is 'and none has two counters' "$(by ../../X 'MAIL FROM:<a@b.example>'; by ../../X 'MAIL FROM:<a@b.example>'; ls "$T/rates" | wc -l)" '250 2.1.0|452 4.7.1|3'
printf '1 1 9 9 9 9\n' >"$T/rates/l-ann"
is 'another hour, another count' "$(by ann 'MAIL FROM:<a@b.example>')" '250 2.1.0|'
printf 'nonsense' >"$T/rates/l-ann"
is 'what is damaged begins anew' "$(by ann 'MAIL FROM:<a@b.example>')$(wc -c <"$T/rates/l-ann")" '250 2.1.0|64'
rm -r "$T/rates"; mkdir "$T/rates"
printf 'directory %s\naddress messages day 2\n' "$T/rates" >"$E/limits"
is 'addresses' "$(by ann 'MAIL FROM:<a@b.example>'; by bob@b.example 'MAIL FROM:<a@b.example>'; by ann 'MAIL FROM:<a@b.example>'; TCPREMOTEIP=192.0.2.8 by ann 'MAIL FROM:<a@b.example>')" '250 2.1.0|250 2.1.0|452 4.7.1|250 2.1.0|'
is 'the addresses of an IPv6 network are one' "$(TCPREMOTEIP=2001:db8:0:1::1 by ann 'MAIL FROM:<a@b.example>'; TCPREMOTEIP=2001:db8:0:1:ffff::2 by ann 'MAIL FROM:<a@b.example>'
    TCPREMOTEIP=2001:0db8::1:9:0:0:3 by ann 'MAIL FROM:<a@b.example>'; TCPREMOTEIP=2001:db8:0:2::1 by ann 'MAIL FROM:<a@b.example>')" '250 2.1.0|250 2.1.0|452 4.7.1|250 2.1.0|'
printf 'directory %s\nlogin messages day 1\n' "$T/rates" >"$E/limits"
long=long-$(head -c 245 /dev/zero | tr '\0' X)
is 'long logins are not taken for one another' "$(by "${long}a" 'MAIL FROM:<a@b.example>'; by "${long}b" 'MAIL FROM:<a@b.example>'; by "$(echo "${long}A" | tr L l)" 'MAIL FROM:<a@b.example>')" '250 2.1.0|250 2.1.0|452 4.7.1|'
touch -d '3 days ago' "$T/rates/l-old" "$T/rates/a-old" "$T/rates/other" "$T/rates/.swept"
touch -d '1 day ago' "$T/rates/l-new"
ln -s nowhere "$T/rates/l-link"
rm -f "$T/rates/l-ann"
by ann 'MAIL FROM:<a@b.example>' >/dev/null
is 'old counters go away, and nothing else' "$(cd "$T/rates" && for f in l-old a-old other l-new l-ann l-link; do [ -e $f ] || [ -L $f ] && echo $f; done)" 'other
l-new
l-ann
l-link'
touch -d '3 days ago' "$T/rates/l-old"
by bob@b.example 'MAIL FROM:<a@b.example>' >/dev/null
t 'once an hour' test -e "$T/rates/l-old" -a -e "$T/rates/l-bob@b.example"
if [ -r /proc/locks ] && command -v python3 >/dev/null; then
	printf 'directory %s\nlogin messages day 5\n' "$T/rates" >"$E/limits"
	t 'a counter that is removed while somebody waits for it is made again' python3 - "$T/rates/l-ann" "$(as ann | tail -n 1)" <<'P'
import fcntl, os, select, subprocess, sys
name = sys.argv[1]
f = open(name, 'r+b')
fcntl.lockf(f, fcntl.LOCK_EX)
p = subprocess.Popen(['pneu-smtpd'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
p.stdin.write(('EHLO h\r\n%s\r\nMAIL FROM:<a@b.example>\r\nQUIT\r\n' % sys.argv[2]).encode())
p.stdin.flush()
for n in range(1000):
    if any(l.split()[1] == '->' and l.split()[5] == str(p.pid) for l in open('/proc/locks')):
        break
    select.select([], [], [], .01)
os.unlink(name)
f.close()
said = p.communicate()[0]
sys.exit(b'250 2.1.0' not in said or os.path.getsize(name) != 64)
P
fi
rm -f "$T/rates/l-ann"
is 'many at once are all counted' "$(printf 'directory %s\nlogin messages hour 5\n' "$T/rates" >"$E/limits"
    for i in 1 2 3 4 5 6 7 8 9 10; do by ann 'MAIL FROM:<a@b.example>' >"$T/many.$i" & done; wait; cat "$T"/many.* | tr '|' '\n' | sort | uniq -c | tr -s ' \n' '  ')" ' 5 250 2.1.0 5 452 4.7.1 '
echo "directory $T/none
login messages day 1" >"$E/limits"
is 'what cannot be counted waits' "$(by ann 'MAIL FROM:<a@b.example>')" '451 4.3.0|'
for bad in 'login messages hour' 'login messages hour x' 'login message hour 1' 'login messages week 1' 'host messages hour 1' 'login messages hour 1 2' 'directory relative' 'login messages hour 1'; do
	echo "$bad" >"$E/limits"
	is "limits: $bad" "$(by ann 'MAIL FROM:<a@b.example>')" '451 4.3.5|'
done
rm "$E/limits"
if command -v python3 >/dev/null; then
	t 'settings that make no sense are read again when they do' python3 - "$E" "$(as ann | tail -n 1)" <<'P'
import subprocess, sys
def put(name, text):
    with open(sys.argv[1] + '/' + name, 'w') as f:
        f.write(text)
put('authdelay', 'x')
put('hideclient', 'x')
p = subprocess.Popen(['pneu-smtpd'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
def say(line):
    p.stdin.write(line.encode() + b'\r\n')
    p.stdin.flush()
    return reply()
def reply():
    while True:
        got = p.stdout.readline()
        if got[3:4] != b'-':
            return got[:9].decode()
reply()
say('EHLO h')
got = [say(sys.argv[2])]
put('authdelay', '0')
got += [say(sys.argv[2]), say('MAIL FROM:<a@b.example>')]
put('hideclient', '0')
got += [say('MAIL FROM:<a@b.example>')]
p.communicate()
print('#', got)
sys.exit(got != ['454 4.3.5', '235 2.7.0', '451 4.3.5', '250 2.1.0'])
P
fi
finish
