# pneu-paths(7): each way is gone once, and the log has the lines that its picture shows
. tests/lib.sh
. tests/system/docs_lib.sh
for c in runsv tlswrapper openssl swaks curl; do
	command -v $c >/dev/null || skip_all "$c is needed"
done
runner_there() { host_run 'pneu-qctl status'; }
port() { host_run 'bash -c "exec 3<>/dev/tcp/127.0.0.1/$1"' "$1"; }
log() { host_run 'cat /var/log/pneu/*/current | sed "s/^[^ ]* //; s/^pneu-[a-z0-9]*: //"'; }

# shows HEADING: every log line of that picture is in the log; N is a number, ID a name, ... anything
pattern() { sed 's/[][\.*^$]/\\&/g; s/\\\.\\\.\\\./.*/g; s/\<ID\>/[0-9a-z][0-9a-z]*/g; s/\<N\>/[0-9][0-9]*/g'; }
lines_of() { awk -v h=".Ss $1" '/^\.Ss /{ on = $0 == h } on' man/pneu-paths.7 | sed -n 's/^[ |]*log: *//p' | grep -v '^none'; }
seen() { log >"$T/log"; grep -q "^$1" "$T/log"; }
shows() {
	lines_of "$1" >"$T/lines"
	t "$1: the picture has lines of the log" test -s "$T/lines"
	while read -r line; do
		t "$1: $line" wait_until 20 seen "$(printf '%s\n' "$line" | pattern)"
	done <"$T/lines"
}
swaks() { host_run 'swaks --silent 2 --server 192.0.2.1 "$@"' "$@" >/dev/null 2>&1; }

doc_begin
host_install >"$T/install.log" 2>&1 || sed 's/^/# /' "$T/install.log"
doc_runit
host_run 'mkdir -p /etc/pneu/lists /usr/local/bin; cd /etc/pneu
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out crt -days 2 -subj /CN=mail.example.org 2>/dev/null
	(umask 077; cat key crt >cert.pem)
	echo bob@example.com >lists/team
	printf "%s\n" "#!/bin/sh" "cat >/dev/null" >/usr/local/bin/tell && chmod 755 /usr/local/bin/tell
	printf "%s\n" "postmaster: root" "mailer-daemon: root" "team: ann, bob@example.net," " :include:/etc/pneu/lists/team" "robot: \"|/usr/local/bin/tell\"" >/etc/aliases
	echo ann@example.net >/home/ann/.forward; echo "joe@example.net" >/home/joe/.forward+away; chown ann: /home/ann/.forward; chown joe: /home/joe/.forward+away
	rm -f /home/ann/.forward
	printf "%s\n" "joe:$(openssl passwd -6 secret)" >passwords
	printf "%s\n" "example.net:192.0.2.25:2525" "example.com:192.0.2.25:2525" "lmtp.example:192.0.2.25:2526 lmtp" >smtproutes
	printf "%s\n" "192.0.2.1:allow,QMQPCLIENT=\"\"" "127.:allow,QMQPCLIENT=\"\"" :deny >qmqp.rules
	PATH=$PATH:/usr/local/lib/pneu
	pneu-tcprules qmqp.rules.cdb qmqp.rules.tmp <qmqp.rules
	pneu-setup --batch --me=mail.example.org --domains=example.org --root-mail-to=joe --supervisor=runit \
	    --services=pneu-send,pneu-smtpd,pneu-submissions,pneu-qmqpd,pneu-pop3s
	chgrp pneu passwords; chmod 640 passwords; pneu-newpw
	# the next hop takes everything but for nosuch
	mkdir -p /srv/hop && cd /srv/hop && echo hop.example >me && printf "%s\n" example.net example.com lmtp.example >rcpthosts && echo nosuch@example.net >badrcptto
	printf "%s\n" "#!/bin/sh" "exec cat >/dev/null" >take; chmod 755 take
	export PNEU_ETC=/srv/hop PNEU_FILTER=/srv/hop/take
	setsid pneu-tcpd 192.0.2.25:2525 -- pneu-smtpd >log 2>&1 </dev/null &' >"$T/setup.log" 2>&1
wait_until 20 runner_there
for p in 25 465 628 995; do wait_until 20 port $p; done

