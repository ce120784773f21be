# pneu-migrate: settings of other mail servers, as Debian ships them and harder ones; what is taken over, and what is named as left
. tests/lib.sh
[ -x "$B/pneu-newaliases" ] || skip_all 'pneu-newaliases is not built'
top=$PWD
PNEU_BUILD=$B
export PNEU_BUILD
unset PNEU_ETC PNEU_QUEUE

migrate() {     # migrate SERVER DIR [OPTION...]: the proposal is $T/new, the report $T/new.report
	rm -rf "$T/new" "$T/new.report"
	sh "$top/scripts/migrate" "$1" "$2" --to="$T/new" $3 >"$T/out" 2>"$T/err"
	code=$?
	cat "$T/err" >>"$T/out"
}
file() { cat "$T/new/$1" 2>&1; }
has() { grep -qF -e "$1" "$T/new.report"; }
all_known() {   # nothing is silently passed over: each setting of main.cf stands in the report
	sed -n 's/^\([a-z_0-9]*\) *=.*/\1/p' "$1" | while read -r n; do
		no=$(grep -n "^$n *=" "$1" | tail -n 1 | cut -d: -f1)
		grep -q "main.cf:$no: \|^[a-z]* .*$n" "$T/new.report" || echo "$n"
	done
}
compiles() { "$B/pneu-tcprules" "$T/rules.cdb" "$T/rules.tmp" <"$T/new/rules"; }
rule() { TCPREMOTEIP=$1 "$B/pneu-tcprules" -e "$T/rules.cdb" "$1" 2>/dev/null || "$B/pneu-tcprules" -e "$1" "$T/rules.cdb"; }

# ---- Postfix as Debian configures it
mkdir "$T/pf"
cat >"$T/pf/main.cf" <<'END'
# See /usr/share/postfix/main.cf.dist for a commented, more complete version
smtpd_banner = $myhostname ESMTP $mail_name (Debian/GNU)
biff = no
append_dot_mydomain = no
readme_directory = no
compatibility_level = 3.6
smtpd_tls_cert_file=/etc/ssl/certs/ssl-cert-snakeoil.pem
smtpd_tls_key_file=/etc/ssl/private/ssl-cert-snakeoil.key
smtpd_tls_security_level=may
smtp_tls_CApath=/etc/ssl/certs
smtp_tls_security_level=may
smtp_tls_session_cache_database = btree:${data_directory}/smtp_scache
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
myhostname = mail.example.org
alias_maps = hash:$config_directory/aliases
alias_database = hash:$config_directory/aliases
mydestination = $myhostname, example.org, mail, localhost.example.org,
  , localhost
relayhost =
mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128
mailbox_size_limit = 0
recipient_delimiter = +
inet_interfaces = all
inet_protocols = all
home_mailbox = Maildir/
END
printf 'postmaster: root\nroot: ann@example.org\nhere: %s\ngone: nosuchperson\n' "$(id -un)" >"$T/pf/aliases"
migrate postfix "$T/pf"
is "Debian's Postfix: one thing is left, and said by the exit code" "$code" 1
is 'which is the certificate' "$(grep '^left ' "$T/new.report" | grep -v snakeoil)" ''
is 'the name' "$(file me)" mail.example.org
is 'local domains, of lines that go on' "$(file locals | tr '\n' ' ')" 'mail.example.org example.org mail localhost.example.org localhost '
is 'which others may send to' "$(file rcpthosts)" "$(file locals)"
is 'the networks, each once' "$(file rules)" '127.:allow,RELAYCLIENT=""
::1:allow,RELAYCLIENT=""
:allow'
is 'where mail goes' "$(file defaultdelivery)" ./Maildir/
is 'the size that is not written there, but counts' "$(file databytes)" 10240000
is 'TLS for what goes out' "$(file tlslevel)" may
is 'the alias file' "$(file aliasfiles)" "$T/pf/aliases"
t 'an alias for nobody is named' has 'warning: nosuchperson is neither'
t 'but none for an account of this host' eval '! has "warning: $(id -un) is neither"'
is 'nothing is passed over' "$(all_known "$T/pf/main.cf")" ''
t 'the rules compile' compiles
is 'the report is what was printed' "$(grep -v '^aliases\|things taken' "$T/out")" "$(grep -v '^aliases' "$T/new.report")"
migrate_twice() { sh scripts/migrate postfix "$T/pf" --to="$T/new" >/dev/null 2>&1; }
migrate_twice
is 'a proposal is not written over' $? 100

