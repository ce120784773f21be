# remote_dane.t - pneu-remote, DANE and MTA-STS: a validating resolver with a signed zone, a server on the real port 25,
# openssl s_client; needs a network namespace of its own
. tests/lib.sh
. tests/system/dnssec_lib.sh
if [ -z "$PNEU_IN_NAMESPACE" ]; then
	for p in python3 openssl unshare ip; do command -v $p >/dev/null || skip_all "needs $p"; done
	unshare -rn true 2>/dev/null || skip_all 'may not make a network namespace here'
	rm -rf "$T"
	PNEU_IN_NAMESPACE=1 exec unshare -rn sh "$0"
fi
dnssec_here || skip_all "$dnssec_why"
unset TLS_CAFILE TLS_CAPATH OPENSSL_CONF
export PNEU_ETC="$T/etc" PNEU_QUEUE="$T" TMPDIR="$T/tmp"
mkdir "$PNEU_ETC" "$TMPDIR"
echo client.host.example >"$PNEU_ETC/me"
echo hi >"$T/m"
pid=
cleanup() { [ -z "$pid" ] || kill "$pid" 2>/dev/null; dnssec_stop; }
ip link set lo up

# an authority, a certificate of it for mx.good.example and one for another name
ec='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
openssl req -x509 $ec -keyout "$T/ca.key" -out "$T/ca.crt" -days 2 -subj /CN=authority >"$T/openssl" 2>&1 || skip_all 'openssl makes no certificate'
cert() {
	openssl req $ec -keyout "$T/$1.key" -out "$T/$1.csr" -subj "/CN=$2" >"$T/openssl" 2>&1 && echo "subjectAltName=DNS:$2" >"$T/$1.ext" &&
		openssl x509 -req -in "$T/$1.csr" -CA "$T/ca.crt" -CAkey "$T/ca.key" -CAcreateserial -days 2 -extfile "$T/$1.ext" \
			-out "$T/$1.crt" >"$T/openssl" 2>&1 && cat "$T/$1.key" "$T/$1.crt" "$T/ca.crt" >"$T/$1.pem"
}
cert good mx.ta.example && cert other other.example || skip_all 'openssl makes no certificates'
# the same key in a certificate of 2020, and one with no name at all
printf '%s\n' '[ca]' default_ca=d '[d]' "database=$T/index" "serial=$T/serial" "new_certs_dir=$T" default_md=sha256 policy=p '[p]' commonName=supplied >"$T/ca.conf"
: >"$T/index"
echo 01 >"$T/serial"
openssl ca -batch -config "$T/ca.conf" -cert "$T/ca.crt" -keyfile "$T/ca.key" -in "$T/good.csr" -extfile "$T/good.ext" -out "$T/old.crt" -notext \
	-startdate 200101000000Z -enddate 200201000000Z >"$T/openssl" 2>&1 && cat "$T/good.key" "$T/old.crt" "$T/ca.crt" >"$T/old.pem" &&
	openssl req -x509 $ec -keyout "$T/nameless.key" -out "$T/nameless.crt" -days 2 -subj / >"$T/openssl" 2>&1 &&
	cat "$T/nameless.key" "$T/nameless.crt" >"$T/nameless.pem" || skip_all "openssl makes no odd certificates: $(cat "$T/openssl")"
echo "TLS_CAFILE='$T/ca.crt' '$PWD/scripts/tlsclient-openssl'" >"$PNEU_ETC/tlsclient"
ta="2 0 1 $(openssl x509 -in "$T/ca.crt" -outform DER | openssl dgst -sha256 -r | cut -d ' ' -f 1)"
ee=$(dnssec_tlsa "$T/good.crt")
whole="3 0 0 $(openssl x509 -in "$T/good.crt" -outform DER | od -An -tx1 | tr -d ' \n')"
none="3 1 1 $(printf '%064d' 0)"

