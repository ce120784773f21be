# pneu-milter: what a milter is told, what it may do, and what becomes of the message when it does something else
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
command -v flock >/dev/null || skip_all 'flock (util-linux) is needed'
unset PNEU_FILTER QMAILQUEUE PNEU_HELO PNEU_PROTOCOL PNEU_LOGIN PNEU_TLS PNEU_SESSION TCPREMOTEIP TCPREMOTEPORT TCPREMOTEHOST TCPLOCALIP
mkdir "$T/etc" "$T/o"
PNEU_ETC=$T/etc PNEU_QUEUE=$T/queue OUT=$T/o
export PNEU_ETC PNEU_QUEUE OUT
echo me.example >"$T/etc/me"
pids=
cleanup() { [ -z "$pids" ] || kill $pids 2>/dev/null; }

# what pneu-milter starts: keeps what it gets
cat >"$T/next" <<'END'
#!/bin/sh
exec 3<&1
cat >"$OUT/msg"; cat <&3 >"$OUT/env"
echo "${PNEU_FILTER-unset} ${QMAILQUEUE-unset} $*" >"$OUT/how"
exit "${NEXT_EXIT-0}"
END
chmod +x "$T/next"

# two milters; milter RULE...: one with these rules, at $M; its log is $L. other RULE...: the other one
for n in 1 2; do
	python3 tests/program/milter_fake.py "unix:$T/m$n" "$T/log$n" "@$T/rules$n" & pids="$pids $!"
	wait_until 20 test -S "$T/m$n" || echo '# the milter did not start'
