# remote_mx.t - pneu-remote on the real port 25, found through DNS; needs a network namespace of its own
. tests/lib.sh
if [ -z "$PNEU_IN_NAMESPACE" ]; then
	command -v python3 >/dev/null || skip_all 'needs python3'
	command -v unshare >/dev/null && command -v ip >/dev/null || skip_all 'needs unshare and ip (util-linux, iproute2)'
	unshare -rn true 2>/dev/null || skip_all 'may not make a network namespace here'
	rm -rf "$T"
	PNEU_IN_NAMESPACE=1 exec unshare -rn sh "$0"
fi
export PNEU_ETC="$T/etc" PNEU_QUEUE="$T"
mkdir "$PNEU_ETC"
echo client.example >"$PNEU_ETC/me"
echo hi >"$T/m"
pids=
cleanup() { for p in $pids; do kill "$p" 2>/dev/null; done; }
ip link set lo up
# ours, but connections to them come from elsewhere, as from another host
ip route add local 192.0.2.0/29 dev lo src 127.0.0.1
ip -6 addr add 2001:db8::1:1/128 dev lo nodad 2>/dev/null
ip -6 route add local 2001:db8::1/128 dev lo src 2001:db8::1:1 2>/dev/null
echo 1 2>/dev/null >/proc/sys/net/ipv6/ip_nonlocal_bind

# every name has the MX mx.example, every host 2001:db8::1 and 192.0.2.1, but for the names that lie
python3 tests/program/dns_server.py 127.0.0.1 "$T/dns.port" "$T/dns.log" &
pids="$pids $!"
wait_until 10 test -s "$T/dns.port" || skip_all 'the DNS server does not start'
DNSCACHEIP=127.0.0.1:$(cat "$T/dns.port")
export DNSCACHEIP

# server ADDRESS OPTIONS...: on port 25
n=0
server() {
	n=$((n + 1))
	S=$T/s$n
	a=$1; shift
	mkdir "$S"
	python3 tests/program/smtpserver.py "$S" --address "$a" --port 25 "$@" &
	last=$!
	pids="$pids $last"
	wait_until 10 test -s "$S/port"
}
remote() {
	route=$1; shift
	printf '%s\n' "$@" | python3 tests/program/spawner.py --worker pneu-remote "$route" 2>"$T/err" >"$T/out"
	sed -n 's/^report \([0-9]*\) \([0-9]*\) \(.\) \([0-9.]*\) \(.\) .*/\1.\2 \3 \4 \5/p' "$T/out" | tr '\n' ','
}
J="job $T/m a@x.example b@plain.example"

is 'nobody answers at any address' "$(remote 'mx plain.example' "$J" reports end)" '1.0 Z 4.4.1 s,'
is 'all of them are told of' "$(grep -o 'no connection to [0-9a-f:.]*' "$T/out" | sort | tr '\n' ' ')" \
	'no connection to 192.0.2.1: no connection to 2001:db8::1: '
server 192.0.2.1 --pipelining
four=$S
is 'the host that an MX names, by IPv4 as IPv6 does not answer' "$(remote 'mx plain.example' "$J" "$J" reports end)" '1.0 K 2.0.0 m,2.0 K 2.0.0 m,'
is 'by one connection' "$(grep -c connect "$four/log")" 1
is 'a host without MX look-up' "$(remote 'host mx.example 25' "$J" reports end)" '1.0 K 2.0.0 m,'
is 'an address literal' "$(remote 'mx [192.0.2.1]' "$J" reports end)" '1.0 K 2.0.0 m,'
if server 2001:db8::1 --pipelining greeting='421 4.3.2 busy'; then
	is 'IPv6 first; deferred there, by IPv4 then' "$(remote 'mx plain.example' "$J" reports end)" '1.0 K 2.0.0 m,'
	is 'both were called' "$(grep -c connect "$S/log")" 1
	kill "$last"; wait "$last" 2>/dev/null
	server 2001:db8::1 --pipelining greeting='554 5.7.1 never'
	is 'the same after a refusal' "$(remote 'mx plain.example' "$J" reports end)" '1.0 K 2.0.0 m,'
	kill "$last"; wait "$last" 2>/dev/null
	server 2001:db8::1 --pipelining mail='421 4.7.0 too many!close'
	is 'and when it has enough before MAIL' "$(remote 'mx plain.example' "$J" reports end)" '1.0 K 2.0.0 m,'
	kill "$last"; wait "$last" 2>/dev/null
	server 2001:db8::1 rcpt='450 4.2.0 not this one'
	is 'a recipient deferred there is deferred' "$(remote 'mx plain.example' "$J" reports end)" '1.0 Z 4.2.0 m,'
	kill "$last"; wait "$last" 2>/dev/null
	server 2001:db8::1 --pipelining
	is 'an IPv6 literal' "$(remote 'mx [IPv6:2001:db8::1]' "$J" reports end)" '1.0 K 2.0.0 m,'
	kill "$last"; wait "$last" 2>/dev/null
