# pneu-start: three programs joined by sockets, and how they end
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
[ -e /proc/$$/task/$$/children ] || skip_all 'Linux'"'"'s /proc is needed'
E=$T/etc Q=$T/queue
mkdir "$E" "$Q"
echo here.test >"$E/me"
chmod 755 "$T"
pid=

# child NAME: the pid of pneu-start's child of that name; programs are known by what they execute
child() {
	for c in $(cat "/proc/$pid/task/$pid/children"); do
		case $(tr '\0' ' ' <"/proc/$c/cmdline") in *"pneu-$1 ") echo "$c" ;; esac
	done
}
three() { [ -n "$(child lspawn)" ] && [ -n "$(child rspawn)" ] && [ -n "$(child send)" ]; }
running() { three && [ -S "$Q/ctl" ] && pneu-qctl status >"$T/status" && pneu-qctl status | grep -q '^scanning 0'; }
start() {
	rm -f "$T/code"
	: >"$T/log"
	(
		"$@" 2>"$T/log" 9</dev/null &
		echo $! >"$T/pid"
		wait $!
		echo $? >"$T/code.new"
		mv "$T/code.new" "$T/code"
	) 2>/dev/null &
	wait_until 10 test -s "$T/pid" || return 1
	pid=$(cat "$T/pid")
	rm "$T/pid"
}
ended() { test -f "$T/code"; }
alive() { kill -0 "$1" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }
nobody_left() {
	for c in "$@"; do
		alive "$c" && return 1
	done
	return 0
}
cleanup() {
	[ -n "$pid" ] && ! ended && kill -TERM "$pid" 2>/dev/null
	:
}
fds() { ls "/proc/$1/fd" | sort -n | tr '\n' ' ' | sed 's/ $//'; }
# soon WANT COMMAND...: that is what it says in a moment; a program that has only just been executed is not yet what it will be
comes() { [ "$("$@")" = "$want" ]; }
soon() { want=$1; shift; wait_until 20 comes "$@"; }
table() { fds "$1" | sed 's/ [34]$/ table/'; }
leads_to() { readlink "/proc/$1/fd/$2" | sed 's/:.*//'; }
wears() { awk -v want="$2" '/^(Uid|Gid):/ { for (i = 2; i <= 5; i++) ids = ids " " $i } /^Groups:/ { $1 = ""; groups = $0 } \
	END { gsub(/^ +| +$/, "", groups); print ids " groups " groups }' "/proc/$1/status" | sed 's/^ //'; }

