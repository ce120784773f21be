# pneu-setup on a host of its own: set up, again, changed, and taken away; the host is then what it was
. tests/lib.sh
. tests/system/host.sh
host_begin mail.example.org

# Debian's mail packages of this machine, if it has any, do not matter here: those of this test are its own
host_run '
dpkg --purge --force-all $(dpkg-query -W -f "\${Package} \${Provides} \${Depends} \${Recommends} \n" | awk "/mail-transport-agent/ || /^(exim4|postfix|sendmail|opensmtpd|nullmailer)/ { print \$1 }")
rm -f /etc/rc?.d/[SK]??exim4 /etc/rc?.d/[SK]??postfix /etc/rc?.d/[SK]??sendmail /etc/aliases /etc/mailer.conf
rm -f /usr/sbin/sendmail /usr/lib/sendmail /usr/bin/mailq /usr/bin/newaliases
rm -rf /etc/service /etc/sv/pneu-*
userdel alias; groupdel alias
mkdir -p /etc/service
:' >/dev/null 2>&1

# everything that may be changed: names, modes, owners, sums; not the times, nor backups that the tools for accounts keep
cat >"$T/listing" <<'END'
for d in /etc /usr/bin /usr/sbin /usr/lib /usr/local /var/lib /var/spool /var/log /home; do
	find $d -maxdepth 1 -printf '%p %M %U %G %l\n'
done
find /usr/local /etc/service /etc/sv /etc/systemd /etc/alternatives /var/spool/pneu /var/lib/pneu /var/log/pneu -printf '%p %M %U %G %l\n' 2>/dev/null
find /etc -maxdepth 1 -type f -exec cksum {} +
dpkg-divert --list
dpkg -l | grep 'mail\|exim\|postfix\|pneu'
END
listing() {
	host_run '. "$T/listing"' 2>/dev/null | grep -v '/etc/\(passwd\|group\|shadow\|gshadow\|subuid\|subgid\)-\|/etc/.pwd.lock\|^[0-9 ]*/etc/mtab' | LC_ALL=C sort -u
}
# a program that stands for pneu-sendmail where that is not built
bare() { host_run 'test -x /usr/local/lib/pneu/pneu-sendmail || { cp /bin/true /usr/local/lib/pneu/pneu-sendmail && echo "f /usr/local/lib/pneu/pneu-sendmail" >>/usr/local/lib/pneu/installed; }'; }
setup() { host_run 'pneu-setup "$@"' "$@" >"$T/out" 2>&1 </dev/null; code=$?; }
said() { grep -qF -e "$1" "$T/out"; }
inside() { host_run "$@" 2>&1; }

listing >"$T/before"
t 'make install works' host_install
bare
listing >"$T/installed"
# what it made, to have it again quickly
inside 'find /usr/local/lib/pneu /usr/local/bin /usr/local/sbin /usr/local/share /etc/pneu /var/spool/pneu -newer "$T/listing" >"$T/made"
	tar -C / -cf "$T/installed.tar" -T "$T/made" --no-recursion' >/dev/null
again() { inside 'tar -C / -xpf "$T/installed.tar"'; }

# ---- wrong use changes nothing
for o in --me=-x --relay-login=joe --null-client --supervisor=init --services=imap --nonsense '--replace --beside'; do
	setup --batch $o
	is "wrong use: $o" $code 100
done
setup --uninstall
is 'nothing to take away yet' $code 100
setup --batch --dry-run --supervisor=daemontools
is 'a dry run succeeds' $code 0
t 'and says what it would do' said 'would: useradd'
listing >"$T/now"
is 'and changes nothing' "$(diff "$T/installed" "$T/now")" ''

