# pneu-smtpd in production: the system's users, looked at by an account that may not see much
. tests/lib.sh
[ "$(id -u)" = 0 ] || skip_all 'only root can make other users'

# Inside its own mount namespace this test has its own users in /etc/passwd and its own installation.
if [ "$1" != inside ]; then
	unshare -m true 2>/dev/null || skip_all 'no mount namespaces here'
	command -v setpriv >/dev/null || skip_all 'setpriv (util-linux) is missing'
	trap - EXIT
	rm -rf "$T"
	exec unshare -m sh "$0" inside
fi
overlay() {
	mkdir -p "$T/up$1" "$T/work$1" &&
	    mount -t overlay -o "lowerdir=$1,upperdir=$T/up$1,workdir=$T/work$1" overlay "$1" 2>/dev/null
}
cleanup() { cd /; umount /etc /usr/local/lib 2>/dev/null; }
chmod 711 "$T"
overlay /etc && overlay /usr/local/lib || skip_all 'no overlay file system here'
unset PNEU_ETC PNEU_QUEUE RELAYCLIENT TCPREMOTEIP
umask 022
etc=/etc/pneu
rm -rf "$etc"
mkdir -p "$etc" /usr/local/lib/pneu "$T/home" "$T/bin"
install -m 755 "$B/pneu-getpw" /usr/local/lib/pneu/pneu-getpw
install -m 755 "$B/pneu-smtpd" "$T/bin/pneu-smtpd"      # the build may be where others cannot read
printf '#!/bin/sh\ncat >/dev/null; cat <&1 >/dev/null; printf ID1 >&6\n' >"$T/queue"
chmod 755 "$T/queue"
echo mx.example >"$etc/me"; echo here.example >"$etc/locals"; echo here.example >"$etc/rcpthosts"
sed -i '/^alias:/d' /etc/passwd

user() {        # NAME UID MODE [OWNER]: in passwd, with a home
	echo "$1:x:$2:$2::$T/home/$1:/bin/sh" >>/etc/passwd
	mkdir "$T/home/$1" && chmod "$3" "$T/home/$1" && chown "${4:-$2}:$2" "$T/home/$1"
}
user pneuopen 54321 755
user pneusearch 54322 711
user pneuclosed 54323 700
user pneurooted 54324 755 0
user pneuopen-own 54326 755
echo "pneuhomeless:x:54325:54325::$T/home/none:/bin/sh" >>/etc/passwd
for u in pneuopen pneusearch pneuclosed; do
	echo ./x/ >"$T/home/$u/.qmail-list"
	chmod 600 "$T/home/$u/.qmail-list"
done
rcpt() {
	for rcpt_a; do
		printf 'HELO h\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<%s@here.example>\r\n' "$rcpt_a" |
		    PNEU_FILTER="$T/queue" setpriv --reuid=54300 --regid=54300 --clear-groups $wrap "$T/bin/pneu-smtpd" 2>"$T/log" |
		    tail -n 1 | cut -c1-9
	done | tr '\n' '|'
}
wrap=
fine='250 2.1.5|'
unknown='550 5.1.1|'

is 'users of the system' "$(rcpt pneuopen pneusearch pneuclosed PneuOpen pneuopen+tag pneuopen-own)" "$fine$fine$fine$fine$fine$fine"
is 'names that are nobody'"'"'s' "$(rcpt pneunobody pneu pneuopen.x)" "$unknown$unknown$unknown"
is 'what stands in passwd cannot be guessed field by field' "$(rcpt '"pneuopen:x"' '"pneuopen:x:54321"')" "$unknown$unknown"
is 'root and who has no home of his own' "$(rcpt root pneurooted pneuhomeless root+tag)" "$unknown$unknown$unknown$unknown"
is 'an extension needs a file' "$(rcpt pneuopen-list pneuopen-none pneuopen-own-none)" "$fine$unknown$unknown"
is 'whose name can be looked at where it cannot be read or listed' "$(rcpt pneusearch-list pneusearch-none)" "$fine$unknown"
is 'a home that is closed to us is believed in' "$(rcpt pneuclosed-list pneuclosed-none)" "$fine$fine"
chmod 700 "$T/home"
is 'also where homes cannot be reached at all' "$(rcpt pneuclosed pneuopen-none pneunobody)" "$fine$fine$unknown"
chmod 755 "$T/home"
user alias 54329 755
is 'the alias user has files for names' "$(echo ./x/ >"$T/home/alias/.qmail-sales"; rcpt sales sales-x other)" "$fine$unknown$unknown"
is 'or for all of them' "$(echo ./x/ >"$T/home/alias/.qmail-default"; rcpt other)" "$fine"
is 'but not for extensions of a user' "$(rcpt pneuopen-none)" "$unknown"
rm "$T/home/alias/.qmail-default"
chmod 700 "$T/home/alias"
is 'one whose home is closed has them for all we know' "$(rcpt other)" "$fine"
chmod 755 "$T/home/alias"
is 'aliasuser names another' "$(echo pneuopen >"$etc/aliasuser"; rcpt list sales; rm "$etc/aliasuser")" "$fine$unknown"
printf '=zero:root:0:0:/root:::\n.\n' >"$etc/users"
pneu-newu
is 'nothing is taken for root' "$(rcpt zero)" '451 4.7.0|'
rm "$etc/users.cdb"
chmod 600 "$etc/locals"
is 'settings that smtpd may not read defer' "$(rcpt pneuopen)" '451 4.3.5|'
chmod 644 "$etc/locals"
chmod 600 /etc/passwd
is 'so does a passwd file' "$(rcpt pneuopen)" '451 4.3.0|'
chmod 644 /etc/passwd
if strace -o /dev/null true 2>/dev/null; then
	wrap="strace -f -e trace=execve -o $T/trace"
	: >"$T/trace"; chmod 666 "$T/trace"
	rcpt pneuopen-own+x >/dev/null
	is 'no program is started for whom /etc/passwd knows' "$(grep -c execve "$T/trace")" 1
	rcpt pneunobody >/dev/null
	is 'and one before a name is refused' "$(grep -c execve "$T/trace")" 2
fi
finish
