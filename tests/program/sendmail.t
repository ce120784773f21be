# pneu-sendmail: what programs pass, and what becomes of it; its neighbours are faked
. tests/lib.sh
. tests/program/inject_lib.sh
QMAILUSER=joe NAME='Joe Smith'
export QMAILUSER NAME

# sent COMMAND...: its exit code and the envelope; $T/m is the message
sent() {
	fresh
	"$@" <"$T/m" >"$T/out" 2>"$T/err"
	echo "$? $(envelope)"
}
field() { sed -n "/^\$/q; s/^$1: //p" "$Q/message"; }
body() { sed '1,/^$/d' "$Q/message"; }

printf 'To: ann@a.example\nCc: Bob <bob>\nBcc: secret@b.example\nSubject: x\n\ntext\n' >"$T/m"
joe=Fjoe@mx.example

# ---- the command lines that were recorded
is 'cron' "$(sent sendmail -FCronDaemon -i -B8BITMIME -oem root)" "0 $joe|Troot@mx.example||"
is 'and its name' "$(field From)" 'CronDaemon <joe@mx.example>'
is 'cron, to a list' "$(sent sendmail -FCronDaemon -i -B8BITMIME -oem 'root, ann@a.example')" "0 $joe|Troot@mx.example|Tann@a.example||"
all="Tann@a.example|Tbob@mx.example|Tsecret@b.example||"
is 'bcron' "$(sent sendmail -FCronDaemon -i -odi -oem -t)" "0 $joe|$all"
is 'anacron' "$(sent sendmail -FAnacron -odi root)" "0 $joe|Troot@mx.example||"
is 'at' "$(sent sendmail -i root)" "0 $joe|Troot@mx.example||"
is 'mutt' "$(sent sendmail -oem -oi -- x@c.example y@c.example)" "0 $joe|Tx@c.example|Ty@c.example||"
is 'mutt, 8 bit, with a sender' "$(sent sendmail -oem -oi -B8BITMIME -f ann@a.example -- x@c.example)" '0 Fann@a.example|Tx@c.example||'
is 'mutt, with DSN' "$(sent sendmail -oem -oi -N failure,delay -R hdrs -- x@c.example)" "0 $joe|RHDRS|Tx@c.example|NFAILURE,DELAY||"
is 's-nail' "$(sent sendmail -i -f ann -- x@c.example)" '0 Fann@mx.example|Tx@c.example||'
is 'bsd-mailx' "$(sent sendmail -i -t)" "0 $joe|$all"
is 'mailutils' "$(sent sendmail -oi -f ann@a.example -t)" "0 Fann@a.example|$all"
is 'git send-email' "$(sent sendmail -f ann@a.example -i x@c.example y@c.example)" '0 Fann@a.example|Tx@c.example|Ty@c.example||'
is 'PHP' "$(sent sh -c 'sendmail -t -i -fann@a.example')" "0 Fann@a.example|$all"
is 'PHP as many have it' "$(sent sendmail -ti)" "0 $joe|$all"
is 'Emacs' "$(sent sendmail -oi -f ann@a.example -oem -odb -t)" "0 Fann@a.example|$all"
is 'vacation' "$(sent sendmail -f joe -- x@c.example)" "0 $joe|Tx@c.example||"
is 'procmail' "$(sent sendmail -oi x@c.example)" "0 $joe|Tx@c.example||"
is 'maildrop, a bounce' "$(sent sendmail -oi -f '' x@c.example)" '0 F|Tx@c.example||'
is 'mdadm, sudo, logwatch, bts, Mail::Mailer' "$(sent sendmail -t)" "0 $joe|$all"
is 'MIME::Lite' "$(sent sendmail -t -i -oi -oem -fann@a.example)" "0 Fann@a.example|$all"
is 'Email::Sender, Ruby, Dovecot' "$(sent sendmail -i -f ann@a.example -- x@c.example)" '0 Fann@a.example|Tx@c.example||'
is 'Mailman, Sympa' "$(sent sendmail -oi -odi -oem -f ann@a.example x@c.example)" '0 Fann@a.example|Tx@c.example||'
is 'majordomo' "$(sent sendmail -oi -odq -oem -f ann@a.example x@c.example)" '0 Fann@a.example|Tx@c.example||'
is 'FreeBSD periodic, and others' "$(sent sendmail -odi -oi -t -Am -U)" "0 $joe|$all"