# ---- a first set-up, under daemontools
host_run 'svscan /etc/service >/dev/null 2>&1 9>&- &'
setup --batch --supervisor=daemontools --domains=example.org,example.net --root-mail-to=nobody@example.com
is 'it is set up' $code 0
is 'and all is well, says pneu-showctl' "$(grep '^wrong' "$T/out")" ''
is 'nothing is left to do' "$(sed -n '/left to do/,$p' "$T/out" | grep -v 'without TLS\|left to do')" ''
is 'its name' "$(inside 'cat /etc/pneu/me')" mail.example.org
is 'its domains' "$(inside 'cat /etc/pneu/locals; cmp /etc/pneu/locals /etc/pneu/rcpthosts')" 'mail.example.org
localhost
example.org
example.net'
is "root's mail has a reader" "$(inside 'grep ^root: /etc/aliases')" 'root:           nobody@example.com'
is 'accounts of their own' "$(inside 'for u in pneuq pneur pneud pneul alias; do id -u $u; done | sort -u | wc -l; id -gn pneul; stat -c "%U %a" /var/lib/pneu/alias')" '5
pneu
alias 755'
is 'pneu-queue is setuid to pneuq' "$(inside 'stat -c "%U %a" /usr/local/lib/pneu/pneu-queue')" 'pneuq 4711'
is 'the queue is his' "$(inside 'find /var/spool/pneu ! -user pneuq')" ''
for n in /usr/sbin/sendmail /usr/lib/sendmail /usr/bin/mailq /usr/bin/newaliases; do
	is "$n is ours" "$(inside 'readlink $1; dpkg-divert --truename $1' "$n")" "/usr/local/lib/pneu/pneu-sendmail
$n.distrib"
done
is 'apt knows that there is a mail server' "$(inside 'dpkg-query -W -f "\${Status} \${Provides}" pneu-mta')" 'install ok installed mail-transport-agent, default-mta'
t 'the port answers' inside 'python3 -c "import smtplib; smtplib.SMTP(\"127.0.0.1\", 25).sendmail(\"x@example.com\", \"alias@example.org\", \"Subject: hi\n\nhi\n\")"'
t 'and mail arrives' wait_until 20 inside 'ls /var/lib/pneu/alias/Maildir/new/* || ls ~alias/Maildir/new/*'
t 'logs are written by pneul' wait_until 20 inside 'test -s /var/log/pneu/pneu-send/current && test "$(stat -c %U /var/log/pneu/pneu-send/current)" = pneul'

# ---- again
listing >"$T/one"
setup --batch --supervisor=daemontools
is 'a second time succeeds' $code 0
t 'and says that there is nothing to do' said 'nothing to change'
listing | grep -v "Maildir\|/supervise/\|/var/spool/pneu/\|/var/log/pneu/" >"$T/two"
is 'which is so' "$(grep -v "Maildir\|/supervise/\|/var/spool/pneu/\|/var/log/pneu/" "$T/one" | diff - "$T/two")" ''
setup --batch --supervisor=daemontools --me=other.example.org --relay=smtp.example.com
is 'other wishes, later' "$(inside 'cat /etc/pneu/me')" mail.example.org
t 'do not change what is there, and it says so' said '--me=other.example.org was not used'
is 'what was not there is made' "$(inside 'cat /etc/pneu/smtproutes')" :smtp.example.com

# ---- away again, with mail that waits, and a setting that somebody changed
inside 'pneu-qctl hold all >/dev/null 2>&1; printf "Fx@example.com\0Tjoe@elsewhere.example\0\0" >/tmp/e; echo hi | /usr/local/lib/pneu/pneu-queue 1</tmp/e' >/dev/null
setup --uninstall
is 'with mail in the queue it does not go' $code 100
t 'and says what can be done' said 'messages wait in /var/spool/pneu; nothing was changed'
t 'all is there' inside 'test -S /var/spool/pneu/ctl && test -x /usr/local/lib/pneu/pneu-send && test -e /usr/sbin/sendmail'
inside 'echo 5 >>/etc/pneu/locals'
setup --uninstall --keep-queue
is 'it goes, and says that something stays' $code 1
t 'the mail' said 'kept: 1 messages in /var/spool/pneu'
t 'the changed setting' said 'kept: /etc/pneu/locals, because somebody changed it'
t 'the logs' said 'kept: /var/log/pneu'
is 'the mail is still there' "$(inside 'find /var/spool/pneu/msg /var/spool/pneu/hold -type f | wc -l')" 1
is 'its owner, too' "$(inside 'stat -c %U $(find /var/spool/pneu/msg /var/spool/pneu/hold -type f)')" pneuq
t 'nothing runs' wait_until 20 inside '! ps -A -o comm | grep pneu-'
is 'what is left of /etc/pneu' "$(inside 'ls /etc/pneu')" locals
t 'no program is left' inside '! ls /usr/local/lib/pneu /usr/sbin/sendmail /usr/bin/mailq 2>/dev/null | grep .'
is 'nor a diversion' "$(inside 'dpkg-divert --list | grep -E "pneu|sendmail"')" ''
is 'nor a package' "$(inside 'dpkg-query -W pneu-mta' | grep -v 'no packages found')" ''
is 'nor a service' "$(inside 'ls /etc/service /var/lib/pneu/services 2>/dev/null | grep pneu')" ''

