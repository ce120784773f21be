# inject_lib.sh - for tests of pneu-sendmail and pneu-inject: settings in $E, a queue program that keeps what it gets in $Q
# sourced after tests/lib.sh
E=$T/etc Q=$T/q HOME=$T/home
mkdir "$E" "$Q" "$HOME" "$T/bin"
PNEU_ETC=$E PNEU_QUEUE=$T/queue-directory PNEU_FILTER=$T/queue PATH=$T/bin:$PATH
export PNEU_ETC PNEU_QUEUE PNEU_FILTER PATH Q HOME
unset QMAILQUEUE MAILUSER MAILHOST MAILNAME QMAILUSER QMAILHOST QMAILNAME QMAILSUSER QMAILSHOST QMAILINJECT QMAILMFTFILE NAME \
    QMAILDEFAULTHOST QMAILDEFAULTDOMAIN QMAILPLUSDOMAIN QMAILIDHOST
ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS-}
export ASAN_OPTIONS
cat >"$T/queue" <<'S'
#!/bin/sh
# $QUEUE_EXIT: what it says; the message is kept whatever that is
cat >"$Q/message.new"
cat <&1 >"$Q/envelope.new"
if [ -s "$Q/envelope.new" ]; then
	mv "$Q/message.new" "$Q/message"
	mv "$Q/envelope.new" "$Q/envelope"
	[ "${QUEUE_EXIT:-0}" = 0 ] && echo 1k0v78bqdt5aeqgx >&6
	[ -z "$QUEUE_WORDS" ] || printf %s "$QUEUE_WORDS" >&6
	exit "${QUEUE_EXIT:-0}"
fi
exit 54
S
chmod +x "$T/queue"
echo mx.example >"$E/me"
for n in sendmail mailq newaliases runq hoststat purgestat rmail smtpd send-mail; do ln -s "$B/pneu-sendmail" "$T/bin/$n"; done
me=$(id -un)
envelope() { [ -e "$Q/envelope" ] && tr '\0' '|' <"$Q/envelope"; }
# the message without what changes from one to the next
message() {
	sed -E 's/^((Resent-)?Date): [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20[0-9]{2} [0-9:]{8} \+0000$/\1: DATE/
		s/^((Resent-)?Message-ID: <)[0-9a-z]{12,24}@/\1ID@/I' "$Q/message"
}
fresh() { rm -f "$Q"/*; }
