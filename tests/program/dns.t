# dns.t - the resolver against a true one (unbound) and against servers that lie; pneu-dnsq speaks for it
. tests/lib.sh
[ -x "$B/pneu-dnsq" ] || skip_all 'pneu-dnsq is not built'
command -v python3 >/dev/null || skip_all 'needs python3'
here=$PWD/tests/program
pids=
cleanup() {
	for p in $pids; do
		kill "$p" 2>/dev/null
	done
	wait
}

mkdir "$T/etc" "$T/hasty" "$T/brief"
echo 20 >"$T/etc/timeoutdns"
echo 1 >"$T/hasty/timeoutdns"           # for those who are never answered
echo 6 >"$T/brief/timeoutdns"           # where some are, for which there must be time
PNEU_ETC=$T/etc
export PNEU_ETC

# serve NAME ADDRESS [good]: a server; its port is in $T/NAME.port, its log in $T/NAME.log
serve() {
	python3 "$here/dns_server.py" "$2" "$T/$1.port" "$T/$1.log" $3 2>"$T/$1.err" &
	pids="$pids $!"
}
serve liar 127.0.0.1
serve good 127.0.0.1 good
serve mute 127.0.0.1
wait_until 20 test -s "$T/liar.port" || skip_all "the lying server does not start: $(cat "$T/liar.err")"
wait_until 20 test -s "$T/good.port" || skip_all 'the good server does not start'
wait_until 20 test -s "$T/mute.port" || skip_all 'the mute server does not start'
mute=127.0.0.1:$(cat "$T/mute.port")
liar=127.0.0.1:$(cat "$T/liar.port")
good=127.0.0.1:$(cat "$T/good.port")
# a port that is kept from others, by a socket that hears nobody: it is connected to elsewhere
python3 -c 'import os, signal, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
s.connect(("127.0.0.1", 1))
with open(sys.argv[1] + ".new", "w") as f:
    f.write("%d\n" % s.getsockname()[1])
os.rename(sys.argv[1] + ".new", sys.argv[1])
signal.pause()' "$T/dead.port" & pids="$pids $!"
wait_until 20 test -s "$T/dead.port"
dead=127.0.0.1:$(cat "$T/dead.port")
DNSCACHEIP=$liar
export DNSCACHEIP

# ask WHAT NAME: records or the reason, joined by blanks, then the exit code; servers are called LIAR, GOOD and DEAD
ask() {
	pneu-dnsq "$@" >"$T/out" 2>&1
	code=$?
	sed "s/pneu-dnsq: fatal: //; s/$liar/LIAR/; s/$good/GOOD/; s/$dead/DEAD/; s/^DNS server //" "$T/out" | tr '\n' ' '
	echo "=$code"
}
hasty() { PNEU_ETC=$T/hasty ask "$@"; }
both='2001:db8::1 192.0.2.1 =0'

# noted COMMAND...: what the liar notes of it, of three times the shortest: who has had no turn for a second is asked again
noted() {
	rm -f "$T/noted"
	for i in 1 2 3; do
		: >"$T/liar.log"
		"$@" >/dev/null
		[ -e "$T/noted" ] && [ "$(wc -l <"$T/noted")" -le "$(wc -l <"$T/liar.log")" ] || cp "$T/liar.log" "$T/noted"
	done
	cat "$T/noted"
}

# those that wait run beside the others, and ask a server of their own; their words are looked at below
waits=
waiting() {     # NAME ETC WHAT...
	(
		PNEU_ETC=$T/$2 T=$T/$1 DNSCACHEIP=$mute liar=$mute
		mkdir "$T"
		shift 2
		ask "$@" >"$T/said"
	) &
	waits="$waits $!"
}
waiting w1 etc addr silent.example only4.example silent.example
waiting w2 etc addr silent6.example
waiting w3 brief addr silent.example deaf.example gone.example silent.example
waiting w4 brief mx tcsilent.example

is 'addresses of both families, IPv6 first'     "$(ask addr plain.example)" "$both"
is 'an MX record'                               "$(ask mx plain.example)" '10 mx.example =0'
is 'a null MX'                                  "$(ask mx null.example)" '0 . =0'

