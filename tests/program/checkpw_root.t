# pneu-checkpw with the system's passwords: setgid shadow, for root and pneud and nobody else
. tests/lib.sh
[ "$(id -u)" = 0 ] || skip_all 'only root can make users and a setgid program'

# Inside its own mount namespace this test has its own users in /etc and its own installation.
if [ "$1" != inside ]; then
	unshare -m true 2>/dev/null || skip_all 'no mount namespaces here'
	command -v setpriv >/dev/null || skip_all 'setpriv (util-linux) is missing'
	grep -q '^shadow:' /etc/group || skip_all 'no group shadow here'
	[ "$(PNEU_ETC=/nonexistent pneu-checkpw true 3</dev/null 2>&1)" ] || skip_all 'pneu-checkpw does not run'
	trap - EXIT
	rm -rf "$T"
	exec unshare -m sh "$0" inside
fi
overlay() {
	mkdir -p "$T/up$1" "$T/work$1" &&
	    mount -t overlay -o "lowerdir=$1,upperdir=$T/up$1,workdir=$T/work$1" overlay "$1" 2>/dev/null
}
cleanup() { cd /; umount /etc 2>/dev/null; }
chmod 711 "$T"
overlay /etc || skip_all 'no overlay file system here'
unset PNEU_ETC PNEU_QUEUE
umask 022
etc=/etc/pneu
rm -rf "$etc"
mkdir -p "$etc" "$T/bin" "$T/own"
install -m 2711 -o root -g shadow "$B/pneu-checkpw" "$T/bin/pneu-checkpw"
install -m 711 "$B/pneu-checkpw" "$T/bin/plain"
echo 1 >"$etc/systempasswords"

sed -i '/^pneu/d' /etc/passwd /etc/shadow /etc/group
echo 'pneud:x:54300:54301::/nonexistent:/usr/sbin/nologin' >>/etc/passwd
# "open sesame"
hash='$6$rounds=1000$JnpJ/VRiuKznhziG$Oss4M5sJNSBD.YkoQGIc3gE.vq7qnJYB1SPMmcmUsQS/osSalMBEX8EQLYmguJ3dfRsChRQkRQsJdcQkv4AKs/'
today=$(($(date +%s) / 86400))
user() {        # NAME UID HASH [CHANGED [MOST [EXPIRES]]]
	echo "$1:x:$2:54399::/nonexistent:/bin/sh" >>/etc/passwd
	echo "$1:$3:${4-19000}:0:${5-99999}:7::${6-}:" >>/etc/shadow
}
user pneuann 54310 "$hash"
user pneulocked 54311 "!$hash"
user pneunever 54312 '*'
user pneuempty 54313 ''
user pneugone 54314 "$hash" 19000 99999 "$((today - 1))"
user pneuold 54315 "$hash" "$((today - 10))" 3
user pneufirst 54316 "$hash" 0
user pneulater 54317 "$hash" 19000 99999 "$((today + 300))"
user pneutoor 0 "$hash"
echo "pneushadow:$hash:19000:0:99999:7:::" >>/etc/shadow
echo 'pneuhidden:x:54318:54399::/nonexistent:/bin/sh' >>/etc/passwd
chgrp shadow /etc/shadow && chmod 640 /etc/shadow

# ask UID GID LOGIN PASSWORD PROGRAM...
which=pneu-checkpw
ask() {
	uid=$1 gid=$2
	printf '%s\0%s\0\0' "$3" "$4" >"$T/question"
	shift 4
	if [ "$uid" = 0 ]; then
		"$T/bin/$which" "$@" 3<"$T/question" 2>"$T/err"
	else
		setpriv --reuid="$uid" --regid="$gid" --clear-groups "$T/bin/$which" "$@" 3<"$T/question" 2>"$T/err"
	fi
}
code() {
	ask 54300 54301 "$2" "$3" true
	got=$?
	cat "$T/err"
	[ "$got" -eq "$1" ]
}
said() { grep -q "$1" "$T/err" || { cat "$T/err"; return 1; }; }
quiet() { ! [ -s "$T/err" ]; }
: >"$T/err"
chmod 666 "$T/err"

ask 54300 54301 pneuann 'open sesame' true
case $(cat "$T/err") in
*AddressSanitizer*) skip_all 'with ASan a setgid program does not run' ;;
*'Operation not supported'*) skip_all 'this build knows no shadow passwords' ;;
esac
t 'pneud may ask: the right password'                 code 0 pneuann 'open sesame'
t 'a wrong one'                                       code 1 pneuann 'open sesamE'
t 'which is not logged, that is for who asks'         quiet
t 'an unknown login'                                  code 1 pneunobody 'open sesame'
t 'a locked account'                                  code 1 pneulocked 'open sesame'
t 'one that never had a password'                     code 1 pneunever '*'
t 'one with an empty one'                             code 1 pneuempty ''
t 'one that ends next year'                           code 0 pneulater 'open sesame'
t 'one that has expired'                              code 1 pneugone 'open sesame'
t 'is logged'                                         said '^pneu-checkpw: refused pneugone: the account has expired$'
t 'but not for a wrong password'                      code 1 pneugone 'open'
t 'then nothing is'                                   quiet
t 'one whose password has expired'                    code 1 pneuold 'open sesame'
t 'is logged, too'                                    said 'refused pneuold: the password has expired$'
t 'one whose password must be changed'                code 1 pneufirst 'open sesame'
t 'is logged, too'                                    said 'refused pneufirst: the password must be changed first$'
t 'root under another name'                           code 1 pneutoor 'open sesame'
t 'is logged, too'                                    said 'refused pneutoor: it is root$'
t 'a password without an account'                     code 1 pneushadow 'open sesame'
t 'an account without a shadow entry is trouble'      code 111 pneuhidden 'open sesame'
t 'and logged'                                        said 'shows no shadow password'

