#!/bin/sh
# TLS with real programs at both ends: swaks, openssl and curl as clients, tlswrapper and stunnel before pneu-smtpd
. tests/lib.sh
. tests/program/smtpd_lib.sh
for p in tlswrapper swaks openssl python3; do
	command -v $p >/dev/null || skip_all "no $p"
done
[ "$(id -u)" = 0 ] || skip_all 'tlswrapper needs root for its jail'
unset SMTPS SSL_PROTOCOL SSLCTLFD SUBMISSION PNEU_LOGIN
T_ETC=$PNEU_ETC
. tests/program/tcpd_lib.sh
PNEU_ETC=$T_ETC
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key" -out "$T/crt" -days 2 -subj /CN=localhost >"$T/openssl" 2>&1
cat "$T/key" "$T/crt" >"$T/pem"
cat >"$T/check" <<'S'
#!/bin/sh
case $(tr '\0' '|' <&3) in 'ann|secret|'*) exit 0 ;; esac
exit 1
S
chmod +x "$T/check"
send() { swaks --server 127.0.0.1 --port "$port" --from a@b.example --to x@other.example --helo me.example "$@" >"$T/out" 2>&1; }
how() { sed -n '2s/ id .*//p' "$Q/message"; }

start 127.0.0.1:0 -- env SUBMISSION=1 tlswrapper -n -f "$T/pem" pneu-smtpd "$T/check"
t 'swaks logs in after STARTTLS' send --tls --auth PLAIN --auth-user ann --auth-password secret
is 'the trace tells' "$(how)" '	by mx.example with ESMTPSA'
t 'with LOGIN' send --tls --auth LOGIN --auth-user ann --auth-password secret
send --tls --auth LOGIN --auth-user ann --auth-password guess
is 'not with a wrong password' "$?" 28
t 'as it is told' grep -q '535 5.7.8' "$T/out"
send --tls
t 'nor without any' grep -q '530 5.7.0' "$T/out"
send --auth PLAIN --auth-user ann --auth-password secret
is 'no login is offered in clear' $? 28
# a line when the answer to the one before is there: what follows EHLO at once could have been sent in clear
: >"$T/said"
{ printf 'EHLO h\r\n'; wait_until 10 grep -q '^250-AUTH PLAIN LOGIN' "$T/said"; printf 'QUIT\r\n'; } |
    openssl s_client -quiet -ign_eof -starttls smtp -CAfile "$T/crt" -connect "127.0.0.1:$port" >"$T/said" 2>/dev/null
t 'openssl s_client -starttls smtp' grep -q '^221 ' "$T/said"
stop
start 127.0.0.1:0 -- env SMTPS=1 tlswrapper -f "$T/pem" pneu-smtpd "$T/check"
t 'TLS from the start, through tlswrapper' send --tls-on-connect --auth PLAIN --auth-user ann --auth-password secret
is 'and the trace tells' "$(how)" '	by mx.example with ESMTPSA'
stop
stunnel=$(command -v stunnel4 || command -v stunnel)
if [ -n "$stunnel" ]; then
	printf 'cert = %s\nkey = %s\nsyslog = no\noutput = %s\nexec = %s\nexecargs = pneu-smtpd %s\n' "$T/crt" "$T/key" "$T/stunnel.log" \
	    "$(command -v pneu-smtpd)" "$T/check" >"$T/stunnel.conf"
	start 127.0.0.1:0 -- env SMTPS=1 "$stunnel" "$T/stunnel.conf"
	t 'and through stunnel' send --tls-on-connect --auth PLAIN --auth-user ann --auth-password secret
	is 'the trace tells it, too' "$(how)" '	by mx.example with ESMTPSA'
	stop
fi
finish