swaks --from bob@example.edu --to joe@example.org
shows 'From port 25 into a Maildir'
swaks --from bob@example.edu --to team@example.org
shows 'To an alias that is a list'
swaks --from bob@example.edu --to robot@example.org
shows 'To a program'
host_run 'echo hello | sendmail -f joe@example.org ann@example.net'
shows 'To another host'
host_run 'printf "Subject: x\r\n\r\nhello\r\n" | curl -sSk --url smtps://127.0.0.1 --user joe:secret --mail-from joe@example.org --mail-rcpt ann@example.org --upload-file -'
shows 'Submission with TLS'
host_run 'echo hello | sendmail -f joe@example.org nosuch@example.net'
shows 'A bounce'
swaks --from bob@example.edu --to joe+away@example.org
shows 'A forward to another host, with SRS'
host_run 'mkdir /srv/poor; echo poor.example >/srv/poor/me; echo 127.0.0.1 >/srv/poor/qmqpservers; cd /srv/poor
	printf "Subject: x\n\nhello\n" >message; printf "Fann@example.org\0Tjoe@example.org\0\0" >envelope; PNEU_ETC=/srv/poor /usr/local/lib/pneu/pneu-qmqpc <message 1<envelope'
shows 'From a host without a queue, by QMQP'
host_run 'curl -sSk --url pop3s://127.0.0.1/1 --user joe:secret' >"$T/first" 2>&1
t 'POP3 shows the first message' grep -q '^Received:' "$T/first"
shows 'Out of a Maildir, by POP3'

# a picture without a line of the log: the exit code is the answer
in_mailbox() { host_run 'grep -rqsx "Subject: $1" /home/joe/Maildir' "$1"; }
host_run 'printf "To: joe@example.org\nSubject: by-header\n\nhello\n" | sendmail -t &&
	printf "Subject: by-arguments\n\nhello\n" | sendmail joe@example.org &&
	printf "%s\r\n" "HELO x" "MAIL FROM:<ann@example.org>" "RCPT TO:<joe@example.org>" DATA "Subject: by-dialogue" "" hello . QUIT | sendmail -bs >/dev/null'
is 'A program on this host: its three ways are taken' "$?" 0
for way in header arguments dialogue; do
	t "A program on this host: by $way" wait_until 20 in_mailbox by-$way
done

host_run 'echo "192.0.2.1:allow,PNEU_FILTER=\"/usr/local/lib/pneu/pneu-milter\"" >/run/rules && cat /etc/pneu/rules >>/run/rules && cd /etc/pneu &&
	/usr/local/lib/pneu/pneu-tcprules rules.cdb rules.tmp </run/rules && echo unix:/run/milter >milters
	umask 0; python3 "$TOP/tests/program/milter_fake.py" unix:/run/milter /run/milter.log E=d >/run/milter.out 2>&1 &'
t 'Through milters: there is one' wait_until 20 host_run 'test -S /run/milter'
asked() { swaks --from bob@example.edu --to joe@example.org; host_run 'test -s /run/milter.log'; }
t 'and the new rules lead there, a second later' wait_until 20 asked
shows 'Through milters'
host_run 'cd /etc/pneu; rm milters; /usr/local/lib/pneu/pneu-tcprules rules.cdb rules.tmp <rules'

host_run 'mkdir -p /run/dovecot /run/lmtp; chmod 755 /run/dovecot; sed -i /^example.org/d /etc/pneu/locals; echo example.org:/run/dovecot/lmtp >>/etc/pneu/smtproutes
	(umask 0; python3 "$TOP/tests/program/smtpserver.py" /run/lmtp --lmtp --unix /run/dovecot/lmtp >/run/lmtp/out 2>&1 &)
	pneu-qctl reload'
t 'To Dovecot, by LMTP: there is one' wait_until 20 host_run 'test -S /run/dovecot/lmtp'
host_run ': >/var/log/pneu/pneu-send/current; printf "Subject: x\n\nhello\n" | sendmail ann@example.org'
shows 'To Dovecot, by LMTP'
t 'and it has got it' host_run 'grep -q data /run/lmtp/log'

# none is left out
is 'each picture was gone' "$(sed -n 's/^\.Ss //p' man/pneu-paths.7 | while read -r heading; do grep -qF -e "'$heading" tests/system/docs_paths.t || echo "$heading"; done)" ''
host_end
finish
