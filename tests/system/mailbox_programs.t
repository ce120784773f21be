# A mailbox can be a program: procmail, maildrop, dovecot-lda and a script, from .forward, .qmail and defaultdelivery
. tests/lib.sh
[ "$(id -u)" = 0 ] || skip_all 'only root can make a user; these programs look theirs up in /etc/passwd'

# Inside its own mount namespace this test has a user of its own in /etc/passwd, and a /var/mail.
if [ "$1" != inside ]; then
	unshare -m true 2>/dev/null || skip_all 'no mount namespaces here'
	for c in setpriv python3 /usr/bin/procmail /usr/bin/maildrop /usr/lib/dovecot/dovecot-lda; do
		command -v $c >/dev/null || skip_all "$c is missing"
	done
	trap - EXIT
	rm -rf "$T"
	exec unshare -m sh "$0" inside
fi
cleanup() { cd /; umount /etc /var/mail 2>/dev/null; }
chmod 711 "$T"
mkdir -p "$T/up" "$T/work" "$T/bin"
mount -t overlay -o "lowerdir=/etc,upperdir=$T/up,workdir=$T/work" overlay /etc 2>/dev/null || skip_all 'no overlay file system here'
mount -t tmpfs -o mode=2775,gid=mail tmpfs /var/mail || skip_all 'no tmpfs here'
unset PNEU_ETC PNEU_QUEUE
umask 022
install -m 755 "$B/pneu-local" "$T/bin/"
home=$T/home
echo "pneut1:x:54321:54322::$home:/bin/sh" >>/etc/passwd
echo "pneut1:x:54322:" >>/etc/group

spawner=tests/program/spawner.py
msg=$T/msg
printf 'Received: from a\nFrom: ann@x.example\nTo: pneut1@h.example\nSubject: hi\nMessage-ID: <1@x.example>\n\nbody\nFrom me\n' >"$msg"
sed 's/^Subject: hi/Subject: refuse/; s/<1@/<2@/' "$msg" >"$T/refuse"
sed 's/^Subject: hi/Subject: later/; s/<1@/<3@/' "$msg" >"$T/later"

