# pneu-popup and those who do TLS for it: the session goes on where they say, whoever serves it, and nothing crosses
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'needs python3'
unset SMTPS POP3S SSL_PROTOCOL SSLCTLFD SSLREADFD SSLWRITEFD
PNEU_ETC=$T
export PNEU_ETC
cat >"$T/check" <<'S'
#!/bin/sh
case $(tr '\0' '|' <&3) in 'ann|secret|'*) exec "$@" ;; esac
exit 1
S
cat >"$T/serve" <<'S'
#!/bin/sh
printf '+OK served\r\n'
read -r line
printf '+OK %s\r\n' "$line"
S
chmod +x "$T/check" "$T/serve"
cat >"$T/tls.py" <<'P'
import os, select, socket, subprocess, sys, time
way, T = sys.argv[1], sys.argv[2]
def start(fds, env, client):
    def place():
        high = {n: os.dup2(f, 100 + n) for n, f in fds.items()}
        for n, f in high.items(): os.dup2(f, n); os.close(f)
    return subprocess.Popen(['pneu-popup', 'mx.example', T + '/check', T + '/serve'], stdin=client, stdout=client, stderr=open(T + '/log', 'w'),
        env=dict(os.environ, TCPREMOTEIP='192.0.2.1', **env), preexec_fn=place, close_fds=False)
def line(s):
    got = b''
    while not got.endswith(b'\n'):
        if not select.select([s], [], [], 30)[0]: return got + b'(late)'
        c = s.recv(1)
        if not c: return got + b'(end)'
        got += c
    return got.decode().strip()
def ask(s, text): s.sendall(text + b'\r\n'); return line(s)
ours, clear = socket.socketpair()
if way == 'ucspi':
    tls, inner = socket.socketpair(); control, theirs = socket.socketpair()
    p = start({10: theirs.fileno(), 11: inner.fileno(), 12: inner.fileno()}, {'SSLCTLFD': '10', 'SSLREADFD': '11', 'SSLWRITEFD': '12'}, clear)
    inner.close(); theirs.close()
else:
    tls = ours; r5, w5 = os.pipe(); r6, w6 = os.pipe()
    p = start({5: w5, 6: r6} if way == 'new' else {5: w5}, {}, clear)
    os.close(w5)
clear.close()
line(ours)
print(ask(ours, b'USER ann')[:31])
ours.sendall(b'STLS\r\nUSER evil\r\nPASS secret\r\n')
if way == 'ucspi':
    print(line(ours), control.recv(1)); control.sendall(b'SSL_PROTOCOL=TLSv1.3\0SSL_CIPHER=X\0\0')
elif way == 'new':
    print(line(ours), os.read(r5, 10), os.read(r5, 10)); os.write(w6, b'\0')
    while select.select([r6], [], [], 0)[0]: time.sleep(0.01)      # nobody shakes hands before the sign has been read
else:
    print(os.read(r5, 100).decode().strip(), b'Y' if os.read(r5, 10) == b'' else 'no end')
    sys.exit()          # what comes now is told by the time from TLS: tests/unit/tls_test.c, and a real one in tests/system/pop3_clients.t
print(ask(tls, b'PASS secret'))
print(ask(tls, b'USER ann'), ask(tls, b'PASS no'), ask(tls, b'USER ann'))
tls.sendall(b'PASS secret\r\nhello\r\n')
print(line(tls), line(tls)); print(p.wait(30))
P
want() { printf '%s\n' '-ERR a password needs encryptio' "+OK begin TLS $1" '-ERR USER comes first' '+OK -ERR [AUTH] login or password is wrong +OK' '+OK served +OK hello' 0; }
echo 0 >"$T/authdelay"
is 'UCSPI-TLS: the program that serves has the encrypted descriptors' "$(timeout 100 python3 "$T/tls.py" ucspi "$T" 2>&1)" "$(want "b'Y'")"
t 'the log knows what the server told' grep -q ' tls client 192.0.2.1 TLSv1.3 X$' "$T/log"
t 'and that bytes were thrown away' grep -q ' trouble: the client sent more after STLS before the handshake; bytes thrown away: 24$' "$T/log"
is 'tlswrapper, newer form: both of our processes let go of its pipe' "$(timeout 100 python3 "$T/tls.py" new "$T" 2>&1)" "$(want "b'\\x00' b''")"
is 'tlswrapper, older form' "$(timeout 100 python3 "$T/tls.py" old "$T" 2>&1)" "$(want "b'Y'" | head -n 2)"
finish