# ---- options
is 'everything that is harmless' "$(sent sendmail -Ac -Am -C /etc/x -Cx -D log -d0.1 -d -L tag -p ESMTP:host -X /tmp/x -c -E -J -m -n -s -x -U -T1h \
    -odb -odf -om -o7 -o8 -oo -ov -oT1d -oA/etc/aliases -oA /etc/aliases -O DeliveryMode=background -OQueueDirectory=/x -O Timeout=1 -G x)" "0 $joe|Tx@mx.example||"
for l in z a g k l S W Y Z 0 '?' u j K H; do
	is "a letter that nobody had, -$l" "$(sent sendmail "-$l" x)" '64 '
done
is 'which is said' "$(cat "$T/err")" 'sendmail: fatal: unknown option -H'
for o in --help -bz -bX -exy -Nsometimes -Rall -V"a b" -hx -B9BIT --wait=x --wait=99999999 -o= -qX; do
	is "a value that makes no sense, $o" "$(sent sendmail "$o" x)" '64 '
done
is 'a value that is missing' "$(sent sendmail -f)" '64 '
is 'no recipients and no -t' "$(sent sendmail)" '64 '
is 'which is said' "$(cat "$T/err")" 'sendmail: fatal: no recipients: name them, or use -t'
is 'all that the envelope has' "$(sent sendmail -N success -R full -V id+2B1 -B 7bit '-Qlooks odd' -OSMTPUTF8=yes x@c.example)" \
    "0 $joe|B7BIT|Eid+2B1|RFULL|U1|Hlooks odd|Tx@c.example|NSUCCESS||"
is 'never' "$(sent sendmail -N never x@c.example)" "0 $joe|Tx@c.example|NNEVER||"
is 'a quarantine without a reason' "$(sent sendmail -Q x@c.example)" "0 $joe|Hsendmail -Q|Tx@c.example||"
is 'the ID' "$(sent sendmail --id x; cat "$T/out")" "0 $joe|Tx@mx.example||
1k0v78bqdt5aeqgx"
is 'and for people' "$(sent sendmail -v x; cat "$T/err")" "0 $joe|Tx@mx.example||
sendmail: queued as 1k0v78bqdt5aeqgx"
is 'otherwise nothing is said' "$(sent sendmail x; cat "$T/out" "$T/err")" "0 $joe|Tx@mx.example||"

# ---- the sender
for f in '<>' '' ' ' '<> (nobody)'; do is "the null sender, '$f'" "$(sent sendmail -f "$f" x@c.example)" '0 F|Tx@c.example||'; done
is 'with all that an address may have' "$(sent sendmail -f 'Ann <@r.example:"a b"@a.example> (c)' x)" '0 Fa b@a.example|Tx@mx.example||'
is '-r too' "$(sent sendmail -r ann@a.example x)" '0 Fann@a.example|Tx@mx.example||'
is 'one for each recipient' "$(sent sendmail -f 'list-@a.example-@[]' x)" '0 Flist-@a.example-@[]|Tx@mx.example||'
is 'a bounce of a bounce' "$(sent sendmail -f '#@[]' x)" '0 F#@[]|Tx@mx.example||'
is 'From stays' "$(printf 'From: x@y.example\n\n' >"$T/m"; sent sendmail -f ann x; field From)" '0 Fann@mx.example|Tx@mx.example||
x@y.example'
printf 'Subject: x\n\ntext\n' >"$T/m"
is 'or is the sender' "$(sent sendmail -f ann@a.example x; field From)" '0 Fann@a.example|Tx@mx.example||
ann@a.example'
is 'with the name that was given' "$(sent sendmail -f ann@a.example -F 'Ann (x)' x; field From)" '0 Fann@a.example|Tx@mx.example||
"Ann \(x\)" <ann@a.example>'
is 'controls in it are blanks' "$(sent sendmail -F 'Ann
Bcc: x@y.example' x; field From)" "0 $joe|Tx@mx.example||
\"Ann Bcc: x@y.example\" <joe@mx.example>"
is 'also where it is encoded' "$(sent sendmail -F 'JÃ¶
Bcc: x' x; field From | sed 's/.*?B?\(.*\)?=.*/\1/' | base64 -d)" "0 $joe|Tx@mx.example||
JÃ¶ Bcc: x"
is 'a host name from the environment that would end a field' "$(QMAILIDHOST='x>
Bcc: y'; export QMAILIDHOST; sent sendmail x; cat "$T/err")" '75 
sendmail: fatal: the message is not sent, try again later: the variable QMAILIDHOST is not a host name'
is 'the null sender writes nothing' "$(sent sendmail -f '' x; field From)" '0 F|Tx@mx.example||
Joe Smith <joe@mx.example>'
for f in 'a@b@c' 'a b' 'a@b, c@d' 'a@' '"a' 'a@b..c'; do is "no sender: $f" "$(sent sendmail -oeq -f "$f" x)" '65 '; done

