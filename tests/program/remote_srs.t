# remote_srs.t - what pneu-remote does with forwarded mail: senders rewritten, Delivered-To, and every other byte as it was
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'needs python3'
export PNEU_ETC="$T/etc" PNEU_QUEUE="$T"
mkdir "$PNEU_ETC"
echo client.example >"$PNEU_ETC/me"
pids=
cleanup() { for p in $pids; do kill "$p" 2>/dev/null; done; }
python3 tests/program/smtpserver.py --follow "$T/play" "$T" &
pids=$!
python3 tests/program/dns_server.py 127.0.0.1 "$T/dns.port" "$T/dns.log" &
pids="$pids $!"
wait_until 10 test -s "$T/port" || echo 'Bail out! the server does not start'
wait_until 10 test -s "$T/dns.port" || echo 'Bail out! the DNS server does not start'
DNSCACHEIP=127.0.0.1:$(cat "$T/dns.port")
export DNSCACHEIP
route="host 127.0.0.1 $(cat "$T/port")"

server() {
	S=$(mktemp -d "$T/s.XXXXXX")
	: >"$S/log"
	printf '%s\n' "$S" "$@" >"$T/play"
}
jobs() {
	printf '%s\n' "$@" | python3 -S -E tests/program/spawner.py --worker pneu-remote "$route" 2>"$T/err" | tee "$T/last"
}
verdicts() { sed -n 's/^report \([0-9]*\) \([0-9]*\) \(.\) \([0-9.]*\) \(.\) .*/\1.\2 \3 \4 \5/p' | tr '\n' ',' ; }
mails() { sed -n 's/^[0-9]* MAIL FROM:<\(.*\)>.*/\1/p' "$S/log"; }
# the same with hash and day hidden
shapes() { mails | sed 's/^\("*SRS[01]\)=....=\([^=]*\)=/\1=HHHH=\2=/; s/=HHHH=[A-Z2-7][A-Z2-7]=/=HHHH=TT=/'; }
set_to() { echo "$2" >"$PNEU_ETC/$1"; }
# from SENDER...: one forwarded job each; prints what the server heard as senders
from() {
	server --pipelining --8bit --size 100000
	{
		echo 'params FORWARDED'
		for s; do echo "job $T/m '$s' b@y.example"; done
		echo reports
		echo end
	} | python3 -S -E tests/program/spawner.py --worker pneu-remote "$route" 2>"$T/err" >"$T/last"
	shapes
}

printf 'DKIM-Signature: v=1; b=abc;\n\tbh=x=\nSubject:  hi \n\nhello\n.dot\n  \n' >"$T/m"
J="job $T/m a@x.example b@y.example"

### off, the preset
is 'the preset rewrites nothing' "$(from joe@x.example)" 'joe@x.example'
set_to srs off
is 'nor does off' "$(from joe@x.example)" 'joe@x.example'
set_to srs always
is 'no secret: deferred, and said why' "$(from joe@x.example; verdicts <"$T/last"; cat "$T/last")" '1.0 Z 4.3.5 s,report 1 0 Z 4.3.5 s control/srssecret: no secret, and control/srs is not off\x0a
exit 0'
is 'but not what is not forwarded' "$(server; jobs "$J" reports end | verdicts)" '1.0 K 2.0.0 m,'

### always
printf '%s\n' 'a secret' older >"$PNEU_ETC/srssecret"
is 'always' "$(from joe@x.example Jo.E+1@X.Example)" 'SRS0=HHHH=TT=x.example=joe@client.example
SRS0=HHHH=TT=X.Example=Jo.E+1@client.example'
server --pipelining
jobs "$J" reports 'params BODY=8BITMIME' "$J" reports 'params "XFORWARDED VIA=FORWARDED"' "$J" reports end >/dev/null
is 'what is not forwarded is left alone' "$(mails | tr '\n' ' ')" 'a@x.example a@x.example a@x.example '
set_to srsdomain fwd.example
is 'srsdomain' "$(from joe@x.example)" 'SRS0=HHHH=TT=x.example=joe@fwd.example'
is 'what others rewrote' "$(from SRS0=abcd=XY=a.example=joe@x.example SRS1=zzzz=b.example==abcd=XY=a.example=joe@x.example)" \
	'SRS1=HHHH=x.example==abcd=XY=a.example=joe@fwd.example
