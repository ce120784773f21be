# docs_lib.sh - run the commands of the documentation, as the page shows them, on a host of its own
#
#   . tests/lib.sh
#   . tests/system/docs_lib.sh
#   doc_begin [NAME]        a host with the accounts joe and ann; $H is what joe's home is outside of it
#   doc man/PAGE            run the commands of a page in their order, and write its files; each is a test
#   doc INSTALL HEADING...  the same of parts of README or INSTALL, in the top directory; "make" there is with what is built
#   doc_runit               runs the services that pneu-setup puts into /etc/service
#   doc_as joe COMMAND      a shell command on that host, as joe, in joe's home; as root in / with host_run
#
# A test may set before "doc", and has to set again for the next page:
#   doc_cd                  the directory to begin in; the preset is the home of who types it
#   doc_sed                 a sed script for commands, outputs and files: IDs that are other ones each time, no more
# and may define
#   doc_exit COMMAND        prints the exit codes that it may have; 0 unless it says so
#   doc_serves COMMAND      true of one that runs until it is ended, ...
#   doc_served COMMAND      ... which it is when this, a test of it, has been true; at most 20 s are waited for it
#   doc_before COMMAND      whatever has to be there; prepares, never replaces
#
# Where there is no network "apt-get install" looks whether the packages are there: dpkg-query, a second faster than apt-get.
# Variables, and the directory that a command changes to, last until the end of the page.
. tests/system/host.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'

doc_exit() { echo 0; }
doc_serves() { return 1; }
doc_served() { :; }
doc_before() { :; }

# the names of the documentation: this host is 192.0.2.1; mail.example.org, and mail.example.net, is that or, for a host of
# another name, 192.0.2.25; there is nobody at the others; 192.0.2.53 is a name server as well
doc_names='
me=$1 mx=192.0.2.1
for a in 192.0.2.1 192.0.2.25 192.0.2.53; do ip addr add $a/32 dev lo; done
[ "$me" = mail.example.org ] || mx=192.0.2.25
mkdir /run/names
{
	cat <<-END
	server:
	 interface: 127.0.0.1
	 interface: 192.0.2.53
	 access-control: 192.0.2.0/24 allow
	 do-daemonize: no
	 chroot: ""
	 username: ""
	 directory: /run/names
	 pidfile: /run/names/pid
	 use-syslog: no
	 module-config: iterator
	 do-not-query-localhost: no
	 local-zone: . static
	 local-data: "mail.example.org. A $mx"
	 local-data: "mail.example.net. A $mx"
	 local-data: "example.net. MX 10 mail.example.net."
	 local-data: "_25._tcp.mx.example.org. TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	 local-data-ptr: "$mx mail.example.org."
	END
	[ "$me" = mail.example.org ] || printf " local-data: \"$me. A 192.0.2.1\"\n local-data-ptr: \"192.0.2.1 $me.\"\n"
	for d in example.org example.com; do
		printf " local-data: \"$d. MX 10 mail.example.org.\"\n local-data: \"$d. TXT v=spf1\"\n"
	done
	printf " local-data: \"example.edu. MX 10 mx.example.edu.\"\n local-data: \"mx.example.edu. A 192.0.2.99\"\n"
	printf "remote-control:\n control-enable: no\n"
} >/run/names/conf
echo nameserver 127.0.0.1 >/etc/resolv.conf
echo "127.0.0.1 localhost" >/etc/hosts
setsid unbound -c /run/names/conf >/run/names/log 2>&1 </dev/null &
# no other mail server: what this machine has of them is not seen
rm -f /etc/init.d/postfix /etc/init.d/exim4 /etc/init.d/sendmail /etc/aliases /etc/mailname
'

doc_begin() {
	command -v unbound >/dev/null || [ -x /usr/sbin/unbound ] || skip_all 'unbound is needed'
	host_begin "${1:-mail.example.org}"
	host_run "$doc_names" "${1:-mail.example.org}"
	host_run 'for u in joe ann; do
		id $u >/dev/null 2>&1 || useradd --create-home --shell /bin/sh $u || exit 1
		chmod 755 /home/$u
	done
	mkdir /run/doc.bin
	printf "%s\n" "#!/bin/sh" "exec /usr/bin/make -s -o all B=\"$B\" \"\$@\"" >/run/doc.bin/make
	printf "%s\n" "#!/bin/sh" "[ \"\$1\" = install ] || exit 1" "shift" "exec dpkg-query -W \"\$@\"" >/run/doc.bin/apt-get
	chmod 755 /run/doc.bin/make /run/doc.bin/apt-get' || exit 1
}

