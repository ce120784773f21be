# callers: Debian's programs that send mail, unmodified, on a host that "make install" and pneu-setup have made; and none does when pneu
# has been taken away again
. tests/lib.sh
. tests/system/host.sh
debs=${PNEU_SERVERS:-/var/lib/pneu-tests}/callers
[ -s "$debs/alone/mdadm.deb" ] || skip_all 'needs the packages that "sh tests/callers", as root, fetches'
for c in svscan mutt s-nail git procmail mlmmj-make-ml dpkg; do
	command -v $c >/dev/null || skip_all "needs $c"
done
host_begin mail.example.org
host_run 'grep -q "^[^ ]* / overlay " /proc/mounts' || skip_all 'a host whose / is no overlay, where packages cannot be installed'
R=/proc/$host_pid/root

# ---- a host without a mail server, and then with one
host_run '
printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
dpkg-query -W -f "\${Status}|\${Package}|\${Provides}\n" | sed -n "s/^[a-z]* ok installed|\([^|]*\)|.*mail-transport-agent.*/\1/p" |
	xargs -r dpkg --force-all --purge
rm -f /usr/sbin/sendmail /usr/lib/sendmail /usr/bin/mailq /usr/bin/newaliases
useradd -m -k /nonexistent -s /bin/sh -c "Ann O. Nym,,," ann
for u in bob carl; do useradd -m -k /nonexistent -s /bin/sh -c "$u" $u; done
echo ann:secret | chpasswd
mkdir -p /etc/service
printf "postmaster: root\nroot: carl\nwww-data: carl\n" >/etc/aliases' >"$T/log" 2>&1
t 'make install' host_install
t 'pneu-setup, unattended' host_run 'svscan /etc/service >"$T/svscan.log" 2>&1 &
pneu-setup --batch --supervisor=daemontools --services=pneu-send,pneu-smtpd,pneu-pop3 --defaultdelivery=./Maildir/'
is 'apt knows that there is a mail server' "$(host_run 'dpkg-query -W -f "\${Provides}" pneu-mta')" 'mail-transport-agent, default-mta'
# what cron wants ready before it is unpacked comes first
host_run 'debs=$1
set -- --force-unsafe-io --force-confold --path-exclude="/usr/share/man/*" --path-exclude="/usr/share/doc/*" --path-exclude="/usr/share/locale/*"
export DEBIAN_FRONTEND=noninteractive
for d in "$debs"/cron-daemon-common_*.deb; do    # none where there is a cron already
	[ ! -e "$d" ] || dpkg "$@" -i "$d" || exit
done
dpkg "$@" -i "$debs"/*.deb' "$debs" >"$T/dpkg.log" 2>&1 </dev/null
is 'Debian installs programs that want a mail server' $? 0
sed -n '/^Errors/,$s/^/# /p' "$T/dpkg.log"
t 'and apt finds nothing missing' host_run 'apt-get check'

# ---- what arrives
mail_of() { grep -rlE "^Subject: .*$2" "$R/home/$1/Maildir/new" 2>/dev/null | head -n 1; }
mail() { file=$(mail_of "$1" "$2"); [ -n "$file" ] && cat "$file"; }
has_mail() { [ -n "$(mail_of "$1" "$2")" ]; }
arrives() {
	wait_until 30 has_mail "$1" "$2" && return
	cat "$T/out"
	tail -n 15 "$R/var/log/pneu/pneu-send/current"
	return 1
}
head_of() { mail "$1" "$2" | sed '/^$/q'; }
field() { head_of "$1" "$2" | sed -n "s/^$3: //p" | head -n 1; }
# comes PROGRAM SUBJECT USER SENDER AUTHOR: to that user, and all that makes it a message is there once
comes() {
	t "$1: its mail arrives" arrives "$3" "$2"
	is "$1: from whom" "$(field "$3" "$2" Return-Path) $(field "$3" "$2" From)" "<$4> $5"
	is "$1: with one Date, From and Message-ID, and no Bcc" "$(head_of "$3" "$2" | sed -nE 's/^(date|from|message-id|bcc):.*/\1/pI' |
	    tr A-Z a-z | sort | tr '\n' ' ')" 'date from message-id '
}
# by USER COMMAND: as typed by that user
by() { host_run 'exec timeout 60 su "$1" -s /bin/sh -c "cd; $2"' "$@" >"$T/out" 2>&1 </dev/null; }
ann='"Ann O. Nym" <ann@mail.example.org>'

