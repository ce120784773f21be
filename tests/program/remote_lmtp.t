# pneu-remote by LMTP (RFC 2033): a result for each recipient, over a unix socket and TCP
. tests/lib.sh
. tests/program/remote_lib.sh
printf 'Subject: hi\n\nhello\n.dot\n' >"$T/m"
J="job $T/m a@x.example"
python3 -c 'import sys; sys.stdout.write(("." + "x" * 79 + "\n") * 4000)' >"$T/big"

all_of_it() {
	server --lmtp $kind
	is "three recipients ($way $kind)" "$(jobs "$J b@y.example c@y.example d@y.example" | verdicts)" '1.0 K 2.0.0 m,1.1 K 2.0.0 m,1.2 K 2.0.0 m,'
	is 'the dialogue' "$(commands)" 'LHLO client.example
MAIL FROM:<a@x.example>
RCPT TO:<b@y.example>
RCPT TO:<c@y.example>
RCPT TO:<d@y.example>
DATA
data 32
QUIT'
	t 'the text arrives as it was' cmp "$T/m" "$S/text.1"
	server --lmtp $kind rcpt:no@='550 5.1.1 no such user' dot:full@='452 4.2.2 mailbox full, try again in 10 minutes' dot:bad@='550 5.7.1 its filter refuses'
	is 'mixed results' "$(jobs vias "$J no@y.example b@y.example full@y.example bad@y.example c@y.example" "$J d@y.example" | grep -c '^report')" 6
	is 'each to its own recipient' "$(sed 's/^report \(... . [0-9.]* . [0-9]* [^ ]*\) .*/\1/' "$T/last" | sort -V | tr '\n' ',')" \
		"1 0 D 5.1.1 m 0 $via,1 1 K 2.0.0 m 0 $via,1 2 Z 4.2.2 m 600 $via,1 3 D 5.7.1 m 0 $via,1 4 K 2.0.0 m 0 $via,2 0 K 2.0.0 m 0 $via,exit 0,"
	is 'and in one connection' "$(connections) $(count MAIL)" '1 2'
	server --lmtp $kind dot:c@='!close'
	is 'a connection lost between two results' "$(jobs "$J b@y.example c@y.example d@y.example" | verdicts)" '1.0 K 2.0.0 m,1.1 Z 4.4.2 m,1.2 Z 4.4.2 m,'
	server --lmtp $kind dot:c@='421 4.3.2 bye!close'
	is 'good-bye between two results' "$(jobs "$J b@y.example c@y.example d@y.example" "$J e@y.example" | verdicts)" \
		'1.0 K 2.0.0 m,1.1 Z 4.3.2 m,1.2 Z 4.3.2 m,2.0 K 2.0.0 m,'
	server --lmtp $kind rcpt='550 5.1.1 no' data='503 5.5.1 nobody'
	is 'nobody accepted' "$(jobs "$J b@y.example c@y.example" | verdicts)" '1.0 D 5.1.1 m,1.1 D 5.1.1 m,'
	server --lmtp $kind rcpt:no@='550 5.1.1 no' data#1='354 all the same'
	is 'nobody accepted, but the text wanted' "$(jobs "$J no@y.example" reports "$J b@y.example" | verdicts)" '1.0 D 5.1.1 m,2.0 K 2.0.0 m,'
	server --lmtp $kind --chunking --limits 'RCPTMAX=2'
	is 'RCPTMAX, many messages, large ones; BDAT is not for LMTP' \
		"$(jobs "$J b@y.example c@y.example d@y.example" "job $T/big a@x.example b@y.example c@y.example" "$J d@y.example" | verdicts) $(count BDAT)" \
		'1.0 K 2.0.0 m,1.1 K 2.0.0 m,1.2 K 2.0.0 m,2.0 K 2.0.0 m,2.1 K 2.0.0 m,3.0 K 2.0.0 m, 0'
	t 'arrive' cmp "$T/big" "$S/text.3"
	server --lmtp $kind lhlo='500 what?'
	is 'a server that does not know LHLO is no LMTP server' "$(jobs "$J b@y.example" | verdicts) $(count HELO)" '1.0 D 5.5.0 m, 0'
}

way=tcp via=127.0.0.1/127.0.0.1/clear
start
wait_until 10 test -s "$T/port" || echo 'Bail out! the server does not start'
route="lmtp 127.0.0.1 $(cat "$T/port")"
for kind in --pipelining --8bit; do
	all_of_it
done
cleanup
way=unix via=lmtp/unix/clear
start --unix "$T/lmtp"
wait_until 10 test -S "$T/lmtp" || echo 'Bail out! the server does not start'
route="lmtp $T/lmtp"
for kind in --pipelining --8bit; do
	all_of_it
done
cleanup
rm "$T/lmtp"
is 'no such socket' "$(jobs "$J b@y.example" | verdicts)" '1.0 Z 4.4.1 s,'
t 'is said by its name' grep -q "no connection to $T/lmtp: No such file" "$T/last"
finish
