# pneu-tcpd and proxies: whose header is believed, what it changes, and what happens without a good one
. tests/lib.sh
. tests/program/tcpd_lib.sh
proxy="${client% *} $PWD/tests/program/tcpd_proxy.py"
hap=
cleanup() {
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
	[ -z "$hap" ] || kill -KILL "$hap" 2>/dev/null
}

pneu-tcprules "$T/rules.cdb" "$T/rules.tmp" 2>/dev/null <<'END'
127.0.0.1:allow,PROXY="1",WHO="proxy"
127.0.0.4:allow,PROXY="0",WHO="no proxy"
127.0.0.5:allow,PROXY="yes"
127.0.0.6:deny,PROXY="1"
192.0.2.:allow,WHO="client",RELAYCLIENT=""
192.0.2.66:deny
192.0.2.77:allow,PROXY="1",WHO="a proxy's proxy"
2001:db8::/32:allow,WHO="six"
127.:allow,WHO="anybody"
END
cat >"$T/session" <<'END'
echo "$WHO $PROTO $TCPREMOTEIP $TCPREMOTEPORT $TCPLOCALIP $TCPLOCALPORT through ${TCPPROXYIP-nobody} relay [${RELAYCLIENT-no}${PROXY-}]"
cat
END
# tell SOURCE HEADER...: what a client from there reads who sends that (for printf) and then "hello"
tell() { from=$1; shift; { printf "$@"; echo hello; } | $proxy send "$port" "$from"; }

start -v -x "$T/rules.cdb" 127.0.0.1:0 -- sh "$T/session"
$proxy stall "$port" 127.0.0.1 "$T/stalled" >"$T/stall.out" &      # it takes its five seconds: the others go on meanwhile
staller=$!
wait_until 20 test -e "$T/stalled"

is 'version 1: the session is about the client' "$(tell 127.0.0.1 'PROXY TCP4 192.0.2.1 198.51.100.2 4711 587\r\n')" \
    'client TCP 192.0.2.1 4711 198.51.100.2 587 through 127.0.0.1 relay []
hello'
t 'the log has the proxy and the client' log_has '^pneu-tcpd: pid [0-9]* is from 192.0.2.1 through 127.0.0.1$'
is 'over IPv6 to the proxy' "$(tell 127.0.0.1 'PROXY TCP6 2001:db8::1 2001:db8::2 4711 25\r\n')" \
    'six TCP6 2001:db8::1 4711 2001:db8::2 25 through 127.0.0.1 relay [no]
hello'
is 'version 2' "$({ $proxy v2 192.0.2.1 198.51.100.2 4711 465; echo hello; } | $proxy send "$port" 127.0.0.1)" \
    'client TCP 192.0.2.1 4711 198.51.100.2 465 through 127.0.0.1 relay []
hello'
is 'version 2 over IPv6' "$({ $proxy v2 2001:db8::1 2001:db8::2 4711 465; echo hello; } | $proxy send "$port" 127.0.0.1)" \
    'six TCP6 2001:db8::1 4711 2001:db8::2 465 through 127.0.0.1 relay [no]
hello'
is 'a header that comes byte by byte' \
    "$({ $proxy v2 192.0.2.1 198.51.100.2 4711 465; echo hello; } | $proxy send "$port" 127.0.0.1 100 | tail -n 1)" hello
is 'and so does a line' \
    "$(printf 'PROXY TCP4 192.0.2.1 198.51.100.2 4711 587\r\nhello\n' | $proxy send "$port" 127.0.0.1 100 | tail -n 1)" hello

own() { grep -qx "proxy TCP 127.0.0.1 [1-9][0-9]* 127.0.0.1 $port through nobody relay \[no]" "$T/own" && tail -n 1 "$T/own" | grep -qx hello; }
{ $proxy v2 192.0.2.1 198.51.100.2 4711 465 LOCAL; echo hello; } | $proxy send "$port" 127.0.0.1 >"$T/own"
t 'a health check is the proxy itself, whatever addresses it brings' own
tell 127.0.0.1 'PROXY UNKNOWN\r\n' >"$T/own"
t 'so is UNKNOWN' own

is 'the rules are asked about the client: denied' "$(tell 127.0.0.1 'PROXY TCP4 192.0.2.66 198.51.100.2 4711 587\r\n')" ''
t 'and logged as the client' log_has '^pneu-tcpd: refused 192.0.2.66: denied by rule 192.0.2.66$'
is 'also when it hides as IPv6' "$(tell 127.0.0.1 'PROXY TCP6 ::ffff:192.0.2.66 ::1 4711 587\r\n')" ''
is 'only one header is read' "$(tell 127.0.0.1 'PROXY TCP4 192.0.2.77 198.51.100.2 4711 587\r\nPROXY UNKNOWN\r\n' | tail -n 2 | tr -d '\r')" \
    'PROXY UNKNOWN
hello'

