# tests/system/host.sh itself: what is done on a host of its own leaves this machine alone, and ends with the test
. tests/lib.sh
. tests/system/host.sh
host_begin mail.example.org

# names, modes, owners and sizes of what an installation would change
listing() {
	ls -lnd / /etc /usr /usr/bin /usr/sbin /usr/lib /usr/local /usr/local/* /var /var/lib /var/spool /var/log
	ls -ln /etc /usr/sbin /usr/local/bin /usr/local/lib /usr/local/share /var/spool
	cat /etc/passwd /etc/group /etc/shadow /etc/hosts /etc/hostname /etc/resolv.conf
	cat /proc/mounts /proc/sys/kernel/hostname
}
outside() { [ ! -e /etc/host.test ] && [ ! -e /usr/sbin/host.test ] && ! grep -q '^hosttest:' /etc/passwd; }

try() {         # try HOW: the same with a root made either way
	listing >"$T/before" 2>/dev/null
	is "$1: it has the name that it was given" "$(host_run 'hostname -f; cat /etc/hostname')" 'mail.example.org
mail'
	t "$1: it is root's, with the arguments given" host_run '[ "$(id -u)" = 0 ] && [ "$2" = "b c" ] && [ "$#" = 2 ]' a 'b c'
	host_run 'exit 7'
	is "$1: the exit code comes out" $? 7
	is "$1: standard input goes in" "$(echo word | host_run 'cat')" word
	t "$1: the programs can be installed" host_install
	t "$1: and are there" host_run 'cd /etc && /usr/local/lib/pneu/pneu-queue </dev/null 1</dev/null 2>&1; [ -d /var/spool/pneu/msg/00 ]'
	t "$1: files may be made everywhere" host_run 'set -e; for d in /etc /usr/sbin /usr/lib /usr/bin /var/lib /home /opt; do echo x >$d/host.test; done'
	t "$1: and files of the machine replaced" host_run 'set -e; mv /usr/bin/env /usr/bin/env.moved; ln -s env.moved /usr/bin/env; env true'
	t "$1: accounts may be made" host_run 'useradd --system --shell /bin/sh hosttest && su hosttest -c true'
	t "$1: the port of mail is free" host_run 'python3 -c "import socket; socket.create_server((\"127.0.0.1\", 25))"'
	t "$1: it has a /dev/null, a /dev/shm and terminals" host_run 'set -e; echo >/dev/null; echo >/dev/shm/x; test -c /dev/ptmx; python3 -c "import os; os.openpty()"'
	t "$1: /dev/log can be made" host_run 'python3 -c "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind(\"/dev/log\")"'
	t "$1: other users can write to /tmp and reach what they may" host_run 'su hosttest -c "echo >/tmp/x && ls /etc/passwd /usr/bin >/dev/null"'
	host_run 'echo hello >"$T/from"'
	is "$1: files are handed over in the scratch directory" "$(cat "$T/from")" hello
	t "$1: the source cannot be changed from there" host_run '! touch "$TOP/Makefile" 2>/dev/null && ! touch "$B/pneu-queue" 2>/dev/null'
	t "$1: only its own processes are there" host_run '[ "$(ls /proc | grep -c "^[0-9]")" -le 6 ]'
	t "$1: nothing of it is seen outside" outside
	listing >"$T/after" 2>/dev/null
	is "$1: this machine is as it was" "$(diff "$T/before" "$T/after")" ''
	host_run 'sleep 1000 </dev/null >/dev/null 2>&1 & echo started'
	t "$1: what it left running is there" grep -q sleep "/proc/$(pgrep -P "$(cat "$T/.host/$host_name.unshare")")/root/proc/"[0-9]*/comm
	host_run '(sh -c "sleep 0.1 & exec true" &)'
	t "$1: orphans leave no zombies" wait_until 10 host_run '! ps -A -o stat | grep Z'
	host_now=$host_pid
	host_end
	t "$1: and gone at the end" test ! -e "/proc/$host_now"
}
try overlay

HOST_ROOT=links
host_begin mail.example.org
try links
HOST_ROOT=

# two hosts, and the death of a test
host_begin one.example.org
host_begin two.example.org
is 'there may be two' "$(host_run 'hostname'; host_use one.example.org; host_run 'hostname')" 'two
one'
host_end
host_use one.example.org
host_end

cat >"$T/dies" <<'END'
. tests/lib.sh
. tests/system/host.sh
host_begin
host_run 'sleep 1000 >/dev/null 2>&1 &'
echo "$host_pid" >"$1.new"
mv "$1.new" "$1"
kill -KILL $$
END
sh "$T/dies" "$T/dead" 9>&- 2>/dev/null
read -r host_dead <"$T/dead"
gone() { [ ! -d "/proc/$host_dead" ]; }
t 'a test that is killed takes its host along' wait_until 20 gone
finish
