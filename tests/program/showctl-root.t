# pneu-showctl --check of a production installation: accounts, owners and modes, ports, names, disk
. tests/lib.sh
[ "$(id -u)" = 0 ] || skip_all 'only root has a production installation'
command -v python3 >/dev/null || skip_all 'python3 is needed'
command -v ip >/dev/null || skip_all 'ip (iproute2) is needed'

# Inside its own mount and network namespaces this test has its own users, installation and port 25.
if [ "$1" != inside ]; then
	unshare -mn true 2>/dev/null || skip_all 'no mount and network namespaces here'
	trap - EXIT
	rm -rf "$T"
	exec unshare -mn sh "$0" inside
fi
overlay() {
	mkdir -p "$T/up$1" "$T/work$1" &&
	    mount -t overlay -o "lowerdir=$1,upperdir=$T/up$1,workdir=$T/work$1" overlay "$1" 2>/dev/null
}
pids=
cleanup() {
	for p in $pids; do
		kill -TERM "$p" 2>/dev/null
	done
	wait 2>/dev/null
	cd /
	umount /var/spool/pneu/hold /var/spool/pneu 2>/dev/null
	umount /etc /usr/local /var/spool 2>/dev/null
}
chmod 711 "$T"
overlay /etc && overlay /usr/local && overlay /var/spool || skip_all 'no overlay file system here'
ip link set lo up && ip addr add 192.0.2.1/32 dev lo || skip_all 'no addresses here'
ip addr add 2001:db8::1/128 dev lo nodad 2>/dev/null || skip_all 'no IPv6 here'
unset PNEU_ETC PNEU_QUEUE PNEU_FILTER QMAILQUEUE RELAYCLIENT
umask 022
sed -i -E '/^(pneu[a-z]?|alias):/d' /etc/passwd /etc/group
rm -rf /etc/pneu /etc/aliases /var/spool/pneu /usr/local/lib/pneu
BIN=/usr/local/lib/pneu
E=/etc/pneu
Q=/var/spool/pneu
DESTDIR= PREFIX=/usr/local ETC=$E QUEUE=$Q BIN=$BIN MAN=/usr/local/share/man sh scripts/install "$B"/pneu-[a-z]* >"$T/installed" 2>&1 ||
	skip_all 'it cannot be installed here'

# what is wrong, without the mends; and only those
check() { pneu-showctl --check -q 2>&1 | grep -v '^ok' | sed "s|$T|T|g"; }
about() { check | sed -n "s/^\([a-z]*\) *$1: /\1: /p"; }
found() { about "$1" | sed 's/\. Mend: .*//'; }
mend() { about "$1" | sed -n 's/.*\. Mend: //p'; }
# what is mended as it says is mended
mended() {
	mend "$1" >"$T/mend"
	sh "$T/mend" >"$T/mend.out" 2>&1 || sed 's/^/# /' "$T/mend" "$T/mend.out"
	about "$1"
}
PATH=$BIN:$PATH

