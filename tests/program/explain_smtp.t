# pneu-explain --from: what pneu-smtpd would answer to a client, and which rule decides
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'needs python3'

PNEU_ETC=$T/etc
export PNEU_ETC
unset PNEU_QUEUE PNEU_FILTER QMAILQUEUE RELAYCLIENT DATABYTES
mkdir "$T/etc" "$T/joe" "$T/bin"
echo mx.example >"$T/etc/me"
printf 'example.org\nmx.example\n' >"$T/etc/rcpthosts"
printf 'example.org\nmx.example\n' >"$T/etc/locals"
printf '=joe:joe:%d:9:%s:::\n.\n' "$(id -u)" "$T/joe" >"$T/users"
pneu-newu "$T/users" "$T/etc/users.cdb"
rules() { pneu-tcprules "${1:-$T/etc/rules.cdb}" "$T/rules.tmp"; }
rules <<'END'
192.0.2.7:allow,RELAYCLIENT="",WHO="a b"
192.0.2.:deny
2001:db8::/32:allow,RELAYCLIENT=""
198.51.100.:allow,DATABYTES="nonsense"
:allow
END

# alone PROGRAM...: with no descriptors but three, whatever we were given
cat >"$T/alone" <<'END'
import subprocess, sys
sys.exit(subprocess.call(sys.argv[1:], close_fds=True))
END
alone=
x() {
	$alone pneu-explain -q "$@" >"$T/out" 2>"$T/err"
	code=$?
	sed "s|$T|T|g; s/pneu-smtpd: [0-9a-z]\{12,24\} /pneu-smtpd: ID /; s/ \[[0-9a-z]\{12,24\}\]$//" "$T/out" "$T/err"
	echo "=$code"
}
# the lines with these words, and the exit code
words() { grep -E "^ *($1): |^="; }

is 'all of a conversation' "$(x --from 203.0.113.4 --sender ann@x.example --helo client.example joe@example.org)" 'client: 203.0.113.4
  rules: T/etc/rules.cdb
  rule: "", for everybody
  connection: is accepted
    reply: 220 mx.example ESMTP
  command: EHLO client.example
'"$(x --from 203.0.113.4 joe@example.org | grep 'reply: 250[- ][^2]')"'
  command: MAIL FROM:<ann@x.example>
    reply: 250 2.1.0 sender ok
  command: RCPT TO:<joe@example.org>
    reply: 250 2.1.5 recipient ok
  command: QUIT
  accepted: because example.org is in control/rcpthosts
=0'
is 'without --sender the null sender, without --helo the address' \
    "$(x --from 203.0.113.4 joe@example.org | words command)" '  command: EHLO [203.0.113.4]
  command: MAIL FROM:<>
  command: RCPT TO:<joe@example.org>
  command: QUIT
=0'
is 'what has to be quoted is'           "$(x --from 203.0.113.4 'a b@example.com' | grep 'RCPT TO' | head -n 1)" \
    '  command: RCPT TO:<"a b"@example.com>'
is 'a rule that lets relay, and what it sets' "$(x --from 192.0.2.7 a@far.example | words 'rule|sets|accepted')" '  rule: 192.0.2.7
    sets: RELAYCLIENT=
    sets: WHO=a b
  accepted: because RELAYCLIENT is set, by rule 192.0.2.7
=0'
is 'a rule that denies'                 "$(x --from 192.0.2.8 joe@example.org)" 'client: 192.0.2.8
  rules: T/etc/rules.cdb
  rule: 192.0.2.
  refused: the rule denies the connection, pneu-smtpd is not even started
=67'
is 'an IPv6 network, and an address in any spelling' "$(x --from 2001:DB8:0::1 a@far.example | words 'client|rule|accepted')" \
    'client: 2001:db8::1
  rule: 2001:db8::/32
  accepted: because RELAYCLIENT is set, by rule 2001:db8::/32
=0'
is 'relaying'                           "$(x --from 203.0.113.4 a@far.example | tail -n 2)" \
    '  refused: RCPT: 550 5.7.1 relaying denied: that domain is not served here
=67'
is 'RELAYCLIENT of the environment is said' "$(RELAYCLIENT= x --from 203.0.113.4 a@far.example | words accepted)" \
    '  accepted: because RELAYCLIENT is set, by your environment
=0'
is 'the address of somebody else is not inherited' \
    "$(TCPREMOTEIP=192.0.2.7 TCPREMOTEHOST=evil.example x --from 203.0.113.4 a@far.example | grep -c evil)" 0
is 'nobody: also why, from the same resolver' "$(x --from 203.0.113.4 no-such-user-here@example.org | sed -n '/refused: RCPT/,$p')" \
    '  refused: RCPT: 550 5.1.1 no such mailbox here