# ---- a harder one
rm -rf "$T/pf"
mkdir "$T/pf"
cat >"$T/pf/main.cf" <<'END'
mydomain = example.net
myhostname = mx.$mydomain
myorigin = ${mydomain}
mydestination = $myhostname localhost texthash:$config_directory/local_domains /etc/postfix/more_domains
mynetworks = 127.0.0.0/8, 192.0.2.64/26
	# a comment between
	198.51.0.0/16 [2001:db8:1::]/48 !192.0.2.65 10.1.2.3
relay_domains = example.com $config_directory/relay
relay_recipient_maps = hash:$config_directory/relay_recipients
relayhost = [smtp.provider.example]:submission
transport_maps = hash:/etc/postfix/transport, pcre:/etc/postfix/transport.pcre
virtual_alias_domains = virtual.example
virtual_alias_maps = hash:/etc/postfix/virtual
virtual_mailbox_domains = box.example
virtual_transport = lmtp:unix:private/dovecot-lmtp
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = hash:/etc/postfix/sasl
smtp_tls_security_level = encrypt
mailbox_command = procmail -a "$EXTENSION"
message_size_limit = 26214400
maximal_queue_lifetime = 3d
delay_warning_time = 4h
inet_interfaces = loopback-only
recipient_delimiter = -
smtpd_milters = inet:127.0.0.1:11332, unix:opendkim/opendkim.sock
milter_default_action = accept
content_filter = smtp-amavis:[127.0.0.1]:10024
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination,
	check_policy_service unix:private/policy-spf,
	check_policy_service inet:127.0.0.1:10023,
	reject_rbl_client zen.spamhaus.org,
	check_sender_access hash:/etc/postfix/senders,
	reject_unknown_client_hostname
smtpd_client_restrictions = check_client_access cidr:/etc/postfix/clients
sender_dependent_relayhost_maps = hash:/etc/postfix/sender_relay
alias_maps = hash:/etc/postfix/aliases ldap:/etc/postfix/ldap.cf
smtp_host_lookup = native
brand_new_setting = 12
canonical_maps = hash:/etc/postfix/canonical
END
printf 'town.example\tx\n' >"$T/pf/local_domains"
printf 'village.example\n' >"$T/pf/more_domains"
printf 'sub.example\n' >"$T/pf/relay"
printf 'ann@example.com\tOK\nbob@example.com OK\n' >"$T/pf/relay_recipients"
printf '%s\n' 'sub.example	smtp:[192.0.2.9]:2525' '.sub.example relay:[mx.sub.example]' 'lists.example mailman:' \
	'uni.example lmtp:unix:/run/lmtp' 'direct.example smtp:' >"$T/pf/transport"
printf '%s\n' 'virtual.example anything' 'joe@virtual.example ann, bob@example.com' '@virtual.example ann' 'info ann' 'x@elsewhere.example y' \
	'@a.virtual.example @b.example' >"$T/pf/virtual"
printf '%s\n' '[smtp.provider.example]:submission joe@provider.example:se:cret' 'other.example a:b' >"$T/pf/sasl"
printf '%s\n' 'spam@bad.example REJECT no' 'worse.example 550 away' 'ok.example OK' >"$T/pf/senders"
printf '%s\n' '203.0.113.0/24 REJECT' '203.0.113.9 OK' >"$T/pf/clients"
printf '%s\n' 'ann@example.net [relay.ann.example]:587' '@bob.example [192.0.2.77]' >"$T/pf/sender_relay"
printf '%s\n' 'root: ann' 'loop: loop2' 'loop2: loop' '# no: "|x"' 'list: :include:/lists/x, bob@example.com' 'robot: bob@example.com, "|cat"' >"$T/pf/aliases"
cat >"$T/pf/master.cf" <<'END'
smtp      inet  n       -       y       -       -       smtpd
submission inet n       -       y       -       -       smtpd
  -o syslog_name=postfix/submission