# who is not asked anybody
: >"$T/liar.log"
is 'an IPv4 address is itself'                  "$(ask addr 192.0.2.7)" '192.0.2.7 =0'
is 'an IPv6 address is itself'                  "$(ask addr 2001:DB8:0::7)" '2001:db8::7 =0'
is 'localhost needs no server'                  "$(ask addr LocalHost.)" '::1 127.0.0.1 =0'
is 'nor does a name under it'                   "$(ask addr a.localhost)" '::1 127.0.0.1 =0'
is 'localhost has no MX'                        "$(ask mx localhost)" 'DNS: localhost has no MX record =100'
never=': a host'\''s name consists of letters, digits and hyphens (others need their A-label, xn--...) =100'
is 'UTF-8 is refused for good'                  "$(ask mx "b$(printf '\303\274')cher.example")" "DNS$never"
is 'a blank in a name is refused'               "$(ask mx 'a b.example')" "DNS$never"
is 'an empty label is refused'                  "$(ask mx a..example)" 'DNS: a name with an empty label does not exist =100'
is 'the root is refused'                        "$(ask addr .)" 'DNS: a name with an empty label does not exist =100'
is 'a label of 64 is refused'                   "$(ask mx "$(printf '%064d' 0).example")" 'DNS: a name that long does not exist =100'
is 'none of these made a query'                 "$(grep -v ' \(plain\|null\)\.example$' "$T/liar.log")" ''

# names of addresses, and what senders' domains say
is 'the names of an address'                    "$(ask ptr 192.0.2.9)" 'mx.example www.example =0'
is 'an address without one'                     "$(ask ptr 192.0.2.8)" 'DNS: 8.2.0.192.in-addr.arpa has no PTR record =100'
is 'one that a CNAME leads to (RFC 2317)'       "$(ask ptr 192.0.2.7)" 'mx.example =0'
is 'one that cannot be written'                 "$(ask ptr 192.0.2.6)" 'DNS: there are PTR records, but none of them is a name =100'
is 'one that is cut'                            "$(ask ptr 192.0.2.5)" 'LIAR sent a malformed answer (PTR of 5.2.0.192.in-addr.arpa) =111'
is 'of an IPv6 address'                         "$(ask ptr 2001:db8::123a)" 'six.example =0'
is 'the reverse of it'                          "$(tail -n 1 "$T/liar.log" | cut -d ' ' -f 5-)" \
	"12 a.3.2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
is 'a name is not an address'                   "$(ask ptr a.example)" 'not an IP address: a.example =100'
is 'a policy that names us'                     "$(ask spf spfus.example 127.0.0.1)" 'allowed =0'
is 'one that does not'                          "$(ask spf spfus.example 192.0.2.1)" 'refused =0'
is 'no policy'                                  "$(ask spf spfnone.example 192.0.2.1)" 'allowed =0'
is 'one address'                                "$(ask spf spfus.example)" 'spf needs a domain and an address =100'

# what a query looks like
is 'a capital letter and a last dot are nothing' "$(ask mx PLAIN.Example.)" '10 mx.example =0'
is 'a query is by UDP, for 1232 bytes, in lower case' "$(noted ask mx PLAIN.Example. | cut -d ' ' -f 1,4-)" 'udp edns1232 15 plain.example'
for i in 1 2 3 4 5 6 7 8; do ask addr plain.example; done >/dev/null
is 'each from a port of its own' "$(awk '{ print $2 }' "$T/liar.log" | sort -u | awk 'END { print (NR > 14) }')" 1
is 'each with an id of its own'  "$(awk '{ print $3 }' "$T/liar.log" | sort -u | awk 'END { print (NR > 14) }')" 1

for x in wrongid wrongname wrongtype wrongclass noqr noquestion twoquestions garbage elsewhere; do
	is "an answer with $x is passed over, the true one taken" "$(ask addr $x.example)" "$both"
done
is 'a question echoed in capitals is ours'      "$(ask addr uppercase.example)" "$both"

for x in loop mutual forward pastend label64 longname cutname cutrecord norecord counts short long lies nxdata; do
	is "malformed ($x): for now nobody knows" "$(ask mx $x.example)" "LIAR sent a malformed answer (MX of $x.example) =111"
	is "malformed ($x): the other server is asked" "$(DNSCACHEIP="$liar $good" ask addr $x.example)" "$both"
