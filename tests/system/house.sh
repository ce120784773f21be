# house.sh - whole private houses for a test; source after lib.sh
#   build NAME HOST USER...   a house, not started; it is the current one then
#   enter NAME                another one is: $D its directory, $P its SMTP port, $A its alias file; the tools talk to it
command -v perl >/dev/null || skip_all 'perl is needed'
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/system/ports.sh
unset PNEU_ETC PNEU_QUEUE PNEU_FILTER QMAILQUEUE RELAYCLIENT CDPATH
PNEU_BUILD=$B
export PNEU_BUILD
top=$PWD
houses=
sinks=

instance() { sh "$top/scripts/instance" "$@"; }
build() {
	house=$1 host=$2
	shift 2
	houses="$houses $house"
	for u in "$@"; do
		shift
		set -- "$@" --user "$u"
	done
	instance init "$T/$house" --smtp "127.0.0.1:$(free_port)" --me "$host" "$@" >"$T/init" 2>&1 || {
		sed 's/^/# /' "$T/init"
		exit 1
	}
	enter "$house"
}
enter() {
	D=$T/$1 A=$T/$1/etc/aliases
	P=$(sed 's/.*://' "$D/etc/listen")
	PNEU_ETC=$D/etc PNEU_QUEUE=$D/queue
	export PNEU_ETC PNEU_QUEUE
}
start() {
	instance start "$D" >"$T/start" 2>&1 && return
	sed 's/^/# /' "$T/start"
	exit 1
}
stop() { instance stop "$D" >/dev/null 2>&1; }
house_cleanup() {
	for h in $houses; do
		[ ! -e "$T/$h/etc/me" ] || instance stop "$T/$h" >/dev/null 2>&1
	done
	[ -z "$sinks" ] || kill $sinks 2>/dev/null
	ports_back
}
cleanup() { house_cleanup; }            # a test with more to end has its own

# aliases <text: these and no others, and everybody needs a postmaster
aliases() {
	{ cat; printf 'postmaster: %s\nmailer-daemon: postmaster\n' "$(ls "$D/home" | head -n 1)"; } >"$A"
	pneu-newaliases >"$T/newaliases" 2>&1 || { sed 's/^/# /' "$T/newaliases"; return 1; }
}
# send SENDER RCPT...: a message by pneu-queue, from the file $M if that is set; sets ID
M=
hello=$T/hello
printf 'Subject: hello\n\nbody\n' >"$hello"
send() {
	{
		printf 'F%s\0' "$1"; shift
		printf 'T%s\0' "$@"
		printf '\0'
	} >"$T/envelope"
	mkfifo "$T/told"
	cat "$T/told" >"$T/id" &
	told=$!
	pneu-queue <"${M:-$hello}" 1<"$T/envelope" 6>"$T/told" || { echo '# pneu-queue refused'; kill "$told"; }
	wait "$told"
	rm -f "$T/told"
	ID=$(cat "$T/id")
}
# smtp [-8] SENDER RCPT...: the same through the port; prints replies other than 250, and the last one
smtp() {
	if [ "$1" = -8 ]; then
		shift
		set -- -8 "$P" "$@"
	else
		set -- "$P" "$@"
	fi
	python3 "$top/tests/system/smtp.py" "$@" <"${M:-$hello}"
}
mails() { find "$D/home/$1/Maildir/new" -type f | wc -l | tr -d ' '; }
arrived() { [ "$(mails "$1")" -ge "$2" ]; }
mail() { cat "$D/home/$1/Maildir/new"/*; }
forget() { find "$D"/home/*/Maildir/new -type f -exec rm -f {} +; }
waiting() { find "$D/queue/msg" -type f | wc -l | tr -d ' '; }
done_with() { [ "$(waiting)" = 0 ]; }
gone() { [ -z "$(find "$D/queue/msg" -name "${1:-$ID}")" ]; }
logged() { grep -q -e "$1" "$D/log/send"; }
# what was said of the last message's deliveries
said() { pneu-qread 2>/dev/null | sed -n "/$ID/,\$p"; }
# all that waits is tried; what is being tried already would not be, once more
retry() { wait_until 20 idle; pneu-qctl flush >/dev/null; }
idle() { pneu-qctl status | grep -qx 'active 0'; }
on_failure() { [ -z "$D" ] || { tail -n 25 "$D/log/send"; pneu-qread; } 2>&1; }
not() { ! "$@"; }

# sink: another host, at port $S; what it took is in $T/sink.log, the messages in $T/sink/
sink() {
	mkdir -p "$T/sink"
	: >>"$T/sink.log"
	python3 "$top/tests/system/sink.py" "$T/sink.port" "$T/sink.log" "$T/sink" &
	sinks="$sinks $!"
	wait_until 20 test -s "$T/sink.port" || { echo '# the sink does not start'; exit 1; }
	S=$(cat "$T/sink.port")
}
# took N: has the sink N messages?
took() { [ "$(grep -c '^\.$' "$T/sink.log")" -ge "$1" ]; }