# domain NAME [TLSA...]: its MX and that one's records
domain() {
	printf '%s\tMX\t10 mx.%s\nmx.%s\tA\t127.0.0.2\n' "$1" "$1" "$1"
	d=$1; shift
	for r; do printf '_25._tcp.mx.%s\tTLSA\t%s\n' "$d" "$r"; done
}
{
	printf '$ORIGIN example.\n$TTL 60\n@\tSOA\tns host 1 60 60 60 60\n@\tNS\tns\nns\tA\t127.0.0.1\n'
	domain ee "$ee"
	domain whole "$none" "$whole"
	domain ta "$ta"
	domain wrong "$none"
	domain unusable "1 1 1 $(printf '%064d' 0)"
	domain bogus "$ee"
	domain nameless "$(dnssec_tlsa "$T/nameless.crt")"
	domain mixed "1 1 1 $(printf '%064d' 0)" "$none"
	domain odd "3 1 9 00" "3 1 1 0000" "3 9 1 $(printf '%064d' 0)" "$ee"
	domain oddonly "3 1 9 00" "3 1 1 0000"
	domain bogusaddr
	domain bogusmx
	printf 'toaddr\tMX\t10 mx.toaddr\nmx.toaddr\tCNAME\tmx.bogusaddr\n'
	printf 'www\tCNAME\tee\n'
	printf 'key\tMX\t10 mx.key\nmx.key\tA\t127.0.0.2\n_25._tcp.mx.key\tCNAME\tkeys\nkeys\tTLSA\t%s\n' "$ee"
	printf 'keyout\tMX\t10 mx.keyout\nmx.keyout\tA\t127.0.0.2\n_25._tcp.mx.keyout\tCNAME\tkeys.island\n'
	printf 'three\tMX\t10 mx.plain\nthree\tMX\t20 mx.three\nmx.three\tA\t127.0.0.2\n'
	domain plain
	printf 'alias\tMX\t10 mx.alias\nmx.alias\tCNAME\tmx.ee\n'
	printf 'out\tMX\t10 mx.out\nmx.out\tCNAME\tmx.island\n_25._tcp.mx.out\tTLSA\t%s\n' "$none"
	printf 'mx.itself\tA\t127.0.0.2\n_25._tcp.mx.itself\tTLSA\t%s\n' "$ee"
	printf 'two\tMX\t10 mx.wrong\ntwo\tMX\t20 mx.ee\n'
	printf 'island\tNS\tns.island\nns.island\tA\t127.0.0.1\n'
} >"$T/signed"
{
	printf '$ORIGIN island.example.\n$TTL 60\n@\tSOA\tns host 1 60 60 60 60\n@\tNS\tns\nns\tA\t127.0.0.1\n'
	printf '@\tMX\t10 mx\nmx\tA\t127.0.0.2\n_25._tcp.mx\tTLSA\t%s\nto\tMX\t10 mx.wrong.example.\nkeys\tTLSA\t%s\n' "$none" "$none"
} >"$T/plain"
# another first digit, whichever it was
dnssec_zone example "$T/signed" '/^_25._tcp.mx.bogus.*	TLSA/{
	s/	3 1 1 f/	3 1 1 0/
	t
	s/	3 1 1 ./	3 1 1 f/
}
/^mx.bogusaddr.*	A	/s/127.0.0.2/127.0.0.3/
/^bogusmx.*	MX	/s/	10 /	11 /' && dnssec_plain island.example "$T/plain" ||
	skip_all 'the zones cannot be made'
dnssec_start || skip_all "$dnssec_why"

python3 tests/program/smtpserver.py --follow "$T/play" "$T" --address 127.0.0.2 --port 25 &
pid=$!
wait_until 10 test -s "$T/port" || skip_all 'the server does not start'
n=0
server() {
	n=$((n + 1))
	S=$T/s$n
	mkdir "$S"
	: >"$S/log"
	printf '%s\n' "$S" "$@" >"$T/play"
}
# one ROUTE: how a message fares: verdict, status, host, how it was protected, and how often MAIL was said
one() {
	printf '%s\n' vias "job $T/m a@host.example b@y.example" reports end |
		timeout 60 python3 -S -E tests/program/spawner.py --worker pneu-remote "$1" >"$T/last" 2>"$T/err"
	sed -n 's,^report 1 0 \(.\) \([0-9.]*\) . [0-9]* \([^ /]*\)/127.0.0.2/\([^ ]*\) .*,\1 \2 \3 \4,p; s,^report 1 0 \(.\) \([0-9.]*\) . [0-9]*  .*,\1 \2,p' "$T/last" |
		tr '\n' ' '
	grep -c ' MAIL' "$S/log"
}
told() { grep -q -e "$1" "$T/last"; }

