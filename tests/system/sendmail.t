# sendmail: mail programs of Debian that send through it, unmodified, and a whole house behind it
. tests/lib.sh
. tests/system/house.sh
HOME=$T LC_ALL=C
export HOME LC_ALL
unset MAILRC MAIL EMAIL NAME QMAILUSER MAILUSER QMAILINJECT
build one one.test joe ann
eval "$(instance env "$D")"
LOGNAME=ann USER=ann QMAILUSER=ann QMAILNAME='Ann Smith'
export LOGNAME USER QMAILUSER QMAILNAME

field() { mail joe | sed -n "/^\$/q; s/^$1: //p"; }
# came WHAT CODE: the one message to joe
came() {
	is "$1" "$2" 0
	[ "$2" = 0 ] || sed 's/^/# /' "$T/out"
	t 'it arrives' wait_until 20 arrived joe 1
}
# has COMMAND PACKAGE
has() { command -v "$1" >/dev/null || { t "$1 # SKIP no $1 (Debian: $2)" true; false; }; }

# ---- while nobody runs
printf 'To: Joe <joe>\nBcc: ann\nSubject: waiting\n\ntext\n' >"$T/m"
is 'mail is taken while the house is closed' "$(id=$(sendmail -t --id <"$T/m"); echo $?; ls "$D/queue/msg"/*/"$id" | wc -l | tr -d ' ')" '0
1'
t 'mailq knows it' sh -c 'mailq | grep -q joe@one.test'
is '--wait says that it stays there' "$(sendmail --wait=5 joe <"$T/m" 2>"$T/err" >"$T/out"; echo $?; cut -d: -f1,3- "$T/err" | sed 's/as [^:]*/as ID/' | head -c 16)" '75
sendmail: no run'
mv "$D/queue/msg" "$D/queue/away"
is 'without a queue it is not taken' "$(sendmail joe <"$T/m" 2>"$T/err"; echo $?; tail -n 1 "$T/err")" '75
sendmail: fatal: the message is not sent, try again later: the queue directory cannot be used'
mv "$D/queue/away" "$D/queue/msg"
start
t 'the house opens: all of it is delivered' wait_until 20 arrived joe 2
t 'also the secret copy' wait_until 20 arrived ann 1
is 'which nobody sees' "$(mail joe | grep -ci '^bcc')" 0
forget

# ---- what it says
is '--wait says when it was delivered' "$(sendmail --wait=60 joe <"$T/m")" 'joe@one.test: delivered'
is 'and what will never be' "$(sendmail --wait=60 nobody joe <"$T/m" 2>"$T/err" | sort; tail -n 1 "$T/err" | grep -c 'will not be tried again')" 'joe@one.test: delivered
nobody@one.test: failed: no such mailbox here
1'
is '-bv' "$(sendmail -bv joe >"$T/out"; echo $?; sendmail -bv joe nobody >"$T/out"; echo $?; grep -c 'result: ' "$T/out")" '0
67
2'
is '-bt' "$(printf '0 joe\n' | sendmail -bt | grep -c 'result: deliverable')" 1
echo 'team: joe, ann' >>"$A"
is 'newaliases' "$(newaliases >"$T/out" 2>&1; echo $?)" 0
is 'its result' "$(sendmail --wait=60 team <"$T/m" | sort -u | grep -c delivered)" 1
is 'a held one' "$(sendmail -Qodd --id joe <"$T/m" >"$T/id"; wait_until 20 sh -c 'pneu-qread "$(cat "$0")" | grep -q held' "$T/id" && echo yes)" yes
t 'is released' wait_until 20 sh -c 'pneu-qctl release "$(cat "$0")"' "$T/id"
wait_until 20 done_with
forget

# ---- each byte of a message
{
	printf '.\n..\n.dot\nFrom joe\n>From joe\n-- \ntrailing \t\n\n\n\ttab\nQUIT\n.\nSubject: no subject\ngr\303\274\303\237e \0 \001\n'
	awk 'BEGIN { for (i = 0; i < 3000; i++) printf "x"; printf "\n" }'
	printf 'end\n\n'
} >"$T/body"
{
	printf 'From: Ann <ann@one.test>\nTo: joe@one.test\nSubject: =?utf-8?Q?gr=C3=BC=C3=9Fe?= to you,\n\tin two lines\n'
	printf 'Date: Sun, 22 Nov 2026 10:00:00 +0100\nMessage-ID: <1@one.test>\nX-Odd:  two  spaces \n\n'
	cat "$T/body"
} >"$T/message"
sendmail -oi -t <"$T/message" >"$T/out" 2>&1
came 'sendmail -oi -t' $?
mail joe | awk '!head && /^(Return-Path|Delivered-To|Received):/ { next } { head = 1; print }' >"$T/got"
t 'each byte as it was' cmp "$T/got" "$T/message"
forget