done

is 'SERVFAIL is temporary'      "$(ask mx servfail.example)" 'LIAR said SERVFAIL (MX of servfail.example) =111'
is 'REFUSED is temporary'       "$(ask mx refused.example)" 'LIAR said REFUSED (MX of refused.example) =111'
is 'a strange error likewise'   "$(ask mx notauth.example)" 'LIAR said error 9 (MX of notauth.example) =111'
is 'no recursion likewise'      "$(ask mx lame.example)" 'LIAR is no resolver: it does not recurse (MX of lame.example) =111'
is 'a server that fails is asked once' "$(noted ask mx servfail.example | grep -c servfail)" 1
is 'after SERVFAIL the next server is asked'    "$(DNSCACHEIP="$liar $good" ask addr servfail.example)" "$both"
is 'after REFUSED the next server is asked'     "$(DNSCACHEIP="$liar $good" ask addr refused.example)" "$both"
is 'where nobody listens the next is asked'     "$(DNSCACHEIP="$dead $good" ask addr plain.example)" "$both"
is 'nobody listens anywhere: temporary'         "$(DNSCACHEIP="$dead" ask mx plain.example)" 'DEAD cannot be asked: Connection refused (MX of plain.example) =111'

for x in formerr formerr0 notimp badvers; do
	is "$x: asked again without EDNS" "$(ask addr $x.example)" "$both"
done
is 'once with, once without'    "$(noted ask addr formerr.example | awk '$5 == 1 { print $4 }' | tr '\n' ' ')" 'edns1232 - '
is 'FORMERR to both: temporary' "$(ask mx stubborn.example)" 'LIAR said FORMERR (MX of stubborn.example) =111'

is 'a lone CNAME is followed by another question' "$(ask addr alias.example)" "$both"
is 'ten CNAMEs in one answer are followed'      "$(ask addr ten.example)" '2001:db8::1 192.0.2.1 =0'
is 'CNAMEs in any order'                        "$(ask addr backwards.example)" '192.0.2.1 =0'
is 'eleven are too many'        "$(ask mx eleven.example)" 'DNS: more than 10 CNAMEs lead to eleven.example and on =111'
is 'a ring of CNAMEs'           "$(ask mx ring.example)" 'DNS: more than 10 CNAMEs lead to ring.example and on =111'
is 'a new CNAME each time'      "$(ask mx endless.example)" 'DNS: more than 10 CNAMEs lead to endless.n10.example and on =111'
is 'NXDOMAIN after a CNAME is that of the target' "$(ask mx gone.example)" 'DNS: nowhere.example does not exist =100'
is 'so is no data'              "$(ask mx empty.example)" 'DNS: bare.example has no MX record =100'

is "other names' records are not taken"         "$(ask addr stray.example)" 'DNS: stray.example has no address =100'
is 'nor are other classes'                      "$(ask mx chaos.example)" 'DNS: chaos.example has no MX record =100'
is 'MX hosts with strange bytes are left out'   "$(ask mx odd.example)" '3 ok.example =0'
is 'none but such: temporary'   "$(ask mx odder.example)" 'DNS: there are MX records, but none of them names a host =111'
is 'each address once'          "$(ask addr twice.example)" '2001:db8::1 192.0.2.1 192.0.2.2 =0'

is 'one address is enough (A fails)'            "$(ask addr v4fails.example)" '2001:db8::1 =0'
is 'one address is enough (AAAA fails)'         "$(ask addr v6fails.example)" '192.0.2.1 =0'
is 'no A and AAAA failed: nobody knows' "$(ask addr v6failsnone.example)" 'LIAR said SERVFAIL (AAAA of v6failsnone.example) =111'
is 'no A, and AAAA says no such name: no data'  "$(ask addr v6gone.example)" 'DNS: v6gone.example has no address =100'

is 'a server that sleeps once is asked again'   "$(ask mx sleepy.example)" '10 mx.example =0'
is 'a server that drops EDNS is asked without'   "$(ask mx deaf.example)" '10 mx.example =0'
is 'silence: the next server answers'           "$(DNSCACHEIP="$liar $good" ask addr silent.example)" "$both"
is 'silence ends with timeoutdns'       "$(hasty mx silent.example)" 'LIAR did not answer (MX of silent.example) =111'

