# pneu-bounce: what people read in it, and what programs read of delays, successes, hosts and attempts
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
echo bounceid >&6
END
chmod +x "$T/injector"

check() { python3 tests/program/bounce_check.py "$@"; }
make() { rm -f "$T/bounce" "$T/envelope"; check make "$T/file" "$@"; }
bounce() { pneu-bounce theid "$@" <"$T/file" >"$T/out" 2>"$T/err"; }
exits() { want=$1; shift; "$@"; got=$?; [ "$got" = "$want" ] || { echo "exit $got"; cat "$T/err"; return 1; }; }
envelope() { tr '\0' '|' <"$T/envelope"; }
fact() { check show "$T/bounce" | sed -n "s/^$1 *//p"; }
blocks() { fact block | sed 1d; }
words() { check part "$T/bounce" 0; }
about() { words | sed -n '/^</,/^It is about the message/p' | sed '1d;$d'; }
says() { words | tr '\n' ' ' | tr -s ' ' | grep -qF -e "$1"; }
# with such a field in the message instead of X-Eight
with_id() {
	python3 - "$T/file" "$1" <<'PY'
import sys
f = open(sys.argv[1], 'rb').read()
head, rest = f[:83], f[83:]
n = int(head[6:25])
message, records = rest[:n], rest[n:]
field = sys.argv[2].encode().decode('unicode_escape').encode('latin-1')
message = message.replace(b'X-Eight: \xe4\n', field + b'\n')
if field.startswith(b'Subject'):
    message = message.replace(b'Subject: the original\n', b'')
open(sys.argv[1], 'wb').write(b'pneu1 %019d' % len(message) + head[25:] + message + records)
PY
}
via=mx.far.test/192.0.2.7/TLSv1.3:dane
said='192.0.2.7 refused this recipient.%0ARemote host said: 550-5.1.1 no%0A550 5.1.1 such user%0A'

# ---- a server's words
make joe@sender.test '' "d0 1795338500 5.1.1 @$via $said\\n" ann@far.test
t 'a refusal by a host' exits 0 bounce
is 'has its name, and its words as those of SMTP' "$(blocks)" \
	'Final-Recipient=rfc822; ann@far.test; Action=failed; Status=5.1.1; Remote-MTA=dns; mx.far.test; Diagnostic-Code=smtp; 550-5.1.1 no 550 5.1.1 such user'
is 'and its time' "$(sed -n 's/^Last-Attempt-Date: //p' "$T/bounce")" 'Sun, 22 Nov 2026 09:08:20 +0000'
is 'people read all of it, and what they can do' "$(about)" '  192.0.2.7 refused this recipient.
  Remote host said: 550-5.1.1 no
  550 5.1.1 such user

  There is no such address. Look whether it is spelled right, or ask the
  person for the right one in another way.'
is 'nothing is broken by it' "$(fact defects)" 0
make joe@sender.test '' "d0 1795338500 5.4.7 @$via ${said}This message has been too long here.\\n" ann@far.test
bounce
is 'what we add is not the words of the server' "$(blocks | sed 's/.*Diagnostic-Code=//')" 'smtp; 550-5.1.1 no 550 5.1.1 such user'
make joe@sender.test '' 'd0 1795338500 5.1.1 @/dsn no\n' ann@far.test
bounce
is 'a way without a host has none' "$(blocks)" 'Final-Recipient=rfc822; ann@far.test; Action=failed; Status=5.1.1; Diagnostic-Code=X-Pneu; no'
make joe@sender.test '' 'd0 1795338500 5.1.1 @a%0AX-Evil:%20b/c/d no\n' ann@far.test
bounce
t 'a strange one adds no field' sh -c '! grep -q "^X-Evil" "$0"' "$T/bounce"

# ---- advice
set --
records=
for status in 5.1.2 5.2.2 5.2.3 5.3.4 5.4.1 5.4.7 5.7.1 5.1.10 5.0.0 5.1.0 5.9.9 5.1.11; do
	records="${records}d$# 1795338500 $status words\\n"
	set -- "$@" "at-$status@far.test"
