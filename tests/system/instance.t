# scripts/instance: a private instance lives, dies, moves, and never harms what its owner wrote
. tests/lib.sh
command -v perl >/dev/null || skip_all 'perl is needed'
. tests/system/ports.sh
I=$PWD/scripts/instance
D="$T/an instance"
D2=$T/other
export PNEU_BUILD="$B"

instance() { sh "$I" "$@"; }
# send_mail PORT RCPT: one message by SMTP; prints the reply to its end
send_mail() {
	perl -MIO::Socket::INET -e '
		$s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]", Timeout => 10) or die "no connection";
		sub cmd { print $s $_[0] if defined $_[0]; do { $r = <$s> } while defined $r && $r =~ /^...-/; $r }
		cmd();
		cmd("$_\r\n") for "HELO client.test", "MAIL FROM:<sender\@client.test>", "RCPT TO:<$ARGV[1]>", "DATA";
		print cmd("Subject: hello\r\n\r\nbody\r\n.\r\n");
		cmd("QUIT\r\n")' "$1" "$2"
}
mails() { find "$1/home/$2/Maildir/new" -type f | wc -l | tr -d ' '; }
arrived() { [ "$(mails "$1" "$2")" -ge "$3" ]; }
alive() { kill -0 "$1" 2>/dev/null; }
not() { ! "$@"; }
other_than() { [ -s "$2" ] && [ "$(cat "$2")" != "$1" ]; }
# processes of the session that a supervisor leads
session() { ps -A -o sid=,stat=,pid=,args= | awk -v s="$1" '$1 == s && $2 !~ /^Z/'; }
session_empty() { [ -z "$(session "$1")" ]; }
cleanup() {
	for d in "$D" "$D2" "$T/moved here"; do
		[ ! -d "$d" ] || instance stop "$d"
	done >/dev/null 2>&1
	ports_back
}

P=$(free_port)
t 'init makes an instance' instance init "$D" --smtp "127.0.0.1:$P" --user joe --user ann --me mail.example
t 'with a Maildir for each user' test -d "$D/home/joe/Maildir/new" -a -d "$D/home/ann/Maildir/cur"
is 'and a name' "$(cat "$D/etc/me")" mail.example
is 'readable by nobody else' "$(find "$D" -type d ! -perm 700)" ''
t 'it refuses to make it twice' not instance init "$D"
t 'and names that could hurt' not instance init "$T/x" --user ../joe
t 'and addresses that are none' not instance init "$T/x" --smtp localhost
t 'and a path that users(5) cannot hold' not instance init "$T/x:y"
t 'a refused init leaves nothing' not test -e "$T/x"
t 'status says it does not run' not instance status "$D"

sums() { (cd "$D/etc" && cksum me locals rcpthosts rules users defaultdelivery listen); }
echo '# mine' >>"$D/etc/rcpthosts"
before=$(sums)
t 'start succeeds' instance start "$D"
t 'status says it runs' instance status "$D"
pid=$(cat "$D/pid")
t 'its pid is in DIR/pid' alive "$pid"
is 'start changed no file of its owner' "$(sums)" "$before"
t 'starting again is no error' instance start "$D"
is 'and starts nothing' "$(cat "$D/pid")" "$pid"
case $(send_mail "$P" joe@mail.example) in 250*) r=ok ;; *) r=no ;; esac
is 'mail is accepted when start has returned' "$r" ok
t 'and arrives' wait_until 20 arrived "$D" joe 1
send_mail "$P" postmaster@mail.example >/dev/null
t "postmaster's goes to the first user" wait_until 20 arrived "$D" joe 2
(
	eval "$(instance env "$D")"
	printf 'Subject: by hand\n\nbody\n' >"$T/msg"
	printf 'Fjoe@mail.example\0Tann@mail.example\0\0' >"$T/env"
	pneu-queue <"$T/msg" 1<"$T/env"
) >"$T/injected" 2>&1
is 'env points the injector at it' "$?" 0
t 'and its mail arrives' wait_until 20 arrived "$D" ann 1

D2P=$(free_port)
instance init "$D2" --smtp "127.0.0.1:$P" --user joe >/dev/null 2>&1
t 'a second one on the same port does not start' not instance start "$D2"
t 'and is not left half running' not instance status "$D2"
echo "127.0.0.1:$D2P" >"$D2/etc/listen"
t 'on its own port it does, at the same time' instance start "$D2"
send_mail "$D2P" joe@localhost >/dev/null
t 'and has its own mail' wait_until 20 arrived "$D2" joe 1

