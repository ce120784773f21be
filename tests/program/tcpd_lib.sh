# tcpd_lib.sh - what the tests of pneu-tcpd share; sourced after tests/lib.sh
command -v python3 >/dev/null || skip_all 'needs python3'
client="$(python3 -c 'import sys; print(sys.executable)') $PWD/tests/program/tcpd_client.py"
PNEU_ETC=$T                             # a private instance: root may stay root
export PNEU_ETC
pid=

# start OPTIONS ADDRESSES -- PROGRAM: its pid in $pid, the port of the first address in $port
# start_under "WRAPPER ARGS" OPTIONS...: the same through a program that becomes it
start() { start_under '' "$@"; }
start_under() {
	under=$1; shift
	: >"$T/port"
	$under "$B/pneu-tcpd" -1 "$@" >"$T/port" 2>"$T/log" &
	pid=$!
	wait_until 20 test -s "$T/port" || echo "# no port: $(cat "$T/log")"
	port=$(head -n 1 "$T/port")
}
stop() {
	kill -TERM "$pid"
	wait "$pid"
	code=$?
	pid=
}
cleanup() {
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
}
# exits CODE ARGUMENTS...
exits() {
	want=$1; shift
	pneu-tcpd "$@" >"$T/out" 2>&1
	[ $? -eq "$want" ] || { cat "$T/out"; return 1; }
	grep -q '^pneu-tcpd: fatal: ' "$T/out" && [ "$(wc -l <"$T/out")" -eq 1 ]
}
# with -v: every session has been seen to end; a client hears of that a moment before
nobody_in() { tail -n 1 "$T/log" | grep -q 'status: 0/'; }
# refusals without their ID
log_has() { sed -E 's/^(pneu-tcpd: refused .*) \[[0-9a-z]{12,24}\]$/\1/' "$T/log" | grep -q "$1"; }
