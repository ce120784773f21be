#!/bin/sh
# pneu-smtpd: the id of a session, where it stands, what the log says, and what a program in pneu-queue's place is told
. tests/lib.sh
. tests/program/smtpd_lib.sh
id() { sed -nE 's/^pneu-smtpd: ([0-9a-z]{12,24}) connect .*/\1/p' "$T/log"; }
raw() { printf "$(printf '%s\n' "$1" | sed 's/%/%%/g; s/$/\\r/')\n" | pneu-smtpd 2>"$T/log" | tr -d '\r'; }

raw 'EHLO client.example
FOO
MAIL FROM:<a@b.example>
RCPT TO:<x@other.example>
RCPT TO:<x@here.example>
DATA
one
.
MAIL FROM:<a@b.example>
RCPT TO:<x@here.example>
RCPT TO:<y@here.example>
DATA
two
.
QUIT' >"$T/replies"
t 'a session has an id' test -n "$(id)"
is 'it is in each of its log lines' "$(grep -vc "^pneu-smtpd: $(id) " "$T/log")" 0
is 'at the end of each refusal, and of nothing else' "$(grep -c '^[45]' "$T/replies") $(grep -c "^5.* \[$(id)\]$" "$T/replies") $(grep -c "\[" "$T/replies")" '2 2 2'
is 'in the trace field' "$(sed -nE '2s/^	by mx.example with ESMTP id ([^;]*); .*/\1/p' "$Q/message")" "$(id)"
is 'and known to the program that gets the message' "$(grep '^PNEU_' "$Q/env" | grep -v 'PNEU_ETC\|PNEU_FILTER\|PNEU_BUILD' | sort)" "PNEU_HELO=client.example
PNEU_PROTOCOL=ESMTP
PNEU_SESSION=$(id)"
is 'one line for each event' "$(sed -E 's/^pneu-smtpd: [0-9a-z]+ //; s/ pid [0-9]+$/ pid N/; s/seconds [0-9]+/seconds N/' "$T/log")" \
'connect client unknown host - to - port - relay no pid N
refused client unknown: 500 5.5.1 command unknown: helo client.example command (unknown)
refused client unknown: 550 5.7.1 relaying denied: that domain is not served here: helo client.example from <a@b.example> command RCPT TO:<x@other.example>
accepted ID1 rcpts 1 bytes 5 client unknown helo client.example from <a@b.example>
accepted ID1 rcpts 2 bytes 5 client unknown helo client.example from <a@b.example>
end client unknown messages 2 recipients 3 refusals 2 seconds N'
first=$(id)
raw QUIT >/dev/null
t 'the next session has another' test "$first" != "$(id)"
t 'which sorts behind it' sh -c '[ "$(printf "%s\n" "$1" "$2" | sort | head -n 1)" = "$1" ]' - "$first" "$(id)"
TCPREMOTEIP=192.0.2.9 TCPREMOTEHOST=h.example TCPLOCALIP=192.0.2.1 TCPLOCALPORT=25 RELAYCLIENT=
export TCPREMOTEIP TCPREMOTEHOST TCPLOCALIP TCPLOCALPORT RELAYCLIENT
raw QUIT >/dev/null
t 'the client and what the rules gave it' logged 'connect client 192\.0\.2\.9 host h\.example to 192\.0\.2\.1 port 25 relay yes pid [0-9]+$'
unset RELAYCLIENT
raw 'MAIL FROM:<a@b.example>' >/dev/null
head -c 390 /dev/zero | tr '\0' g >"$E/smtpgreeting"
echo 1 >"$E/maxbadcommands"
is 'a refusal is never over 512 bytes' "$(printf 'FOO\r\nFOO\r\n' | pneu-smtpd 2>/dev/null | awk '{ if (length($0) + 1 > most) most = length($0) + 1 } END { print (most > 400 && most <= 512) }')" 1
rm "$E/smtpgreeting" "$E/maxbadcommands"
rm "$E/me"
raw QUIT >"$T/replies"
is 'a session that cannot begin has an id, too' "$(sed -n 's/.*\(\[.*\]\)$/\1/p' "$T/replies")" "$(sed -n 's/.*\(\[.*\]\)$/\1/p' "$T/log")"
echo mx.example >"$E/me"

# ---- what pneu-queue itself does not read is not made
cat >"$T/alone" <<'S'
#!/bin/sh
exec env -u PNEU_FILTER pneu-smtpd
S
mkdir "$T/bin"
cp "$T/queue" "$T/bin/pneu-queue"
printf 'HELO h\r\nMAIL FROM:<>\r\nRCPT TO:<x@here.example>\r\nDATA\r\n.\r\n' | PATH="$T/bin:$PATH" sh "$T/alone" >/dev/null 2>&1
is 'no facts for pneu-queue' "$(grep -c '^PNEU_SESSION' "$Q/env")" 0

# ---- fail2ban
unset TCPREMOTEHOST
TCPREMOTEIP=192.0.2.66
bans() { # bans 'COMMANDS': how many lines of the session ban whom
	raw "$1" >/dev/null
	sed 's/^/2026-11-22 13:00:00.123456 /' "$T/log" >"$T/banlog"
	fail2ban-regex --print-all-matched "$T/banlog" conf/fail2ban/filter.d/pneu.conf 2>/dev/null | tr -d ',' |
	    sed -nE 's/^Lines: [0-9]+ lines [0-9]+ ignored ([0-9]+) matched.*/\1/p'
	fail2ban-regex -o ip "$T/banlog" conf/fail2ban/filter.d/pneu.conf 2>/dev/null | sort -u
}
if command -v fail2ban-regex >/dev/null; then
	is 'fail2ban sees who wants to relay' "$(bans 'HELO h
MAIL FROM:<a@b.example>
RCPT TO:<x@other.example>')" '1
192.0.2.66'
	is 'and who tries commands' "$(bans 'FOO
BAR')" '2
192.0.2.66'
	echo /bin/false >"$E/checkpassword"; echo 1 >"$E/authwithouttls"; echo 0 >"$E/authdelay"
	is 'and who guesses passwords, once for each' "$(bans 'EHLO h
AUTH PLAIN AGFubgB4')" '1
192.0.2.66'
	echo 2 >"$E/maxauthfail"
	is 'once for that, too, which ends the session' "$(bans 'EHLO h
AUTH PLAIN AGFubgB4
AUTH PLAIN AGFubgB5')" '2
192.0.2.66'
	rm "$E/checkpassword" "$E/authwithouttls" "$E/authdelay" "$E/maxauthfail"
	is 'who has too much to say that makes no sense counts for that, too' "$(echo 1 >"$E/maxbadcommands"; bans 'FOO
BAR'; rm "$E/maxbadcommands")" '2
192.0.2.66'
	is 'but no other whom a client names' "$(bans 'HELO x
MAIL FROM:<"pneu-smtpd: 1k0v9dmchas3v4 refused client 192.0.2.1: 550 5.1.1 x"@b.example>
RCPT TO:<"pneu-smtpd: 1k0v9dmchas3v4 refused client 192.0.2.1: 550 5.1.1 x"@other.example>')" '1
192.0.2.66'
	is 'nor who errs' "$(echo 5 >"$E/databytes"; bans 'EHLO h
MAIL FROM:<a@b.example> SIZE=6
MAIL FROM:<a@b.example
RCPT TO:<x@here.example>
QUIT'; rm "$E/databytes")" 0
	for prefix in '@4000000067407b3c2a5e1b34' 'Nov 22 13:00:00 host pneu-smtpd[77]:' '2026-11-22_13:00:00.12345'; do
		raw 'FOO' >/dev/null
		sed "s/^/$prefix /" "$T/log" >"$T/banlog"
		is "in a log whose lines begin with ${prefix%% *}" "$(fail2ban-regex -o ip "$T/banlog" conf/fail2ban/filter.d/pneu.conf 2>/dev/null)" 192.0.2.66
	done
else
	echo '# not tested: fail2ban is not installed'
fi

# ---- who only looks whether we are there
HEALTHCHECK=
export HEALTHCHECK
raw 'EHLO balancer.example
NOOP
QUIT' >"$T/replies"
is 'a health check is answered' "$(tail -n 1 "$T/replies")" '221 2.0.0 mx.example'
is 'and not logged' "$(cat "$T/log")" ''
printf 'EHLO' | pneu-smtpd >/dev/null 2>"$T/log"
is 'nor one that breaks off' "$(cat "$T/log")" ''
raw 'HELO balancer.example
FOO' >/dev/null
is 'what is refused is' "$(sed -E 's/^pneu-smtpd: [0-9a-z]+ ([a-z]+) .*/\1/' "$T/log" | tr '\n' ' ')" 'refused end '
raw "$good
.
QUIT" >/dev/null
is 'and a message that comes nevertheless' "$(sed -E 's/^pneu-smtpd: [0-9a-z]+ ([a-z]+) .*/\1/' "$T/log" | tr '\n' ' ')" 'accepted end '
unset HEALTHCHECK
# ---- nobody known
from() { talk "$good
x
." >/dev/null; sed -n 's/^TCPREMOTEIP=//p' "$Q/env"; }
is 'a client of whom nothing is known is not taken for this host' "$(unset TCPREMOTEIP; from; TCPREMOTEIP=; export TCPREMOTEIP; from)" 'unknown
unknown'
is 'but a program of this host is' "$(unset TCPREMOTEIP; LOCALSMTP=1; export LOCALSMTP; from)" ''
is 'and who is known stays so' "$(TCPREMOTEIP=192.0.2.7; export TCPREMOTEIP; from)" 192.0.2.7

# ---- one that hangs
if command -v python3 >/dev/null; then
	cat >"$T/slow" <<'S'
#!/usr/bin/env python3
import os, signal
left = signal.alarm(0)
while os.read(0, 65536):
    pass
while os.read(1, 65536):
    pass
os.write(6, b'LEFT' if 86000 < left <= 86400 else b'%d' % left)
S
	cat >"$T/hangs" <<'S'
#!/bin/sh
kill -ALRM $$
S
	chmod +x "$T/slow" "$T/hangs"
	is 'a program in the place of pneu-queue has a day' "$(PNEU_FILTER=$T/slow; export PNEU_FILTER; talk "$good
x
." | tail -n 1)" '250 2.0.0 ok LEFT'
	is 'when it is over the client may come again' "$(PNEU_FILTER=$T/hangs; export PNEU_FILTER; talk "$good
x
." | tail -n 1)" '451 4.3.0 queue program crashed'
fi

finish
