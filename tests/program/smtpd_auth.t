#!/bin/sh
# AUTH: who is let in, by whichever checkpassword program, what a hostile client may say, and what stays out of sight
. tests/lib.sh
. tests/program/smtpd_lib.sh
unset SMTPS SSL_PROTOCOL SSLCTLFD SUBMISSION PNEU_LOGIN

# the checkpassword program's double: ann's password is "pass word", hang and die do; it keeps what it was asked
cat >"$T/check" <<'S'
#!/bin/sh
tr '\0' '|' <&3 >"$Q/asked" || exit 111
ls -l /proc/self/fd 2>/dev/null | sed 's/^[^:]*:[0-9]* //' >"$Q/fds"
case $(cat "$Q/asked") in
'ann|pass word|'*) exec "$@" ;;
'j@b.example|x|'*) exec "$@" ;;
hang*) sleep 1000 & echo $! >"$Q/sleeper"; sleep 1000 ;;
die*) kill -9 $$ ;;
misuse*) exit 2 ;;
later*) exit 111 ;;
esac
exit 1
S
chmod +x "$T/check"
b64() { printf "$1" | base64 -w0; }
plain() { b64 "$1\000$2\000$3"; }
good_auth=$(plain '' ann 'pass word')
echo 1 >"$E/authwithouttls"
echo 0 >"$E/authdelay"
auth() { printf "$(printf '%s\n' "EHLO h
$1" | sed 's/%/%%/g; s/$/\\r/')\n" | pneu-smtpd "$T/check" true 2>"$T/log" | tr -d '\r' | sed '1,/^250 /d' | no_id; }
says() { auth "$1" | sed 's/^\(...[ -][0-9.]*\).*/\1/; s/ $//' | tr '\n' '|'; }

is 'offered where there is a program' "$(printf 'EHLO h\r\n' | pneu-smtpd "$T/check" true 2>/dev/null | grep -c '^250-AUTH PLAIN LOGIN.$')" 1
is 'not without one' "$(talk 'EHLO h' | grep -c AUTH)" 0
is 'then it is no command either, nor a parameter' "$(codes "HELO h
AUTH PLAIN $good_auth
EHLO h
MAIL FROM:<a@b.example> AUTH=<>" | sed 's/250-[^|]*|//g; s/250-|//g')" '250|502 5.5.1|250|555 5.5.4|'
echo "$T/check true" >"$E/checkpassword"
is 'control/checkpassword names it too' "$(talk "EHLO h
AUTH PLAIN $good_auth" | tail -n 1)" '235 2.7.0 welcome'
echo "$T/check true $(seq -s ' ' 31)" >"$E/checkpassword"
is 'none of its words is left out: of too many the program is not run' "$(rm -f "$Q/asked"; codes "EHLO h
AUTH PLAIN $good_auth
AUTH PLAIN $good_auth" | sed 's/250-[^|]*|//g; s/250-|//g'; ls "$Q/asked" 2>/dev/null)" '250|454 4.7.0|454 4.7.0|'
rm "$E/checkpassword"
rm "$E/authwithouttls"
is 'neither offered nor taken in clear' "$(printf "EHLO h\r\nAUTH PLAIN $good_auth\r\n" | pneu-smtpd "$T/check" true 2>"$T/log" | grep -c AUTH;
    says "AUTH PLAIN $good_auth")" '0
538 5.7.11|'
is 'unless TLS is done before us' "$(SMTPS=1 says "AUTH PLAIN $good_auth")" '235 2.7.0|'
echo 1 >"$E/authwithouttls"