was=$(cat "$D/run/smtpd")
kill -KILL "$was"
t 'a listener that dies is started again' wait_until 20 other_than "$was" "$D/run/smtpd"
was=$(cat "$D/run/send")
kill -KILL "$was"
t 'and so is the runner' wait_until 20 other_than "$was" "$D/run/send"
answers() { case $(send_mail "$P" ann@mail.example) in 250*) ;; *) false ;; esac }
t 'the port answers again' wait_until 20 answers
t 'and mail flows again' wait_until 20 arrived "$D" ann 2
is 'under the same supervisor' "$(cat "$D/pid")" "$pid"

printf '=new:new:0:0:home/ann:::\n.\n' >"$T/more"
sed '$d' "$D/etc/users" >"$T/users"
cat "$T/users" "$T/more" >"$D/etc/users"
was=$(cksum <"$D/etc/users.cdb")
was_aliases=$(cksum <"$D/etc/aliases.cdb")
compiled() { [ "$(cksum <"$D/etc/users.cdb")" != "$was" ]; }
aliases_compiled() { [ "$(cksum <"$D/etc/aliases.cdb")" != "$was_aliases" ]; }
echo 'boss: ann' >>"$D/etc/aliases"
kill -HUP "$pid"
t 'HUP compiles the users again' wait_until 20 compiled
t 'and the aliases' wait_until 20 aliases_compiled

t 'stop succeeds' instance stop "$D"
t 'status says it does not run' not instance status "$D"
t 'none of its processes is left' wait_until 20 session_empty "$pid"
t 'there is no pid file' not test -e "$D/pid"
t 'stopping again is no error' instance stop "$D"
t 'the other one runs on' instance status "$D2"

pid2=$(cat "$D2/pid")
kill -KILL "$pid2"
t 'killed outright, it does not count as running' wait_until 20 not instance status "$D2"
t 'and its processes end' wait_until 30 session_empty "$pid2"
t 'it starts again over what was left' instance start "$D2"
instance stop "$D2" >/dev/null 2>&1

mv "$D" "$T/moved here"
D="$T/moved here"
was_aliases=$(cksum <"$D/etc/aliases.cdb")
echo 'boss: "ann' >>"$D/etc/aliases"
t 'moved elsewhere, with a mistake in its aliases, it starts' instance start "$D"
is 'with the aliases it had' "$(cksum <"$D/etc/aliases.cdb")" "$was_aliases"
n=$(mails "$D" joe)
send_mail "$P" joe@mail.example >/dev/null
t 'and delivers to the homes where they are now' wait_until 20 arrived "$D" joe $((n + 1))
echo $$ >"$T/pid.other"
instance stop "$D" >/dev/null 2>&1
cp "$T/pid.other" "$D/pid"
t 'the number of another process in DIR/pid does not make it run' not instance status "$D"
instance stop "$D" >/dev/null 2>&1
t 'and that process is left alone' alive $$

# ---- root, and an instance of somebody else, who may have put anything there
chmod 755 "$T"
if [ "$(id -u)" = 0 ] && setpriv --reuid=nobody --clear-groups sh -c 'test -r "$1" && test -x "$2"' - "$I" "$B/pneu-send" 2>/dev/null; then
	O=$T/owned
	t 'init for another account' instance init "$O" --owner nobody --user joe --smtp "127.0.0.1:$(free_port)"
	sleep 1000 &
	victim=$!
	wait_until 10 alive "$victim"
	echo "$victim" >"$O/pid"
	sed 's/.*) //' "/proc/$victim/stat" 2>/dev/null | cut -d' ' -f20 >"$O/run/born"
	mkdir "$T/elsewhere"
	rm -f "$O/run/lock"
	ln -s "$T/elsewhere/lock" "$O/run/lock"
	ln -s "$T/elsewhere" "$O/bin"
	instance stop "$O" >/dev/null 2>&1
	t 'stop: root kills no process that its files name' alive "$victim"
	kill "$victim"
	instance env "$O" >"$T/env"
	is 'and writes nothing where its links lead, nor does env' "$(ls "$T/elsewhere")" ''
	rm "$O/bin" "$O/run/lock" "$O/pid"
	instance env "$O" >"$T/env"
	is 'the names that other programs know are its owner'"'"'s' "$(stat -c %U "$O/bin/sendmail")" nobody
	t 'it starts' instance start "$O"
	is 'as its owner' "$(stat -c %U "/proc/$(cat "$O/pid")")" nobody
	t 'and stops' instance stop "$O"
	mkdir "$T/given" && chown nobody "$T/given"
	ln -s "$T/elsewhere" "$T/given/etc"
	t 'init in a directory that the account has already, with a link in it, fails' not instance init "$T/given" --owner nobody
	is 'and writes nothing where that leads' "$(ls "$T/elsewhere")" ''
	rm "$T/given/etc"
	t 'without one it succeeds' instance init "$T/given" --owner nobody
	is 'and all is of that account' "$(find "$T/given" ! -user nobody)" ''
	t 'really' not instance status "$O"
fi
finish