is 'TXT records, their strings joined, bytes masked' "$(ask txt txt.example)" 'one two halves ??  =0'
is 'one with a NUL is left out'         "$(ask txt txtnul.example)" 'text =0'
is 'none but such'                      "$(ask txt txtonlynul.example)" 'DNS: there are TXT records, but none of them is text =100'
is 'no TXT'                             "$(ask txt bare.example)" 'DNS: bare.example has no TXT record =100'
is 'TXT of no name'                     "$(ask txt gone.example)" 'DNS: nowhere.example does not exist =100'
is 'TXT and SERVFAIL'                   "$(ask txt servfail.example)" 'LIAR said SERVFAIL (TXT of servfail.example) =111'
for x in txtempty txtshort txtlong; do
	is "malformed ($x): for now nobody knows" "$(ask txt $x.example)" "LIAR sent a malformed answer (TXT of $x.example) =111"
done
is 'TXT records of 60 KB, by TCP'       "$(ask txt tctxt.example | wc -c)" $((200 * 301 + 3))

addrs() { ask addr "$1" | tr ' ' '\n' | grep -c '^10\.'; }
is 'what is cut comes by TCP'                   "$(addrs tc.example)" 60
is '64 KiB of it'                               "$(addrs tcmax.example)" 4090
is 'an answer larger than asked for comes by TCP' "$(addrs oversize.example)" 2
is 'a byte at a time'                           "$(addrs tcslow.example)" 3
for x in tcclose tcempty tcshort tcwrong; do
	is "TCP: $x" "$(ask mx $x.example)" "LIAR sent no whole answer by TCP (MX of $x.example) =111"
	is "TCP: $x, the next server" "$(DNSCACHEIP="$liar $good" ask mx $x.example)" '10 mx.example =0'
done
is 'TCP: malformed'     "$(ask mx tcbroken.example)" 'LIAR sent a malformed answer (MX of tcbroken.example) =111'
is 'TCP: cut again'     "$(ask mx tctc.example)" 'LIAR cut its answer even by TCP (MX of tctc.example) =111'

# several hosts at once
is 'several hosts, in the order asked for' "$(ask addr only4.example plain.example 192.0.2.9 localhost alias.example)" \
	"only4.example 192.0.2.1 plain.example 2001:db8::1 plain.example 192.0.2.1 192.0.2.9 192.0.2.9 localhost ::1 localhost \
127.0.0.1 alias.example 2001:db8::1 alias.example 192.0.2.1 =0"
is 'each has a reason of its own' "$(ask addr v6gone.example plain.example servfail.example gone.example a..b nxdata.example)" \
	"pneu-dnsq: v6gone.example: DNS: v6gone.example has no address \
pneu-dnsq: servfail.example: DNS server LIAR said SERVFAIL (AAAA of servfail.example) \
pneu-dnsq: gone.example: DNS: nowhere.example does not exist \
pneu-dnsq: a..b: DNS: a name with an empty label does not exist \
pneu-dnsq: nxdata.example: DNS server LIAR sent a malformed answer (AAAA of nxdata.example) \
plain.example 2001:db8::1 plain.example 192.0.2.1 =111"
is 'one without an address, for good' "$(ask addr plain.example v6gone.example | grep -o '=.*')" '=100'
is "each other's answers are passed over" "$(ask addr swap1.example swap2.example)" \
	'swap1.example 2001:db8::1 swap1.example 192.0.2.1 swap2.example 2001:db8::1 swap2.example 192.0.2.1 =0'
is 'twenty hosts, what is cut by TCP' "$(ask addr $(for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do echo tc.$i.example; done) \
	gone.example | tr ' ' '\n' | grep -c '^10\.')" $((19 * 60))
t 'twenty-one are too many' test "$(ask addr $(seq 21) | grep -o '=.*')" = =100

