# mailq: what sendmail and Postfix users, and their scripts, know
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
Q=$T/queue
PNEU_QUEUE=$Q TZ=XYZ-5:30
export PNEU_QUEUE TZ
mkdir -p "$Q/msg" "$Q/hold" "$Q/bad"
fabricate() { python3 tests/program/queuefiles.py "$@" "$Q"; }
ln -s "$B/pneu-qread" "$T/mailq"
printf '#!/bin/sh\nexec %s/pneu-qread --mailq=sendmail\n' "$B" >"$T/sendmail-mailq"
ln -s "$B/pneu-qstat" "$T/qmail-qstat"
chmod +x "$T/sendmail-mailq"
pad() { printf '%-*s' "$1" "$2"; }

# ---- empty
is 'an empty queue as Postfix says it' "$(pneu-qread --mailq)" 'Mail queue is empty'
is 'called as mailq it is the same' "$("$T/mailq"; "$T/mailq" -v)" 'Mail queue is empty
Mail queue is empty'
is 'as sendmail says it' "$(pneu-qread --mailq=sendmail)" "$Q is empty
		Total requests: 0"
is 'as postqueue -j says it' "$(pneu-qread --mailq=postfix-json)" ''

# ---- some
a=$(fabricate --arrival 1700000000 --sender joe@a.test --rcpt ann@b.test --rcpt bob@c.test --rcpt late@d.test --rcpt done@e.test --size 2000 --due 1000 --records \
	'z0 1 4.4.1 @mx.b.test/127.0.0.1/clear connect to 127.0.0.1: Connection refused\nz1 1 4.4.1 connect to 127.0.0.1: Connection refused\nz2 1 4.2.0 over%0Aquota "now" \ ü\nk3 1 done\n')
b=$(fabricate --arrival 1700000010 --sender '' --rcpt x@y.test --size 500)
c=$(fabricate --arrival 1700000020 --sender s@z.test --rcpt list@here.test --size 700 --place hold --params 'B8BITMIME\nHlooks odd' --records 'x0 1 2 list\n+a one@x.test\n+p /bin/prog\n')
is 'three messages, as postqueue -p has them' "$(pneu-qread --mailq)" "\
----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------
$(pad 17 "$a")     2000 Wed Nov 15 03:43:20 joe@a.test
$(pad 36 '')(connect to 127.0.0.1: Connection refused)
                                               ann@b.test
                                               bob@c.test
