# send.sh - a queue, a control directory and a pneu-send whose spawners are played by fakespawn.py; source after lib.sh
#   $E etc, $Q queue, $H what fakespawn.py writes (see there), $ID the last message
unset PNEU_FILTER QMAILQUEUE
house_n=0
house_pid=

# house: a new, empty one
house() {
	house_n=$((house_n + 1))
	E=$T/$house_n/etc Q=$T/$house_n/queue H=$T/$house_n/house
	mkdir -p "$E" "$Q" "$H"
	PNEU_ETC=$E PNEU_QUEUE=$Q
	export PNEU_ETC PNEU_QUEUE
	echo here.test >"$E/me"
	: >"$H/rules"
	: >"$H/log"
	: >"$H/events"
	for d in msg hold; do
		for x in 0 1 2 3; do
			for y in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do echo "$Q/$d/$x$y"; done
		done
	done | xargs mkdir -p "$Q/bad" "$Q/tmp"
}
start() {
	rm -f "$H/exit" "$H/pid"
	python3 tests/program/fakespawn.py "$H" pneu-send &
	house_pid=$!
	wait_until 20 answers || { echo "# pneu-send did not start"; sed 's/^/# /' "$H/log"; exit 1; }
}
# the runner may answer before its number is written down
answers() { test -s "$H/pid" && pneu-qctl status; }
# what the runner has done so far stands in its log: it writes that down before it answers; or it has ended
settled() { test -f "$H/exit" || answers; }
ended() { test -f "$H/exit"; }
stop() {
	[ -n "$house_pid" ] || return 0
	kill -TERM "$(cat "$H/pid")" 2>/dev/null
	wait_until 20 ended || { echo '# pneu-send does not end'; kill -KILL "$(cat "$H/pid")"; }
	wait "$house_pid"
	house_pid=
}
cleanup() {
	[ -z "$house_pid" ] || { kill -CONT "$(cat "$H/pid")"; kill -TERM "$house_pid"; kill -KILL "$(cat "$H/pid")"; } 2>/dev/null
}
signal() { kill -"$1" "$(cat "$H/pid")"; }
rule() { printf '%s %s\n' "$1" "$2" >>"$H/rules"; }
rewrite_rules() { printf '%s\n' "$1" >"$H/rules.new"; mv "$H/rules.new" "$H/rules"; }

# inject SENDER RCPT...: by the real pneu-queue; sets ID and QP
inject() {
	{
		printf 'F%s\0' "$1"; shift
		printf 'T%s\0' "$@"
		printf '\0'
	} >"$T/envelope"
	inject_envelope
}
# the same, of the envelope that stands in $T/envelope
inject_envelope() {
	find "$Q/msg" -type f | sort >"$T/before"
	mkfifo "$T/told"
	cat "$T/told" >"$T/told.id" &
	told=$!
	printf 'Subject: hello\n\nbody\n' | pneu-queue 1<"$T/envelope" 6>"$T/told" ||
		{ echo '# pneu-queue refused'; kill "$told"; }
	wait "$told"
	ID=$(cat "$T/told.id")
	rm -f "$T/told"
	# from its file; one that is gone by now is in the log
	QP=$(head -c 65 "$(file)" 2>/dev/null | cut -c56-65 | sed 's/^0*//')
	[ -n "$QP" ] || QP=$(sed -n 's/^info msg '"$ID"': .* qp \([0-9]*\) .*/\1/p' "$H/log")
}
fabricate() { python3 tests/program/queuefiles.py "$@" "$Q"; }

messages() { find "$Q/msg" -type f | wc -l | tr -d ' '; }
empty() { [ "$(messages)" = 0 ] && settled; }
file() { ls "$Q"/*/*/"${1:-$ID}" 2>/dev/null; }
# what the runner has written there
records() { sed '1,/^\.$/d' "$(file)"; }
logged() { grep -q -e "$1" "$H/log"; }
started() { grep -q "^starting delivery [0-9]*: msg $1 " "$H/log"; }
happened() { grep -q -e "$1" "$H/events"; }
events() { grep -e "$1" "$H/events"; }
has_lines() { [ "$(wc -l <"$(file)")" -eq "$1" ] && settled; }
# the message is closed and due later; after its first attempt, that is: what is tried again keeps the time of the attempt before
put_back() { [ "$(stat -c %Y "$(file)" 2>/dev/null || echo 0)" -gt $(($(date +%s) + 20)) ] && settled; }
all_deferred() { [ "$(find "$Q/msg" -type f -newermt '+20 seconds' | wc -l)" -eq "$1" ] && settled; }
# so many messages are being tried
active() { pneu-qctl status | grep -qx "active $1"; }
# the destinations of all jobs
jobs() { events '^job' | sed 's/^job \(.*\) [0-9]* <.*/\1/' | sort; }
not() { ! "$@"; }
stand_still() {
	signal STOP
	wait_until 20 grep -q '^State:[[:space:]]*T' "/proc/$(cat "$H/pid")/status"
}
# as many lines as the FIFO takes, all of messages that are not there
fill_fifo() {
	python3 - "$Q/fifo" <<'END'
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_NONBLOCK)
try:
    while True:
        os.write(fd, b'0000000000000\n')
except BlockingIOError:
    pass
END
}
# on_schedule ID MTIME C: is it birth + (floor(sqrt(age)) + C)^2 for an age of a few seconds?
on_schedule() {
	python3 - "$@" <<'END'
import sys
digits = '0123456789abcdefghjkmnpqrstvwxyz'
us = 0
for c in sys.argv[1][:11]:
    us = us * 32 + digits.index(c)
birth, mtime, c = us // 1000000, int(sys.argv[2]), int(sys.argv[3])
print('yes' if mtime - birth in [(root + c) ** 2 for root in range(6)] else 'no: %d after' % (mtime - birth))
END
}
