# hosts_lib.sh - several hosts in one network for a test; source after lib.sh. Needs root.
#
#   hosts_begin             the network 192.0.2.0/24, and in it "world" (192.0.2.1), which is where senders are
#   hosts_make NAME N       another host, NAME.example.org at 192.0.2.N; the current one then. The first is installed, the
#                           others are copies of it. Its disk, for what is to outlive it, is $T/disk/NAME
#   hosts_kill NAME         it is gone: its processes, its network, all but its disk
#   hosts_image             what the current host has, the others get
#   hosts_disk DIR...       these directories are on the disk of the current host, below $T/disk/NAME without their /var
#   hosts_serve             pneu runs on the current host, and port 25 answers
#   hosts_stop NAME         pneu-start or pneu-listen of the current host ends
#   hosts_page LABEL [HOST] the commands and files of pneu-setup-hosts(7) with that label, or without one (""), each where it belongs
#   in_world COMMAND...     a command of ours in the network of world
#   world_begin COMMAND...  the same in the background; its process number, and no shell's before it, in $begun
# Hosts reach each other by their names, and with something that is called ssh.
. tests/system/host.sh
hosts_load=$PWD/tests/system/hosts_load.py
hosts_names='world 1 mx 10 fe1 11 fe2 12 be1 21 be2 22 web 31'

hosts_begin() {
	for hosts_p in python3 rsync tar setpriv flock; do
		command -v $hosts_p >/dev/null || skip_all "needs $hosts_p"
	done
	host_begin world.example.org
	host_run 'ip link add net type bridge && ip link set net up && ip addr add 192.0.2.1/24 dev net' || exit 1
	hosts_world=$host_pid
	mkdir "$T/disk" "$T/page"
	chmod 755 "$T/disk"
	python3 tests/system/docs.py extract man/pneu-setup-hosts.7 "$T/page" || exit 1
	cat >"$T/page/run" <<-'END'
		. /run/page.state
		export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/lib/pneu
		. "$1"
		page_code=$?
		{ export -p; echo "cd '$PWD'"; } >/run/page.state
		exit $page_code
	END
}

in_world() { nsenter -t "$hosts_world" -n -- "$@"; }
world_begin() { (exec nsenter -t "$hosts_world" -n -- "$@") 9>&- & begun=$!; }

# the old cable is unplugged by the kernel in its own time
hosts_plug() {
	nsenter -t "$hosts_world" -n -- ip link add "$1" type veth peer name eth0 netns "$host_pid"
}

