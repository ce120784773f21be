# host.sh - a host of their own for tests that install pneu for real; root only, else the test is skipped loudly
#
#   . tests/lib.sh
#   . tests/system/host.sh
#   host_begin [mail.example.org]       make it, with that name; the preset is host.example.org
#   host_install                        "make install" of the programs in PNEU_BUILD, as it is typed
#   host_run 'shell script' [ARG...]    run that inside as root: sh -c SCRIPT ARG..., input and output are the caller's
#   host_end                            stop and forget it
#
# The host has everything that this machine has installed, and nothing that is done inside is seen outside: its / is an
# overlay over ours, written to memory, with processes, network (only lo, up), name, System V IPC, /proc, /dev, /dev/shm, /dev/pts, /run and /tmp
# of its own. There is no /dev/log, no cgroup, no service manager, no name server, and of this machine's own pneu (accounts
# too) nothing. Every port is free. Inside and outside are the same, at the same paths: $T, where a test may exchange files and sockets;
# the top directory and PNEU_BUILD, both read-only in there.
#
# host_run starts in /, with a plain environment (PATH HOME LANG, and T B TOP: scratch, programs, top directory) and gives the script's exit code.
# It takes 5 ms. What it leaves in the background stays until host_end; give that its own output ("cmd >log 2>&1 &").
#
# Everything ends with the test, however that ends: the host's init waits for the end of a pipe that the test's shell
# holds (descriptor 9, closed in host_run), and takes all its processes, and with them the mounts, along. A child in
# the background that a test starts outside keeps the host as long as it lives, unless started with 9>&-.
#
# Several hosts: host_begin again makes another and turns to it; host_use NAME turns back. $host_pid is the init of the
# one in use, as seen from outside, so "ip link add a type veth peer name b netns $host_pid" joins it to something.
#
# Where / cannot have an overlay (too many of them stacked already), or HOST_ROOT=links is set, its directories are
# made of links to ours, and /etc is a copy: dpkg's own files are copied then too, programs found by /usr/bin stay links.
HOST_TOP=$PWD

# what runs inside as process 1: makes the root, goes there, says so, and waits for the end of the test
host_inside='
set -e
w=$T/.host/$1
read -r pid rest </proc/self/stat               # this /proc is still the one outside
mount --make-rprivate /
mount -t tmpfs -o mode=755 host "$w"
mkdir "$w/upper" "$w/work" "$w/root"
r=$w/root

# while it waits for its child it reaps the orphans of the host, too
init="(while read -r x; do :; done <\"\$1\") & wait \$!"

by_overlay() {
	[ "$HOST_ROOT" != links ] && mount -t overlay -o "lowerdir=/,upperdir=$w/upper,workdir=$w/work" host "$r" 2>/dev/null || return 1
	# file systems mounted below / do not show in it
	for d in /usr /var /home /root /opt /srv /etc; do
		mountpoint -q "$d" || continue
		mkdir -p "$w/upper$d.sub" "$w/work$d.sub"
		mount -t overlay -o "lowerdir=$d,upperdir=$w/upper$d.sub,workdir=$w/work$d.sub" host "$r$d"
	done
}

# links_in DIR...: each a new directory, with links to what ours has
links_in() {
	for d; do
		if [ -h "$d" ]; then
			cp -a "$d" "$r$d"
		elif [ -d "$d" ]; then
			mkdir -p "$r$d"
			find "$d" -mindepth 1 -maxdepth 1 -type l -exec cp -at "$r$d" {} +
			find "$d" -mindepth 1 -maxdepth 1 ! -type l -printf "/.below%p\\0" | xargs -0 -r ln -st "$r$d"
		fi
	done
}

