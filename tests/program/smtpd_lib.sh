# smtpd_lib.sh - for tests of pneu-smtpd on pipes: settings in $E, a queue program that keeps what it gets in $Q
# sourced after tests/lib.sh
E=$T/etc Q=$T/q
mkdir "$E" "$Q"
PNEU_ETC=$E PNEU_FILTER=$T/queue
export PNEU_ETC PNEU_FILTER Q
unset TCPREMOTEIP TCPREMOTEHOST TCPREMOTEINFO TCPREMOTEPORT TCPLOCALIP TCPLOCALPORT RELAYCLIENT DATABYTES QMAILQUEUE \
    GREETDELAY
cat >"$T/queue" <<'S'
#!/bin/sh
cat >"$Q/message"
cat <&1 >"$Q/envelope"
env >"$Q/env"
[ -s "$Q/envelope" ] || exit 54
printf ID1 >&6
S
chmod +x "$T/queue"
echo mx.example >"$E/me"
printf 'here.example\n.below.example\n' >"$E/rcpthosts"       # not in locals: whoever is written to there exists

# refusals without the session's id, which they all must have
no_id() { sed -E '/^[45]/{s/ \[[0-9a-z]{12,24}\]$//;t;s/$/ without its id/}'; }
# talk 'LINES': each line ends in CR LF, \ooo as printf; the replies, without CR, greeting left out
talk() { printf "$(printf '%s\n' "$1" | sed 's/%/%%/g; s/$/\\r/')\n" | pneu-smtpd 2>"$T/log" | tr -d '\r' | tail -n +2 | no_id; }
# the codes alone, in one line
codes() { talk "$1" | sed 's/^\(...[ -][0-9.]*\).*/\1/; s/ $//' | tr '\n' '|'; }
# the answer to one sender, to one recipient
mail() { talk "HELO h
MAIL FROM:$1" | tail -n 1; }
rcpt() { talk "HELO h
MAIL FROM:<a@b.example>
RCPT TO:$1" | tail -n 1; }
good='HELO h
MAIL FROM:<a@b.example>
RCPT TO:<x@here.example>
DATA'
envelope() { tr '\0' '|' <"$Q/envelope"; }
logged() { grep -qE "^pneu-smtpd: [0-9a-z]{12,24} $1" "$T/log"; }
