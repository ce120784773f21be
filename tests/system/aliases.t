# aliases: from a site's own alias file to mailboxes, programs, files and other hosts, through the whole house
. tests/lib.sh
. tests/system/house.sh
sink

# ---- the files that sites have, as they are
build site site.test joe ann
cat "$top/tests/system/aliases.debian" >"$A"
t 'an alias file as Debian makes it compiles' pneu-newaliases
start
for name in postmaster MAILER-DAEMON abuse security; do
	smtp a@sink.test "$name@site.test"
done >"$T/replies"
t 'what is sent to its system names goes where root'"'s does" wait_until 20 arrived joe 4
forget
cat "$top/tests/system/aliases.sendmail" >"$A"
t 'one as sendmail sites have it compiles' pneu-newaliases
smtp a@sink.test operator@site.test bit-bucket@site.test Uucp@site.test >"$T/replies"
t 'tabs, capitals and chains of names lead to the same' wait_until 20 done_with
is 'once, whatever the number of ways' "$(mails joe)" 1
forget
sed "s,@S@,$T,g" "$top/tests/system/aliases.qmail" >"$A"
printf '%s\n' site.test virtual.test >"$D/etc/rcpthosts"
echo virtual.test:joe-virtual >"$D/etc/virtualdomains"
printf 'ann\nfar@sink.test\n' >"$T/team"
echo "sink.test:127.0.0.1:$S" >"$D/etc/smtproutes"
t 'one as qmail sites have it for fastforward compiles' pneu-newaliases
pneu-qctl reload >/dev/null
stop; start
smtp a@sink.test team@site.test whoever@virtual.test >"$T/replies"
t 'its lists and its virtual domain arrive' wait_until 20 done_with
is 'with whom they name' "$(mails joe) $(mails ann)" '1 1'
t 'here and elsewhere' wait_until 20 grep -qx 'T far@sink.test' "$T/sink.log"
stop
forget

# ---- what an alias can be
build one one.test joe ann
echo "sink.test:127.0.0.1:$S" >"$D/etc/smtproutes"
mkdir "$T/m" "$T/m/new" "$T/m/tmp" "$T/m/cur"
cat >"$T/program" <<'P'
#!/bin/sh
env | sort >"$1.env"
(umask; id -u; id -g) >"$1.ids"
ls -l /proc/$$/fd >"$1.fds" 2>&1
cat >"$1.new" && mv "$1.new" "$1"
P
chmod 755 "$T/program"
aliases <<A
both:     joe, far@sink.test
prog:     "|$T/program $T/prog.out"
many:     |"$T/program $T/many.out a,b c"
file:     $T/file.mbox
dir:      $T/m/
joe:      \\joe, ann
ann:      ann, /dev/null
gone:     :fail: moved to far@sink.test
busy:     :defer: come back tomorrow
fails:    "|echo 5.7.1 not by this road; exit 77"
waits:    "|echo 4.2.0 later perhaps; exit 69"
missing:  "|$T/no/such/program"
shell:    "|no-such-command-here"
nothing:  /dev/null
a-b.c@one.test: joe
A
start
send a@sink.test both@one.test
t 'an alias to a user and somebody elsewhere' wait_until 20 done_with
is 'reaches the user' "$(mail joe | sed -n 1,3p | cut -d' ' -f1,2)" "Return-Path: <a@sink.test>
Delivered-To: joe@one.test
Delivered-To: both@one.test"
t 'and the other' grep -qx 'T far@sink.test' "$T/sink.log"
t 'one copy each' test "$(mails joe) $(mails ann)" = '1 1'
forget

smtp a@sink.test PROG+tag@one.test many@one.test >"$T/replies"
t 'programs are run' wait_until 20 done_with
is 'with the message, and where it comes from' "$(sed -n '1s/ [A-Z].*//p; 2,3p; /^Subject/p' "$T/prog.out")" "From a@sink.test
Return-Path: <a@sink.test>
Delivered-To: PROG+tag@one.test
Subject: hello"
is 'commas in quotes belong to the command' "$(ls "$T"/many.out* | wc -l | tr -d ' ')" 4
has() { grep -qxF "$1" "$T/prog.out.env"; }
for v in SENDER=a@sink.test RECIPIENT=PROG+tag@one.test LOCAL=PROG+tag DOMAIN=one.test HOST=one.test EXT=tag EXTENSION=tag SHELL=/bin/sh LANG=C; do
	t "$v" has "$v"