for from in 127.0.0.2 127.0.0.4; do
	is "a line from $from, no proxy, is a client's nonsense" \
	    "$(tell "$from" 'PROXY TCP4 192.0.2.1 198.51.100.2 4711 587\r\n' | tr -d '\r' | sed "1s/ $from .*//")" \
	    "$([ "$from" = 127.0.0.4 ] && echo 'no proxy' || echo anybody) TCP
PROXY TCP4 192.0.2.1 198.51.100.2 4711 587
hello"
done
is 'a rule that says neither 0 nor 1 lets nobody in' "$(tell 127.0.0.5 '')" '421 4.3.0 temporary trouble, try again later'
t 'and is logged' log_has '^pneu-tcpd: refused 127.0.0.5: unreadable rule 127.0.0.5$'
is 'a denied proxy is denied' "$(tell 127.0.0.6 'PROXY UNKNOWN\r\n')" ''

is 'without a header the connection is closed' "$(tell 127.0.0.1 'EHLO x\r\n')" ''
t 'and that is logged' log_has '^pneu-tcpd: refused 127.0.0.1: no PROXY header: something else came$'
is 'so with a wrong one' "$(tell 127.0.0.1 'PROXY TCP4 192.0.2.1 198.51.100.2 4711 65536\r\n')" ''
t 'and that is logged too' log_has '^pneu-tcpd: refused 127.0.0.1: no PROXY header: it makes no sense$'
printf 'PROXY TCP4' | $proxy send "$port" 127.0.0.1 >"$T/out"
is 'so with one that is cut' "$(cat "$T/out")" ''
t 'logged' log_has '^pneu-tcpd: refused 127.0.0.1: no PROXY header: it is cut$'
$proxy send "$port" 127.0.0.1 </dev/null >"$T/out"
is 'so with nothing' "$(cat "$T/out")" ''
t 'logged, too' log_has '^pneu-tcpd: refused 127.0.0.1: no PROXY header: nothing came$'
wait "$staller"
is 'so with one that does not come in time' "$(cat "$T/stall.out")" '[]'
t 'which is logged' log_has '^pneu-tcpd: refused 127.0.0.1: no PROXY header: it did not come in time$'
t 'nothing of all that is left' wait_until 20 nobody_in
stop
is 'and the end is as always' "$code" 0

start -x "$T/rules.cdb" 127.0.0.1:0 -- sh -c 'for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	[ ! -e /dev/fd/$n ] || open="$open $n"; done; echo "$open"; kill -TERM $$; echo survived'
is 'a session behind a proxy has no other descriptors and no signal blocked' "$(tell 127.0.0.1 'PROXY UNKNOWN\r\n')" ' 0 1 2'
stop

# limits count the clients, not the proxy
begin() { tell 127.0.0.1 "PROXY TCP4 $1 198.51.100.2 4711 587\r\n" | head -n 1 | cut -d' ' -f 1-10; }
in='client TCP %s 4711 198.51.100.2 587 through 127.0.0.1 relay []'
each='421 4.7.0 too many new connections from your address, try'
start -v -C 1 -r 2/86400 -R 3/86400 -x "$T/rules.cdb" 127.0.0.1:0 -- sh "$T/session"
is '-r is for the client behind the proxy' "$(for n in 1 2 3; do begin 192.0.2.1; wait_until 20 nobody_in; done)" "$(printf "$in\n" 192.0.2.1)
$(printf "$in\n" 192.0.2.1)
$each"
t 'it is logged as the client' log_has '^pneu-tcpd: refused 192.0.2.1: new connections of this address: 2$'
is '-R too' "$(begin 192.0.2.2; begin 192.0.2.3)" "$(printf "$in\n" 192.0.2.2)
421 4.7.0 too many new connections from your network, try"
is 'who is denied uses up nothing' "$(begin 192.0.2.66)" ''
is 'another client has its own' "$(tell 127.0.0.1 'PROXY TCP6 2001:db8::1 2001:db8::2 4711 25\r\n' | head -n 1 | cut -d' ' -f 1-3)" 'six TCP6 2001:db8::1'
for n in 1 2 3 4; do
	tell 127.0.0.1 'PROXY UNKNOWN\r\n'
done >"$T/out"
is 'the proxy itself has no such limit' "$(grep -c '^proxy' "$T/out")" 4
stop

