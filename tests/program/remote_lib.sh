# remote_lib.sh - for tests of pneu-remote with tests/program/smtpserver.py; sourced after tests/lib.sh
#
# One server for the whole test: server OPTION... RULE... says what it does from now on, and $S is where it writes that down.
command -v python3 >/dev/null || skip_all 'needs python3'
export PNEU_ETC="$T/etc" PNEU_QUEUE="$T"
mkdir "$PNEU_ETC"
echo client.example >"$PNEU_ETC/me"
pid=
cleanup() { [ "$pid" ] && kill "$pid" 2>/dev/null; }
# start [OPTION...]: without --unix the route leads to its port
start() {
	python3 tests/program/smtpserver.py --follow "$T/play" "$T" "$@" &
	pid=$!
}
start_tcp() {
	start
	wait_until 10 test -s "$T/port" || echo 'Bail out! the server does not start'
	port=$(cat "$T/port")
	route="host 127.0.0.1 $port"
}
n=0
server() {
	n=$((n + 1))
	S=$T/s$n
	mkdir "$S"
	: >"$S/log"
	printf '%s\n' "$S" "$@" >"$T/play"
}
# jobs LINES...: give them to a worker, wait for all of its reports, which are printed; see spawner.py
jobs() {
	printf '%s\n' "$@" reports end | python3 -S -E tests/program/spawner.py --worker pneu-remote "$route" 2>"$T/err" | tee "$T/last"
}
# verdicts: of each report its job, index, verdict, status, scope
verdicts() { sed -n 's/^report \([0-9]*\) \([0-9]*\) \(.\) \([0-9.]*\) \(.\) .*/\1.\2 \3 \4 \5/p' | sort -V | tr '\n' ',' ; }
# commands: what the server was told, without connections and their ends
commands() { sed -n 's/^[0-9]* //; /^connect$/d; /^eof$/d; /^reset$/d; p' "$S/log"; }
count() { commands | grep -c "^$1"; }
connections() { grep -c ' connect$' "$S/log"; }
