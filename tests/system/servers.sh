# servers.sh - real mail servers from Debian, unpacked beside by tests/servers; source after lib.sh, first of all
#
#   servers_enter NAME...           go on in network, mount and process namespaces of our own, or skip; $R is where NAME's roots are
#   servers_zone                    a resolver of ours, in DNSCACHEIP, with the zone test.
#   postfix_start <main.cf lines    listens at 127.0.0.2:25
#   exim_start <configuration       127.0.0.3; lines of the main section
#   opensmtpd_start <smtpd.conf     127.0.0.4
#   found NAME USER                 how many messages USER has there; has_found NAME USER N: N or more? got NAME USER: their text
#   connections NAME, taken NAME    how many of them, and of messages, its log knows
# Each takes messages of up to 10 MB, but for wait@ (Exim's condition: /run/open), for the Maildirs of joe and u1 to u20 at
# NAME.test and below: share, may and verify have the MX mx.NAME.test, which it has a certificate for, of the authority
# $T/ca.crt; wrong has other.NAME.test, which it has none for; down has dead.NAME.test and that one after it. Mail for elsewhere goes
# to $RELAY, an address and a port; each takes some from 127.0.0.1. All of it ends with the namespace, which ends with the test.
SERVERS=${PNEU_SERVERS:-/var/lib/pneu-tests}
postfix_address=127.0.0.2 exim_address=127.0.0.3 opensmtpd_address=127.0.0.4

servers_enter() {
	for s; do
		[ -e "$SERVERS/$s/made" ] || skip_all "no $s in $SERVERS: root can put it there with tests/servers"
	done
	if [ -z "$PNEU_IN_NAMESPACE" ]; then
		[ "$(id -u)" = 0 ] || skip_all 'needs root, for the servers'
		for c in python3 openssl unbound unshare ip mount; do
			(PATH=$PATH:/usr/sbin; command -v $c) >/dev/null || skip_all "needs $c"
		done
		unshare --net --mount --pid --fork --kill-child --mount-proc true 2>/dev/null ||
			skip_all 'may not make namespaces here'
		rm -rf "$T"
		PNEU_IN_NAMESPACE=1 exec unshare --net --mount --pid --fork --kill-child --mount-proc sh "$0"
	fi
	ip link set lo up
	umask 022
	chmod 755 "$T"
	for s; do
		servers_root "$SERVERS/$s" || { echo "Bail out! no root for $s"; exit 1; }
	done
	servers_authority || { echo 'Bail out! openssl makes no certificates'; exit 1; }
}

