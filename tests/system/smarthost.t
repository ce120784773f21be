# smarthost.t - a host that sends everything through a provider: pneu-smtpd with tlswrapper and pneu-checkpw on 587 and 465
. tests/lib.sh
if [ -z "$PNEU_IN_NAMESPACE" ]; then
	[ "$(id -u)" = 0 ] || skip_all 'tlswrapper needs root for its jail'
	(PATH=$PATH:/usr/sbin; for p in tlswrapper openssl python3 perl unshare ip; do command -v $p || exit; done) >/dev/null ||
		skip_all 'needs tlswrapper openssl python3 perl unshare ip'
	unshare -n true 2>/dev/null || skip_all 'may not make a network namespace here'
	rm -rf "$T"
	PNEU_IN_NAMESPACE=1 exec unshare -n sh "$0"
fi
. tests/system/house.sh
PATH=$PATH:/usr/sbin
unset SUBMISSION SMTPS SSL_PROTOCOL SSLCTLFD PNEU_LOGIN TLS_CAFILE TLS_CAPATH OPENSSL_CONF DNSCACHEIP
chmod 755 "$T"
ip link set lo up
for a in 10 21 22; do ip addr add 192.0.2.$a/32 dev lo; done
ip -6 addr add 2001:db8::10/128 dev lo nodad && ip -6 addr add 2001:db8::21/128 dev lo nodad || six=no
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key" -out "$T/crt" -days 2 -subj /CN=mx.localhost \
	-addext subjectAltName=DNS:mx.localhost >"$T/openssl" 2>&1 || skip_all 'openssl makes no certificate'
cat "$T/key" "$T/crt" >"$T/pem"

### the provider: what it takes is a line "PORT CLIENT LOGIN PROTOCOL SENDER RECIPIENT" in $T/took
mkdir "$T/isp"
echo mx.localhost >"$T/isp/me"
: >"$T/isp/rcpthosts"
for u in joe ann; do
	printf '%s:%s\n' "$u" "$(openssl passwd -6 "$u's: secret")"
done >"$T/isp/passwords"
chmod 600 "$T/isp/passwords"
(export PNEU_ETC="$T/isp"; pneu-newpw) || echo 'Bail out! pneu-newpw'
cat >"$T/take" <<S
#!/bin/sh
exec 5<&1
how=\$(sed -n '2{s/.* with \([A-Z]*\) .*/\1/p;q}')
cat >/dev/null
echo "\$TCPLOCALPORT \$TCPREMOTEIP \$PNEU_LOGIN \$how \$(tr '\\0' '\\n' <&5 | grep '^[FT]' | tr '\\n' ' ')" >>"$T/took"
printf ID1 >&6
S
chmod +x "$T/take"
: >"$T/took"
isp() { # NAME ADDRESS... -- PROGRAM
	isp_name=$1; shift
	env PNEU_ETC="$T/isp" PNEU_FILTER="$T/take" SUBMISSION=1 pneu-tcpd -1 "$@" pneu-smtpd pneu-checkpw true >"$T/$isp_name.port" 2>"$T/$isp_name.log" &
	sinks="$sinks $!"
	wait_until 20 test -s "$T/$isp_name.port" || { echo 'Bail out! the provider does not start'; cat "$T/$isp_name.log"; exit 1; }
}
listen6=
[ "$six" ] || listen6='[2001:db8::10]:587'
isp submission 127.0.0.1:587 192.0.2.10:587 $listen6 -- tlswrapper -n -f "$T/pem"
isp submissions 127.0.0.1:465 192.0.2.10:465 -- env SMTPS=1 tlswrapper -f "$T/pem"

