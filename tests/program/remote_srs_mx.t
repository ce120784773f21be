# remote_srs_mx.t - senders' policies weighed against our own address; needs port 25, so a network namespace of its own
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
echo fwd.example >"$PNEU_ETC/me"
echo policy >"$PNEU_ETC/srs"
echo secret >"$PNEU_ETC/srssecret"
echo 2 >"$PNEU_ETC/timeoutdns"
echo hi >"$T/m"
pids=
cleanup() { for p in $pids; do kill "$p" 2>/dev/null; done; }
ip link set lo up
ip addr add 192.0.2.1/32 dev lo
# ours, but connections to it come from the other one, as from another host
ip route add local 192.0.2.2 dev lo src 192.0.2.1
python3 tests/program/dns_server.py 127.0.0.1 "$T/dns.port" "$T/dns.log" &
pids="$pids $!"
wait_until 10 test -s "$T/dns.port" || skip_all 'the DNS server does not start'
DNSCACHEIP=127.0.0.1:$(cat "$T/dns.port")
export DNSCACHEIP

# server ADDRESS: on port 25; its directory is $T/ADDRESS
server() {
	mkdir "$T/$1"
	python3 tests/program/smtpserver.py "$T/$1" --address "$1" --port 25 --pipelining &
	pids="$pids $!"
	wait_until 10 test -s "$T/$1/port"
}
# to ADDRESS SENDER...: by one worker that connects there; how each sender was announced: R rewritten, - not
to() {
	address=$1; shift
	: >"$T/$address/log"
	{
		echo 'params FORWARDED'
		for s; do echo "job $T/m $s b@y.example"; done
		echo reports
		echo end
	} | python3 -S -E tests/program/spawner.py --worker pneu-remote "mx [$address]" 2>"$T/err" >"$T/last"
	sed -n 's/^[0-9]* MAIL FROM:<\(.*\)>.*/\1/p' "$T/$address/log" | sed 's/^SRS0=.*/R/; s/^[^R].*/-/' | tr -d '\n'
}
server 127.0.0.1
server 192.0.2.2
for d in spfus spfa spfmx spfredirectus spfinclude spfpass spfneutral spfopen spfnone plain gone; do
	is "not rewritten: $d" "$(to 127.0.0.1 joe@$d.example)" -
done
for d in spfus6 spfnotus spffail spfsoft spfredirect spfincludenot spfincludegone spfincludefails spfmacro spfminusmacro \
	spfring spfringr spfbad spfodd spftwo spfhalves servfail; do
	is "rewritten: $d" "$(to 127.0.0.1 joe@$d.example)" R
done
is 'from another address of ours all is different' "$(to 192.0.2.2 joe@spfus.example joe@spfa.example joe@spfnotus.example)" 'RR-'
: >"$T/dns.log"
to 127.0.0.1 joe@spfring.example >/dev/null
is 'ten look-ups are enough' "$(grep -c spfring "$T/dns.log")" 11
is 'many messages, one connection, one order' "$(to 127.0.0.1 joe@spfus.example joe@spffail.example joe@plain.example joe@spffail.example joe@spfus.example)" \
	'-R-R-'
is 'all of them arrive' "$(grep -c ' K ' "$T/last")" 5
is 'by one connection' "$(grep -c connect "$T/127.0.0.1/log")" 1
set -- $(seq -f 'joe@spffail.d%g.example' 20)
is 'more domains than are remembered' "$(to 127.0.0.1 "$@" "$@")" RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR
is 'a resolver that is silent: rewritten' "$(to 127.0.0.1 joe@silent.example)" R
if ip -6 addr show dev lo 2>/dev/null | grep -q ::1; then
	server ::1
	is 'by IPv6' "$(printf '%s\n' 'params FORWARDED' "job $T/m joe@spfus6.example b@y.example" \
		"job $T/m joe@spfus.example b@y.example" reports end |
		python3 -S -E tests/program/spawner.py --worker pneu-remote 'mx [IPv6:::1]' >"$T/last" 2>"$T/err"
		sed -n 's/^[0-9]* MAIL FROM:<\(.*\)>.*/\1/p' "$T/::1/log" | cut -c 1-5 | tr '\n' ' ')" 'joe@s SRS0= '
else
	echo '# no IPv6 here: not tested'
fi
finish
