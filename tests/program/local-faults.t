# pneu-local: a system call that fails defers the message and leaves no trace; a kill anywhere loses nothing
. tests/lib.sh
strace -o /dev/null true 2>/dev/null || skip_all 'strace is missing or may not trace here'

PNEU_ETC=$T/etc PNEU_QUEUE=$T/queue
ASAN_OPTIONS=detect_leaks=0             # it cannot look for leaks under strace
export PNEU_ETC PNEU_QUEUE ASAN_OPTIONS
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
	[ "$FAULT" != none ] || { echo 'no such call'; return; }
	for m in "${@:-$msg}"; do
		echo "job $m s@x joe@h"
		echo reports
	done | python3 tests/program/spawner.py --worker "$T/worker" joe "$home" joe '' '' "$how" >"$T/out" 2>&1
	grep -q 'INJECTED\|killed by SIGKILL' "$T/trace" || echo "not injected: $FAULT"
	grep -q '^report\|^lost' "$T/out" || sed 's/^/neither reported nor lost: /' "$T/out"
	sed -n 's/^report [0-9]* 0 \(.\) \([0-9.]*\) .*/\1 \2/p; /^lost/p' "$T/out" | tr '\n' ' '
}
new_home() { home=$T/home.$((home_n = home_n + 1)); mkdir "$home"; }
new_maildir() { new_home; mkdir "$home/Maildir" "$home/Maildir/tmp" "$home/Maildir/new" "$home/Maildir/cur"; }
new_mbox() { new_home; echo before >"$home/Mailbox"; chmod 600 "$home/Mailbox"; }
files() { find "$1" -type f | wc -l | tr -d ' '; }
files_in() { find "$home/Maildir" -type f | wc -l | tr -d ' '; }