# ---- pneu's own
by ann 'printf "Subject: sendmail says\n\nhello\n" | sendmail --wait=60 bob'
is 'sendmail --wait: it has been delivered' $? 0
comes sendmail 'sendmail says' bob ann@mail.example.org "$ann"
by ann 'printf "Subject: nobody hears\n\nhello\n" | sendmail --wait=60 -N never nobody.here'
is 'sendmail --wait: it has failed' "$? $(grep -c nobody.here "$T/out")" '69 1'

# ---- cron and at
host_run 'printf "MAILTO=ann,bob@mail.example.org\n@reboot echo hello of a job; echo .; echo its end\n" | crontab -u ann -
printf "@reboot root echo that of the system\n" >/etc/cron.d/test
cron -f >"$T/cron.log" 2>&1 &
atd -f >"$T/atd.log" 2>&1 &' >"$T/out" 2>&1
comes cron 'Cron <ann@mail> echo hello' ann ann@mail.example.org 'root@mail.example.org (Cron Daemon)'
t 'cron: MAILTO is a list' arrives bob 'Cron <ann@mail>'
is 'cron: all of what the job said' "$(mail bob 'Cron <ann@mail>' | sed '1,/^$/d')" 'hello of a job
.
its end'
comes 'cron of root' 'Cron <root@mail> echo that' carl root@mail.example.org 'root@mail.example.org (Cron Daemon)'
wait_until 20 test -e "$R/run/atd.pid"
by ann 'echo "echo from at" | at now'
comes at 'Output from your job' ann ann@mail.example.org "$ann"

# ---- mail programs
by ann 'echo "of mailx" | bsd-mailx -s "bsd-mailx says" -c carl -b bob ann'
comes bsd-mailx 'bsd-mailx says' ann ann@mail.example.org "$ann"
t 'bsd-mailx: its copy' arrives carl 'bsd-mailx says'
t 'bsd-mailx: its blind copy' arrives bob 'bsd-mailx says'
by ann 'echo "of mailutils" | mail.mailutils -s "mailutils says" -a "Bcc: bob" ann'
comes mailutils 'mailutils says' ann ann@mail.example.org "$ann"
t 'mailutils: its blind copy' arrives bob 'mailutils says'
by ann 'echo "of mutt" | mutt -s "mutt says" -b bob -a /etc/hostname -- ann'
comes mutt 'mutt says' ann ann@mail.example.org "$ann"
t 'mutt: its blind copy' arrives bob 'mutt says'
by ann 'printf "of s-nail\n.\nthe end\n" | s-nail -s "s-nail says" -b bob -r ann.nym@example.org ann'
comes s-nail 's-nail says' ann ann.nym@example.org ann.nym@example.org
is 's-nail: a dot ends nothing' "$(mail bob 's-nail says' | tail -n 2)" '.
the end'
by ann 'git init -q repo && cd repo && git config user.name "Ann O. Nym" && git config user.email ann@mail.example.org &&
echo x >x && git add x && git commit -qm "git says" && git format-patch -q --root &&
git send-email --quiet --confirm=never --to bob --cc ann@mail.example.org --bcc carl --envelope-sender=bounce@mail.example.org 0001*'
comes 'git send-email' 'git says' ann bounce@mail.example.org "$ann"
t 'git send-email: its blind copy' arrives carl 'git says'
by www-data 'php -r '\''exit((int)!mail("ann", "php says", "of php\n.\nthe end\n", "From: Shop <shop@example.org>\r\nCc: bob\r\nBcc: carl"));'\'
is 'php: mail() says true' $? 0
comes php 'php says' ann www-data@mail.example.org 'Shop <shop@example.org>'
t 'php: its blind copy' arrives carl 'php says'
is 'php: lines end as they should' "$(mail carl 'php says' | grep -c "$(printf '\r')")" 0

