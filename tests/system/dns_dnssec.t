# dns_dnssec.t - what is secure and what is bogus, through a validating resolver (unbound) with a signed zone; pneu-dnsq asks
. tests/lib.sh
. tests/system/dnssec_lib.sh
[ -x "$B/pneu-dnsq" ] || skip_all 'pneu-dnsq is not built'
cleanup() { dnssec_stop; }
dnssec_here || skip_all "$dnssec_why"
mkdir "$T/etc"
PNEU_ETC=$T/etc
export PNEU_ETC
hash=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
cat >"$T/signed" <<END
\$ORIGIN example.
\$TTL 60
@	SOA	ns host 1 60 60 60 60
@	NS	ns
@	MX	10 mx
@	MX	20 alias
ns	A	127.0.0.1
mx	A	192.0.2.1
mx	AAAA	2001:db8::1
_25._tcp.mx	TLSA	3 1 1 $hash
_25._tcp.mx	TLSA	2 0 2 $hash$hash
_465._tcp.mx	TLSA	3 0 0 $(printf '%04000d' 0)
_587._tcp.mx	TLSA	3 0 0 $(printf '%05000d' 0)
_25._tcp.shared	CNAME	_25._tcp.mx
shared	A	192.0.2.2
four	A	192.0.2.4
alias	CNAME	mx
away	CNAME	mx.island
_25._tcp.away	TLSA	3 1 1 $hash
@	TXT	"v=spf1 -all"
null	MX	0 .
bogus	A	192.0.2.6
_25._tcp.bogus	TLSA	3 1 1 $hash
bogusmx	MX	10 mx
bogusaddr	A	192.0.2.7
bogusaddr	AAAA	2001:db8::7
island	NS	ns.island
ns.island	A	127.0.0.1
END
cat >"$T/plain" <<END
\$ORIGIN island.example.
\$TTL 60
@	SOA	ns host 1 60 60 60 60
@	NS	ns
@	MX	10 mx
@	MX	20 mx.example.
ns	A	127.0.0.1
mx	A	192.0.2.3
_25._tcp.mx	TLSA	3 1 1 $hash
back	CNAME	mx.example.
END
dnssec_zone example "$T/signed" '
	/^_25._tcp.bogus.*	TLSA	/s/b855/b856/
	/^bogusmx.*	MX	/s/mx.example/evil.example/
	/^bogusaddr.*	A	/s/192.0.2.7/192.0.2.66/' && dnssec_plain island.example "$T/plain" || skip_all 'the zones cannot be made'
dnssec_start || skip_all "$dnssec_why"

# ask ARGS: lines, or the reason, joined by blanks, then the exit code; the server is called UNBOUND
ask() {
	pneu-dnsq -s "$@" >"$T/out" 2>&1
	code=$?
	sed "s/^pneu-dnsq: //; s/fatal: //; s/$DNSCACHEIP/UNBOUND/" "$T/out" | sort | tr '\n' ' '
	echo "=$code"
}
is 'MX records in a signed zone are secure'     "$(ask mx example)" '10 mx.example 20 alias.example secure =0'
is 'and not below it, where nothing is signed'  "$(ask mx island.example)" '10 mx.island.example 20 mx.example insecure =0'
is 'a null MX can be secure'                    "$(ask mx null.example)" '0 . secure =0'
is 'that there is no MX, too'                   "$(ask mx mx.example)" 'DNS: mx.example has no MX record secure =100'
is 'that there is no such name, too'            "$(ask mx nobody.example)" 'DNS: nobody.example does not exist secure =100'
is 'which is insecure in an unsigned zone'      "$(ask mx nobody.island.example)" 'DNS: nobody.island.example does not exist insecure =100'
is 'a TXT record'                               "$(ask txt example)" 'secure v=spf1 -all =0'
is 'addresses of both families'                 "$(ask addr mx.example)" '192.0.2.1 2001:db8::1 secure =0'
is 'a secure alias'                             "$(ask addr alias.example)" '192.0.2.1 2001:db8::1 secure =0'
is 'one that leads into an unsigned zone is not' "$(ask addr away.example)" '192.0.2.3 insecure =0'
is 'but it is itself'                           "$(ask cname away.example)" 'mx.island.example secure =0'
is 'one that comes from there is not'           "$(ask addr back.island.example)" '192.0.2.1 2001:db8::1 insecure =0'
is 'nor is it itself'                           "$(ask cname back.island.example)" 'insecure mx.example =0'
is 'who is no alias'                            "$(ask cname mx.example)" 'DNS: mx.example has no CNAME record secure =100'

is 'TLSA records'                       "$(ask tlsa mx.example)" "2 0 2 $hash$hash 3 1 1 $hash secure =0"
is 'of another port'                    "$(ask tlsa mx.example 465)" "3 0 0 $(printf '%04000d' 0) secure =0"
is 'one too long is there, without its data' "$(ask tlsa mx.example 587)" '3 0 0 - secure =0'
is 'along a CNAME'                      "$(ask tlsa shared.example)" "2 0 2 $hash$hash 3 1 1 $hash secure =0"
is 'in an unsigned zone'                "$(ask tlsa mx.island.example)" "3 1 1 $hash insecure =0"
is 'none, and that is secure'           "$(ask tlsa four.example)" 'DNS: _25._tcp.four.example does not exist secure =100'
is 'none, at a name with others below'  "$(ask tlsa mx.example 443)" 'DNS: _443._tcp.mx.example does not exist secure =100'
is 'none, in an unsigned zone'          "$(ask tlsa four.island.example)" 'DNS: _25._tcp.four.island.example does not exist insecure =100'

is 'a bogus TLSA record: nobody knows'  "$(ask tlsa bogus.example)" \
	'DNS server UNBOUND said SERVFAIL, DNSSEC bogus (TLSA of _25._tcp.bogus.example) =111'
is 'a bogus MX record: nobody knows'    "$(ask mx bogusmx.example)" 'DNS server UNBOUND said SERVFAIL, DNSSEC bogus (MX of bogusmx.example) =111'
is 'one family is bogus: the other'     "$(ask addr bogusaddr.example)" '2001:db8::7 secure =0'
is 'a zone that is not ours is refused' "$(ask mx elsewhere.org)" 'DNS server UNBOUND said REFUSED (MX of elsewhere.org) =111'

is 'several hosts at once, each secure or not' "$(ask addr mx.example mx.island.example away.example four.example)" \
	'away.example 192.0.2.3 away.example insecure four.example 192.0.2.4 four.example secure mx.example 192.0.2.1 '\
'mx.example 2001:db8::1 mx.example secure mx.island.example 192.0.2.3 mx.island.example insecure =0'
finish