done
is 'and nothing of ours or of strangers' "$(sed 's/=.*//' "$T/prog.out.env" |
    grep -vxE 'PATH|HOME|USER|LOGNAME|SHELL|LANG|PNEU_(ETC|QUEUE)|SENDER|NEWSENDER|RECIPIENT|ORIGINAL_RECIPIENT|LOCAL|EXT[234]?|EXTENSION|HOST[234]?|DOMAIN|PWD|OLDPWD|_|SHLVL')" ''
is 'it leaves files that nobody else reads' "$(sed 1q "$T/prog.out.ids" | sed 's/^0*//')" 77

# addresses are strangers' text: nothing of it is a command
smtp "a\$(touch $T/hacked)\`touch\${IFS}$T/hacked\`;x@sink.test" 'prog@one.test' >"$T/replies" 2>&1
printf 'Fa$(touch %s/hacked)`id`;"x@sink.test\0Tprog+$(touch${IFS}%s/hacked)|x@one.test\0\0' "$T" "$T" >"$T/envelope"
rm -f "$T/prog.out"
pneu-queue <"$hello" 1<"$T/envelope"
t 'a sender full of shell syntax is mail as any' wait_until 20 test -e "$T/prog.out"
is 'and no byte of it reaches a shell' "$(ls "$T/hacked" 2>/dev/null; grep -E '^(SENDER|RECIPIENT|EXT)=' "$T/prog.out.env" | grep '[$`;()|"{}]')" ''

send a@sink.test file@one.test dir@one.test nothing@one.test
t 'files are written' wait_until 20 done_with
is 'as mbox' "$(sed -n '1s/ [A-Z].*//p; 2,3p' "$T/file.mbox")" "From a@sink.test
Return-Path: <a@sink.test>
Delivered-To: file@one.test"
is 'as Maildir' "$(find "$T/m/new" -type f | wc -l | tr -d ' ')" 1
is 'or not at all' "$(find "$D/home" -name 'nothing*')" ''

forget
send a@sink.test joe@one.test
t 'an alias named like a user wins' wait_until 20 done_with
is '\\user and the own name end it' "$(mails joe) $(mails ann)" '1 1'
forget
send a@sink.test 'a-b.c@one.test' JOE@one.test joe@ONE.test ann@one.test
wait_until 20 done_with
is 'whoever is named several times gets it once' "$(mails joe) $(mails ann)" '1 1'
forget

# ---- what is refused or waits
smtp a@sink.test gone@one.test >"$T/replies"
is 'what the file says is gone is refused at once' "$(sed -n '1s/ \[[0-9a-z]*\]$//p' "$T/replies")" '550 5.1.1 moved to far@sink.test'
smtp a@sink.test busy@one.test >"$T/replies"
is 'and what it says shall wait is told so' "$(sed '1s/ come.*//; 1q' "$T/replies")" '451 4.3.0'
smtp a@sink.test nobody@one.test >"$T/replies"
is 'who is nobody is refused' "$(sed '1s/ no.*//; 1q' "$T/replies")" '550 5.1.1'
bounced() { cat "$T"/sink/* | grep -q -e "$1"; }
send b@sink.test fails@one.test
t 'a program that says never is a bounce' wait_until 20 gone
t 'with its words' wait_until 20 bounced 'not by this road'
t 'and its code' bounced '^Status: 5.7.1'
send b@sink.test waits@one.test
t 'one that says later is asked later' wait_until 20 logged 'deferral: .*later_perhaps'
send b@sink.test missing@one.test shell@one.test
both() { [ "$(grep -c 'deferral: .*(exit_code_127)' "$D/log/send")" -ge 2 ]; }
t 'one that is not there waits for the administrator' wait_until 20 both
is 'all of these wait, none is lost' "$(waiting)" 2
mkdir -p "$T/no/such" && printf '#!/bin/sh\ncat >%s/found\n' "$T" >"$T/no/such/program" && chmod 755 "$T/no/such/program"
retry
t 'and when it is there it gets its mail' wait_until 20 test -s "$T/found"
stop
finish