is 'without accounts' "$(found users)" 'note: there is no group pneu, for the secrets that all roles read
wrong: there is no user pneuq
wrong: there is no user pneur
wrong: there is no user pneud
wrong: there is no user alias, who runs the programs of the alias file'
is 'and how they are made' "$(mend users | head -n 2)" 'groupadd --system pneu
useradd --system -g pneu --home-dir /nonexistent --shell /usr/sbin/nologin pneuq'
is 'pneu-queue cannot be setuid then' "$(found programs)" 'wrong: pneu-queue is not setuid to pneuq, so nobody else can put mail into the queue'
mkdir "$T/alias"
echo 'pneu:x:54340:' >>/etc/group
users() {
	sed -i -E '/^(pneu[a-z]?|alias):/d' /etc/passwd
	printf '%s\n' "$@" >>/etc/passwd
}
q='pneuq:x:54341:54340::/nonexistent:/bin/false'
r='pneur:x:54343:54340::/nonexistent:/bin/false'
d='pneud:x:54345:54340::/nonexistent:/bin/false'
a="alias:x:54347:54348::$T/alias:/bin/false"
users "$q" "$r" 'pneud:x:54343:54340::/nonexistent:/bin/false' "$a"
is 'two roles that are one' "$(found users)" 'wrong: the users pneur and pneud are one, uid 54343: what one can do the other can
wrong: alias does not own his home T/alias, so no .qmail file of his counts'
users "$q" 'pneur:x:0:0::/nonexistent:/bin/false' "$d" 'alias:x:54341:54348::/nonexistent:/bin/false'
is 'a role that is root, and another that is alias' "$(found users)" 'wrong: the user pneur is root
wrong: alias, who runs the programs of the alias file, is pneuq, too
note: the home of alias, /nonexistent: No such file or directory'
users "$q" "$r" "$d" "$a"
chown 54347:54348 "$T/alias"
chmod 700 "$T/alias"
is 'a home that pneud may not search' "$(found users)" \
	'note: pneud may not search T/alias, so pneu-smtpd cannot see which .qmail files there are'
chmod 755 "$T/alias"
is 'accounts that are well' "$(about users)" ''

# programs: the install script again, now that there are accounts
DESTDIR= PREFIX=/usr/local ETC=$E QUEUE=$Q BIN=$BIN MAN=/usr/local/share/man sh scripts/install "$B"/pneu-[a-z]* >"$T/installed" 2>&1
chown -R 54341:54340 "$Q"
is 'programs as make install leaves them' "$(about programs)" ''
chmod 755 $BIN/pneu-queue
is 'pneu-queue without its bit, and mended' "$(found programs; mended programs)" \
	'wrong: pneu-queue is not setuid to pneuq, so nobody else can put mail into the queue'
chown 0 $BIN/pneu-queue && chmod 4711 $BIN/pneu-queue
is 'setuid root, and mended' "$(found programs; mended programs)" \
	'wrong: pneu-queue is not setuid to pneuq, so nobody else can put mail into the queue'
is 'it is as make install makes it again' "$(stat -c '%U %a' $BIN/pneu-queue)" 'pneuq 4711'
chmod 755 $BIN/pneu-local
is 'pneu-local that others may read' "$(found programs; mended programs)" \
	'wrong: others may read pneu-local, and so a recipient may look into it while it runs'
chmod 2755 $BIN/pneu-checkpw
is 'pneu-checkpw too' "$(found programs; mended programs)" 'wrong: others may read pneu-checkpw, and so look into it while it runs'
chgrp 54340 $BIN/pneu-checkpw && chmod 2711 $BIN/pneu-checkpw
is 'setgid to another group' "$(found programs; mended programs)" 'wrong: pneu-checkpw is setgid to a group that is not shadow'
chmod 711 $BIN/pneu-checkpw
is 'without setgid nobody asks for shadow passwords' "$(about programs)" ''
echo 1 >$E/systempasswords
is 'or they are' "$(found programs; mended programs)" 'wrong: control/systempasswords is 1, and pneu-checkpw is not setgid shadow'
rm $E/systempasswords
chmod 6755 $BIN/pneu-send
is 'another program with such bits' "$(found programs; mended programs)" 'wrong: pneu-send is setuid or setgid, and must not be'
chown 54345 $BIN/pneu-smtpd
is 'one that belongs to a role' "$(found programs; mended programs)" \
	'wrong: /usr/local/lib/pneu/pneu-smtpd belongs to uid 54345, who could change it'
chmod 777 $BIN
is 'a directory that all may write to' "$(found programs; mended programs)" \
	'wrong: others than root may write to the directory /usr/local/lib/pneu, and so exchange programs'
mv $BIN/pneu-bounce "$T/"
is 'one that is missing' "$(about programs)" 'wrong: /usr/local/lib/pneu/pneu-bounce: No such file or directory. Mend: make install'
mv "$T/pneu-bounce" $BIN/