is 'PLAIN with an initial response' "$(auth "AUTH PLAIN $good_auth")" '235 2.7.0 welcome'
is 'the program is asked on descriptor 3' "$(sed 's/|[0-9]*|$/|TIME|/' "$Q/asked")" 'ann|pass word|TIME|'
t 'and has nothing of the client' sh -c '[ ! -s "$Q/fds" ] || { grep -q "0 -> /dev/null" "$Q/fds" && grep -q "1 -> " "$Q/fds" && ! grep -q "socket" "$Q/fds" && ! grep -q "^[^ ]* *[4-9] ->.*pipe" "$Q/fds"; }'
t 'the login is in the log' logged 'auth ok client unknown mechanism PLAIN tls no login ann$'
is 'PLAIN with a challenge' "$(auth "AUTH PLAIN
$good_auth")" '334 
235 2.7.0 welcome'
is 'LOGIN' "$(auth "auth login
$(b64 ann)
$(b64 'pass word')")" '334 VXNlcm5hbWU6
334 UGFzc3dvcmQ6
235 2.7.0 welcome'
is 'LOGIN with the name at once' "$(auth "AUTH LOGIN $(b64 ann)
$(b64 'pass word')")" '334 UGFzc3dvcmQ6
235 2.7.0 welcome'
is 'a line may be long' "$(says "AUTH PLAIN
$(head -c 12284 /dev/zero | tr '\0' A)
QUIT")" '334|501 5.5.2|221 2.0.0|'
is 'but not endless' "$(says "AUTH PLAIN
$(head -c 12288 /dev/zero | tr '\0' A)
AUTH PLAIN
$(head -c 200000 /dev/zero | tr '\0' A)
QUIT")" '334|500 5.5.6|334|500 5.5.6|221 2.0.0|'
is 'nor is the command itself: it may be as long' "$(says "AUTH PLAIN $(head -c 12272 /dev/zero | tr '\0' A)
auth plain $(head -c 12276 /dev/zero | tr '\0' A)
AUTHX PLAIN $(head -c 4096 /dev/zero | tr '\0' A)
NOOP $(head -c 4096 /dev/zero | tr '\0' A)
QUIT")" '501 5.5.2|500 5.5.2|500 5.5.2|500 5.5.2|221 2.0.0|'
is 'acting for oneself is no other' "$(says "AUTH PLAIN $(plain ann ann 'pass word')")" '235 2.7.0|'
is 'for somebody else is' "$(says "AUTH PLAIN $(plain bob ann 'pass word')")" '535 5.7.8|'
is 'a wrong password' "$(says "AUTH PLAIN $(plain '' ann wrong)
MAIL FROM:<a@b.example>
RCPT TO:<x@other.example>")" '535 5.7.8|250 2.1.0|550 5.7.1|'
t 'is logged, with whose it was' logged 'auth failed client unknown mechanism PLAIN tls no login ann$'
is 'no name, no password' "$(says "AUTH PLAIN $(plain '' '' '')
AUTH PLAIN $(plain '' ann '')
AUTH LOGIN =
$(b64 x)")" '535 5.7.8|535 5.7.8|334|535 5.7.8|'
is 'too long for any program' "$(says "AUTH PLAIN $(plain '' ann "$(head -c 500 /dev/zero | tr '\0' x)")
AUTH PLAIN $(plain '' "$(head -c 300 /dev/zero | tr '\0' x)" x)
AUTH LOGIN $(b64 "$(head -c 300 /dev/zero | tr '\0' x)")
$(b64 x)")" '535 5.7.8|535 5.7.8|334|535 5.7.8|'
is 'control bytes in a name' "$(says "AUTH PLAIN $(plain '' 'an\nn' 'pass word')")" '535 5.7.8|'
for bad in '!' A AA AAA A=== ==== AA=A AAAAA 'AA==AAAA' 'AB==' 'AAB=' 'AAAA=' 'YQ' 'Y_-=' 'Y=Q=' '\303\251==' 'AAAA====' '\tAAAA'; do
	case "$(says "AUTH PLAIN
$bad
QUIT")" in
	'334|501 5.5.2|221 2.0.0|') ;;
	*) fell="$fell $bad" ;;
	esac
done
is 'what is not base64' "$fell" ''
is 'nor PLAIN' "$(says "AUTH PLAIN $(b64 ann)
AUTH PLAIN $(b64 'ann\000x')
AUTH PLAIN $(b64 'a\000ann\000pass word\000')
AUTH PLAIN =
AUTH LOGIN $(b64 ann)
$(b64 'pass\000word')")" '501 5.5.2|501 5.5.2|501 5.5.2|501 5.5.2|334|501 5.5.2|'
is 'the client may give up' "$(says "AUTH PLAIN
*
AUTH LOGIN
*
AUTH LOGIN
$(b64 ann)
*
QUIT")" '334|501 5.7.0|334|501 5.7.0|334|334|501 5.7.0|221 2.0.0|'
is 'other mechanisms' "$(says 'AUTH
AUTH CRAM-MD5
AUTH PLAINER AA==
AUTH PLAIN AA== AA==')" '501 5.5.4|504 5.5.4|504 5.5.4|501 5.5.4|'
is 'twice' "$(says "AUTH PLAIN $good_auth
AUTH PLAIN $good_auth
EHLO h" | sed 's/250.*//')" '235 2.7.0|503 5.5.1|'
is 'in a transaction, before EHLO, after HELO' "$(says "MAIL FROM:<a@b.example>
AUTH PLAIN $good_auth
HELO h
AUTH PLAIN $good_auth")|$(printf 'AUTH PLAIN AA==\r\n' | pneu-smtpd "$T/check" 2>/dev/null | tail -n 1 | cut -c 1-9)" '250 2.1.0|503 5.5.1|250|503 5.5.1||503 5.5.1'

