# pneu-explain: mail exchangers and addresses, through pneu-dnsq
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'needs python3'

PNEU_ETC=$T/etc
export PNEU_ETC
unset PNEU_QUEUE
mkdir "$T/etc" "$T/bin"
echo mx.example >"$T/etc/me"
echo 20 >"$T/etc/timeoutdns"
echo 'relayed.example:relay.example:2525' >"$T/etc/smtproutes"
python3 tests/program/dns_server.py 127.0.0.1 "$T/port" "$T/queries" &
server=$!
cleanup() { kill "$server" 2>/dev/null; }
wait_until 20 test -s "$T/port" || skip_all 'the name server does not start'
DNSCACHEIP=127.0.0.1:$(cat "$T/port")
export DNSCACHEIP

x() {
	pneu-explain "$@" >"$T/out" 2>"$T/err"
	code=$?
	sed "1,2d; s|$DNSCACHEIP|DNS|" "$T/out" "$T/err"
	echo "=$code"
}
is 'hosts and their addresses'          "$(x a@plain.example)" '  mx of: plain.example
    mx: 10 mx.example
      address: 2001:db8::1
      address: 192.0.2.1
  result: deliverable
=0'
is 'a domain that takes no mail'        "$(x a@null.example)" '  mx of: null.example
    refused: 5.1.10 it takes no mail: its MX is "." (RFC 7505)
  result: not deliverable
=67'
is 'one that does not exist'            "$(x a@gone.example | tail -n 4)" '    mx: none, so its own addresses count
      refused: 5.1.2 DNS: nowhere.example does not exist
  result: not deliverable
=67'
is 'one that nobody knows about now'    "$(x a@servfail.example)" '  mx of: servfail.example
    later: 4.4.3 DNS server DNS said SERVFAIL (MX of servfail.example)
  result: not now
=75'
echo 1 >"$T/etc/timeoutdns"
is 'a name server that is silent'       "$(x a@silent.example | tail -n 2)" '  result: not now
=75'
echo 20 >"$T/etc/timeoutdns"
is 'a relay'                            "$(x a@relayed.example)" '  route: control/smtproutes has relayed.example:relay.example:2525
  relay: relay.example port 2525
    address: 2001:db8::1
    address: 192.0.2.1
  result: deliverable
=0'
is 'an address literal needs no DNS'    "$(x 'a@[192.0.2.9]' | head -n 1)" '  host: [192.0.2.9], an address literal'
: >"$T/queries"
is 'without DNS (-q)'                   "$(x -q a@plain.example)" '  mx of: plain.example
  result: deliverable
=0'
is 'also --no-dns'                      "$(x --no-dns a@plain.example | tail -n 1)" '=0'
is 'nobody is asked'                    "$(cat "$T/queries")" ''
echo 'both: a@plain.example, b@plain.example' >"$T/aliases"
python3 tests/program/makealiases.py "$T/etc/aliases.cdb" "$T/aliases"
# a server that has no turn for a second is asked again: that happens by chance, and not three times
for i in 1 2 3; do
	: >"$T/queries"
	x both >/dev/null
	[ "$(grep -c ' 15 plain.example' "$T/queries")" -gt 1 ] || break
done
is 'two recipients of one domain'       "$(grep -c 'address: .@plain' "$T/out")" 2
is 'and it is asked about once'         "$(grep -c ' 15 plain.example' "$T/queries")" 1

# what pneu-dnsq may do wrong
fake() {
	printf '#!/bin/sh\n%s\n' "$1" >"$T/bin/pneu-dnsq"
	chmod 755 "$T/bin/pneu-dnsq"
	PATH=$T/bin:$PATH x a@b.example | sed 1d
}
is 'preferences are sorted'             "$(fake 'case $1 in mx) printf "20 b.example\n5 a.example\n" ;; *) echo 192.0.2.1 ;; esac' | grep mx:)" \
    '    mx: 5 a.example
    mx: 20 b.example'
is 'no host has an address'             "$(fake 'case $1 in mx) echo 1 h.example ;; *) echo "pneu-dnsq: fatal: none" >&2; exit 100 ;; esac')" \
    '    mx: 1 h.example
      no address: none
    refused: 5.4.4 none of its hosts has an address
  result: not deliverable
=67'
is 'one of them may have one later'     "$(fake 'case $* in mx*) printf "1 h.example\n2 i.example\n" ;; *h.ex*) exit 111 ;; *) exit 100 ;; esac' | tail -n 3)" \
    '    later: 4.4.3 none of its hosts has an address
  result: not now
=75'
is 'it dies'                            "$(fake 'kill -9 $$')" '    later: 4.4.3 pneu-dnsq: a signal ended it
  result: not now
=75'
t 'what it writes has an end'           test "$(fake 'yes 1 mx.example | head -c 300000' | wc -l)" -lt 1000
rm "$T/bin/pneu-dnsq"
is 'it is not there'                    "$(PATH=$T/bin; export PATH; "$B/pneu-explain" a@b.example 2>&1 | while read -r w l; do [ "$w" != later: ] || echo "$l"; done)" \
    '4.4.3 pneu-dnsq: No such file or directory'
finish
