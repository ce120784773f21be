# pneu-bounce alone: queue files made by hand, the injector a script that keeps what it is given
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
unset QMAILQUEUE PNEU_QUEUE
E=$T/etc
mkdir "$E"
PNEU_ETC=$E PNEU_FILTER=$T/injector
export PNEU_ETC PNEU_FILTER T
echo here.test >"$E/me"
cat >"$T/injector" <<'END'
#!/bin/sh
exec 3<&1 1>&2
cat >"$T/bounce"
cat <&3 >"$T/envelope"
[ -s "$T/code" ] && exit "$(cat "$T/code")"
[ -s "$T/silent" ] || echo bounceid >&6
exit 0
END
chmod +x "$T/injector"
: >"$T/code"

check() { python3 tests/program/bounce_check.py "$@"; }
make() { rm -f "$T/bounce" "$T/envelope"; check make "$T/file" "$@"; }
bounce() { pneu-bounce theid <"$T/file" >"$T/out" 2>"$T/err"; }
exits() { want=$1; shift; "$@"; got=$?; [ "$got" = "$want" ] || { echo "exit $got"; cat "$T/err"; return 1; }; }
envelope() { tr '\0' '|' <"$T/envelope"; }
fact() { check show "$T/bounce" | sed -n "s/^$1 *//p"; }
has() { grep -qF -e "$1" "$T/bounce"; }
hasnt() { ! grep -q -e "$1" "$T/bounce"; }

# ---- one failed recipient
make joe@sender.test '' 'd0 1795338500 5.1.1 no such user\n' ann@far.test
t 'a failed recipient is bounced' exits 0 bounce
is 'it says which process queued it under which ID' "$(sed 's/^[0-9][0-9]* /N /' "$T/out")" 'N bounceid'
is 'from nobody to the sender' "$(envelope)" 'F|Tjoe@sender.test||'
is 'its header, its parts and its status' "$(check show "$T/bounce")" 'From: Mail delivery <MAILER-DAEMON@here.test>
To: joe@sender.test
Subject: Mail could not be delivered
Auto-Submitted: auto-replied
MIME-Version: 1.0
type multipart/report delivery-status
dates True True
parts text/plain message/delivery-status message/rfc822
block Reporting-MTA=dns; here.test; X-Pneu-Queue-ID=theid
block Final-Recipient=rfc822; ann@far.test; Action=failed; Status=5.1.1; Diagnostic-Code=X-Pneu; no such user
count 2
defects 0
longest line fits'
is 'the words name the address and the reason' "$(check part "$T/bounce" 0 | sed -n '/^</,/^ /p')" '<ann@far.test>:
  no such user'
check part "$T/bounce" 2 >"$T/original"
tail -c +84 "$T/file" | head -c "$(head -c 25 "$T/file" | cut -c7- | sed 's/^0*//')" >"$T/message"
{ echo 'Return-Path: <joe@sender.test>'; cat "$T/message"; } >"$T/want"
t 'the original comes back byte for byte' cmp "$T/original" "$T/want"
first=$(sed -n 's/.*boundary="\(.*\)"/\1/p' "$T/bounce")
bounce
second=$(sed -n 's/.*boundary="\(.*\)"/\1/p' "$T/bounce")
t 'the boundary has 128 bits' test "${#first}" -eq 37
t 'and is another each time' test "$first" != "$second"

# ---- who is named
make joe@sender.test '' 'k0 1 ok\nz1 1 4.0.0 later\nd2 1 5.7.1 go away\nd3 1 4.4.1 too long\nd4 1 5.0.0 x\nb4 2 old\n' \
	k@far.test z@far.test d@far.test e@far.test b@far.test
t 'of several recipients' exits 0 bounce
is 'those that failed and whose bounce is owed' "$(fact block | sed 1d)" \
	'Final-Recipient=rfc822; d@far.test; Action=failed; Status=5.7.1; Diagnostic-Code=X-Pneu; go away
Final-Recipient=rfc822; e@far.test; Action=failed; Status=5.0.0; Diagnostic-Code=X-Pneu; too long'
t 'the words do not name others' hasnt '<[kzb]@far.test>'

