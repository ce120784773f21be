# pneu-start: a supervisor hears when the runner is ready, of reloads, that its loop turns, and of the end
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'needs python3'
E=$T/etc Q=$T/queue
mkdir "$E" "$Q"
echo here.test >"$E/me"
PNEU_ETC=$E PNEU_QUEUE=$Q NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=2000000
export PNEU_ETC PNEU_QUEUE
pid=
python3 tests/program/notify_listen.py "$NOTIFY_SOCKET" "$T/heard" &
listener=$!
cleanup() {
	kill "$listener" 2>/dev/null
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
}
wait_until 20 test -e "$T/heard"
mkfifo "$T/ready"
cat "$T/ready" >"$T/newline" & reader=$!
env NOTIFY_SOCKET="$NOTIFY_SOCKET" WATCHDOG_USEC="$WATCHDOG_USEC" pneu-start -N 7 7>"$T/ready" 2>"$T/log" &
pid=$!
heard() { grep -q "^$1$" "$T/heard"; }
t 'systemd hears that it is ready' wait_until 30 heard 'READY=1 STATUS=takes mail from the queue'
t 'and then it takes orders' pneu-qctl status
wait "$reader"
is 's6 gets one newline' "$(od -An -c "$T/newline" | tr -d ' ')" '\n'
t 'the watchdog hears that the loop turns' wait_until 30 heard 'WATCHDOG=1'
if [ -r "/proc/$pid/task/$pid/children" ]; then
	has=
	for c in $(cat "/proc/$pid/task/$pid/children"); do
		! tr '\0' '\n' <"/proc/$c/environ" | grep -qE '^(NOTIFY_SOCKET|WATCHDOG_)' || has="$has $c"
	done
	is 'none of the three can speak for it' "$has" ''
fi
kill -HUP "$pid"
t 'HUP is a reload' wait_until 30 heard 'RELOADING=1 MONOTONIC_USEC=N STATUS=reading the settings again'
t 'which comes to an end' wait_until 30 heard 'READY=1 STATUS=settings reloaded'
echo many >"$E/queuelifetime"
kill -HUP "$pid"
t 'also when the old settings stay' wait_until 30 heard 'READY=1 STATUS=unable to reload, the old settings stay: see the log'
rm "$E/queuelifetime"
kill -TERM "$pid"
wait "$pid"
is 'TERM ends it' $? 0
pid=
t 'saying so' wait_until 30 heard 'STOPPING=1 STATUS=running deliveries may end'
finish