hosts_make() {
	host_begin "$1.example.org"
	wait_until 10 hosts_plug "$1" || { echo "Bail out! no cable for $1"; exit 1; }
	in_world ip link set "$1" master net up
	host_run 'set -e
		ip link set eth0 address "02:00:00:00:00:$2" && ip link set eth0 up && ip addr add "192.0.2.$2/24" dev eth0
		ip route add default via 192.0.2.1
		set -- "$1" $3
		name=$1
		shift
		while [ $# -gt 0 ]; do printf "192.0.2.%s\t%s.example.org %s\n" "$2" "$1" "$1"; shift 2; done >>/etc/hosts
		mkdir -p /var/spool /var/log
		[ ! -e "$T/image.tar" ] || tar -C / -xpf "$T/image.tar"
		cat >/usr/local/bin/ssh <<-"END"
			#!/usr/bin/python3
			import os, socket, sys, threading
			host, *words = [a for i, a in enumerate(sys.argv) if i and not a.startswith("-")][:1] + sys.argv[2:]
			s = socket.create_connection((host, 222), 20)
			s.sendall((" ".join(words) + "\n").encode())
			def there():
			    for more in iter(lambda: os.read(0, 65536), b""):
			        s.sendall(more)
			    s.shutdown(socket.SHUT_WR)
			threading.Thread(target=there, daemon=True).start()
			s.settimeout(None)
			last, keep = b"", 0 if words[0] == "rsync" else 3       # which needs every byte at once, and no exit code
			for more in iter(lambda: s.recv(65536), b""):
			    last += more
			    os.write(1, last[:len(last) - keep])
			    last = last[-keep:] if keep else b""
			os._exit(int(last or b"0"))
		END
		chmod 755 /usr/local/bin/ssh' "$1" "$2" "$hosts_names" || { echo "Bail out! $1 is not made"; exit 1; }
	if [ "$1" != mx ] && [ ! -e "$T/image.tar" ]; then
		host_install || { echo 'Bail out! not installed'; exit 1; }
	fi
}

# hosts_image: what the current host has is what the others get
hosts_image() {
	host_run 'groupadd -g 5000 vmail && useradd -u 5000 -g 5000 -d /srv/mail -s /usr/sbin/nologin vmail
		cd / && tar -cpf "$T/image.tar" etc/passwd etc/group etc/shadow etc/gshadow etc/pneu usr/local/lib/pneu usr/local/bin usr/local/sbin \
		    usr/local/share/pneu var/lib/pneu var/spool/pneu var/log/pneu' || { echo 'Bail out! no image'; exit 1; }
}

# hosts_disk DIR...: these directories are on the disk of the host, without their /var; a new disk gets what is there in /var
hosts_disk() {
	host_run 'disk=$T/disk/$1
		shift
		for d; do
			mkdir -p "$d"
			if [ ! -d "$disk${d#/var}" ]; then
				mkdir -p "$disk${d#/var}" || exit 1
				case $d in /var/*) rmdir "$disk${d#/var}" && cp -a "$d" "$disk${d#/var}" || exit 1 ;; esac
			fi
			mount --bind "$disk${d#/var}" "$d" || exit 1
		done' "${host_name%%.*}" "$@" || { echo 'Bail out! no disk'; exit 1; }
}

hosts_kill() {
	host_use "$1.example.org"
	host_end
}

hosts_ssh() {
	host_run 'printf "%s\n" "IFS= read -r c" "case \$c in rsync\ *) eval \"exec \$c\" ;; esac" "(eval \"\$c\")" "printf %03d \$?" >/run/sshd
		/usr/local/lib/pneu/pneu-tcpd -q -U "$1:222" -- sh /run/sshd >/run/sshd.log 2>&1 &' "$1"
}

# greets ADDRESS
hosts_greets() {
	in_world python3 -c 'import smtplib, sys; smtplib.SMTP(sys.argv[1], 25, "x", timeout=5).quit()' "$1"
}

hosts_up() {
	host_run '[ -S /var/spool/pneu/ctl ] && ss -Hltn "sport = :25" | grep -q .'
}

hosts_serve() {
	host_run 'rm -f /var/spool/pneu/ctl
		PATH=/usr/local/lib/pneu:$PATH
		setsid pneu-start >>/var/log/pneu/send.log 2>&1 & echo $! >/run/pneu-start
		setsid pneu-listen smtpd >>/var/log/pneu/smtpd.log 2>&1 & echo $! >/run/pneu-listen'
	wait_until 20 hosts_up || { echo "# $host_name does not serve"; host_run 'cat /var/log/pneu/*' | sed 's/^/# /'; }
}

# the current host's runner, or listener
hosts_stop() {
	host_run 'read -r p <"/run/$1" && kill -TERM "$p" && while grep -q "^State:.[^Z]" "/proc/$p/status" 2>/dev/null; do sleep 0.02; done' "$1"
}

# ---- the page

# runs NNN.sh; what it exports, and the directory it changes to, last
hosts_shell='
[ -e /run/page.state ] || echo cd / >/run/page.state
set -- "$T/page/$1.sh" "$T/page/$1.out" "$2" "$T/page/run"
if [ "$3" = serve ]; then
	env -u B -u TOP -u T setsid sh "$4" "$1" >"$2" 2>&1 </dev/null &
	echo $!
else
	exec env -u B -u TOP -u T timeout 60 sh "$4" "$1" </dev/null
fi
'

# its exit code; pneu-setup says that services do not run yet
hosts_exit() { case $1 in pneu-setup\ *) echo 1 ;; *) echo 0 ;; esac; }

hosts_item() {
	if grep -q 'pneu-start$' "$T/page/$1.sh"; then
		hosts_pid=$(host_run "$hosts_shell" "$1" serve)
		wait_until 30 hosts_served
		hosts_code=$?
		host_run 'kill -TERM -- "-$1"' "$hosts_pid"
		return $hosts_code
	fi
	host_run "$hosts_shell" "$1" >"$T/page/$1.out" 2>&1
	hosts_code=$?
	cat "$T/page/$1.out"
	[ $hosts_code = "$(hosts_exit "$(cat "$T/page/$1.sh")")" ] || { echo "exit code $hosts_code"; return 1; }
	[ ! -s "$T/page/$1.want" ] || python3 tests/system/docs.py match "$T/page/$1.want" "$T/page/$1.out"
}

hosts_file() {
	host_run 'mkdir -p "$(dirname "$2")" && cat "$T/page/$1.file" >"$2"' "$1" "$2"
}

# hosts_page LABEL [HOST]: only those of that host
hosts_page() {
	for hosts_f in "$T"/page/*.on "$T"/page/*.name; do
		echo "${hosts_f##*/}"
	done | sort >"$T/page.list"
	while IFS=. read -r hosts_n hosts_kind; do
		if [ "$hosts_kind" = on ]; then
			read -r hosts_on hosts_label <"$T/page/$hosts_n.on"
			hosts_to=$(head -n 1 "$T/page/$hosts_n.sh")
		else
			IFS=: read -r hosts_on hosts_to <"$T/page/$hosts_n.name"
			hosts_label=
		fi
		[ "$hosts_label" = "$1" ] && [ "${2:-$hosts_on}" = "$hosts_on" ] || continue
		host_use "$hosts_on.example.org"
		if [ "$hosts_kind" = on ]; then
			t "on $hosts_on: $hosts_to" hosts_item "$hosts_n"
		else
			t "on $hosts_on: the file $hosts_to" hosts_file "$hosts_n" "$hosts_to"
		fi
	done <"$T/page.list"
}