# ---- strangers' words
make joe@sender.test '' 'd0 1 5.0.0 one%0A--evil%0A%0ATo: x@evil.test%0D%0Atab%09 \xc3\xa4 %00 end\n' ann@far.test
t 'a NUL in a record is damage' exits 111 bounce
make joe@sender.test '' 'd0 1 5.0.0 one%0A--evil%0A%0ATo: x@evil.test%0D%0Atab%09 \xc3\xa4 end\n' ann@far.test
t 'a reason with everything in it' exits 0 bounce
said() { check part "$T/bounce" 0 | sed '1,/^<ann/d;/^$/,$d'; }
is 'stays on lines of its own, masked' "$(said)" '  one
  --evil
  
  To: x@evil.test?
  tab? ?? end'
is 'and one field of the status' "$(fact block | sed 1d)" \
	'Final-Recipient=rfc822; ann@far.test; Action=failed; Status=5.0.0; Diagnostic-Code=X-Pneu; one --evil To: x@evil.test? tab? ?? end'
is 'and nothing of it is taken for structure' "$(fact defects) $(fact count) $(fact parts)" \
	'0 2 text/plain message/delivery-status message/rfc822'
make joe@sender.test '' "d0 1 5.0.0 $(head -c 4000 /dev/zero | tr '\0' w)\\n" ann@far.test
t 'a reason of 4000 bytes' exits 0 bounce
is 'gives no line that SMTP would not carry' "$(fact 'longest line')" fits
is 'and is all there' "$(said | tr -dc w | wc -c | tr -d ' ')" 4000
make 'jo e%0ABcc: x@sender.test' '' 'd0 1 5.0.0 no\n' 'a%0AX-Evil: b@far.test'
t 'newlines in addresses' exits 0 bounce
t 'add no line' hasnt '^\(Bcc\|X-Evil\)'
make joe@sender.test '' 'd0 1 5.0.0 no\n' 'two words@far.test'
bounce
t 'an address is quoted where it must be' has 'Final-Recipient: rfc822; "two words"@far.test'

# ---- 8-bit originals
make 'joe@sender.test|B8BITMIME' '' 'd0 1 5.0.0 no\n' ann@far.test
t 'a message declared as 8-bit' exits 0 bounce
is 'comes back declared so' "$(grep -c '^Content-Transfer-Encoding: 8bit$' "$T/bounce") $(envelope)" '2 F|B8BITMIME|Tjoe@sender.test||'

# ---- how much of the original
echo 1000 >"$E/bouncemaxbytes"
for n in 999 1000; do
	make joe@sender.test "$n" 'd0 1 5.0.0 no\n' ann@far.test
	t "with bouncemaxbytes 1000 an original of $n" exits 0 bounce
	is 'is sent back whole' "$(fact parts)" 'text/plain message/delivery-status message/rfc822'
	is 'to its last byte' "$(check part "$T/bounce" 2 | sed 1d | wc -c | tr -d ' ')" "$n"
done
make joe@sender.test 1001 'd0 1 5.0.0 no\n' ann@far.test
t 'of one of 1001' exits 0 bounce
is 'the header comes back' "$(fact parts)" 'text/plain message/delivery-status text/rfc822-headers'
t 'with its fields' has 'Subject: the original'
t 'and nothing of the body' hasnt bbbb
make joe@sender.test 50000000 'd0 1 5.0.0 no\n' ann@far.test
t 'the same of 50 MB' exits 0 bounce
t 'in a few kilobytes' test "$(wc -c <"$T/bounce")" -lt 4000
echo 10 >"$E/bouncemaxbytes"
bounce
is 'a header larger than that is cut' "$(check part "$T/bounce" 2 | sed 1d)" 'Received: '
echo many >"$E/bouncemaxbytes"
t 'a bouncemaxbytes that is no number is fatal' exits 111 bounce
is 'and said' "$(cat "$T/err")" 'pneu-bounce: fatal: control/bouncemaxbytes: "many" is not a number from 0 to 1073741824'
rm "$E/bouncemaxbytes"