# ---- installed over that, and purged
again
setup --batch --supervisor=none
is 'the mail that was kept is found by the next installation' "$(inside 'pneu-qstat 2>/dev/null | head -n 1; find /var/spool/pneu/msg /var/spool/pneu/hold -type f | wc -l' | tail -n 1)" 1
setup --uninstall --purge
is 'with --purge all goes' $code 0
listing >"$T/after"
is 'and the host is what it was, to the letter' "$(diff "$T/before" "$T/after")" ''

# ---- without ever having run: nothing but the plain uninstall is needed
again
setup --batch --supervisor=none
inside '/usr/local/lib/pneu/pneu-start >/dev/null 2>&1 9>&- & echo $! >"$T/by-hand"'
t 'started by hand' wait_until 20 inside 'pneu-qctl status'
setup --uninstall
is 'what runs and is no service of ours is not taken away' $code 100
t 'and it says so' said 'was not started by a service'
inside 'kill "$(cat "$T/by-hand")"'
t 'stopped by hand' wait_until 20 inside '! pneu-qctl status'
setup --uninstall
is 'set up, and run by hand no more: it goes without a word' $code 0
listing >"$T/after"
is 'and leaves nothing' "$(diff "$T/before" "$T/after")" ''

# ---- killed in the middle
inside 'printf "#!/bin/sh\ncase \$* in *pneud) kill -KILL \$PPID ;; esac\nexec /usr/sbin/useradd \"\$@\"\n" >/usr/local/sbin/useradd; chmod 755 /usr/local/sbin/useradd'
again
setup --batch --supervisor=none
is 'set up, and killed while it makes accounts' $code 137
inside 'rm /usr/local/sbin/useradd'
setup --uninstall
is 'what was done so far is undone' $code 0
listing >"$T/after"
is 'all of it' "$(diff "$T/before" "$T/after")" ''

# ---- a person at a terminal
cat >"$T/person" <<'END'
import os, pty, sys
answers = [b"typed.example.org\n", b"\n", b"one.example,two.example\n", b"ann@example.com\n"]
def read(fd):
    data = os.read(fd, 1000)
    if data.rstrip().endswith(b"]:"):
        os.write(fd, answers.pop(0))
    return data
pty.spawn(["pneu-setup", "--supervisor=none", "--no-package"], read)
END
again
inside 'python3 "$T/person"' >"$T/out"
is 'what a person types is used' "$(inside 'cat /etc/pneu/me; tail -n 2 /etc/pneu/locals; grep ^root /etc/aliases; ls /etc/pneu/smtproutes 2>/dev/null')" 'typed.example.org
one.example
two.example
root:           ann@example.com'
t 'a package is not made when it is not wanted' inside '! dpkg-query -W pneu-mta'
mkdir "$T/exim4"
printf '%s\n' "dc_eximconfig_configtype='smarthost'" "dc_smarthost='relay.example::587'" "dc_localdelivery='maildir_home'" >"$T/exim4/update-exim4.conf.conf"
echo 'relay.example:joe:secret' >"$T/exim4/passwd.client"
inside 'pneu-migrate exim "$T/exim4" --to=/tmp/new --apply' >"$T/out"
is 'settings of another mail server are taken over where there are none' "$(inside 'cat /etc/pneu/me /etc/pneu/smtproutes; stat -c "%U %a" /etc/pneu/smtplogins')" 'typed.example.org
:relay.example:587 tls=must login=relay
pneur 600'
setup --uninstall
is 'and go with the rest' "$(inside 'ls /etc/pneu 2>/dev/null')" ''

