#!/bin/sh
# pneu-smtpd: DSN (RFC 3461), what MAIL and RCPT say about reports; LIMITS
. tests/lib.sh
. tests/program/smtpd_lib.sh

# queued MAIL-WORDS RCPT-WORDS: the envelope that a message with these makes
queued() {
	rm -f "$Q/envelope"
	codes "EHLO h
MAIL FROM:<a@b.example>$1
RCPT TO:<x@here.example>$2
DATA
.
QUIT" >"$T/codes"
	[ -e "$Q/envelope" ] && envelope
}
words() { codes "EHLO h
MAIL FROM:<a@b.example>$1
RCPT TO:<x@here.example>$2" | cut -d'|' -f"$3"; }
of_mail() { words "$1" '' 10; }
of_rcpt() { words '' "$1" 11; }

is 'announced' "$(talk 'EHLO h' | grep -cx '250-DSN')" 1
is 'as is the number of recipients' "$(talk 'EHLO h' | grep LIMITS)" '250-LIMITS RCPTMAX=2000'
echo 3 >"$E/maxrcpt"
is 'which is that of the setting' "$(talk 'EHLO h' | grep LIMITS)" '250-LIMITS RCPTMAX=3'
is 'and true' "$(codes 'EHLO h
MAIL FROM:<a@b.example>
RCPT TO:<1@here.example>
RCPT TO:<2@here.example>
RCPT TO:<3@here.example>
RCPT TO:<4@here.example>' | cut -d'|' -f10-)" '250 2.1.0|250 2.1.5|250 2.1.5|250 2.1.5|452 4.5.3|'
echo 1000000 >"$E/maxrcpt"
is 'six digits are the most it can say' "$(talk 'EHLO h' | grep -c LIMITS)" 0
rm "$E/maxrcpt"

is 'all of it goes to the queue' "$(queued ' RET=HDRS ENVID=QQ+20314159 BODY=8BITMIME SIZE=1' ' NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;x+2Btag@first.example')" \
	'Fa@b.example|B8BITMIME|RHDRS|EQQ+20314159|Tx@here.example|NSUCCESS,FAILURE,DELAY|Orfc822;x+2Btag@first.example||'
is 'what the rules give a message to live goes there too' "$(QUEUELIFETIME=3600; export QUEUELIFETIME; queued ' ENVID=1' '')" \
	'Fa@b.example|E1|L3600|Tx@here.example||'
is 'words in any case and order, blanks between them' "$(queued '  envid=1   ret=full' '  orcpt=RFC822;a  notify=delay,success')" \
	'Fa@b.example|RFULL|E1|Tx@here.example|NSUCCESS,DELAY|ORFC822;a||'
is 'NEVER' "$(queued '' ' NOTIFY=never')" 'Fa@b.example|Tx@here.example|NNEVER||'
is 'nothing said, nothing queued' "$(queued '' '')" 'Fa@b.example|Tx@here.example||'
is 'each recipient has its own' "$(codes 'EHLO h
MAIL FROM:<>
RCPT TO:<x@here.example> NOTIFY=NEVER
RCPT TO:<y@here.example>
RCPT TO:<nobody@other.example> ORCPT=rfc822;nobody
RCPT TO:<z@here.example> ORCPT=rfc822;z
DATA
.' >/dev/null; envelope)" 'F|Tx@here.example|NNEVER|Ty@here.example|Tz@here.example|Orfc822;z||'
codes 'EHLO h
MAIL FROM:<a@b.example> RET=HDRS ENVID=1
RCPT TO:<x@here.example> NOTIFY=NEVER
RSET
MAIL FROM:<c@b.example>
RCPT TO:<y@here.example>
DATA
.' >/dev/null
is 'RSET forgets them' "$(envelope)" 'Fc@b.example|Ty@here.example||'

for bad in RET RET= RET=ALL RET=FULL,HDRS ENVID ENVID= ENVID=a=b ENVID=a+ ENVID=a+2 ENVID=a+2g ENVID=a+0A ENVID=a+00b ENVID=+7F 'ENVID=\303\244' \
    'ENVID=a\tb' "ENVID=$(printf '%0101d' 0)" 'RET=FULL RET=FULL' 'ENVID=1 ENVID=1' 'ENVID=1 ret=hdrs EnvId=2'; do
	is "MAIL refuses $(echo "$bad" | cut -c1-20 | tr '\\\t' '/ ')" "$(of_mail " $bad")" '501 5.5.4'
done
is 'an ENVID of 100 bytes is taken' "$(of_mail " ENVID=$(printf '%0100d' 0)")" '250 2.1.0'
for bad in NOTIFY NOTIFY= NOTIFY=ALWAYS NOTIFY=NEVER,FAILURE NOTIFY=FAILURE,NEVER NOTIFY=FAILURE,FAILURE NOTIFY=,FAILURE NOTIFY=FAILURE, \
    ORCPT ORCPT= ORCPT=x@here.example 'ORCPT=;x' 'ORCPT=rfc822;' 'ORCPT=rfc822;a=b' 'ORCPT=rfc822;a+0Db' 'ORCPT=rfc822;a+' 'ORCPT=r f;a' \
    'ORCPT=utf-8;\303\244@b' "ORCPT=rfc822;$(printf '%0494d' 0)" 'NOTIFY=NEVER NOTIFY=NEVER' 'ORCPT=rfc822;a notify=delay ORCPT=rfc822;a'; do
	case $(of_rcpt " $bad") in '501 5.5.4' | '555 5.5.4') got=refused ;; *) got=$(of_rcpt " $bad") ;; esac
	is "RCPT refuses $(echo "$bad" | cut -c1-24 | tr '\\' '/')" "$got" refused