address: no-such-user-here@example.org
  local: example.org is in control/locals
  refused: 5.1.1 no such mailbox here
  result: not deliverable
=67'
is 'the log of the session is shown'    "$(x --from 203.0.113.4 a@far.example | words log | sed -n 1p | cut -c1-60)" \
    '  log: pneu-smtpd: ID refused client 203.0.113.4: 550 5.7.1 '
is 'a sender that is refused'           "$(x --from 203.0.113.4 --sender 'a@b@' joe@example.org | words 'command|refused')" \
    '  command: EHLO [203.0.113.4]
  command: MAIL FROM:<"a@b"@>
  command: QUIT
  refused: MAIL: 501 5.1.7 sender address is not of the form <local@domain>
=67'
is 'a session that cannot begin'        "$(x --from 198.51.100.1 joe@example.org | words 'sets|log|later|command')" \
    '    sets: DATABYTES=nonsense
  log: pneu-smtpd: fatal: DATABYTES in the environment: is not a number
  later: the connection: 421 4.3.5 this mail server is not set up correctly, try later
=75'
is 'several addresses: the worst'       "$(x --from 203.0.113.4 joe@example.org a@far.example joe@mx.example | tail -n 1)" '=67'

# other rules
rules "$T/other.cdb" <<'END'
203.:deny
END
is 'other rules'                        "$(x --rules "$T/other.cdb" --from 203.0.113.4 joe@example.org | words 'rules|rule|refused')" \
    '  rules: T/other.cdb
  rule: 203.
  refused: the rule denies the connection, pneu-smtpd is not even started
=67'
is 'no rule for this client'            "$(x --rules "$T/other.cdb" --from 10.0.0.1 joe@example.org | words rule)" \
    '  rule: none, everybody without a rule may connect
=0'
is 'rules that are missing'             "$(x --rules "$T/none.cdb" --from 10.0.0.1 joe@example.org | tail -n 2)" \
    '  later: T/none.cdb: No such file or directory
=75'
head -c 100 "$T/etc/rules.cdb" >"$T/cut.cdb"
is 'rules that are damaged'             "$(x --rules "$T/cut.cdb" --from 10.0.0.1 joe@example.org | tail -n 2)" \
    '  later: T/cut.cdb: damaged, so pneu-tcpd refuses everybody
=75'
rm "$T/etc/rules.cdb"
is 'without etc/rules.cdb that is said' "$(x --from 203.0.113.4 joe@example.org | words 'rules|accepted')" \
    '  rules: T/etc/rules.cdb is not there, so this counts only for a pneu-tcpd without -x
  accepted: because example.org is in control/rcpthosts
=0'

# a pneu-smtpd that is none
fake() {
	printf '#!/bin/sh\n%s\n' "$1" >"$T/bin/pneu-smtpd"
	chmod 755 "$T/bin/pneu-smtpd"
	PATH=$T/bin:$PATH x --from 10.0.0.1 joe@example.org | tail -n 2
}
is 'one that hangs up'                  "$(fake 'printf "220 hello\r\n"; read -r line')" '  later: pneu-smtpd hung up
=75'
is 'one that talks nonsense'            "$(fake 'echo hello; cat >/dev/null')" '  later: what pneu-smtpd said is not SMTP
=75'
is 'one that cannot be run'             "$(PATH=$T/none; export PATH; "$B/pneu-explain" --from 10.0.0.1 a@b.example 2>&1 | while read -r w l; do [ "$w" != later: ] || echo "$l"; done)" \
    'unable to run pneu-smtpd: No such file or directory'
is 'its environment: the connection and the rule' "$(fake 'env | grep -E "^(PROTO|TCP|RELAY)" | sort >&2' >/dev/null; sed -n 's/^  log: //p' "$T/out" | grep -v PORT)" \
    'PROTO=TCP
TCPLOCALIP=127.0.0.1
TCPREMOTEIP=10.0.0.1'
# ls has a descriptor more
alone="python3 $T/alone"
is 'its descriptors: three'             "$(fake 'ls /proc/self/fd | wc -l >&2' >/dev/null; sed -n 's/^  log: *//p' "$T/out" | tr -d ' ')" 4
alone=
is 'no message ever begins'             "$(fake 'printf "220 x\r\n"; while read -r l; do echo "got $l" >&2; printf "250 y\r\n"; done' >/dev/null; grep -c 'got DATA' "$T/out")" 0

# wrong use
is 'no IP address is wrong use'         "$(x --from mx.example joe@example.org | tail -n 1)" '=64'
is 'a command in the sender too'        "$(x --from 10.0.0.1 --sender 'a@b.example>
DATA' joe@example.org | tail -n 1)" '=64'
is 'a command in the name too'          "$(x --from 10.0.0.1 --helo 'a
DATA' joe@example.org | tail -n 1)" '=64'
finish