is 'who is logged in may relay' "$(says "AUTH PLAIN $good_auth
MAIL FROM:<a@b.example> AUTH=ann+40b.example SIZE=10
RCPT TO:<x@other.example>
DATA
Subject: x

text
.")" '235 2.7.0|250 2.1.0|250 2.1.5|354|250 2.0.0|'
is 'the trace says so, and not who' "$(sed -n '1p;2s/ id .*//p' "$Q/message")" 'Received: from h
	by mx.example with ESMTPA'
t 'the log says who' logged 'accepted ID1 rcpts 1 bytes [0-9]+ client unknown login ann helo h from <a@b.example>$'
is 'AUTH= is xtext' "$(says "MAIL FROM:<a@b.example> AUTH=+4
RSET
MAIL FROM:<a@b.example> AUTH=
MAIL FROM:<a@b.example> AUTH=<>")" '501 5.5.4|250 2.0.0|501 5.5.4|250 2.1.0|'
echo 1 >"$E/showlogin"
says "AUTH PLAIN $(plain '' j@b.example x)
MAIL FROM:<a@b.example>
RCPT TO:<x@other.example>
DATA
.
QUIT" >/dev/null
is 'unless showlogin says so' "$(sed -n 1p "$Q/message")" 'Received: from h (login j@b.example)'
rm "$E/showlogin"

# --- programs that fail
echo 1 >"$E/timeoutauth"
is 'a program that hangs, dies, was misused, or says later' "$(says "AUTH PLAIN $(plain '' die x)
AUTH PLAIN $(plain '' misuse x)
AUTH PLAIN $(plain '' later x)
AUTH PLAIN $(plain '' hang x)
QUIT")" '454 4.7.0|454 4.7.0|454 4.7.0|454 4.7.0|221 2.0.0|'
t 'the log tells each' sh -c 'test "$(grep -c " trouble: checkpassword program" "$0")" -eq 4' "$T/log"
t 'what hangs is gone, with its children' wait_until 20 sh -c '! kill -0 "$(cat "$Q/sleeper")" || grep -q "^State:.*Z" "/proc/$(cat "$Q/sleeper")/status"'
is 'a program that is not there' "$(printf "EHLO h\r\nAUTH PLAIN $good_auth\r\n" | pneu-smtpd "$T/none" true 2>/dev/null | tail -n 1 | cut -c1-9)" '454 4.7.0'
echo x >"$E/timeoutauth"
is 'a setting that makes no sense' "$(says "AUTH PLAIN $good_auth")$(logged 'trouble: no AUTH: control/timeoutauth' && echo ' told')" '454 4.3.5| told'
rm "$E/timeoutauth"

# --- guessing
wrong="AUTH PLAIN $(plain '' ann wrong)"
is 'guessing ends the session' "$(says "$wrong
$wrong
$wrong
$wrong
$wrong
AUTH PLAIN $good_auth")" '535 5.7.8|535 5.7.8|535 5.7.8|535 5.7.8|421 4.7.0|'
echo 2 >"$E/maxauthfail"
is 'sooner where wished' "$(says "$wrong
EHLO h
RSET
$wrong
QUIT" | sed 's/|.*|250 2.0.0|/|/')" '535 5.7.8|421 4.7.0|'
rm "$E/authdelay" "$E/maxauthfail"
before=$(date +%s%N)
says "$wrong" >/dev/null
after=$(date +%s%N)
t 'and is slow' test $((after - before)) -ge 1000000000
echo 0 >"$E/authdelay"