# ---- another mail server, of a package, that runs
cat >"$T/exim" <<'END'
#!/bin/sh
# a package like Debian's exim4: /usr/sbin/sendmail, a service of init.d, somebody at port 25
d=/tmp/exim-package
mkdir -p $d/DEBIAN $d/usr/sbin $d/usr/bin $d/usr/lib $d/etc/init.d
printf '%s\n' 'Package: fake-exim4' 'Version: 4' 'Architecture: all' 'Maintainer: x <x@example.org>' 'Provides: mail-transport-agent' \
	'Conflicts: mail-transport-agent' 'Description: x' >$d/DEBIAN/control
printf '#!/bin/sh\necho exim\n' >$d/usr/sbin/exim4
ln -s exim4 $d/usr/sbin/sendmail
ln -s ../sbin/exim4 $d/usr/lib/sendmail
ln -s ../sbin/exim4 $d/usr/bin/mailq
cat >$d/etc/init.d/exim4 <<'INIT'
#!/bin/sh
### BEGIN INIT INFO
# Provides: exim4
# Required-Start: $remote_fs
# Required-Stop: $remote_fs
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
# Short-Description: x
### END INIT INFO
DAEMON=/usr/sbin/exim4
case $1 in
start) python3 -c 'import socket, time; s = socket.create_server(("", 25)); time.sleep(3600)' >/dev/null 2>&1 & echo $! >/run/exim4.pid ;;
stop) kill $(cat /run/exim4.pid) && rm /run/exim4.pid ;;
status) test -e /run/exim4.pid ;;
esac
INIT
chmod 755 $d/usr/sbin/exim4 $d/etc/init.d/exim4
dpkg-deb --root-owner-group --build $d /tmp/exim.deb && dpkg -i /tmp/exim.deb && rm -rf $d
mkdir -p /etc/rc2.d && ln -sf ../init.d/exim4 /etc/rc2.d/S01exim4
/etc/init.d/exim4 start
END
inside 'rm -f /etc/init.d/exim4 /usr/sbin/exim4; sh "$T/exim"' >"$T/exim.out"
port_taken() { inside 'grep -q ":0019 .* 0A " /proc/net/tcp'; }
wait_until 10 port_taken
listing >"$T/before"
again
listing >"$T/installed"
setup --batch --supervisor=runit
is 'another mail server: it is not touched' $code 100
t 'but named' said 'there is another mail server: exim4'
listing >"$T/now"
is 'and nothing is changed' "$(diff "$T/installed" "$T/now")" ''
setup --batch --beside --supervisor=none
is 'beside it the other one keeps sendmail' "$(inside 'readlink /usr/sbin/sendmail')" exim4
inside 'kill $(pgrep -x svscan)'
t 'svscan ends' wait_until 20 inside '! pgrep -x svscan'
setup --batch --dry-run --replace
t 'without a supervisor it says what to start' said 'start what is in /usr/local/lib/pneu under a supervisor: pneu-start, pneu-listen smtpd'
setup --batch --dry-run --replace --services=pneu-pop3
t 'and what logins need' said 'lets accounts of this host log in with theirs'
inside 'runsvdir /etc/service >/dev/null 2>&1 9>&- &'
setup --batch --replace --supervisor=runit
is 'it is replaced' "$(grep '^wrong' "$T/out"; echo $code)" 0
t 'stopped' inside '! test -e /run/exim4.pid'
is 'turned off' "$(inside 'ls /etc/rc2.d | grep exim4' | cut -c1)" K
is 'its sendmail is beside ours' "$(inside 'readlink /usr/sbin/sendmail /usr/sbin/sendmail.distrib')" '/usr/local/lib/pneu/pneu-sendmail
exim4'
is 'the port is ours' "$(inside 'python3 -c "import smtplib; print(smtplib.SMTP(\"127.0.0.1\", 25).ehlo()[1].decode().split()[0])"')" mail.example.org
inside 'dpkg -i /tmp/exim.deb' >/dev/null
is 'an upgrade of its package puts its files beside' "$(inside 'readlink /usr/sbin/sendmail')" /usr/local/lib/pneu/pneu-sendmail
setup --uninstall --purge
is 'ours goes' $code 0
t 'and the other one runs again' wait_until 10 inside 'test -e /run/exim4.pid'
listing >"$T/after"
is 'all is as it was' "$(diff "$T/before" "$T/after")" ''
inside '/etc/init.d/exim4 stop; dpkg --purge fake-exim4; rm -f /etc/rc?.d/*exim4' >/dev/null

# ---- other systems: no dpkg, but alternatives, mailer.conf, or a link of busybox
cat >"$T/plain" <<'END'
mkdir -p /tmp/bin
for c in dpkg-divert dpkg-deb dpkg-query; do mv /usr/bin/$c /usr/bin/$c.away; done
END
inside '. "$T/plain"'
inside 'ln -s /bin/busybox /usr/sbin/sendmail; : >/etc/aliases; echo "root: ann" >/etc/aliases'
listing >"$T/before"
again
setup --batch --supervisor=none --root-mail-to=bob
t 'an alias file with a line for root stays as it is, and it says so' said '--root-mail-to was not used'
is 'a link of busybox is moved aside' "$(inside 'readlink /usr/sbin/sendmail /usr/sbin/sendmail.before-pneu /usr/bin/mailq')" '/usr/local/lib/pneu/pneu-sendmail
/bin/busybox
/usr/local/lib/pneu/pneu-sendmail'
setup --uninstall
is 'and comes back' "$(inside 'readlink /usr/sbin/sendmail')" /bin/busybox
listing >"$T/after"
is 'as all else' "$(diff "$T/before" "$T/after")" ''

inside 'rm /usr/sbin/sendmail; ln -s /usr/sbin/mailwrapper /usr/sbin/sendmail; printf "sendmail\t/usr/libexec/sendmail/sendmail\n" >/etc/mailer.conf; echo "ann: bob" >/etc/aliases'
listing >"$T/before"
again
setup --batch --supervisor=none --root-mail-to=bob@example.com
is 'mailer.conf names ours' "$(inside 'cat /etc/mailer.conf; readlink /usr/sbin/sendmail')" 'sendmail /usr/local/lib/pneu/pneu-sendmail
send-mail /usr/local/lib/pneu/pneu-sendmail
mailq /usr/local/lib/pneu/pneu-sendmail
newaliases /usr/local/lib/pneu/pneu-sendmail
/usr/sbin/mailwrapper'
is 'an alias file without a line for root gets one' "$(inside 'cat /etc/aliases')" 'ann: bob
root: bob@example.com'
setup --uninstall
listing >"$T/after"
is 'both are given back' "$(diff "$T/before" "$T/after")" ''

inside 'rm /etc/mailer.conf /usr/sbin/sendmail; ln -s /usr/bin/update-alternatives /usr/sbin/alternatives
	printf "#!/bin/sh\n" >/usr/sbin/sendmail.other; chmod 755 /usr/sbin/sendmail.other; cp /usr/sbin/sendmail.other /usr/bin/mailq.other
	alternatives --install /usr/sbin/sendmail mta /usr/sbin/sendmail.other 30 --slave /usr/bin/mailq mta-mailq /usr/bin/mailq.other' >/dev/null
listing >"$T/before"
again
setup --batch --supervisor=none
is 'alternatives: the mta is ours' "$(inside 'readlink -f /usr/sbin/sendmail /usr/bin/mailq')" '/usr/local/lib/pneu/pneu-sendmail
/usr/local/lib/pneu/pneu-sendmail'
setup --uninstall
is 'and the other one again' "$(inside 'readlink -f /usr/sbin/sendmail /usr/bin/mailq')" '/usr/sbin/sendmail.other
/usr/bin/mailq.other'
listing >"$T/after"
is 'with nothing else changed' "$(diff "$T/before" "$T/after")" ''

# ---- a null client, with a login
inside 'echo "the:password" >/tmp/password'
again
setup --batch --supervisor=none --null-client --relay=smtp.example.com:587 --relay-login=joe --relay-password-file=/tmp/password
is 'a null client: nothing is local, all goes to the relay' "$(inside 'wc -c </etc/pneu/locals; cat /etc/pneu/smtproutes; ls /etc/pneu/rcpthosts 2>&1')" "0
:smtp.example.com:587 tls=verify login=relay
ls: cannot access '/etc/pneu/rcpthosts': No such file or directory"
is 'the password is for pneur alone' "$(inside 'cat /etc/pneu/smtplogins; stat -c "%U %a" /etc/pneu/smtplogins')" 'relay:joe:the:password
pneur 600'
is 'pneu-showctl misses nothing but who runs it' "$(grep '^wrong' "$T/out" | grep -v 'no runner\|openssl')" ''
setup --uninstall

# ---- the directory of the alias user is that user's: links in it lead root nowhere
again
inside 'groupadd -r alias; useradd -r -g alias -d /srv/alias -M alias; rm -f /etc/aliases; install -d -o alias -g alias /srv/alias; install -d /srv/other
	runuser -u alias -- ln -s /srv/other /srv/alias/Maildir' >/dev/null
setup --batch --supervisor=none
t 'set up with a link in the directory of alias' said "root's mail goes to /srv/alias/Maildir/"
is 'nothing is made where it leads' "$(inside 'find /srv/other -mindepth 1')" ''
setup --uninstall
inside 'rm /srv/alias/Maildir; rm -f /etc/aliases' >/dev/null
again
setup --batch --supervisor=none
is 'without one: a Maildir of that user' "$(inside 'stat -c "%U %G %a" /srv/alias/Maildir /srv/alias/Maildir/tmp | sort -u')" 'alias alias 700'
inside 'mv /srv/alias/Maildir /srv/alias/old; mkdir /srv/other/tmp /srv/other/new /srv/other/cur; runuser -u alias -- ln -s /srv/other /srv/alias/Maildir'
setup --uninstall
is 'taken away: nothing where a link leads is' "$(inside 'ls /srv/other' | tr '\n' ' ')" 'cur new tmp '
inside 'userdel alias; groupdel alias; rm -rf /srv/alias /srv/other /var/lib/pneu' >/dev/null 2>&1

# ---- s6, and systemd without one that runs
for s in s6 systemd; do
	case $s in
	s6) command -v s6-svscan >/dev/null || { echo "# no s6-svscan: s6 is left out"; continue; }; o=--scan-dir=/run/service ;;
	*) o= ;;
	esac
	[ $s != s6 ] || inside 'mkdir -p /run/service; s6-svscan /run/service >/dev/null 2>&1 9>&- &'
	inside 'rm -rf /etc/aliases'
	listing >"$T/before"
	again
	setup --batch --supervisor=$s $o
	[ $s = systemd ] || is "$s: it runs" "$(grep '^wrong' "$T/out"; echo $code)" 0
	[ $s != systemd ] || is "$s: the units are enabled" "$(inside 'ls /etc/systemd/system/*/pneu-*' | sed 's|.*system/||' | tr '\n' ' ')" \
		'multi-user.target.wants/pneu-send.service multi-user.target.wants/pneu-smtpd.service sockets.target.wants/pneu-smtpd.socket '
	setup --batch --supervisor=$s $o
	t "$s: a second time changes nothing" said 'nothing to change'
	setup --uninstall --purge
	is "$s: taken away" $code 0
	listing >"$T/after"
	is "$s: the host is what it was" "$(diff "$T/before" "$T/after")" ''
done
finish