# ---- recipients
is 'twice is once' "$(sent sendmail 'x@c.example,y' x@c.example X@c.example y)" "0 $joe|Tx@c.example|Ty@mx.example|TX@c.example||"
printf 'To: list: a@a.example, "b, b" <b>;\nCc: (c (c)) c@c.example ,\n d@d\nApparently-To: e\n\n' >"$T/m"
is 'groups, comments, folding; and the command line' "$(sent sendmail -t f@f.example)" \
    "0 $joe|Tf@f.example|Ta@a.example|Tb@mx.example|Tc@c.example|Td@d.mx.example|Te@mx.example||"
printf 'To: a@a.example\nResent-Bcc: r@r.example\nResent-To: q@q.example\nBcc: b@b.example\n\n' >"$T/m"
is 'Resent- fields alone, if there are any' "$(sent sendmail -t)" "0 $joe|Tr@r.example|Tq@q.example||"
is 'what was secret is gone' "$(message)" 'To: a@a.example
Resent-Date: DATE
Resent-From: Joe Smith <joe@mx.example>
Resent-Message-ID: <ID@mx.example>
Resent-To: q@q.example'
printf 'To: ann\nBcc: secret\n\nt\n' >"$T/m"
is 'without -t too' "$(sent sendmail x; message)" "0 $joe|Tx@mx.example||
To: ann@mx.example
Date: DATE
From: Joe Smith <joe@mx.example>
Message-ID: <ID@mx.example>

t"
is 'from a gateway nothing is completed' "$(sent sendmail -G x; message)" "0 $joe|Tx@mx.example||
To: ann

t"
printf 'To: j\303\266@a.example\n\n' >"$T/m"
is 'SMTPUTF8' "$(sent sendmail -t)" "0 $joe|B8BITMIME|U1|Tjö@a.example||"
printf 'Subject: j\303\266\n\n' >"$T/m"
is 'not for a subject' "$(sent sendmail x)" "0 $joe|B8BITMIME|Tx@mx.example||"

