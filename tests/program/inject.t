# pneu-inject: how a message is completed; the queue is faked
. tests/lib.sh
. tests/program/inject_lib.sh
QMAILUSER=joe QMAILNAME='Joe Smith'
export QMAILUSER QMAILNAME
inject() { pneu-inject -n "$@" 2>"$T/err" | sed -E 's/^((Resent-)?Date): [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20[0-9]{2} [0-9:]{8} \+0000$/\1: DATE/
	s/^((Resent-)?Message-ID: <)[0-9a-z]{12,24}@/\1ID@/I'; }
sent() { fresh; pneu-inject "$@" <"$T/m" 2>"$T/err"; echo "$? $(envelope)"; }
# from: the From field of an empty message
from() { echo | env "$@" pneu-inject -n | sed -n 's/^From: //p'; }

is 'an empty message' "$(inject </dev/null)" 'Date: DATE
From: Joe Smith <joe@mx.example>
Message-ID: <ID@mx.example>
Cc: recipient list not shown: ;'
is 'what is there stays, wrong or not' "$(printf 'date : yesterday\nFROM: x y z\nmessage-id: none\nTo: b\ncc: c\n\nText\n' | inject)" 'date : yesterday
FROM: x@mx.example y@mx.example z@mx.example
message-id: none
To: b@mx.example
cc: c@mx.example

Text'
is 'addresses as they are written' "$(printf '%s\n' 'To: Ann <ann>, "b, c" (x\)) <b.c@here>,' '	list: d@e.example, (f) f (g);' 'Reply-To: <@r:h@localhost>' \
    'Mail-Followup-To: <>, i@j+' 'X: y' 'Cc: "a b"@c , [x@y' 'Bcc: k' | inject x)" 'To: Ann <ann@mx.example>, "b, c" (x\)) <b.c@here.mx.example>,
	list: d@e.example, (f) f@mx.example (g);
Reply-To: <@r:h@mx.example>
Mail-Followup-To: <>, i@j.mx.example
X: y
Cc: "a b"@c.mx.example , [x@y
Date: DATE
From: Joe Smith <joe@mx.example>
Message-ID: <ID@mx.example>'
is 'of a route nothing is completed' "$(printf 'To: <@r,@s:h@localhost>\n' | inject | head -n 1)" 'To: <@r,@s:h@mx.example>'

# ---- the control files, and the variables before them
completes() { printf 'To: a, a@b, a@c+, a@d.example, a@LocalHost, a@[192.0.2.1]\nCc: x\n' | env "$@" pneu-inject -n | sed -n 's/^To: //p; s/^Message-ID: .*@\(.*\)>/\1/p' | tr '\n' '|'; }
is 'by me alone' "$(completes x=y)" 'a@mx.example, a@b.mx.example, a@c.mx.example, a@d.example, a@mx.example, a@[192.0.2.1]|mx.example|'
echo here >"$E/defaulthost"; echo d.example >"$E/defaultdomain"; echo p.example >"$E/plusdomain"; echo id+ >"$E/idhost"
is 'by files' "$(completes x=y)" 'a@here.d.example, a@b.d.example, a@c.p.example, a@d.example, a@here.d.example, a@[192.0.2.1]|id.p.example|'
is 'by variables' "$(completes QMAILDEFAULTHOST=h+ QMAILDEFAULTDOMAIN=v.example QMAILPLUSDOMAIN=w.example QMAILIDHOST=i.example)" \
    'a@h.w.example, a@b.v.example, a@c.w.example, a@d.example, a@h.w.example, a@[192.0.2.1]|i.example|'
: >"$E/defaultdomain"
is 'an empty domain is none' "$(completes x=y)" 'a@here, a@b, a@c.p.example, a@d.example, a@here, a@[192.0.2.1]|id.p.example|'
rm "$E"/*
echo host >"$E/me"
is 'a host whose name has no dot' "$(completes x=y)" 'a@host, a@b, a@c.host, a@d.example, a@host, a@[192.0.2.1]|host|'
echo mx.example >"$E/me"

# ---- who it is
is 'name and host by variables' "$(from QMAILHOST=h.example)" 'Joe Smith <joe@h.example>'
is 'others' "$(from -u QMAILUSER -u QMAILNAME MAILUSER=ann MAILHOST=h MAILNAME=Ann NAME=x)" 'Ann <ann@h.mx.example>'
is 'a name by itself' "$(from QMAILNAME= NAME=Jo)" 'Jo <joe@mx.example>'
is 'one that needs quotes' "$(from QMAILNAME='J. "Q" \ Smith')" '"J. \"Q\" \\ Smith" <joe@mx.example>'
is 'one that is not ASCII' "$(from QMAILNAME='Jö Smith')" '=?utf-8?B?SsO2IFNtaXRo?= <joe@mx.example>'
is 'one of an old terminal' "$(from QMAILNAME="$(printf 'J\366')")" '=?iso-8859-1?B?SvY=?= <joe@mx.example>'
is 'a long one' "$(echo | QMAILNAME=äääääääääääääääääääääääää pneu-inject -n | grep -A1 ^From)" 'From: =?utf-8?B?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOk?=
 =?utf-8?B?w6TDpMOkw6Q=?= <joe@mx.example>'
is 'one that is too long is left out' "$(from QMAILNAME="$(printf '%0201d' 0)")" joe@mx.example
is 'of the option' "$(echo | pneu-inject -n -FAnn | sed -n 's/^From: //p')" 'Ann <joe@mx.example>'
is 'a user with a strange name' "$(from QMAILUSER='a b' QMAILNAME=x)" 'x <"a b"@mx.example>'
t 'one that is none' sh -c 'echo | QMAILUSER="$(printf "a\nb")" pneu-inject -n 2>"$0"; test $? = 100' "$T/err"
unset QMAILUSER QMAILNAME
account=$(awk -F: -v u="$(id -u)" '$3 == u { print $1; exit }' /etc/passwd)
if [ -n "$account" ]; then
	gecos=$(awk -F: -v u="$(id -u)" '$3 == u { print $5; exit }' /etc/passwd | cut -d, -f1)
	case $gecos in '' | *[!A-Za-z0-9\ ]*) ;; *) is 'the account, by its uid' "$(from -u LOGNAME -u USER)" "$gecos <$account@mx.example>" ;; esac
	is 'whatever the variables say' "$(from LOGNAME=somebody USER=else NAME=)" "$(from -u LOGNAME -u USER)"
fi

# ---- the sender
printf 'To: h@h.example\nReturn-Path: <p@p.example>\n\n' >"$T/m"
QMAILUSER=joe; export QMAILUSER
is 'a Return-Path' "$(sent)" '0 Fp@p.example|Th@h.example||'
is 'does not count for s' "$(QMAILINJECT=s; export QMAILINJECT; sent)" '0 Fjoe@mx.example|Th@h.example||'
is 'an option comes before it' "$(sent -f o)" '0 Fo@mx.example|Th@h.example||'
is 'the null sender' "$(sent -f ''; sent -f '<>')" '0 F|Th@h.example||
0 F|Th@h.example||'
printf 'To: h@h.example\n\n' >"$T/m"
is 'variables' "$(QMAILSUSER=s QMAILSHOST=t; export QMAILSUSER QMAILSHOST; sent)" '0 Fs@t.mx.example|Th@h.example||'
is 'one for each recipient' "$(QMAILINJECT=r; export QMAILINJECT; sent)" '0 Fjoe-@mx.example-@[]|Th@h.example||'
is 'one for each message' "$(QMAILINJECT=mr; export QMAILINJECT; sent | sed 's/-[0-9]*\.[0-9]*-/-N-/')" '0 Fjoe-N-@mx.example-@[]|Th@h.example||'

# ---- recipients
is 'of either' "$(sent; sent x)" '0 Fjoe@mx.example|Th@h.example||
0 Fjoe@mx.example|Tx@mx.example||'
is '-A' "$(sent -A x)" '0 Fjoe@mx.example|Tx@mx.example||'
is '-H' "$(sent -H x)" '0 Fjoe@mx.example|Tx@mx.example|Th@h.example||'
is '-h' "$(sent -h x)" '0 Fjoe@mx.example|Th@h.example||'
is '-a' "$(sent -a x; sent -a)" '0 Fjoe@mx.example|Tx@mx.example||
100 '
is 'the last word counts' "$(sent -haHA -n -N -- -x)" '0 Fjoe@mx.example|T-x@mx.example||'
is 'nobody' "$(printf '\n' >"$T/m"; sent; cat "$T/err")" '100 
pneu-inject: fatal: no recipients'
is 'a bad address' "$(sent 'a b c, <d'; cat "$T/err")" "100 
pneu-inject: fatal: a recipient: a '>' is missing: <d"
is 'in the header' "$(printf 'Cc: (x\n' >"$T/m"; sent; cat "$T/err")" '100 
pneu-inject: fatal: a recipient: a comment does not end: (x'
is 'wrong use' "$(sent -z; sent -f)" '100 
100 '

# ---- the header
letters() { printf 'From: a@a.example\nMessage-ID: <x@y>\nTo: b@b.example\n' | QMAILINJECT=$1 QMAILNAME='J (S)' inject; }
is 'f and i' "$(letters fi)" 'To: b@b.example
Date: DATE
From: "J \(S\)" <joe@mx.example>
Message-ID: <ID@mx.example>'
is 'c' "$(letters cf | sed -n 's/^From: //p')" 'joe@mx.example (J \(S\))'
printf 'list@a.example\nother@mx.example\n' >"$T/lists"
mft() { printf "$1" | QMAILMFTFILE=$T/lists inject | awk '/^Mail-F/ { p = 1; print; next } p && /^\t/ { print; next } { p = 0 }' | tr -d '\n'; }
is 'a list in To or Cc' "$(mft 'To: Ann <ann>\nCc: LIST@a.example, "x y"@b\n\n')" 'Mail-Followup-To: ann@mx.example,	LIST@a.example,	"x y"@b.mx.example'
is 'a host is completed before' "$(mft 'To: other\nBcc: x\n\n')" 'Mail-Followup-To: other@mx.example'
is 'no list, or said already' "$(mft 'To: ann\n\n'; mft 'To: other\nMail-Followup-To: x\n\n')" 'Mail-Followup-To: x@mx.example'
t 'a file that is not there' sh -c 'echo | QMAILMFTFILE=/nonexistent pneu-inject -n 2>"$0"; test $? = 111' "$T/err"
is 'Resent-' "$(printf 'Resent-To: a\nTo: b\nBcc: c\nResent-Bcc: d\n\nt\n' | inject -F '')" 'Resent-Date: DATE
Resent-From: joe@mx.example
Resent-Message-ID: <ID@mx.example>
Resent-To: a@mx.example
To: b@mx.example

t'
is 'lines that are no field' "$(printf 'To: a\n b\nno field\nCc: c\n' | inject | sed '/^Date/,/^Mess/d')" 'To: a@mx.example
 b@mx.example

no field
Cc: c'
is 'a blank line that is not empty goes on' "$(printf 'To: a\n \t\nCc: c\n' | inject | sed '/^Date/,/^Mess/d')" "To: a@mx.example
 	
Cc: c@mx.example"
is 'dots' "$(printf 'To: a\n\n.\n..\n' | inject | tail -n 2)" '.
..'
if [ -e /dev/full ]; then
	t 'a message that cannot be written' sh -c 'echo | pneu-inject -n >/dev/full 2>"$0"; test $? = 111' "$T/err"
fi
is 'a queue that is full' "$(printf 'To: a\n' >"$T/m"; QUEUE_EXIT=53; export QUEUE_EXIT; sent | cut -d' ' -f1; cat "$T/err")" '111
pneu-inject: fatal: unable to queue the message: disk full or write error (4.3.1)'
is 'one that refuses' "$(QUEUE_EXIT=31; export QUEUE_EXIT; sent | cut -d' ' -f1)" 100

# ---- more rights than the caller has: the environment is his, and not believed. -n, since it is the host's house that is asked then
if [ "$(id -u)" = 0 ]; then
	elevated() { perl -e '$< = 65534; exec @ARGV or die' "$@"; }
	t 'without them it is believed' sh -c 'echo | QMAILUSER=odd-one pneu-inject -n | grep -q odd-one'
	echo | QMAILUSER=odd-one QMAILNAME=odd-one elevated "$B/pneu-inject" -n >"$T/out" 2>&1
	t 'in a setuid program variables say nothing' sh -c '! grep -qE "odd-one|mx.example" "$0"' "$T/out"
fi

# ---- an account that is not in /etc/passwd
if [ "$(id -u)" = 0 ] && ! getent passwd 54321 >/dev/null && chmod 711 "$T" && chmod 755 "$E" "$T/bin"; then
	stranger() { echo | perl -e '$) = $( = 54321; $< = $> = 54321; $< == 54321 && exec @ARGV or die' env -u QMAILUSER -u QMAILNAME -u LOGNAME -u USER "$@" pneu-inject -n 2>&1 | sed -n 's/^From: //p'; }
	if stranger true >/dev/null 2>&1 && su -s /bin/sh nobody -c "test -x '$B/pneu-inject'" 2>/dev/null; then
		is 'nobody knows it' "$(stranger)" uid54321@mx.example
		is 'but itself' "$(stranger USER=jane)" jane@mx.example
		cat >"$T/bin/pneu-getpw" <<'S'
#!/usr/bin/perl -0n
BEGIN { $| = 1 }
print $_ eq "#54321\0" ? "Kjane:x:54321:54321:& Doe,x:/nonexistent:\0" : "N\0";
S
		chmod 755 "$T/bin/pneu-getpw"
		is 'the name service does' "$(stranger)" 'Jane Doe <jane@mx.example>'
		is 'whatever the variables say' "$(stranger USER=root)" 'Jane Doe <jane@mx.example>'
		echo 0 >"$E/nsslookup"
		is 'if it may be asked' "$(stranger)" uid54321@mx.example
		rm "$E/nsslookup" "$T/bin/pneu-getpw"
	fi
fi

# ---- no more is started than has to be
if strace -o /dev/null true 2>/dev/null; then
	echo 'exit 0' >"$T/calm"
	strace -f -o "$T/trace" -e trace=execve pneu-inject x <"$T/m" 2>/dev/null
	is 'two programs for a message' "$(grep -c 'execve(.*= 0' "$T/trace" | sed 's/^[0-9]*$/&/'; grep -o 'execve("[^"]*"' "$T/trace" | sed -n '1,2s/.*\///p' | tr '\n' ' ')" "$(grep -c 'execve(.*= 0' "$T/trace")
pneu-inject\" queue\" "
fi
finish