# ---- as root: the role users. In a mount namespace of its own the test has its own /etc and its own installation.
inside() {
	overlay() {
		mkdir -p "$T/up$1" "$T/work$1" &&
		    mount -t overlay -o "lowerdir=$1,upperdir=$T/up$1,workdir=$T/work$1" overlay "$1" 2>/dev/null
	}
	for d in /etc /usr/local/lib /var/spool; do
		overlay "$d" || return
	done
	sed -i '/^pneu[qr]:/d' /etc/passwd
	mkdir -p /etc/pneu /usr/local/lib/pneu /var/spool/pneu
	rm -rf /etc/pneu/* /var/spool/pneu/*
	echo here.test >/etc/pneu/me
	for p in lspawn rspawn send; do
		install -m 755 "$B/pneu-$p" /usr/local/lib/pneu/
	done
	chmod 700 /var/spool/pneu
	chown 54341:54342 /var/spool/pneu
	Q=/var/spool/pneu
	start pneu-start
	t 'as root without the role users' wait_until 10 ended
	is 'it ends with 111' "$(cat "$T/code")" 111
	t 'naming one' grep -q '^pneu-start: fatal: no user pneu[qr]: see INSTALL$' "$T/log"
	echo 'pneuq:x:54341:54342::/:/bin/false' >>/etc/passwd
	echo 'pneur:x:0:54344::/:/bin/false' >>/etc/passwd
	start pneu-start
	t 'nor with one that is root by another name' wait_until 10 ended
	t 'which is refused' grep -q '^pneu-start: fatal: no user pneur: see INSTALL$' "$T/log"
	sed -i 's/^pneur:x:0:/pneur:x:54343:/' /etc/passwd
	echo 'pneuextra:x:54349:pneuq,pneur' >>/etc/group
	start setpriv --groups 4,24,54349 pneu-start
	t 'with both' wait_until 10 running
	l=$(child lspawn) r=$(child rspawn) s=$(child send)
	is 'lspawn stays root' "$(wears "$l" | cut -d' ' -f1-4)" '0 0 0 0'
	is 'rspawn is pneur in all ways, without other groups' "$(wears "$r")" '54343 54343 54343 54343 54344 54344 54344 54344 groups '
	is 'send is pneuq in all ways, without other groups' "$(wears "$s")" '54341 54341 54341 54341 54342 54342 54342 54342 groups '
	for c in "$r" "$s"; do
		is 'and has no capabilities' "$(sed -n 's/^Cap\(Prm\|Eff\):[[:space:]]*//p' "/proc/$c/status" | sort -u)" 0000000000000000
	done
	t 'descriptors are as before' soon '0 1 2' fds "$l"
	t 'of both' soon '0 1 2 table' table "$r"
	is 'the queue belongs to pneuq' "$(find "$Q" ! -uid 54341)" ''
	kill -TERM "$pid"
	t 'TERM ends it' wait_until 10 ended
	is 'with 0' "$(cat "$T/code")" 0
	t 'and all of them' wait_until 10 nobody_left "$l" "$r" "$s"
	finish
}
if [ "$1" = inside ]; then
	unset PNEU_ETC PNEU_QUEUE
	inside
	skip_all 'no overlay file system here'
fi

# ---- a private instance
PNEU_ETC=$E PNEU_QUEUE=$Q
export PNEU_ETC PNEU_QUEUE
id=$(python3 tests/program/queuefiles.py --rcpt "nobody-at-all@here.test" --due 3600 "$Q")
start pneu-start
t 'three programs are started' wait_until 10 running
l=$(child lspawn) r=$(child rspawn) s=$(child send)
is 'and no fourth' "$(wc -w <"/proc/$pid/task/$pid/children" | tr -d ' ')" 3
t 'pneu-lspawn has its socket, the log, and nothing that was open before' soon '0 1 2' fds "$l"
t 'pneu-rspawn has that, and its table of addresses that did not answer' soon '0 1 2 table' table "$r"
f=$(readlink "/proc/$r/fd/$(fds "$r" | sed 's/.* //')")
t 'which is nobody else'"'"'s file' test -n "$f" -a ! -e "$f"
for c in $l $r; do
	is 'the socket is descriptor 0' "$(leads_to "$c" 0)" socket
	is 'the log descriptor 2' "$(readlink "/proc/$c/fd/2")" "$T/log"
done
is 'pneu-send has the sockets as 3 and 4' "$(leads_to "$s" 3) $(leads_to "$s" 4)" 'socket socket'
is 'the log as 2' "$(readlink "/proc/$s/fd/2")" "$T/log"
is 'besides only files of the queue and its control socket' \
	"$(for n in $(ls "/proc/$s/fd"); do [ "$n" -gt 4 ] && readlink "/proc/$s/fd/$n"; done | sed 's/^socket:.*/socket/' | sort -u)" \
	"$Q/fifo