### a null client: three lines, nobody listens
build laptop laptop.example joe
D=$T/laptop
rm -rf "$D/etc" "$D/home"
mkdir "$D/etc"
echo laptop.example >"$D/etc/me"
: >"$D/etc/locals"
echo ':mx.localhost:587 tls=verify login=joe' >"$D/etc/smtproutes"
conf() { (umask 077; cat >"$D/etc/$1"); }
echo "TLS_CAFILE='$T/crt' '$top/scripts/tlsclient-openssl'" | conf tlsclient
echo "joe:joe:joe's: secret" | conf smtplogins
[ -p "$D/queue/fifo" ] || mkfifo "$D/queue/fifo"
run() {
	pneu-start >"$T/run.log" 2>&1 &
	runner=$!
	wait_until 20 test -S "$D/queue/ctl"
}
halt() { [ -z "$runner" ] || { kill "$runner" 2>/dev/null; wait "$runner"; }; runner=; }
runner=
cleanup() { halt; house_cleanup; }
logged() { grep -q -e "$1" "$T/run.log"; }
took() { grep -qxF "$1" "$T/took"; }
# a message for RCPT by SENDER arrives as "PORT CLIENT LOGIN"
arrives() { # PROMISE SENDER RCPT PORT-CLIENT-LOGIN
	send "$2" "$3"
	t "$1" wait_until 30 took "$4 ESMTPSA F$2 T$3 "
}
run
arrives 'to somebody elsewhere' joe@laptop.example x@far.example '587 127.0.0.1 joe'
arrives 'to a name of this host: nothing is local' joe@laptop.example root@laptop.example '587 127.0.0.1 joe'
arrives 'a bounce' '' joe@laptop.example '587 127.0.0.1 joe'
send joe@laptop.example postmaster
t 'a name alone' wait_until 30 took '587 127.0.0.1 joe ESMTPSA Fjoe@laptop.example Tpostmaster@laptop.example '
t 'nothing is left' wait_until 10 done_with
t 'no port is open' eval '! ss -Hltnp 2>/dev/null | grep -q pneu-start'
is 'pneu-explain says so' "$(pneu-explain -q root | sed 's/verify, .*/verify/')" 'address: root
  stands for: root@laptop.example
  remote: neither control/locals nor control/virtualdomains has laptop.example
  route: control/smtproutes has :mx.localhost:587 tls=verify login=joe
  relay: mx.localhost port 587
  tls: verify
  login: joe as joe
  result: deliverable'
halt

### who may not log in waits, and nothing bounces
echo 'joe:joe:wrong' | conf smtplogins
run
send joe@laptop.example y@far.example
t 'a wrong password' wait_until 20 logged 'deferral: .*127.0.0.1_does_not_let_us_log_in_as_joe'
t 'the password is not in the log' eval '! grep -q wrong "$T/run.log"'
is 'the message waits' "$(waiting)" 1
echo "joe:joe:|echo \"joe's: secret\"" | conf smtplogins
retry
t 'with the right one, by a command, it goes' wait_until 30 took '587 127.0.0.1 joe ESMTPSA Fjoe@laptop.example Ty@far.example '
is 'and nobody heard of it' "$(grep -c ' F T' "$T/took")" 1
halt

### more relays than one
cat <<END | conf smtplogins
joe:joe:joe's: secret
ann:ann:ann's: secret
END
cat <<END | conf smtproutes
partner.example:[192.0.2.10]:465 tls=smtps login=ann bind=192.0.2.21
two.example:[192.0.2.10]:26,mx.localhost:587 tls=must login=joe family=4
six.example:[2001:db8::10]:587 login=joe bind=2001:db8::21
:mx.localhost:587 tls=verify login=joe family=4
END
cat <<END | conf senderroutes
@ann.example: login=ann bind=127.0.0.9
work@joe.example:[192.0.2.11]:587,[192.0.2.10]:587 login=ann
@out.example:[192.0.2.10]:587 login=joe bind=192.0.2.22
END
run
arrives 'all others' joe@joe.example z@far.example '587 127.0.0.1 joe'
arrives 'a sender with a login and an address of his own' x@ann.example z@far.example '587 127.0.0.9 ann'
arrives 'a domain with a relay of its own, on 465' x@ann.example z@partner.example '465 192.0.2.21 ann'
arrives 'a sender with relays of his own, of which the first is not there' work@joe.example z@far.example '587 192.0.2.10 ann'
arrives 'a domain whose first relay is not there' joe@joe.example z@two.example '587 127.0.0.1 joe'
arrives 'the address of a sender domain' a@out.example z@far.example '587 192.0.2.22 joe'
[ "$six" ] || arrives 'IPv6' joe@joe.example z@six.example '587 2001:db8::21 joe'
t 'nothing is left' wait_until 10 done_with
halt
finish