done
make joe@sender.test '' "$records" "$@"
bounce
words >"$T/words"
# the beginning of what stands after the words of this one
advised() { sed -n "/^<at-$1@/,/^</p" "$T/words" | sed -n '4s/^  //p' | cut -c1-40; }
is 'no such domain' "$(advised 5.1.2)" 'There is no mail for this domain, the pa'
is 'a full mailbox' "$(advised 5.2.2)" 'The mailbox is full. Send the message ag'
is 'too large for the mailbox' "$(advised 5.2.3)" 'The message is too large for this mailbo'
is 'too large for the system' "$(advised 5.3.4)" 'The message is too large for the mail sy'
is 'not reached' "$(advised 5.4.1)" 'The mail system of this address could no'
is 'too long in the queue' "$(advised 5.4.7)" 'Nobody took the message for as long as i'
is 'unwanted' "$(advised 5.7.1)" 'The message was refused as unwanted. If '
is 'one for 1.10 is not that of 1.1' "$(advised 5.1.10)" 'This domain takes no mail at all. Look w'
for status in 5.0.0 5.1.0 5.9.9 5.1.11; do
	is "none for $status" "$(advised $status)" ''
done
make '' '' 'd0 1795338500 5.1.1 words\n' ann@far.test
bounce
is 'none for the postmaster' "$(about)" '  words'

# ---- attempts
make joe@sender.test '' "z0 1795338500 4.4.2 @$via broken%0Aoff\\nz1 1795338500 4.2.2 full\\nd1 1795338600 5.2.2 full\\nd0 1795338700 5.4.7 too old\\n" \
	ann@far.test bob@far.test
bounce
is 'who was tried twice is shown both times' "$(words | sed -n '/^<ann/,/^<bob/p' | sed -n '/It was tried/,/^$/p')" \
"  It was tried 2 times:
    Sun, 22 Nov 2026 09:08:20 +0000, mx.far.test [192.0.2.7], TLSv1.3:dane:
      broken off
    Sun, 22 Nov 2026 09:11:40 +0000:
      too old"
is 'each with his own' "$(words | sed -n '/^<bob/,$p' | sed -n '/It was tried/,/^$/p')" \
"  It was tried 2 times:
    Sun, 22 Nov 2026 09:08:20 +0000:
      full
    Sun, 22 Nov 2026 09:10:00 +0000:
      full"
make joe@sender.test '' "$(seq 10 50 | sed "s/.*/z0 17953385& 4.4.2 try & $(head -c 300 /dev/zero | tr '\0' x)\\\\n/" | tr -d '\n')d0 1795339999 5.4.7 old\\n" ann@far.test
bounce
is 'of many the last six' "$(words | grep -c '^      try') $(words | grep 'It was tried')" '5   It was tried 42 times; the last ones were:'
is 'with 200 bytes of each' "$(words | sed -n 's/^      try 50/&/p' | tr -d '\n' | wc -c)" $((6 + 200 + 3))

# ---- delays
make 'joe@sender.test|L7200' '' "z0 1795338500 4.4.2 @$via broken off\\nz1 1795338500 4.2.2 full\\nd2 1795338500 5.1.1 no\\n" \
	ann@far.test "$(printf 'bob@far.test\nNFAILURE')" carl@far.test dora@far.test
t 'a delay' exits 0 bounce delayed
is 'is told of who waits, was tried, and may be told of' "$(blocks)" \
	'Final-Recipient=rfc822; ann@far.test; Action=delayed; Status=4.4.2; Remote-MTA=dns; mx.far.test; Diagnostic-Code=X-Pneu; broken off; Will-Retry-Until=Sun, 22 Nov 2026 11:08:06 +0000'
is 'from nobody to the sender' "$(envelope)" 'F|Tjoe@sender.test||'
is 'with a subject and the header' "$(fact Subject:) $(fact parts)" 'Mail is delayed text/plain message/delivery-status text/rfc822-headers'
t 'the words say until when' says 'it will be tried until Sun, 22 Nov 2026 11:08:06 +0000.'
t 'and give no advice' sh -c '! grep -q "could not be reached" "$0"' "$T/bounce"
make joe@sender.test '' "z0 1795338500 4.4.2 no\\nw0 1795338501 delayed x\\n" ann@far.test
t 'nobody is told twice' exits 100 bounce delayed
is 'and it says so' "$(cat "$T/err")" 'pneu-bounce: fatal: nothing to tell: theid'
echo 3600 >"$E/queuelifetime"
make joe@sender.test '' "z0 1795338500 4.4.2 no\\n" ann@far.test
bounce delayed
is 'queuelifetime is the time of most' "$(blocks | sed 's/.*Until=//')" 'Sun, 22 Nov 2026 10:08:06 +0000'
for sender in '' '#@[]' 'list-@here.test-@[]'; do
	make "$sender" '' "z0 1795338500 4.4.2 no\\n" ann@far.test
	t "<$sender> hears of no delay" exits 100 bounce delayed
