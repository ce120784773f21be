# remote_tls.t - pneu-remote over TLS, with openssl s_client as the program: levels, certificates, downgrade, fallback
. tests/lib.sh
for p in python3 openssl; do command -v $p >/dev/null || skip_all "needs $p"; done
unset TLS_CAFILE TLS_CAPATH SSL_CERT_FILE SSL_CERT_DIR OPENSSL_CONF
export PNEU_ETC="$T/etc" PNEU_QUEUE="$T" TMPDIR="$T/tmp"
mkdir "$PNEU_ETC" "$TMPDIR"
echo client.example >"$PNEU_ETC/me"
pid=
cleanup() { [ "$pid" ] && kill "$pid" 2>/dev/null; }

# an authority, and what it says; cert NAME HOST [DAYS]
ec='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
openssl req -x509 $ec -keyout "$T/ca.key" -out "$T/ca.pem" -days 2 -subj /CN=authority >"$T/openssl" 2>&1 ||
	skip_all 'openssl makes no certificate'
cert() {
	openssl req $ec -keyout "$T/$1.key" -out "$T/$1.csr" -subj "/CN=$2" >"$T/openssl" 2>&1 &&
		echo "subjectAltName=DNS:$2" >"$T/$1.ext" &&
		openssl x509 -req -in "$T/$1.csr" -CA "$T/ca.pem" -CAkey "$T/ca.key" -CAcreateserial -days "${3:-2}" -extfile "$T/$1.ext" \
			-out "$T/$1.crt" >"$T/openssl" 2>&1 && cat "$T/$1.key" "$T/$1.crt" >"$T/$1.pem"
}
cert good mx.localhost && cert other other.localhost && cert old mx.localhost -1 || skip_all 'openssl makes no certificates'
openssl req -x509 $ec -keyout "$T/self.key" -out "$T/self.crt" -days 2 -subj /CN=mx.localhost \
	-addext subjectAltName=DNS:mx.localhost >"$T/openssl" 2>&1
cat "$T/self.key" "$T/self.crt" >"$T/self.pem"

python3 tests/program/smtpserver.py --follow "$T/play" "$T" &
pid=$!
wait_until 10 test -s "$T/port" || echo 'Bail out! the server does not start'
port=$(cat "$T/port")
program() { printf '%s\n' "$1" >"$PNEU_ETC/tlsclient"; }
openssl_client="TLS_CAFILE='$T/ca.pem' '$PWD/scripts/tlsclient-openssl'"
program "$openssl_client"

n=0
server() {
	n=$((n + 1))
	S=$T/s$n
	mkdir "$S"
	: >"$S/log"
	printf '%s\n' "$S" "$@" >"$T/play"
}
printf 'Subject: hi\n\nQuit\nRenegotiate\n.dot\n' >"$T/m"
J="job $T/m a@x.example"
# jobs TLS-WORD LINES...: the reports of a worker for a route with that word
jobs() {
	word=$1; shift
	timeout 60 python3 -S -E tests/program/spawner.py --worker pneu-remote "host mx.localhost $port $word" 2>"$T/err" <<-END | tee "$T/last"
	$(printf '%s\n' vias "$@")
	END
}
# how one message fares: verdict, status, how it was protected
one() { jobs "$1" "$J b@y.example" reports end | sed -n 's,^report 1 0 \(.\) \([0-9.]*\) . [0-9]* mx.localhost/127.0.0.1/\([^ ]*\) .*,\1 \2 \3,p; s,^report 1 0 \(.\) \([0-9.]*\) . [0-9]*  .*,\1 \2,p'; }
commands() { sed 's/^\([0-9]*\) /\1 /; /^[0-9]* \(connect\|eof\|reset\)$/d' "$S/log"; }
told() { grep -q -e "$1" "$T/last"; }

### opportunistic
server --pipelining --tls "$T/self.pem"
is 'TLS if the server offers it' "$(one family=4)" 'K 2.0.0 TLSv1.3'
is 'the dialogue' "$(commands)" '1 EHLO client.example
1 STARTTLS
1 tls TLSv1.3 mx.localhost
1 EHLO client.example
1 MAIL FROM:<a@x.example>
1 RCPT TO:<b@y.example>
1 DATA
1 data 44
1 QUIT'
t 'the text arrives as it was' cmp "$T/m" "$S/text.1"
nothing_left() { [ -z "$(ls "$TMPDIR")" ]; }
t 'nothing is left of the relay' wait_until 20 nothing_left
server --pipelining
is 'clear text if it does not' "$(one 'tls=may family=4')" 'K 2.0.0 clear'
server --tls "$T/self.pem" starttls='454 4.7.0 not now'
is 'and if it will not' "$(one family=4)" 'K 2.0.0 clear'
is 'on the same connection' "$(commands | grep -c '^1 MAIL')" 1
for kind in 'garbage!close' '!reset' '!close' '!hang'; do
	echo 4 >"$PNEU_ETC/timeoutremote"
	[ "$kind" = '!hang' ] || rm "$PNEU_ETC/timeoutremote"
	server --tls "$T/self.pem" 1/handshake="$kind"
	is "clear text on a new connection if the handshake fails ($kind)" "$(one family=4)" 'K 2.0.0 clear'
	is 'which does not ask again' "$(commands | grep '^2' | head -n 3 | tail -n 2)" '2 MAIL FROM:<a@x.example>
2 RCPT TO:<b@y.example>'
	t 'the log says so' grep -q 'warning: clear text instead of TLS: 127.0.0.1' "$T/err"
done
rm -f "$PNEU_ETC/timeoutremote"
server --tls "$T/self.pem"
is 'no TLS where the route says no' "$(one 'tls=no family=4')" 'K 2.0.0 clear'
is 'it is not even asked for' "$(commands | grep -c STARTTLS)" 0