# ---- to whom
make 'list-@sender.test-@[]' '' 'd0 1 5.0.0 no\n' ann@far.test
bounce
is 'a list with an address for each recipient hears at its own address' "$(envelope)" 'F|Tlist-@sender.test||'
make '' '' 'd0 1 5.0.0 no\n' ann@far.test
t 'a bounce that fails' exits 0 bounce
is 'goes to the postmaster, and no further' "$(envelope)" 'F#@[]|Tpostmaster@here.test||'
is 'under another subject' "$(fact Subject:)" 'Undeliverable bounce'
t 'the original had the null sender' has 'Return-Path: <>'
echo boss >"$E/doublebounceto"
echo up.test >"$E/doublebouncehost"
bounce
is 'or to whom doublebounceto and doublebouncehost name' "$(envelope)" 'F#@[]|Tboss@up.test||'
echo daemon >"$E/bouncefrom"
echo out.test >"$E/bouncehost"
make joe@sender.test '' 'd0 1 5.0.0 no\n' ann@far.test
bounce
is 'bouncefrom and bouncehost are its author' "$(fact From:)" 'Mail delivery <daemon@out.test>'
is 'but not its envelope sender' "$(envelope)" 'F|Tjoe@sender.test||'

# ---- many
rcpts=$(seq 500 | sed 's/.*/r&@far.test/')
records=$(seq 0 499 | sed 's/.*/d& 1 5.1.1 nobody\\n/' | tr -d '\n')
make joe@sender.test '' "$records" $rcpts
t '500 recipients that failed' exits 0 bounce
is 'are all in the status' "$(fact count)" 501
is 'the words name 100 and count the rest' "$(check part "$T/bounce" 0 | grep -c '^<r') $(check part "$T/bounce" 0 | grep 'more')" \
	'100 ... and 400 more; the second part of this message names them all.'
python3 - "$T/file" <<'END'
import sys
n = 20000
with open(sys.argv[1], 'wb') as f:
    f.write(b'pneu1 %019d %017d %010d %010d %s\n\n' % (1, 1, 0, 7, b'-' * 16))
    f.write(b'Fjoe@sender.test\n' + b''.join(b'Tr%d@far.test\n' % i for i in range(n)) + b'.\n')
    f.write(b''.join(b'd%d 1 5.1.1 %s\n' % (i, b'w' * 1000) for i in range(n)))
END
t '20,000 with long reasons are not too many' exits 0 bounce
is 'each is named' "$(grep -c '^Final-Recipient' "$T/bounce")" 20000
t 'with reasons up to 4 MiB' test "$(wc -c <"$T/bounce")" -lt 8000000
is 'which is some of them' "$(grep -c '^Diagnostic-Code' "$T/bounce")" 4194

# ---- nothing to do, and failures
make joe@sender.test '' 'z0 1 4.0.0 later\n' ann@far.test
t 'nothing failed: 100' exits 100 bounce
t 'and nothing was injected' test ! -e "$T/bounce"
make joe@sender.test '' '' ann@far.test
t 'the same without any history' exits 100 bounce
t 'without an ID: 100' exits 100 sh -c 'pneu-bounce <"$T/file" >"$T/out" 2>"$T/err"'
echo nonsense >"$T/file"
t 'not a queue file: 111' exits 111 bounce
make joe@sender.test '' 'd0 1 5.0.0 no\n' ann@far.test
for code in 11 31 53 91 100; do
	echo "$code" >"$T/code"
	t "the injector ends with $code: 111" exits 111 bounce
	is 'and nothing is printed' "$(cat "$T/out")" ''
done
is 'the reason is said' "$(cat "$T/err")" 'pneu-bounce: fatal: unable to queue the bounce: queue program failed'
: >"$T/code"
echo y >"$T/silent"
t 'an injector that tells no ID is enough' exits 0 bounce
is 'the ID is then a dash' "$(sed 's/^[0-9][0-9]* /N /' "$T/out")" 'N -'
PNEU_FILTER=$T/missing
t 'no injector: 111' exits 111 bounce
is 'and nothing is printed either' "$(cat "$T/out")" ''

# ---- through the real one
unset PNEU_FILTER
PNEU_QUEUE=$T/queue
export PNEU_QUEUE
for d in 0 1 2 3; do for x in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do echo "$T/queue/msg/$d$x"; done; done | xargs mkdir -p "$T/queue/tmp"
t 'into the queue itself' exits 0 bounce
t 'under the ID that was printed' test -f "$(ls "$T"/queue/msg/*/"$(cut -d' ' -f2 "$T/out")")"
mv "$T/queue" "$T/gone"
t 'no queue: 111' exits 111 bounce
is 'and nothing is printed at all' "$(cat "$T/out")" ''
finish
