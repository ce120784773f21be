# pneu-bounce: what the sender asked for (RFC 3461), and mail with UTF-8 in its addresses (RFC 6533)
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
bounce() { pneu-bounce theid <"$T/file" >"$T/out" 2>"$T/err"; }
envelope() { tr '\0' '|' <"$T/envelope"; }
fact() { check show "$T/bounce" | sed -n "s/^$1 *//p"; }
has() { grep -qF -e "$1" "$T/bounce"; }
failed='d0 1795338500 5.1.1 no such user\n'

make 'joe@sender.test|EQQ314159+2B+20x|RFULL' '' "$failed" 'ann@far.test
NFAILURE
Orfc822;ann+2Btag@first.test'
bounce
is 'ENVID and ORCPT come back decoded' "$(fact block)" 'Original-Envelope-Id=QQ314159+ x; Reporting-MTA=dns; here.test; X-Pneu-Queue-ID=theid
Original-Recipient=rfc822; ann+tag@first.test; Final-Recipient=rfc822; ann@far.test; Action=failed; Status=5.1.1; Diagnostic-Code=X-Pneu; no such user'
is 'RET=FULL: the whole message' "$(fact parts)" 'text/plain message/delivery-status message/rfc822'
is 'nothing of it is in the envelope of the bounce' "$(envelope)" 'F|Tjoe@sender.test||'

make 'joe@sender.test|RHDRS' 1000 "$failed" ann@far.test
bounce
is 'RET=HDRS: the header alone' "$(fact parts)" 'text/plain message/delivery-status text/rfc822-headers'
t 'all of it' has 'Subject: the original'
t 'and nothing of the text' sh -c '! grep -q bbbbbbbb "$0"' "$T/bounce"
is 'no ENVID, no ORCPT: no fields of them' "$(grep -c '^Original-' "$T/bounce")" 0
make 'joe@sender.test|Rhdrs' 1000 "$failed" ann@far.test
bounce
is 'in any case' "$(fact parts)" 'text/plain message/delivery-status text/rfc822-headers'

make 'joe@sender.test|RHDRS' header "$failed" ann@far.test 'hidden@far.test'
bounce
t 'a message that is only a header: all of that' has 'X-Eight:'
t 'and nothing of the envelope behind it' sh -c '! grep -q hidden@ "$0"' "$T/bounce"

make 'joe@sender.test|Eid' '' "${failed}x1 1795338500 2 list\n<owner@here.test\n+a bob@far.test\nd2 1795338500 5.1.1 gone\n" ann@far.test 'list@here.test
Orfc822;list@first.test'
bounce
is 'the first bounce goes to the sender' "$(envelope)" 'F|Tjoe@sender.test||'
t 'with his ENVID' has 'Original-Envelope-Id: id'
make 'joe@sender.test|Eid' '' 'x0 1795338500 2 list\n<owner@here.test\n+a bob@far.test\nd1 1795338500 5.1.1 gone\n' 'list@here.test
Orfc822;list@first.test'
bounce
is 'that of a list to its owner' "$(envelope)" 'F|Towner@here.test||'
is 'who hears nothing of what the sender named' "$(grep -c '^Original-' "$T/bounce")" 0
make 'joe@sender.test|Eid' '' 'x0 1795338500 1 alias\n+a bob@far.test\nd1 1795338500 5.1.1 gone\n' 'ann@here.test
Orfc822;ann@first.test'
bounce
is 'what an alias stands for has the ORCPT of the alias' "$(fact block | sed -n 2p | cut -d';' -f1-4)" 'Original-Recipient=rfc822; ann@first.test; Final-Recipient=rfc822; bob@far.test'

make 'joe@sender.test|Ea+0Ab+00c+FF' '' "$failed" 'ann@far.test
Ox+0A;y+0D+0AStatus: 2.0.0
NNEVER,,'
bounce
t 'what is no xtext, and controls, cannot leave their line' sh -c 'grep -q "^Original-Envelope-Id: a?b+00c?$" "$0" && grep -q "^Original-Recipient: x+0A; y??Status: 2.0.0$" "$0"' "$T/bounce"
is 'nor add fields' "$(fact count)" 2

# ---- UTF-8
make 'j%C3%BCrgen@sender.test|U1|B8BITMIME' '' "$failed" 'd%C3%B6rte@far.test
Outf-8;d%C3%B6rte@first.test'
bounce
is 'its envelope is one of UTF-8' "$(envelope)" "F|B8BITMIME|U1|Tj$(printf '\303\274')rgen@sender.test||"
t 'the report is of the kind for it' has 'multipart/report; report-type=global-delivery-status;'
is 'so are its parts' "$(fact parts)" 'text/plain message/global-delivery-status message/global'
t 'addresses are as they are' sh -c 'printf "Final-Recipient: utf-8; d\303\266rte@far.test\n" | grep -qFf - "$0"' "$T/bounce"
t 'ORCPT too' sh -c 'printf "Original-Recipient: utf-8; d\303\266rte@first.test\n" | grep -qFf - "$0"' "$T/bounce"
t 'and in the words' sh -c 'printf "<d\303\266rte@far.test>:\n" | grep -qFf - "$0"' "$T/bounce"
make 'joe@sender.test|U1' '' "$failed" 'd%F6rte@far.test'
bounce
t 'what is no UTF-8 is masked' has '<d?rte@far.test>:'
make 'joe@sender.test' '' "$failed" 'd%C3%B6rte@far.test'
bounce
t 'all that is no ASCII is, in a report for who did not say SMTPUTF8' has '<d??rte@far.test>:'
is 'which is an ordinary one' "$(fact parts)" 'text/plain message/delivery-status message/rfc822'
make 'joe@sender.test|U1|RHDRS' 1000 "$failed" ann@far.test
bounce
is 'the header alone' "$(fact parts)" 'text/plain message/global-delivery-status message/global-headers'
is 'an ASCII address is of the old type' "$(grep -c '^Final-Recipient: rfc822; ann@far.test' "$T/bounce")" 1
finish
