# the container recipe: what conf/Containerfile says is done here without an engine, and what comes of it is run as an engine runs
# it: process 1 of its own, a uid without a name, no capabilities, one directory that can be written to, and Debian's base programs
. tests/lib.sh
. tests/system/host.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
for p in setpriv nsenter mount; do
	command -v $p >/dev/null || skip_all "$p is needed"
done
recipe() { python3 tests/system/container.py conf/Containerfile "$@"; }
not() { ! "$@"; }
host_begin

# ---- build: RUN and COPY are done as they stand; but the programs are there, and packages are not fetched
is 'there are two stages' "$(recipe stages)" 2
mkdir "$T/tools"
cat >"$T/tools/apt-get" <<'END'
#!/bin/sh
for a; do
	case $a in -* | update | install) ;; *) echo "$a" >>"$T/packages" ;; esac
done
END
cat >"$T/tools/make" <<'END'
#!/bin/sh
case " $* " in *' install '*) exec /usr/bin/make -o all "$@" B="$B" ;; esac
END
cat >"$T/tools/copy" <<'END'
#!/bin/sh
[ "$1" != --from=build ] || exec cp -a "$2." "$3"
END
ln -s /bin/true "$T/tools/workdir"
chmod 755 "$T"/tools/*
for stage in 1 2; do
	recipe run $stage >"$T/stage.sh"
	t "stage $stage does what it says" host_run 'PATH=$T/tools:$PATH; cd "$TOP"; . "$T/stage.sh"'
	sort "$T/packages" >"$T/packages.$stage"
	rm "$T/packages"
done
sed -n 's/^ *# apt-get install //p' INSTALL | tr ' ' '\n' | sort >"$T/packages.known"
is 'to build it the packages of INSTALL are enough' "$(comm -13 "$T/packages.known" "$T/packages.1")" ''
is 'nothing is setuid or setgid' "$(host_run 'find /usr/local -type f -perm /6000')" ''
volume=$(recipe volume) user=$(recipe user)
uid=${user%:*} gid=${user#*:}
is 'the user is a number, who has no account' "$(host_run 'getent passwd "$1"' "$uid"; echo "$uid" | tr -d 0-9)" ''
t 'and not root' test "$uid" -gt 0 -a "$gid" -gt 0
is 'who owns the volume' "$(host_run 'stat -c %u:%g "$1"' "$volume")" "$user"

# ---- the container
# contain NAME UID GID VOLUME ENVIRONMENT... -- ENTRY...; the volume is $T/data of the host
contain='
name=$1 uid=$2 gid=$3 volume=$4
shift 4
r=/run/container.$name
mkdir -p "$r" /.usr "$T/data"
[ "$(stat -c %u "$T/data")" != 0 ] || cp -aT "$volume" "$T/data"
read -r pid rest </proc/self/stat
echo "$pid" >"$T/$name.new" && mv "$T/$name.new" "$T/$name.pid"
mount --make-rprivate /
mount --rbind / "$r"
if [ -h /bin ]; then            # what Debian has at the least, and no more
	mount --bind /usr "$r/.usr"
	for d in bin sbin; do mount -t tmpfs -o mode=755 bin "$r/usr/$d"; done
	{
		dpkg-query -W -f "\${Essential} \${Priority} \${Package}\n" | awk "\$1 == \"yes\" || \$2 == \"required\" { print \$NF }" | xargs dpkg -L
		echo /usr/bin/awk
		echo /usr/bin/sh
	} | sed -nE "s,^(/usr)?/(s?bin)/([^/]*)\$,\\2 \\3,p" | sort -u >"$T/$name.bins"
	for d in bin sbin; do
		sed -n "s,^$d ,/.usr/$d/,p" "$T/$name.bins" | xargs ln -s -t "$r/usr/$d"
	done
fi
mount -t proc proc "$r/proc"
mount --bind "$T/data" "$r$volume"
sed "s/^[^ ]* \([^ ]*\) .*/\1/" /proc/self/mounts | while read -r m; do
	case $m in
	"$r$volume" | "$r/proc") ;;
	"$r" | "$r"/*) mount -o remount,bind,ro "$m" || exit 1 ;;
	esac
done
ip link set lo up
exec chroot "$r" setpriv --reuid="$uid" --regid="$gid" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
    env -i HOSTNAME=container HOME=/ "$@"
'
# start NAME NAME=VALUE...: in the background; its output is $T/NAME.log, its exit code $T/NAME.code
start() {
	c=$1
	shift
	rm -f "$T/$c.pid" "$T/$c.code"
	set -f
	set -- "$c" "$uid" "$gid" "$volume" $(recipe env) "$@"
	set +f
	for a in $(recipe entry); do set -- "$@" "$a"; done
	{ host_run 'umask 022; unshare -mpnif --kill-child --propagation unchanged sh -c "$@"; echo $? >"$T/$3.code"' "$contain" contain "$@" | cat >"$T/$c.log"; } 2>"$T/$c.err" 9>&- &
}
# in_it COMMAND...: run inside, as its user; beside COMMAND...: in its network only
in_it() {
	host_run 'p=$1 u=$2 g=$3; shift 3; nsenter -t "$p" -m -n -p -i -r -w setpriv --reuid="$u" --regid="$g" --clear-groups --no-new-privs \
	    env -i $(tr "\0" "\n" <"$T/env") "$@"' "$(cat "$T/$c.pid")" "$uid" "$gid" "$@"
}
beside() { host_run 'p=$1; shift; nsenter -t "$p" -n "$@"' "$(cat "$T/$c.pid")" "$@"; }
signal() { host_run 'kill -"$1" "$2"' "$1" "$(cat "$T/$c.pid")"; }
recipe env | tr '\n' '\0' >"$T/env"
recipe health >"$T/health"
healthy() { in_it $(cat "$T/health"); }
ended() { [ -s "$T/$c.code" ]; }
code() { cat "$T/$c.code"; }
up() { grep -q 'runs, SMTP on' "$T/$c.log"; }
pid_of() { in_it sh -c 'for p in /proc/[0-9]*; do read -r n <$p/comm && [ "$n" = "$1" ] && echo "${p#/proc/}"; done' sh "$1" 2>/dev/null; }
arrived() { [ "$(find "$T/data/home/$1/Maildir/new" -type f | wc -l)" -ge "$2" ]; }
cat >"$T/mail.py" <<-'END'
	import smtplib, sys
	s = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=30)
	for n in sys.argv[3:]:
	    s.sendmail("eve@elsewhere.example", [sys.argv[2]], "Subject: %s\r\n\r\nhello\r\n" % n)
	s.quit()
END
port=$(recipe expose)
mail() { beside python3 "$T/mail.py" "$port" "$@"; }
# the same for each start but what a test changes
set_a='PNEU_SET_me=mail.example.org'
set_b='PNEU_SET_locals=mail.example.org\nexample.org'
set_c='PNEU_SET_rcpthosts=mail.example.org\nexample.org'

start one "$set_a" "$set_b" "$set_c" PNEU_USERS=joe
wait_until 60 up || {
	cat "$T/one.err" "$T/one.log" | sed 's/^/# /'
	exit 1
}
t 'it comes up, and says so' up
t 'and is found healthy as the recipe asks' wait_until 30 healthy
is 'process 1 is the user, without capabilities or a way to more' \
	"$(host_run 'awk "/^(Uid|Gid|CapBnd|CapPrm|NoNewPrivs):/ { print \$1, \$2 }" "/proc/$1/status"' "$(cat "$T/one.pid")" | tr '\n' ' ')" \
	"Uid: $uid Gid: $gid CapPrm: 0000000000000000 CapBnd: 0000000000000000 NoNewPrivs: 1 "
is 'and so are all others' "$(in_it sh -c 'cat /proc/[0-9]*/status' | awk '/^Uid:/ { print $2 }' | sort -u)" "$uid"
is 'nothing but the volume can be written to' "$(in_it sh -c 'for d in / /usr /etc /tmp /var/tmp /run /dev/shm '"$volume"'; do
	touch "$d/try" 2>/dev/null && echo "$d" && rm "$d/try"; done')" "$volume"
