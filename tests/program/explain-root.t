# pneu-explain as root and as others, in an installation: whose eyes look into a home
. tests/lib.sh
[ "$(id -u)" = 0 ] || skip_all 'only root can become other users'
command -v python3 >/dev/null || skip_all 'needs python3'

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
unset PNEU_ETC PNEU_QUEUE RELAYCLIENT
umask 022
etc=/etc/pneu
mkdir -p "$etc" /usr/local/lib/pneu "$T/home"
rm -f "$etc"/*
for p in pneu-explain pneu-smtpd pneu-getpw; do
	install -m 755 "$B/$p" /usr/local/lib/pneu/
done
echo mx.example >"$etc/me"
user() {        # NAME UID GID
	echo "$1:x:$2:$3::$T/home/$1:/bin/sh" >>/etc/passwd
	mkdir "$T/home/$1" && chmod 711 "$T/home/$1" && chown "$2:$3" "$T/home/$1"
}
sed -i '/^alias:/d; /^pneud:/d' /etc/passwd
user pneut1 54321 54322
user pneut2 54325 54326
user alias 54327 54328
as() { as_uid=$1; shift; setpriv --reuid="$as_uid" --regid="$as_uid" --clear-groups "$@"; }
explain=/usr/local/lib/pneu/pneu-explain
see() { "$@" 2>&1 | sed "s|$T|T|g" | sed -n '/home:/,$p'; }

as 54321 sh -c 'umask 077; echo "ann@far.example" >"$0/.forward"' "$T/home/pneut1"
is 'root sees what a user keeps for himself' "$(see $explain -q pneut1)" '  home: T/home/pneut1
  by: T/home/pneut1/.forward
    line: 1
      address: ann@far.example
        remote: neither control/locals nor control/virtualdomains has far.example
        mx of: far.example
  result: deliverable'
is 'he does, too' "$(see as 54321 $explain -q pneut1)" "$(see $explain -q pneut1)"
is 'another does not' "$(see as 54325 $explain -q pneut1)" '  home: T/home/pneut1
  unknown: unable to open .forward: Permission denied: not readable by you
  result: deliverable'
chmod 644 "$T/home/pneut1/.forward"
is 'but what is open to him' "$(see as 54325 $explain -q pneut1)" "$(see $explain -q pneut1)"
echo 'root-only@far.example' >"$T/secret"
chmod 600 "$T/secret"
ln -s "$T/secret" "$T/home/pneut2/.qmail"
is 'a link leads root nowhere where the user may not go' "$(see $explain -q pneut2)" '  home: T/home/pneut2
  later: 4.3.0 unable to open .qmail: Permission denied
  result: not now'
rm "$T/home/pneut2/.qmail"
echo 'run: |/bin/prog' >"$T/aliases"
python3 tests/program/makealiases.py "$etc/aliases.cdb" "$T/aliases"
is 'programs of aliases are the user alias'"'s" "$($explain -q run | sed -n '/program/,$p')" '    program: /bin/prog
      as user: alias, uid 54327
  result: deliverable'
echo secret >"$T/secret" && chmod 600 "$T/secret" && ln -s "$T/secret" "$T/home/pneut2/list"
echo "led: :include:$T/home/pneut2/list" >"$T/aliases"
python3 tests/program/makealiases.py "$etc/aliases.cdb" "$T/aliases"
is 'a link of a user leads root as little as the runner' "$($explain -q led | sed -n '/later/,$p')" \
    '      later: 4.3.5 is not readable by everybody, but a link leads to it
  result: not now'
as 54327 sh -c 'echo pneut2 >"$0/.qmail-some-default"' "$T/home/alias"
is 'what nobody else has is his' "$($explain -q some-thing | sed -n 's/^  user: //p')" 'alias, because there is no other user'
is 'by his files' "$(see $explain -q some-thing | sed -n 2p)" '  by: T/home/alias/.qmail-some-default'
t 'root has no mailbox' sh -c "$explain -q root; test \$? = 67"
echo mx.example >"$etc/rcpthosts"
is 'pneu-smtpd of the installation is asked' "$($explain --from 192.0.2.1 pneut1@mx.example | tail -n 1)" \
    '  accepted: because mx.example is in control/rcpthosts'
is 'as root where there is no pneud' "$($explain --from 192.0.2.1 pneut1@mx.example | grep 'as user')" '  as user: root, for there is no user pneud'
user pneud 54329 54330
is 'else as pneud' "$($explain --from 192.0.2.1 pneut1@mx.example | grep 'as user')" '  as user: pneud'
chmod 600 "$etc/rcpthosts"
is 'so what that user may not read is found' "$($explain --from 192.0.2.1 pneut1@mx.example | sed -n 's/ \[[0-9a-z]*\]$//; /log:/,$p')" \
    '  log: pneu-smtpd: fatal: control/rcpthosts: Permission denied
  later: the connection: 421 4.3.5 this mail server is not set up correctly, try later'
finish
