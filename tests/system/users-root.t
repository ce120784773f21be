# users-root: aliases and .forward files on a machine with users: whose programs run as whom, and whose files are believed
. tests/lib.sh
[ "$(id -u)" = 0 ] || skip_all 'only root can become other users'
command -v python3 >/dev/null || skip_all 'python3 is needed'

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
pid=
cleanup() {
	[ -z "$pid" ] || { kill -TERM "$pid"; wait "$pid"; } 2>/dev/null
	cd /
	umount /etc /usr/local /var/spool 2>/dev/null
}
chmod 711 "$T"
overlay /etc && overlay /usr/local && overlay /var/spool || skip_all 'no overlay file system here'
unset PNEU_ETC PNEU_QUEUE PNEU_FILTER QMAILQUEUE
umask 022
sed -i -E '/^(pneu[a-z]?|alias|pneu(joe|ann)):/d' /etc/passwd /etc/group
rm -rf /etc/pneu /etc/aliases /var/spool/pneu /usr/local/lib/pneu
mkdir "$T/home"
user() {        # NAME UID GID
	echo "$1:x:$2:$3::$T/home/$1:/bin/sh" >>/etc/passwd
	mkdir "$T/home/$1" && chmod 700 "$T/home/$1" && chown "$2:$3" "$T/home/$1"
}
user pneujoe 54321 54322
user pneuann 54323 54324
user alias 54325 54326
echo 'pneuextra:x:54349:pneujoe,alias' >>/etc/group
printf '%s\n' 'pneuq:x:54341:54342::/nonexistent:/bin/false' 'pneur:x:54343:54344::/nonexistent:/bin/false' \
    'pneud:x:54345:54346::/nonexistent:/bin/false' >>/etc/passwd
DESTDIR= PREFIX=/usr/local ETC=/etc/pneu QUEUE=/var/spool/pneu BIN=/usr/local/lib/pneu MAN=/usr/local/share/man \
    sh scripts/install "$B"/pneu-[a-z]* >"$T/installed" 2>&1 || { sed 's/^/# /' "$T/installed"; skip_all 'it cannot be installed here'; }
PATH=/usr/local/lib/pneu:$PATH
echo here.test >/etc/pneu/me
echo 'sink.test:127.0.0.1:1' >/etc/pneu/smtproutes
Q=/var/spool/pneu
as() { as_uid=$1 as_gid=$2; shift 2; setpriv --reuid="$as_uid" --regid="$as_gid" --clear-groups "$@"; }
mkdir "$T/pub" && chmod 1777 "$T/pub"
cat >"$T/pub/program" <<'P'
#!/bin/sh
{
	sed -n 's/^\(Uid\|Gid\|Groups\|CapEff\):[[:space:]]*//p' /proc/self/status | tr '\t\n' ' |'
	echo
	umask
	pwd
	ls /proc/self/fd | tr '\n' ' '         # the last is its own
	echo
	for f in "$@"; do test -r "$f" && echo "can read $f"; done
	cat "/proc/$PPID/environ" "/proc/$PPID/mem" >/dev/null 2>&1 && echo 'can read its parent'
	kill -0 "$PPID" 2>/dev/null && echo "may signal its parent"
	env | sed 's/=.*//' | sort | tr '\n' ' '
} >"$1.out"
cat >"$1.new" && mv "$1.new" "$1"
P
chmod 755 "$T/pub/program"
cat >/etc/aliases <<A
postmaster:     pneuann
mailer-daemon:  postmaster
root:           postmaster
prog:           "|$T/pub/program $T/pub/prog $T/home/pneujoe $Q/msg /etc/shadow"
ghost:          "|$T/pub/program $T/pub/ghost"
file:           $T/home/alias/mbox
dir:            $T/home/alias/Maildir/
theirs:         $T/home/pneujoe/mbox
list:           :include:$T/list
secret:         :include:$T/secret
own:            :include:$T/home/pneujoe/list
pneuann:        \\pneuann
A
as 54325 54326 mkdir -p "$T/home/alias/Maildir/new" "$T/home/alias/Maildir/tmp" "$T/home/alias/Maildir/cur"
t 'newaliases compiles for the whole machine' /usr/local/bin/newaliases
is 'what everybody may read' "$(stat -c '%a %u' /etc/pneu/aliases.cdb)" '644 0'
pneu-start 2>>"$T/log" &
pid=$!
running() { pneu-qctl status >/dev/null; }
t 'it starts' wait_until 20 running

