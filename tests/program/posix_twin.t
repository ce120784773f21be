# the portable twin of the Linux-only calls does the same; where it is not built beside this build already, it is built here
. tests/lib.sh

P=${PNEU_POSIX_BUILD:-$B-posix}
if [ ! -x "$P/pneu-queue" ] || [ ! -x "$P/tests/unit/proc_test" ]; then
	command -v make >/dev/null || skip_all 'no make'
	P=$T/posix
	build() {
		make -s OPT=-O1 MUSL= SAN= B="$P" SYS=posix "$P/pneu-queue" "$P/tests/unit/file_test" "$P/tests/unit/proc_test"
	}
	t 'it builds' build
fi
nm -u "$P"/*.a >"$T/calls" 2>/dev/null
t 'it makes calls' grep -qE '\bopenat(64)?$' "$T/calls"
is 'none of them Linux-only' "$(grep -Ew 'prctl|sync_file_range|syscall' "$T/calls")" ''
t 'files appear whole or not at all' "$P/tests/unit/file_test"
t 'programs start with the descriptors of their map' "$P/tests/unit/proc_test"

Q=$T/queue
mkdir -p "$Q/tmp"
for d in 0 1 2 3; do
	for e in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
		mkdir -p "$Q/msg/$d$e"
	done
done
printf 'Subject: hello\n\nworld\n' >"$T/m"
printf 'Fa\0Tb\0\0' >"$T/e"
inject() { PNEU_QUEUE=$Q "$P/pneu-queue" <"$T/m" 1<"$T/e"; }
t 'a message is queued' inject
f=$(find "$Q/msg" -type f)
t 'as the same file' python3 tests/program/queue_check.py "$f" "$T/m.got" "$T/r.got"
t 'with the same message' cmp "$T/m" "$T/m.got"
is 'its temporary name is gone' "$(find "$Q/tmp" -type f)" ''
rm "$f"

# killed while it waits for more: what stays is in tmp/, where start-up finds it by its age
mkfifo "$T/m.fifo"
PNEU_QUEUE=$Q "$P/pneu-queue" <"$T/m.fifo" 1<"$T/e" 2>/dev/null &
p=$!
exec 8>"$T/m.fifo"
head -c 400000 /dev/zero >&8
t 'while it streams a message its file waits in tmp/' wait_until 20 sh -c 'test -n "$(find "$1/tmp" -type f)"' - "$Q"
kill -9 $p
wait $p 2>/dev/null
exec 8>&-
is 'killed then, it leaves no message' "$(find "$Q/msg" -type f)" ''
rm -rf "$Q/tmp"
t 'without tmp/ there is no new file: 63' sh -c 'PNEU_QUEUE=$1 "$2/pneu-queue" <"$3/m" 1<"$3/e"; test $? = 63' - "$Q" "$P" "$T"
is 'and nothing stays' "$(find "$Q/msg" -type f)" ''
finish