t 'mail is taken' mail joe@example.org first
t 'and is in the Maildir on the volume' wait_until 30 arrived joe 1
logged() { grep -q "$1" "$T/$c.log"; }
t 'the runner logs to standard output' wait_until 30 logged 'starting delivery 1: '
t 'and so does the server' logged '^pneu-smtpd: .*connect client 127.0.0.1'
t 'pneu-trace inside makes sense of it, also as an engine dates it' sh -c 'grep -q "^19:28:13 .* accepted from .*<eve@elsewhere.example>" "$1"' sh \
	"$(sed 's/^/2026-11-22T19:28:13.123456789Z /' "$T/one.log" | in_it env TZ=UTC pneu-trace -f - joe@example.org >"$T/trace"; echo "$T/trace")"
is 'and nowhere else' "$(find "$T/data/log" -type f -size +0)" ''
t 'no setting is left in the environment of programs' not in_it sh -c 'cat "/proc/$1/environ" | tr "\0" "\n" | grep PNEU_SET_' sh "$(pid_of pneu-send)"

orphan=$(in_it sh -c 'sleep 0.1 >/dev/null & echo $!')
t 'orphans are buried' wait_until 30 not in_it test -e "/proc/$orphan"

was=$(pid_of pneu-send)
in_it sh -c "kill -KILL $was"
other() { is_now=$(pid_of pneu-send); [ -n "$is_now" ] && [ "$is_now" != "$was" ] && healthy; }
t 'a runner that is killed comes back' wait_until 60 other
t 'mail is taken then' mail joe@example.org second
t 'and delivered' wait_until 30 arrived joe 2

