# the examples of the manual's pages: what they say to type is understood, and writes what they say
. tests/lib.sh
. tests/system/docs_lib.sh
for c in runsv tlswrapper openssl swaks curl jq tcpserver rblsmtpd cdb tai64nlocal mkpasswd; do
	command -v $c >/dev/null || skip_all "$c is needed"
done
id=1k0v9dmchasag823
port() { host_run 'bash -c "exec 3<>/dev/tcp/127.0.0.1/$1"' "$1"; }
runner_there() { host_run 'pneu-qctl status'; }

doc_begin mx.example.org
host_install >"$T/install.log" 2>&1 || sed 's/^/# /' "$T/install.log"
host_run 'pneu-setup --batch --me=mx.example.org --domains=example.org --root-mail-to=ann --supervisor=none; cd /etc/pneu &&
	echo 127.0.1.1 mx.example.org mx >>/etc/hosts &&
	openssl req -x509 -newkey rsa:2048 -nodes -keyout cert.pem -out crt -days 2 -subj /CN=mx.example.org 2>&1 && cat crt >>cert.pem; rm crt' >"$T/setup.log" 2>&1

# ---- while nothing runs: a message as pneu-queuefile(5) shows it, of which the sender has not been told
old_message() {
	sed -n '/^pneu1 [0-9]/,/^\.Ed/p' man/pneu-queuefile.5 | sed '/^\.Ed/d; s/^\\&//' >"$T/message"
	host_run 'cd /var/spool/pneu/msg/20 && '"$1"' "$T/message" >'$id' && chown pneuq:pneu '$id' && chmod 600 '$id' && TZ=UTC touch -d "2026-11-22 09:53:30" '$id
}
old_message cat
doc_exit() { case $1 in *'grep -v'*) echo 0 1 ;; *) echo 0 ;; esac; }
doc man/pneu-queuefile.5
old_message "sed '/^b1/d'"
doc man/pneu-bounce.8
is 'the bounce is what would be sent' "$(host_run 'grep -c "^To: <*ann@example.org\|^Final-Recipient: rfc822; nosuch@mx" "$1"' "$T/doc/003.out")" 2
old_message cat

# ---- listeners, each as long as it takes to see that it answers; nobody else is on their ports
doc_serves() { case $1 in tcpserver* | 'pneu-tcpd -'[cuU]* | PNEU_ETC=*pneu-start) return 0 ;; esac; return 1; }
doc_served() {
	case $1 in
	*:110*) port 110 ;;
	*:995*) port 995 ;;
	*2525*) port 2525 ;;
	*:587*) port 587 ;;
	*:465*) port 465 ;;
	*9325*) host_run 'curl -s http://127.0.0.1:9325/metrics | grep -q "^pneu_queue_messages"' ;;
	*pneu-start) host_run 'PNEU_QUEUE=/home/joe/pneu/queue pneu-qctl status' ;;
	*) port 25 ;;
	esac
}
doc_before() { case $1 in *tcpclient*) wait_until 20 port 2525 ;; esac; }
doc man/pneu-smtpd.8
doc man/pneu-popup.8
doc man/pneu-tcpd.8
host_run 'pkill -u joe pneu-tcpd'
doc man/pneu-start.8
host_run 'rm -rf /home/joe/pneu; mkdir -p /var/lib/prometheus/node-exporter'
doc man/pneu-qstat.8
t 'the numbers are in the file' host_run 'grep -q "^pneu_queue_messages{state=\"live\"} 1" /var/lib/prometheus/node-exporter/pneu.prom'
doc_serves() { return 1; }
doc man/pneu.7
t 'the message of pneu(7) is on the disk' host_run 'test "$(find /home/joe/pneu/queue/msg /var/spool/pneu/msg -type f | wc -l)" -ge 1'

