# pneu-tcpd: arguments, the session's environment and descriptors, the log, the end
. tests/lib.sh
. tests/program/tcpd_lib.sh

# arguments
t 'no arguments are wrong'                      exits 100
t 'an address without a program is wrong'       exits 100 127.0.0.1:0
t 'so is a mark without a program'              exits 100 127.0.0.1:0 --
t 'a program without an address is wrong'       exits 100 -- cat
t 'a port is a number'                          exits 100 127.0.0.1:smtp -- cat
t 'an address is a number'                      exits 100 localhost:0 -- cat
t 'an unknown option is wrong'                  exits 100 -Z 127.0.0.1:0 -- cat
t 'a limit of 0 is wrong'                       exits 100 -c 0 127.0.0.1:0 -- cat
t 'a limit over 65535 is wrong'                 exits 100 -c 65536 127.0.0.1:0 -- cat
t 'a limit is a whole number'                   exits 100 -C 1k 127.0.0.1:0 -- cat
t 'a backlog is a number'                       exits 100 -b -1 127.0.0.1:0 -- cat
t 'a reply is one line'                         exits 100 -m 'a
b' 127.0.0.1:0 -- cat
t 'a reply of 501 characters is too long'       exits 100 -d "$(printf %501s x)" 127.0.0.1:0 -- cat
t 'a limit on new connections is two numbers'   exits 100 -r 10 127.0.0.1:0 -- cat
t 'none of them 0'                              exits 100 -r 10/0 127.0.0.1:0 -- cat
t 'nor negative'                                exits 100 -R -1/60 127.0.0.1:0 -- cat
t 'nor more than a day'                         exits 100 -R 1/86401 127.0.0.1:0 -- cat
t 'nor more than a million'                     exits 100 -R 1000001/1 127.0.0.1:0 -- cat
t 'a network has a length'                      exits 100 -n 0 127.0.0.1:0 -- cat
t 'of up to 32'                                 exits 100 -n 33 127.0.0.1:0 -- cat
t 'or 64'                                       exits 100 -n 24,65 127.0.0.1:0 -- cat
t 'and two at most'                             exits 100 -n 24,48,1 127.0.0.1:0 -- cat
t 'a program that is nowhere is a failure'      exits 111 127.0.0.1:0 -- pneu-there-is-none
t 'an address that is not ours is a failure'    exits 111 192.0.2.1:0 -- cat
t 'an unknown user is wrong'                    exits 100 -u pneu-there-is-none 127.0.0.1:0 -- cat
t 'root is no user to become'                   exits 100 -u root 127.0.0.1:0 -- cat
t 'nor is number 0'                             exits 100 -u 0:0 127.0.0.1:0 -- cat
t 'nor the group 0'                             exits 100 -u 65534:0 127.0.0.1:0 -- cat
t 'a number must be whole'                      exits 100 -u 1x:1 127.0.0.1:0 -- cat
t 'a number must not wrap around'               exits 100 -u 4294967296:1 127.0.0.1:0 -- cat
t 'the last number is no user'                  exits 100 -u 4294967295:1 127.0.0.1:0 -- cat
t 'an unknown number needs a group'             exits 100 -u 3999999999 127.0.0.1:0 -- cat
t 'an empty user is wrong'                      exits 100 -u '' 127.0.0.1:0 -- cat

# the session
start 127.0.0.1:0 -- cat
is 'a session echoes' "$($client say 127.0.0.1 "$port")" hello
is 'nothing is logged when all is well' "$(cat "$T/log")" ''
t 'a port can be had once' exits 111 "127.0.0.1:$port" -- cat
if command -v tcpclient >/dev/null; then
	is 'tcpclient of ucspi-tcp talks to it' "$(tcpclient -RHl0 127.0.0.1 "$port" sh -c 'echo hi >&7; exec 7>&-; head -n 1 <&6')" hi
else
	echo '# tcpclient (ucspi-tcp) is missing: left out'
fi
stop
is 'TERM ends it with 0' "$code" 0

PROTO=UNIX TCPREMOTEHOST=evil.example TCPREMOTEINFO=me TCPREMOTEIP=6.6.6.6
export PROTO TCPREMOTEHOST TCPREMOTEINFO TCPREMOTEIP
start -l me.example 127.0.0.1:0 -- env
unset PROTO TCPREMOTEHOST TCPREMOTEINFO TCPREMOTEIP
$client hear 127.0.0.1 "$port" >"$T/env"
is 'the UCSPI environment, and nothing about another connection' \
    "$(grep -E '^(PROTO|TCP)' "$T/env" | grep -v '^TCPREMOTEPORT=[1-9][0-9]*$' | sort)" \
    "PROTO=TCP