done
milter_n() {
	n=$1; shift
	M=unix:$T/m$n L=$T/log$n
	printf '%s\n' "$@" >"$T/rules$n"
	: >"$L"
}
milter() { milter_n 1 "$@"; }
other() { milter_n 2 "$@"; }
# until the milters have logged all: they may be heard before they have heard the last
settled() { flock -w 60 "$T/busy" true; }
# the same where the other side may have gone before the milter knew of it: it takes one after another
in_turn() { timeout 60 python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.shutdown(socket.SHUT_WR)
s.recv(1)' "${M#unix:}"; }
# run OPTIONS... : message $T/msg, envelope $T/env; sets code, words; the log is $T/said
run() {
	rm -f "$OUT"/*
	mkfifo "$T/report"
	cat "$T/report" >"$T/words" & reader=$!
	code=0
	timeout 200 pneu-milter "$@" <"$T/msg" 1<"$T/env" 6>"$T/report" 2>"$T/said" || code=$?
	wait "$reader"
	settled
	rm "$T/report"
	words=$(cat "$T/words")
}
through() { run "$@" -- "$T/next" a 'b c'; }
message() { printf "$1" >"$T/msg"; }
envelope() { printf "$1" >"$T/env"; }
passed() { tr '\0' '|' <"$OUT/env"; }
plain() { message 'Subject: x\nX-A: 1\nX-B: 2\nx-a: 3\n\nbody\n'; envelope 'Fs@x.example\0Tr@y.example\0\0'; }
header() { sed '/^$/,$d' "$OUT/msg" | tr '\n' '|'; }
quiet=6,0x1ff,0xff080

# ---- a message that nobody changes
milter O=$quiet
unchanged() {
	is "$1" "$(through -m "$M"; echo "$code $words"; cmp "$T/msg" "$OUT/msg" 2>&1; cmp "$T/env" "$OUT/env" 2>&1)" '0 '
}
plain
unchanged 'a message passes as it is'
is 'to the next program with its arguments, which no variable leads back to us' \
    "$(PNEU_FILTER=loop QMAILQUEUE=loop; export PNEU_FILTER QMAILQUEUE; through -m "$M"; cat "$OUT/how")" 'unset unset a b c'
message 'A: b\r\n\r\nx\r\n\r\n\0\377\200.\n.\nno end'
unchanged 'CRs, NULs and other bytes'
message 'A: b\n c\n\td\nE : f\nG:\n\n'
unchanged 'a header alone'
message 'A: b\nC: d'
unchanged 'one that ends in the middle'
message ''
unchanged 'nothing at all'
message '\nbody\n'
unchanged 'no header'
message 'A: b\nno field\n\nbody\n'
unchanged 'a line that is no field'
message ' blank first\nA: b\n\n'
unchanged 'a folded line of nothing'
plain
envelope 'F\0B8BITMIME\0EQQ\0RHDRS\0Hwhy not\0Ta b@x\0NNEVER\0Orfc822;a\0T@\0\0'
unchanged 'an envelope with parameters'
plain
for size in 65000 65536 1048575 1048576 1048577 3000000; do
	python3 -c 'import sys; n = int(sys.argv[1]); s = b"Subject: x\n\n" + b"0123456789\n" * (n // 11 + 1); sys.stdout.buffer.write(s[:n])' $size >"$T/msg"
	unchanged "a message of $size bytes"
	is 'all of its body is shown' "$(sed -n '/^-/{x;s/.*//;x};/^B /H;${x;p}' "$L" | python3 -c '
import sys
s = b"".join(l[2:].rstrip("\n").encode().decode("unicode_escape").encode("latin-1") for l in sys.stdin if l.startswith("B "))
m = open(sys.argv[1], "rb").read().split(b"\n\n", 1)[1].replace(b"\n", b"\r\n")
print(s == m)' "$T/msg")" True
done
plain
python3 -c 'import sys; sys.stdout.write("Fs@x\0" + "".join("T%d@x.example\0" % i for i in range(20000)) + "\0")' >"$T/env"
milter O=6,0x1ff,0xff088
unchanged 'many recipients'

# ---- what a milter is told
milter
message 'Received: from x\n\tby y\nSubject:  two\nX-Long: a\n\tb\nNone:\n\nbody\n.\n'
envelope 'Fa b@x.example\0B8BITMIME\0Tr@y.example\0NNEVER\0Ts@y.example\0\0'
(
	export TCPREMOTEIP=192.0.2.1 TCPREMOTEPORT=258 TCPREMOTEHOST=mx.x.example TCPLOCALIP=192.0.2.9 PNEU_HELO=helo.x PNEU_LOGIN=joe
	export PNEU_PROTOCOL=ESMTPSA PNEU_TLS='TLSv1.3 TLS_AES 256' PNEU_SESSION=s1
	through -m "$M"
)
is 'a session as it was' "$(cat "$L")" '-
O \x00\x00\x00\x06\x00\x00\x01\xff\x00\x1f\xff\xff
D Cj\x00me.example\x00_\x00mx.x.example [192.0.2.1]\x00v\x00pneu\x00{daemon_name}\x00pneu-smtpd\x00{if_addr}\x00192.0.2.9\x00{daemon_addr}\x00192.0.2.9\x00{client_addr}\x00192.0.2.1\x00{client_name}\x00mx.x.example\x00{client_port}\x00258\x00{client_ptr}\x00mx.x.example\x00
C mx.x.example\x004\x01\x02192.0.2.1\x00
D Hr\x00ESMTPSA\x00{tls_version}\x00TLSv1.3\x00{cipher}\x00TLS_AES\x00{cipher_bits}\x00256\x00
H helo.x\x00
D Mi\x00s1\x00{auth_type}\x00PLAIN\x00{auth_authen}\x00joe\x00{mail_addr}\x00a b@x.example\x00
M <"a b"@x.example>\x00SIZE=41\x00BODY=8BITMIME\x00
D R{rcpt_addr}\x00r@y.example\x00
R <r@y.example>\x00NOTIFY=NEVER\x00
D R{rcpt_addr}\x00s@y.example\x00
R <s@y.example>\x00
T 
L Subject\x00 two\x00
L X-Long\x00a\n\tb\x00
L None\x00\x00
N 
B body\r\n.\r\n
D Ei\x00s1\x00
E 
Q '
milter O=6,0x1ff,0x100000
through -m "$M"
is 'with leading blanks, if it wants them' "$(grep '^L' "$L")" 'L Received\x00 from x\n\tby y\x00
L Subject\x00  two\x00
L X-Long\x00 a\n\tb\x00
L None\x00\x00'
is 'a message of a local user comes from here' "$(grep '^[CH]' "$L")" 'C localhost\x004\x00\x00127.0.0.1\x00
H localhost\x00'
milter
TCPREMOTEIP=2001:DB8::0:1 PNEU_HELO="$(printf 'a\nb')" through -m "$M"
is 'an IPv6 address without a name, a HELO that is none' "$(grep '^[CH]' "$L")" 'C [IPv6:2001:db8::1]\x006\x00\x00IPv6:2001:db8::1\x00
H a?b\x00'
TCPREMOTEIP=nonsense through -m "$M"
is 'an address that is none' "$(grep '^C' "$L" | tail -n 1)" 'C [unknown]\x00U'
milter O=6,0x1ff,0x37f
plain
through -m "$M"
is 'nothing that it does not want' "$code $(cut -c1-2 "$L" | tr -d '\n ')" '0 -ODEQ'
milter O=2,0x1f,0
through -m "$M"
is 'one of version 2 hears no DATA' "$code $(cut -c1 "$L" | tr -d '\n')" '0 -ODCHDMDRLLLLNBDEQ'
milter R=s L=s B=s
envelope 'Fs@x\0Ta@x\0Tb@x\0\0'
through -m "$M"
is 'skip skips what is of the same kind' "$code $(cut -c1 "$L" | tr -d '\n')" '0 -ODCHDMDRTLNBDEQ'
milter
python3 -c 'import sys; sys.stdout.buffer.write(b"Big: " + b"x" * 70000 + b"\nA: b\0c\n\nx\n")' >"$T/msg"
through -m "$M"
is 'a field that fits into no packet is shown cut, a NUL masked' \
    "$code $(cmp "$T/msg" "$OUT/msg") $(grep '^L' "$L" | awk '{print length($0)}' | tr '\n' ' ')$(grep '^L A' "$L") $(grep -c 'too long' "$T/said")" \
    '0  65543 14 L A\x00b?c\x00 1'
plain

# ---- headers
edit() {
	milter O="${steps-$quiet}" "E=$1|c"
	through -m "$M"
}
edit 'hX-New\0val\0|hX-Empty\0\0'
is 'fields are added at the end' "$code $(header)" '0 Subject: x|X-A: 1|X-B: 2|x-a: 3|X-New: val|X-Empty: |'
edit 'i\0\0\0\0P\0zero\0|i\0\0\0\1Q\0one\0|i\0\0\0\3S\0three\0|i\377\377\377\377Z\0last\0'
is 'or inserted at their place' "$code $(header)" '0 Q: one|P: zero|S: three|Subject: x|X-A: 1|X-B: 2|x-a: 3|Z: last|'
edit 'm\0\0\0\2X-A\0two\0|m\0\0\0\1x-b\0\0|m\0\0\0\0subject\0y\0'
is 'changed by name and number, and removed' "$code $(header)" '0 subject: y|X-A: 1|X-A: two|'
edit 'm\0\0\0\1X-A\0\0|m\0\0\0\1X-A\0new\0|m\0\0\0\2X-A\0more\0|m\0\0\0\5X-Z\0\0'
is 'numbers count what is there by then; what is not there is added' "$code $(header)" '0 Subject: x|X-B: 2|X-A: new|X-A: more|'
edit 'hX\0a\nb\r\n c\rd\n\n\0'
is 'a value cannot begin another field, nor the body' "$code $(header)" '0 Subject: x|X-A: 1|X-B: 2|x-a: 3|X: a|	b| c d|'
edit 'hX\0a\r\n\r\nEvil: y\n \t\n\nb\n \n\0|hY\0\n\0|hZ\0\n\n z\0'
is 'nor does a line of blanks in one look like the end of the header' "$code $(header)" \
    "0 Subject: x|X-A: 1|X-B: 2|x-a: 3|X: a|$(printf '\t')Evil: y|$(printf '\t')b|Y: |Z: | z|"
steps=6,0x1ff,0x1ff080 edit 'hX\0  two\0|hY\0none\0'
is 'blanks are its own if it wanted to see them' "$code $(header)" '0 Subject: x|X-A: 1|X-B: 2|x-a: 3|X:  two|Y:none|'
message 'Received: ours\nReceived: theirs\nA: b\n\nbody\n'
TCPREMOTEIP=192.0.2.1 edit 'i\0\0\0\0P\0top\0|i\0\0\0\2Q\0below\0|m\0\0\0\1Received\0changed\0|m\0\0\0\2Received\0\0'
is "the server's own Received field is not theirs" "$code $(header)" '0 P: top|Received: ours|Q: below|Received: changed|A: b|'
message 'A: b'
edit 'hX\0y\0'
is 'a header that ends early' "$code $(cat "$OUT/msg" | tr '\n' '|')" '0 A: b|X: y|'
edit 'bnew\r\n'
is 'gets a body' "$code $(cat "$OUT/msg" | tr '\n' '|')" '0 A: b||new|'
message 'A: b\nno field\n'
edit 'hX\0y\0'
is 'a body that begins with a line that is no field' "$code $(cat "$OUT/msg" | tr '\n' '|')" '0 A: b|X: y|no field|'
plain

# ---- the body
edit 'bone\r|b\ntwo\n\r|bx\r\n|b\r|b\r'
is 'a new body, in pieces cut anywhere' "$code $(sed '1,/^$/d' "$OUT/msg" | od -An -c | tr -d ' \n')" '0 one\ntwo\n\rx\n\r\r'
edit 'b'
is 'an empty one' "$code $(tr '\n' '|' <"$OUT/msg")" '0 Subject: x|X-A: 1|X-B: 2|x-a: 3||'
milter O=$quiet 'E=big:b:60000|big:b:60000|hX\0y\0|c'
M1=$M
other O=$quiet 'E=hY\0z\0|b1\r\n2\r\n|c'
M2=$M
through -m "$M1" -m "$M2"
is 'a milter sees what those before it did' "$code $(header) $(sed '1,/^$/d' "$OUT/msg" | tr '\n' '|') $(grep -c 'L X.x00y' "$L") $(grep '^B' "$L" | head -n 1 | cut -c1-20)" \
    '0 Subject: x|X-A: 1|X-B: 2|x-a: 3|X: y|Y: z| 1|2| 1 B xxxxxxxxxxxxxxxxxx'
through -m "$M2" -m "$M1"
is 'in their order' "$code $(header) $(sed '1,/^$/d' "$OUT/msg" | wc -c)" '0 Subject: x|X-A: 1|X-B: 2|x-a: 3|Y: z|X: y| 118286'
big=$(python3 -c 'print("|".join(["big:b:65535"] * 40))')
edit "$big|hX\\0y\\0"
is 'a body that does not stay in memory' "$code $(header) $(sed '1,/^$/d' "$OUT/msg" | tr -d 'x\n' | wc -c) $(sed '1,/^$/d' "$OUT/msg" | wc -c)" \
    '0 Subject: x|X-A: 1|X-B: 2|x-a: 3|X: y| 0 2583960' 
python3 -c 'import sys; sys.stdout.write("Subject: x\n\n" + "0123456789\n" * 200000)' >"$T/msg"
edit 'hX\0y\0'
is 'a large message with one field more' "$code $(header) $(sed '1,/^$/d' "$OUT/msg" | cmp - "$T/msg" 2>&1 | wc -l) $(sed '1,/^$/d' "$OUT/msg" | wc -c)" '0 Subject: x|X: y| 1 2200000'
plain

# ---- the envelope
edit '+<new@y.example>\0|+bare\0|+R@y.example\0|+r@Y.example\0'
is 'recipients are added, each once' "$code $(passed)" '0 Fs@x.example|Tr@y.example|Tnew@y.example|Tbare@me.example|TR@y.example||'
edit '2<new@y.example>\0NOTIFY=NEVER orcpt=rfc822;x\0|2a@b.example\0'
is 'with their parameters' "$code $(passed)" '0 Fs@x.example|Tr@y.example|Tnew@y.example|NNEVER|Orfc822;x|Ta@b.example||'
ignored() { sed -n 's/.* is ignored: //p' "$T/said"; }
edit '2<a@b.example>\0SIZE=1 NOTIFY=delay,Success ORCPT=x NOTIFY=NEVER\0|2<c@d.example>\0 NOTIFY=NEVER,DELAY  ORCPT=rfc822;a+2B orcpt=rfc822;b \0'
is 'as far as they are known, make sense, and are new' "$code $(passed) $(ignored)" \
    '0 Fs@x.example|Tr@y.example|Ta@b.example|NSUCCESS,DELAY|Tc@d.example|Orfc822;a+2B|| SIZE=1'
edit "2<a@b.example>\\0NOTIFY=$(head -c 200 /dev/zero | tr '\0' x)\\0"
is 'the log shows the first that does not, cut' "$code $(passed) $(ignored | wc -c)" '0 Fs@x.example|Tr@y.example|Ta@b.example|| 81'
edit '2<a@b.example>\0ORCPT=utf-8;\303\251\0'
is 'no 8-bit one' "$code $(passed) $(ignored)" '0 Fs@x.example|Tr@y.example|Ta@b.example|| ORCPT=utf-8;??'
envelope 'Fs@x.example\0U1\0Tr@y.example\0Tz\303\251@y.example\0\0'
edit '+<\303\251@\303\274.example>\0|2b\303\244r\0ORCPT=utf-8;\303\251\0|-z\303\251@Y.example\0|e<\303\266@x.example>\0'
is 'with SMTPUTF8 also in UTF-8, the domain in the form of the DNS' "$code $(passed) $(ignored)" '0 Fö@x.example|U1|Tr@y.example|Té@xn--tda.example|Tbär@me.example|Outf-8;é|| '
edit '+<\303@x.example>\0'
is 'if they are UTF-8' "$code $words" '82 Z4.7.1 message cannot be checked now, try again later'
plain
edit '+<\303\251@\303\251.example>\0|+<a@\303\274.example>\0'
is 'and without: then he alone needs it' "$code $(passed)" '0 Fs@x.example|Tr@y.example|Té@xn--9ca.example|Ta@xn--tda.example||'
envelope 'Fs@x.example\0B8BITMIME\0Tr@y.example\0NNEVER\0Ta@b.example\0Tr@y.example\0\0'
edit '-<r@Y.EXAMPLE>\0|-<nobody@x.example>\0'
is 'and taken away' "$code $(passed)" '0 Fs@x.example|B8BITMIME|Ta@b.example||'
edit '-a@b.example\0|-r@y.example\0|+a@b.example\0'
is 'all of them, and another one added' "$code $(passed)" '0 Fs@x.example|B8BITMIME|Ta@b.example||'
edit '-a@b.example\0|-r@y.example\0'
is 'a message without recipients is discarded' "$code $words $(ls "$OUT") $(grep -c 'discarded, it took away all recipients' "$T/said")" '0   1'
edit 'e<"q r"@z.example>\0|+"c d"@z.example\0'
is 'the sender, and quoted addresses' "$code $(passed)" '0 Fq r@z.example|B8BITMIME|Tr@y.example|NNEVER|Ta@b.example|Tr@y.example|Tc d@z.example||'
edit 'e<>\0RET=HDRS\0'
is 'no sender' "$code $(passed)" '0 F|B8BITMIME|Tr@y.example|NNEVER|Ta@b.example|Tr@y.example||'
plain
edit 'qlooks\nodd \303\251\0'
is 'quarantine is a parameter of the envelope' "$code $(passed) $(sed 's/.*: to/to/' "$T/said")" '0 Fs@x.example|Hlooks?odd ??|Tr@y.example|| to be held: looks?odd ??'
edit 'q\0'
is 'for no reason' "$(passed)" 'Fs@x.example|Ha milter asked for it|Tr@y.example||'
milter O=$quiet "E=q$(head -c 300 /dev/zero | tr '\0' r)\\0|c"
through -m "$M"
is 'a long reason is cut' "$code $(passed | tr -d '\n' | wc -c)" '0 229'

# ---- verdicts
verdict() {
	milter "$2"
	through -m "$M"
	is "$1" "$code $words $(ls "$OUT")" "$3"
}
for at in C:connection H:HELO M:sender R:recipient T:DATA L:header N:end-of-header B:body E:end; do
	verdict "refused at ${at#*:}" "${at%%:*}=r" '82 D5.7.1 message refused '
	verdict "accepted at ${at#*:}" "${at%%:*}=a" '0  env
how
msg'
done
verdict 'refused for now' M=t '82 Z4.7.1 message refused for now, try again later '
verdict 'a failed connection' E=f '82 Z4.7.1 message refused for now, try again later '
verdict 'shutting down' C=4 '82 Z4.7.1 message refused for now, try again later '
verdict 'a reply code' 'E=y550 5.7.9 SPF 100%% fail\0' '82 D5.7.9 SPF 100% fail '
verdict 'for now' 'R:1=y451 4.2.0 greylisted\0' '82 Z4.2.0 greylisted '
envelope 'Fs@x.example\0Tr@y.example\0Ta%%%%b@y.example\0\0'
verdict 'one of several recipients: the reply names him' 'R:2=y550 5.1.1 no such user\0' '82 D5.1.1 <a%%b@y.example>: no such user '
verdict 'or her, for now' R:1=t '82 Z4.7.1 <r@y.example>: message refused for now, try again later '
envelope "Fs@x.example\\0T$(head -c 110 /dev/zero | tr '\0' x)@y.example\\0Tr@y.example\\0\\0"
verdict 'in so far as there is room' "R:1=y550 5.1.1 $(head -c 300 /dev/zero | tr '\0' y)\\0" \
    "82 D5.1.1 <$(head -c 100 /dev/zero | tr '\0' x)...>: $(head -c 126 /dev/zero | tr '\0' y) "
plain
verdict 'without a status' 'E=y554 go away\0' '82 D5.7.1 go away '
verdict 'with one of another class' 'E=y554 4.7.1 go away\0' '82 D5.7.1 4.7.1 go away '
verdict 'without words' 'E=y550 5.1.1\0' '82 D5.1.1 message refused '
verdict 'a code alone' 'E=y450\0' '82 Z4.7.1 message refused '
verdict 'of several lines' 'E=y550-5.7.1 one\r\n550-5.7.1 two\r\n550 three\0' '82 D5.7.1 one two three '
verdict 'with bytes that are not for terminals' 'E=y550 5.7.1 \33[2J\377\0' '82 D5.7.1 ?[2J? '
verdict 'too long' "E=y550 5.7.1 $(head -c 1000 /dev/zero | tr '\0' x)\\0" "82 D5.7.1 $(head -c 233 /dev/zero | tr '\0' x) "
verdict 'discarded' M=d '0  '
is 'is logged' "$(sed 's/^[^:]*: [^ ]* unix:[^ ]*/X/' "$T/said")" 'X discarded'
milter E=r
M1=$M
other
through -m "$M1" -m "$M"
is 'the next milter is not asked' "$code $(cat "$L")" '82 '
other C=a
through -m "$M" -m "$M1"
is 'what one accepts another refuses' "$code $words" '82 D5.7.1 message refused'
code=0; pneu-milter -m "$M1" -- "$T/next" <"$T/msg" 1<"$T/env" 6<&- 2>/dev/null || code=$?
is 'where nobody listens on descriptor 6 the exit code says it' "$code" 31
milter E=t
code=0; pneu-milter -m "$M" -- "$T/next" <"$T/msg" 1<"$T/env" 6<&- 2>/dev/null || code=$?
is 'or that it is for now' "$code" 71
milter 'E=p|p|hX\0y\0|p|c'
through -m "$M"
is 'progress is waited for' "$code $(header)" '0 Subject: x|X-A: 1|X-B: 2|x-a: 3|X: y|'

# ---- milters that are down, or out of their mind
later='82 Z4.7.1 message cannot be checked now, try again later '
limit=60
down() {
	through -t "$limit" -m "$M"
	is "$1" "$code $words $(ls "$OUT") $(sed 's/^[^:]*: [^ ]* unix:[^ ]* *//' "$T/said")" "$later $2; deferred"
	through -t "$limit" -x accept -m "$M"
	is 'or goes on without it' "$code $(cmp "$T/msg" "$OUT/msg" 2>&1; cmp "$T/env" "$OUT/env" 2>&1)" '0 '
}
M=unix:$T/nobody
down 'nobody listens: deferred' 'unable to connect to it: No such file or directory'
milter C=close
down 'it hangs up' 'unable to read from it: it hung up'
milter O=$quiet 'E=hX\0y\0|bnew|+a@b.example\0|close'
down 'it hangs up after it has changed something' 'unable to read from it: it hung up'
milter O=$quiet 'E=hX\0y\0|hang'
limit=1
down 'it says nothing any more' 'unable to read from it: no answer in time'
limit=60
in_turn
nonsense() {
	what=$1; shift
	milter "$@"
	down "nonsense: $what" 'unable to read from it: it talks nonsense'
}
nonsense 'an unknown reply' 'E=Zzz'
nonsense 'a packet of nothing' 'M=raw:\0\0\0\0'
nonsense 'a packet without end' 'M=raw:\177\377\377\377c'
nonsense 'one byte more than a packet may have' 'M=raw:\0\2\0\1c'
nonsense 'HTTP' 'O!=raw:HTTP/1.0 400 Bad request\r\n\r\n'
nonsense 'no answer to the offer' 'O!=c'
nonsense 'a short one' 'O!=O\0\0\0\6\0\0\0\0\0\0\0'
nonsense 'an unknown version' 'O=7,0,0'
nonsense 'an old one' 'O=1,0,0'
nonsense 'steps that were not offered' 'O=6,0x1ff,0x200000'
nonsense 'actions that were not offered' 'O=6,0x200,0'
nonsense 'skip of what comes once' 'C=s'
nonsense 'a change before the end' 'M=hX\0y\0'
nonsense 'a reply code that is none' 'E=y650 x\0'
nonsense 'one without end' 'E=y550 x'
nonsense 'a field without a value' 'E=hX\0'
nonsense 'a field with two' 'E=hX\0y\0z\0'
nonsense 'a name that is none' 'E=hX Y\0z\0'
nonsense 'an empty name' 'E=h\0z\0'
nonsense 'a place without a field' 'E=i\0\0'
nonsense 'a recipient that is none' 'E=+<a b>\0'
nonsense 'no recipient' 'E=+<>\0'
nonsense 'two' 'E=+<a@b>,<c@d>\0'
nonsense 'a sender with a line break' 'E=ea@b\nTc@d\0'
nonsense 'a domain that the DNS cannot have' "E=+<a@$(python3 -c 'print("\\303\\251" * 60)').example>\\0"
nonsense 'too many changes' "E=$(python3 -c 'print("|".join(["hX\\0y\\0"] * 4001))')"
milter 'M=p|p|p|p|p|p|hang'
through -t 5 -T 1 -m "$M" -m "unix:$T/nobody"
is 'no milter takes longer than all of them may' "$code $words" "${later% }"
in_turn

# ---- which milters
plain
milter
A=$M LA=$L
other
B2=$M LB=$L
printf '# two\n%s timeout=5\n\n  \n%s down=accept\ttimeout=7\n' "$A" "$B2" >"$T/etc/milters"
through
is 'those in control/milters' "$code $(grep -c '^Q' "$LA") $(grep -c '^Q' "$LB")" '0 1 1'
through -m "$A"
is 'not if others are named' "$code $(grep -c '^Q' "$LA") $(grep -c '^Q' "$LB")" '0 2 1'
: >"$T/etc/milters"
through
is 'none' "$code $(cmp "$T/msg" "$OUT/msg")" '0 '
for line in unix:relative inet:25 inet:0@127.0.0.1 inet:25@host.example inet:65536@127.0.0.1 tcp:1@127.0.0.1 unix:/x,y=z \
    'unix:/x timeout=0' 'unix:/x down=reject' 'unix:/x timeout=1x' "unix:/$(head -c 200 /dev/zero | tr '\0' x)"; do
	[ "$line" != unix:/x,y=z ] || continue
	echo "$line" >"$T/etc/milters"
	through
	is "a bad line: $(echo "$line" | cut -c1-30)" "$code $(ls "$OUT") $(grep -c '^pneu-milter: fatal: control/milters: ' "$T/said")" '55  1'
done
rm "$T/etc/milters"
through
is 'a missing file is no consent' "$code $(ls "$OUT")" '55 '
is 'wrong use' "$(for o in '-t 0 -m unix:/x' '-x maybe -m unix:/x' '-m nowhere' -q '-T x'; do run $o; printf '%s ' "$code"; done)" '100 100 100 100 100 '
for family in inet: inet6:; do
	L=$T/log$family
	python3 tests/program/milter_fake.py $family "$L" & pids="$pids $!"
	milter_pid=$!
	begins() { test -f "$L.port" || ! kill -0 "$milter_pid"; }
	wait_until 20 begins
	if [ -f "$L.port" ]; then
		port=$(cat "$L.port")
		host=127.0.0.1
		[ $family = inet: ] || host='[::1]'
		through -m "inet:$port@$host" -m "$family$host:$port"
		is "over TCP: $host" "$code $(grep -c '^Q' "$L")" '0 2'
	else
		echo "# no $family here"
	fi
done

# ---- the next program, and what comes in
milter O=$quiet
is "its exit code is ours" "$(NEXT_EXIT=53; export NEXT_EXIT; through -m "$M"; echo "$code")" 53
run -m "$M" -- "$T/none"
is 'one that cannot be started' "$code" 120
envelope 'Fs@x\0Tr@y'
through -m "$M"
is 'a cut envelope' "$code $(ls "$OUT")" '54 '
envelope 'Fs@x\0Xr@y\0Tr@y\0\0'
through -m "$M"
is 'one that is none' "$code $(ls "$OUT")" '91 '
printf 'Fs@x\0T%s@y\0\0' "$(head -c 1001 /dev/zero | tr '\0' x)" >"$T/env"
through -m "$M"
is 'a long address' "$code $(ls "$OUT")" '11 '
plain
python3 -c 'import sys; sys.stdout.write("X: y\n" * 20001 + "\n")' >"$T/msg"
through -m "$M"
is 'too many fields' "$code $(ls "$OUT")" '31 '
python3 -c 'import sys; sys.stdout.write("X: y\n" + "\tz\n" * 400000 + "\nbody\n")' >"$T/msg"
through -m "$M"
is 'a header that is too long' "$code $(ls "$OUT")" '31 '
python3 -c 'import sys; sys.stdout.write("X: y\n" * 19999 + "\n")' >"$T/msg"
through -m "$M"
is 'as many fields as may be' "$code $(cmp "$T/msg" "$OUT/msg")" '0 '
code=0; pneu-milter -m "$M" -- "$T/next" <&- 1<"$T/env" 2>/dev/null || code=$?
is 'a closed descriptor' "$code" 54
finish
