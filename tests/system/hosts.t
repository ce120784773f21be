# hosts: two front ends behind haproxy, Dovecot and another pneu behind them, as pneu-setup-hosts(7) has it; they die in turn
# under load, and what was acknowledged arrives
. tests/lib.sh
. tests/system/hosts_lib.sh
PATH=$PATH:/usr/sbin
for c in haproxy dovecot socat; do
	command -v $c >/dev/null || skip_all "needs $c"
done
[ -x /usr/lib/dovecot/lmtp ] || skip_all 'needs dovecot-lmtpd'
load=
cleanup() { [ -z "$load" ] || kill "$load"; }
hosts_begin

# ---- the hosts, and what the page says to do
front='/var/spool/pneu /var/log/pneu'
hosts_make fe1 11
hosts_page '' fe1
hosts_image
hosts_disk $front
hosts_ssh 192.0.2.11
new_fe2() {
	hosts_make fe2 12
	host_run 'echo fe2.example.org >/etc/pneu/me'
	hosts_disk $front
	hosts_ssh 192.0.2.12
}
new_fe2
hosts_make be2 22
hosts_disk $front /srv
host_run 'echo be2.example.org >/etc/pneu/me; echo "smtpd 192.0.2.22:25" >/etc/pneu/listeners; ip addr add 192.0.2.23/24 dev eth0; mkdir -p /srv/mail/joe/Maildir/tmp /srv/mail/joe/Maildir/new /srv/mail/joe/Maildir/cur
	chown -R vmail:vmail /srv/mail'
hosts_ssh 192.0.2.22
new_be1() {
	hosts_make be1 21
	hosts_disk /srv
	host_run 'rm -rf /etc/dovecot/*; mkdir -p /srv/mail; chown vmail:vmail /srv/mail; printf "ann:::::::\nbob:::::::\n" >/etc/dovecot/users
		[ ! -e /srv/dovecot.conf ] || cp /srv/dovecot.conf /etc/dovecot/'
}
new_be1
hosts_make mx 10
host_run 'mkdir -p /srv/pneu/be2'
# users of be2 are needed for what comes before them in the page
host_use be1.example.org
host_run 'mkdir -p /srv/pneu/be2 && printf "=joe:vmail:5000:5000:/srv/mail/joe:::\n.\n" >/srv/pneu/be2/users'
hosts_page '' be2
for h in fe1:11 fe2:12 be2:22; do
	host_use "${h%:*}.example.org"
	hosts_serve
done
hosts_page '' be1
host_use be1.example.org
host_run 'cp /etc/dovecot/dovecot.conf /srv/'         # for the next host of that name
hosts_page '' mx
wait_until 20 hosts_greets 192.0.2.10
host_use mx.example.org
servers() { host_run 'echo "show stat" | socat - /run/haproxy.sock' | awk -F, '$1 == "smtp" && $2 ~ /^fe/ { print $2 " " $18 }' | paste -s -d ' ' -; }
both_up() { host_use mx.example.org; [ "$(servers)" = 'fe1 UP fe2 UP' ]; }
t 'haproxy finds both' wait_until 20 both_up
[ "$tap_bad" = 0 ] || finish            # all that follows would only wait

# ---- who is taken, and who is believed
says() { in_world python3 "$hosts_load" reply "$@"; }
is 'a recipient of a back end is taken' "$(says 192.0.2.10 '' a@client.test ann@example.org)" '250 2.1.5 recipient ok'
is 'one that is not there is refused, though Dovecot is not up yet' "$(says 192.0.2.10 '' a@client.test nobody@example.org)" '550 5.1.1 no such mailbox here'
is 'nor in the domain of the other one' "$(says 192.0.2.10 '' a@client.test ann@example.com)" '550 5.1.1 no such mailbox here'
is 'nor in that of the aliases' "$(says 192.0.2.10 '' a@client.test nobody@lists.example.org)" '550 5.1.1 no such mailbox here'
is 'an alias is' "$(says 192.0.2.11 '' a@client.test team@lists.example.org)" '250 2.1.5 recipient ok'
is 'nobody relays' "$(says 192.0.2.10 '' a@client.test x@far.test)" '550 5.7.1 relaying denied: that domain is not served here'
spoof='PROXY TCP4 192.0.2.22 192.0.2.11 4711 25\r\nEHLO x\r\nMAIL FROM:<a@client.test>\r\nRCPT TO:<x@far.test>\r\nQUIT\r\n'
for a in 11 10; do
	is "who says that he is a back end is not believed, at 192.0.2.$a" "$(printf "$spoof" | in_world python3 "$hosts_load" bytes "192.0.2.$a")" '220 500 250 250 550 221'
done
v2='\r\n\r\n\000\r\nQUIT\n\041\021\000\014\300\000\002\026\300\000\002\013\022\064\000\031'
is 'nor in the other form of the header' "$(printf "$v2$spoof" | in_world python3 "$hosts_load" bytes 192.0.2.11 )" '220 500 500 501 221'
is 'a back end hears nobody else' "$(printf 'QUIT\r\n' | in_world python3 "$hosts_load" bytes 192.0.2.22)" ''
host_use fe1.example.org
relay() { host_run 'python3 "$@"' "$hosts_load" reply 192.0.2.22 '' a@client.test "$1"; }
is 'it takes mail of a front end' "$(relay joe@example.com)" '250 2.1.5 recipient ok'
is 'and relays for none' "$(relay x@far.test)" '550 5.7.1 relaying denied: that domain is not served here'