start -v -C 1 -c 3 -x "$T/rules.cdb" 127.0.0.1:0 -- sh "$T/session"
printf 'PROXY TCP4 192.0.2.1 198.51.100.2 4711 587\r\n' | $proxy hold "$port" 127.0.0.1 "$T/held" &
holder=$!
wait_until 20 test -e "$T/held.in"
is '-C is for the client behind the proxy' "$(begin 192.0.2.1)" '421 4.7.0 too many connections from your address, try again'
t 'and is logged' log_has '^pneu-tcpd: refused 192.0.2.1: sessions of this address: 1$'
is 'another is let in' "$(begin 192.0.2.2)" "$(printf "$in" 192.0.2.2)"
: >"$T/held.go"
wait "$holder"
wait_until 20 nobody_in
is 'when it has left there is room again' "$(begin 192.0.2.1)" "$(printf "$in" 192.0.2.1)"
wait_until 20 nobody_in
rm -f "$T"/held*
for n in 1 2 3; do
	printf "PROXY TCP4 192.0.2.$n 198.51.100.2 4711 587\r\n" | $proxy hold "$port" 127.0.0.1 "$T/held$n" &
	eval "holder$n=\$!"
done
for n in 1 2 3; do
	wait_until 20 test -e "$T/held$n.in"
done
is '-c is for all' "$(begin 192.0.2.4)" '421 4.3.2 too many connections, try again later'
kill -TERM "$pid"
for n in 1 2 3; do
	: >"$T/held$n.go"
	eval "wait \$holder$n"
done
wait "$pid"
is 'TERM waits for sessions behind proxies too' "$?" 0
pid=

PROXY=1 TCPPROXYIP=6.6.6.6 SSL_PROTOCOL=TLSv9 SSL_CIPHER=ROT13
export PROXY TCPPROXYIP SSL_PROTOCOL SSL_CIPHER
start 127.0.0.1:0 -- sh -c 'echo "${TCPPROXYIP-none} ${SSL_PROTOCOL-none} ${SSL_CIPHER-none}"; cat'
unset PROXY TCPPROXYIP SSL_PROTOCOL SSL_CIPHER
is 'no rules, no proxies; and what they tell is not inherited' "$(printf 'PROXY UNKNOWN\n' | $proxy send "$port" 127.0.0.1)" \
    'none none none
PROXY UNKNOWN'
stop

# ---- the real one

if ! command -v haproxy >/dev/null || ! command -v openssl >/dev/null; then
	echo '# haproxy or openssl is missing: the real proxy is left out'
	finish
fi
PATH=$PATH:/usr/sbin
start -v -x "$T/rules.cdb" 127.0.0.1:0 -- sh -c \
	'echo "$TCPREMOTEIP $TCPLOCALPORT ${TCPPROXYIP-none} ${SSL_PROTOCOL-plain} ${SSL_CIPHER:+cipher}"; exec head -n 1'
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=mx.example.org -days 2 -keyout "$T/key" -out "$T/cert" 2>/dev/null
cat "$T/cert" "$T/key" >"$T/pem"
cat >"$T/haproxy.cfg" <<END
defaults
	mode tcp
	timeout connect 10s
	timeout client 20s
	timeout server 20s
listen one
	bind fd@10
	server s 127.0.0.1:$port send-proxy
listen two
	bind fd@11
	server s 127.0.0.1:$port send-proxy-v2 proxy-v2-options crc32c,unique-id,authority
	unique-id-format %{+X}o\ %ci:%cp
listen tls
	bind fd@12 ssl crt $T/pem
	server s 127.0.0.1:$port send-proxy-v2-ssl-cn proxy-v2-options crc32c,authority,cert-cn,ssl,cert-sig,cert-key,ssl-cipher
listen checked
	bind fd@13
	server s 127.0.0.1:$port send-proxy-v2 check inter 200ms check-send-proxy
listen checked1
	bind fd@14
	server s 127.0.0.1:$port send-proxy check inter 200ms check-send-proxy
END
$proxy haproxy "$T/haproxy.cfg" 5 >"$T/ports" 2>"$T/haproxy.err" &
hap=$!
wait_until 20 test -s "$T/ports"
read -r p1 p2 p3 p4 p5 <"$T/ports"
is 'haproxy, version 1' "$($proxy talk "$p1" 127.0.0.31)" "127.0.0.31 $p1 127.0.0.1 plain 
hello"
is 'haproxy, version 2 with a checksum and other facts' "$($proxy talk "$p2" 127.0.0.32)" "127.0.0.32 $p2 127.0.0.1 plain 
hello"
is 'haproxy, TLS: the session learns of it' "$($proxy talk "$p3" 127.0.0.33 tls | head -n 1)" "127.0.0.33 $p3 127.0.0.1 TLSv1.3 cipher"
is 'haproxy with health checks' "$($proxy talk "$p4" 127.0.0.34)" "127.0.0.34 $p4 127.0.0.1 plain 
hello"
checks() { [ "$(grep -c 'from 127.0.0.1$' "$T/log")" -gt 12 ]; }
t 'which go on' wait_until 20 checks
is 'and are never without a header' "$(grep 'no PROXY header' "$T/log")" ''
is 'haproxy, version 1 with them' "$($proxy talk "$p5" 127.0.0.35)" "127.0.0.35 $p5 127.0.0.1 plain 
hello"
kill "$hap"
wait "$hap" 2>/dev/null
hap=
stop
finish
