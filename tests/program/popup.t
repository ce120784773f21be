# pneu-popup: who is let in, by which checkpassword program; what clients may say before, and how often
. tests/lib.sh
unset SMTPS POP3S SSL_PROTOCOL SSLCTLFD SSLREADFD SSLWRITEFD PNEU_SESSION PNEU_LOGIN TCPREMOTEHOST TCPLOCALIP TCPLOCALPORT PNEU_QUEUE
E=$T/etc
mkdir "$E"
PNEU_ETC=$E TCPREMOTEIP=127.0.0.1
export PNEU_ETC TCPREMOTEIP T
echo 0 >"$E/authdelay"
# a checkpassword program of five lines, and a program that serves
cat >"$T/check" <<'S'
#!/bin/sh
tr '\0' '|' <&3 >>"$T/asked"; echo >>"$T/asked"
case $(tail -n 1 "$T/asked") in 'ann|open  sesame |'*) exec "$@" ;; 'trouble|'*) exit 111 ;; 'killed|'*) kill -9 $$ ;; esac
exit 1
S
cat >"$T/serve" <<'S'
#!/bin/sh
printf '+OK served %s\r\n' "$*"
cat
echo "${MAILDIR-none} ${PNEU_SESSION-none}" >"$T/served"
S
chmod +x "$T/check" "$T/serve"
# talk [OPTION...] 'LINES'
talk() {
	rm -f "$T/asked"
	for lines; do :; done
	[ $# = 1 ] && set -- mx.example || { option=$1; set -- "$option" mx.example; }
	printf "$(printf '%s\n' "$lines" | sed 's/%/%%/g; s/$/\\r/')\n" |
	    timeout 60 pneu-popup "$@" "$T/check" "$T/serve" a b 2>"$T/log" | tr -d '\r'
}
asked() { sed 's/[0-9]\{10\}/TIME/' "$T/asked"; }
logged() { grep -qE "^pneu-popup: [0-9a-z]{12,24} $1" "$T/log" || { cat "$T/log"; return 1; }; }
answers() { talk "$@" | cut -d' ' -f1 | tr '\n' ' '; }

is 'USER and PASS, with all of its blanks; what comes then is for the program' "$(MAILDIR=/x talk 'USER ann
PASS open  sesame 
STAT
no command')" '+OK mx.example POP3
+OK
+OK served a b
STAT
no command'
is 'the checkpassword program was asked once' "$(asked)" 'ann|open  sesame |TIME|'
t 'the program has a session and no MAILDIR' grep -qE '^none [0-9a-z]{12,24}$' "$T/served"
t 'the session is logged' logged 'connect client 127.0.0.1 host - to - port - tls no pid [0-9]+$'
t 'and the login' logged 'auth ok client 127.0.0.1 mechanism USER tls no login ann$'
t 'and the end' logged 'end client 127.0.0.1 seconds [0-9]+$'
is 'AUTH PLAIN at once' "$(talk 'AUTH PLAIN AGFubgBvcGVuICBzZXNhbWUg' | tail -n +2)" '+OK served a b'
is 'and when asked' "$(talk 'auth plain
AGFubgBvcGVuICBzZXNhbWUg
QUIT' | tail -n +2)" '+
+OK served a b
QUIT'
t 'its mechanism is logged' logged 'auth ok .* mechanism PLAIN '
is 'AUTH given up, nonsense, another mechanism, for another' "$(answers 'AUTH PLAIN
*
AUTH PLAIN !!!!
AUTH PLAIN AGFubg==
AUTH CRAM-MD5
AUTH PLAIN Ym9iAGFubgBvcGVuICBzZXNhbWUg
QUIT')" '+OK + -ERR -ERR -ERR -ERR -ERR +OK '
is 'AUTH alone lists' "$(talk 'AUTH
QUIT' | tail -n +2 | tr '\n' ' ')" '+OK PLAIN . +OK bye '

is 'wrong passwords, and then the right one' "$(answers 'USER ann
PASS no
USER bob
PASS open  sesame 
USER ann
PASS open  sesame ')" '+OK +OK -ERR +OK -ERR +OK +OK '
is 'are answered with a code' "$(talk 'USER ann
PASS no
QUIT' | sed -n 3p)" '-ERR [AUTH] login or password is wrong'
t 'and logged as fail2ban reads it' logged 'auth failed client 127.0.0.1 mechanism USER tls no login ann$'
echo 2 >"$E/maxauthfail"
is 'maxauthfail of them end the session' "$(talk 'USER ann
PASS no
USER ann
PASS no
USER ann
PASS open  sesame ' | tail -n 1)" '-ERR [AUTH] too many wrong passwords'
rm "$E/maxauthfail"
is 'a program with trouble' "$(talk 'USER trouble
PASS x
QUIT' | tail -n +3)" '-ERR [SYS/TEMP] unable to check passwords now, try later'
t 'which is logged' logged 'trouble: .*/check ended with code 111$'
is 'one that is killed' "$(talk 'USER killed
PASS x' | tail -n 1)" '-ERR [SYS/TEMP] unable to check passwords now, try later'
is 'one that is not there' "$(printf 'USER ann\r\nPASS x\r\n' | pneu-popup mx.example "$T/none" 2>"$T/log" | tail -n 1 | tr -d '\r')" \
    '-ERR [SYS/TEMP] unable to check passwords now, try later'
echo ANN >"$E/badlogins"
is 'badlogins are wrong, whatever the password' "$(answers 'USER ann
PASS open  sesame 
QUIT')" '+OK +OK -ERR +OK '
t 'are not asked for' test ! -e "$T/asked"
t 'and logged' logged 'auth blocked client 127.0.0.1 mechanism USER tls no login ann$'
rm "$E/badlogins"
is 'a login that fits into nothing' "$(answers "USER $(printf '%300s' x)
PASS y
USER ann
PASS $(printf '%600s' x)
QUIT")" '+OK +OK -ERR +OK -ERR +OK '
t 'is not asked for' test ! -e "$T/asked"

# APOP
is 'no APOP without -a' "$(answers 'APOP ann c4c9334bac560ecc979e58001b3e22fb
QUIT')" '+OK -ERR +OK '
is 'with it a timestamp is in the greeting' "$(talk -a QUIT | sed -n '1s/<[0-9a-z]\{12,24\}@mx.example>$/STAMP/p')" '+OK mx.example POP3 STAMP'
is 'and APOP is a guess' "$(answers -a 'APOP ann c4c9334bac560ecc979e58001b3e22fb
QUIT')" '+OK -ERR +OK '
t 'for which the program has digest and timestamp' grep -qE '^ann\|c4c9334bac560ecc979e58001b3e22fb\|<[0-9a-z]+@mx.example>\|$' "$T/asked"

# what is offered, and where
capa() { talk 'CAPA
QUIT' | sed '1,2d;/^\.$/,$d' | tr '\n' ' '; }
is 'CAPA from here' "$(capa)" 'USER SASL PLAIN TOP UIDL PIPELINING RESP-CODES AUTH-RESP-CODE EXPIRE NEVER UTF8 '
is 'from elsewhere, without TLS' "$(TCPREMOTEIP=192.0.2.7; capa)" 'TOP UIDL PIPELINING RESP-CODES AUTH-RESP-CODE EXPIRE NEVER UTF8 '
is 'where nothing is a login' "$(TCPREMOTEIP=192.0.2.7; answers 'USER ann
PASS x
AUTH PLAIN AGFubgBvcGVuICBzZXNhbWUg
QUIT')" '+OK -ERR -ERR -ERR +OK '
t 'and nobody is asked' test ! -e "$T/asked"
is 'but under TLS' "$(TCPREMOTEIP=192.0.2.7 POP3S=; export POP3S; capa | cut -d' ' -f1-3)" 'USER SASL PLAIN'
t 'which the log says' logged 'connect .* tls yes pid '
echo 1 >"$E/authwithouttls"
is 'or with authwithouttls' "$(TCPREMOTEIP=2001:db8::1; capa | cut -d' ' -f1-3)" 'USER SASL PLAIN'
rm "$E/authwithouttls"
is '::1 is here' "$(TCPREMOTEIP=::1; capa | cut -d' ' -f1-3)" 'USER SASL PLAIN'
is 'no STLS without a wrapper' "$(answers 'STLS
QUIT')" '+OK -ERR +OK '
is 'UTF8 and small letters' "$(answers 'utf8
quit')" '+OK +OK +OK '

# nonsense
is 'unknown commands, PASS first, none' "$(answers 'STAT
PASS x

USER
QUIT')" '+OK -ERR -ERR -ERR -ERR +OK '
is 'CR and NUL' "$(answers 'USER a\rnn
USER a\0nn
QUIT')" '+OK -ERR -ERR +OK '
is 'eleven of them end it' "$(answers "$(yes FOO | head -n 20)" | wc -w | tr -d ' ')" 12
t 'which is logged' logged 'refused client 127.0.0.1: too many bad commands$'
is 'so do a hundred of others' "$(answers "$(yes CAPA | head -n 120)" | tr ' ' '\n' | grep -c '^+OK\|^-ERR')" 102
is 'a line without an end ends it' "$(head -c 100000 /dev/zero | tr '\0' x | timeout 60 pneu-popup mx.example "$T/check" 2>"$T/log" | tail -n 1 | tr -d '\r')" \
    '-ERR line too long'
is 'a client that speaks TLS at once' "$(printf '\026\003\001\000\n' | pneu-popup mx.example "$T/check" 2>"$T/log" | tail -n 1 | tr -d '\r')" \
    '-ERR TLS is not spoken here before POP3'
t 'a client that says nothing is no failure' pneu-popup mx.example "$T/check" </dev/null
pneu-popup mx.example 2>"$T/log" </dev/null
is 'wrong use' "$?" 100
echo maybe >"$E/authwithouttls"
talk QUIT >"$T/out"
is 'a setting without sense is told' "$(cat "$T/out")" '-ERR [SYS/TEMP] this mail server is not set up correctly, try later'
rm "$E/authwithouttls"

# the log, as fail2ban reads it
if command -v fail2ban-regex >/dev/null; then
	is 'fail2ban sees a wrong password' "$(TCPREMOTEIP=127.0.0.9; talk 'USER ann
PASS no
QUIT' >/dev/null; fail2ban-regex -o ip "$T/log" conf/fail2ban/filter.d/pneu.conf 2>/dev/null | sort -u)" 127.0.0.9
fi

# with our own
rm -f "$E"/*
printf '%s\n' 'ann:$6$rounds=1000$JnpJ/VRiuKznhziG$Oss4M5sJNSBD.YkoQGIc3gE.vq7qnJYB1SPMmcmUsQS/osSalMBEX8EQLYmguJ3dfRsChRQkRQsJdcQkv4AKs/' >"$E/passwords"
chmod 600 "$E/passwords"
pneu-newpw
mkdir -p "$T/home/Maildir/new" "$T/home/Maildir/cur" "$T/home/Maildir/tmp"
printf 'Subject: x\n\nhello\n' >"$T/home/Maildir/new/1700000000.x.mx"
is 'pneu-checkpw and pneu-pop3d, in an instance' "$(cd "$T/home" && printf 'USER ann\r\nPASS open sesame\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n' |
    pneu-popup mx.example pneu-checkpw pneu-pop3d Maildir 2>"$T/log" | tr -d '\r')" '+OK mx.example POP3
+OK
+OK welcome
+OK 21 octets
Subject: x

hello
.
+OK marked
+OK bye'
t 'the lines of both have one name' test "$(cut -d' ' -f2 "$T/log" | sort -u | wc -l)" -eq 1
t 'and the message is gone' test ! -e "$T/home/Maildir/new/1700000000.x.mx"
finish