done
make joe@sender.test '' "x0 1 2 a\\n<owner@here.test\\n+a ann@far.test\\nz1 1795338500 4.4.2 no\\n" list@here.test
t 'nor does the owner of a list' exits 100 bounce delayed

# ---- successes
said='192.0.2.7 accepted message.%0ARemote host said: 250 ok%0A'
make joe@sender.test '' "k0 1795338500 did 1+0+0\\nk1 1795338500 @$via $said\\nk2 1795338500 @$via/dsn $said\\nk3 1795338500 x\\nk4 1795338500 @/expanded did 0+2+0\\n" \
	"$(printf 'l@far.test\nNSUCCESS')" "$(printf 'r@far.test\nNSUCCESS')" "$(printf 'd@far.test\nNSUCCESS')" \
	"$(printf 'f@far.test\nNFAILURE')" "$(printf 'e@far.test\nNSUCCESS,DELAY')"
t 'successes' exits 0 bounce success
is 'are delivered, relayed and expanded, where no one else tells of them' "$(blocks)" \
	'Final-Recipient=rfc822; l@far.test; Action=delivered; Status=2.0.0
Final-Recipient=rfc822; r@far.test; Action=relayed; Status=2.0.0; Remote-MTA=dns; mx.far.test; Diagnostic-Code=smtp; 250 ok
Final-Recipient=rfc822; e@far.test; Action=expanded; Status=2.0.0'
t 'the words say so' says '<r@far.test>: The mail system mx.far.test has taken it over.'
is 'the whole message does not come back' "$(fact parts)" 'text/plain message/delivery-status text/rfc822-headers'
is 'under one subject for all' "$(fact Subject:)" 'What became of your mail'
make joe@sender.test '' "k0 1795338500 x\\nw0 1795338500 delivered y\\n" "$(printf 'l@far.test\nNSUCCESS')"
t 'what was told is not told again' exits 100 bounce success
make '' '' "k0 1795338500 x\\n" "$(printf 'l@far.test\nNSUCCESS')"
t 'nobody is nobody' exits 100 bounce success
t 'what is none of the three: 100' exits 100 bounce often

# ---- shown beside the message
threads() { make joe@sender.test '' 'd0 1 5.0.0 no\n' ann@far.test; with_id "$1"; bounce; echo "$(fact In-Reply-To:)|$(fact References:)"; }
is 'a bounce is a reply' "$(threads 'Message-ID: <a.b@c>')" '<a.b@c>|<a.b@c>'
is 'also where the field is written and folded oddly' "$(threads 'MESSAGE-id:\n\t<a.b@c> (comment)')" '<a.b@c>|<a.b@c>'
is 'not to nothing' "$(threads 'X: y')" '|'
is 'nor to what is no ID' "$(threads 'Message-ID: a.b@c')" '|'
is 'nor to what would break the header' "$(threads 'Message-ID: <a\nb@c>')$(threads "Message-ID: <$(head -c 300 /dev/zero | tr '\0' x)@c>")" '||'
is 'nor to what another field or the text says' "$(threads 'X: y\n Message-ID: <a@b>\nY-Message-ID: <a@b>\n\nMessage-ID: <a@b>')" '|'

# ---- and with its subject, for who reads only the first part
topic() { make joe@sender.test '' 'd0 1 5.0.0 no\n' ann@far.test; with_id "$1"; bounce; words | sed -n '/^It is about/,/^That message/p' | sed '1s/.* with/with/;1s/.*[0-9]\.$/./' | tr '\n' '|'; }
plain='.|That message, or its header with the subject, is attached as the third part.|'
is 'the subject is told' "$(topic 'Subject: Lunch, at 12?')" 'with the subject|  Lunch, at 12?|That message, or its header, is attached as the third part.|'
is 'not one that a program has to decode' "$(topic 'Subject: =?utf-8?q?caf=C3=A9?=')" "$plain"
is 'nor one with other bytes than those of ASCII' "$(topic 'Subject: caf\xe9')" "$plain"
is 'nor a part of one' "$(topic 'Subject: one\n two')$(topic "Subject: $(head -c 201 /dev/zero | tr '\0' x)")" "$plain$plain"
is 'nor the next field for one that is empty' "$(topic 'Subject:\nX-Next: 1')" "$plain"
make joe@sender.test header 'd0 1 5.0.0 no\n' ann@far.test
t 'a message that is only a header' exits 0 bounce
finish
