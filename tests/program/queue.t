# pneu-queue: a message is in the queue completely, or not at all
. tests/lib.sh

Q=$T/queue
PNEU_QUEUE=$Q
export PNEU_QUEUE
unset PNEU_ETC
chmod 711 "$T"
ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-}
export ASAN_OPTIONS
dirs=$(for d in 0 1 2 3; do for e in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do echo "$Q/msg/$d$e"; done; done)
fresh() {
	rm -rf "$Q"
	mkdir -p "$Q/tmp" $dirs
}
fresh

# inject [COMMAND...]: $T/m and $T/e through pneu-queue; its exit code, and what it says on descriptor 6 in $T/id
inject() {
	{
		"$@" pneu-queue <"$T/m" 6>&1 1<"$T/e" 2>"$T/err"
		echo $? >"$T/code"
	} | cat >"$T/id"
	read -r code <"$T/code"
	return "$code"
}
files() { find "$Q/msg" "$Q/tmp" -type f; }
exits() { # WANT [COMMAND...]: ends so, and leaves nothing unless WANT is 0
	want=$1; shift
	inject "$@"
	[ "$code" = "$want" ] || { echo "exit $code, not $want"; cat "$T/err"; return 1; }
	[ "$want" = 0 ] || [ -z "$(files)" ] || { files; return 1; }
}
fails_with() { # 'CODES' COMMAND...: one of these, and nothing stays
	codes=$1; shift
	inject "$@"
	case " $codes " in
	*" $code "*) [ -z "$(files)" ] ;;
	*) echo "exit $code"; false ;;
	esac
}
# the only file, named by what descriptor 6 said, whole, with this message
whole() {
	f=$(files)
	[ "${f##*/}" = "$(cat "$T/id")" ] && python3 tests/program/queue_check.py "$f" "$T/m.got" "$T/r.got" >"$T/header" &&
		cmp "$T/m" "$T/m.got"
}
queued() { # [COMMAND...]
	fresh
	inject "$@" || { echo "exit $code"; cat "$T/err"; return 1; }
	whole
}
envelope() { printf "$1" >"$T/e"; }

printf 'Subject: hello\n\nworld\n' >"$T/m"
envelope 'Fjoe@a.example\0Tx@b.example\0T100%%@b.example\0\0'
t 'a message is queued whole, under the ID told on descriptor 6' queued
is 'its header tells who and has a sum' "$(cat "$T/header")" "uid $(id -u) summed"
is 'its records are the envelope' "$(cat "$T/r.got")" "$(printf 'Fjoe@a.example\nTx@b.example\nT100%%25@b.example\n.')"
is 'its mode is 0600' "$(stat -c %a "$f")" 600
envelope 'F\0B8BITMIME\0EQQ\0RHDRS\0U\0Tx@b.example\0NNEVER\0Orfc822;x@b.example\0Ty@b.example\0\0'
t 'with every parameter' queued
is 'which are records' "$(cat "$T/r.got")" "$(printf 'F\nB8BITMIME\nEQQ\nRHDRS\nU\nTx@b.example\nNNEVER\nOrfc822;x@b.example\nTy@b.example\n.')"

# message bytes: every byte there is, no newline at the end, no message at all, sizes around what counts as small
envelope 'Fjoe@a.example\0Tx@b.example\0\0'
python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 3 + b"end")' >"$T/m"
t 'bytes are never changed: NULs, CRs, 8 bits, no newline at the end' queued
: >"$T/m"
t 'an empty message is a message' queued
for n in 98170 98303 98304 98305 196608 1000000; do
	python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(1).randbytes(int(sys.argv[1])))' $n >"$T/m"
	t "a message of $n bytes" queued
done
is 'a large one needs no sum' "$(cat "$T/header")" "uid $(id -u) unsummed"
{ printf 'Fjoe@a.example\0'; seq -f 'Tr%g@b.example' 20000 | tr '\n' '\0'; printf '\0'; } >"$T/e"
t 'a large message to 20000 recipients' queued
printf 'small\n' >"$T/m"
t 'a small message to 20000 recipients' queued
is 'all of them' "$(grep -c '^Tr[0-9]*@b.example$' "$T/r.got")" 20000