# control files
echo mx.example >$E/me
echo mx.example >$E/locals
echo mx.example >$E/rcpthosts
printf '%s\n' '127.:allow,RELAYCLIENT=""' ':allow' >$E/rules
(cd $E && pneu-tcprules rules.cdb rules.tmp <rules)
echo 'postmaster: |/bin/true' >/etc/aliases
pneu-newaliases >/dev/null 2>&1
is 'control files that are well' "$(about 'control files')" ''
grep -q '^.*ports: nobody answers on port 25: ' <<END || echo 'Bail out! somebody answers on port 25'
$(pneu-showctl --check --no-dns 2>/dev/null)
END
mv $E/locals $E/rcpthosts "$T/"
: >$E/locals
echo :relay.example >$E/smtproutes
is 'a host that only sends wants neither rcpthosts' "$(about settings)" ''
is 'nor a listener' "$(about ports | grep 'port 25')" ''
rm $E/smtproutes
mv "$T/locals" "$T/rcpthosts" $E/
chmod 600 $E/locals
is 'a file that the roles may not read' "$(found 'control files'; mended 'control files')" \
	'wrong: locals is not readable for pneuq, as whom pneu-send runs
wrong: locals is not readable for pneud, as whom pneu-smtpd runs
wrong: locals is not readable for pneur, as whom pneu-remote runs'
chown 54345 $E/locals
is 'one that belongs to one of them' "$(found 'control files'; mended 'control files')" \
	'note: /etc/pneu/locals belongs to uid 54345, who can change the setting'
chmod 700 $E
is 'a directory that they may not list' "$(found 'control files' | head -n 1; mended 'control files')" 'wrong: pneuq may not list /etc/pneu'
chown 54341 $E
is 'one of theirs' "$(found 'control files'; mended 'control files')" 'wrong: /etc/pneu does not belong to root'
echo secret >$E/srssecret
is 'a secret for everybody' "$(found 'control files'; mended 'control files')" 'wrong: others may read the secrets in /etc/pneu/srssecret'
is 'is one for the roles' "$(stat -c '%U %G %a' $E/srssecret)" 'root pneu 640'
chmod 600 $E/srssecret
is 'one for root alone' "$(found 'control files' | head -n 1; mended 'control files')" 'wrong: srssecret is not readable for pneuq, as whom pneu-send runs'
rm $E/srssecret
(umask 077; echo 'isp:joe:pass' >$E/smtplogins)
is 'the logins at relays belong to pneur' "$(found 'control files'; mended 'control files')" \
	'wrong: smtplogins is not readable for pneur, as whom pneu-remote runs'
is 'and to nobody else' "$(stat -c '%U %a' $E/smtplogins)" 'pneur 600'
rm $E/smtplogins

# the queue
is 'the queue as make install leaves it' "$(about queue)" ''
chown 0 $Q/msg/2a
is 'a directory that is not pneuq'\''s' "$(found queue; mended queue)" 'wrong: pneuq may not write to /var/spool/pneu/msg/2a'
chmod 755 $Q/msg/2a
is 'one that others may look into' "$(found queue; mended queue)" 'note: others than its owner may look into /var/spool/pneu/msg/2a'
rmdir $Q/tmp
is 'one that is missing' "$(found queue; mended queue)" 'wrong: /var/spool/pneu/tmp is not there, or no directory'
rmdir $Q/msg/2a $Q/msg/2b
is 'and some of many' "$(about queue)" 'wrong: 2 directories of /var/spool/pneu/msg are not there. Mend: restart pneu-start, which makes them'
install -d -o pneuq -m 700 $Q/msg/2a $Q/msg/2b
mount -t tmpfs -o size=1m,mode=700,uid=54341 none $Q/hold
is 'one on another file system' "$(found queue | head -n 1)" \
	'wrong: /var/spool/pneu/hold is on another file system than the queue: messages cannot be moved between them'
