# pneu-lspawn and pneu-local as root starts them: each user's mail is written as that user and nobody else
. tests/lib.sh
[ "$(id -u)" = 0 ] || skip_all 'only root can become other users'

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
unset PNEU_ETC PNEU_QUEUE
umask 022
etc=/etc/pneu
mkdir -p "$etc" /usr/local/lib/pneu "$T/home"
rm -f "$etc"/*
install -m 711 "$B/pneu-local" /usr/local/lib/pneu/pneu-local

user() {        # NAME UID GID [OWNER]: in passwd, with a home
	echo "$1:x:$2:$3::$T/home/$1:/bin/sh" >>/etc/passwd
	mkdir "$T/home/$1" && chmod 700 "$T/home/$1" && chown "${4:-$2}:$3" "$T/home/$1"
}
user pneut1 54321 54322
user pneut1-own 54323 54324
user pneut2 54325 54326
user pneurooted 54327 54328 0
echo "pneuhomeless:x:54331:54332::$T/home/none:/bin/sh" >>/etc/passwd
echo "pneutoor:x:0:0::/root:/bin/sh" >>/etc/passwd
echo 'pneugroup:x:54399:pneut1' >>/etc/group

spawner=tests/program/spawner.py
printf 'Subject: hi\n\nbody\n' >"$T/msg"
asks() { printf '%s\n' "$1" | python3 "$spawner" pneu-lspawn 2>&1; }
to() { asks "ask $1
job $T/msg s@x $1@h
reports" | sed -n 's/^report 1 0 //p; /^ask [^K]/p'; }
as() { as_uid=$1 as_gid=$2; shift 2; setpriv --reuid="$as_uid" --regid="$as_gid" --clear-groups "$@"; }
owner() { find "$T/home/$1" -type f -exec ls -n {} + | awk '{ print $1, $3 ":" $4 }' | sort -u; }
cannot() { as 54321 54322 test -e "$2" && ! as 54321 54322 "$@"; }
delivered='K 2.1.5 m did 1+0+0'
nobody='ask D 5.1.1 no such mailbox here'
sed -i '/^alias:/d' /etc/passwd

is 'a system user gets mail' "$(to pneut1)" "$delivered"
is 'in a file of his, that only he may read' "$(owner pneut1)" "-rw------- 54321:54322"
is 'under any case' "$(to PneuT1)" "$delivered"
is 'the longest login name before a hyphen counts' "$(to pneut1-own)" "$delivered"
is 'and it is that user'"'s" "$(owner pneut1-own)" "-rw------- 54323:54324"
is 'the rest is the extension' "$(to pneut1-else)" "D 5.1.1 m no such mailbox here"
is 'after a separator there need be no file' "$(to pneut1+tag)" "$delivered"
is 'for the longest login name' "$(to pneut1-own+tag)" "$delivered"
as 54321 54322 sh -c 'echo ./Maildir/ >"$0"' "$T/home/pneut1/.qmail-else"
is 'for which he may have a file' "$(to pneut1-else)" "$delivered"
is 'root gets none' "$(to root)" "$nobody"
is 'nor does another name of uid 0' "$(to pneutoor)" "$nobody"
is 'nor whose home belongs to another' "$(to pneurooted)" "$nobody"
is 'nor who has no home' "$(to pneuhomeless)" "$nobody"
is 'nor who does not exist' "$(to pneunobody)" "$nobody"
order() { asks "ask '\\x02$1'
job $T/msg s@x $1@h
reports" | sed -n '1{/^ask K/!p}; s/^report 1 0 //p'; }
is 'nor is there a user for the alias file' "$(order '|true')" 'ask Z 4.3.5 there is no user alias to run programs and write files of the alias file as: create it, not root, with a home directory of its own, or name another in control/aliasuser'
is 'nor may root be that' "$(echo pneutoor >"$etc/aliasuser"; order '|true' | cut -c1-41; rm "$etc/aliasuser")" 'ask Z 4.3.5 there is no user pneutoor to '
user alias 54329 54330
is 'a program of the alias file is run as the user alias' "$(order '|id >who; pwd >>who' | cut -c1; cat "$T/home/alias/who"; owner alias)" "K
uid=54329(alias) gid=54330 groups=54330
$T/home/alias
-rw------- 54329:54330"
is 'or as aliasuser says' "$(echo pneut2 >"$etc/aliasuser"; order '|id -u >who' | cut -c1; cat "$T/home/pneut2/who"; rm "$etc/aliasuser" "$T/home/pneut2/who")" "K
54325"
is 'a file is written as him' "$(order "$T/home/alias/box" | cut -c1; owner alias)" "K
-rw------- 54329:54330"
is 'and nowhere else' "$(order "$T/home/pneut1/box" | cut -c1; test -e "$T/home/pneut1/box" && echo written)" Z
rm -f "$T/home/alias/who" "$T/home/alias/box"
is 'with a user alias that is his business' "$(to pneunobody)" "D 5.1.1 m no such mailbox here"
echo ./Maildir/ >"$T/home/alias/.qmail-pneunobody"
as 54329 54330 mkdir -p "$T/home/alias/Maildir/new" "$T/home/alias/Maildir/tmp"
is 'who has a file for each' "$(to pneunobody)" "$delivered"

cat >"$T/users" <<USERS
=virtual:someone:54400:54401:$T/home/virtual:::
=zero:someone:0:0:/root:::
=pneut1:someone:54400:54401:$T/home/virtual:::
.
USERS
mkdir "$T/home/virtual" && chown 54400:54401 "$T/home/virtual"
pneu-newu "$T/users" "$etc/users.cdb"
is 'a user of the database needs no login' "$(to virtual),$(owner virtual)" "$delivered,-rw------- 54400:54401"
is 'and comes before the system'"'s" "$(to pneut1),$(find "$T/home/virtual/Maildir/new" -type f | wc -l | tr -d ' ')" "$delivered,2"
is 'uid 0 of the database is refused' "$(to zero)" "ask Z 4.7.0 no mail is delivered as root"
rm "$etc/users.cdb"

# ---- what a running worker is
printf '%s\n' 'ask pneut1' "job $T/msg s@x pneut1@h" reports "wait $T/go" | python3 "$spawner" pneu-lspawn >"$T/out" &
wait_until 20 grep -q report "$T/out"
for p in /proc/[0-9]*; do
	cat "$p/cmdline" 2>/dev/null | tr '\0' ' ' | grep -q "^pneu-local -s + -t 1000 pneut1 $T/home" && worker=$p
done
ids() { sed -n "s/^$1:[[:space:]]*//p" "$worker/status" | tr '\t' ' ' | sed 's/ *$//'; }
is 'a worker has the uid in all ways' "$(ids Uid)" "54321 54321 54321 54321"
is 'and the gid' "$(ids Gid)" "54322 54322 54322 54322"
is 'and no other group' "$(ids Groups)" ""
t 'its own user cannot look at its descriptors' cannot ls "$worker/fd"
t 'nor into its memory' cannot cat "$worker/mem"
t 'nor read its program' cannot cmp /usr/local/lib/pneu/pneu-local /usr/local/lib/pneu/pneu-local
: >"$T/go"
wait