# Which call is it? C libraries differ in what they call: calls are named by what they say in a trace without faults.
# at TRACE REGEX [K]: "call when=N" for the K-th line of that trace that matches
at() {
	awk -v re="$2" -v k="${3:-1}" '{ name = $0; sub(/\(.*/, "", name); n[name]++ }
	    $0 ~ re && --k == 0 { print name, "when=" n[name]; exit }' "$T/trace.$1"
}
# fault TRACE 'REGEX' K WHAT: what strace wants to hear; WHAT is error=... or signal=...
fault() {
	set -- $(at "$1" "$2" "$3") "$4"
	[ $# -eq 3 ] && echo "$1:$3:$2" || echo none
}

FAULT=setxattr:error=EIO:when=9
reference() {           # NAME DELIVERY MESSAGE
	run "$FAULT" "$2" "$3" >/dev/null
	mv "$T/trace" "$T/trace.$1"
}
new_maildir; reference maildir ./Maildir/ "$msg"
# pneu-local makes itself undumpable: then only root's strace sees the words that calls are told apart by
grep -q 'writev.*Return-Path' "$T/trace.maildir" || skip_all 'strace cannot look into pneu-local here; root may'
new_maildir; reference large ./Maildir/ "$T/big"
new_home; reference make ./Maildir/ "$msg"
new_mbox; reference mbox ./Mailbox "$msg"
new_mbox; reference largembox ./Mailbox "$T/big"
new_home; reference newmbox ./Mailbox "$msg"
grep -q O_TMPFILE "$T/trace.maildir" && nameless=yes || nameless=      # does the program make nameless files here?

# ---- Maildir: the first job fails, the second one, a moment later, does not
maildir_fault() {       # REGEX K ERROR STATUS
	new_maildir
	is "Maildir, $1 $2 $3: deferred, and the next is delivered" \
	    "$(run "$(fault maildir "$1" "$2" "error=$3")" ./Maildir/ "$msg" "$msg")" "Z $4 K 2.1.5 "
	is "Maildir, $1 $2 $3: there is only what was reported" "$(files_in)" 1
}
maildir_fault 'chdir' 1 EACCES 4.3.0
maildir_fault 'chdir' 1 ESTALE 4.3.0
maildir_fault 'stat.*"\.",' 1 EIO 4.3.0
maildir_fault 'pread64.*Subject' 1 EIO 4.3.0
maildir_fault 'open.*"\.qmail"' 1 ENFILE 4.3.0
maildir_fault 'open.*/new"' 1 EMFILE 4.3.0
maildir_fault 'writev.*Return-Path' 1 ENOSPC 4.3.1
maildir_fault 'writev.*Return-Path' 1 EDQUOT 4.2.2
maildir_fault 'writev.*Return-Path' 1 EIO 4.3.0
maildir_fault 'fsync' 1 EIO 4.3.0
maildir_fault 'fsync' 2 EIO 4.3.0
maildir_fault 'S_IFREG.0600' 1 EIO 4.3.0
if [ "$nameless" ]; then
	maildir_fault 'O_TMPFILE' 1 ENOSPC 4.3.1
	maildir_fault 'linkat.*S=' 1 ENOSPC 4.3.1
	maildir_fault 'linkat.*S=' 1 EDQUOT 4.2.2
	new_maildir
	is 'an old kernel: named through /proc' \
	    "$(run "$(fault maildir 'linkat.*S=' 1 error=ENOENT)" ./Maildir/)" "K 2.1.5 "
	new_maildir
	is 'a name that is taken: another one' \
	    "$(run "$(fault maildir 'linkat.*S=' 1 error=EEXIST)" ./Maildir/)" "K 2.1.5 "
	new_maildir
	is 'no nameless files: through tmp' \
	    "$(run "$(fault maildir O_TMPFILE 1 error=EOPNOTSUPP)" ./Maildir/)" "K 2.1.5 "
	is 'which is empty afterwards' "$(files "$home/Maildir/tmp"),$(files "$home/Maildir/new")" "0,1"
	new_maildir
	FAULT2=$(fault maildir writev 1 error=ENOSPC)
	is 'the same on a full disk' "$(run "$(fault maildir O_TMPFILE 1 error=EOPNOTSUPP)" ./Maildir/)" "Z 4.3.1 "
	is 'leaves nothing in tmp' "$(files_in)" 0
	FAULT2=
fi
new_maildir
is 'a short write is gone on with' "$(run "$(fault maildir 'writev' 1 retval=0)" ./Maildir/)" "K 2.1.5 "
is 'to the end' "$(cat "$home"/Maildir/new/*)" "$(cat "$T/want")"
new_maildir
is 'a large message on a full disk' \
    "$(run "$(fault large 'write\(.*a line' 2 error=ENOSPC)" ./Maildir/ "$T/big" "$msg")" "Z 4.3.1 K 2.1.5 "
is 'leaves nothing' "$(files_in)" 1
new_home
is 'a Maildir that cannot be made defers' "$(run "$(fault make mkdir 1 error=ENOSPC)" ./Maildir/)" "Z 4.3.1 "
new_home
is 'or cannot be made wholly' "$(run "$(fault make mkdir 4 error=ENOSPC)" ./Maildir/ "$msg" "$msg")" "Z 4.3.1 K 2.1.5 "

# ---- mbox: cut back, unlocked
mbox_fault() {          # TRACE REGEX K WHAT STATUS
	new_mbox
	[ "$1" = mbox ] && m=$msg || m=$T/big
	is "mbox, $2 $3 $4: deferred" "$(run "$(fault "$1" "$2" "$3" "error=$4")" ./Mailbox "$m")" "Z $5 "
	is "mbox, $2 $3 $4: as it was, and unlocked" "$(cat "$home/Mailbox"),$(ls "$home")" "before,Mailbox"
}
mbox_fault mbox 'write\(.*From s@x' 1 ENOSPC 4.3.1
mbox_fault largembox 'write\(.*a line' 4 ENOSPC 4.3.1
mbox_fault largembox 'write\(.*a line' 2 EFBIG 4.3.0
mbox_fault mbox fsync 1 EIO 4.3.0
mbox_fault mbox fsync 1 EDQUOT 4.2.2
mbox_fault mbox 'pread64.*Subject' 1 EIO 4.3.0
mbox_fault largembox 'pread64.*a line' 3 EIO 4.3.0
mbox_fault mbox F_SETLK 1 ENOLCK 4.3.0
mbox_fault mbox 'S_IFREG.0600' 1 EIO 4.3.0
mbox_fault mbox 'open.*lock' 1 ENOSPC 4.3.1
new_home
is 'a new mbox whose name cannot be synced' "$(run "$(fault newmbox fsync 2 error=EIO)" ./Mailbox)" "Z 4.3.0 "
is 'is cut back to nothing' "$(wc -c <"$home/Mailbox" | tr -d ' ')" 0
new_mbox
is 'without the right to make a dot lock fcntl must do' \
    "$(run "$(fault mbox 'open.*lock' 1 error=EACCES)" ./Mailbox)" "K 2.1.5 "

# ---- killed at each call: the runner sees the end of the worker, tries again, and every file is whole
whole() {
	for f in "$home"/Maildir/new/*; do
		cmp "$f" "$T/want" || return 1
	done
}
killed() {              # REGEX K
	new_maildir
	is "killed at $1 $2: not reported" "$(run "$(fault maildir "$1" "$2" signal=KILL)" ./Maildir/)" "lost 1 "
	printf 'job %s s@x joe@h\nreports\n' "$msg" |
	    python3 tests/program/spawner.py --worker pneu-local joe "$home" joe '' '' ./Maildir/ >"$T/out" 2>&1
	n=$(find "$home/Maildir/new" -type f | wc -l)
	t "killed at $1 $2: delivered by the next attempt" test "$n" -ge 1 -a "$n" -le 2
	t "killed at $1 $2: each file is whole" whole
}
killed chdir 1
killed 'pread64.*Subject' 1
killed writev 1
killed fsync 1
killed fsync 2
killed 'S_IFREG.0600' 1
killed 'sendmsg.*did' 1
if [ "$nameless" ]; then
	killed O_TMPFILE 1
	killed 'linkat.*S=' 1
else
	killed 'linkat.*S=' 1
	killed 'unlink.*' 1
fi

mbox_killed() {
	new_home
	printf 'From a Thu Jan  1 00:00:00 1970\n\nold\n\n' >"$home/Mailbox"
	is "mbox, killed at $1 $2: not reported" "$(run "$(fault mbox "$1" "$2" signal=KILL)" ./Mailbox)" "lost 1 "
	[ ! -e "$home/Mailbox.lock" ] || touch -t 200001010000 "$home/Mailbox.lock"     # later
	printf 'job %s s@x joe@h\nreports\n' "$msg" |
	    python3 tests/program/spawner.py --worker pneu-local joe "$home" joe '' '' ./Mailbox >"$T/out" 2>&1
	is "mbox, killed at $1 $2: then delivered behind what was there" \
	    "$(sed -n 3p "$home/Mailbox"),$(tail -n 4 "$home/Mailbox" | tr '\n' '|')" "old,Subject: hi||body||"
	is "mbox, killed at $1 $2: each message begins after an empty line" \
	    "$(awk '/^From / && NR > 1 && last != "" { n++ } { last = $0 } END { print n + 0 }' "$home/Mailbox")" 0
}
mbox_killed F_SETLK 1
mbox_killed 'write\(.*[0-9].n"' 1
mbox_killed 'write\(.*From s@x' 1
mbox_killed fsync 1
mbox_killed 'unlink.*lock' 1
mbox_killed 'sendmsg.*did' 1

# ---- programs and forwards: never done for ever because the system fails us, and never said to be done when it was not
cat >"$T/queue-program" <<'SH'
#!/bin/sh
cat >"$T/in.message"
cat <&1 >"$T/in.envelope"
SH
chmod +x "$T/queue-program"
PNEU_FILTER=$T/queue-program
export T PNEU_FILTER
new_home; reference program '|cat >got' "$msg"
new_home; reference forward '&ann@x' "$msg"
program_fault() {       # REGEX K ERROR STATUS: deferred, and the next one is not
	new_home
	is "program, $1 $2 $3: deferred, then done" "$(run "$(fault program "$1" "$2" "error=$3")" '|cat >>got' "$msg" "$msg")" "Z $4 K 2.1.5 "
}
program_fault '^pipe' 1 EMFILE 4.3.0
program_fault '^(vfork|fork|clone)' 1 EAGAIN 4.3.0
program_fault '^write.*Subject' 1 ENOSPC 4.3.1
program_fault '^lseek' 1 EIO 4.3.0
program_fault '^wait4' 1 ECHILD 4.3.0
is 'a program whose end is not known is done again' "$(grep -c '^Subject: hi' "$home/got")" 2
if grep -q '^memfd_create.*= [0-9]' "$T/trace.program"; then
	new_home
	is 'no file in memory: one in the home' "$(run "$(fault program '^memfd_create' 1 error=ENOSYS)" '|cat >got')" "K 2.1.5 "
	is 'the program has the same' "$(cat "$home/got")" "$(cat "$msg")"
	is 'and it is gone' "$(files "$home")" 1
fi
waits='|cat >got; until grep -q "^ppoll.*INJECTED" '"$T/trace; do sleep 0.05; done"
new_home
is 'waiting that fails is no end of the program' "$(run ppoll:error=EINTR:when=1 "$waits"),$(files "$home")" 'K 2.1.5 ,1'
new_home
is 'nor is asking' "$(run "$(fault program '^waitid' 1 error=EINTR)" '|cat >got'),$(files "$home")" 'K 2.1.5 ,1'
forward_fault() {
	rm -f "$T"/in.*
	new_home
	is "forward, $1 $2 $3: deferred" "$(run "$(fault forward "$1" "$2" "error=$3")" '&ann@x')" "Z $4 "
	t "forward, $1 $2 $3: and nobody got a whole envelope" sh -c '! test -s "$T/in.envelope" || [ "$1" = "^wait4" ]' sh "$1"
}
forward_fault '^pipe' 1 EMFILE 4.3.0
forward_fault '^pipe' 2 EMFILE 4.3.0
forward_fault '^pipe' 3 EMFILE 4.3.0
forward_fault '^(vfork|fork|clone)' 1 EAGAIN 4.3.0
forward_fault '^write.*Delivered-To' 1 EIO 4.3.0
forward_fault '^write.*Subject' 1 EIO 4.3.0
forward_fault '^write.*Tann' 1 EIO 4.3.0
forward_fault '^wait4' 1 ECHILD 4.3.0
wait_until 20 test -s "$T/in.envelope"  # nobody has waited for this one
rm -f "$T"/in.*
new_home
is 'forward, killed before the envelope is written' "$(run "$(fault forward '^write.*Tann' 1 signal=KILL)" '&ann@x')" 'lost 1 '
t 'nobody has an envelope' test ! -s "$T/in.envelope"
finish
