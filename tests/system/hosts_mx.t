# hosts_mx: two front ends with equal MX records, and senders that choose: pneu, and Debian's Postfix; and a host without a queue that
# has both for its mail, over QMQP. One front end dies under load
. tests/lib.sh
. tests/system/hosts_lib.sh
PATH=$PATH:/usr/sbin
command -v unbound >/dev/null || skip_all 'needs unbound'
sender=$T/sender load= unbound=
cleanup() { [ ! -e "$sender/pid" ] || in_world sh scripts/instance stop "$sender" >/dev/null 2>&1; kill $load $unbound 2>/dev/null; }
hosts_begin

front() {
	host_run 'echo "$1.test" >/etc/pneu/me
		mkdir -p /srv/mail/joe/Maildir/tmp /srv/mail/joe/Maildir/new /srv/mail/joe/Maildir/cur && chown -R vmail:vmail /srv/mail
		cd /etc/pneu && echo both.test >locals && echo both.test >rcpthosts && : >smtproutes &&
		printf "=joe:vmail:5000:5000:/srv/mail/joe:::\n.\n" >users && /usr/local/lib/pneu/pneu-newu
		setsid /usr/local/lib/pneu/pneu-listen qmqpd >>/var/log/pneu/qmqpd.log 2>&1 &' "$1"
	hosts_serve
}
hosts_make fe1 11
hosts_page '' fe1
hosts_page qmqp fe1
hosts_image
hosts_disk /var/spool/pneu /var/log/pneu /srv
front fe1
hosts_make fe2 12
hosts_disk /var/spool/pneu /var/log/pneu /srv
front fe2

# ---- a host without a queue
hosts_make web 31
host_run 'rm -r /etc/pneu /var/spool/pneu'
hosts_page qmqp web
host_run 'cd /etc/pneu && echo 2 | tee timeoutqmqpc >timeoutqmqpconnect && printf "192.0.2.1:allow,RELAYCLIENT=\"\"\n" >rules &&
	PATH=$PATH:/usr/local/lib/pneu && pneu-tcprules rules.cdb rules.tmp <rules && setsid pneu-listen smtpd >/var/log/pneu/smtpd.log 2>&1 &'
wait_until 20 hosts_greets 192.0.2.31 || { echo 'Bail out! web does not start'; host_run 'cat /var/log/pneu/*'; exit 1; }

# ---- the senders, and what the DNS says
cat >"$T/zone" <<'END'
$ORIGIN test.
$TTL 60
@	SOA	ns host 1 60 60 60 60
@	NS	ns
ns	A	127.0.0.1
both	MX	10 fe1
both	MX	10 fe2
fe1	A	192.0.2.11
fe2	A	192.0.2.12
END
{
	sed "s|@PORT@|53|; s|@T@|$T|g; s|example\.|test.|" tests/program/dns_unbound.conf
	printf 'server:\n\tlocal-zone: test. transparent\n'
} >"$T/unbound.conf"
world_begin unbound -d -c "$T/unbound.conf" >"$T/unbound.log" 2>&1
unbound=$begun
wait_until 20 grep -q 'start of service' "$T/unbound.log" || { echo 'Bail out! unbound does not start'; cat "$T/unbound.log"; exit 1; }
DNSCACHEIP=127.0.0.1
PNEU_BUILD=$B
export DNSCACHEIP PNEU_BUILD
sh scripts/instance init "$sender" --smtp 127.0.0.1:25 --me client.test --user ann >/dev/null 2>&1
for f in timeoutconnect timeoutremote; do echo 2 >"$sender/etc/$f"; done       # what is gone does not answer, and we have no 20 minutes
in_world sh scripts/instance start "$sender" 9>&- || { echo 'Bail out! the sender does not start'; exit 1; }