TCPLOCALHOST=me.example
TCPLOCALIP=127.0.0.1
TCPLOCALPORT=$port
TCPREMOTEIP=127.0.0.1"
t 'the client has a port' grep -q '^TCPREMOTEPORT=[1-9][0-9]*$' "$T/env"
is 'the rest is inherited' "$(grep '^PATH=' "$T/env")" "PATH=$PATH"
stop

start '[::1]:0' -- env
if [ -n "$port" ]; then
	$client hear ::1 "$port" >"$T/env"
	is 'over IPv6 the same variables' "$(grep -E '^(PROTO|TCP)' "$T/env" | grep -v '^TCPREMOTEPORT=' | sort)" \
	    "PROTO=TCP6
TCPLOCALIP=::1
TCPLOCALPORT=$port
TCPREMOTEIP=::1"
	stop
	start 127.0.0.1:0 '[::1]:0' 127.0.0.1:0 -- cat
	is 'every address is announced on a line of its own' "$(grep -c '^[1-9][0-9]*$' "$T/port")" 3
	is 'the second serves' "$($client say ::1 "$(sed -n 2p "$T/port")")" hello
	is 'the third too' "$($client say 127.0.0.1 "$(sed -n 3p "$T/port")")" hello
	stop
	start ':0' -- env
	$client hear ::1 "$port" >"$T/env"
	t 'one wildcard serves IPv6' grep -qx 'TCPLOCALIP=::1' "$T/env"
	$client hear 127.0.0.1 "$port" >"$T/env"
	t 'and IPv4, which stays IPv4' grep -qx 'TCPREMOTEIP=127.0.0.1' "$T/env"
	t 'with our own address' grep -qx 'TCPLOCALIP=127.0.0.1' "$T/env"
	stop
else
	echo '# no IPv6 loopback: left out'
	pid=
fi

# descriptors: one that somebody left open for us must not reach a session
cat >"$T/fds" <<'END'
for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	[ ! -e /dev/fd/$n ] || open="$open $n"
done
echo "$open"
END
exec 7</dev/null
start 127.0.0.1:0 -- sh -c "$(cat "$T/fds")"
exec 7<&-
is 'a session has descriptors 0, 1 and 2, nothing else' "$($client hear 127.0.0.1 "$port")" ' 0 1 2'
stop
start 127.0.0.1:0 -- sh -c 'echo to the log >&2'
$client hear 127.0.0.1 "$port"
is 'its descriptor 2 is the log' "$(cat "$T/log")" 'to the log'
stop
start 127.0.0.1:0 -- sh -c 'kill -PIPE $$; echo survived'
is 'SIGPIPE is as usual in a session' "$($client hear 127.0.0.1 "$port")" ''
stop
start 127.0.0.1:0 -- sh -c 'kill -TERM $$; echo survived'
is 'no signal is blocked in a session' "$($client hear 127.0.0.1 "$port")" ''
stop
: >"$T/port"
( exec 0<&- ; exec pneu-tcpd -1 127.0.0.1:0 -- cat 2>"$T/log" ) >"$T/port" &
pid=$!
wait_until 20 test -s "$T/port"
port=$(cat "$T/port")
is 'it starts without a descriptor 0' "$($client say 127.0.0.1 "$port")" hello
stop

# announcing
: >"$T/port"
pneu-tcpd -1 127.0.0.1:0 -- cat 2>"$T/log" >"$T/port" &
pid=$!
wait_until 20 test -s "$T/port"
t '-1 prints the port' grep -qx '[1-9][0-9]*' "$T/port"
stop
mkfifo "$T/fifo"
pneu-tcpd -1 127.0.0.1:0 -- cat 2>"$T/log" >"$T/fifo" &
pid=$!
cat "$T/fifo" >"$T/port"
t 'and then closes descriptor 1: its reader sees the end while it runs' kill -0 "$pid"
stop

# the log
start -v -c 7 127.0.0.1:0 -- sh -c 'exit 3'
$client hear 127.0.0.1 "$port"
wait_until 20 log_has 'status 768'
wait_until 20 sh -c "grep -c status: '$T/log' | grep -qx 3"
is '-v logs as tcpserver does' "$(sed 's/ [0-9]* from/ N from/; s/end [0-9]*/end N/' "$T/log")" \
    'pneu-tcpd: status: 0/7