# ---- the text
raw() { printf "$1" >"$T/m"; shift; sent sendmail "$@" x >"$T/code"; body; }
is 'a dot ends it' "$(raw 'A: b\n\none\n.\ntwo\n')" one
is 'also with CR LF, and in a file that ends there' "$(raw 'A: b\r\n\r\none\r\n.\r\ntwo\r\n'; raw 'A: b\n\none\n.')" 'one
one'
is 'but not with -i' "$(raw 'A: b\n\none\n.\ntwo\n' -i)" 'one
.
two'
is 'nor dots that are not alone' "$(raw 'A: b\n\n..\n.x\n. \n.\rx\n' | tr '\r' r)" '..
.x
. 
.rx'
is 'lines end in LF, a CR alone stays' "$(raw 'A: b\n\na\r\nb\rc\n\r\r\nd' | tr '\r' r)" 'a
brc
r
d'
t 'and the last one ends too' sh -c 'test "$(tail -c 2 "$0" | od -An -c | tr -d " ")" = "d\n"' "$Q/message"
is 'NULs' "$(raw 'A: b\n\na\0b\n' | tr '\0' 0)" a0b
is 'an mbox line' "$(printf 'From joe Sun Nov 22 06:31:00 2026\n>From x\nA: b\n\nt\n' >"$T/m"; sent sendmail x >"$T/code"; message | head -n 1)" 'A: b'
is 'no header' "$(raw 'just text\nTo: x\n')" 'just text
To: x'
is 'nothing at all' "$(printf '' >"$T/m"; sent sendmail x; field To; body)" "0 $joe|Tx@mx.example||"
is 'Return-Path and Content-Length' "$(printf 'Return-Path: <x@y>\nContent-Length: 7\nA: b\n\n' >"$T/m"; sent sendmail x; grep -c '^[RC]e' "$Q/message")" "0 $joe|Tx@mx.example||
0"
{ printf 'Subject: large\n\n'; yes 'a line of a large message' | head -c 30000000; } >"$T/m"
limit='ulimit -v 40000'
! nm "$B/pneu-sendmail" 2>/dev/null | grep -q __asan_init || limit=:
t 'a large message, in little memory' sh -c "$limit; exec sendmail -i x" <"$T/m"
is 'every byte of it' "$(body | cksum)" "$({ sed 1,2d "$T/m"; echo; } | cksum)"
{ printf 'Subject: '; head -c 9000000 /dev/zero | tr '\0' x; printf '\n\nt\n'; } >"$T/m"
is 'a header over 8 MiB' "$(sent sendmail -oeq x)" '65 '
is 'comes back' "$(sent sendmail -oem -t)" "65 F|Tjoe@mx.example||"
is 'with all of it' "$(body | sed 1,6d | cksum)" "$(cksum <"$T/m")"
{ head -c 9000000 /dev/zero | tr '\0' x; printf '\n\nt\n'; } >"$T/m"
is 'a body without line ends is none' "$(sent sendmail x)" "0 $joe|Tx@mx.example||"

# ---- what goes wrong
printf 'To: ann@a.example, b@@b\nSubject: x\n\ntext\n.\nmore\n' >"$T/m"
is 'a bad address' "$(sent sendmail -t; sed "s|$T/||" "$T/err")" '65 
sendmail: a recipient: an address is expected: b@@b
sendmail: fatal: the message is not sent; it is kept in home/dead.letter'
is 'it is kept' "$(sed 1d "$HOME/dead.letter")" 'To: ann@a.example, b@@b
Subject: x

text'
t 'as the first of a mailbox' grep -qE "^From [^ ]+ [A-Z][a-z]{2} [A-Z][a-z]{2} [0-9 ]{2} [0-9:]{8} 20..\$" "$HOME/dead.letter"
is 'which is private' "$(stat -c %a "$HOME/dead.letter")" 600
is 'the next one behind it' "$(sent sendmail -oi -oep -t; grep -c '^To: ann' "$HOME/dead.letter"; tail -n 3 "$HOME/dead.letter")" '65 
2
.
more'
rm "$HOME/dead.letter"
ln -s "$T/elsewhere" "$HOME/dead.letter"
is 'never through a link' "$(sent sendmail -t; ls "$T/elsewhere" 2>&1 | grep -c 'No such'; tail -n 1 "$T/err" | sed "s|$T/||; s/: [^:]*$//")" '65 
1
sendmail: fatal: unable to keep the message in home/dead.letter'
rm "$HOME/dead.letter"
echo precious >"$T/elsewhere"
ln "$T/elsewhere" "$HOME/dead.letter"
is 'nor into a second name of another file' "$(sent sendmail -t; cat "$T/elsewhere")" '65 
precious'
rm "$HOME/dead.letter" "$T/elsewhere"
is 'quietly' "$(sent sendmail -oeq -t; cat "$T/err"; ls "$HOME")" '65 '
is 'mailed back' "$(sent sendmail -oem -t; cat "$T/err")" '65 F|Tjoe@mx.example||
sendmail: fatal: a recipient: an address is expected: b@@b; the message is mailed back to its sender'
is 'with what is wrong, and all of it' "$(message)" 'Date: DATE
From: "Mail program" <MAILER-DAEMON@mx.example>
To: <joe@mx.example>
Message-ID: <ID@mx.example>
Auto-Submitted: auto-replied
Subject: your message was not sent

Your message was not sent to anybody:

  a recipient: an address is expected: b@@b

