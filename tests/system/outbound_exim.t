# outbound_exim.t - mail to Exim, which makes some of it wait
server=exim
unknown=Unrouteable
unknown_status=5.1.0            # it has no codes of its own
. tests/system/outbound.sh </dev/null
t 'PIPELINING and CHUNKING were used' wait_until 20 grep -q ' <= .* L[.*]* K ' "$(servers_log exim)"
t 'the report has what the message came with' eval 'grep -qi "^Original-Envelope-Id: QQ+2B1" "$T/report" &&
	grep -q "^Original-Recipient: rfc822;joe+2Bx@first.test" "$T/report"'

send ann@house.test wait@exim.test
t 'not now' wait_until 20 logged 'deferral:.*451_greylisted,_please_try_again_in_600_seconds'
t 'it waits as long as asked' due_in 500 620
: >"$SERVERS/exim/run/open"
retry
t 'then it has it' wait_until 20 has wait 1
outbound_end