### required
server --tls "$T/old.pem"
is 'must: any certificate will do' "$(one 'tls=must family=4')" 'K 2.0.0 TLSv1.3'
server
is 'must: STARTTLS is not offered, or was stripped' "$(one 'tls=must family=4')" 'Z 4.7.4 clear'
is 'nothing was sent' "$(commands)" '1 EHLO client.example'
t 'it says why' told 'does not offer STARTTLS, and it has to be safe: tls=must'
server ehlo='502 what?'
is 'must: a server that knows only HELO' "$(one 'tls=must family=4')" 'Z 4.7.4 clear'
server --tls "$T/self.pem" starttls='554 5.7.0 never'
is 'must: STARTTLS is refused' "$(one 'tls=must family=4')" 'Z 4.7.5 clear'
server --tls "$T/self.pem" handshake='garbage!close'
is 'must: the handshake fails' "$(one 'tls=must family=4')" 'Z 4.7.5 clear'
is 'one connection, no message' "$(grep -c connect "$S/log") $(commands | grep -c MAIL)" '1 0'
server --tls "$T/self.pem" starttls='220 go on\n250-test\n250 PIPELINING'
is 'must: what was said before the handshake ends the connection' "$(one 'tls=must family=4')" 'Z 4.7.5 clear'
t 'it says why' told 'spoke before TLS began\|spoke or left before the handshake'

### verified
server --tls "$T/good.pem"
is 'verify: a good certificate' "$(one 'tls=verify family=4')" 'K 2.0.0 TLSv1.3:verified'
for pem in other:'hostname mismatch' old:'certificate has expired' self:'self-signed certificate'; do
	server --tls "$T/${pem%%:*}.pem"
	is "verify: ${pem#*:}" "$(one 'tls=verify family=4')" 'Z 4.7.5 clear'
	t 'it says so' told "${pem#*:}"
	is 'nothing was sent' "$(commands | grep -c MAIL)" 0
done
server
is 'verify: STARTTLS was stripped' "$(one 'tls=verify family=4')" 'Z 4.7.4 clear'
echo verify >"$PNEU_ETC/tlslevel"
server --tls "$T/other.pem"
is 'control/tlslevel is for all routes' "$(one family=4)" 'Z 4.7.5 clear'
is 'that say nothing' "$(one 'tls=may family=4')" 'K 2.0.0 TLSv1.3'
rm "$PNEU_ETC/tlslevel"
server --tls "$T/good.pem"
is 'dane: not without secure records' "$(one 'tls=dane family=4')" 'Z 4.7.5'
is 'nobody is asked' "$(commands)" ''

### from the first byte
server --tls "$T/good.pem" --implicit
is 'smtps' "$(one 'tls=smtps family=4')" 'K 2.0.0 TLSv1.3'
is 'its dialogue' "$(commands | head -n 3)" '1 tls TLSv1.3 mx.localhost
1 EHLO client.example
1 MAIL FROM:<a@x.example>'
is 'smtps-verify' "$(one 'tls=smtps-verify family=4')" 'K 2.0.0 TLSv1.3:verified'
server --tls "$T/other.pem" --implicit
is 'smtps-verify with a wrong name' "$(one 'tls=smtps-verify family=4')" 'Z 4.7.5 clear'
server
is 'smtps with a server that speaks in clear' "$(one 'tls=smtps family=4')" 'Z 4.7.5 clear'

### what passes through
head -c 1500000 /dev/urandom | base64 >"$T/big"
server --pipelining --tls "$T/self.pem"
is 'megabytes' "$(jobs family=4 "job $T/big a@x.example b@y.example" "$J b@y.example" reports end | grep -c ' K 2.0.0 ')" 2
t 'as they were' cmp "$T/big" "$S/text.1"
t 'and the next message over the same connection' cmp "$T/m" "$S/text.2"
is 'one handshake' "$(commands | grep -c ' tls ')" 1
server --pipelining --tls "$T/self.pem" dot='!close'
is 'a server that goes away inside TLS' "$(one 'tls=must family=4')" 'Z 4.4.2 TLSv1.3'
server --tls "$T/self.pem" ehlo#2='!close'
is 'or before it says anything there' "$(one 'tls=must family=4')" 'Z 4.7.5 TLSv1.3'
is 'which may be answered in clear' "$(one 'family=4')" 'K 2.0.0 clear'

### programs
server --tls "$T/self.pem"
rm "$PNEU_ETC/tlsclient"
is 'without a program there is no TLS' "$(one family=4)" 'K 2.0.0 clear'
is 'and nothing where it must be' "$(one 'tls=must family=4')" 'Z 4.3.5'
t 'it says why' told 'there is no control/tlsclient'
for command in /nowhere/tls 'exit 100' 'exit 111' 'kill -9 $$'; do
	program "$command"
	server --tls "$T/self.pem"
	is "a program of no use is no reason for clear text: $command" "$(one family=4)" 'Z 4.3.5 clear'
done
program 'exit 1'
is 'one that finds no handshake is' "$(one family=4)" 'K 2.0.0 clear'
program "echo TLSv1.2 >&3; exec 3>&-; read -r x; exit 0"
server --tls "$T/self.pem" 1/handshake='!hang'
is 'one that dies later is a lost connection' "$(one 'tls=must family=4')" 'Z 4.7.5 TLSv1.2'
program "$openssl_client"
echo nonsense >"$PNEU_ETC/tlslevel"
is 'nonsense in control/tlslevel is told' "$(one family=4; sed -n 's/.*\(control.tlslevel\).*/\1/p' "$T/last")" 'Z 4.3.5
control/tlslevel'
rm "$PNEU_ETC/tlslevel"
t 'nothing is left of any relay' wait_until 20 nothing_left
finish