# ---- SMTP with a program of this host
echo mail >"$D/etc/requiretls"
printf 'EHLO x\nMAIL FROM:<ann@one.test>\nRCPT TO:<joe@one.test>\nDATA\nSubject: x\n\n..\n.\nQUIT\n' | sendmail -bs >"$T/out" 2>&1
came 'sendmail -bs, lines with LF alone, without TLS' $?
is 'what it wrote' "$(mail joe | tail -n 1)" .
is 'and what it was told' "$(cut -c 1-3 "$T/out" | tail -n 5 | tr '\n' ' ')" '250 250 354 250 221 '
rm "$D/etc/requiretls"
forget

# ---- programs
echo text >"$T/text"
if has mutt mutt; then
	printf 'set sendmail="%s/bin/sendmail -oem -oi" copy=no realname="Ann Smith" use_from=no charset=utf-8 use_8bitmime crypt_autosign=no\nset dsn_notify="failure,delay" dsn_return=hdrs\n' "$D" >"$T/muttrc"
	mutt -n -F "$T/muttrc" -s 'from mutt' -b ann@one.test joe@one.test <"$T/text" >"$T/out" 2>&1
	came mutt $?
	is 'with its subject' "$(field Subject)" 'from mutt'
	is 'the author is known' "$(field From)" 'Ann Smith <ann@one.test>'
	t 'the secret copy too' wait_until 20 arrived ann 1
	is 'says nothing of itself' "$(mail joe | grep -ci '^bcc')" 0
	forget
fi
if has s-nail s-nail; then
	s-nail -:/ -S v15-compat -S mta="$D/bin/sendmail" -S hostname=one.test -S sendwait -S nosave -S DEAD=/dev/null \
	    -s 'from s-nail' -r ann@one.test joe@one.test <"$T/m" >"$T/out" 2>&1
	came s-nail $?
	is 'with the sender that it named' "$(field Return-Path)" '<ann@one.test>'
	forget
fi
patches() {
	git config --global user.name Ann && git config --global user.email ann@one.test &&
	git init -q "$T/here" && cd "$T/here" && echo one >file && git add file && git commit -qm one &&
	git format-patch -q -1 --root -o "$T/patch" &&
	git send-email --quiet --smtp-server="$D/bin/sendmail" --envelope-sender=ann@one.test --confirm=never --suppress-cc=all \
	    --from=ann@one.test --to=joe@one.test "$T"/patch/*
}
if has git git && [ -x "$(git --exec-path)/git-send-email" ]; then
	export GIT_CONFIG_NOSYSTEM=1
	(patches) >"$T/out" 2>&1
	came 'git send-email' $?
	is 'the patch' "$(field Subject)" '[PATCH] one'
	forget
else
	t 'git send-email # SKIP not here (Debian: git-email)' true
fi
mh=/usr/bin/mh
if [ -x $mh/send ]; then
	mkdir -p "$T/Mail"
	echo "Path: $T/Mail" >"$T/.mh_profile"
	for how in pipe smtp; do
		printf 'From: ann@one.test\nTo: joe@one.test\nBcc: ann@one.test\nSubject: from nmh\n\ntext\n.\nmore\n' >"$T/draft"
		MH=$T/.mh_profile $mh/send -mts sendmail/$how -sendmail "$D/bin/sendmail" "$T/draft" >"$T/out" 2>&1 </dev/null
		came "nmh, sendmail/$how" $?
		is 'all of it' "$(mail joe | tail -n 2 | tr '\n' ' ')" '. more '
		[ $how = pipe ] || is 'the client of -bs is one of us' "$(mail joe | grep -c 'from .*(localhost \[127.0.0.1\])')" 1
		forget
	done
else
	t 'nmh # SKIP not here (Debian: nmh)' true
fi
if perl -MMail::Mailer -e 1 2>/dev/null; then
	PERL_MAILERS="sendmail:$D/bin/sendmail" perl -MMail::Mailer -e '
		$m = Mail::Mailer->new("sendmail"); $m->open({ To => "joe", Subject => "from perl" }); print $m "text\n"; $m->close or exit 1' >"$T/out" 2>&1
	came 'Mail::Mailer' $?
	is 'with its subject' "$(field Subject)" 'from perl'
	forget
else
	t 'Mail::Mailer # SKIP not here (Debian: libmailtools-perl)' true
fi
if has python3 python3; then
	python3 - "$D/bin/sendmail" >"$T/out" 2>&1 <<'P'
import email.message, subprocess, sys
m = email.message.EmailMessage()
m["To"], m["Subject"] = "Joe <joe@one.test>", "grüße"
m.set_content("grüße\n")
sys.exit(subprocess.run([sys.argv[1], "-t", "-oi"], input=m.as_bytes(policy=m.policy.clone(linesep="\r\n"))).returncode)
P
	came 'python, with CR LF' $?
	is 'lines end as they should' "$(mail joe | tr -cd '\r' | wc -c | tr -d ' ')" 0
	forget
fi
finish