### DANE
server --pipelining --tls "$T/good.pem"
is 'a key that the DNS knows'                   "$(one 'mx ee.example')" 'K 2.0.0 mx.ee.example TLSv1.3:dane 1'
t 'the server is asked for the host of the records' grep -q 'tls TLSv1.3 mx.ee.example' "$S/log"
is 'a whole certificate, among others'          "$(one 'mx whole.example')" 'K 2.0.0 mx.whole.example TLSv1.3:dane 2'
is 'an authority that the DNS knows'            "$(one 'mx ta.example')" 'K 2.0.0 mx.ta.example TLSv1.3:dane 3'
is 'a domain without MX'                        "$(one 'mx mx.itself.example')" 'K 2.0.0 mx.itself.example TLSv1.3:dane 4'
is 'a host that the route names'                "$(one 'host mx.ee.example 25')" 'K 2.0.0 mx.ee.example TLSv1.3:dane 5'
is 'and one where DANE is asked for'            "$(one 'mx ee.example tls=dane')" 'K 2.0.0 mx.ee.example TLSv1.3:dane 6'
is 'a host that is an alias'                    "$(one 'mx alias.example')" 'K 2.0.0 mx.alias.example TLSv1.3:dane 7'
t 'has the records of where it leads'           grep -q '^7 tls TLSv1.3 mx.ee.example' "$S/log"
is 'a domain that is an alias'                  "$(one 'mx www.example')" 'K 2.0.0 mx.ee.example TLSv1.3:dane 8'
is 'records that are an alias'                  "$(one 'mx key.example')" 'K 2.0.0 mx.key.example TLSv1.3:dane 9'
is 'those that are insecure do not count'       "$(one 'mx keyout.example')" 'K 2.0.0 mx.keyout.example TLSv1.3 10'
is 'what is of no use hides no other'           "$(one 'mx odd.example')" 'K 2.0.0 mx.odd.example TLSv1.3:dane 11'
is 'alone it asks for encryption'               "$(one 'mx oddonly.example')" 'K 2.0.0 mx.oddonly.example TLSv1.3 12'
is 'nor does it make up for a wrong one'        "$(one 'mx mixed.example')" 'Z 4.7.5 mx.mixed.example clear 12'
is 'a bogus address: nobody knows'              "$(one 'mx bogusaddr.example')" 'Z 4.4.3 12'
is 'so is where an alias leads'                 "$(one 'mx toaddr.example')" 'Z 4.4.3 12'
is 'and a bogus MX'                             "$(one 'mx bogusmx.example')" 'Z 4.4.3 12'
server --tls "$T/old.pem"
is 'an expired certificate with a known key'    "$(one 'mx ee.example')" 'K 2.0.0 mx.ee.example TLSv1.3:dane 1'
is 'but not one of a known authority'           "$(one 'mx ta.example')" 'Z 4.7.5 mx.ta.example clear 1'
t 'it says so'                                  told 'expired'
server --tls "$T/nameless.pem"
is 'one without a name'                         "$(one 'mx nameless.example')" 'K 2.0.0 mx.nameless.example TLSv1.3:dane 1'
is 'where only a name would count'              "$(one 'host mx.plain.example 25 tls=verify')" 'Z 4.7.5 mx.plain.example clear 1'
server --tls "$T/other.pem"
is 'another key'                                "$(one 'mx ee.example')" 'Z 4.7.5 mx.ee.example clear 0'
t 'it says so'                                  told 'certificate'
is 'of another host of that authority'          "$(one 'mx ta.example')" 'Z 4.7.5 mx.ta.example clear 0'
is 'a host whose records are wrong'             "$(one 'mx wrong.example')" 'Z 4.7.5 mx.wrong.example clear 0'
is 'where tls=no is asked for'                  "$(one 'mx wrong.example tls=no')" 'K 2.0.0 mx.wrong.example clear 1'
server
is 'STARTTLS was stripped'                      "$(one 'mx ee.example')" 'Z 4.7.4 mx.ee.example clear 0'
t 'it says that it is because of DANE'          told 'it has to be safe: DANE'
is 'STARTTLS was stripped, records of no use'   "$(one 'mx unusable.example')" 'Z 4.7.4 mx.unusable.example clear 0'
server --tls "$T/other.pem"
is 'records of no use: encryption'              "$(one 'mx unusable.example')" 'K 2.0.0 mx.unusable.example TLSv1.3 1'
is 'which is not tls=dane'                      "$(one 'mx unusable.example tls=dane')" 'Z 4.7.5 1'
is 'bogus records: nothing in clear'            "$(one 'mx bogus.example')" 'Z 4.7.5 1'
t 'it says so'                                  told 'unable to look up the TLSA records of mx.bogus.example'
is 'no records'                                 "$(one 'mx plain.example')" 'K 2.0.0 mx.plain.example TLSv1.3 2'
is 'which is not tls=dane'                      "$(one 'mx plain.example tls=dane')" 'Z 4.7.5 2'
is 'records that are not secure do not count'   "$(one 'mx island.example')" 'K 2.0.0 mx.island.example TLSv1.3 3'
is 'nor do those of a host named by an MX that is not' "$(one 'mx to.island.example')" 'K 2.0.0 mx.wrong.example TLSv1.3 4'
is 'those of a secure alias that leads out do'  "$(one 'mx out.example')" 'Z 4.7.5 mx.out.example clear 4'
server --tls "$T/good.pem"
is 'the next host may be better'                "$(one 'mx two.example')" 'K 2.0.0 mx.ee.example TLSv1.3:dane 1'