This is it.

To: ann@a.example, b@@b
Subject: x

text'
is 'and then all is well' "$(sent sendmail -oee -t -f ann)" '0 F|Tann@mx.example||'
is 'a null sender is told nothing' "$(sent sendmail -oem -t -f ''; ls "$HOME")" '65 
dead.letter'
rm "$HOME/dead.letter"
is 'a report that cannot be queued' "$(QUEUE_EXIT=53; export QUEUE_EXIT; sent sendmail -oem -t >"$T/code"; cut -c 1-2 "$T/code"; cat "$T/err")" '75
sendmail: a recipient: an address is expected: b@@b
sendmail: fatal: the message is not sent, and cannot be mailed back: disk full or write error'
printf 'Subject: x\n\ntext\n' >"$T/m"
is '<> is nobody' "$(printf 'To: <>, x <y>\nCc: nobody <>\n\n' >"$T/n"; fresh; sendmail -t <"$T/n"; envelope)" "$joe|Ty@mx.example||"
is 'no recipients in the header' "$(sent sendmail -oeq -t; sent sendmail -t; sed "s|$T/||" "$T/err")" '65 
65 
sendmail: no recipients in the header
sendmail: fatal: the message is not sent; it is kept in home/dead.letter'
{ for i in 1 2 3; do echo "Received: by x; $i"; done; echo; } >"$T/m"
is 'hops' "$(sent sendmail -h 97 x; sent sendmail -h98 -oeq x; echo 2 >"$E/maxhops"; sent sendmail -oeq x; rm "$E/maxhops")" "0 $joe|Tx@mx.example||
65 
65 "
queue_says() { (QUEUE_EXIT=$1 QUEUE_WORDS=$2; export QUEUE_EXIT QUEUE_WORDS; sent sendmail x | cut -d' ' -f1; cat "$T/err"); }
is 'a full disk' "$(queue_says 53)" '75
sendmail: fatal: the message is not sent, try again later: disk full or write error'
is 'a broken queue' "$(queue_says 61)" '75
sendmail: fatal: the message is not sent, try again later: the queue directory cannot be used'
is 'a refusal' "$(queue_says 31)" '69
sendmail: fatal: the message is refused: mail server refuses the message (5.3.0)'
is 'with words' "$(queue_says 82 'D5.7.1 not this one')" '69
sendmail: fatal: the message is refused: not this one (5.7.1)'
is 'an address that it does not like' "$(queue_says 11 | head -n 1)" 65
is 'no queue program' "$(PNEU_FILTER=$T/none; export PNEU_FILTER; sent sendmail x; cat "$T/err")" '75 
sendmail: fatal: the message is not sent, try again later: No such file or directory'
is 'a message that cannot be read' "$(fresh; sendmail x <"$T" 2>"$T/err"; echo $?; cat "$T/err"; envelope)" '75
sendmail: fatal: the message is not sent, try again later: Is a directory'
is 'settings that cannot be read' "$(PNEU_ETC=$T/none; export PNEU_ETC; sent sendmail x)" '75 '
if [ -e /dev/full ]; then
	is 'an ID that cannot be printed does not undo it' "$(sendmail --id x <"$T/m" >/dev/full 2>"$T/err"; echo $?; cat "$T/err")" '0
sendmail: warning: unable to print an answer: No space left on device'
fi
fresh
mkfifo "$T/fifo"
sendmail x <"$T/fifo" 2>/dev/null &
exec 9>"$T/fifo"
yes 'a message that goes on' | head -c 300000 >&9
wait_until 20 test -s "$Q/message.new"
{ kill -9 $! && wait $!; } 2>/dev/null
t 'one that is killed leaves an envelope that is cut' wait_until 20 test -e "$Q/envelope.new"
is 'so nothing is queued' "$(wc -c <"$Q/envelope.new" | tr -d ' '; envelope)" 0
exec 9>&-

# ---- other things: the programs that do them
for p in smtpd qread qctl qstat newaliases explain; do
	printf '#!/bin/sh\nlog=%s\n' "$p" >"$T/bin/pneu-$p"
	cat >>"$T/bin/pneu-$p" <<'S'