#smtps     inet  n       -       y       -       -       smtpd
pickup    unix  n       -       y       60      1       pickup
policy-spf unix -       n       n       -       0       spawn
END
migrate postfix "$T/pf"
is 'variables in variables' "$(file me)" mx.example.net
is 'the domain of addresses without one' "$(file envnoathost)" example.net
is 'local domains from a table and a file' "$(file locals | tr '\n' ' ')" 'mx.example.net localhost town.example village.example '
is 'domains for others' "$(file rcpthosts | tr '\n' ' ')" 'mx.example.net localhost town.example village.example example.com .example.com sub.example .sub.example virtual.example box.example '
is 'networks with odd lengths' "$(grep -v '^127\|^::1\|^:allow\|deny' "$T/new/rules")" '192.0.2.64-127:allow,RELAYCLIENT=""
198.51.:allow,RELAYCLIENT=""
2001:db8:1::/48:allow,RELAYCLIENT=""
10.1.2.3:allow,RELAYCLIENT=""'
is 'clients that are refused' "$(grep deny "$T/new/rules")" '203.0.113.:deny'
t 'these rules compile, too' compiles
is 'routes, with a login and the level it needs' "$(file smtproutes)" 'sub.example:[192.0.2.9]:2525
.sub.example:mx.sub.example
uni.example:/run/lmtp
direct.example:
:smtp.provider.example:587 tls=must login=relay1
box.example:/var/spool/postfix/private/dovecot-lmtp'
echo '* smtp:[all.example]' >>"$T/pf/transport"
migrate postfix "$T/pf"
is 'of two for everything the one in transport_maps counts' "$(grep '^:' "$T/new/smtproutes")" :all.example
t 'and the other is named' has 'all goes to [smtp.provider.example]:submission: a line before it says otherwise'
sed -i '$d' "$T/pf/transport"
migrate postfix "$T/pf"
is 'the login, colon and all' "$(file smtplogins)" 'relay1:joe@provider.example:se:cret'
is 'which others may not read' "$(stat -c %a "$T/new/smtplogins")" 600
is 'routes by sender' "$(file senderroutes)" 'ann@example.net:relay.ann.example:587
@bob.example:[192.0.2.77]'
is 'virtual domains' "$(file virtualdomains)" virtual.example:alias
is 'and their aliases' "$(file aliases)" 'joe@virtual.example: ann, bob@example.com
@virtual.example: ann
info: ann
x@elsewhere.example: y'
is 'behind the alias file' "$(file aliasfiles)" "$T/pf/aliases
/etc/pneu/aliases"
is 'recipients of a domain for others' "$(file recipients)" 'ann@example.com
bob@example.com'
is 'the command that stores mail' "$(file defaultdelivery)" '|procmail -a "$EXT"'
is 'numbers, lifetimes and levels' "$(file databytes) $(file queuelifetime) $(file delaywarning) $(file tlslevel) $(file separators)" '26214400 259200 14400 must -'
is 'where it listens' "$(file listeners)" 'smtpd 127.0.0.1:25 [::1]:25'
is 'milters' "$(file milters)" 'inet:127.0.0.1:11332
unix:/var/spool/postfix/opendkim/opendkim.sock'
is 'policy servers' "$(file policy)" 'rcpt unix:/var/spool/postfix/private/policy-spf
rcpt inet:127.0.0.1:10023'
is 'senders that are refused' "$(file badmailfrom)" 'spam@bad.example
@worse.example'
for w in 'brand_new_setting = 12: nothing here is known' 'canonical_maps' 'mailman:' 'reject_rbl_client zen.spamhaus.org' 'transport.pcre' '!192.0.2.65' \
	'ldap:/etc/postfix/ldap.cf' 'content_filter' 'a login for other.example' 'milter_default_action' 'submission/inet' 'policy-spf/unix' \
	'ok.example OK' '203.0.113.9 OK' 'reject_unknown_client_hostname' '@a.virtual.example @b.example' 'elsewhere.example: is in a table' \
	'smtp_host_lookup = native: hosts are looked up in DNS'; do
	t "named as left: $w" grep -qF -e "$w" "$T/new.report"