in_it sh -c "echo 'boss: joe' >>$volume/etc/aliases"
t 'an alias that is not there yet gets no mail' not mail boss@example.org third
signal HUP
t 'HUP counts' wait_until 30 mail boss@example.org third
t 'and its mail arrives' wait_until 30 arrived joe 3

start two "$set_a"
t 'a second container with the same volume does not start' wait_until 30 ended
is 'but fails' "$(code)" 111
c=one
t 'which the first does not mind' healthy

t 'mail is acknowledged' mail joe@example.org a b c d e f g h i j
signal TERM
t 'TERM ends it' wait_until 60 ended
is 'without failure' "$(code)" 0

start three "$set_a" "$set_b" "$set_c" PNEU_USERS='joe' 'PNEU_SET_smtpgreeting=new.example.org'
t 'another one goes on with the volume' wait_until 60 up
t 'with all that was acknowledged' wait_until 30 arrived joe 13
is 'each once' "$(cat "$T"/data/home/joe/Maildir/new/* | sed -n 's/^Subject: //p' | sort | tr '\n' ' ')" \
	'a b c d e f first g h i j second third '
greeting() { beside python3 -c 'import socket, sys; print(socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30).makefile().readline().strip())' "$port"; }
case $(greeting) in '220 new.example.org'*) r=new ;; *) r=$(greeting) ;; esac
is 'a setting that the environment has now counts' "$r" new
keeper=$(in_it sh -c 'cut -d" " -f4 "/proc/$1/stat"' sh "$(pid_of pneu-tcpd)")
in_it sh -c "kill -KILL $keeper"
t 'it ends when who restarts the listener is killed' wait_until 60 ended
is 'as a failure' "$(code)" 111

start four "$set_a" 'PNEU_SET_listen=192.0.2.1:2525'
t 'with an address that is not there it ends' wait_until 60 ended
is 'as a failure as well' "$(code)" 111
t 'and the log says why' logged 192.0.2.1
start five "$set_a" PNEU_SET_Me=x
t 'a setting that cannot be one ends it' wait_until 60 ended
is 'as wrong use' "$(code)" 100
finish