umount $Q/hold
mount -t tmpfs -o size=1m,mode=700,uid=54341 none $Q/trash
is 'the trash too' "$(found queue | head -n 1)" \
	'wrong: /var/spool/pneu/trash is on another file system than the queue: messages cannot be moved between them'
umount $Q/trash
is 'no runner' "$(found runner)" 'wrong: no runner: mail is taken, and nothing is delivered'

# the disk
mount -t tmpfs -o size=50m,nr_inodes=500,mode=711 none $Q
is 'a small disk' "$(found disk)" 'wrong: 50 MiB are free for the queue: soon mail is refused
wrong: 499 inodes are free for the queue: soon mail is refused'
mount -o remount,size=500m,nr_inodes=5000 $Q
is 'a larger one' "$(found disk)" 'note: 500 MiB, 100 %, are free for the queue
note: 4999 inodes are free for the queue'
mount -o remount,size=20g,nr_inodes=500000,ro $Q
is 'one that cannot be written to' "$(found disk)" 'wrong: the file system of /var/spool/pneu is read-only'
umount $Q

# ports
is 'nobody listens' "$(found ports)" 'wrong: nobody answers on port 25: Connection refused'
pneu-start 2>"$T/send.log" &
pids="$pids $!"
pneu-tcpd -1 -u pneud -x $E/rules.cdb '192.0.2.1:25' -- $BIN/pneu-smtpd >"$T/port" 2>"$T/smtpd.log" &
pids="$pids $!"
wait_until 20 test -s "$T/port"
wait_until 20 pneu-qctl status
is 'a listener on one address only' "$(about ports)" ''
(umask 077; : >$E/cert.pem)
is 'a certificate that a listener has not seen' "$(found ports)" 'note: port 25 answers, without STARTTLS, and control/cert.pem is there'
rm $E/cert.pem
: >$E/passwords
chmod 640 $E/passwords && chgrp pneu $E/passwords
pneu-newpw
is 'logins, and no port for submission' "$(found ports)" \
	'note: there are logins, and nobody answers on port 587, where people submit their mail'
: >"$T/port"
pneu-tcpd -1 -u pneud '192.0.2.1:587' '192.0.2.1:465' -- $BIN/pneu-smtpd >"$T/port" 2>>"$T/smtpd.log" &
pids="$pids $!"
wait_until 20 test -s "$T/port"
is 'submission without anything for it' "$(found ports)" \
	'note: port 587 offers neither STARTTLS nor AUTH, so nobody can log in there
wrong: port 465 speaks before the client does: that is not TLS from the start'
rm $E/passwords $E/passwords.cdb

# DNS
python3 tests/program/dns_server.py 127.0.0.1 "$T/dnsport" "$T/queries" &
pids="$pids $!"
wait_until 20 test -s "$T/dnsport"
DNSCACHEIP=127.0.0.1:$(cat "$T/dnsport")
export DNSCACHEIP
is 'a name, its addresses and theirs' "$(pneu-showctl --check | grep dns: | sed 's/\. Mend.*//')" \
	'ok     dns: mx.example is 2001:db8::1, and the other way round
ok     dns: mx.example is 192.0.2.1, and the other way round
ok     dns: an MX record of mx.example leads here
note   dns: mx.example has no SPF record: large receivers distrust its mail'
is 'all else is well' "$(check | grep -v ' ports:')" ''

# somebody who is not root
is 'an ordinary user is told what that means' "$(setpriv --reuid=54321 --regid=54321 --clear-groups pneu-showctl --check -q 2>&1 | grep ' you:')" \
	'note   you: only root sees everything: what you may not look at is not examined'
is 'and finds nothing wrong where he may not look' "$(setpriv --reuid=54321 --regid=54321 --clear-groups pneu-showctl --check -q 2>&1 |
	grep -v -e '^ok' -e ' you:' -e ' ports:')" 'note   runner: you may not talk to the runner'
finish