done
is 'an ORCPT of 500 bytes is taken' "$(of_rcpt " ORCPT=rfc822;$(printf '%0493d' 0)")" '250 2.1.5'
is 'each belongs to its command' "$(of_mail ' NOTIFY=NEVER')|$(of_rcpt ' RET=FULL')|$(of_rcpt ' SIZE=1')" '555 5.5.4|555 5.5.4|555 5.5.4'
is 'no parameters after HELO' "$(codes 'HELO h
MAIL FROM:<a@b.example> RET=FULL
MAIL FROM:<a@b.example>
RCPT TO:<x@here.example> NOTIFY=NEVER' | cut -d'|' -f2-)" '555 5.5.4|250 2.1.0|555 5.5.4|'
is 'a refused RCPT adds nothing' "$(codes 'EHLO h
MAIL FROM:<a@b.example>
RCPT TO:<x@here.example> NOTIFY=NEVER,X
RCPT TO:<y@here.example>
DATA
.' >/dev/null; envelope)" 'Fa@b.example|Ty@here.example||'

# a line of RCPT takes 700 bytes of the 160 KiB that all of them have
many=$(i=0; while [ $i -lt 240 ]; do printf 'RCPT TO:<%0200d@here.example> NOTIFY=NEVER ORCPT=rfc822;%0493d\n' "$i" 0; i=$((i + 1)); done)
codes "EHLO h
MAIL FROM:<a@b.example>
$many
DATA
.
QUIT" | tr '|' '\n' | sed 1,9d | sort | uniq -c | sed 's/^ *//; s/ *$//' >"$T/many"
t 'when the room for recipients is full the rest has to wait' grep -q '^[0-9]* 452 4.5.3$' "$T/many"
is 'each that was taken has its parameters' "$(envelope | tr '|' '\n' | grep -c '^Orfc822;0*$')" "$(sed -n 's/ 250 2.1.5$//p' "$T/many")"

if command -v swaks >/dev/null; then
	t 'swaks is content' swaks --pipe pneu-smtpd --from a@b.example --to x@here.example --ehlo h \
	    --protocol ESMTP --silent 2
fi
finish