# what is written is gone with the namespace
servers_root() {
	for d in etc var run tmp home; do
		mount -t tmpfs -o mode=755 none "$1/$d" || return
	done
	chmod 1777 "$1/tmp"
	mount --rbind /dev "$1/dev" && ln -s /run "$1/var/run" && mkdir -p "$1/var/log" "$1/var/spool" "$1/var/lib" || return
	{
		printf '%s\n' root:x:0:0:root:/root:/bin/sh postfix:x:201:201::/:/bin/false Debian-exim:x:202:202::/:/bin/false \
		    opensmtpd:x:203:203::/var/lib/opensmtpd/empty:/bin/false opensmtpq:x:204:204::/:/bin/false nobody:x:65534:65534::/:/bin/false
		for u in joe wait $(seq -f u%g 20); do
			mkdir -p "$1/home/$u"
			echo "$u:x:1000:1000::/home/$u:/bin/sh"
		done
	} >"$1/etc/passwd"
	sed 's/\([^:]*\):x:[^:]*:\([^:]*\):.*/\1:x:\2:/' "$1/etc/passwd" >"$1/etc/group"
	echo 'postdrop:x:205:' >>"$1/etc/group"
	sed 's/:.*/:*:19000:0:99999:7:::/' "$1/etc/passwd" >"$1/etc/shadow"
	chown -R 1000:1000 "$1"/home/*
	echo '127.0.0.1 localhost' >"$1/etc/hosts"
	echo 'hosts: files' >"$1/etc/nsswitch.conf"
	: >"$1/etc/resolv.conf"
	cp /etc/services /etc/protocols "$1/etc/"
}

servers_authority() {
	new='-newkey rsa:2048 -nodes'            # OpenSMTPD of 2020 cannot use others with the OpenSSL of 2022
	openssl req -x509 $new -keyout "$T/ca.key" -out "$T/ca.crt" -days 2 -subj /CN=authority >"$T/openssl" 2>&1 || return
	for s in postfix exim opensmtpd; do
		echo "subjectAltName=DNS:mx.$s.test" >"$T/ext"
		openssl req $new -keyout "$T/$s.key" -out "$T/csr" -subj "/CN=mx.$s.test" >"$T/openssl" 2>&1 &&
		    openssl x509 -req -in "$T/csr" -CA "$T/ca.crt" -CAkey "$T/ca.key" -CAcreateserial -days 2 -extfile "$T/ext" \
			-out "$T/$s.crt" >"$T/openssl" 2>&1 || return
	done
}

servers_zone() {
	{
		printf '$ORIGIN test.\n$TTL 60\n@\tSOA\tns host 1 60 60 60 60\n@\tNS\tns\nns\tA\t127.0.0.1\n'
		for s in postfix exim opensmtpd; do
			eval a=\$${s}_address
			for d in '' share. may. verify.; do
				printf '%s%s\tMX\t10 mx.%s\n' "$d" "$s" "$s"
			done
			printf '%s\tA\t%s\n' "mx.$s" "$a" "other.$s" "$a" "dead.$s" 127.0.0.9
			printf 'wrong.%s\tMX\t10 other.%s\ndown.%s\tMX\t10 dead.%s\ndown.%s\tMX\t20 mx.%s\n' "$s" "$s" "$s" "$s" "$s" "$s"
		done
	} >"$T/zone"
	{
		sed "s|@PORT@|53|; s|@T@|$T|g; s|example\.|test.|" tests/program/dns_unbound.conf
		printf 'server:\n\tlocal-zone: test. transparent\n'
	} >"$T/unbound.conf"
	PATH=$PATH:/usr/sbin unbound -d -c "$T/unbound.conf" >"$T/unbound.log" 2>&1 &
	wait_until 10 grep -q 'start of service' "$T/unbound.log" || { echo 'Bail out! unbound does not start'; cat "$T/unbound.log"; exit 1; }
	DNSCACHEIP=127.0.0.1
	export DNSCACHEIP
}

# inside NAME command...: in its root, with nothing of our environment; run: in the background, as $server_pid
inside() {
	inside_of=$SERVERS/$1; shift
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C chroot "$inside_of" "$@"
}
run() {
	(inside_of=$SERVERS/$1; shift; exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C chroot "$inside_of" "$@") >"$T/$1.log" 2>&1 &
	server_pid=$!
}
greets() {
	python3 -S -E - "$1" <<-'END' 2>/dev/null
	import socket, sys
	s = socket.create_connection((sys.argv[1], 25), 5)
	ok = s.recv(500).startswith(b"220")
	s.sendall(b"QUIT\r\n")
	s.recv(500)
	sys.exit(not ok)
	END
}
servers_wait() {
	eval a=\$${1}_address
	wait_until 20 greets "$a" && return
	sed 's/^/# /' "$T/$1.log" "$(servers_log "$1")"
	echo "Bail out! $1 does not start"
	exit 1
}

postfix_start() {
	# A new network namespace has room for 10 datagrams on a socket: when that is full of what the others have to say,
	# postlogd waits for itself, and all of them for it
	echo 1000 >/proc/sys/net/unix/max_dgram_qlen
	r=$SERVERS/postfix
	q=$r/var/spool/postfix
	mkdir -p "$r/etc/postfix" "$r/var/lib/postfix" "$q/pid"
	for d in active bounce corrupt defer deferred flush hold incoming private saved trace; do
		mkdir -m 700 "$q/$d"
	done
	mkdir -m 730 "$q/maildrop" && mkdir -m 710 "$q/public"
	chown 201:201 "$r/var/lib/postfix" "$q"/*
	chown 201:205 "$q/maildrop" "$q/public"
	chown 0 "$q/pid"
	cp "$T/postfix.key" "$T/postfix.crt" "$r/etc/postfix/"
	{
		cat <<-END
		compatibility_level = 3.6
		myhostname = mx.postfix.test
		mydestination = postfix.test share.postfix.test may.postfix.test verify.postfix.test wrong.postfix.test down.postfix.test
		mynetworks_style = host
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		smtpd_peername_lookup = no
		smtp_dns_support_level = disabled
		smtp_host_lookup = native
		append_dot_mydomain = no
		smtpd_relay_restrictions = permit_mynetworks reject_unauth_destination
		alias_maps =
		alias_database =
		local_recipient_maps = unix:passwd.byname
		home_mailbox = Maildir/
		biff = no
		message_size_limit = 10000000
		mailbox_size_limit = 0
		smtpd_error_sleep_time = 0
		in_flow_delay = 0
		smtpd_tls_security_level = may
		smtp_tls_security_level = may
		smtpd_tls_loglevel = 1
		smtpd_tls_received_header = yes
		smtpd_tls_cert_file = /etc/postfix/postfix.crt
		smtpd_tls_key_file = /etc/postfix/postfix.key
		maillog_file = /var/log/mail.log
		END
		[ -z "$RELAY" ] || echo "relayhost = [${RELAY%:*}]:${RELAY#*:}"
		cat
	} >"$r/etc/postfix/main.cf"
	cat >"$r/etc/postfix/master.cf" <<-END
	$postfix_address:25 inet n - n - - smtpd
	pickup unix n - n 60 1 pickup
	cleanup unix n - n - 0 cleanup
	qmgr unix n - n 300 1 qmgr
	tlsmgr unix - - n 1000? 1 tlsmgr
	rewrite unix - - n - - trivial-rewrite
	bounce unix - - n - 0 bounce
	defer unix - - n - 0 bounce
	trace unix - - n - 0 bounce
	verify unix - - n - 1 verify
	flush unix n - n 1000? 0 flush
	proxymap unix - - n - - proxymap
	smtp unix - - n - - smtp
	relay unix - - n - - smtp
	error unix - - n - - error
	retry unix - - n - - error
	discard unix - - n - - discard
	local unix - n n - - local
	anvil unix - - n - 1 anvil
	scache unix - - n - 1 scache
	postlog unix-dgram n - n - 1 postlogd
	END
	run postfix /usr/lib/postfix/sbin/master -d
	servers_wait postfix
}

exim_start() {
	r=$SERVERS/exim
	mkdir -p "$r/etc/exim4" "$r/var/spool/exim4" "$r/var/log/exim4" "$r/run/exim4"
	cp "$T/exim.key" "$T/exim.crt" "$r/etc/exim4/"
	chown -R 202:202 "$r/var/spool/exim4" "$r/var/log/exim4" "$r/run/exim4" "$r"/etc/exim4/exim.*
	{
		cat <<-END
		primary_hostname = mx.exim.test
		local_interfaces = $exim_address
		daemon_smtp_ports = 25
		domainlist local_domains = exim.test : *.exim.test
		exim_user = Debian-exim
		exim_group = Debian-exim
		spool_directory = /var/spool/exim4
		log_file_path = /var/log/exim4/%slog
		log_selector = +smtp_connection +smtp_protocol_error +smtp_syntax_error +tls_cipher +pipelining
		never_users = root
		host_lookup =
		keep_environment =
		acl_smtp_rcpt = rcpt
		message_size_limit = 10000000
		check_spool_space = 0
		check_log_space = 0
		check_spool_inodes = 0
		check_log_inodes = 0
		tls_advertise_hosts = *
		tls_certificate = /etc/exim4/exim.crt
		tls_privatekey = /etc/exim4/exim.key
		chunking_advertise_hosts = *
		dsn_advertise_hosts = *
		smtputf8_advertise_hosts = *
		smtp_accept_queue_per_connection = 0
		END
		cat
		cat <<-END

		begin acl
		rcpt:
		  accept !domains = +local_domains
		  hosts = : 127.0.0.1
		  defer local_parts = wait
		  condition = \${if !exists{/run/open}}
		  message = greylisted, please try again in 600 seconds
		  require verify = recipient
		  accept

		begin routers
		local:
		  driver = accept
		  domains = +local_domains
		  check_local_user
		  transport = maildir
		  cannot_route_message = no such user here
		relay:
		  driver = manualroute
		  domains = ! +local_domains
		  route_list = * ${RELAY%:*}
		  self = send
		  transport = relay

		begin transports
		maildir:
		  driver = appendfile
		  directory = /home/\$local_part_data/Maildir
		  maildir_format
		relay:
		  driver = smtp
		  port = ${RELAY#*:}
		  hosts_try_dane =

		begin retry
		* * F,2h,15m
		END
	} >"$r/etc/exim4/exim4.conf"
	run exim exim4 -bdf
	servers_wait exim
}

opensmtpd_start() {
	r=$SERVERS/opensmtpd
	mkdir -p "$r/var/lib/opensmtpd/empty" "$r/var/spool/smtpd"
	chmod 711 "$r/var/spool/smtpd"
	cp "$T/opensmtpd.key" "$T/opensmtpd.crt" "$r/etc/"
	chmod 600 "$r/etc/opensmtpd.key"
	echo 'lookup file' >"$r/etc/resolv.conf"
	{
		cat <<-END
		pki "mx.opensmtpd.test" cert "/etc/opensmtpd.crt"
		pki "mx.opensmtpd.test" key "/etc/opensmtpd.key"
		smtp max-message-size 10000000
		listen on $opensmtpd_address port 25 hostname mx.opensmtpd.test tls pki "mx.opensmtpd.test"
		action "local" maildir "/home/%{user.username}/Maildir"
		END
		[ -z "$RELAY" ] || echo "action \"relay\" relay host smtp://$RELAY"
		cat
		echo 'match from any for domain { "opensmtpd.test", "*.opensmtpd.test" } action "local"'
		[ -z "$RELAY" ] || echo 'match from local for any action "relay"'
	} >"$r/etc/smtpd.conf"
	run opensmtpd smtpd -dv
	servers_wait opensmtpd
}

servers_log() {
	case $1 in
	postfix) echo "$SERVERS/postfix/var/log/mail.log" ;;
	exim) echo "$SERVERS/exim/var/log/exim4/mainlog" ;;
	opensmtpd) echo "$T/opensmtpd.log" ;;
	esac
}
found() { find "$SERVERS/$1/home/$2/Maildir/new" -type f 2>/dev/null | wc -l | tr -d ' '; }
has_found() { [ "$(found "$1" "$2")" -ge "$3" ]; }
got() { cat "$SERVERS/$1/home/$2/Maildir/new"/*; }
connections() {
	case $1 in
	postfix) grep -c '/smtpd.*: connect from' "$(servers_log "$1")" ;;
	exim) grep -c 'SMTP connection from .*TCP/IP connection count' "$(servers_log "$1")" ;;
	opensmtpd) grep -c ' smtp connected ' "$(servers_log "$1")" ;;
	esac
}
taken() {
	case $1 in
	postfix) grep -c '(queue active)' "$(servers_log "$1")" ;;
	exim) grep -c ' <= .*H=' "$(servers_log "$1")" ;;
	opensmtpd) grep -c ' smtp message ' "$(servers_log "$1")" ;;
	esac
}