# ---- what watches the host
host_run 'echo "of smartd" | /usr/share/smartmontools/smartd-runner -s "SMART error (EmailTest) detected on host: mail" root' >"$T/out" 2>&1
comes smartd 'SMART error' carl root@mail.example.org 'root <root@mail.example.org>'
host_run 'cd "$T" && dpkg-deb -x "$1/alone/mdadm.deb" mdadm && timeout 60 mdadm/sbin/mdadm --monitor --test --oneshot --mail root /dev/md0' "$debs" >"$T/out" 2>&1
comes mdadm 'TestMessage event on /dev/md0' carl root@mail.example.org 'mdadm monitoring <root@mail.example.org>'
host_run 'timeout 60 logwatch --output mail --mailto root --service zz-sys --range today' >"$T/out" 2>&1
comes logwatch 'Logwatch for mail' carl root@mail.example.org root@mail.example.org
by ann 'echo secret | sudo -S id'
comes sudo 'SECURITY information' carl ann@mail.example.org ann@mail.example.org

# ---- programs that mail goes through
by bob 'printf "%sbob, \"|/usr/bin/vacation bob\"\n" \\ >.forward; printf "From: bob\nSubject: away, \$SUBJECT\n\nback on Monday\n" >.vacation.msg; vacation -I'
by ann 'echo hello | bsd-mailx -s "are you there" bob'
comes vacation 'away, are you there' ann bob@mail.example.org bob@mail.example.org
by carl 'printf "|/usr/bin/procmail\n" >.qmail-sorted; printf ":0\n* ^Subject: pass it on\n! ann\n" >.procmailrc'
by bob 'echo hello | bsd-mailx -s "pass it on" carl-sorted'
comes procmail 'pass it on' ann carl@mail.example.org 'bob <bob@mail.example.org>'
host_run 'mkdir -p /var/spool/mlmmj && printf "mail.example.org\nroot\nen\nn\nn\n" | mlmmj-make-ml -L talk -s /var/spool/mlmmj &&
chown -R alias: /var/spool/mlmmj && echo "talk: \"|/usr/bin/mlmmj-receive -L /var/spool/mlmmj/talk/\"" >>/etc/aliases && newaliases &&
for u in ann bob; do su alias -s /bin/sh -c "/usr/bin/mlmmj-sub -L /var/spool/mlmmj/talk -a $u@mail.example.org -s -f"; done' >"$T/out" 2>&1
by ann 'echo "to all" | bsd-mailx -s "mlmmj says" talk@mail.example.org'
comes mlmmj 'mlmmj says' bob talk+bounces-1-bob=mail.example.org@mail.example.org "$ann"

# ---- programs that fetch mail
echo 1 >"$R/etc/pneu/systempasswords"
by bob 'umask 077; echo "poll localhost proto pop3 user ann pass secret is carl here sslproto \"\"" >.fetchmailrc; fetchmail --nosyslog -N -a -k'
has_fetched() { [ "$(grep -rl "$1" "$R/home/carl/Maildir/new" | grep -c .)" -ge 5 ]; }
t 'fetchmail gets mail over POP3 and hands it to port 25' wait_until 30 has_fetched 'with POP3 (fetchmail'
by bob 'mkdir -m 700 .getmail; cat >.getmail/getmailrc <<END
[retriever]
type = SimplePOP3Retriever
server = 127.0.0.1
username = ann
password = secret
[destination]
type = MDA_external
path = /usr/sbin/sendmail
arguments = ("-i", "-f", "%(sender)", "carl")
END
getmail'
is 'getmail is content' $? 0
t 'getmail gets mail over POP3 and hands it to sendmail' wait_until 30 has_fetched 'getmail6 msgid:'

# ---- and away again
empty() { host_run mailq | grep -qx 'Mail queue is empty'; }
t 'all has been delivered' wait_until 30 empty
host_run 'pneu-setup --uninstall' >"$T/out" 2>&1 </dev/null
is 'what the packages need is kept' "$(grep '^kept: the package' "$T/out" | cut -d, -f1)" 'kept: the package pneu-mta'
t 'sendmail is gone' host_run 'for f in /usr/sbin/sendmail /usr/lib/sendmail /usr/bin/mailq /usr/bin/newaliases; do [ ! -e $f ] && [ ! -h $f ] || exit 1; done'
by ann 'echo hello | bsd-mailx -s "too late" bob'
t 'and mail programs say so' grep -q sendmail "$T/out"
t 'apt is still content, until the package is taken away by hand' host_run 'apt-get check && dpkg --force-depends --purge pneu-mta && ! apt-get check'
finish