$Q/lock
socket"
sockets=$(for c in $l $r $s; do for n in 0 3 4; do leads_to "$c" "$n"; done; done | grep -c socket)
is 'pneu-start itself has none of them' "$(ls -l "/proc/$pid/fd" | grep -c socket:) of $sockets" '0 of 4'
kill -HUP "$pid"
t 'HUP is passed on' wait_until 10 grep -q '^status: settings reloaded' "$T/log"
t 'a message that is due in an hour waits' sh -c "! grep -q '^starting delivery' '$T/log'"
kill -ALRM "$pid"
t 'ALRM is passed on, and it is tried' wait_until 10 grep -q "^starting delivery [0-9]*: msg $id" "$T/log"
kill -TERM "$pid"
t 'TERM ends it' wait_until 10 ended
is 'with 0' "$(cat "$T/code")" 0
t 'and all of them' wait_until 10 nobody_left "$l" "$r" "$s"
t 'pneu-send stopped as it should' grep -q '^status: exiting$' "$T/log"
t 'and nobody was missed' sh -c "! grep -q 'ended, so all end' '$T/log'"

# ---- when one ends
for name in lspawn rspawn send; do
	start pneu-start
	wait_until 10 running || echo "# it did not start"
	l=$(child lspawn) r=$(child rspawn) s=$(child send)
	kill -KILL "$(child "$name")"
	t "when pneu-$name is killed it ends" wait_until 10 ended
	is 'with 111' "$(cat "$T/code")" 111
	t 'saying which' grep -q "^pneu-start: warning: pneu-$name was killed" "$T/log"
	is 'and that it is the end, once' "$(grep -c 'so all end$' "$T/log")" 1
	t 'and so do the others' wait_until 10 nobody_left "$l" "$r" "$s"
done
start pneu-start
wait_until 10 running
l=$(child lspawn) r=$(child rspawn) s=$(child send)
kill -KILL "$pid"
# the system tells its children; POSIX has no way for that
case $B in
*posix*) kill -TERM "$s" ;;
*) t 'when it is killed itself the three end' wait_until 10 nobody_left "$l" "$r" "$s" ;;
esac
wait_until 10 nobody_left "$l" "$r" "$s"
wait_until 10 ended

# a TERM at any moment of the start is not lost
n=0 kept=0
while [ "$n" -lt 20 ]; do
	n=$((n + 1))
	start pneu-start
	kill -TERM "$pid"
	wait_until 10 ended || kept=$((kept + 1))
done
is 'a TERM at once, 20 times, is never forgotten' "$kept" 0
start pneu-start
wait_until 10 running
# to the whole family, as systemd does it: the spawners go first or last
kill -TERM $(child rspawn) "$pid" $(child send) $(child lspawn) 2>/dev/null
t 'a TERM to all four ends them' wait_until 10 ended

# ---- what stops it at the start
echo many >"$E/queuelifetime"
start pneu-start
t 'a setting that pneu-send refuses ends it' wait_until 10 ended
is 'with 111' "$(cat "$T/code")" 111
is 'and the reason is in the log' "$(head -n 1 "$T/log")" \
	'pneu-send: fatal: control/queuelifetime: "many" is not a number from 0 to 31536000'
rm "$E/queuelifetime"
mkdir "$T/bin"
ln -s "$B/pneu-start" "$B/pneu-send" "$B/pneu-rspawn" "$T/bin"
start env PATH="$T/bin" pneu-start
t 'a program that is missing ends it' wait_until 10 ended
t 'and is named' grep -q '^pneu-start: fatal: unable to run pneu-lspawn: No such file' "$T/log"

# ---- as root
unset PNEU_ETC PNEU_QUEUE
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null && command -v setpriv >/dev/null; then
	unshare -m sh "$0" inside >"$T/inside" 2>&1
	if grep -q '^1\.\.0 # SKIP' "$T/inside"; then
		sed 's/^/# /' "$T/inside"
		finish
	fi
	t 'as root everyone takes on his role' grep -q '^ok' "$T/inside"
	t 'and no other' sh -c '! grep "^not ok" -A20 "$0"' "$T/inside"
	sed 's/^/# /' "$T/inside"
else
	echo "# not root, or no mount namespaces: how the role users are taken on is not tested"
fi
finish