# ---- with everything running
doc_runit
host_run 'cd /etc/pneu && rm -f cert.pem && pneu-setup --batch --supervisor=runit >/dev/null 2>&1'
wait_until 20 runner_there
wait_until 20 port 25
doc man/pneu-queue.8
host_run 'usermod -c "Joe Smith" joe'
doc_sed='s/Sun, 22 Nov 2026 08:19:00 +0000/.../; s/1k0v78bqdt5aeq/.../'
doc man/pneu-inject.8
host_run 'printf "To: ann@example.net\nSubject: letter\n\nhello\n" >/home/joe/letter'
doc_exit() { case $1 in *--wait*) echo 69 75 ;; *) echo 0 ;; esac; }
doc man/pneu-sendmail.8
doc_exit() { echo 0; }
doc man/pneu-passwords.5
host_run 'rm -f /etc/pneu/passwords; mkdir -p /etc/postfix /etc/exim4; cd /etc/postfix; rm -f main.cf
	for n in $(seq 41); do
		case $n in
		26) echo "myhostname = mail.example.org" ;;
		30) echo "relayhost = [smtp.example.com]:587" ;;
		41) echo "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, reject_rbl_client zen.example" ;;
		*) echo "#" ;;
		esac
	done >main.cf'
doc_exit() { echo 1; }
doc man/pneu-migrate.8
doc_exit() { echo 0; }
doc man/pneu-dnsq.1
doc man/pneu-getpw.8
doc man/pneu-listen.8
host_run 'rm -f /etc/pneu/listeners'
doc man/pneu-tcprules.1
doc man/pneu-qmqpd.8
doc man/pneu-qmqpc.8
doc man/pneu-milter.8
doc man/pneu-tlsclient.7
doc man/pneu-srs.5
t 'there is a secret, for three to read' host_run 'test "$(stat -c %a:%G /etc/pneu/srssecret)" = 640:pneu'
doc man/pneu-record.8
doc man/pneu-newaliases.8
host_run 'printf "%s\n" "=joe:joe:$(id -u joe):$(id -g joe):/home/joe:::" . >/etc/pneu/users'
doc man/pneu-newu.8
# a person at the terminal types the password
host_run 'printf "%s\n" "#!/bin/sh" "exec /usr/bin/mkpasswd \"open sesame\"" >/run/doc.bin/mkpasswd; chmod 755 /run/doc.bin/mkpasswd'
doc man/pneu-newpw.8
host_run 'sed -n "s/^ann@example.org:/ann:/p" /etc/pneu/passwords >/run/ann; cat /run/ann >>/etc/pneu/passwords; /usr/local/lib/pneu/pneu-newpw'
doc man/pneu-checkpw.8
host_run 'mkdir -p /home/joe/Maildir/new && chown -R joe: /home/joe/Maildir'
doc man/pneu-pop3d.8
host_run 'echo 100 >/etc/pneu/concurrencyremote'
doc_sed='s/last 2026-11-22 09:15:02/.../'
doc_exit() { case $1 in *--check*) echo 0 ;; *) echo 0 ;; esac; }
host_run 'chmod 755 /usr/local/lib/pneu/pneu-queue; mv /etc/pneu/rcpthosts /etc/pneu/rcpthost; rm -f /etc/pneu/milters /etc/pneu/qmqp*; pneu-qctl reload >/dev/null'
doc man/pneu-showctl.8
host_run 'chmod 4711 /usr/local/lib/pneu/pneu-queue; mv /etc/pneu/rcpthost /etc/pneu/rcpthosts'

# messages that wait, and a session that was refused
host_run 'echo :127.0.0.1:1 >/etc/pneu/smtproutes; pneu-qctl reload >/dev/null
	swaks --silent 3 --server 192.0.2.1 --from bob@example.edu --to nosuch@example.org
	for to in bob@example.com sue@example.cmo zoe@example.net; do printf "Subject: x\n\nhello\n" | sendmail -f ann@example.org $to; done'