by_links() {
	mount --rbind "$w/upper" "$r"
	mkdir "$r/.below" "$r/var" "$r/var/lib" "$r/home" "$r/root" "$r/srv" "$r/opt"
	mount --bind / "$r/.below"
	mount -o remount,bind,ro "$r/.below"
	cp -a /etc "$r/etc"
	for d in /bin /sbin /lib /lib32 /lib64 /libx32 /usr /usr/bin /usr/sbin /usr/lib /usr/libexec /usr/local /usr/local/bin /usr/local/sbin \
	    /usr/local/lib /usr/local/share /usr/local/share/man /usr/share /usr/share/man /usr/share/man/man? /var/lib/*; do
		case $d in /var/lib/dpkg) cp -a "$d" "$r$d" ;; *) rm -f "$r$d"; links_in "$d" ;; esac
	done
	mkdir -p "$r/var/log" "$r/var/spool" "$r/var/cache" "$r/var/mail" "$r/var/tmp"
	chmod 1777 "$r/var/tmp"
	chmod 2775 "$r/var/mail"
	chgrp mail "$r/var/mail" || :
	[ ! -h /var/run ] || ln -s /run "$r/var/run"
}

by_overlay || by_links
for d in proc dev run tmp sys; do mkdir -p "$r/$d"; done
mount -t proc proc "$r/proc"
mount -t sysfs -o ro sys "$r/sys" 2>/dev/null || :
mount -t tmpfs -o mode=755 host "$r/dev"
mount -t tmpfs -o mode=755 host "$r/run"
mount -t tmpfs -o mode=1777 host "$r/tmp"
for d in null zero full random urandom tty; do
	: >"$r/dev/$d"
	mount --bind "/dev/$d" "$r/dev/$d"
done
mkdir "$r/dev/pts" "$r/dev/shm" "$r/run/lock"
chmod 1777 "$r/run/lock"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 host "$r/dev/pts"
mount -t tmpfs -o mode=1777 host "$r/dev/shm"
ln -s pts/ptmx "$r/dev/ptmx"
ln -s /proc/self/fd "$r/dev/fd"
ln -s fd/0 "$r/dev/stdin"
ln -s fd/1 "$r/dev/stdout"
ln -s fd/2 "$r/dev/stderr"

# share DIR [ro]
share() {
	case $r$1 in "$r$T"/*) [ -n "$2" ] || return 0 ;; esac
	mkdir -p "$r$1"
	mount --bind "$1" "$r$1"
	[ -z "$2" ] || mount -o remount,bind,ro "$r$1"
}
share "$TOP" ro
share "$B" ro
share "$T"

ip link set lo up
short=${1%%.*}
echo "$short" >"$r/proc/sys/kernel/hostname"
for f in hosts hostname resolv.conf mailname; do rm -f "$r/etc/$f"; done
echo "$short" >"$r/etc/hostname"
printf "127.0.0.1\tlocalhost\n127.0.1.1\t%s %s\n::1\tlocalhost ip6-localhost\n" "$1" "$short" >"$r/etc/hosts"
: >"$r/etc/resolv.conf"
rm -rf "$r/etc/pneu" "$r/var/spool/pneu" "$r/var/lib/pneu" "$r/var/log/pneu" "$r/usr/local/lib/pneu" "$r/usr/local/share/pneu"
for f in passwd shadow group gshadow; do
	[ ! -f "$r/etc/$f" ] || sed -i "/^pneu[a-z]*:/d" "$r/etc/$f"
done

cd "$r"
if pivot_root . . 2>/dev/null; then
	umount -l .                             # ours, which now lies on top
	cd /
	hold=$T/.host/hold
	echo "$pid" >"$T/.host/$1.pid"
	exec chroot . sh -c "$init" init "$hold"
fi
# in a chroot of our own that is no mount there is no pivoting
echo "$pid" >"$r$T/.host/$1.pid"
exec chroot . sh -c "$init" init "$T/.host/hold"
'

host_begin() {
	host_use "${1:-host.example.org}"
	[ "$(id -u)" = 0 ] || skip_all 'needs root: it makes a host of its own'
	for host_p in unshare nsenter pivot_root ip mountpoint; do
		command -v $host_p >/dev/null || skip_all "needs $host_p, to make a host of its own"
	done
	unshare -mnupif --propagation unchanged true 2>/dev/null || skip_all 'no namespaces here, so no host of its own'
	if [ ! -d "$T/.host" ]; then
		mkdir -m 755 "$T/.host"
		chmod 755 "$T"                  # as the home of others too
		mkfifo "$T/.host/hold"
		exec 9<>"$T/.host/hold"
	fi
	mkdir "$T/.host/$host_name"
	env -i PATH="$PATH:/usr/sbin:/sbin" T="$T" B="$B" TOP="$HOST_TOP" HOST_ROOT="$HOST_ROOT" \
	    unshare -mnupif --kill-child --propagation unchanged sh -c "$host_inside" inside "$host_name" \
	    >"$T/.host/$host_name.log" 2>&1 </dev/null 9>&- &
	echo $! >"$T/.host/$host_name.unshare"
	wait_until 60 host_there
	host_use "$host_name"
	[ -z "$host_pid" ] || return 0
	sed 's/^/# host: /' "$T/.host/$host_name.log"
	[ "$tap_n" = 0 ] || exit 1
	skip_all 'no host of its own can be made here'
}

host_there() {
	[ -s "$T/.host/$host_name.pid" ] || ! kill -0 "$(cat "$T/.host/$host_name.unshare")"
}

host_use() {
	host_name=$1 host_pid=
	[ ! -s "$T/.host/$1.pid" ] || read -r host_pid <"$T/.host/$1.pid"
}

host_run() {
	nsenter -t "$host_pid" -m -n -u -i -p -r -w -- env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	    HOME=/root LANG=C T="$T" B="$B" TOP="$HOST_TOP" sh -c 'cd /; script=$1; shift; eval "$script"' sh "$@" 9>&-
}

# the programs are there; "all" is called old so that nothing is built again with other settings
host_install() {
	host_run 'cd "$TOP" && make -s -o all install B="$B" "$@" 2>&1' "$@"
}

host_end() {
	[ -n "$host_pid" ] || return 0
	kill -KILL "$host_pid"                  # process 1: the others go with it, and with them the mounts
	wait "$(cat "$T/.host/$host_name.unshare")" 2>/dev/null
	rm -rf "$T/.host/$host_name"*
	host_pid=
}