done
is 'nothing of it is passed over' "$(all_known "$T/pf/main.cf")" ''
t 'what newaliases finds is shown' grep -q '^aliases .*ann means ann@example.net' "$T/new.report"
is 'programs of aliases run as somebody else' "$(sed -n 's/^aliases .*:\([0-9]*: [^ ]*\) runs a program.*/\1/p' "$T/new.report")" '6: robot'
# what others may put beside the directory that is made in /tmp, and when they may read what
mkdir "$T/fake"
printf '#!/bin/sh\nd=$(%s "$@") && ln -s "%s/victim" "$d.found" && echo "$d"\n' "$(command -v mktemp)" "$T" >"$T/fake/mktemp"
printf '#!/bin/sh\n%s "$@"; stat -c %%a "%s/new/smtplogins" >>"%s/modes"\n' "$(command -v chmod)" "$T" "$T" >"$T/fake/chmod"
chmod 755 "$T/fake/mktemp" "$T/fake/chmod"
PATH=$T/fake:$PATH TMPDIR=$T migrate postfix "$T/pf"
t 'a link there is not written through' test ! -e "$T/victim"
t 'and what newaliases finds is still shown' grep -q '^aliases .*ann means ann@example.net' "$T/new.report"
is 'at no time may others read the login' "$(sort -u "$T/modes")" 600

# ---- sendmail
mkdir "$T/mail"
printf '%s\n' '# local-host-names' example.org www.example.org >"$T/mail/local-host-names"
printf '%s\n' 192.0.2 partner.example >"$T/mail/relay-domains"
printf '%s\n' 'joe@virtual.example	ann' '@virtual.example	bob@example.com' '@other.example %1@example.org' 'gone@virtual.example error:nouser 550 No such user' >"$T/mail/virtusertable"
printf '%s\n' 'sub.example esmtp:[mx.sub.example]' '.sub.example smtp:mx.sub.example' 'bad.example error:nohost' 'here.example local:ann' >"$T/mail/mailertable"
printf '%s\n' 'Connect:10.1 RELAY' '192.0.3.4 RELAY' 'spammer@bad.example REJECT' 'From:worse.example 550 no' 'Connect:203.0.113.7 REJECT' 'To:old@example.org REJECT' \
	'To:friend.example RELAY' 'trusted.example OK' 'AuthInfo:smart.example "U:joe" "P:se:cret" "M:PLAIN"' >"$T/mail/access"