waits() { host_run 'test "$(pneu-qread -q state=waiting | wc -l)" -ge 3'; }
wait_until 30 waits
doc_exit() {
	case $1 in
	pneu-top* | *journalctl* | *'trace -j'*) echo 0 1 ;;
	*) echo 0 ;;
	esac
}
session=$(host_run 'sed -n "s/.*pneu-smtpd: \([0-9a-z]*\) refused .*/\1/p" /var/log/pneu/pneu-smtpd/current | tail -n 1')
doc_sed="s/1k0vxjtnhf11gb/$session/"
doc man/pneu-trace.1
t 'the trace says why' grep -q '550 5.1.1' "$T/doc/001.out"
doc man/pneu-qread.8
doc man/pneu-top.1
doc man/pneu-qctl.8
is 'the typing error is mended' "$(host_run 'pneu-qread to=@example.com | grep -c sue@example.com')" 1
host_run 'tai64n <"$T/setup.log" >/root/current; printf "@400000006741a3f40eb6c63c new msg '$id'\n" >>/root/current'
doc man/pneu-send.8
host_run 'RECORD=/home/joe/ setsid pneu-tcpd 127.0.0.1:2525 -u joe -- pneu-record pneu-smtpd >/dev/null 2>&1 </dev/null & echo' >/dev/null
host_run 'export PATH=$PATH:/usr/local/lib/pneu; RECORD=/home/joe setsid pneu-tcpd -u pneud 127.0.0.1:2525 -- env RECORD=/tmp pneu-record pneu-smtpd >"$T/record.log" 2>&1 </dev/null &'
wait_until 20 port 2525
record=$(host_run 'swaks --silent 3 --server 127.0.0.1:2525 --from bob@example.edu --to joe@example.org; cd /tmp && for f in [0-9]*; do [ ! -s "$f" ] || grep -qa RCPT "$f" && r=$f; done; cp "$r" /home/joe/ && chown joe "/home/joe/$r" && echo "$r"')
doc_sed="s/1k0v9dmchas3v4/$record/"
doc man/pneu-replay.8
doc_cd=$HOST_TOP
doc man/pneu-habits.7
t 'postsuper is there' host_run 'test -x /usr/local/sbin/postsuper'

# ---- where does mail go: with an alias file whose lines are those of the page
host_run 'for n in $(seq 11); do echo "#"; done >/etc/aliases
	echo "postmaster: root" >>/etc/aliases; for n in $(seq 18); do echo "#"; done >>/etc/aliases; echo "root: ann" >>/etc/aliases
	newaliases >/dev/null; printf "#\nann@example.net\n" >/home/ann/.forward; chown ann: /home/ann/.forward; rm -f /etc/pneu/smtproutes
	printf "%s\n" "192.0.2.:allow,DATABYTES=\"10000000\"" :allow >/etc/pneu/rules
	cd /etc/pneu && /usr/local/lib/pneu/pneu-tcprules rules.cdb rules.tmp <rules
	echo joe@example.org >/home/joe/names; pneu-qctl reload'
doc_sed="s/uid: 1000/uid: $(host_run 'id -u ann')/; s/gid: 1000/gid: $(host_run 'id -g ann')/"
doc_sed="$doc_sed; s/\[1k0vxjtnhf11gb\]/[...]/"
doc_exit() { case $1 in *--from*) echo 67 ;; *) echo 0 ;; esac; }
doc man/pneu-explain.1
doc_exit() { echo 0; }

# ---- the settings of pneu-control(5), which the runner and who checks them understand
doc man/pneu-control.5
host_run 'chown pneur /etc/pneu/smtplogins; chmod 600 /etc/pneu/smtplogins'
t 'the runner understands these settings' host_run 'pneu-qctl reload && ! grep -q "warning: .*control/" /var/log/pneu/pneu-send/current'
is 'and nothing is wrong with them' "$(host_run 'pneu-showctl --check | grep "^wrong *settings"')" ''

# ---- pneu-setup(8) and pneu-supervise(7), of a host that is set up already
host_run 'echo secret >/root/relay.password; rm -f /etc/pneu/smtp*; printf "%s\n" "dc_eximconfig_configtype=\"internet\"" "dc_other_hostnames=\"example.org\"" >/etc/exim4/update-exim4.conf.conf
	mkdir -p /var/lib/pneu/services; rm -rf /etc/service/pneu-send'
doc_exit() { case $1 in pneu-setup* | pneu-migrate*) echo 0 1 ;; *) echo 0 ;; esac; }
doc man/pneu-setup.8
host_run 'rm -rf /etc/service/pneu-send'
doc man/pneu-supervise.7
host_end
finish
