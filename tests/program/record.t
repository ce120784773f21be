#!/bin/sh
# pneu-record writes sessions down and changes nothing; pneu-replay plays them to a server again
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'no python3'
. tests/program/smtpd_lib.sh
R=$T/records; export T R
mkdir "$R"
server=
cleanup() { [ -z "$server" ] || kill "$server" 2>/dev/null; }
session='EHLO h\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<x@other.example>\r\nRCPT TO:<x@here.example>\r\nDATA\r\nSubject: s\r\n\r\nback\\\\slash \001\377\r\n.\r\nQUIT\r\n'
listed() { ls "$R" | wc -l | tr -d ' '; }

# shellcheck disable=SC2059
printf "$session" | pneu-record pneu-smtpd 2>"$T/log" | tr -d '\r' | no_id >"$T/plain"
is 'without RECORD nothing is recorded' "$(listed)" 0
is 'and STARTTLS is there as without us' "$(printf 'EHLO h\r\nQUIT\r\n' | pneu-record pneu-smtpd 2>"$T/log" 5>&1 | grep -c STARTTLS)" 1
printf "$session" | RECORD=$R pneu-record pneu-smtpd 2>"$T/log" | tr -d '\r' | no_id >"$T/out"
is 'a recorded session is the same' "$(cat "$T/out")" "$(cat "$T/plain")"
is 'there is one record' "$(listed)" 1
F=$R/$(ls "$R")
t 'the log names it' grep -qx "pneu-record: recording to $F" "$T/log"
is 'nobody else may read it' "$(stat -c %a "$F")" 600
is 'what the client said, byte for byte' "$(sed -n 's/^> [0-9]* //p' "$F" | tr -d '\n' | sed 's/\\r/\\015/g; s/\\n/\\012/g; s/\\x/\\\\x/g' | sed 's/\\\\x01/\\001/; s/\\\\xff/\\377/' | { IFS= read -r x; printf "$x"; } | od -An -c)" \
    "$(printf "$session" | od -An -c)"
is 'and what the server said' "$(sed -nE 's/^< [0-9]+ (.*)\\r\\n$/\1/p' "$F" | no_id)" "$(cat "$T/out")"
t 'times do not go back' sh -c 'grep "^[<>]" "$1" | cut -d" " -f2 | sort -nc' - "$F"
is 'the exit code is the program'"'"'s' "$(RECORD=$R; export RECORD; pneu-record sh -c 'exit 7' </dev/null; echo $?)" 7
is 'a directory that cannot be written is no obstacle' "$(printf 'QUIT\r\n' | RECORD=$T/none pneu-record pneu-smtpd 2>"$T/log" | tr -d '\r' | tail -n 1)" '221 2.0.0 mx.example'
t 'but is logged' grep -q 'pneu-record: warning: unable to record in .*/none: No such file' "$T/log"
few="import os, resource; resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4)); os.execvp('pneu-record', ['pneu-record', 'sh', '-c', 'echo served'])"
is 'nor is a lack of descriptors' "$(RECORD=$R python3 -c "$few" </dev/null 2>"$T/log")" served
t 'which is logged too' grep -q 'pneu-record: warning: unable to make a socket pair: ' "$T/log"