# sizes at which the room for the envelope changes hands, and records that are longer than it
envelope_of() {	# BYTES: its last recipients make it as long as that
	python3 - "$1" >"$T/e" <<-'END'
		import sys
		n = int(sys.argv[1])
		e = b'Fjoe@a.example\0' + b'Tx@b.example\0' * ((n - 300) // 13)
		sys.stdout.buffer.write(e + b'T' + b'%' * (n - len(e) - 13) + b'@b.example\0\0')
	END
}
same_records() { queued && [ "$(tr -d . <"$T/r.got")" = "$(tr '\0' '\n' <"$T/e" | sed 's/%/%25/g' | tr -d .)" ]; }
for n in 1022 1023 1024 2045 2046 2047 40000; do
	envelope_of $n
	t "an envelope of $n bytes" same_records
done
head -c 60000 /dev/urandom >"$T/m"
t 'records that do not fit behind their message' same_records
printf 'small\n' >"$T/m"

# a caller that has said all of the message, but not of the envelope
waiting() {
	fresh
	mkfifo "$T/e.fifo"
	pneu-queue <"$T/m" 1<>"$T/e.fifo" 2>"$T/err" &
	p=$!
	cat "$T/e" >"$T/e.fifo"
	rm "$T/e.fifo"
	kill $p
	wait $p
	[ -z "$(find "$Q/msg" -type f)" ]
}
printf 'Fa\0Tb\0' >"$T/e"
t 'while the envelope may go on nothing is queued' waiting

# envelopes that are none
fresh
printf 'Fjoe@a.example\0B8BITMIME\0Tx@b.example\0NNEVER\0Ty@b.example\0\0' >"$T/e.full"
cuts() {
	n=0
	while [ $n -lt "$(wc -c <"$T/e.full")" ]; do
		head -c $n "$T/e.full" >"$T/e"
		exits 54 || return 1
		n=$((n + 1))
	done
}
t 'an envelope cut off at any byte is not queued: 54' cuts
head -c 200000 /dev/zero >"$T/m"
head -c 20 "$T/e.full" >"$T/e"
t 'nor with a large message' exits 54
printf 'small\n' >"$T/m"
bad() { # WANT PROMISE ENVELOPE
	printf "$3" >"$T/e"
	t "$2: $1" exits "$1"
}
bad 91 'no sender' '\0'
bad 91 'no recipient' 'Fa\0\0'
bad 91 'recipient first' 'Ta\0\0'
bad 91 'two senders' 'Fa\0Fb\0Tc\0\0'
bad 91 'an unknown letter' 'Fa\0Xb\0Tc\0\0'
bad 91 'a parameter twice' 'Fa\0B7BIT\0B7BIT\0Tc\0\0'
bad 91 'bytes after the end' 'Fa\0Tb\0\0T'
bad 91 'a newline in an address' 'Fa\0Tb\nc\0\0'
bad 91 'a CR in a parameter' 'Fa\0Ex\ry\0Tb\0\0'
long=$(head -c 1002 /dev/zero | tr '\0' a)
bad 11 'an address of 1003 bytes' "Fa\\0T${long}a\\0\\0"
bad 11 'a sender of 1003 bytes' "F${long}a\\0Tb\\0\\0"
printf 'F%s\0T%s\0\0' "$long" "$long" >"$T/e"
t 'addresses of 1002 bytes are taken' queued
fresh
printf 'Fa\0Tb\0\0' >"$T/e"

# what a caller may leave us
closed() { # WANT REDIRECTIONS
	fresh
	eval "pneu-queue $2"
	code=$?
	[ $code = "$1" ] || { echo "exit $code"; return 1; }
	[ "$1" = 0 ] || [ -z "$(files)" ]
}
in="<\"$T/m\""; env="1<\"$T/e\""; err="2>\"$T/err\""
t 'descriptor 0 closed: 54' closed 54 "<&- $env $err"
t 'descriptor 1 closed: 54' closed 54 "$in 1>&- $err"
t 'descriptors 0 and 2 closed: 54' closed 54 "<&- $env 2>&-"
t 'descriptors 1 and 2 closed: 54' closed 54 "$in 1>&- 2>&-"
t 'all closed: 54' closed 54 "<&- 1>&- 2>&-"
t 'descriptors 2 and 6 closed' closed 0 "$in $env 2>&- 6>&-"
f=$(files)
t 'harm nothing' python3 tests/program/queue_check.py "$f" "$T/m.got" "$T/r.got"
t 'a directory as message: 54' closed 54 "</ $env $err"
t 'a directory as envelope: 54' closed 54 "$in 1</ $err"
t 'a file as descriptor 6' closed 0 "$in $env $err 6>\"$T/six\""
is 'is not written to' "$(cat "$T/six")" ''
t 'a descriptor 6 that cannot be written' closed 0 "$in $env $err 6<\"$T/six\""
nobody_hears() {
	fresh
	{ pneu-queue <"$T/m" 6>&1 1<"$T/e" 2>"$T/err"; echo $? >"$T/code"; } | :
	wait_until 10 test -s "$T/code" && [ "$(cat "$T/code")" = 0 ]
}
rm -f "$T/code"
t 'a descriptor 6 without reader' nobody_hears
with_umask() { umask "$1"; shift; "$@"; }
for u in 000 777; do
	t "umask $u" queued with_umask $u
	is 'leaves the mode 0600' "$(stat -c %a "$f")" 600
	umask 022
done
ignoring() { (trap '' HUP INT TERM ALRM PIPE CHLD XFSZ; exec "$@"); }
t 'ignored signals' queued ignoring
elsewhere() { (cd / && exec "$@"); }
t 'another working directory' queued elsewhere
t 'an empty environment but PNEU_QUEUE' queued env -i "PNEU_QUEUE=$Q" "PATH=$PATH" "ASAN_OPTIONS=$ASAN_OPTIONS"

# too little of something
limited() { (ulimit "$1" "$2"; shift 2; exec "$@"); }
fresh
head -c 5000 /dev/urandom >"$T/m"
t 'a file size limit: 53, and nothing stays' exits 53 limited -f 1
head -c 300000 /dev/urandom >"$T/m"
t 'also with a large message' exits 53 limited -f 1
few() {
	fresh
	for n in 3 4 5 6 7 8; do
		(ulimit -n $n && exec pneu-queue) <"$T/m" 1<"$T/e" 2>/dev/null 6>&-
		code=$?
		case $code in
		0) [ "$(files | wc -l)" = 1 ]; return ;;
		61 | 63 | 127) [ -z "$(files)" ] || return 1 ;;         # 127: not even its libraries, where it has any
		*) echo "exit $code with $n descriptors"; return 1 ;;
		esac
	done
	return 1
}
t 'few descriptors: 61 or 63 until there are enough' few
fresh
rm -rf "$Q/msg"
t 'no directory for messages: 61' exits 61
t 'no queue at all: 61' exits 61 env "PNEU_QUEUE=$T/missing"
t 'a path too long: 61' exits 61 env "PNEU_QUEUE=/$long$long"
fresh
as_user() { "$@"; }
if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null; then
	as_user() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