hello=$T/hello
printf 'Subject: hello\n\nbody\n' >"$hello"
send() {        # SENDER RCPT...: as pneujoe
	{
		printf 'F%s\0' "$1"; shift
		printf 'T%s\0' "$@"
		printf '\0'
	} >"$T/envelope"
	before=$(grep -c '^new msg' "$T/log")
	as 54321 54322 pneu-queue <"$hello" 1<"$T/envelope" || echo '# pneu-queue refused'
	wait_until 10 more "$before"
	ID=$(sed -n 's/^new msg //p' "$T/log" | tail -n 1)
}
more() { [ "$(grep -c '^new msg' "$T/log")" -gt "$1" ]; }
waiting() { find "$Q/msg" -type f | wc -l | tr -d ' '; }
done_with() { [ "$(waiting)" = 0 ]; }
logged() { grep -q -e "$1" "$T/log"; }
# what is being tried already would not be tried once more
retry() { wait_until 20 idle; pneu-qctl flush >/dev/null; }
idle() { pneu-qctl status | grep -qx 'active 0'; }
mails() { find "$T/home/$1/Maildir/new" -type f 2>/dev/null | wc -l | tr -d ' '; }
forget() { rm -rf "$T"/home/pneu*/Maildir; : >"$T/log"; }
owner() { stat -c '%u:%g %a' "$1" 2>/dev/null; }
J=$T/home/pneujoe

# ---- what aliases do
send a@sink.test prog@here.test
t 'a program of the alias file is run' wait_until 20 test -s "$T/pub/prog"
is 'as the alias user in all ways, with nothing else' "$(sed 1q "$T/pub/prog.out")" \
    '54325 54325 54325 54325|54326 54326 54326 54326||0000000000000000|'
is 'so are its files, and nobody else reads them' "$(owner "$T/pub/prog")" '54325:54326 600'
is 'in his home, with three descriptors' "$(sed -n 3,4p "$T/pub/prog.out")" "$T/home/alias
0 1 2 3 "
is 'reading nothing of others, and not the program that started it' "$(grep '^can read' "$T/pub/prog.out")" ''
is 'without a word of ours in its environment' "$(tail -n 1 "$T/pub/prog.out" | grep -o 'PNEU[A-Z_]*')" ''
send a@sink.test file@here.test dir@here.test
t 'files of the alias file are written' wait_until 20 done_with
is 'by the alias user' "$(owner "$T/home/alias/mbox"), $(owner "$T/home/alias/Maildir/new/"*)" '54325:54326 600, 54325:54326 600'
send a@sink.test theirs@here.test
t 'but not where only others may' wait_until 20 logged 'deferral: .*pneujoe/mbox'
pneu-qctl delete "$ID" >/dev/null
forget
send a@sink.test root@here.test
t 'mail for root is postmaster'"'s" wait_until 20 done_with
is 'in the mailbox of a user' "$(mails pneuann)" 1
forget
printf 'pneuann\n' >"$T/list"
chmod 640 "$T/list"
send a@sink.test list@here.test
t 'a list that the queue may not read waits' wait_until 20 logged 'list:_Permission_denied'
chmod 644 "$T/list"
retry
t 'until it may' wait_until 20 done_with
is 'nothing is lost' "$(mails pneuann)" 1
forget
printf '"|%s %s"\n' "$T/pub/program" "$T/pub/joes" >"$T/mine"
as 54321 54322 cp "$T/mine" "$T/pub/mine" && mv "$T/pub/mine" "$T/list"
send '' list@here.test
t 'a list of a user' wait_until 20 done_with
is 'runs no program' "$(ls "$T/pub/joes" 2>/dev/null)" ''
chown 0:0 "$T/list"
send a@sink.test list@here.test
t 'one of root does' wait_until 20 test -s "$T/pub/joes"
is 'as the alias user' "$(owner "$T/pub/joes")" '54325:54326 600'
wait_until 20 done_with
forget
sed -i 's/^alias:/noalias:/' /etc/passwd
send a@sink.test ghost@here.test
t 'without an alias user programs wait' wait_until 20 logged 'deferral: .*no_user_alias'
echo 'alias:x:0:0::/root:/bin/sh' >>/etc/passwd
: >"$T/log"
retry
t 'also if he is root' wait_until 20 logged 'deferral: .*no_user_alias'
t 'and are not run' test ! -e "$T/pub/ghost"
sed -i '/^alias:x:0:/d; s/^noalias:/alias:/' /etc/passwd
retry
t 'until there is one' wait_until 20 done_with
is 'then as he' "$(owner "$T/pub/ghost")" '54325:54326 600'
forget