else
	echo '# no IPv6 here: not tested'
fi
server 127.0.0.1 --pipelining
is 'a private instance may have an MX on the loopback' "$(remote 'mx usmx.example' "$J" reports end)" '1.0 K 2.0.0 m,'
# from here on nobody may connect: whoever listens on this host gives it back
: >"$S/log"
is 'no address at all means this host' "$(remote 'mx zero.example' "$J" "$J" reports end)" '1.0 D 5.4.6 m,2.0 D 5.4.6 m,'
is 'as a literal, too' "$(remote 'mx [0.0.0.0]' "$J" reports end) $(remote 'mx [IPv6:::]' "$J" reports end)" '1.0 D 5.4.6 m, 1.0 D 5.4.6 m,'
if unshare -m sh -c 'mount -t tmpfs none /etc' 2>/dev/null; then
	public() {
		(
			unset PNEU_ETC PNEU_QUEUE
			export T J route; route=$1
			unshare -m sh -c 'mount -t tmpfs none /etc && mkdir /etc/pneu && echo client.example >/etc/pneu/me &&
				printf "%s\n" "$J" reports end | python3 tests/program/spawner.py --worker pneu-remote "$route"' 2>"$T/err" >"$T/out"
		)
		sed -n 's/^report \([0-9]*\) \([0-9]*\) \(.\) \([0-9.]*\) \(.\) .*/\1.\2 \3 \4 \5/p' "$T/out" | tr '\n' ','
	}
	is 'where it is not private the loopback is this host' "$(public 'mx usmx.example')$(public 'mx usv4.example')$(public 'mx [127.0.0.9]')" \
		'1.0 D 5.4.6 m,1.0 D 5.4.6 m,1.0 D 5.4.6 m,'
	is 'but an operator may say so' "$(public 'host 127.0.0.1 25')" '1.0 K 2.0.0 m,'
	is 'to which alone somebody connected' "$(grep -c connect "$S/log")" 1
else
	echo '# may not mount here: not tested'
	is 'nobody connected' "$(grep -c connect "$S/log")" 0
fi

# little room on the way, as far away: a server that takes a message and hangs up while the envelope of the next one still comes
if { echo '4096 4096 8192' >/proc/sys/net/ipv4/tcp_wmem && echo '4096 4096 8192' >/proc/sys/net/ipv4/tcp_rmem; } 2>/dev/null; then
	server 127.0.0.9 --pipelining data='354 go!drip' dot='250 2.0.0 taken!close'
	head -c 120000 /dev/zero | tr '\0' 'x' | fold -w 70 >"$T/long"
	many=$(seq -f "%0500g@plain.example" 100 | paste -s -d ' ')
	is 'what it has answered to is not sent again' "$(remote 'host 127.0.0.9 25' "job $T/long a@x.example b@plain.example" \
		"job $T/m a@x.example $many" reports end | tr , '\n' | sed 's/^\([0-9]*\)[^ ]*/\1/' | uniq -c | tr -s ' \n' ' ')" ' 1 1 K 2.0.0 m 100 2 K 2.0.0 m '
	is 'each has been once' "$(grep -c ' data ' "$S/log")" 2
else
	echo '# the room for a connection cannot be set here: not tested'
fi
is 'a null MX' "$(remote 'mx null.example' "$J" reports end)" '1.0 D 5.1.10 m,'
is 'SERVFAIL' "$(remote 'mx servfail.example' "$J" reports end)" '1.0 Z 4.4.3 s,'
is 'NXDOMAIN' "$(remote 'mx gone.example' "$J" reports end)" '1.0 D 5.1.2 m,'
finish
