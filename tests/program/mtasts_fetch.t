# mtasts_fetch.t - scripts/mtasts-fetch and an HTTPS server of ours; the DNS is a script
. tests/lib.sh
for p in python3 openssl curl; do command -v $p >/dev/null || skip_all "needs $p"; done
unset MTASTS_CURL CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR http_proxy https_proxy HTTPS_PROXY ALL_PROXY all_proxy
pid=
cleanup() { [ "$pid" ] && kill "$pid" 2>/dev/null; }
mkdir "$T/bin" "$T/txt" "$T/www" "$T/etc" "$T/tmp"
export PNEU_ETC="$T/etc" TMPDIR="$T/tmp"
F=$PNEU_ETC/mtasts
# pneu-dnsq txt NAME: the file of that name; "trouble" in it is trouble
cat >"$T/bin/pneu-dnsq" <<S
#!/bin/sh
[ -f "$T/txt/\$2" ] || { echo "pneu-dnsq: fatal: \$2 does not exist" >&2; exit 100; }
grep -q trouble "$T/txt/\$2" && { echo 'pneu-dnsq: fatal: SERVFAIL' >&2; exit 111; }
cat "$T/txt/\$2"
S
chmod +x "$T/bin/pneu-dnsq"
cp scripts/mtasts-fetch "$T/bin/pneu-mtasts-fetch"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$T/key" -out "$T/crt" -days 2 -subj /CN=x \
	-addext "subjectAltName=DNS:mta-sts.a.example,DNS:mta-sts.b.example,DNS:mta-sts.c.example" >"$T/openssl" 2>&1 ||
	skip_all 'openssl makes no certificate'
cat "$T/key" "$T/crt" >"$T/pem"
python3 tests/program/mtasts_https.py "$T/pem" "$T/port" "$T/www" &
pid=$!
wait_until 10 test -s "$T/port" || skip_all 'the server does not start'
MTASTS_CURL="curl -q --cacert $T/crt --connect-to ::127.0.0.1:$(cat "$T/port")"
export MTASTS_CURL

record() { printf '%s\n' "$2" >"$T/txt/_mta-sts.$1"; }
policy() { d=$1; shift; printf '%b' "$*" >"$T/www/mta-sts.$d"; }
good='200 text/plain\nversion: STSv1\r\nmode: enforce\r\nmx: mx.a.example\r\nmx: *.A.example\r\nmax_age: 86400\r\n'
fetch() { "$T/bin/pneu-mtasts-fetch" "$@" 2>"$T/err"; }
# lines without their times
lines() { sed '/^#/d; s/ [0-9]\{10\} / TIME /' "$F" | tr '\n' '|'; }
known() { printf 'a.example enforce %s old mx.old.example\n' "$1" >"$F"; }
now=$(date +%s)

record a.example 'v=STSv1; id=20260101T000000;'
policy a.example "$good"
t 'a policy' fetch A.example.
is 'its line' "$(lines)" 'a.example enforce TIME 20260101T000000 mx.a.example *.a.example|'
expires=$(sed -n 's/^a.example enforce \([0-9]*\) .*/\1/p' "$F")
t 'it expires as it says' test "$expires" -ge $((now + 86400)) -a "$expires" -le $(($(date +%s) + 86400))
is 'all may read it' "$(ls -l "$F" | cut -c 1-10)" '-rw-r--r--'
policy a.example '200 text/plain; charset=utf-8\nversion: STSv1\nmode: testing\nmx: mx.a.example\nmax_age: 9999999999\n'
t 'without arguments what is there is fetched again' fetch
is 'and replaced' "$(lines)" 'a.example testing TIME 20260101T000000 mx.a.example|'
expires=$(sed -n 's/^a.example testing \([0-9]*\) .*/\1/p' "$F")
t 'for a year at the most' test "$expires" -le $(($(date +%s) + 31557600))
record b.example 'v=STSv1; id=7'
policy b.example '200 text/plain\nversion: STSv1\nmode: none\nmax_age: 86400\n'
is 'domains on standard input' "$(printf 'b.example\nc.example\n\nnot/one\n' | fetch -; echo $?; lines)" \
	'0