cat >"$T/mail/sendmail.mc" <<'END'
divert(0)dnl
VERSIONID(`$Id: sendmail.mc, v 8.15.2-22 2021-01-01 00:00:00 cowboy Exp $')
OSTYPE(`debian')dnl
DOMAIN(`debian-mta')dnl
define(`SMART_HOST', `[smart.example]')dnl
define(`confMAX_MESSAGE_SIZE', `20000000')dnl
define(`confTO_QUEUERETURN', `4d')dnl
FEATURE(`virtusertable', `hash -o /etc/mail/virtusertable')dnl
FEATURE(`dnsbl', `zen.spamhaus.org')dnl
FEATURE(local_procmail)dnl
DAEMON_OPTIONS(`Family=inet,  Name=MTA-v4, Port=smtp, Addr=127.0.0.1')dnl
INPUT_MAIL_FILTER(`rspamd', `S=inet:11332@127.0.0.1, F=T')dnl
FEATURE(`odd_thing')dnl
MAILER(`smtp')dnl
END
printf 'root: ann\n' >"$T/mail/aliases"
migrate sendmail "$T/mail"
host=$(cat "$T/new/me")
is 'sendmail: local domains' "$(file locals | grep example | grep -v "^$host\$" | tr '\n' ' ')" 'example.org www.example.org '
is 'who may relay, and who may not connect' "$(grep -v '^127\|^::1\|^:allow' "$T/new/rules")" '192.0.2.:allow,RELAYCLIENT=""
10.1.:allow,RELAYCLIENT=""
192.0.3.4:allow,RELAYCLIENT=""
203.0.113.7:deny'
t 'its rules compile' compiles
is 'virtual users' "$(file aliases)" 'joe@virtual.example: ann
@virtual.example: bob@example.com
gone@virtual.example: :fail: No such user'
is 'mailertable and smart host, with its login' "$(file smtproutes)" 'sub.example:mx.sub.example
.sub.example:mx.sub.example
:smart.example tls=must login=relay1'
is 'the login of access' "$(file smtplogins)" 'relay1:joe:se:cret'
is 'senders and recipients that are refused' "$(file badmailfrom; file badrcptto)" 'spammer@bad.example
@worse.example
old@example.org'
is 'domains for others' "$(file rcpthosts | grep 'partner\|friend' | tr '\n' ' ')" 'partner.example .partner.example friend.example .friend.example '
is 'its numbers' "$(file databytes) $(file queuelifetime)" '20000000 345600'
is 'its milter, procmail, where it listens' "$(file milters; file defaultdelivery; file listeners)" 'inet:11332@127.0.0.1
|exec /usr/bin/procmail -d "$USER"
smtpd 127.0.0.1:25'
for w in "FEATURE(\`odd_thing')" '%1@example.org' 'error:nohost' 'local:ann' 'trusted.example OK' 'zen.spamhaus.org'; do
	t "named as left: $w" grep -q -F -e "$w" "$T/new.report"
done

# ---- qmail
mkdir -p "$T/qmail/control" "$T/qmail/users" "$T/qmail/alias" "$T/qmail/queue/mess/3"
echo mx.example.org >"$T/qmail/control/me"
printf '%s\n' example.org mx.example.org >"$T/qmail/control/rcpthosts"
printf '%s\n' lists.example:joe >"$T/qmail/control/virtualdomains"
printf '%s\n' ':relay.example:587 joe secret' 'a.example:b.example' >"$T/qmail/control/smtproutes"
echo 40 >"$T/qmail/control/concurrencyincoming"
echo 1 >"$T/qmail/control/spfbehavior"
echo x >"$T/qmail/control/unheardof"
printf '%s\n' '=joe:joe:1000:1000:/home/joe:::' '.' >"$T/qmail/users/assign"
echo '| fastforward /etc/aliases.cdb' >"$T/qmail/alias/.qmail-default"
echo '&ann' >"$T/qmail/alias/.qmail-root"
printf '%s\n' '127.:allow,RELAYCLIENT=""' '192.0.2.:allow,RELAYCLIENT="",RBLSMTPD=""' ':allow' >"$T/qmail/tcp.smtp"
printf '%s\n' '#!/bin/sh' "exec env - PATH=\"/var/qmail/bin:\$PATH\" \\" "qmail-start ./Mailbox splogger qmail" >"$T/qmail/rc"
echo mail >"$T/qmail/queue/mess/3/4711"
migrate qmail "$T/qmail"
is 'qmail: the same names' "$(file me; file rcpthosts; file virtualdomains)" 'mx.example.org
example.org
mx.example.org
lists.example:joe'
is 'locals is me when it is missing' "$(file locals)" mx.example.org
is 'a login behind a route' "$(file smtproutes; file smtplogins)" ':relay.example:587 tls=must login=relay1
a.example:b.example
relay1:joe:secret'
is 'the rules of tcpserver' "$(file rules)" "$(cat "$T/qmail/tcp.smtp")"
is 'users/assign' "$(file users)" "$(cat "$T/qmail/users/assign")"
is 'what qmail-start is given' "$(file defaultdelivery)" ./Mailbox
is 'no extensions of + ' "$(file separators)" ''
for w in control/concurrencyincoming control/spfbehavior control/unheardof .qmail-default RBLSMTPD '1 messages wait'; do
	t "named as left: $w" sh -c 'grep "^left " "$1" | grep -qF -e "$2"' sh "$T/new.report" "$w"
done

# ---- exim as Debian configures it
mkdir "$T/exim"
cat >"$T/exim/update-exim4.conf.conf" <<'END'
dc_eximconfig_configtype='smarthost'
dc_other_hostnames='example.org:www.example.org'
dc_local_interfaces='127.0.0.1 ; ::1'
dc_readhost=''
dc_relay_domains='partner.example:*.sub.example'
dc_minimaldns='false'
dc_relay_nets='192.0.2.0/24;2001:db8::/32'
dc_smarthost='smtp.provider.example::587'
CFILEMODE='644'
dc_use_split_config='false'
dc_hide_mailname='false'
dc_mailname_in_oh='true'
dc_localdelivery='maildir_home'
END
printf '%s\n' '# hosts' 'smtp.provider.example:joe@provider.example:se:cret' >"$T/exim/passwd.client"
migrate exim "$T/exim"
is 'exim: smart host with its login' "$(file smtproutes; file smtplogins)" ':smtp.provider.example:587 tls=must login=relay
relay:joe@provider.example:se:cret'
is 'its domains' "$(file rcpthosts | grep 'example$' | tr '\n' ' '; grep -c '^example.org$\|^www.example.org$' "$T/new/locals")" 'partner.example .sub.example 2'
is 'networks' "$(grep -v '^127\|^::1\|^:allow' "$T/new/rules")" '192.0.2.:allow,RELAYCLIENT=""
2001:db8::/32:allow,RELAYCLIENT=""'
is 'where it listens, and delivers' "$(file listeners; file defaultdelivery)" 'smtpd 127.0.0.1:25 [::1]:25
./Maildir/'

# ---- OpenSMTPD as Debian configures it
mkdir "$T/os"
cat >"$T/os/smtpd.conf" <<END
# This is the smtpd server system-wide configuration file.
table aliases file:$T/os/aliases

listen on localhost

action "local" maildir alias <aliases>
action "relay" relay

match for local action "local"
match from local for any action "relay"
END
printf 'root: %s\n' "$(id -un)" >"$T/os/aliases"
echo mx.example.org >"$T/os/mailname"
migrate opensmtpd "$T/os"
is "Debian's OpenSMTPD: nothing is left" "$code$(grep '^left ' "$T/new.report")" 0
is 'its name' "$(file me) $(file locals | tr '\n' ' ')" 'mx.example.org mx.example.org localhost '
is 'where it listens, and delivers' "$(file listeners; file defaultdelivery; file aliasfiles)" "smtpd 127.0.0.1:25 [::1]:25
./Maildir/
$T/os/aliases"
is 'numbers that are not written there, but count' "$(file databytes) $(file queuelifetime) $(file delaywarning)" '36700160 345600 14400'

# ---- and a harder one
cat >"$T/os/smtpd.conf" <<END
net = "192.0.2.0/24"            # who may
table aliases db:$T/os/aliases.db
table domains { "example.org", "example.com", \\
	"*.wild.example" }
table virtuals file:$T/os/virtuals
table vdomains file:$T/os/vdomains
table secrets { home = "joe@provider.example:se:cret" }
table users mysql:/etc/mail/mysql.conf
table bad { "@bad.example", "joe@worse.example", nobody }
table nets { \$net, 2001:db8::/32 }
table hosts { "sub.example" = "smtp+notls://mx.sub.example:2525" }

pki mx.example.org cert "/etc/ssl/mx.crt"
pki mx.example.org key "/etc/ssl/private/mx.key"
filter check_rdns phase connect match !rdns disconnect "550 no rDNS"
filter rspamd proc-exec "filter-rspamd"
smtp max-message-size 20M
smtp sub-addr-delim "-"
queue ttl 2d
bounce warn-interval 2h, 1d
include "$T/os/more.conf"
listen on 192.0.2.25 tls pki mx.example.org filter "rspamd"
listen on egress port submission tls-require pki mx.example.org auth <users>
action "in" mda "/usr/bin/procmail -d %{user.username} # no comment" alias <aliases>
action "virtual" maildir virtual <virtuals>
action "lmtp" lmtp "/run/dovecot/lmtp" rcpt-to
action "lmtphost" lmtp "192.0.2.8:24"
action "backup" relay backup
action "out" relay host smtp+tls://home@smtp.provider.example:587 auth <secrets> \\
	helo "out.example.org"
action "by-domain" relay domain <hosts>
action "easy" relay host smtps://smtp.easy.example tls no-verify
match from src { "203.0.113.9", 203.0.113.64/26 } reject
match mail-from <bad> reject
match !tls reject
match from any for domain <domains> action "in"
match from any for domain <vdomains> action "virtual"
match from any for domain { "box.example" } action "lmtp"
match from any for domain "far.example" action "lmtphost"
match from any for domain "second.example" action "backup"
match from any for domain "easy.example" action "easy"
match for local action "in"
match from any tag X for any action "out"
match from src <nets> for any action "out"
match auth from any for any action "out"
match for any action "by-domain"
match from any for any action "out"
END
printf '%s\n' 'unheard of 12' 'accept from any for any relay' >"$T/os/more.conf"
printf '%s\n' 'joe@virtual.example	ann, bob@example.com' '@virtual.example ann' 'info	ann' 'robot@virtual.example "|cat"' >"$T/os/virtuals"
printf '%s\n' 'virtual.example # a comment' 'second-virtual.example' >"$T/os/vdomains"
migrate opensmtpd "$T/os"
is 'OpenSMTPD: local domains, from a table on two lines' "$(file locals | tr '\n' ' ')" 'mx.example.org localhost example.org example.com '
is 'domains for others' "$(file rcpthosts | sed '1,4d' | tr '\n' ' ')" 'virtual.example second-virtual.example box.example far.example second.example easy.example '
is 'virtual domains and users, some of them in each' "$(file virtualdomains; file aliases)" 'virtual.example:alias
second-virtual.example:alias
joe@virtual.example: ann, bob@example.com
@virtual.example: ann
info@virtual.example: ann
info@second-virtual.example: ann'
is 'where mail goes on to, with logins and as much trust as there was' "$(file smtproutes; file smtplogins)" 'box.example:/run/dovecot/lmtp
far.example:[192.0.2.8]:24 lmtp
easy.example:smtp.easy.example tls=smtps
:smtp.provider.example:587 tls=verify login=home
sub.example:mx.sub.example:2525 tls=no
home:joe@provider.example:se:cret'
is 'who may send everywhere, by a macro in a table, and who may not connect' "$(grep -v '^127\|^::1\|^:allow' "$T/new/rules")" '203.0.113.9:deny
203.0.113.64-127:deny
192.0.2.:allow,RELAYCLIENT=""
2001:db8::/32:allow,RELAYCLIENT=""'
t 'its rules compile' compiles
is 'senders that are refused' "$(file badmailfrom)" '@bad.example
joe@worse.example'
is 'a text with a hash, and its words' "$(file defaultdelivery)" '|/usr/bin/procmail -d $USER # no comment'
is 'numbers, a name, the separator' "$(file databytes) $(file queuelifetime) $(file delaywarning) $(file helohost) $(file separators)" '20971520 172800 7200 out.example.org -'
is 'where it listens' "$(file listeners)" 'smtpd 192.0.2.25:25'
for w in 'table users mysql' 'filter check_rdns' 'proc-exec' 'warn-interval' 'unheard of 12' 'accept from any' 'filter rspamd' 'pneu-submission' 'auth <users>' \
    'nobody' '!tls' '*.wild.example' 'robot@virtual' 'tag X' 'open relay' 'cat /etc/ssl/private/mx.key /etc/ssl/mx.crt >'; do
	t "named as left: $w" sh -c 'grep "^left " "$1" | grep -qF -e "$2"' sh "$T/new.report" "$w"
done
is 'nothing is passed over' "$(grep -nE '^[a-z]' "$T/os/smtpd.conf" | cut -d: -f1 | while read -r n; do grep -q "smtpd.conf:$n:" "$T/new.report" || echo "$n"; done)" ''

# ---- --apply, and wrong use
mkdir "$T/etc"
echo mine >"$T/etc/me"
PNEU_ETC=$T/etc
PNEU_QUEUE=$T/etc
export PNEU_ETC PNEU_QUEUE
migrate exim "$T/exim" --apply
unset PNEU_ETC PNEU_QUEUE
is 'a file that is there stays' "$(cat "$T/etc/me")" mine
t 'and is named' grep -q "^kept .*$T/etc/me" "$T/out"
is 'the others are made' "$(cat "$T/etc/smtproutes")" "$(file smtproutes)"
is 'secrets stay secret' "$(stat -c %a "$T/etc/smtplogins")" 600
t 'the rules are compiled' test -s "$T/etc/rules.cdb"
migrate postfix "$T/nowhere"
is 'a directory that is not there' "$code" 111
sh scripts/migrate mmdf >/dev/null 2>&1
is 'a server that is not known' $? 100
finish
