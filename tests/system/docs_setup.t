# the pages of the set-ups: what they say to type is typed on a host of its own, and mail goes where they say
. tests/lib.sh
. tests/system/docs_lib.sh
for c in runsv tlswrapper openssl curl swaks dovecot opendkim rspamd doveadm mkpasswd; do
	command -v $c >/dev/null || [ -x /usr/sbin/$c ] || skip_all "$c is needed"
done

# a host with pneu installed and runit running, as on the day before pneu-setup
ready() {
	doc_begin "$1"
	host_install >"$T/install.log" 2>&1 || sed 's/^/# /' "$T/install.log"
	doc_runit
}
answers() { host_run 'exec 3<>/dev/null; printf "QUIT\r\n" | timeout 5 openssl s_client -quiet -connect "$1" >/dev/null 2>&1 || bash -c "exec 3<>/dev/tcp/\${1%:*}/\${1##*:}" bash "$1"' "$1"; }
runner_there() { host_run 'pneu-qctl status'; }
got() { host_run 'cat "$1"/* 2>/dev/null | grep -q -e "$2"' "$@"; }
# accepts a message, in SMTP, as a stranger does; says the last reply
stranger() { host_run 'swaks --silent 2 --server 192.0.2.1 --from bob@example.edu --to "$1" 2>&1 | tail -n 1' "$1"; }
doc_exit() {
	case $1 in
	*--check) echo 0 1 ;;
	'pneu-explain --from'*nobody*) echo 67 ;;
	*GTUBE*) echo 26 ;;                     # swaks: refused after the data
	curl*ann:*from\ joe@*) echo 55 ;;       # curl: sending failed
	*) echo 0 ;;
	esac
}
doc_before() {
	case $1 in
	*sendmail* | *qctl* | 'cat me'* | *swaks* | curl*) wait_until 20 runner_there ;;
	esac
	case $1 in
	*'pneu-setup '*) ;;
	*swaks*) wait_until 20 answers 192.0.2.1:25; wait_until 30 answers 127.0.0.1:11332; wait_until 20 answers 127.0.0.1:8891 ;;
	curl*) wait_until 20 answers 192.0.2.1:587; wait_until 20 answers 192.0.2.1:465 ;;
	esac
}

# ---- a null client, and the host that takes its mail, at first without, then with a login
ready laptop.example.org
host_run 'mkdir /srv/there /srv/there/mail && cd /srv/there || exit
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out crt -days 2 -subj /CN=mail.example.org \
	    -addext subjectAltName=DNS:mail.example.org 2>/dev/null || exit
	cp crt "/etc/ssl/certs/$(openssl x509 -hash -noout -in crt).0"
	cat key crt >pem
	echo mail.example.org >me
	echo "joe@example.org:$(openssl passwd -6 "THE PASSWORD")" >passwords
	export PNEU_ETC=/srv/there PNEU_FILTER=/srv/there/take RELAYCLIENT= PATH="$PATH:$B"
	pneu-newpw || exit
	printf "%s\n" "#!/bin/sh" "cat >/srv/there/mail/\$\$.new && mv /srv/there/mail/\$\$.new /srv/there/mail/\$PNEU_PROTOCOL.\$\$" >take
	chmod 755 take
	setsid pneu-tcpd 192.0.2.25:25 -- pneu-smtpd >log 2>&1 </dev/null &
	SUBMISSION=1 setsid pneu-tcpd 192.0.2.25:587 -- tlswrapper -n -f pem pneu-smtpd pneu-checkpw true >>log 2>&1 </dev/null &'
wait_until 20 answers 192.0.2.25:25
wait_until 20 answers 192.0.2.25:587
doc man/pneu-setup-null.7
t 'what a null client sends is there, with its login' wait_until 20 got /srv/there/mail 'with ESMTPSA id'
host_run '/usr/local/lib/pneu/pneu-inject root </dev/null'
t 'so is mail to root' wait_until 20 got /srv/there/mail '^To: root@example.org\|for root@\|root'
is 'and nobody listens' "$(host_run 'ss -Hltn "sport = :25" src 192.0.2.1; ss -Hltn "sport = :25" src 0.0.0.0')" ''
host_end

# ---- a server with domains; then what is added to one
ready mail.example.org
doc man/pneu-setup-domains.7
t 'the mailbox without an account has the mail' wait_until 20 got /var/vmail/ann/Maildir/new '^Subject: test'
is 'a stranger may write to it' "$(stranger bob@example.com)" ''
t 'and does' wait_until 20 got /var/vmail/bob/Maildir/new '^Delivered-To: '
stranger sales@example.net >/dev/null
t 'the name of a virtual domain is joe' wait_until 20 got /home/joe/Maildir/new '^Delivered-To: .*sales@example.net'
stranger ann@example.org >/dev/null
t 'the account has mail' wait_until 20 got /home/ann/Maildir/new '^From: '

host_run 'mkdir -p /etc/letsencrypt/live/mail.example.org && cd /etc/letsencrypt/live/mail.example.org &&
	openssl req -x509 -newkey rsa:2048 -nodes -keyout privkey.pem -out fullchain.pem -days 2 -subj /CN=mail.example.org \
	    -addext subjectAltName=DNS:mail.example.org 2>/dev/null && cat fullchain.pem >>/etc/ssl/certs/ca-certificates.crt'
doc man/pneu-setup-submission.7
t 'what ann sent is with joe' wait_until 20 got /home/joe/Maildir/new 'with ESMTPSA id'
twice() { host_run '[ "$(grep -l "with ESMTPSA" /home/joe/Maildir/new/* | wc -l)" -ge 2 ]'; }
wait_until 20 twice
is 'twice, not thrice' "$(host_run 'grep -l "with ESMTPSA" /home/joe/Maildir/new/* | wc -l' | tr -d ' ')" 2

# rspamd compiles 9000 top level domains at each start
host_run 'mkdir -p /etc/rspamd/local.d && printf "%s\n" com edu org >/etc/rspamd/tld &&
	printf "disable_hyperscan = true;\nurl_tld = \"/etc/rspamd/tld\";\n" >/etc/rspamd/local.d/options.inc'
doc man/pneu-setup-filter.7
stranger joe@example.org >/dev/null
t 'a stranger is not signed' wait_until 20 host_run 'for f in /home/joe/Maildir/new/*; do grep -q "^From: bob@example.edu" $f && ! grep -q "^DKIM-Sig" $f && grep -qi "^X-Spam\|^Received" $f && exit 0; done; exit 1'
host_end

# ---- a server whose mailboxes Dovecot has; Debian makes it the certificate when ssl-cert is there
ready mail.example.org
host_run 'pneu-setup --me=mail.example.org --root-mail-to=joe && install -d /etc/dovecot/private &&
	openssl req -x509 -newkey rsa:2048 -nodes -keyout /etc/dovecot/private/dovecot.key -out /etc/dovecot/private/dovecot.pem -days 2 \
	    -subj /CN=mail.example.org 2>&1' >"$T/setup.log" || sed 's/^/# /' "$T/setup.log"
doc man/pneu-setup-lmtp.7
stranger bob@example.net >/dev/null
t 'Dovecot has the mail of a stranger' wait_until 20 host_run 'doveadm fetch -u bob@example.net hdr.from all | grep -q bob@example.edu'

host_end
finish
