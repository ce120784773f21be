# pneu-newaliases of a whole host: what the user alias may not write
. tests/lib.sh
[ "$(id -u)" = 0 ] || skip_all 'only root has other users'

# Inside its own mount namespace this test has its own users in /etc/passwd and its own control files.
if [ "$1" != inside ]; then
	unshare -m true 2>/dev/null || skip_all 'no mount namespaces here'
	trap - EXIT
	rm -rf "$T"
	exec unshare -m sh "$0" inside
fi
overlay() {
	mkdir -p "$T/up$1" "$T/work$1" &&
	    mount -t overlay -o "lowerdir=$1,upperdir=$T/up$1,workdir=$T/work$1" overlay "$1" 2>/dev/null
}
cleanup() { cd /; umount /etc 2>/dev/null; }
overlay /etc || skip_all 'no overlay file system here'
unset PNEU_ETC PNEU_QUEUE
umask 022
mkdir -p /etc/pneu "$T/alias" "$T/dir" "$T/his" "$T/md/new" "$T/md/cur" "$T/md/tmp"
rm -f /etc/pneu/*
echo mx.example >/etc/pneu/me
sed -i '/^alias:/d; /^pneut1:/d' /etc/passwd
printf 'alias:x:54327:54328::%s:/bin/sh\npneut1:x:54321:54322::%s:/bin/sh\n' "$T/alias" "$T" >>/etc/passwd
: >"$T/dir/box" && : >"$T/his/box"
chown 54327:54328 "$T/alias"
# finds FILE: what is said about a file named by an alias
finds() {
	printf 'postmaster: someone@far.example\nmailer-daemon: postmaster\na: %s\n' "$1" >"$T/aliases"
	pneu-newaliases -n "$T/aliases" 2>&1 | sed "s|$T/||g"
}

is 'a file in a directory of root' "$(finds "$T/dir/new")" \
	'aliases:3:4: warning: file dir/new: the user alias may not make it there; make it for him and give it to him'
is 'one that is root'\''s' "$(finds "$T/dir/box")" \
	'aliases:3:4: warning: file dir/box: the user alias does not own it, or may not write to it; give it to him'
is 'a Maildir of root' "$(finds "$T/md/")" 'aliases:3:4: warning: file md/: the user alias may not write to it; give it to him'
chown -R 54327:54328 "$T/dir/box" "$T/his" "$T/md"
chmod 644 "$T/dir/box"
is 'nothing is said when they are his: a file' "$(finds "$T/dir/box")" ''
is 'a new file' "$(finds "$T/his/new")" ''
is 'a Maildir' "$(finds "$T/md/")" ''
chmod 444 "$T/his/box"
is 'one that he may only read' "$(finds "$T/his/box")" \
	'aliases:3:4: warning: file his/box: the user alias does not own it, or may not write to it; give it to him'
chown 0:54328 "$T/dir" && chmod 775 "$T/dir"
is 'a directory of his group' "$(finds "$T/dir/new")" ''
finish
