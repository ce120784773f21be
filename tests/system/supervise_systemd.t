# systemd: a host is booted with systemd as its process 1; pneu-setup installs the units there, they run mail, and come back after a boot
#
# Not of this machine: systemd is process 1 of a process namespace inside the test's own host, with a cgroup of its own, and the
# services that other packages have enabled here are off. It needs cgroup v2 to be mountable, which a container without privileges
# does not let even root do.
. tests/lib.sh
systemd=
for systemd_p in /lib/systemd/systemd /usr/lib/systemd/systemd; do [ ! -x $systemd_p ] || systemd=$systemd_p; done
[ -n "$systemd" ] || skip_all 'needs systemd'
for systemd_p in systemctl journalctl curl openssl tlswrapper; do
	command -v $systemd_p >/dev/null || skip_all "needs $systemd_p"
done
. tests/system/supervise.sh
group=pneu-test.$$

# its cgroups stay behind when a test is over, empty
groups_away() {
	[ "$(id -u)" = 0 ] && mkdir "$T/groups" 2>/dev/null || return 0
	unshare -m --propagation private sh -c 'mount -t cgroup2 none "$1" && find "$1/$2" -depth -type d -exec rmdir {} +' sh "$T/groups" "$group" 2>/dev/null
	rmdir "$T/groups"
}
cleanup() { host_end; wait_until 10 groups_away; }
on_failure() { sd 'journalctl -b --no-pager -n 30; systemctl --failed --no-pager' 2>&1; }

# as process 1 of a namespace below the host's; what it needs of its own is mounted before it begins
boot() {
	rm -f "$T/systemd.pid"
	host_run 'unshare -mpf --kill-child --propagation private sh -c '\''
		read -r pid rest </proc/self/stat       # this /proc is still the one of the host
		mkdir -p /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && mkdir -p "/sys/fs/cgroup/$1" &&
		    echo 0 >"/sys/fs/cgroup/$1/cgroup.procs" && umount /sys/fs/cgroup || exit
		exec unshare -C sh -c '\''\'\'''\''
			mount -t cgroup2 none /sys/fs/cgroup && mount -t proc proc /proc && mount -t tmpfs -o mode=755 run /run || exit
			echo "$2" >"$1/systemd.pid"
			exec env -i container=pneu-test PATH=/usr/sbin:/usr/bin:/sbin:/bin "$3" --unit=multi-user.target
		'\''\'\'''\'' sh "$3" "$pid" "$2"
	'\'' sh "$1" "$2" "$T" >"$T/boot.log" 2>&1 </dev/null &' "$group" "$systemd"
	wait_until 10 test -s "$T/systemd.pid" && wait_until 60 booted
}
# inside, where systemd is; the host's network, files and names are the same
sd() { host_run 'exec nsenter -t "$1" -m -p -r -w sh -c "cd /; $2"' "$(cat "$T/systemd.pid")" "$1"; }
booted() { case $(sd 'systemctl is-system-running') in running | degraded) ;; *) return 1 ;; esac; }
halt() { host_run 'kill -KILL "$1"' "$(cat "$T/systemd.pid")"; wait_until 20 halted; }
halted() { ! host_run 'kill -0 "$1"' "$(cat "$T/systemd.pid")"; }

host_begin mail.example.org
host_run 'rm -rf /etc/systemd/system/*.wants /etc/rc?.d/S* /var/log/journal; echo 0123456789abcdef0123456789abcdef >/etc/machine-id; : >/etc/fstab
	useradd -m -s /bin/sh joe; echo joe:secret | chpasswd' >"$T/accounts" 2>&1
if ! boot; then
	sed 's/^/# /' "$T/boot.log"
	skip_all 'systemd cannot be process 1 of a namespace here: it needs cgroup v2 of its own'
fi

host_install >"$T/install" || sed 's/^/# /' "$T/install"
host_run 'mkdir -p /etc/pneu; cd /etc/pneu; echo 1 >systempasswords; (umask 077
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key" -out "$T/crt" -days 2 -subj /CN=mail.example.org 2>/dev/null; cat "$T/key" "$T/crt" >cert.pem)
	printf "%s\n" "|cat >ran" "|/usr/sbin/sendmail -i -f robot@example.org joe" >/home/joe/.qmail+robot; chown joe: /home/joe/.qmail+robot'
sd 'pneu-setup --batch --replace --domains=example.org --root-mail-to=joe --services=pneu-send,pneu-smtpd,pneu-submissions,pneu-pop3s' >"$T/setup" 2>&1
units='pneu-send.service pneu-smtpd.service pneu-submissions.service pneu-pop3s.service'
t 'pneu-setup knows where it is' grep -q '^write /etc/systemd/system/pneu-send.service' "$T/setup"
is 'and all services run' "$(sd "systemctl is-active $units pneu-smtpd.socket" | sort -u)" active
is 'each has said that it is ready' "$(sd "systemctl show -P StatusText pneu-send pneu-smtpd" | grep .)" 'takes mail from the queue
listening'