pneu-tcpd: pid N from 127.0.0.1
pneu-tcpd: status: 1/7
pneu-tcpd: end N status 768
pneu-tcpd: status: 0/7'
stop

# many sessions, one after another and side by side
start -v -C 100 127.0.0.1:0 -- cat
i=0
while [ $i -lt 20 ]; do
	$client say 127.0.0.1 "$port" >"$T/many.$i" &
	i=$((i + 1))
done
wait_until 30 sh -c "cat '$T'/many.* | grep -c hello | grep -qx 20"
is 'twenty at once are served' "$(cat "$T"/many.* | grep -c hello)" 20
wait_until 20 nobody_in
is 'every end is counted' "$(grep -c ' end ' "$T/log")" 20
is 'no child is left behind' "$(ps -o stat= --ppid "$pid" 2>/dev/null | grep -c Z)" 0
stop

# the end
start 127.0.0.1:0 -- sh -c 'echo; cat'
$client hold 127.0.0.1 "$port" "$T/held" >"$T/held.out" &
holder=$!
wait_until 20 test -e "$T/held.in"
kill -TERM "$pid"
refused() { ! $client say 127.0.0.1 "$port" 2>/dev/null; }
t 'after TERM nobody new gets in' wait_until 20 refused
t 'but it waits for its session' kill -0 "$pid"
: >"$T/held.go"
wait "$holder"
is 'which ends in its own time' "$(cat "$T/held.out")" late
wait "$pid"
is 'and then it ends with 0' "$?" 0

start 127.0.0.1:0 -- sh -c 'echo; cat'
rm -f "$T"/held.*
$client hold 127.0.0.1 "$port" "$T/held" >"$T/held.out" &
holder=$!
wait_until 20 test -e "$T/held.in"
kill -TERM "$pid"
wait_until 20 refused
kill -TERM "$pid"
wait "$pid"
is 'a second TERM ends it at once' "$?" 0
: >"$T/held.go"
wait "$holder"
is 'and the session still ends in its own time' "$(cat "$T/held.out")" late

start 127.0.0.1:0 -- cat
kill -HUP "$pid"
is 'HUP does no harm' "$($client say 127.0.0.1 "$port")" hello
stop
is 'and TERM still ends it' "$code" 0

# sockets from systemd
: >"$T/port"
$client pass pneu-tcpd -- env >"$T/port" 2>"$T/log" &
pid=$!
wait_until 20 test -s "$T/port"
read -r one two <"$T/port"
$client hear 127.0.0.1 "$two" >"$T/env"
t 'sockets that were passed to it serve' grep -qx "TCPLOCALPORT=$two" "$T/env"
t 'all of them' test -n "$($client hear 127.0.0.1 "$one")"
is 'systemd'\''s variables end there' "$(grep -c '^LISTEN_' "$T/env")" 0
stop
t 'LISTEN_FDS meant for another process is ignored' env LISTEN_FDS=1 LISTEN_PID=1 sh -c 'pneu-tcpd -- cat 2>&1; [ $? = 100 ]'

# who it is
unset PNEU_ETC
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$T"
	t 'sessions do not run as root' exits 100 127.0.0.1:0 -- cat
	start -U 127.0.0.1:0 -- id -u
	is 'unless that is asked for' "$($client hear 127.0.0.1 "$port")" 0
	stop
	start -u nobody 127.0.0.1:0 -- sh -c 'id -u; id -G'
	is 'sessions run as the user, with that group and no other' "$($client hear 127.0.0.1 "$port")" "$(id -u nobody)
$(id -g nobody)"
	is 'so does it itself' "$(stat -c %u "/proc/$pid")" "$(id -u nobody)"
	stop
	start -u 12345:23456 127.0.0.1:0 -- sh -c 'id -u; id -G'
	is 'numbers need no entry anywhere' "$($client hear 127.0.0.1 "$port")" '12345
23456'
	stop
	printf '#!/bin/sh\n' >"$T/private"
	chmod 700 "$T/private"
	t 'a program that the user may not run is a failure' exits 111 -u nobody 127.0.0.1:0 -- "$T/private"
else
	start 127.0.0.1:0 -- id -u
	is 'without root sessions run as ourselves' "$($client hear 127.0.0.1 "$port")" "$(id -u)"
	stop
	start -u "$(id -u):$(id -g)" 127.0.0.1:0 -- id -u
	is 'becoming oneself is no change' "$($client hear 127.0.0.1 "$port")" "$(id -u)"
	stop
	t 'becoming somebody else is refused' exits 111 -u 12345:12345 127.0.0.1:0 -- cat
fi
pid=
finish