# runit's supervisors, with a runsvdir that looks for new services ten times a second instead of every five seconds
doc_runit() {
	host_run 'mkdir -p /etc/service
	printf "%s\n" "#!/bin/sh" "cd /etc/service" "while :; do" "for s in */run; do" "s=\${s%/run}" "[ -e /run/runsvdir.\$s ] || [ ! -d \$s ] || { : >/run/runsvdir.\$s; runsv \$s & }" \
	    "done" "sleep 0.1" "done" >/run/runsvdir
	chmod 755 /run/runsvdir
	setsid /run/runsvdir >/run/runsvdir.log 2>&1 </dev/null &'
}

doc_as() {
	host_run 'u=$1; cd "/home/$u" || exit 1; exec setpriv --reuid="$u" --regid="$u" --init-groups env USER="$u" LOGNAME="$u" HOME="/home/$u" sh -c "$2"' "$@"
}

# runs NNN.sh of the page; $1: its name without the end; $2: serve, or run; $3: the directory to begin in, if not the home
doc_shell='
f=$T/doc/$1
read -r who <"$f.as"
case $who in
"#") become= u=root home=/root ;;
*) u=joe home=/home/joe become="setpriv --reuid=joe --regid=joe --init-groups" ;;
esac
state=/run/doc.$u
[ -d "$state" ] || { mkdir "$state"; echo "cd ${3:-$home}" >"$state/to"; : >"$state/from"; chown -R $u "$state"; }
cat >"$state/run" <<-END
	export PATH=/run/doc.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/lib/pneu
	. $state/from
	. $state/to
	leave() { s=\$?; { (unset IFS; set) | grep -v "^\(PPID\|OPTIND\|PS[124]\)="; export -p; } >$state/from; echo "cd \$PWD" >$state/to; exit \$s; }
	trap leave EXIT
	. $f.sh
END
run="$become env -u B -u TOP -u T USER=$u LOGNAME=$u HOME=$home sh $state/run"
if [ "$2" = show ]; then
	. $state/to
	read -r cat file <$f.sh
	[ -e "$file" ] || install -m 644 -o $u $f.want "$file"
elif [ "$2" = serve ]; then
	setsid $run >"$f.out" 2>&1 </dev/null &
	echo $!
else
	exec timeout 60 $run </dev/null
fi
'

doc_item() {
	doc_command=$(cat "$T/doc/$1.sh")
	# to show a file with cat is to say what is in it
	case $doc_command in
	'cat <'*) ;;
	'cat '*) host_run "$doc_shell" "$1" show "$doc_cd" ;;
	esac
	doc_before "$doc_command"
	if doc_serves "$doc_command"; then
		doc_pid=$(host_run "$doc_shell" "$1" serve "$doc_cd")
		wait_until 20 doc_served "$doc_command"
		doc_code=$?
		host_run 'kill -TERM "-$1"' "$doc_pid"
		wait_until 20 doc_gone
		cat "$T/doc/$1.out"
		return $doc_code
	fi
	host_run "$doc_shell" "$1" run "$doc_cd" >"$T/doc/$1.out" 2>&1
	doc_code=$?
	cat "$T/doc/$1.out"
	case " $(doc_exit "$doc_command") " in *" $doc_code "*) ;; *) echo "exit code $doc_code"; return 1 ;; esac
	[ ! -s "$T/doc/$1.want" ] || python3 tests/system/docs.py match "$T/doc/$1.want" "$T/doc/$1.out"
}

doc_gone() { host_run '! ps -o stat= -s "$1" | grep -qv "^Z"' "$doc_pid"; }

doc_file() {
	host_run 'read -r name <"$T/doc/$1.name" && mkdir -p "$(dirname "$name")" && cat "$T/doc/$1.file" >"$name"' "$1"
}

doc() {
	doc_page=${1##*/}
	rm -rf "$T/doc"
	mkdir "$T/doc" && chmod 755 "$T/doc" || exit 1
	host_run 'rm -rf /run/doc.root /run/doc.joe'
	doc_from=$1; shift
	case $doc_from in man/*) ;; *) doc_cd=$HOST_TOP ;; esac
	python3 tests/system/docs.py extract "$doc_from" "$T/doc" "$@" || { t "$doc_page can be read" false; return; }
	[ -z "$doc_sed" ] || sed -i "$doc_sed" "$T"/doc/*
	chmod 644 "$T"/doc/*
	for doc_f in "$T"/doc/*.as "$T"/doc/*.name; do
		echo "$doc_f"
	done | sort >"$T/doc.list"
	while read -r doc_f; do
		doc_n=${doc_f##*/}
		doc_n=${doc_n%.*}
		case $doc_f in
		*\**) ;;
		*.as) t "$doc_page: $(sed "s/\\\\/\\\\\\\\/g; q" "$T/doc/$doc_n.sh")" doc_item "$doc_n" ;;
		*) t "$doc_page: the file $(cat "$doc_f")" doc_file "$doc_n" ;;
		esac
	done <"$T/doc.list"
	doc_sed= doc_cd=
}