# ---- a message over two hosts, and an upgrade
printf 'EHLO x\r\nMAIL FROM:<a@client.test>\r\nRCPT TO:<joe@example.com>\r\nDATA\r\nX-Number: 999999\r\n\r\n.\r\nQUIT\r\n' >"$T/session"
is 'a message for the other back end' "$(in_world python3 "$hosts_load" bytes 192.0.2.10 <"$T/session")" '220 250 250 250 354 250 221'
joe_has() { [ "$(find "$T/disk/be2/srv/mail/joe/Maildir/new" -type f | wc -l)" -ge 1 ]; }
t 'arrives, though the first host of its route is not there' wait_until 20 joe_has
hosts_page trace
is 'which shows the message on both' "$(cat "$T"/page/*.out | grep -c 'delivered to joe@example\.com')" 2
t 'by the one that is there' sh -c 'cat "$0"/page/*.out | grep -q "delivered to joe@example.com by 192.0.2.22 "' "$T"
hosts_page upgrade
host_use mx.example.org
is 'who is to be upgraded gets no more' "$(servers)" 'fe1 DRAIN fe2 UP'
hosts_page upgraded
t 'until that is over' wait_until 20 both_up

# ---- under load
world_begin python3 "$hosts_load" load "$T" 192.0.2.10 ann@example.org joe@example.com bob@example.org
load=$begun
acked() { [ "$(cat "$T/acked" 2>/dev/null | wc -l)" -ge "$1" ]; }
more() { wait_until 30 acked $(($(cat "$T/acked" 2>/dev/null | wc -l) + $1)); }
t 'mail comes in' more 20
waits() { find "$T/disk/$1/spool/pneu/msg" -type f | wc -l; }
hosts_kill fe1
t 'the first front end is gone: mail comes in' more 20
t 'on its disk there is mail that it has acknowledged' test "$(waits fe1)" -gt 0
hosts_page reload
t 'haproxy is loaded anew: mail comes in' more 15

# the disk of fe1 goes to fe2; fe1 comes back with an empty one
host_use fe2.example.org
host_run 'mkdir -p /mnt/fe1 && mount --bind "$T/disk/fe1" /mnt/fe1'
hosts_stop pneu-start
hosts_page move
is 'the disk is empty then' "$(waits fe1)" 0
host_use fe2.example.org
host_run 'umount /mnt/fe1; PATH=/usr/local/lib/pneu:$PATH; setsid pneu-start >>/var/log/pneu/send.log 2>&1 & echo $! >/run/pneu-start'
hosts_make fe1 11
hosts_disk $front
hosts_ssh 192.0.2.11
host_use be1.example.org
t 'the new one gets the databases' host_run '/usr/local/bin/pneu-distribute /srv/pneu/front fe1'
host_use fe1.example.org
host_run ': >/var/log/pneu/smtpd.log'
hosts_serve
t 'and haproxy finds it' wait_until 20 both_up

# Dovecot comes, and goes
host_use be1.example.org
dovecot() { host_run 'setsid dovecot -F -c /etc/dovecot/dovecot.conf >/run/dovecot.log 2>&1 &'; }
dovecot
flush() { for h in fe1 fe2; do host_use $h.example.org; [ -z "$host_pid" ] || host_run 'pneu-qctl flush >/dev/null'; done; }
dovecot_has() { flush; [ "$(find "$T/disk/be1/srv/mail" -path '*/new/*' -type f | wc -l)" -ge "$1" ]; }
t 'Dovecot is there and gets what has waited' wait_until 30 dovecot_has 20
hosts_kill be1
t 'the back end is gone: mail comes in' more 15
is 'and nobody is refused still' "$(says 192.0.2.10 '' a@client.test nobody@example.org)" '550 5.1.1 no such mailbox here'
hosts_kill fe2
t 'the second front end is gone: mail comes in' more 20
: >"$T/stop"
wait $load
load=

host_use fe1.example.org
is 'the looks of haproxy, one each second, are not logged' "$(host_run 'grep -c " client 192\.0\.2\.10 " /var/log/pneu/smtpd.log')" 0
t 'the clients behind it are' host_run 'grep -q " accepted .* client 192\.0\.2\.1 " /var/log/pneu/smtpd.log'

# ---- all of it
new_be1
dovecot
host_use fe1.example.org
host_run 'mkdir -p /mnt/fe2 && mount --bind "$T/disk/fe2" /mnt/fe2'
hosts_served() { [ "$(waits fe2)" = 0 ] || { host_run 'PNEU_QUEUE=/mnt/fe2/spool/pneu PNEU_ETC=/etc/pneu pneu-qctl flush'; return 1; }; }
echo "# $(waits fe2) messages on the disk of the second, $(waits fe1) on that of the first"
hosts_page drain
hosts_page back
all_gone() { flush; [ "$(waits fe1) $(waits fe2) $(waits be2)" = '0 0 0' ]; }
t 'nothing waits in the end' wait_until 30 all_gone
is 'and nothing that was acknowledged is lost' "$(python3 "$hosts_load" missing "$T" "$T"/disk/be?/srv/mail/*/Maildir)" ''
echo "# $(wc -l <"$T/acked") acknowledged, $(find "$T"/disk/be?/srv/mail -path '*/new/*' -type f | wc -l) arrived"
finish