SRS1=HHHH=b.example==abcd=XY=a.example=joe@fwd.example'
is 'null and strange senders, our own domain' "$(from '' '#@[]' joe joe@fwd.example joe@FWD.example joe@client.example)" \
	"$(printf '%s\n' '' '' joe joe@fwd.example joe@FWD.example joe@client.example)"
is 'which are all sent' "$(verdicts <"$T/last" | tr , '\n' | grep -c ' K ')" 6
printf '%s\n' one.example >"$PNEU_ETC/locals"
printf '%s\n' two.example:p .three.example:p joe@four.example:p five.example: :all >"$PNEU_ETC/virtualdomains"
printf '%s\n' six.example .seven.example >"$PNEU_ETC/rcpthosts"
is 'senders in our domains stay' "$(from a@one.example a@TWO.example a@x.three.example joe@four.example a@six.example a@b.seven.example)" \
	'a@one.example
a@TWO.example
a@x.three.example
joe@four.example
a@six.example
a@b.seven.example'
is 'their neighbours do not' "$(from a@client.example a@three.example ann@four.example a@five.example a@seven.example a@x.six.example | cut -c 1-5 | sort | uniq -c | tr -s ' ')" \
	' 6 SRS0='
rm "$PNEU_ETC/locals" "$PNEU_ETC/virtualdomains" "$PNEU_ETC/rcpthosts"
is 'odd local parts survive' "$(from 'a b@x.example' 'a"b@x.example' 'a=b@x.example' 'a@b@x.example')" \
	'"SRS0=HHHH=TT=x.example=a b"@fwd.example
"SRS0=HHHH=TT=x.example=a\"b"@fwd.example
SRS0=HHHH=TT=x.example=a=b@fwd.example
"SRS0=HHHH=TT=x.example=a@b"@fwd.example'
long=$(printf '%0490d' 0)
is 'what would be too long to come back goes unrewritten' "$(from "$long@x.example")" "$long@x.example"
set_to srsdomain 'no domain'
is 'a bad setting defers what is forwarded' "$(from joe@x.example; cat "$T/last")" 'report 1 0 Z 4.3.5 s control/srsdomain: not a domain: "no domain"\x0a
exit 0'
set_to srsdomain fwd.example
for kind in --pipelining --8bit; do
	server $kind rcpt:bad='550 no'
	is "on one connection, with and without ($kind)" "$(jobs "$J" 'params FORWARDED' "$J" "job $T/m c@x.example bad@y.example" "$J" \
		'params ""' "$J" reports end | verdicts)" '1.0 K 2.0.0 m,2.0 K 2.0.0 m,3.0 D 5.1.0 m,4.0 K 2.0.0 m,5.0 K 2.0.0 m,'
	is 'each its own' "$(shapes | tr '\n' ' ')" "a@x.example SRS0=HHHH=TT=x.example=a@fwd.example SRS0=HHHH=TT=x.example=c@fwd.example SRS0=HHHH=TT=x.example=a@fwd.example a@x.example "
done

### the text
server --pipelining --8bit --size 100000
jobs 'params "BODY=8BITMIME VIA=list%20a@client.example FORWARDED"' "$J" reports end >/dev/null
{ echo 'Delivered-To: list a@client.example'; cat "$T/m"; } >"$T/want"
t 'VIA puts one line before the message, the rest is the same to the byte' cmp "$T/want" "$S/text.1"
is 'SIZE counts it, BODY=8BITMIME stays' "$(sed -n 's/^[0-9]* MAIL FROM:<.*> //p' "$S/log")" \
	"SIZE=$(($(wc -c <"$T/want") + $(wc -l <"$T/want"))) BODY=8BITMIME"