### MTA-STS
sts() { echo "plain.example $1 $(($(date +%s) + ${3:-1000})) 1 $2" >"$PNEU_ETC/mtasts"; }
cert plain mx.plain.example
server --tls "$T/plain.pem"
sts enforce '*.plain.example'
is 'a policy in force'                          "$(one 'mx plain.example')" 'K 2.0.0 mx.plain.example TLSv1.3:verified 1'
sts enforce 'mx.other.example'
is 'that does not name the host'                "$(one 'mx plain.example')" 'Z 4.7.5 1'
t 'it says so'                                  told 'mx.plain.example is no host of the MTA-STS policy of plain.example'
sts testing 'mx.other.example'
is 'one in testing'                             "$(one 'mx plain.example')" 'K 2.0.0 mx.plain.example TLSv1.3 2'
t 'is only logged'                              grep -q 'mx.plain.example is no host of the MTA-STS policy of plain.example, which is in testing' "$T/err"
sts enforce 'mx.other.example' -1
is 'one that has expired'                       "$(one 'mx plain.example')" 'K 2.0.0 mx.plain.example TLSv1.3 3'
server --tls "$T/other.pem"
sts enforce '*.plain.example'
is 'in force: a wrong name'                     "$(one 'mx plain.example')" 'Z 4.7.5 mx.plain.example clear 0'
server
is 'in force: STARTTLS was stripped'            "$(one 'mx plain.example')" 'Z 4.7.4 mx.plain.example clear 0'
server --tls "$T/plain.pem"
echo "three.example enforce $(($(date +%s) + 1000)) 1 mx.plain.example" >"$PNEU_ETC/mtasts"
is 'in force for one of two hosts'              "$(one 'mx three.example')" 'K 2.0.0 mx.plain.example TLSv1.3:verified 1'
echo "three.example enforce $(($(date +%s) + 1000)) 1 mx.three.example" >"$PNEU_ETC/mtasts"
is 'which is the other one'                     "$(one 'mx three.example')" 'Z 4.7.5 mx.three.example clear 1'
echo "oddonly.example enforce $(($(date +%s) + 1000)) 1 *.oddonly.example" >"$PNEU_ETC/mtasts"
is 'in force beside TLSA records of no use'     "$(one 'mx oddonly.example')" 'Z 4.7.5 mx.oddonly.example clear 1'
cert oddonly mx.oddonly.example
server --tls "$T/oddonly.pem"
is 'the certificate counts'                     "$(one 'mx oddonly.example')" 'K 2.0.0 mx.oddonly.example TLSv1.3:verified 1'
server --tls "$T/good.pem"
sts enforce '*.plain.example'
sed 's/plain.example/ee.example/' "$PNEU_ETC/mtasts" >"$PNEU_ETC/mtasts.new" && mv "$PNEU_ETC/mtasts.new" "$PNEU_ETC/mtasts"
is 'DANE goes before'                           "$(one 'mx ee.example')" 'K 2.0.0 mx.ee.example TLSv1.3:dane 1'
printf 'plain.example what\n' >"$PNEU_ETC/mtasts"
is 'a damaged file'                             "$(one 'mx plain.example')" 'Z 4.3.5 1'
nothing_left() { [ -z "$(ls "$TMPDIR")" ]; }
t 'nothing is left of any relay'                wait_until 20 nothing_left
finish
