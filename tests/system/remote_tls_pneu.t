# remote_tls_pneu.t - pneu to pneu over TLS: pneu-remote with openssl s_client, tlswrapper with pneu-smtpd
. tests/lib.sh
for p in python3 openssl tlswrapper; do command -v $p >/dev/null || skip_all "needs $p"; done
[ "$(id -u)" = 0 ] || skip_all 'tlswrapper needs root for its jail'
. tests/program/smtpd_lib.sh
unset SMTPS SSL_PROTOCOL SSLCTLFD SUBMISSION PNEU_LOGIN TLS_CAFILE TLS_CAPATH OPENSSL_CONF
E=$PNEU_ETC
. tests/program/tcpd_lib.sh
PNEU_ETC=$E PNEU_QUEUE=$T
export PNEU_QUEUE
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key" -out "$T/crt" -days 2 -subj /CN=mx.localhost \
	-addext subjectAltName=DNS:mx.localhost >"$T/openssl" 2>&1 || skip_all 'openssl makes no certificate'
cat "$T/key" "$T/crt" >"$T/pem"
echo "TLS_CAFILE='$T/crt' '$PWD/scripts/tlsclient-openssl'" >"$E/tlsclient"
rm -f "$E/rcpthosts"
echo there.example >"$E/rcpthosts"
{ printf 'Subject: hi\n\nQuit\n.dot\n'; head -c 3000000 /dev/urandom | base64; } >"$T/m"

# one ROUTE-WORDS: how a message fares
one() {
	printf '%s\n' vias "job $T/m a@host.example b@there.example" "job $T/m a@host.example c@there.example" reports end |
		timeout 60 python3 -S -E tests/program/spawner.py --worker pneu-remote "host mx.localhost $port $1" >"$T/last" 2>"$T/err"
	sed -n 's,^report [12] 0 \(.\) \([0-9.]*\) . [0-9]* [^ ]*/127.0.0.1/\([^ ]*\) .*,\1 \2 \3,p' "$T/last" | sed 's/TLSv1.[23]/TLS/; s/.dsn$//' | tr '\n' ','
}
# what arrived, without what the server puts before it
arrived() { sed '1,/^$/!d' "$Q/message" | sed -n '2s/ id .*//p'; tail -c "$(wc -c <"$T/m")" "$Q/message" | cmp - "$T/m"; }

start 127.0.0.1:0 -- tlswrapper -n -f "$T/pem" pneu-smtpd
is 'STARTTLS, two messages, verified' "$(one 'tls=verify family=4')" 'K 2.0.0 TLS:verified,K 2.0.0 TLS:verified,'
is 'they arrive as they were, over TLS' "$(arrived)" '	by mx.example with ESMTPS'
rm "$Q/message"
is 'opportunistic' "$(one family=4)" 'K 2.0.0 TLS,K 2.0.0 TLS,'
is 'they arrive as they were, over TLS' "$(arrived)" '	by mx.example with ESMTPS'
rm "$Q/message"
is 'in clear, where the route says so' "$(one 'tls=no family=4')" 'K 2.0.0 clear,K 2.0.0 clear,'
is 'they arrive as they were' "$(arrived)" '	by mx.example with ESMTP'
stop
rm "$Q/message"
start 127.0.0.1:0 -- env SMTPS=1 tlswrapper -f "$T/pem" pneu-smtpd
is 'TLS from the first byte' "$(one 'tls=smtps-verify family=4')" 'K 2.0.0 TLS:verified,K 2.0.0 TLS:verified,'
is 'they arrive as they were' "$(arrived)" '	by mx.example with ESMTPS'
stop
finish
