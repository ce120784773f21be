# pneu-newpw: the database of passwords is replaced whole, or not at all, and never shown to more than the text was
. tests/lib.sh

ASAN_OPTIONS=detect_leaks=0             # it cannot look for leaks under strace
export ASAN_OPTIONS
p=$T/passwords c=$T/passwords.cdb
newpw() { pneu-newpw "$p" "$c"; }
exits() { want=$1; shift; "$@" 2>"$T/err"; code=$?; cat "$T/err"; [ "$code" -eq "$want" ]; }
said() { grep -qF -- "$1" "$T/err" || { cat "$T/err"; return 1; }; }
quiet() { ! [ -s "$T/err" ]; }
same_as() { cmp "$c" "$T/old"; }
mode() { ls -l "$c" | cut -c1-10; }

umask 022
printf 'ann:$6$salt$hash:Ann\nbob:!\n' >"$p"
chmod 600 "$p"
t 'a good text is compiled'                       exits 0 newpw
t 'without a word'                                quiet
is 'a text for one is a database for one' "$(mode)" "-rw-------"
is 'and nothing else is left' "$(ls "$T" | grep -c passwords)" 2
chmod 640 "$p"
t 'again'                                         exits 0 newpw
is 'a text for a group is a database for it' "$(mode)" "-rw-r-----"
if [ "$(id -u)" = 0 ]; then
	chgrp 54321 "$p"
	t 'of another group'                      exits 0 newpw
	is 'the same group' "$(stat -c %g "$c")" 54321
	chgrp 0 "$p"
fi
chmod 644 "$p"
t 'a text for everybody'                          exits 0 newpw
t 'is warned of'                                  said "everybody may read the hashes in $p"
is 'and no database for everybody' "$(mode)" "-rw-r-----"
chmod 600 "$p"
newpw
cp "$c" "$T/old"

printf 'ann:$6$salt$hash\nbob:secret\n' >"$p"
t 'a wrong text is refused for good'              exits 100 newpw
t 'with file and line'                            said "$p:2: this is not a hash"
t 'without what stands there'                     sh -c '! grep -q secret "$1"' sh "$T/err"
t 'the old database stays'                        same_as
is 'no half-made one is left' "$(ls "$T" | grep -c tmp)" 0
rm "$p"
t 'a missing text is refused'                     exits 100 newpw
t 'and leaves the old database'                   same_as
t 'wrong use is refused'                          exits 100 pneu-newpw one

printf 'ann:$6$salt$hash\n' >"$p"
chmod 600 "$p"
ln -s "$T/elsewhere" "$c.tmp"
t 'a symbolic link in the way is not followed'    exits 111 newpw
t 'nor what it points to made'                    test ! -e "$T/elsewhere"
rm "$c.tmp"
: >"$T/other" && ln "$T/other" "$c.tmp"
t 'a file with another name is not overwritten'   exits 100 newpw
t 'and that is said'                              said 'is in the way'
rm "$c.tmp"
mkfifo "$c.tmp"
t 'nor is a FIFO waited for'                      exits 100 newpw
rm "$c.tmp"

mkdir "$T/etc" && cp "$p" "$T/etc/passwords" && chmod 600 "$T/etc/passwords"
t 'without arguments it takes those of etc'       exits 0 env PNEU_ETC="$T/etc" pneu-newpw
t 'and writes there'                              test -s "$T/etc/passwords.cdb"

if command -v python3 >/dev/null; then
	: >"$c.tmp"
	python3 -c 'import fcntl, sys, time
f = open(sys.argv[1], "r+")
fcntl.lockf(f, fcntl.LOCK_EX)
open(sys.argv[2], "w").close()
time.sleep(600)' "$c.tmp" "$T/locked" &
	holder=$!
	t 'somebody has the lock'                 wait_until 20 test -e "$T/locked"
	t 'a second run is kept out'              exits 111 newpw
	t 'and says why'                          said 'does another pneu-newpw run?'
	kill "$holder"
	wait "$holder" 2>/dev/null
	t 'what a killed one left is no hindrance' exits 0 newpw
	cp "$c" "$T/old"
fi
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	fault() { strace -o "$T/trace" -e inject="$1" pneu-newpw "$p" "$c"; }
	for f in write:error=ENOSPC fsync:error=EIO:when=1 rename:error=EIO ftruncate:error=EIO fcntl:error=ENOLCK fchmod:error=EPERM; do
		t "$f is trouble that may pass"           exits 111 fault "$f"
		t "after $f the old database is there"    same_as
	done
	t 'a directory that cannot be synced is trouble too' exits 111 fault fsync:error=EIO:when=2
else
	echo "# strace cannot work here: no faults tried"
fi
t 'afterwards all is well'                        exits 0 newpw
finish
