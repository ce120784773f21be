#!/bin/sh
# pneu-smtpd: SMTPUTF8 (RFC 6531), addresses with UTF-8
. tests/lib.sh
. tests/program/smtpd_lib.sh
echo 'xn--bcher-kva.example' >>"$E/rcpthosts"

mail() { codes "EHLO h
MAIL FROM:$1" | cut -d'|' -f10; }
rcpt() { codes "EHLO h
MAIL FROM:<a@b.example>$2
RCPT TO:$1" | cut -d'|' -f11; }
u=' SMTPUTF8'

is 'announced, with 8BITMIME' "$(talk 'EHLO h' | grep -cxE '250-(SMTPUTF8|8BITMIME)')" 2
codes 'EHLO h
MAIL FROM:<j\303\274rgen@b.example> SMTPUTF8 BODY=8BITMIME
RCPT TO:<d\303\266rte@here.example>
RCPT TO:<"\303\244 \342\202\254"@here.example>
RCPT TO:<\360\237\223\250.x@b\303\274cher.example>
RCPT TO:<x@here.example> ORCPT=utf-8;\303\244@b.example
DATA
Subject: \303\244

x
.
QUIT' | cut -d'|' -f10- >"$T/codes"
is 'UTF-8 in addresses, quoted or not' "$(cat "$T/codes")" '250 2.1.0|250 2.1.5|250 2.1.5|250 2.1.5|250 2.1.5|354|250 2.0.0|221 2.0.0|'
is 'goes to the queue as it is, but for the domain, which gets the form of the DNS' "$(envelope)" \
	"$(printf 'Fj\303\274rgen@b.example|B8BITMIME|U1|Td\303\266rte@here.example|T\303\244 \342\202\254@here.example|T\360\237\223\250.x@xn--bcher-kva.example|Tx@here.example|Outf-8;\303\244@b.example||')"
is 'the trace names the protocol' "$(grep -c ' with UTF8SMTP ' "$Q/message")" 1
is 'and the text is unchanged' "$(sed -n '3p' "$Q/message")" "$(printf 'Subject: \303\244')"
is 'a domain in any form is the same' "$(rcpt '<x@b\303\274cher.example>' "$u")|$(rcpt '<x@B\303\274CHER.example.>' "$u")|$(rcpt '<x@xn--bcher-kva.example>')" '250 2.1.5|250 2.1.5|250 2.1.5'
is 'another is not, nor one that is in no form for the DNS' "$(rcpt '<x@b\303\266cher.example>' "$u")|$(rcpt '<x@B\303\234CHER.example>' "$u")" '550 5.7.1|550 5.7.1'

is 'without SMTPUTF8 they are refused' "$(mail '<\303\244@b.example>')|$(mail '<a@b\303\244.example>')|$(rcpt '<\303\244@here.example>')|$(rcpt '<x@b\303\274cher.example>')" '553 5.6.7|553 5.6.7|553 5.6.7|553 5.6.7'
is 'also after RSET' "$(codes 'EHLO h
MAIL FROM:<a@b.example> SMTPUTF8
RSET
MAIL FROM:<a@b.example>
RCPT TO:<\303\244@here.example>' | cut -d'|' -f13)" '553 5.6.7'
is 'and in the next message' "$(codes 'EHLO h
MAIL FROM:<a@b.example> SMTPUTF8
RCPT TO:<\303\244@here.example>
DATA
.
MAIL FROM:<\303\244@b.example>
MAIL FROM:<a@b.example>
RCPT TO:<\303\244@here.example>' | cut -d'|' -f14-)" '553 5.6.7|250 2.1.0|553 5.6.7|'
is 'HELO knows no parameters' "$(codes 'HELO h
MAIL FROM:<a@b.example> SMTPUTF8')" '250|555 5.5.4|'
is 'it has no value and comes once' "$(mail '<a@b.example> SMTPUTF8=')|$(mail '<a@b.example> SMTPUTF8=1')|$(mail '<a@b.example> SMTPUTF8 smtputf8')" '501 5.5.4|501 5.5.4|501 5.5.4'
is 'ASCII alone may be declared' "$(mail '<a@b.example> SmtpUtf8')|$(rcpt '<x@here.example>' "$u")" '250 2.1.0|250 2.1.5'

for bad in '\344' '\303' '\303\050' '\300\257' '\355\240\200' '\364\220\200\200' '\370\210\200\200\200' '\302\200' '\302\237' '\342\200\250' '\377'; do
	is "no UTF-8, or none of text: $(echo "$bad" | tr '\\' ' ')" "$(mail "<x$bad@b.example>$u")|$(mail "<a@b$bad.example>$u")|$(rcpt "<\"$bad\"@here.example>" "$u")" '501 5.1.7|501 5.1.7|501 5.1.3'
done
is 'a domain too long for the DNS' "$(rcpt "<x@$(printf '%056d' 0)\\303\\274.example>" "$u")" '501 5.1.3'
is 'a local part too long' "$(mail "<$(printf '%0499d' 0)\\303\\274@b.example>$u")|$(mail "<$(printf '%0498d' 0)\\303\\274@b.example>$u")" '501 5.1.7|250 2.1.0'
is 'no relaying through them' "$(rcpt '<x@b\303\266.example@here.example>' "$u")|$(rcpt '<x%%\303\266.example@here.example>' "$u")|$(rcpt '<@b\303\266.example:x@other.example>' "$u")|$(rcpt '<x@here\343\200\202example>' "$u")" '501 5.1.3|550 5.7.1|550 5.7.1|550 5.7.1'
finish