# what was validated
secure() { ask -s "$@"; }
is 'a validated answer is secure'               "$(secure mx secure.example)" 'secure 10 mx.example =0'
is 'another is not'                             "$(secure mx plain.example)" 'insecure 10 mx.example =0'
is 'nor one half of which was not'              "$(secure addr secure4.example)" 'insecure 2001:db8::1 192.0.2.1 =0'
is 'a family without addresses does not matter' "$(secure addr secureno4.example)" 'secure 2001:db8::1 =0'
is 'secure, and nothing there'                  "$(secure addr securenone.example)" 'secure DNS: securenone.example has no address =100'
is 'secure, and no such name'                   "$(secure mx securegone.example)" 'secure DNS: securegone.example does not exist =100'
is 'only half of it'                            "$(secure addr securegone6.example)" 'insecure DNS: securegone6.example does not exist =100'
is 'a failure is never secure'                  "$(secure mx securefail.example)" 'LIAR said SERVFAIL (MX of securefail.example) =111'
is 'secure without EDNS: FORMERR'               "$(secure mx secureold.example)" 'secure 10 mx.example =0'
is 'secure without EDNS: silence'               "$(secure mx securedeaf.example)" 'secure 10 mx.example =0'
is 'a secure step, and one more'                "$(secure mx securetosecure.example)" 'secure 10 mx.example =0'
is 'a secure step, and one that is not'         "$(secure mx securetoplain.example)" 'insecure 10 mx.example =0'
is 'one that is not, then a secure one'         "$(secure mx plaintosecure.example)" 'insecure 10 mx.example =0'
is 'by TCP'                                     "$(secure mx tcsecure.example)" 'secure 10 mx.example =0'
is 'what was cut does not count'                "$(secure mx tcinsecure.example)" 'insecure 10 mx.example =0'
is 'what needs no question is not secure'       "$(secure addr localhost)" 'insecure ::1 127.0.0.1 =0'
is 'why: an extended error'     "$(ask mx ede.example)" 'LIAR said SERVFAIL, DNSSEC bogus (MX of ede.example) =111'
for x in edemany edeshort edepast edecut; do
	is "an odd one ($x) is passed over" "$(ask mx $x.example)" "LIAR said SERVFAIL (MX of $x.example) =111"
done

bytes=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
is 'a TLSA record'              "$(secure tlsa secure.example 465)" "secure 3 1 1 $bytes =0"
is 'was asked for at its port'  "$(awk '{ print $5, $6 }' "$T/liar.log" | tail -n 1)" '52 _465._tcp.secure.example'
is 'numbers nobody knows, no data' "$(ask tlsa tlsa0.example)" '3 1 1 - 255 254 253 00 =0'
is 'malformed (tlsa2): for now nobody knows' "$(ask tlsa tlsa2.example)" 'LIAR sent a malformed answer (TLSA of _25._tcp.tlsa2.example) =111'
is 'TLSA records of other names' "$(ask tlsa tlsastray.example)" 'DNS: _25._tcp.tlsastray.example has no TLSA record =100'
is 'TLSA and SERVFAIL'          "$(ask tlsa servfail.example)" 'LIAR said SERVFAIL (TLSA of _25._tcp.servfail.example) =111'
is 'TLSA of no name'            "$(ask tlsa ..)" 'DNS: a name with an empty label does not exist =100'
is 'TLSA of too long a name'    "$(ask tlsa "$(printf '%063d.%063d.%063d.%055d' 1 2 3 4)")" 'DNS: a name that long does not exist =100'
is 'TLSA data up to 2048 bytes' "$(ask tlsa tctlsa.example | tr ' ' '\n' | awk 'length > 2000 { n++ } $0 == "-" { cut++ } END { print n, cut }')" '3 27'
is 'a port is a number'         "$(ask tlsa a.example 0)" 'the port must be a number from 1 to 65535 =100'
is 'one step of an alias'       "$(ask cname alias.example)" 'target.example =0'
is 'one that is none'           "$(ask cname bare.example)" 'DNS: bare.example has no CNAME record =100'

wait $waits
is 'one host has an address, the others are silent' "$(cat "$T/w1/said")" \
	'pneu-dnsq: silent.example: DNS server LIAR did not answer (AAAA of silent.example) pneu-dnsq: silent.example: DNS server LIAR did not answer (AAAA of silent.example) only4.example 192.0.2.1 =111'
