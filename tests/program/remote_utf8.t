# pneu-remote and SMTPUTF8 (RFC 6531): what needs it goes to servers that offer it, and to no others
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'needs python3'
export PNEU_ETC="$T/etc" PNEU_QUEUE="$T"
mkdir "$PNEU_ETC"
echo client.example >"$PNEU_ETC/me"
pid=
cleanup() { [ "$pid" ] && kill "$pid" 2>/dev/null; }
python3 tests/program/smtpserver.py --follow "$T/play" "$T" &
pid=$!
wait_until 10 test -s "$T/port" || echo 'Bail out! the server does not start'
route="host 127.0.0.1 $(cat "$T/port")"
n=0
server() {
	n=$((n + 1))
	S=$T/s$n
	mkdir "$S"
	: >"$S/log"
	printf '%s\n' "$S" "$@" >"$T/play"
}
knows() { server 'ehlo=250-s\n250-8BITMIME\n250-SMTPUTF8\n250 HELP' "$@"; }
knows_pipelining() { server 'ehlo=250-s\n250-PIPELINING\n250-8BITMIME\n250-SMTPUTF8\n250 HELP' --pipelining "$@"; }
jobs() {
	printf '%s\n' "$@" reports end | python3 -S -E tests/program/spawner.py --worker pneu-remote "$route" 2>"$T/err" | tee "$T/last" |
	    sed -n 's/^report \([0-9]*\) \([0-9]*\) \(.\) \([0-9.]*\) \(.\) .*/\1.\2 \3 \4 \5/p' | sort | tr '\n' ','
}
commands() { sed -n 's/^[0-9]* //; /^MAIL/p; /^RCPT/p; /^data/p' "$S/log" | tr '\n' '|'; }
printf 'Subject: hi\n\nhello \303\244\n' >"$T/ascii"
printf 'Subject: h\303\244\n\nhello\n' >"$T/utf8"
printf '\n\303\244\n' >"$T/headless"
python3 -c 'print("Subject: x" + "\n y" * 60000 + "\n\nhello")' >"$T/endless"
a='j\xc3\xbcrgen@x.example' b='d\xc3\xb6rte@y.example'

for kind in knows knows_pipelining; do
	$kind
	is "$kind: a sender" "$(jobs "params 'SMTPUTF8 BODY=8BITMIME'" "job $T/utf8 '$a' b@y.example")" '1.0 K 2.0.0 m,'
	t 'is told of as it is' sh -c 'printf "MAIL FROM:<j\303\274rgen@x.example> BODY=8BITMIME SMTPUTF8\n" | grep -qFf - "$0"' "$S/log"
	t 'the text arrives as it was' cmp "$T/utf8" "$S/text.1"
	$kind
	is 'a recipient' "$(jobs "job $T/ascii a@x.example '$b' c@y.example")" '1.0 K 2.0.0 m,1.1 K 2.0.0 m,'
	t 'needs it too, declared or not' grep -q 'MAIL FROM:<a@x.example> SMTPUTF8$' "$S/log"
	$kind
	jobs "job $T/utf8 a@x.example c@y.example" >"$T/out"
	t 'a message that was not declared goes without' grep -q 'MAIL FROM:<a@x.example>$' "$S/log"
done

for kind in '' --pipelining; do
	server --8bit $kind
	is "${kind:---plain} server that does not know it: a sender" "$(jobs 'params SMTPUTF8' "job $T/ascii '$a' b@y.example c@y.example")" '1.0 D 5.6.7 m,1.1 D 5.6.7 m,'
	is 'is not told of' "$(commands)" ''
	t 'the reason is' grep -q 'does not offer SMTPUTF8, which this sender address needs' "$T/last"
	server --8bit $kind
	is 'a recipient' "$(jobs 'params SMTPUTF8' "job $T/ascii a@x.example b@y.example '$b' c@y.example")" '1.0 K 2.0.0 m,1.1 D 5.6.7 m,1.2 K 2.0.0 m,'
	is 'does not keep the others from their mail' "$(commands | sed 's/data [0-9]*/data/')" 'MAIL FROM:<a@x.example>|RCPT TO:<b@y.example>|RCPT TO:<c@y.example>|data|'
	server --8bit $kind
	is 'nor the next message' "$(jobs "job $T/ascii a@x.example '$b'" "job $T/ascii a@x.example c@y.example" "job $T/ascii '$a' c@y.example" "job $T/ascii a@x.example d@y.example")" \
		'1.0 D 5.6.7 m,2.0 K 2.0.0 m,3.0 D 5.6.7 m,4.0 K 2.0.0 m,'
	server --8bit $kind
	is 'a header with UTF-8 that was declared' "$(jobs 'params SMTPUTF8' "job $T/utf8 a@x.example b@y.example")" '1.0 D 5.6.7 m,'
	t 'the reason is' grep -q 'does not offer SMTPUTF8, which this message needs' "$T/last"
	is 'one that was not goes, as ever' "$(jobs "job $T/utf8 a@x.example b@y.example")" '1.0 K 2.0.0 m,'
	is 'declared, but all of it ASCII' "$(jobs 'params SMTPUTF8' "job $T/ascii a@x.example b@y.example" "job $T/headless a@x.example b@y.example")" '1.0 K 2.0.0 m,2.0 K 2.0.0 m,'
	is 'a header whose end is far away' "$(jobs 'params SMTPUTF8' "job $T/endless a@x.example b@y.example")" '1.0 D 5.6.7 m,'
	is 'a mark of an alias is part of the header' "$(jobs "params 'VIA=d\\xc3\\xb6rte@x.example'" "job $T/ascii a@x.example b@y.example")" '1.0 D 5.6.7 m,'
done
knows
is 'what is no UTF-8 goes nowhere' "$(jobs 'params SMTPUTF8' "job $T/ascii a@x.example 'd\\xf6rte@y.example'")" '1.0 D 5.6.7 m,'
is 'nor a domain in another form than the DNS has' "$(jobs 'params SMTPUTF8' "job $T/ascii a@x.example 'x@d\\xc3\\xb6rte.example'")" '1.0 D 5.6.7 m,'
is 'nor controls in UTF-8' "$(jobs 'params SMTPUTF8' "job $T/ascii a@x.example 'x\\xc2\\x85@y.example'")" '1.0 D 5.6.7 m,'
finish
