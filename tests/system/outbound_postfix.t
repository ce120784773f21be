# outbound_postfix.t - mail to Postfix; postgrey makes it wait
server=postfix
unknown='User unknown in local recipient table'
unknown_status=5.1.1
. tests/system/outbound.sh <<END
smtpd_restriction_classes = grey
grey = check_policy_service inet:127.0.0.1:10023
smtpd_recipient_restrictions = check_recipient_access inline:{wait@postfix.test=grey}
END
t 'CHUNKING was used' wait_until 20 grep -q ' bdat=' "$(servers_log postfix)"
t 'the report has what the message came with' eval 'grep -q "^Original-Envelope-Id: QQ+1" "$T/report" &&
	grep -q "^Original-Recipient: rfc822;joe+x@first.test" "$T/report"'

if command -v postgrey >/dev/null; then
	mkdir "$T/grey"
	postgrey --inet=127.0.0.1:10023 --delay=1 --dbdir="$T/grey" --user=root --group=root --hostname=mx.postfix.test \
	    --greylist-text='Greylisted for %s seconds' >"$T/grey/log" 2>&1 &
	wait_until 10 python3 -c 'import socket; socket.create_connection(("127.0.0.1", 10023))'
	send ann@house.test wait@postfix.test
	t 'postgrey: not now' wait_until 20 logged 'deferral:.*450_4.2.0_.*Greylisted_for_1_seconds'
	t 'it waits as long as asked, or the least we wait' due_in 0 60
	again() { retry; has wait 1; }
	t 'then it has it' wait_until 20 again
else
	t 'postgrey # SKIP not here (Debian: postgrey)' true
fi
outbound_end
