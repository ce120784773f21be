# pneu-newu: the users database is replaced whole, or not at all
. tests/lib.sh

ASAN_OPTIONS=detect_leaks=0             # it cannot look for leaks under strace
export ASAN_OPTIONS
u=$T/users c=$T/users.cdb
newu() { pneu-newu "$u" "$c"; }
exits() { want=$1; shift; "$@" 2>"$T/err"; code=$?; cat "$T/err"; [ "$code" -eq "$want" ]; }
said() { grep -qF -- "$1" "$T/err" || { cat "$T/err"; return 1; }; }
same_as() { cmp "$c" "$T/old"; }

printf '=joe:joe:1000:100:/home/joe:::\n+joe-:joe:1000:100:/home/joe:-::\n.\n' >"$u"
t 'a good text is compiled'                       exits 0 newu
t 'the database is there'                         test -s "$c"
is 'everybody may read it' "$(ls -l "$c" | cut -c1-10)" "-rw-r--r--"
is 'and nothing else is left' "$(ls "$T" | grep -c users)" 2
if command -v cdb >/dev/null; then
	is 'qmail-lspawn would read it' "$(cdb -q "$c" "!joe-" | tr '\0' '|')" "joe|1000|100|/home/joe|-|"
else
	echo "# tinycdb's cdb is not here: the format is checked only by tests/wire/users_test"
fi
cp "$c" "$T/old"

printf '=joe:joe:1000:100:/home/joe:::\n=bad:bad:x:1:/:::\n.\n' >"$u"
t 'a wrong text is refused for good'              exits 100 newu
t 'with file and line'                            said "$u:2: the uid is not a number"
t 'the old database stays'                        same_as
is 'no half-made one is left' "$(ls "$T" | grep -c tmp)" 0

printf '=joe:joe:1000:100:/home/joe:::\n' >"$u"
t 'a text without its end is refused'             exits 100 newu
t 'the old database stays then too'               same_as
rm "$u"
t 'a missing text is refused'                     exits 100 newu
t 'and leaves the old database'                   same_as
t 'wrong use is refused'                          exits 100 pneu-newu one

printf '=ann:ann:1:1:/home/ann:::\n.\n' >"$u"
ln -s "$T/elsewhere" "$c.tmp"
t 'a symbolic link in the way is not followed'    exits 111 newu
t 'nor what it points to made'                    test ! -e "$T/elsewhere"
rm "$c.tmp"

mkdir "$T/etc" && cp "$u" "$T/etc/users"
t 'without arguments it takes those of etc'       exits 0 env PNEU_ETC="$T/etc" pneu-newu
t 'and writes there'                              test -s "$T/etc/users.cdb"

if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	fault() { strace -o "$T/trace" -e inject="$1" pneu-newu "$u" "$c"; }
	for f in write:error=ENOSPC fsync:error=EIO:when=1 rename:error=EIO ftruncate:error=EIO fcntl:error=ENOLCK; do
		t "$f is trouble that may pass"           exits 111 fault "$f"
		t "after $f the old database is there"    same_as
	done
	t 'a directory that cannot be synced is trouble too' exits 111 fault fsync:error=EIO:when=2
else
	echo "# strace cannot work here: no faults tried"
fi
t 'afterwards all is well'                        exits 0 newu
finish