echo $log "$@"
[ $log = smtpd ] && env | grep -E '^(PROTO|TCP|LOCALSMTP|RELAYCLIENT|DATABYTES)' | sort && cat
[ $log = smtpd ] && echo log >&2
exit "${OTHER_EXIT:-0}"
S
	chmod +x "$T/bin/pneu-$p"
done
does() { "$@" </dev/null 2>&1; }
is '-bs' "$(echo EHLO x | sendmail -bs -odb -oem -om 2>&1)" 'smtpd
DATABYTES=0
LOCALSMTP=1
PROTO=TCP
RELAYCLIENT=
TCPREMOTEHOST=localhost
TCPREMOTEINFO=sendmail-bs
TCPREMOTEIP=127.0.0.1
EHLO x'
is 'under a server as it is' "$(does env PROTO=TCP TCPREMOTEIP=192.0.2.1 sendmail -bs)" 'smtpd
PROTO=TCP
TCPREMOTEIP=192.0.2.1
log'
is 'and on a connection from the network' "$(perl -MIO::Socket::INET -MPOSIX -e '
	$l = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1"); $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $l->sockport);
	$s = $l->accept; shutdown($c, 1); $^F = 99; dup2(fileno($s), 0); exec "sendmail", "-bs"' 2>&1)" 'smtpd
log'
mkdir -p "$PNEU_QUEUE/msg"
is 'the list' "$(does mailq; does sendmail -bp; does mailq -Ac -v)" 'qread --mailq
qread --mailq
qread --mailq'
is 'of some' "$(does sendmail -bp '-qRann*' '-q!Sjoe' -qI1k0)" 'qread --mailq to=*ann\** not from=*joe* id=*1k0*'
is 'aliases' "$(does newaliases; does sendmail -bi; does sendmail -I; does sendmail -bi -oA/etc/aliases)" 'newaliases
newaliases
newaliases
newaliases'
is 'all that waits' "$(does runq; does sendmail -q; does sendmail -v -q; does sendmail -qf -odq)" 'qctl flush
qctl flush
qctl flush
qctl flush'
is 'some of it' "$(does sendmail -qIabc; does sendmail -qRx@y -qSz; does sendmail '-q!Rx'; does sendmail -qQ)" 'qctl retry -y id=*abc*
qctl retry -y to=*x@y* from=*z*
qctl retry -y not to=*x*
qctl retry -y state=held'
is 'a daemon' "$(does sendmail -bd -q30m; echo $?; does sendmail -q1h; echo $?; does smtpd; echo $?)" "sendmail: nothing is started: pneu's services are pneu-start and pneu-tcpd, see pneu(7)
0
sendmail: nothing is started: pneu's services are pneu-start and pneu-tcpd, see pneu(7)
0
smtpd: nothing is started: pneu's services are pneu-start and pneu-tcpd, see pneu(7)
0"
is 'one that stays' "$(does sendmail -bD -q30m >"$T/out"; echo $?)" 69
is 'numbers' "$(does hoststat; does sendmail -bh; does sendmail -bP)" 'qstat
qstat
qstat'
is 'nothing to purge' "$(does purgestat >"$T/out"; echo $?; does sendmail -bH | cut -d: -f2)" '0
 nothing to purge'
is 'verification' "$(does sendmail -bv 'joe, Ann <ann@a.example>' bob; OTHER_EXIT=67; export OTHER_EXIT; does sendmail -v -bv joe; echo $?)" 'explain -- joe@mx.example ann@a.example bob@mx.example
explain -- joe@mx.example
67'
is 'of what is none' "$(does sendmail -bv 'joe@@x' >"$T/out"; echo $?; does sendmail -bv; echo $?)" '67
sendmail: fatal: no addresses to verify
64'
is 'a test' "$(printf '3,0 joe@x\n\n/quit\n? \nann\r\nlast' | sendmail -bt; echo $?)" 'explain -- joe@x
explain -- ann
explain -- last
0'
printf 'From uucp x remote from y\nTo: x\n\n.\nt\n' >"$T/m"
is 'rmail' "$(sent rmail ann; body)" "0 $joe|Tann@mx.example||
.
t"
is 'send-mail' "$(sent send-mail ann)" "0 $joe|Tann@mx.example||"
finish
