# pneu-tcpd: how many sessions there may be, in all and for one client, and what the others read
. tests/lib.sh
. tests/program/tcpd_lib.sh

start -c 3 -C 2 127.0.0.1:0 -- sh -c 'echo in; cat'
is 'limits hold at their edge, and a place that becomes free can be had' "$($client limits "$port")" \
    '1 and 2 of an address: in in
3 of an address: 421 4.7.0 too many connections from your address, try again later
3 in all: in
4 in all: 421 4.3.2 too many connections, try again later
4 in all, of an address with 2: 421 4.3.2 too many connections, try again later
after one has left: in
and at the limit of an address: in
but not one more: 421 4.3.2 too many connections, try again later'
t 'a refusal for the address is logged' log_has '^pneu-tcpd: refused 127.0.0.1: sessions of this address: 2$'
t 'so is one for all' log_has '^pneu-tcpd: refused 127.0.0.3: all sessions in use: 3$'
stop

hold_one() {
	rm -f "$T"/held*
	$client hold 127.0.0.1 "$port" "$T/held" >"$T/held.out" &
	holder=$!
	wait_until 20 test -e "$T/held.in"
}
release() {
	: >"$T/held.go"
	wait "$holder"
}

start -q -c 1 -m '451 busy' 127.0.0.1:0 -- sh -c 'echo; cat'
hold_one
is '-m says what the others read, with a line end of the wire' \
    "$($client hear 127.0.0.1 "$port" | od -An -c | tr -d ' \n')" '451busy\r\n'
is '-q logs no refusal' "$(cat "$T/log")" ''
release
stop

start -c 1 -m '' 127.0.0.1:0 -- sh -c 'echo; cat'
hold_one
is 'an empty text closes without a word' "$($client hear 127.0.0.1 "$port")" ''
t 'and is logged all the same' log_has '^pneu-tcpd: refused 127.0.0.1: all sessions in use: 1$'
release
stop

long=$(printf '%500s' x | tr ' ' x)
start -c 1 -m "$long" 127.0.0.1:0 -- sh -c 'echo; cat'
hold_one
is 'a text of 500 characters is sent whole' "$($client hear 127.0.0.1 "$port" | tr -d '\r')" "$long"
release
stop

start -c 5 127.0.0.1:0 -- sh -c 'echo; cat'
hold_one
for n in 1 2; do
	$client hold 127.0.0.1 "$port" "$T/held$n" >"$T/held$n.out" &
	wait_until 20 test -e "$T/held$n.in"
done
is 'unless told otherwise one client may have half of the sessions' "$($client hear 127.0.0.1 "$port" | cut -c 1-9)" '421 4.7.0'
for n in 1 2; do
	: >"$T/held$n.go"
done
release
stop

# IPv6: one /64 is one client. Other addresses than ::1 need a network of our own.
cat >"$T/inside" <<'END'
ip link set lo up
for a in 2001:db8::1 2001:db8::2 2001:db8::3 2001:db8:0:1::3 2001:db8:1::3; do
	ip -6 addr add "$a/128" dev lo nodad || exit 9
done
"$B/pneu-tcpd" -1 -c 10 -C 2 '[2001:db8::1]:0' -- sh -c 'echo in; cat' >"$T/port6" 2>"$T/log6" &
until [ -s "$T/port6" ]; do
	kill -0 $! || exit 9
	sleep 0.05
done
$client sixtyfour "$(cat "$T/port6")"
kill -KILL $!
: >"$T/port6"
"$B/pneu-tcpd" -1 -r 2/86400 -R 3/86400 -n 24,48 '[2001:db8::1]:0' -- echo in >"$T/port6" 2>"$T/log6" &
until [ -s "$T/port6" ]; do
	kill -0 $! || exit 9
	sleep 0.05
done
for from in :1 :2 :3 0:1::3 0:1::3 1::3; do
	echo "$from" $($client hear 2001:db8::1 "$(cat "$T/port6")" "2001:db8:$from" | tr -d '\015')
done
kill -KILL $!
END
export B T client
if unshare -rn sh -c 'ip link set lo up' >/dev/null 2>&1; then
	is 'for IPv6 a /64 counts as one client' "$(unshare -rn sh "$T/inside" 2>&1)" \
	    'two addresses of a /64: in in
a third: 421 4.7.0 too many connections from your address, try again later
the next /64: in
:1 in
:2 in
:3 421 4.7.0 too many new connections from your address, try again later
0:1::3 in
0:1::3 421 4.7.0 too many new connections from your network, try again later
1::3 in'
else
	echo '# no network namespace to be had (unshare -rn, ip): the /64 test is left out'
fi
# new connections in a time: a day, which no test sees the end of
from() { $client hear 127.0.0.1 "$port" "$1" | tr -d '\r'; }
each='421 4.7.0 too many new connections from your address, try again later'
network='421 4.7.0 too many new connections from your network, try again later'
start -v -C 1 -r 2/86400 -R 4/86400 127.0.0.1:0 -- echo in
is '-r: as many connections as it says, one after another' "$(from 127.0.0.1; $client enter 127.0.0.1 "$port")" 'in
in'
wait_until 20 nobody_in
is 'and not one more' "$(from 127.0.0.1; from 127.0.0.1)" "$each
$each"
t 'that is logged' log_has '^pneu-tcpd: refused 127.0.0.1: new connections of this address: 2$'
is '-R: neighbours share what their network may, of which the refused take nothing' "$(from 127.0.0.2; from 127.0.0.3; from 127.0.0.4)" "in
in
$network"
t 'that is logged too' log_has '^pneu-tcpd: refused 127.0.0.4: new connections of this network: 4$'
is 'the next network has its own' "$(from 127.0.1.1)" 'in'
stop
start -q -R 2/86400 -n 16 -m '451 wait' 127.0.0.1:0 -- echo in
is '-n: how large a network is' "$(from 127.0.0.1; from 127.0.1.1; from 127.0.255.255; from 127.1.0.0)" 'in
in
451 wait
in'
is '-m and -q are for these too' "$(cat "$T/log")" ''
stop
if command -v pneu-tcprules >/dev/null; then
	printf '127.0.0.9:deny\n:allow\n' | pneu-tcprules "$T/rules.cdb" "$T/rules.tmp"
	start -R 1/86400 -x "$T/rules.cdb" 127.0.0.1:0 -- echo in
	is 'who is denied uses up nothing' "$(from 127.0.0.9; from 127.0.0.1)" in
	stop
fi
# the listener always has the next client ready, so the loop never has to wait: sessions that ended count no more
start -c 40 -C 40 127.0.0.1:0 -- true
is 'steady work: of 3000 clients, 16 at a time, none is refused' "$($client crowd 127.0.0.1 "$port" 16 3000)" '0 refused'
stop
finish
