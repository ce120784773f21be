# pneu-local: a system call that fails defers the message and leaves no trace; a kill anywhere loses nothing
. tests/lib.sh
strace -o /dev/null true 2>/dev/null || skip_all 'strace is missing or may not trace here'

PNEU_ETC=$T/etc PNEU_QUEUE=$T/queue
export PNEU_ETC PNEU_QUEUE
msg=$T/msg
printf 'Subject: hi\n\nbody\n' >"$msg"
printf 'Return-Path: <s@x>\nDelivered-To: joe@h\nSubject: hi\n\nbody\n' >"$T/want"
python3 -c 'print("Subject: big\n\n" + "a line that is not short\n" * 40000)' >"$T/big"
printf '%s\n' '#!/bin/sh' 'exec strace -o "$TRACE" -e inject="$FAULT" ${FAULT2:+-e "inject=$FAULT2"} pneu-local "$@"' >"$T/worker"
chmod +x "$T/worker"
TRACE=$T/trace
FAULT2=
export TRACE FAULT FAULT2

# run FAULT DELIVERY [MESSAGE...]: what became of one job, and of a second one after it
run() {
	FAULT=$1 how=$2; shift 2
	for m in "${@:-$msg}"; do
		echo "job $m s@x joe@h"
		echo reports
	done | python3 tests/program/spawner.py --worker "$T/worker" joe "$home" joe '' '' "$how" >"$T/out" 2>&1
	grep -q 'INJECTED\|killed by SIGKILL' "$T/trace" || echo "not injected: $FAULT"
	sed -n 's/^report [0-9]* 0 \(.\) \([0-9.]*\) .*/\1 \2/p; /^lost/p' "$T/out" | tr '\n' ' '
}
new_home() { home=$T/home.$((home_n = home_n + 1)); mkdir "$home"; }
new_maildir() { new_home; mkdir "$home/Maildir" "$home/Maildir/tmp" "$home/Maildir/new" "$home/Maildir/cur"; }
files() { find "$1" -type f | wc -l | tr -d ' '; }
files_in() { find "$home/Maildir" -type f | wc -l | tr -d ' '; }

# does the program make nameless files here?
new_maildir
run getuid:error=EIO:when=99 ./Maildir/ >/dev/null
grep -q O_TMPFILE "$T/trace" && nameless=yes || nameless=

# ---- Maildir: the first job fails, the second one, a moment later, does not
maildir_fault() {       # FAULT STATUS
	new_maildir
	is "Maildir, $1: deferred, and the next is delivered" "$(run "$1" ./Maildir/ "$msg" "$msg")" "Z $2 K 2.1.5 "
	is "Maildir, $1: there is only what was reported" "$(files_in)" 1
}
maildir_fault writev:error=ENOSPC:when=1 4.3.1
maildir_fault writev:error=EDQUOT:when=1 4.2.2
maildir_fault writev:error=EIO:when=1 4.3.0
maildir_fault fsync:error=EIO:when=1 4.3.0
maildir_fault fsync:error=EIO:when=2 4.3.0
maildir_fault pread64:error=EIO:when=1 4.3.0
maildir_fault fstat:error=EIO:when=1 4.3.0
maildir_fault open:error=EMFILE:when=2 4.3.0
maildir_fault open:error=ENFILE:when=1 4.3.0
maildir_fault chdir:error=EACCES:when=1 4.3.0
maildir_fault chdir:error=ESTALE:when=1 4.3.0
maildir_fault stat:error=EIO:when=1 4.3.0
if [ "$nameless" ]; then
	maildir_fault openat:error=ENOSPC:when=1 4.3.1
	maildir_fault linkat:error=ENOSPC:when=2 4.3.1
	maildir_fault linkat:error=EDQUOT:when=2 4.2.2
	new_maildir
	is 'an old kernel: named through /proc' "$(run linkat:error=ENOENT:when=2 ./Maildir/)" "K 2.1.5 "
	new_maildir
	is 'a name that is taken: another one' "$(run linkat:error=EEXIST:when=2 ./Maildir/)" "K 2.1.5 "
	new_maildir
	is 'no nameless files: through tmp' "$(run openat:error=EOPNOTSUPP:when=1 ./Maildir/)" "K 2.1.5 "
	is 'which is empty afterwards' "$(files "$home/Maildir/tmp"),$(files "$home/Maildir/new")" "0,1"
	new_maildir
	FAULT2=writev:error=ENOSPC:when=1
	is 'the same on a full disk' "$(run openat:error=EOPNOTSUPP:when=1 ./Maildir/)" "Z 4.3.1 "
	is 'leaves nothing in tmp' "$(files_in)" 0
	FAULT2=
