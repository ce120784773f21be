# control/badlogins: a login whose password somebody else knows
. tests/lib.sh
. tests/program/smtpd_lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
unset SMTPS SSL_PROTOCOL SSLCTLFD SUBMISSION PNEU_LOGIN
cat >"$T/check" <<'S'
#!/bin/sh
exec "$@" 3<&-
S
chmod +x "$T/check"
echo 1 >"$E/authwithouttls"
echo 0 >"$E/authdelay"
auth=$(printf '\000ann\000x' | base64 -w0)
says() { printf "$(printf '%s\n' "EHLO h
$1" | sed 's/$/\\r/')\n" | pneu-smtpd "$T/check" true 2>"$T/log" | tr -d '\r' | sed '1,/^250 /d' | no_id; }

is 'without the file all are welcome' "$(says "AUTH PLAIN $auth")" '235 2.7.0 welcome'
printf '# their passwords are stolen\nbob\nANN\n' >"$E/badlogins"
is 'who is listed is refused though the password is right' "$(says "AUTH PLAIN $auth
MAIL FROM:<ann@here.example>
RCPT TO:<far@away.example>")" '535 5.7.8 this login is blocked: ask the administrator
250 2.1.0 sender ok
550 5.7.1 relaying denied: that domain is not served here'
t 'the log tells' logged 'auth blocked client unknown mechanism PLAIN tls no login ann$'
echo eve >"$E/badlogins"
is 'others are not' "$(says "AUTH PLAIN $auth")" '235 2.7.0 welcome'
if [ "$(id -u)" != 0 ]; then
	chmod 0 "$E/badlogins"
	is 'a file that cannot be read is no list of nobody' "$(says "AUTH PLAIN $auth")" '454 4.7.0 unable to check logins now, try later'
	chmod 600 "$E/badlogins"
else
	rm "$E/badlogins"; mkdir "$E/badlogins"
	is 'a file that cannot be read is no list of nobody' "$(says "AUTH PLAIN $auth")" '454 4.7.0 unable to check logins now, try later'
	rmdir "$E/badlogins"
fi
rm -f "$E/badlogins"
is 'who has logged in before is stopped at the next message' "$(python3 - "$T/check" "$E/badlogins" "$auth" <<'END'
import subprocess, sys
p = subprocess.Popen(['pneu-smtpd', sys.argv[1], 'true'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
def read():
    while True:
        line = p.stdout.readline().decode()
        if line[3:4] != '-':
            return ' '.join(line.split()[:2])
def say(line):
    p.stdin.write(line.encode() + b'\r\n')
    p.stdin.flush()
    return read()
read()
say('EHLO h')
print(say('AUTH PLAIN ' + sys.argv[3]))
print(say('MAIL FROM:<ann@here.example>'))
print(say('RCPT TO:<far@away.example>'))
with open(sys.argv[2], 'w') as f:
    f.write('ann\n')
print(say('RSET'))
print(say('MAIL FROM:<ann@here.example>'))
say('QUIT')
END
)" '235 2.7.0
250 2.1.0
250 2.1.5
250 2.0.0
550 5.7.1'
finish