# ---- what users do
as 54321 54322 sh -c 'echo "\\pneujoe, \"|$0 $1\"" >"$2"' "$T/pub/program" "$T/pub/own" "$J/.forward"
send a@sink.test pneujoe@here.test
t 'a program of a .forward is run' wait_until 20 test -s "$T/pub/own"
is 'as the user in all ways, without his other groups' "$(sed 1q "$T/pub/own.out")" \
    '54321 54321 54321 54321|54322 54322 54322 54322||0000000000000000|'
is "it cannot look into the program that delivers" "$(grep "its parent$" "$T/pub/own.out")" "may signal its parent"
wait_until 20 done_with
is 'the mailbox is his' "$(owner "$J"/Maildir/new/*)" '54321:54322 600'
forget
# odd WHAT REASON: mail waits; when it is mended it is delivered as the file says, to pneuann
mend() {
	rm -rf "$J/.forward"
	as 54321 54322 sh -c 'echo pneuann >"$0"; chmod 600 "$0"' "$J/.forward"
}
odd() {
	send a@sink.test pneujoe@here.test
	t "$1: mail waits, with the reason in the log" wait_until 20 logged "^delivery [0-9]*: deferral: .*$2"
	is 'it is neither delivered nor believed' "$(waiting) $(mails pneujoe) $(mails pneuann)" '1 0 0'
	mend
	retry
	t 'and delivered when that is mended' wait_until 20 done_with
	is 'as the file says' "$(mails pneujoe) $(mails pneuann)" '0 1'
	forget
}
mend; chown 54323 "$J/.forward"; odd "another user's file" forward
mend; chown 54323 "$J/.forward"; chmod 644 "$J/.forward"; odd "another user's file that he may read" forward
mend; chmod 0 "$J/.forward"; odd 'a file that he may not read' forward
mend; rm "$J/.forward"; echo pneujoe >"$T/home/pneuann/.forward"; chown 54323 "$T/home/pneuann/.forward"
ln "$T/home/pneuann/.forward" "$J/.forward"; rm "$T/home/pneuann/.forward"; odd "what was another's file" forward
ln -s "$T/home/pneuann/.forward" "$J/.link"; rm -f "$J/.forward"; mv "$J/.link" "$J/.forward"; odd "a link into another's home" forward
rm -f "$J/.forward"; ln -s /etc/shadow "$J/.forward"; odd 'a link to what only root reads' forward
rm -f "$J/.forward"; as 54323 54324 sh -c 'echo pneujoe >"$0"; chmod 644 "$0"' "$T/pub/anns"; ln -s "$T/pub/anns" "$J/.forward"
odd "a link to a file of another's" forward
rm -f "$J/.forward"; mkfifo "$J/.forward"; chown 54321 "$J/.forward"; odd 'a FIFO' forward
mend
chmod 777 "$J"
send a@sink.test pneujoe@here.test
t 'a home that all may write: mail waits' wait_until 20 logged 'deferral: others_may_write_to_the_home'
chmod 700 "$J"
retry
t 'until they may not' wait_until 20 done_with
is 'then the file counts' "$(mails pneuann)" 1
forget
rm -f "$J/.forward"; echo pneuann >"$J/.forward"; chmod 644 "$J/.forward"
send a@sink.test pneujoe@here.test
t "a file of root's is believed" wait_until 20 done_with
is 'as his own' "$(mails pneujoe) $(mails pneuann)" '0 1'
forget
rm -f "$J/.forward"; as 54321 54322 sh -c 'echo "$0/mbox, \"|cat >$0/out\"" >"$1"' "$T/home/pneuann" "$J/.forward"
send a@sink.test pneujoe@here.test
t "another's files and programs that write there fail" wait_until 20 logged '^delivery [0-9]*: \(deferral\|failure\): '
is 'and write nothing' "$(find "$T/home/pneuann" -newer "$J/.forward" -type f)" ''
for id in $(find "$Q/msg" -type f -exec basename {} \;); do pneu-qctl delete "$id" >/dev/null; done

kill -TERM "$pid"
wait "$pid"
is 'it ends as it should' "$?" 0
pid=
finish