is 'the program runs as pneud with its group and no other' \
    "$(ask 54300 54301 pneuann 'open sesame' grep -E '^([UG]id|Groups):' /proc/self/status | tr -s '\t ' ' ')" \
    'Uid: 54300 54300 54300 54300
Gid: 54301 54301 54301 54301
Groups: '
is 'and cannot read shadow passwords' "$(ask 54300 54301 pneuann 'open sesame' sh -c 'cat /etc/shadow || echo no')" no
# asked by root it becomes the owner of the mailbox, as checkpassword does
mkdir "$T/home" && chown 54310:54399 "$T/home" && chmod 700 "$T/home"
sed -i "s|^\(pneuann:.*\):/nonexistent:|\1:$T/home:|" /etc/passwd
echo 'pneumore:x:54388:pneuann' >>/etc/group
is 'asked by root it runs as the account, with its groups' \
    "$(ask 0 0 pneuann 'open sesame' grep -E '^([UG]id|Groups):' /proc/self/status | tr -s '\t ' ' ')" \
    'Uid: 54310 54310 54310 54310
Gid: 54399 54399 54399 54399
Groups: 54388 54399 '
is 'in its home, with the environment of checkpassword' \
    "$(ask 0 0 pneuann 'open sesame' sh -c 'echo "$USER $HOME $SHELL ${MAILDIR-none} $PNEU_LOGIN"; pwd')" "pneuann $T/home /bin/sh none pneuann
$T/home"
is 'and with no way back' "$(ask 0 0 pneuann 'open sesame' python3 -c '
import os
for f in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.seteuid(0), lambda: os.setgroups([0])):
    try: f(); print("oh")
    except OSError: pass')" ''
ask 0 0 pneutoor 'open sesame' true
is 'root is nobody that it becomes' "$?" 1
ask 0 0 pneulater 'open sesame' true
is 'a home that is not there is trouble' "$?" 111
t 'and named' said 'unable to open the mailbox of pneulater: unable to go to its home directory'
ask 54310 54399 pneuann 'open sesame' true
is 'nobody else may ask, not even about themselves' "$?" 2
t 'and is told' said 'only root and pneud may ask'

# what others would have it believe
printf 'pneuevil:%s\n' "$hash" >"$T/own/passwords"
chmod 640 "$T/own/passwords"
pneu-newpw "$T/own/passwords" "$T/own/passwords.cdb" && chmod 644 "$T/own/passwords.cdb"
PNEU_ETC=$T/own PNEU_QUEUE=$T/own
export PNEU_ETC PNEU_QUEUE
ask 54310 54399 pneuevil 'open sesame' true
is 'a private instance is none for a setgid program' "$?" 2
t 'nor are its passwords any' code 1 pneuevil 'open sesame'
t 'but the system'\''s are' code 0 pneuann 'open sesame'
is 'nor does the program learn of it' "$(ask 54300 54301 pneuann 'open sesame' sh -c 'echo "${PNEU_ETC-none}"')" none
unset PNEU_ETC PNEU_QUEUE

# both sources
cat >"$etc/passwords" <<END
pneuann:\$2b\$05\$RmZ/EZyE7COhMGZ5JBYYn.kF1BCntaaE.CvKNXg4xH.n0PWNqpx7K
joe@example.org:\$1\$nqCOrQxv\$XlQZ.tDHqKVY2.nLzla10.
pneulater:!
END
sed -i 's/^pneuann:[^:]*/pneuann:!/' /etc/shadow
chgrp 54301 "$etc/passwords" && chmod 640 "$etc/passwords"
pneu-newpw
is 'the database belongs to the group of the text, and to root' "$(stat -c '%a %u %g' "$etc/passwords.cdb")" '640 0 54301'
t 'pneud may read it, and it goes before the system'  code 0 pneuann 'open sesame'
t 'with logins of its own'                            code 0 joe@example.org 'open sesame'
t 'who is locked there is locked'                     code 1 pneulater 'open sesame'
sed -i "s|^pneulocked:[^:]*|pneulocked:$(printf %s "$hash" | sed 's/[&|\\]/\\&/g')|" /etc/shadow
t 'who is not there may be the system'\''s'           code 0 pneulocked 'open sesame'
chmod 600 "$etc/passwords.cdb"
t 'a database that pneud may not read is trouble'     code 111 joe@example.org 'open sesame'
t 'and named'                                         said 'open passwords.cdb: Permission denied'
chmod 640 "$etc/passwords.cdb"
echo 0 >"$etc/systempasswords"
t 'without systempasswords the system is not asked'   code 1 pneulocked 'open sesame'
rm "$etc/systempasswords"
t 'which is the preset'                               code 1 pneulocked 'open sesame'
t 'the database still is'                             code 0 joe@example.org 'open sesame'

# a program that is not setgid
which=plain
t 'it needs no group for the database'                code 0 joe@example.org 'open sesame'
echo 1 >"$etc/systempasswords"
t 'but the system'\''s passwords it cannot see'       code 111 pneulocked 'open sesame'
t 'and says so'                                       said 'is this program setgid shadow'
sed -i '/^pneud:/d' /etc/passwd
t 'without the account pneud nobody may ask'          code 2 joe@example.org 'open sesame'
t 'and that is said'                                  said 'there is no account pneud'
finish