fi
new_maildir
is 'a short write is gone on with' "$(run writev:retval=10:when=1 ./Maildir/)" "K 2.1.5 "
new_maildir
is 'a large message on a full disk' "$(run write:error=ENOSPC:when=2 ./Maildir/ "$T/big" "$msg")" "Z 4.3.1 K 2.1.5 "
is 'leaves nothing' "$(files_in)" 1
new_home
is 'a Maildir that cannot be made' "$(run mkdir:error=ENOSPC:when=1 ./Maildir/)" "Z 4.3.1 "
is 'defers' "$(files "$home")" 0

# ---- mbox: cut back, unlocked
mbox_fault() {          # FAULT STATUS [MESSAGE]
	new_home
	echo before >"$home/Mailbox"
	is "mbox, $1: deferred" "$(run "$1" ./Mailbox "${3:-$msg}")" "Z $2 "
	is "mbox, $1: as it was, and unlocked" "$(cat "$home/Mailbox"),$(ls "$home")" "before,Mailbox"
}
mbox_fault write:error=ENOSPC:when=2 4.3.1
mbox_fault write:error=ENOSPC:when=5 4.3.1 "$T/big"
mbox_fault write:error=EFBIG:when=3 4.3.0 "$T/big"
mbox_fault fsync:error=EIO:when=1 4.3.0
mbox_fault fsync:error=EDQUOT:when=1 4.2.2
mbox_fault pread64:error=EIO:when=1 4.3.0
mbox_fault fcntl:error=ENOLCK:when=1+ 4.3.0
mbox_fault fstat:error=EIO:when=1 4.3.0
new_home
is 'a new mbox whose name cannot be synced' "$(run fsync:error=EIO:when=2 ./Mailbox)" "Z 4.3.0 "
is 'is cut back to nothing' "$(wc -c <"$home/Mailbox" | tr -d ' ')" 0

# ---- killed at each call: the runner sees the end of the worker, tries again, and every file is whole
killed() {              # CALL WHEN
	new_maildir
	is "killed at $1 $2: not reported" "$(run "$1:signal=KILL:when=$2" ./Maildir/)" "lost 1 "
	printf 'job %s s@x joe@h\nreports\n' "$msg" |
	    python3 tests/program/spawner.py --worker pneu-local joe "$home" joe '' '' ./Maildir/ >"$T/out" 2>&1
	n=$(find "$home/Maildir/new" -type f | wc -l)
	t "killed at $1 $2: delivered by the next attempt" test "$n" -ge 1 -a "$n" -le 2
	t "killed at $1 $2: each file is whole" whole
}
whole() {
	for f in "$home"/Maildir/new/*; do
		cmp "$f" "$T/want" || return 1
	done
}
for call in 'chdir 1' 'pread64 1' 'writev 1' 'fsync 1' 'fstat 1' 'fsync 2' 'sendmsg 1'; do
	killed $call
done
[ -z "$nameless" ] || for call in 'openat 1' 'linkat 1' 'linkat 2'; do
	killed $call
done

mbox_killed() {
	new_home
	printf 'From a Thu Jan  1 00:00:00 1970\n\nold\n\n' >"$home/Mailbox"
	is "mbox, killed at $1 $2: not reported" "$(run "$1:signal=KILL:when=$2" ./Mailbox)" "lost 1 "
	[ ! -e "$home/Mailbox.lock" ] || touch -t 200001010000 "$home/Mailbox.lock"     # later
	printf 'job %s s@x joe@h\nreports\n' "$msg" |
	    python3 tests/program/spawner.py --worker pneu-local joe "$home" joe '' '' ./Mailbox >"$T/out" 2>&1
	is "mbox, killed at $1 $2: then delivered behind what was there" \
	    "$(sed -n 3p "$home/Mailbox"),$(tail -n 4 "$home/Mailbox" | tr '\n' '|')" "old,Subject: hi||body||"
	is "mbox, killed at $1 $2: each message begins after an empty line" \
	    "$(awk '/^From / && NR > 1 && last != "" { n++ } { last = $0 } END { print n + 0 }' "$home/Mailbox")" 0
}
for call in 'fcntl 1' 'write 1' 'pread64 2' 'write 2' 'fsync 1' 'unlink 1' 'sendmsg 1'; do
	mbox_killed $call
done
finish
