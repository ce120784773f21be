# pneu-tcpd: no descriptors, no memory, no processes, no program; it says so, waits without spinning, and serves again
. tests/lib.sh
. tests/program/tcpd_lib.sh
command -v prlimit >/dev/null || skip_all 'needs prlimit (util-linux)'

say() { $client say 127.0.0.1 "$port" | tr -d '\r'; }
later='421 4.3.0 temporary trouble, try again later'

# no descriptors
start 127.0.0.1:0 -- cat
prlimit --pid "$pid" --nofile=4:1024
say >"$T/said" &
sayer=$!
t 'no descriptor is logged' wait_until 20 log_has '^pneu-tcpd: warning: unable to accept connections, clients wait: Too many open files$'
say >"$T/said2" &
sayer2=$!
prlimit --pid "$pid" --nofile=1024:1024
wait "$sayer" "$sayer2"
is 'who waited is served when there are some again' "$(cat "$T/said" "$T/said2")" 'hello
hello'
is 'it was logged once' "$(wc -l <"$T/log")" 1
prlimit --pid "$pid" --nofile=4:1024
say >"$T/said" &
sayer=$!
t 'the next time it is logged again' wait_until 20 sh -c "grep -c unable '$T/log' | grep -qx 2"
prlimit --pid "$pid" --nofile=1024:1024
wait "$sayer"
is 'and who waited is served' "$(cat "$T/said")" hello
stop

# no program
cp /bin/cat "$T/program"
start 127.0.0.1:0 -- "$T/program"
mv "$T/program" "$T/away"
is 'a program that has gone is temporary trouble' "$($client hear 127.0.0.1 "$port" | tr -d '\r')" "$later"
t 'and is logged with its reason' log_has '^pneu-tcpd: refused 127.0.0.1: unable to start a session: No such file or directory$'
mv "$T/away" "$T/program"
is 'when it is back it is started' "$(say)" hello
stop

# the rest needs strace to make calls fail
strace -o /dev/null true 2>/dev/null || { echo '# strace cannot trace here: the rest is left out'; finish; }
# inject CALLS FAULT: the session program is not traced
inject() {
	start_under "strace -D -qq -ttt -o $T/trace -e trace=$1 -e inject=$1:$2" 127.0.0.1:0 -- cat
}
injected() { grep -q INJECTED "$T/trace"; }
fork='?vfork,?fork,?clone,?clone3'
inject "$fork" "error=EAGAIN:when=1"
is 'no process: the client is asked to come back' "$($client hear 127.0.0.1 "$port" | tr -d '\r')" "$later"
t 'and is logged with its reason' log_has '^pneu-tcpd: refused 127.0.0.1: unable to start a session: Resource temporarily unavailable$'
is 'the next client is served' "$(say)" hello
stop
inject "$fork" "error=ENOMEM:when=1"
is 'no memory for a process: the same' "$($client hear 127.0.0.1 "$port" | tr -d '\r')" "$later"
is 'the next client is served' "$(say)" hello
stop
# behind a proxy a session takes a process and a pair of sockets of ours
printf '127.0.0.1:allow,PROXY="1"\n' | pneu-tcprules "$T/rules.cdb" "$T/rules.tmp"
proxied() { printf 'PROXY TCP4 192.0.2.1 198.51.100.2 4711 25\r\nhello\n' | ${client% *} tests/program/tcpd_proxy.py send "$port" 127.0.0.1 | tr -d '\r'; }
for f in "$fork EAGAIN" '?socketpair EMFILE'; do
	start_under "strace -D -qq -ttt -o $T/trace -e trace=${f% *} -e inject=${f% *}:error=${f#* }:when=1" \
	    -x "$T/rules.cdb" 127.0.0.1:0 -- cat
	is "${f#* } for a session behind a proxy: the client is asked to come back" "$(proxied)" "$later"
	t 'that is logged, for the proxy' log_has '^pneu-tcpd: refused 127.0.0.1: unable to start a session: '
	is 'the next client is served' "$(proxied)" hello
	stop
done
for e in ENFILE ENOMEM ENOBUFS; do
	inject accept4 "error=$e:when=1..3"
	is "$e from accept: the client waits and is served" "$(say)" hello
	is 'it is logged once' "$(grep -c 'unable to accept' "$T/log")" 1
	stop
done
for e in ECONNABORTED EPROTO EINTR EAGAIN EPERM; do
	inject accept4 "error=$e:when=1"
	is "$e from accept is about one connection: no pause, no log" "$(say)$(cat "$T/log")" hello
	stop
done

# spinning would show as failed calls close together; a slow machine only spreads them
inject accept4 error=EMFILE:when=1..4
is 'after four failures it serves' "$(say)" hello
stop
is 'between failures it waits' "$(awk '/EMFILE/ { if (last && $1 - last < 0.4) close_together++; last = $1; n++ } END { print n, close_together + 0 }' "$T/trace")" '4 0'

inject "?ppoll,?ppoll_time64" "error=ENOMEM:when=2"
is 'a failed wait is survived' "$(say)" hello
t 'it did fail' injected
stop
finish
