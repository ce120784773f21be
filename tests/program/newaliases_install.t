# pneu-newaliases: killed, failed by the system, or run by several at once, it leaves the old database or the new one; and a
# million entries are no matter
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'

umask 022
ASAN_OPTIONS=detect_leaks=0             # it cannot look for leaks under strace
E=$T/etc PNEU_ETC=$T/etc
export ASAN_OPTIONS PNEU_ETC
mkdir "$E" && echo mail.example.org >"$E/me"
entries() { python3 -B tests/program/aliasdb.py "$E/aliases.cdb" | sed "s|$T/||g"; }
run() { pneu-newaliases "$@" >/dev/null 2>"$T/err"; }
exits() { want=$1; shift; "$@" >/dev/null 2>"$T/err"; code=$?; cat "$T/err"; [ "$code" -eq "$want" ]; }
reset() { printf 'old: joe@x.example\n' >"$E/aliases"; run; cp "$E/aliases.cdb" "$T/old"; printf 'new: ann@x.example\n' >"$E/aliases"; }
old='old etc/aliases 1 Ajoe@x.example'
new='new etc/aliases 1 Aann@x.example'
old_or_new() { now=$(entries); [ "$now" = "$old" ] || [ "$now" = "$new" ] || { echo "$now"; return 1; }; }

# ---- several at once
for i in 1 2 3 4 5 6; do
	awk -v n="$i" 'BEGIN { for (i = 0; i < 3000; i++) print "name" i ": of" n "@x.example" }' >"$T/text$i"
done
run "$T/text1"
for i in 1 2 3 4 5 6; do
	( pneu-newaliases "$T/text$i" >/dev/null 2>&1; echo $? >"$T/code$i" ) &
done
cat >"$T/reader.py" <<'END'
import glob, subprocess, sys
seen, bad = 0, 0
while True:
    over = len(glob.glob(sys.argv[2] + '/code*')) == 6
    r = subprocess.run([sys.executable, '-B', 'tests/program/aliasdb.py', sys.argv[1]], stdout=subprocess.PIPE)
    whose = {line.split()[3] for line in r.stdout.splitlines()}
    bad += r.returncode != 0 or len(r.stdout.splitlines()) != 3000 or len(whose) != 1
    seen += 1
    if over:
        break
print('%d bad' % bad if bad or not seen else 'whole')
END
is 'who reads meanwhile finds a whole database, of one run' "$(timeout 400 python3 "$T/reader.py" "$E/aliases.cdb" "$T")" whole
wait
is 'and all runs succeed' "$(cat "$T"/code? | sort -u)" 0
is 'nothing is left of them' "$(ls "$E" | tr '\n' ' ')" 'aliases.cdb me '

# ---- a million
count=1000000
! grep -q __asan_init "$(command -v pneu-newaliases)" || count=50000
awk -v n=$count 'BEGIN { for (i = 0; i < n; i++) print "user" i ": user" i "@mail.example.net" }' >"$T/big"
t "$count entries are compiled"         exits 0 timeout 300 pneu-newaliases "$T/big"
is 'all of them' "$(python3 -B tests/program/aliasdb.py "$E/aliases.cdb" | wc -l | tr -d ' ')" $count
sed '7s/.*/user6: joe@x.example/' "$T/big" >"$T/big2"
is 'one change among them is found' "$(timeout 300 pneu-newaliases -d "$T/big2" 2>/dev/null)" \
	'~user6: was user6@mail.example.net; will be joe@x.example'
count=$((count / 10))
awk -v n=$count 'BEGIN { for (i = 0; i < n; i++) print "user" i ": user" i + 1; print "user" n ": joe@x.example" }' >"$T/big"
t "a chain of $count needs no deep stack"    exits 0 timeout 300 sh -c 'ulimit -s 1000 2>/dev/null; pneu-newaliases -n "$1"' sh "$T/big"
is 'and is told to be too deep' "$(grep -c 'aliases or lists inside one another' "$T/err")" 1
awk -v n=$count 'BEGIN { for (i = 0; i < n; i++) print "user" i ": user" (i + 1) % n }' >"$T/big"
t 'nor does a loop of as many'          exits 65 timeout 300 sh -c 'ulimit -s 1000 2>/dev/null; pneu-newaliases -n "$1"' sh "$T/big"
is 'which is told in one line' "$(grep -c 'user0 -> user1 -> .* more) .* -> user0$' "$T/err")" 1
awk 'BEGIN { printf "all: "; for (i = 0; i < 100000; i++) printf "user%d@mail.example.net,\n ", i; print "x@x.example" }' >"$T/big"
t 'an entry of 100,000 recipients on as many lines'     exits 0 timeout 300 pneu-newaliases "$T/big"
awk 'BEGIN { for (i = 0; i < 20000; i++) print "user" i ": nosuch" i }' >"$T/big"
t 'very many unknown users'             exits 0 timeout 300 pneu-newaliases -n "$T/big"
is 'are not all looked up, and that is said' "$(grep -c 'too many different users' "$T/err") $(grep -c 'neither an alias' "$T/err")" '1 10000'
rm "$T/big" "$T/big2" "$T/err"

# ---- trouble
if ! command -v strace >/dev/null || ! strace -o /dev/null true 2>/dev/null; then
	echo '# strace cannot work here: neither faults nor kills were tried'
	finish
fi
reset
strace -f -o "$T/trace" pneu-newaliases >/dev/null 2>&1
calls() { grep -c "^[0-9 ]*$1(" "$T/trace"; }
is 'a clean run has what is killed below: a rename, two syncs' "$(calls rename) $(calls fsync)" '1 2'
for f in write:error=ENOSPC ftruncate:error=EIO fsync:error=EIO:when=1 rename:error=EIO fcntl:error=ENOLCK:when=1+ fchmod:error=EIO; do
	reset
	t "$f is trouble that may pass"         exits 75 strace -o /dev/null -e inject="$f" pneu-newaliases
	t "after $f the old database is there"  cmp "$E/aliases.cdb" "$T/old"
done
reset
t 'a directory that cannot be synced is told'   exits 75 strace -o /dev/null -e inject=fsync:error=EIO:when=2 pneu-newaliases
t 'and the database is whole'           old_or_new
wrong=
for call in ftruncate write fchmod fsync rename close; do
	n=1
	while [ $n -le "$(calls $call)" ] && [ $n -le 12 ]; do
		reset
		strace -o /dev/null -e inject=$call:signal=KILL:when=$n pneu-newaliases >/dev/null 2>&1
		old_or_new >/dev/null || wrong="$wrong $call:$n"
		run && [ "$(entries)" = "$new" ] && [ ! -e "$E/aliases.cdb.tmp" ] || wrong="$wrong $call:$n:after"
		n=$((n + 1))
	done
done
is 'killed at any call it leaves the old database or the new, and the next run succeeds' "$wrong" ''

# the lock is taken before the text is read: who comes last has read last
reset
strace -o /dev/null -e inject=rename:delay_enter=500000 pneu-newaliases >/dev/null 2>&1 &
wait_until 20 test -s "$E/aliases.cdb.tmp"
printf 'last: joe@x.example\n' >"$E/aliases"
t 'a second run waits for the first'    run
wait
is 'and what was written last is in force' "$(entries)" 'last etc/aliases 1 Ajoe@x.example'
finish