fi
chmod -R a-w,a+rX "$Q"
if as_user test -w "$Q/msg/00"; then
	echo "# not tested: a queue that may not be written (this user may write everything)"
else
	t 'a queue that may not be written: 63' exits 63 as_user
fi
chmod -R u+w "$Q"
fresh

# the runner's FIFO
printf 'small\n' >"$T/m"
mkfifo "$Q/fifo"
t 'nobody reads the FIFO: queued' inject
: >"$T/heard"
exec 7<>"$Q/fifo"
t 'somebody reads it: queued' inject
read -r heard <&7
is 'and told the ID, once' "$heard" "$(cat "$T/id")"
head -c 65536 /dev/zero >&7
t 'the FIFO is full: queued, without waiting' inject
exec 7>&-
is 'all three are there' "$(files | wc -l)" 3
fresh
: >"$Q/fifo"

# many at once
many() {
	fresh
	pids=
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		pneu-queue <"$T/m" 1<"$T/e" &
		pids="$pids $!"
	done
	for i in $pids; do
		wait "$i" || return 1
	done
	[ "$(files | wc -l)" = 20 ] && [ -z "$(find "$Q/tmp" -type f)" ]
}
t 'twenty at once have twenty IDs' many

# killed while it waits for more of the message
killed() {
	fresh
	rm -f "$T/m.fifo"
	mkfifo "$T/m.fifo"
	pneu-queue <"$T/m.fifo" 1<"$T/e" 2>"$T/err" &
	p=$!
	exec 8>"$T/m.fifo"
	head -c "$1" /dev/zero >&8
	kill -9 $p
	wait $p
	exec 8>&-
	[ -z "$(find "$Q/msg" -type f)" ]
}
t 'killed in a small message: nothing in the queue' killed 1000
t 'killed in a large message: nothing in the queue' killed 400000

