# pneu-tcpd: how it tells that it is ready, and HUP: the program is started anew while the port answers
. tests/lib.sh
. tests/program/tcpd_lib.sh
listener=
cleanup() {
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
	[ -z "$listener" ] || kill "$listener" 2>/dev/null
}
listen() {
	python3 tests/program/notify_listen.py "$1" "$T/heard" &
	listener=$!
	wait_until 20 test -e "$T/heard"
}
anew() { [ "$(grep -c 'started anew' "$T/log")" -ge "$1" ]; }
heard() { [ "$(wc -l <"$T/heard")" -ge "$1" ]; }

# ---- a supervisor hears of it
listen "$T/notify"
NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=1000000 LISTEN_PIDFDID=7
export NOTIFY_SOCKET WATCHDOG_USEC LISTEN_PIDFDID
mkfifo "$T/ready"
cat "$T/ready" >"$T/newline" & reader=$!
start -N 7 127.0.0.1:0 -- sh -c 'env; ls /proc/$$/fd 2>/dev/null | tr "\n" " "; cat' 7>"$T/ready"
wait "$reader"
is 's6 gets one newline, and the descriptor is closed' "$(od -An -c "$T/newline" | tr -d ' ')" '\n'
t 'systemd hears' wait_until 20 heard 1
is 'that it is ready' "$(cat "$T/heard")" 'READY=1 STATUS=listening'
kill -HUP "$pid"
t 'of HUP, too' wait_until 20 heard 3
is 'from its begin to its end' "$(sed -n 2,3p "$T/heard")" 'RELOADING=1 MONOTONIC_USEC=N STATUS=starting anew
READY=1 STATUS=listening'
kill -HUP "$pid"
t 'the one that was started anew can do the same' wait_until 20 heard 5
$client say 127.0.0.1 "$port" >"$T/out"
t 'a session is served' grep -q hello "$T/out"
is 'it has nothing with which it could speak for us' "$(grep -E '^(NOTIFY|WATCHDOG|LISTEN_|PNEU_TCPD)' "$T/out")" ''
[ ! -e "/proc/$$/fd" ] || is 'and no descriptor of ours' "$(sed -n 's/\(0 1 2\).*hello.*/\1/p' "$T/out")" '0 1 2'
stop
is 'it ends' "$code" 0
wait_until 20 heard 6
is 'saying so' "$(tail -n 1 "$T/heard")" 'STOPPING=1 STATUS=running sessions may end'
kill "$listener"
unset NOTIFY_SOCKET WATCHDOG_USEC LISTEN_PIDFDID
if [ "$(uname -s)" = Linux ]; then
	rm "$T/heard"
	listen "@pneu-test-$$"
	NOTIFY_SOCKET=@pneu-test-$$
	export NOTIFY_SOCKET
	start 127.0.0.1:0 -- cat
	t 'a socket that is no file will do' wait_until 20 heard 1
	unset NOTIFY_SOCKET
	stop
	kill "$listener"
fi
listener=
start -N 8 127.0.0.1:0 -- cat
is 'nobody to tell is no reason not to start' "$($client say 127.0.0.1 "$port")" hello
t 'but worth a line' log_has '^pneu-tcpd: warning: unable to use what the supervisor gave us.*: Bad file descriptor$'
stop

# ---- HUP: counts go on
cp "$B/pneu-tcpd" "$T/pneu-tcpd"
own=$B
B=$T
start -v -c 3 -C 2 -r 3/1000 127.0.0.1:0 -- sh -c 'printf x; cat'
$client hold 127.0.0.1 "$port" "$T/a" >"$T/a.out" & a=$!
t 'a session begins' wait_until 20 test -e "$T/a.in"
kill -HUP "$pid"
t 'HUP starts the program anew' wait_until 20 anew 1
t 'it knows of the session' log_has '^pneu-tcpd: started anew; sessions: 1$'
$client hold 127.0.0.1 "$port" "$T/b" >"$T/b.out" & b=$!
t 'another one begins' wait_until 20 test -e "$T/b.in"
kill -HUP "$pid"
wait_until 20 anew 2
is 'the client has as many as it may have, under whichever program they began' "$($client hear 127.0.0.1 "$port" | tr -d '\r')" \
	'421 4.7.0 too many connections from your address, try again later'
# the old sessions are where they were
touch "$T/a.go" "$T/b.go"
wait "$a"
wait "$b"
is 'no session was cut' "$(cat "$T/a.out" "$T/b.out")" 'late
late'
ended() { [ "$(grep -c '^pneu-tcpd: end ' "$T/log")" -ge "$1" ]; }
t 'their ends are seen' wait_until 20 ended 2
is 'the third new connection is within the limit' "$($client say 127.0.0.1 "$port")" xhello
kill -HUP "$pid"
wait_until 20 anew 3
is 'and the fourth is not: that count went on, too' "$($client hear 127.0.0.1 "$port" | tr -d '\r')" \
	'421 4.7.0 too many new connections from your address, try again later'