is 'one family has an address, the other is silent' "$(cat "$T/w2/said")" '192.0.2.1 =0'
is 'TCP: silence' "$(cat "$T/w4/said")" 'LIAR did not answer by TCP in time (MX of tcsilent.example) =111'
is 'some answer within timeoutdns, some do not' "$(cat "$T/w3/said")" \
	'pneu-dnsq: silent.example: DNS server LIAR did not answer (AAAA of silent.example) pneu-dnsq: gone.example: DNS: nowhere.example does not exist pneu-dnsq: silent.example: DNS server LIAR did not answer (AAAA of silent.example) deaf.example 2001:db8::1 deaf.example 192.0.2.1 =111'

six_answers() { test -s "$T/six.port" || ! kill -0 "$six"; }
serve six ::1
six=$!
wait_until 20 six_answers
if [ -s "$T/six.port" ]; then
	is 'a server with an IPv6 address' "$(DNSCACHEIP="[::1]:$(cat "$T/six.port")" ask addr tc.example | wc -w)" 61
else
	echo '# no ::1 here: no test of a server with an IPv6 address'
fi
is 'DNSCACHEIP must be addresses' "$(DNSCACHEIP='127.0.0.1 none' ask addr a.example)" 'DNSCACHEIP is not a list of up to 8 addresses =111'
echo soon >"$T/hasty/timeoutdns"
is 'a bad setting is fatal' "$(hasty addr a.example)" 'control/timeoutdns: "soon" is not a number from 1 to 600 =111'
is 'usage' "$(ask ns a.example)" \
	'usage: pneu-dnsq [-s] mx DOMAIN | addr HOST... | tlsa HOST [PORT] | cname NAME | txt NAME | ptr ADDRESS | spf DOMAIN ADDRESS =100'

# a true resolver
UNBOUND=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v unbound)
if [ -z "$UNBOUND" ]; then
	echo '# unbound is not installed: no test against a true resolver (Debian: apt-get install unbound)'
	finish
fi
start_unbound() {
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	sed "s,@T@,$T,; s,@PORT@,$port," "$here/dns_unbound.conf" >"$T/unbound.conf"
	cp "$here/dns_unbound.zone" "$T/zone"
	"$UNBOUND" -d -c "$T/unbound.conf" >"$T/unbound.log" 2>&1 &
	pids="$pids $!"
	DNSCACHEIP=127.0.0.1:$port
	unbound=$!
	wait_until 20 unbound_decides && pneu-dnsq mx null.example >/dev/null 2>&1
}
unbound_decides() { pneu-dnsq mx null.example || ! kill -0 "$unbound"; }
if ! start_unbound && ! start_unbound; then
	t 'unbound starts' cat "$T/unbound.log"
	t 'unbound starts' false
	finish
fi
sorted() { pneu-dnsq "$@" | sort | tr '\n' ' '; }
is 'unbound: an MX set with equal preferences' "$(sorted mx equal.example)" '10 a.example 10 b.example 5 c.example '
is 'unbound: null MX'           "$(ask mx null.example)" '0 . =0'
is 'unbound: along three CNAMEs' "$(ask mx chain.example)" '10 a.example =0'
is 'unbound: and to addresses'  "$(ask addr chain.example)" '2001:db8::e 192.0.2.14 =0'
is 'unbound: a CNAME to nowhere' "$(ask mx dangling.example)" 'DNS: nowhere.example does not exist =100'
is 'unbound: a ring of CNAMEs is temporary' "$(ask mx ring1.example | grep -o '=.*')" '=111'
is 'unbound: 60 addresses'      "$(sorted addr big.example | wc -w)" 60
is 'unbound: 200 MX hosts, by TCP' "$(sorted mx many.example | wc -w)" 400
is 'unbound: NXDOMAIN'          "$(ask mx nobody.example)" 'DNS: nobody.example does not exist =100'
is 'unbound: no MX'             "$(ask mx text.example)" 'DNS: text.example has no MX record =100'
is 'unbound: TXT'               "$(ask txt text.example)" 'no address here =0'
is 'unbound: no address'        "$(ask addr text.example)" 'DNS: text.example has no address =100'
is 'unbound: IPv6 only'         "$(ask addr six.example)" '2001:db8::6 =0'
is 'unbound: IPv4 only'         "$(ask addr four.example)" '192.0.2.4 =0'
is 'unbound: an MX host with a strange byte' "$(ask mx odd.example)" '20 a.example =0'
finish