own() { chown -R 54321:54322 "$home"; }
new_home() {
	rm -rf "$home"
	mkdir "$home"; chmod 711 "$home"
	mkdir -p "$home/Maildir/tmp" "$home/Maildir/new" "$home/Maildir/cur"
	rm -rf /var/mail/*
	default=./mbox options=''
}
forward() { printf '%s\n' "$@" >"$home/.forward"; }
qmail() { printf '%s\n' "$@" >"$home/.qmail"; }
# from WHERE COMMAND: it is the only instruction, there
from() {
	rm -f "$home/.qmail" "$home/.forward"
	default=./mbox
	case $1 in
	.forward) forward "\"|$2\"" ;;
	.qmail) qmail "|$2" ;;
	defaultdelivery) default="|$2" ;;
	esac
	own
}
deliver() {     # [FILE]: the report of one message
	printf 'job %s sender@x.example pneut1@h.example\nreports\n' "${1:-$msg}" |
	    python3 "$spawner" --timeout 90 --worker setpriv --reuid=54321 --regid=54322 --clear-groups "$T/bin/pneu-local" $options \
	    pneut1 "$home" pneut1 '' '' "$default" >"$T/out" 2>"$T/err" || cat "$T/err"
	sed -n 's/^report 1 0 //p; /^lost/p' "$T/out"
}
verdict() { deliver "$@" | cut -c1-9; }
arrived() { find "$home/Maildir/new" -type f | wc -l | tr -d ' '; }
one() { cat "$home"/Maildir/new/*; }
whole() { one | grep -qxE '>?From me' && one | grep -qx 'Subject: hi' && one | grep -qx 'Received: from a'; }

# what each place makes of 67 and 77: sysexits, or qmail's
unknown() { case $1 in .forward) echo 'D 5.1.1 m' ;; *) echo 'Z 4.3.0 m' ;; esac; }
noperm() { echo 'D 5.7.0 m'; }

# ---- procmail
new_home
printf '%s\n' 'MAILDIR=$HOME' 'DEFAULT=$HOME/Maildir/' 'LOGFILE=$HOME/log' ':0' '* ^Subject: refuse' '{' 'EXITCODE=67' 'HOST' '}' \
    ':0' '* ^Subject: later' '{' 'EXITCODE=75' 'HOST' '}' >"$home/.procmailrc"
chmod 600 "$home/.procmailrc"
for w in .forward .qmail defaultdelivery; do
	for c in "IFS=' ' && exec /usr/bin/procmail -f- || exit 75 #pneut1" /usr/bin/procmail; do
		rm -f "$home"/Maildir/new/*
		from $w "$c"
		is "procmail from $w" "$(deliver)" 'K 2.1.5 m did 0+0+1'
		is 'one message' "$(arrived)" 1
		t 'whole' whole
	done
	is 'its EXITCODE=67' "$(verdict "$T/refuse")" "$(unknown $w)"
	is 'its EXITCODE=75' "$(verdict "$T/later")" 'Z 4.3.0 m'
	is 'none of these arrived' "$(arrived)" 1
done
from .forward "IFS=' ' && exec /usr/bin/procmail -f- || exit 75 #pneut1"
rm -f "$home"/Maildir/new/*; echo 'DEFAULT=$HOME/box' >"$home/.procmailrc"; own; chmod 600 "$home/.procmailrc"
deliver >/dev/null
is 'the sender is in its From_ line' "$(sed -n '1s/  *[A-Z][a-z][a-z] .*//p' "$home/box")" 'From sender@x.example'

# ---- maildrop
new_home
printf '%s\n' 'if (/^Subject: refuse/)' '{' 'EXITCODE=67' 'exit' '}' 'if (/^Subject: later/)' '{' 'EXITCODE=75' 'exit' '}' \
    'to "$HOME/Maildir/"' >"$home/.mailfilter"
chmod 600 "$home/.mailfilter"
for w in .forward .qmail defaultdelivery; do
	rm -f "$home"/Maildir/new/*
	from $w /usr/bin/maildrop
	is "maildrop from $w" "$(deliver)" 'K 2.1.5 m did 0+0+1'
	is 'one message' "$(arrived)" 1
	t 'whole' whole
	is 'its EXITCODE=67' "$(verdict "$T/refuse")" "$(unknown $w)"
	is 'its EXITCODE=75' "$(verdict "$T/later")" 'Z 4.3.0 m'
	chmod 666 "$home/.mailfilter"
	is 'a filter that others may write to is none' "$(verdict)" 'Z 4.3.0 m'
	chmod 600 "$home/.mailfilter"
done

# ---- dovecot-lda
new_home
mkdir "$home/run"
printf '%s\n' "base_dir = $home/run" "state_dir = $home/run" 'mail_location = maildir:~/Maildir' 'log_path = /dev/stderr' 'ssl = no' \
    'postmaster_address = postmaster@h.example' 'hostname = h.example' 'stats_writer_socket_path =' >"$home/dovecot.conf"
for w in .forward .qmail defaultdelivery; do
	rm -f "$home"/Maildir/new/*
	from $w '/usr/lib/dovecot/dovecot-lda -c $HOME/dovecot.conf -f $SENDER -a $RECIPIENT'
	is "dovecot-lda from $w" "$(deliver | cut -c1-19)" 'K 2.1.5 m did 0+0+1'
	is 'one message' "$(arrived)" 1
	t 'whole' whole
	from $w '/usr/lib/dovecot/dovecot-lda -c $HOME/dovecot.conf -d nobody-of-this-name'
	is 'what it cannot look up (75)' "$(verdict)" 'Z 4.3.0 m'
	from $w '/usr/lib/dovecot/dovecot-lda --no-such-option'
	is 'wrong use (64)' "$(verdict)" 'D 5.3.0 m'
	from $w '/usr/lib/dovecot/dovecot-lda -c $HOME/none.conf'
	is 'a missing configuration (75) is a deferral' "$(verdict)" 'Z 4.3.0 m'
done

# ---- a script
new_home
cat >"$home/script" <<'SH'
#!/bin/sh
case $(sed -n 's/^Subject: //p') in
refuse) echo "$USER does not want this"; exit 77 ;;
later) echo 'not now'; exit 75 ;;
esac
cp "$1" "$HOME/Maildir/new/$$" && echo thanks
SH
chmod 755 "$home/script"
cp "$msg" "$home/kept"
for w in .forward .qmail defaultdelivery; do
	from $w './script kept'
	rm -f "$home"/Maildir/new/*
	is "a script from $w" "$(deliver),$(arrived)" 'K 2.1.5 m did 0+0+1: thanks,1'
	is 'its 77, and what it says' "$(deliver "$T/refuse")" "$(noperm $w) pneut1 does not want this"
	is 'its 75' "$(deliver "$T/later" | sed 's/^\(.\{9\}\).*: /\1 /')" 'Z 4.3.0 m not now'
	from $w "$home/none -x"
	is 'a program that is missing' "$(verdict)" 'Z 4.3.5 m'
	case $w in
	defaultdelivery) where='defaultdelivery line 1' ;;
	*) where="$home/$w line 1" ;;
	esac
	is 'is told with its file and line' "$(deliver | cut -c11- | sed 's/: .*//')" "$where"
	from $w "$home/kept"
	is 'one that cannot be executed' "$(verdict)" 'Z 4.3.5 m'
	from $w 'echo wait; exec sleep 600'
	options='-t 3'
	is 'one that hangs' "$(deliver)" "Z 4.3.0 m $where: the program was ended after 3 s: wait"
	options=
done
finish