# ---- a file that does not start
same() { kill -0 "$pid" && ! ended 99 && $client hear 127.0.0.1 "$port" | grep -q '^421 4.7.0 too many new'; }
stays() { [ "$(grep -c 'warning: the program does not start anew: the old one goes on' "$T/log")" -ge "$1" ]; }
exchange() { cp "$1" "$T/x" && chmod 755 "$T/x" && mv "$T/x" "$T/pneu-tcpd"; }
echo 'no program' >"$T/broken"
exchange "$T/broken"
kill -HUP "$pid"
t 'a broken file' wait_until 20 stays 1
t 'changes nothing' same
t 'and the log has the reason' log_has 'warning: unable to start .*/pneu-tcpd anew: '
printf '#!/bin/sh\nexit 3\n' >"$T/broken"
exchange "$T/broken"
kill -HUP "$pid"
t 'nor does one that fails' wait_until 20 stays 2
t 'or changes anything' same
rm "$T/pneu-tcpd"
kill -HUP "$pid"
t 'nor does none' wait_until 20 stays 3
exchange "$own/pneu-tcpd"
kill -HUP "$pid"
t 'the next good one does' wait_until 20 anew 4
kill -HUP "$pid"
kill -TERM "$pid"
wait "$pid"
is 'TERM right after HUP is heard' $? 0
pid=

# ---- a proxy's connection whose header is not there yet
if [ -x "$own/pneu-tcprules" ]; then
	printf '%s\n' '127.0.0.1:allow,PROXY="1"' ':allow' >"$T/rules"
	pneu-tcprules "$T/rules.cdb" "$T/rules.tmp" <"$T/rules"
	start -v -C 1 -x "$T/rules.cdb" 127.0.0.1:0 -- sh -c 'echo $TCPREMOTEIP; cat'
	python3 -c '
import os, signal, socket, sys, time
port, pid, log = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
s = [socket.create_connection(("127.0.0.1", port), 20) for _ in range(2)]
def wait_for(what):
    until = time.monotonic() + 20
    while what not in open(log).read() and time.monotonic() < until:
        time.sleep(0.01)
wait_for("status: 2/")
os.kill(pid, signal.SIGHUP)
wait_for("started anew; sessions: 2")
for c in s:
    c.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.8 1 25\r\n")
    print(c.recv(100).decode().strip())
' "$port" "$pid" "$T/log" >"$T/out"
	is 'whoever waits for a proxy gets the answer of the new program, which counts' "$(tr -d '\r' <"$T/out" | sed '2s/ \[[0-9a-z]*\]$//')" \
		'192.0.2.7
421 4.7.0 too many connections from your address, try again later'
	stop
fi

# ---- under load
LOG=$T/log
export LOG
start -c 100 127.0.0.1:0 -- cat
is 'twenty times, and no connection is refused or cut' "$(python3 tests/program/tcpd_renew.py "$port" "$pid" 20)" '20 times anew, 0 bad'
stop
is 'it ends well' "$code" 0

# ---- what is left is for the process it was left for
B=$own
PNEU_TCPD_HEIR='1 3' PNEU_TCPD_TRIAL=1
export PNEU_TCPD_HEIR PNEU_TCPD_TRIAL
start 127.0.0.1:0 -- sh -c 'env; cat'
is 'what another process left is nothing' "$($client say 127.0.0.1 "$port" | grep -E 'PNEU_TCPD|hello')" hello
stop
unset PNEU_TCPD_TRIAL PNEU_TCPD_HEIR
nonsense() {            # pneu-tcpd with this text left for it
	printf "$1" >"$T/left"
	sh -c 'PNEU_TCPD_HEIR="$$ 9" exec pneu-tcpd 127.0.0.1:0 -- cat 9<"$0"' "$T/left" >"$T/out" 2>&1
	[ $? = 111 ] && grep -q '^pneu-tcpd: fatal: unable to \(read what the program before us left\|take over from the program before\): ' "$T/out"
}
for text in '' 'end\n' 'pneu-tcpd 2 1 0 0\nend\n' 'pneu-tcpd 1 1 0 0\nlistener 9\nend\n' 'pneu-tcpd 1 1 0 0\nlistener 77\nend\n' \
    'pneu-tcpd 1 99999 0 0\nend\n' 'pneu-tcpd 1 1 0 0 \nend\n' 'pneu-tcpd 1 1 0 0\nend\nend\n' 'pneu-tcpd 1 1 1 0\nsession 5\nend\n' \
    'pneu-tcpd 1 1 0 0\nwhat 5\nend\n' 'pneu-tcpd 1 1 0 0\n\0\nend\n' 'pneu-tcpd 1 1 0 0 0 0 0 0\nend\n' 'pneu-tcpd 1 1 0 0\nasking 2 2\nend\n'; do
	t "nonsense is refused: $(printf %s "$text" | tr "\\\\" "|")" nonsense "$text"
done
finish