$(pad 56 '')(over/quota \"now\" \\ ?)
                                               late@d.test

$(pad 17 "$b*")      500 Wed Nov 15 03:43:30 MAILER-DAEMON
                                               x@y.test

$(pad 17 "$c!")      700 Wed Nov 15 03:43:40 s@z.test
                                               one@x.test
                                               |/bin/prog

-- 3 Kbytes in 3 Requests."
is 'as sendmail has them' "$(pneu-qread --mailq=sendmail)" "\
		$Q (3 requests)
-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------
$(pad 14 "$a")     2000 Wed Nov 15 03:43 <joe@a.test>
                 (Deferred: connect to 127.0.0.1: Connection refused)
					 <ann@b.test>
					 <bob@c.test>
					 <late@d.test>
$(pad 14 "$b")*     500 Wed Nov 15 03:43 <>
					 <x@y.test>
$(pad 14 "$c")      700 Wed Nov 15 03:43 <s@z.test>
      8BITMIME
     QUARANTINE: looks odd
					 <one@x.test>
					 <|/bin/prog>
		Total requests: 3"
is 'selectors and limits work' "$(pneu-qread --mailq 'from=<>' | tail -n 1)|$(pneu-qread --mailq -n 2 | tail -n 1)|$(pneu-qread --mailq=sendmail state=held | tail -n 1)" \
	'-- 0 Kbytes in 1 Request.|-- 2 Kbytes in 2 Requests.|		Total requests: 1'

# ---- who reads them
is 'mailq | tail -1' "$("$T/mailq" | tail -1)" '-- 3 Kbytes in 3 Requests.'
is 'IDs by a pattern that is on many pages' "$("$T/mailq" | grep -E '^[0-9a-zA-Z]+[*!]?[[:space:]]' | awk '{ sub(/[*!]$/, "", $1); print $1 }')" "$a
$b
$c"
is 'paragraphs of awk: whose sender is joe' "$("$T/mailq" | tail -n +2 | awk 'BEGIN { RS = "" } $7 == "joe@a.test" { print $1 }' | tr -d '*!')" "$a"
is 'recipients are what begins with blanks and has no parenthesis' "$("$T/mailq" | grep '^ ' | grep -vc '(')" 6
pneu-qread --mailq=postfix-json >"$T/json"
is 'postqueue -j: JSON, an object a line' "$(python3 - "$T/json" <<'P'
import json, sys
for line in open(sys.argv[1], 'rb'):
    m = json.loads(line.decode('utf-8'))
    print(m['queue_name'], m['arrival_time'], m['message_size'], m['forced_expire'], m['sender'],
          [(r['address'], r.get('delay_reason', '').encode('unicode_escape').decode()) for r in m['recipients']])
P
)" "deferred 1700000000 2000 False joe@a.test [('ann@b.test', 'connect to 127.0.0.1: Connection refused'), ('bob@c.test', 'connect to 127.0.0.1: Connection refused'), ('late@d.test', 'over\\\\nquota \"now\" \\\\\\\\ \\\\xfc')]
active 1700000010 500 False MAILER-DAEMON [('x@y.test', '')]
hold 1700000020 700 False s@z.test [('one@x.test', ''), ('/bin/prog', '')]" 
is 'which grep can read as well as that of Postfix' "$(grep -o '"queue_id": "[^"]*"' "$T/json" | cut -d'"' -f4)" "$a
$b
$c"
nagios=/usr/lib/nagios/plugins/check_mailq
if [ -x "$nagios" ] && command -v perl >/dev/null; then
	mkdir "$T/perl"
	sed -e "s|^\\(.*PATH_TO_MAILQ *= *\\)\".*\"|\\1\"$T/mailq\"|; s|^\\(.*PATH_TO_QMAIL_QSTAT *= *\\)\".*\"|\\1\"$T/qmail-qstat\"|" \
		"$(dirname "$nagios")/utils.pm" >"$T/perl/utils.pm"
	sed '/^use lib/d' "$nagios" >"$T/check_mailq"           # it would find its own utils.pm
	check() { perl -I "$T/perl" "$T/check_mailq" "$@"; echo "$?"; }
	is 'check_mailq -M postfix counts' "$(check -M postfix -w 2 -c 10 | sed 's/|.*//' | tr '\n' ' ')" 'WARNING: postfix mailq is 3 (threshold w = 2) 1 '
	is 'check_mailq -M qmail too' "$(check -M qmail -w 2 -c 3 | sed 's/|.*//' | tr '\n' ' ')" 'CRITICAL: qmail mailq is 3 (threshold c = 3) 2 '
	sed -i "s|$T/mailq|$T/sendmail-mailq|" "$T/perl/utils.pm"
	is 'and check_mailq -M sendmail' "$(check -M sendmail -w 20 -c 30 | sed 's/|.*//' | tr '\n' ' ')" 'OK: sendmail mailq (3) is below threshold (20/30) 0 '
else
	echo '# SKIP check_mailq: Debian has it in monitoring-plugins-standard'
fi
is 'as qmail-qstat' "$("$T/qmail-qstat")" 'messages in queue: 3
messages in queue but not yet preprocessed: 0'
is 'a form that is none' "$(pneu-qread --mailq=exim 2>&1; echo $?)" 'pneu-qread: fatal: exim: the forms of mailq are postfix, sendmail and postfix-json
100'
is 'mailq takes no more' "$("$T/mailq" -q30m 2>&1; echo $?)" 'pneu-qread: fatal: usage: mailq [-v]
100'
finish