# ---- what the units take away is really gone
bits() { host_run 'sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"' "$1" "$2"; }
listener=$(pid_of tcpd) runner=$(pid_of start)
is 'the listener has few capabilities left' "$(bits "$listener" CapBnd)" 00000000000404e0
is 'and a filter of system calls' "$(bits "$listener" Seccomp)" 2
# in its own view of the file system, and below its own root
writes() {
	host_run 'p=$1; shift; for d; do nsenter -t "$p" -m -r sh -c "touch \"\$1/.pneu\" && rm \"\$1/.pneu\"" sh "$d" 2>/dev/null && echo "$d"; done' "$@"
}
is 'it can write to the queue, and nowhere else' "$(writes "$listener" /etc/pneu /usr /home /var/lib /var/spool/pneu)" /var/spool/pneu
is 'the runner to homes, and not to what the system is' "$(writes "$runner" /etc/pneu /usr /home)" /home
is 'it cannot look into other processes' "$(($(printf '%d' "0x$(bits "$runner" CapBnd)") >> 19 & 1))" 0

# ---- mail
in_mailbox() { host_run 'grep -rqs -e "$1" /home/joe/Maildir/new' "$1"; }
ran() { host_run 'grep -qs by-robot /home/joe/ran'; }
host_run 'printf "Subject: by-sendmail\n\nx\n" | sendmail joe@example.org; printf "Subject: by-robot\n\nx\n" | sendmail joe+robot@example.org'
t 'sendmail: it arrives' wait_until 20 in_mailbox by-sendmail
t 'a program of a user runs' wait_until 20 ran
t 'and may itself send, by a program that is setuid' wait_until 20 in_mailbox by-robot
host_run 'printf "Subject: by-login\r\n\r\nx\r\n" | curl -sSk --url smtps://127.0.0.1 --user joe:secret --mail-from joe@example.org --mail-rcpt joe@example.org --upload-file -' >"$T/curl" 2>&1
is 'submission over TLS, with the password of an account' "$?$(cat "$T/curl")" 0
t 'arrives' wait_until 20 in_mailbox by-login
t 'POP3 over TLS shows it' host_run 'curl -sSk --url pop3s://127.0.0.1/1 --user joe:secret | grep -q "^Subject: by-"'
t 'pneu-trace finds it in the journal' wait_until 20 sd 'pneu-trace joe@example.org | grep -q delivered'

# ---- restarts, under load
host_run 'python3 "$TOP/tests/system/supervise.py" strict "$T/sent" "$T/stop" >"$T/strict" 2>&1; : >"$T/over" &' &
more() { [ "$(wc -l <"$T/sent")" -gt "$1" ]; }
wait_until 60 test -s "$T/sent"
renewed() { [ "$(sd 'journalctl -b --no-pager -o cat -u pneu-smtpd' | grep -c 'started anew')" -ge 1 ]; }
sd 'systemctl reload pneu-smtpd pneu-send'
t 'reload: the listener starts anew' wait_until 20 renewed
wait_until 60 more 10
sd 'systemctl restart pneu-smtpd'
wait_until 60 more 20
sd 'systemctl restart pneu-send'
wait_until 60 more 30
sd 'systemctl stop pneu-smtpd.service 2>&1' >/dev/null          # not its socket: who comes next is waited for, and starts it
wait_until 60 more 50
: >"$T/stop"
wait_until 60 test -e "$T/over"
is 'nobody is refused, and no session cut, by reload, restart and stop' "$(cat "$T/strict")" 'failed: 0'
is 'all of that has arrived' "$(missing)" 0
t 'the runner was told to read its settings' sd 'journalctl -b --no-pager -o cat -u pneu-send | grep -q "settings reloaded"'
for p in tcpd send start; do
	t "pneu-$p, killed, is there again" killed $p
done
t 'well' wait_until 60 healthy

# ---- and after a boot
t 'the host goes down at once' halt
host_run 'printf "Subject: while-down\n\nx\n" | sendmail joe@example.org'
is 'mail is taken meanwhile' "$?" 0
t 'it boots again' boot
t 'with all services' wait_until 60 healthy
t 'and what waited arrives' wait_until 20 in_mailbox while-down
sd 'pneu-setup --uninstall --purge' >"$T/uninstall" 2>&1
is 'pneu-setup --uninstall leaves no unit' "$(sd 'systemctl list-unit-files --no-legend "pneu*"; systemctl list-units --no-legend --all "pneu*"')" ''
finish