# Postfix in the world, whose files are its own: 127.0.0.2
senders='127.0.0.1 192.0.2.31'
host_use world.example.org
if [ -e "${PNEU_SERVERS:-/var/lib/pneu-tests}/postfix/made" ]; then
	host_run 'cd "$TOP" && PNEU_SERVERS=$1 && . tests/system/servers.sh && servers_wait() { :; } &&
		servers_root "$SERVERS/postfix" && echo nameserver 127.0.0.1 | tee "$SERVERS/postfix/etc/resolv.conf" >/etc/resolv.conf &&
		: >"$T/postfix.key" && : >"$T/postfix.crt" && postfix_start' "$PNEU_SERVERS" <<-'END' >"$T/postfix.out" 2>&1
		inet_interfaces = all
		mynetworks = 127.0.0.0/8
		smtp_dns_support_level = enabled
		smtp_host_lookup = dns
		smtpd_tls_security_level = none
		smtp_connect_timeout = 2s
		smtp_helo_timeout = 2s
		smtp_mail_timeout = 2s
		smtp_rcpt_timeout = 2s
		smtp_data_init_timeout = 2s
		smtp_data_xfer_timeout = 2s
		smtp_data_done_timeout = 2s
		queue_run_delay = 1s
		minimal_backoff_time = 1s
		maximal_backoff_time = 1s
		transport_retry_time = 1s
	END
	wait_until 90 hosts_greets 127.0.0.2 || { echo 'Bail out! Postfix does not start'; cat "$T/postfix.out" "$T/postfix.log"; exit 1; }
	senders="$senders 127.0.0.2"
fi

mails() { find "$T/disk/$1/srv" -path '*/new/*' -type f 2>/dev/null; }
# has FRONT N [SENDER]: at least so many, of those that SENDER has passed on
has() { [ "$(mails "$1" | xargs -r grep -lE "by ${3:-.*} " | wc -l)" -ge "$2" ]; }
world_begin python3 "$hosts_load" load "$T" "$(echo $senders | tr ' ' ,)" joe@both.test
load=$begun
for s in client.test mx.postfix.test; do
	case $s$senders in mx*.1*.31) echo "ok $((tap_n += 1)) - Postfix as a sender # SKIP not here; root can get it with tests/servers"; continue ;; esac
	t "$s: the first front end gets mail" wait_until 30 has fe1 5 $s
	t 'and the second' wait_until 30 has fe2 5 $s
done
t 'the host without a queue: the first gets mail' wait_until 30 has fe1 5 web.example.org
hosts_kill fe1
for s in client.test mx.postfix.test web.example.org; do
	case $s$senders in mx*.1*.31) continue ;; esac
	t "the first is gone: mail of $s comes to the second" wait_until 30 has fe2 $(($(mails fe2 | xargs -r grep -lE "by $s " | wc -l) + 5)) $s
done
: >"$T/stop"
wait $load
load=
PNEU_QUEUE=$sender/queue PNEU_ETC=$sender/etc
export PNEU_QUEUE PNEU_ETC
sent() { pneu-qctl flush >/dev/null; [ -z "$(find "$sender/queue/msg" -type f)" ]; }
t 'the sender keeps nothing' wait_until 60 sent
host_use world.example.org
empty() { [ -z "$(host_run 'cd "$1"/postfix/var/spool/postfix && find maildrop incoming active deferred -type f' "${PNEU_SERVERS:-/var/lib/pneu-tests}")" ]; }
case $senders in *.2) t 'nor does Postfix' wait_until 60 empty ;; esac

# its disk in another host of that name: what it had taken goes on
hosts_make fe1 11
hosts_disk /var/spool/pneu /var/log/pneu /srv
front fe1
none() { [ -z "$(find "$T/disk/fe1/spool/pneu/msg" "$T/disk/fe2/spool/pneu/msg" -type f)" ]; }
t 'the first is there again and delivers what it had' wait_until 30 none
is 'nothing is lost' "$(python3 "$hosts_load" missing "$T" "$T"/disk/fe?/srv/mail/joe/Maildir)" ''
echo "# $(wc -l <"$T/acked") acknowledged, $(find "$T"/disk/fe?/srv -path '*/new/*' -type f | wc -l) arrived"
finish