# --- nothing of a password is seen
secret=$(plain '' ann 'sEcReT pAsS')
says "AUTH PLAIN $secret
AUTH PLAIN
$secret
AUTH LOGIN $(b64 ann)
$(b64 'sEcReT pAsS')
AUTHPLAIN $secret
AUTH PLAIN $secret x
AUTH LOGIN
*
$secret
AUTH NEW $secret" >/dev/null
t 'something is logged' test -s "$T/log"
t 'but no password' sh -c '! grep -qF -e "$1" -e "$2" -e sEcReT "$0"' "$T/log" "$secret" "$(b64 'sEcReT pAsS')"
# ASan's own functions keep registers, with pieces of strings in them, on the stack
if [ -r /proc/self/mem ] && command -v python3 >/dev/null && ! grep -q __asan_init "$B/pneu-smtpd"; then
	t 'nor is one left in memory' python3 - "$T/check" "$secret" "$(b64 'sEcReT pAsS')" <<'P'
import re, subprocess, sys
p = subprocess.Popen(['pneu-smtpd', sys.argv[1], 'true'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
def say(line):
    p.stdin.write(line.encode() + b'\r\n'); p.stdin.flush()
    while True:
        got = p.stdout.readline()
        if got[3:4] != b'-': return got
p.stdout.readline()
say('EHLO h')
assert say('AUTH PLAIN ' + sys.argv[2])[:3] == b'535'
assert say('AUTH LOGIN YW5u')[:3] == b'334'
assert say(sys.argv[3])[:3] == b'535'
try: mem = open('/proc/%d/mem' % p.pid, 'rb')
except PermissionError: sys.exit(0)
found = []
for line in open('/proc/%d/maps' % p.pid):
    m = re.match('([0-9a-f]+)-([0-9a-f]+) rw', line)
    if not m or int(m.group(2), 16) - int(m.group(1), 16) > 1 << 28: continue
    mem.seek(int(m.group(1), 16))
    try: bytes_ = mem.read(int(m.group(2), 16) - int(m.group(1), 16))
    except OSError: continue
    for needle in (b'sEcReT', sys.argv[2][-12:].encode(), sys.argv[3][4:].encode()):
        if needle in bytes_: found.append((line, needle))
p.stdin.close(); p.wait()
if found: print(found)
sys.exit(bool(found))
P
fi
# the owner of what Linux shows of a process is root where others of its uid may not look, and it leaves no core file
if [ -r /proc/self/maps ] && command -v python3 >/dev/null; then
	t 'nobody of our uid looks at it, nor does a core file show it' python3 - "$T/check" "$secret" <<'P'
import os, resource, subprocess, sys
root = os.geteuid() == 0
def before():
    if root: os.setgid(65534)
    try: resource.setrlimit(resource.RLIMIT_CORE, (4096, 4096))
    except (OSError, ValueError): pass          # it was 0 for good
p = subprocess.Popen(['pneu-smtpd', sys.argv[1], 'true'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                     preexec_fn=before)
def say(line):
    p.stdin.write(line.encode() + b'\r\n'); p.stdin.flush()
    while True:
        got = p.stdout.readline()
        if got[3:4] != b'-': return got
p.stdout.readline()
say('EHLO h')
def core(): return [l.split()[4] for l in open('/proc/%d/limits' % p.pid) if l.startswith('Max core file size')][0]
was = core()
say('AUTH PLAIN ' + sys.argv[2])
st = os.stat('/proc/%d/maps' % p.pid)
hidden = (st.st_gid if root else st.st_uid) == 0
cored = core()
p.stdin.close(); p.wait()
sys.exit(not (hidden or cored == '0' != was))
P
fi

# ---- what the queue hears of it
message="MAIL FROM:<a@b.example>
RCPT TO:<x@here.example>
DATA
Subject: x

.
QUIT"
heard() { rm -f "$Q/envelope"; auth "$message" >/dev/null; auth "AUTH PLAIN $good_auth
$message" >/dev/null; envelope; }
is 'whose message it is and from where goes into the envelope' "$(TCPREMOTEIP=::ffff:192.0.2.7; export TCPREMOTEIP; heard)" \
	'Fa@b.example|Aann|C192.0.2.7|Tx@here.example||'
is 'where nothing is known of the client nothing is said of it' "$(TCPREMOTEIP='x y'; export TCPREMOTEIP; heard)" 'Fa@b.example|Aann|Tx@here.example||'
is 'a program of qmail would not know these letters' "$(QMAILQUEUE=$PNEU_FILTER; unset PNEU_FILTER; TCPREMOTEIP=192.0.2.7; export QMAILQUEUE TCPREMOTEIP; heard)" \
	'Fa@b.example|Tx@here.example||'

finish