# set-user-ID: whose queue it is, the environment does not say
setuid() {
	cp "$B/pneu-queue" "$T/setuid" && chown 65533 "$T/setuid" && chmod 4711 "$T/setuid" &&
		setpriv --reuid=65534 --regid=65534 --clear-groups "$T/setuid" <"$T/m" 1<"$T/e" 2>"$T/err"
	[ $? = 61 ] && grep -q /var/spool/pneu "$T/err" && [ -z "$(files)" ]
}
fresh
chmod -R 777 "$Q"
if [ "$(id -u)" != 0 ] || [ -e /var/spool/pneu ] || ! setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null ||
	findmnt -no OPTIONS -T "$T" | grep -q nosuid; then
	echo "# not tested: set-user-ID (takes root, setpriv, and no /var/spool/pneu)"
else
	t 'set-user-ID it ignores PNEU_QUEUE' setuid
fi

# faults, one system call at a time (strace makes them)
if ! strace -o /dev/null -e inject=close:error=EIO:when=999 true 2>/dev/null; then
	echo "# not tested: faults (takes strace)"
	finish
fi
fault() { # SYSCALL:WHAT, then COMMAND...
	inj=$1; shift
	strace -qq -o "$T/trace" -e "inject=$inj" "$@"
}
# nameless files are made where O_TMPFILE is; the first linkat only asks whether naming works
strace -o "$T/trace" pneu-queue <"$T/m" 1<"$T/e"
if grep -q ld.so "$T/trace"; then
	echo "# not tested: faults (this build is not static, so they would hit its loader)"
	finish
fi
name=1
grep -q O_TMPFILE "$T/trace" && name=2
for size in 10 200000; do
	head -c $size /dev/urandom >"$T/m"
	t "the name is taken, message of $size: the next one, and the file is right" queued fault linkat:error=EEXIST:when=$name
	t 'taken twice' queued fault linkat:error=EEXIST:when=$name..$((name + 1))
	fresh
	t 'every name taken: 64, nothing stays' exits 64 fault linkat:error=EEXIST:when=$name+
	if [ $name = 2 ]; then
		t 'naming a nameless file is impossible: it gets a temporary name' queued fault linkat:error=ENOENT:when=1..2
		is 'which is gone' "$(find "$Q/tmp" -type f)" ''
		fresh
		t 'naming fails after all: 64, nothing stays' exits 64 fault linkat:error=ENOENT:when=2..3
	fi
	fresh
	t 'the file cannot be synced: 65, nothing stays' exits 65 fault fsync:error=EIO:when=1
	t 'the directory cannot be synced: 66, nothing stays' exits 66 fault fsync:error=EIO:when=2
	t 'no space: 53, nothing stays' exits 53 fault write:error=ENOSPC:when=1
	t 'interrupted writes are written again' queued fault write:error=EINTR:when=1
	t 'interrupted reads are read again' queued fault read:error=EINTR:when=1..5
	fresh
	t 'the message cannot be read: 54' exits 54 fault read:error=EIO:when=1
	t 'the directory cannot be opened: 61 or 63' fails_with '61 63' fault openat,open:error=EMFILE:when=1+
done
if [ $name = 2 ]; then                  # where there are Linux's own calls
	head -c 3500000 /dev/urandom >"$T/m"
	strace -o "$T/trace" pneu-queue <"$T/m" 1<"$T/e"
	is 'a large message goes to the disk while it is read' "$(grep -c ^sync_file_range "$T/trace")" 3
	fresh
	t 'its disk fails meanwhile: 53, nothing stays' exits 53 fault sync_file_range:error=EIO:when=2
fi
finish