a.example testing TIME 20260101T000000 mx.a.example|b.example none TIME 7|'
t 'what is no domain is told' grep -q 'not/one is no domain' "$T/err"
rm "$T/txt/_mta-sts.b.example"

# keeps WHY: the old policy is kept, the exit code is 111 and the reason told
keeps() {
	known 9999999999
	fetch
	is "$1" "$? $(lines)" "111 a.example enforce TIME old mx.old.example|"
	t 'it says so' grep -q -e "warning: a.example: .*$2" "$T/err"
}
policy a.example '404 text/plain\nx'
keeps 'a policy that is not there' 'answers 404'
policy a.example "redirect x\n${good#*\\n}"
keeps 'a redirection is not followed' 'answers 302'
policy a.example '200 text/html\n'"${good#*\\n}"
keeps 'a page' 'answers 200 text/html'
{ printf '200 text/plain\n'; head -c 70000 /dev/zero | tr '\0' '\n'; printf 'version: STSv1\nmode: enforce\nmx: a\nmax_age: 1\n'; } >"$T/www/mta-sts.a.example"
keeps 'more than 64 KB' 'too large'
for x in 'version: STSv2\nmode: enforce\nmx: a\nmax_age: 1:no version' 'version: STSv1\nmode: enforced\nmx: a\nmax_age: 1:no mode' \
	'version: STSv1\nmode: enforce\nmax_age: 1:no mx' 'version: STSv1\nmode: enforce\nmx: a\nmax_age: -1:no max_age' \
	'version: STSv1\nmode: enforce\nmx: a b\nmax_age: 1:an mx that' 'version: STSv1\nmode: enforce\nmx: a.*\nmax_age: 1:an mx that' \
	'version: STSv1\nwhat\nmode: enforce\nmx: a\nmax_age: 1:no field'; do
	policy a.example "200 text/plain\\n${x%:*}\\n"
	keeps "a policy with ${x##*:}" "${x##*:}"
done
policy a.example 'cut 200 text/plain\nversion: STSv1\nmode: enforce\nmx: mx.a.example\nmax_age: 8'
keeps 'an answer that is cut off' 'curl:'
{ printf '200 text/plain\nversion: STSv1\nmode: enforce\nmax_age: 1\n'; seq -f 'mx: mx%g.a.example' 2000; } >"$T/www/mta-sts.a.example"
keeps 'more hosts than a line holds' 'too many hosts'
policy a.example "$good"
with=$MTASTS_CURL
MTASTS_CURL="curl -q ${with#* --cacert $T/crt}"
keeps 'an authority that is not known' 'SSL certificate'
MTASTS_CURL=$with
record a.example trouble
keeps 'a look-up that fails' SERVFAIL

# stays WHY: the domain publishes nothing (now): the old policy is kept until it expires, and nothing is wrong
stays() {
	known 9999999999
	is "$1" "$(fetch; echo $?; lines)" '0
a.example enforce TIME old mx.old.example|'
}
rm "$T/txt/_mta-sts.a.example"
stays 'a record that is gone'
record a.example 'v=STSv1; id=1;
v=STSv1; id=2;'
stays 'two records'
record a.example 'v=STSv1; id=not$good;'
stays 'one with an id that is none'
rm "$T/txt/_mta-sts.a.example"
known $((now - 1000))
fetch
is 'an expired one stays for a while' "$(lines)" 'a.example enforce TIME old mx.old.example|'
known $((now - 3000000))
fetch
is 'and goes then' "$(lines)" ''
record d.example 'v=STSv1; id=1;'
policy d.example "$good"
fetch d.example
is 'a certificate for another name' "$? $(lines)" '111 '
is 'a wrong option' "$(fetch -x; echo $?)" 100
known 9999999999
chmod 500 "$PNEU_ETC"
[ "$(id -u)" = 0 ] || is 'a file that cannot be written' "$(fetch; echo $?; lines)" '111
a.example enforce TIME old mx.old.example|'
chmod 700 "$PNEU_ETC"
is 'nothing is left behind' "$(ls "$TMPDIR" "$PNEU_ETC" | tr '\n' ' ')" "$PNEU_ETC: mtasts  $TMPDIR: "
finish