server --pipelining
jobs 'params FORWARDED' "$J" reports end >/dev/null
t 'without it nothing is before it' cmp "$T/m" "$S/text.1"
: >"$T/empty"
server --pipelining
jobs 'params VIA=l@x.example' "job $T/empty a@x.example b@y.example" reports end >/dev/null
is 'before nothing too' "$(cat "$S/text.1")" 'Delivered-To: l@x.example'
python3 -c 'import sys, random
random.seed(1)
for size in (131072 - 40, 131072 - 20, 131072, 131072 + 20, 700000):
    open(sys.argv[1] + "/big%d" % size, "w").write(("." * 61 + "\n") * (size // 62) + "y" * (size % 62 - 1) + "\n")' "$T"
for f in "$T"/big*; do
	server --pipelining --size 10000000
	jobs 'params VIA=l@x.example' "job $f a@x.example b@y.example" reports end >/dev/null
	t "before a message of ${f##*big} bytes" sh -c '{ echo "Delivered-To: l@x.example"; cat "$1"; } | cmp - "$2/text.1"' sh "$f" "$S"
done
server --pipelining
is 'a VIA that cannot be read defers' "$(jobs 'params VIA=%zz' "$J" reports end | verdicts)" '1.0 Z 4.3.0 m,'
server --pipelining
jobs 'params VIA=a%0AX:b@x.example' "$J" reports end >/dev/null
is 'a newline in it makes no second line' "$(head -n 1 "$S/text.1")" 'Delivered-To: a_X:b@x.example'

### policy, behind a relay: no address is ours
set_to srs policy
for d in spffail spfsoft spfus spfredirect spfhalves spftwo spfbad spfodd spfring spfringr spfmacro spfminusmacro servfail; do
	is "rewritten: $d" "$(from joe@$d.example)" "SRS0=HHHH=TT=$d.example=joe@fwd.example"
done
for d in plain gone spfnone spfneutral spfpass spfopen; do
	is "left alone: $d" "$(from joe@$d.example)" "joe@$d.example"
done
is 'an address literal publishes nothing' "$(from 'joe@[192.0.2.1]')" 'joe@[192.0.2.1]'
: >"$T/dns.log"
is 'the answer is kept' "$(from joe@spffail.example ann@SPFFAIL.example joe@plain.example bob@spffail.example joe@plain.example | cut -c 1-4 | tr '\n' ' ')" \
	'SRS0 SRS0 joe@ SRS0 joe@ '
is 'with one question for each domain' "$(awk '$5 == 16 { print $6 }' "$T/dns.log" | tr '\n' ' ')" 'spffail.example plain.example '

### what it costs those who forward nothing
if command -v strace >/dev/null && strace -o "$T/trace" true 2>/dev/null; then
	server --pipelining
	printf '%s\n' "$J" reports end | strace -f -o "$T/trace" -e trace=open,openat,execve python3 -S -E tests/program/spawner.py --worker pneu-remote "$route" >/dev/null
	is 'a start without a forwarded message opens none of these files' "$(grep -cE '"(srs[a-z]*|locals|virtualdomains|rcpthosts)"' "$T/trace")" 0
	t 'as the trace would show' grep -q '"timeoutremote"' "$T/trace"
fi

### postsrsd
echo 'a secret' >"$T/secret"
set_to srs always
if printf 'forward joe@x.example\n' | python3 tests/program/srs_peer.py "$T/secret" fwd.example >/dev/null 2>&1; then
	senders='joe@x.example Jo.E+1=2@X.Example SRS0abc@x.example SRS0=abcd=XY=a.example=joe@x.example SRS0+abcd=XY=a.example=joe@x.example srs1-zzzz=b.example==abcd=XY=a.example=joe@x.example'
	peer() { python3 tests/program/srs_peer.py "$T/secret" fwd.example 2>/dev/null; }
	# on either side of midnight they may differ, once
	for i in 1 2; do
		from $senders >/dev/null
		mails >"$T/ours"
		printf 'forward %s\n' $senders | peer >"$T/theirs"
		cmp -s "$T/ours" "$T/theirs" && break
	done
	is 'postsrsd makes the same' "$(cat "$T/ours")" "$(cat "$T/theirs")"
	is 'and turns ours back' "$(sed 's/^/reverse /' "$T/ours" | peer)" 'joe@x.example
Jo.E+1=2@X.Example
SRS0abc@x.example
SRS0=abcd=XY=a.example=joe@x.example
SRS0+abcd=XY=a.example=joe@x.example
SRS0=abcd=XY=a.example=joe@b.example'
	is 'but no other' "$(sed 's/^/reverse /; s/joe/jim/; s/JoE/JiM/; s/=..\(..\)=/=xx\1=/' "$T/ours" | peer | cut -c 1-4 | sort -u)" '500 '
	if [ -x "$B/tests/unit/srs_test" ]; then
		is 'and we turn back its own' "$(while read -r a; do "$B/tests/unit/srs_test" 'a secret' "$a"; done <"$T/theirs")" \
			"$(sed 's/^/reverse /' "$T/theirs" | peer)"
	fi
else
	echo '# postsrsd does not run here: not tested against it (Debian: postsrsd)'
fi
finish
