# lib.sh - what every shell test shares; a test is "sh tests/ROOM/NAME.t", run by tests/run from the top directory
#
#   t 'promise' command args...    ok if the command succeeds
#   is 'promise' "got" "want"      ok if the two strings are equal
#   skip_all 'reason'              this test cannot run here; said aloud
#   finish                         last line of every test
# $T is a scratch directory, gone at the end. $B holds the programs and is first in PATH; then come the system's own, which are
# those that scripts/check installs: a version manager's stand-in for python3 costs nine times as much to start.
B=${PNEU_BUILD:-$PWD/build}
PATH=$B:/usr/sbin:/usr/bin:/sbin:/bin:$PATH
export PATH
T=$(mktemp -d "${TMPDIR:-/tmp}/pneu-test.XXXXXX") || exit 1
tap_n=0
tap_bad=0

t() {
	tap_p=$1; shift
	tap_n=$((tap_n + 1))
	if "$@" >"$T/.tap" 2>&1; then
		printf 'ok %s\n' "$tap_n - $tap_p"
	else
		tap_bad=$((tap_bad + 1))
		printf 'not ok %s\n' "$tap_n - $tap_p"
		printf '# command: %s\n' "$*"
		sed 's/^/# /' "$T/.tap" | head -n 40
		on_failure | sed 's/^/#   /'
	fi
}

is() {
	tap_n=$((tap_n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $tap_n - $1"
	else
		tap_bad=$((tap_bad + 1))
		echo "not ok $tap_n - $1"
		printf '%s\n' "$2" | sed 's/^/# got:  /'
		printf '%s\n' "$3" | sed 's/^/# want: /'
	fi
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# wait_until SECONDS command...: poll, never a bare sleep. The seconds are those of a quick machine that has nothing else to do:
# they end a test whose event never comes, and one that is only slow gets three times as many. The clock costs a process too:
# it is read at every tenth look.
wait_until() {
	tap_limit=$((3 * $1)) tap_end= tap_looks=0; shift
	until "$@" >/dev/null 2>&1; do
		if [ $((tap_looks % 10)) -eq 0 ]; then
			tap_now=$(date +%s)
			[ "$tap_now" -lt "${tap_end:=$((tap_now + tap_limit))}" ] || return 1
		fi
		tap_looks=$((tap_looks + 1))
		sleep 0.05
	done
}

finish() {
	echo "1..$tap_n"
	[ "$tap_bad" -eq 0 ]
	exit
}

cleanup() { :; }                # a test may define its own
on_failure() { :; }             # this too: it prints what may tell why a promise was broken
trap 'cleanup; rm -rf "$T"' EXIT
trap 'exit 1' INT TERM HUP