# ---- with the rules' word, as pneu-listen starts it
listen() {
	: >"$T/port"
	PNEU_BUILD=$B sh scripts/listen smtpd -1 127.0.0.1:0 >"$T/port" 2>"$T/log" & server=$!
	wait_until 20 test -s "$T/port"
	python3 -c 'import smtplib, sys; smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=20).quit()' "$(cat "$T/port")"
	kill "$server"; wait "$server"; server=
}
rm "$R"/*
printf ':allow\n' | pneu-tcprules "$E/rules.cdb" "$E/rules.tmp"
listen
is 'a listener records nothing' "$(listed)" 0
printf '127.0.0.2:allow\n:allow,RECORD="%s"\n' "$R" | pneu-tcprules "$E/rules.cdb" "$E/rules.tmp"
listen
is 'unless its rules say where to' "$(listed)" 1

# ---- secrets. The server is a script that answers 334 to all.
rm "$R"/*
cat >"$T/auth" <<'END'
#!/bin/sh
printf '220 x\r\n'
while read -r line; do
	case $line in
	[Aa][Uu]*|two*) printf '334 \r\n' ;;
	last*) printf '235 ok\r\n' ;;
	*) printf '250 ok\r\n' ;;
	esac
done
END
chmod +x "$T/auth"
printf 'auth plain c2VjcmV0\r\nlast-secret\r\nAUTH LOGIN\r\ntwo-secret\r\nlast-secret\r\n' | RECORD=$R pneu-record "$T/auth" >"$T/out"
is 'secrets are not recorded' "$(grep -c secret "$R"/*; grep -c c2Vj "$R"/*; grep -c '^> [0-9]* auth plain \*\*\*' "$R"/*)" '0
0
1'
rm "$R"/*
RECORD=$R python3 - 2>"$T/log" <<'P'
import subprocess
p = subprocess.Popen(['pneu-record', 'pneu-smtpd'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
def reply():
    while p.stdout.readline()[3:4] == b'-':
        pass
reply()
for said in b'EHLO h', b'AUTH LOGIN', b'c2VjcmV0LXVzZXI=', b'c2VjcmV0', b'BDAT 22\r\nAUTH PLAIN chunk-text', b'QUIT':
    p.stdin.write(said + b'\r\n')
    p.stdin.flush()
    reply()
p.stdin.close()
p.wait()
P
is 'nor what follows an AUTH that was refused' "$(grep -c c2Vj "$R"/*; sed -n 's/^> [0-9]* //p' "$R"/* | grep -c '^\*')" '0
2'
is 'the chunk after it is recorded' "$(grep -c '^> [0-9]* AUTH PLAIN chunk-text' "$R"/*)" 1

# ---- a client that does not read
cat >"$T/endless" <<'END'
#!/bin/sh
trap '' PIPE
while echo 220-more; do :; done 2>/dev/null
END
chmod +x "$T/endless"
rm "$R"/*
t 'a client that does not read holds nobody for ever' python3 - <<'P'
import os, socket, subprocess, sys
a, b = socket.socketpair()
p = subprocess.Popen(['pneu-record', '-t', '1', os.environ['T'] + '/endless'], stdin=b, stdout=b, env=dict(os.environ, RECORD=os.environ['R']),
                     stderr=subprocess.DEVNULL)
b.close()
try:
    p.wait(60)
except subprocess.TimeoutExpired:
    p.kill()
    sys.exit(1)
record, = os.listdir(os.environ['R'])
sys.exit(b' 220-more' not in open(os.environ['R'] + '/' + record, 'rb').read())
P
pneu-record -t 0 true 2>/dev/null
is 'no time' $? 100

# ---- and again
cat >"$T/serve.py" <<'END'
import os, socket, subprocess, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1] + '.new')
s.listen(8)
os.rename(sys.argv[1] + '.new', sys.argv[1])
while True:
    c, _ = s.accept()
    subprocess.Popen(['pneu-smtpd'], stdin=c, stdout=c, stderr=subprocess.DEVNULL)
    c.close()
END
rm "$R"/*
RECORD=$R; export RECORD
printf "$session" | pneu-record pneu-smtpd >/dev/null 2>&1
unset RECORD
F=$R/$(ls "$R" | tail -n 1)
python3 "$T/serve.py" "$T/s" & server=$!
wait_until 20 test -S "$T/s"
rm -f "$Q/message"
pneu-replay "$F" "unix:$T/s" >"$T/out" 2>&1
is 'played to the same server it is the same' "$? $(cat "$T/out")" '0 '
is 'and the message came again' "$(sed 1,2d "$Q/message" | od -An -c)" "$(printf 'Subject: s\n\nback\\\\slash \001\377\n' | od -An -c)"
echo other.example >>"$E/rcpthosts"
pneu-replay "$F" "unix:$T/s" >"$T/out" 2>&1
is 'a difference is shown' "$? $(cut -c1-10 "$T/out" | tr '\n' '|')" '1 -550 5.7.1|+250 2.1.5|'
echo '# cut' >>"$F"
pneu-replay "$F" "unix:$T/s" >"$T/out" 2>&1
is 'a cut record says so' "$? $(tail -n 1 "$T/out")" '100 pneu-replay: fatal: the record is cut'
pneu-replay "$F" "unix:$T/none" 2>/dev/null
is 'no server' $? 111
pneu-replay "$F" x 2>/dev/null
is 'no address' $? 100
finish