# ---- tricks of one user against another
echo ./Mailbox >"$etc/defaultdelivery"
is 'an mbox is made by its user' "$(to pneut2),$(owner pneut2)" "$delivered,-rw------- 54325:54326"
rm "$T/home/pneut2/Mailbox"
ln -s "$T/home/pneut1-own/stolen" "$T/home/pneut2/Mailbox"
is 'a symbolic link to another'"'s file is not followed" "$(to pneut2 | cut -c1-9)" "Z 4.2.0 m"
rm "$T/home/pneut2/Mailbox"
echo precious >"$T/home/pneut1-own/file" && ln "$T/home/pneut1-own/file" "$T/home/pneut2/Mailbox"
is 'nor a second name of it' "$(to pneut2 | cut -c1-7)" "Z 4.3.0"
chmod 666 "$T/home/pneut1-own/file"
is 'even if it can be written' "$(to pneut2 | cut -c1-9)" "Z 4.2.0 m"
is 'it is as it was' "$(cat "$T/home/pneut1-own/file")" precious
rm "$T/home/pneut2/Mailbox"
: >"$T/home/pneut2/Mailbox"; chmod 666 "$T/home/pneut2/Mailbox"
is 'an mbox that belongs to another is refused' "$(to pneut2)" "Z 4.2.0 m the mailbox ./Mailbox belongs to somebody else"
rm "$T/home/pneut2/Mailbox"
mkdir -p "$T/home/pneut1-own/Maildir/new"; chown -R 54323:54324 "$T/home/pneut1-own/Maildir"
ln -s "$T/home/pneut1-own/Maildir" "$T/home/pneut2/Maildir"
echo ./Maildir/ >"$etc/defaultdelivery"
is 'nor into another'"'s Maildir" "$(to pneut2 | cut -c1-7)" "Z 4.3.0"
rm "$T/home/pneut2/Maildir"
mkdir "$T/spool"; chmod 755 "$T/spool"
: >"$T/spool/pneut2"; chown 54325 "$T/spool/pneut2"
echo "$T/spool/pneut2" >"$etc/defaultdelivery"
is 'where no dot lock can be made fcntl alone must do' "$(to pneut2)" "$delivered"

t 'nobody but root starts it' sh -c 'setpriv --reuid=54321 --regid=54322 --clear-groups pneu-lspawn </dev/null; test $? = 100'
finish
