# pneu-remote and servers that offer little, say odd things, or go away: the mail gets there, or the sender hears why it did not
. tests/lib.sh
. tests/program/remote_lib.sh
start_tcp
printf 'Subject: hi\n\nhello\n.dot\n' >"$T/m"
J="job $T/m a@x.example"
K='1.0 K 2.0.0 m,1.1 K 2.0.0 m,2.0 K 2.0.0 m,'
two() { jobs "$J b@y.example c@y.example" "$J d@y.example" | verdicts; }

### little is offered
for say in '500 what?' '501 no' '502 not here' '503 no' '504 no' '550 EHLO is forbidden' '554 no'; do
	server ehlo="$say"
	is "EHLO answered with ${say%% *}" "$(two)" "$K"
	is 'HELO then, and nothing more than that' "$(commands | sed -n '2,3p')" 'HELO client.example
MAIL FROM:<a@x.example>'
done
server ehlo='250 test'
is 'EHLO answered as HELO' "$(two)" "$K"
server ehlo='250-test\n250-PIPELINING\n250-SIZE\n250-AUTH=LOGIN\n250-X-ODD  \t \n250 8BITMIME'
is 'odd words among the offers' "$(two)" "$K"
is 'do not hide the others' "$(commands | grep -c '^MAIL FROM:<a@x.example> SIZE=28')" 2
server ehlo='250-test\n250-pipelining\n250-size 99\n250 8bitmime'
is 'in small letters' "$(two) $(commands | grep -c 'SIZE=28')" "$K 2"
server ehlo='250-test\n250-XXXXXXXXXX\n250-XXXX\n250 XXX'
is 'crossed out on the way' "$(two)" "$K"

### odd replies
for kind in --pipelining --8bit '--pipelining --chunking'; do
	server $kind greeting='220-Welcome!!\n220-\n220-we log everything\n220 ok' mail='250-2.1.0 yes\n250-\n250 2.1.0 really' \
		rcpt='250-\n250-2.1.5 no\n250' data='354-well\n354' dot='250-2.0.0 a\n250' last='250-2.0.0 a\n250'
	is "replies of several lines, empty ones, no text ($kind)" "$(two)" "$K"
	server $kind greeting='220 hi!lf' mail='250 ok!lf' rcpt='250-ok\n250 ok!lf' data='354 go!lf' dot='250-yes\n250 yes!lf' last='250 yes!lf' rset='250 ok!lf'
	is 'LF alone ends a line' "$(two)" "$K"
	server $kind greeting='220 hi!split' mail='251 ok!split' rcpt='251 will forward!split' dot='252 hm!split' last='252 hm!split'
	is 'other codes of success, byte by byte' "$(two)" "$K"
	server $kind rcpt='550 5.1.1' dot='250'
	is 'a status and nothing behind it' "$(jobs "$J b@y.example" | verdicts)" '1.0 D 5.1.1 m,'
	server $kind rcpt='550 No.Such.User 5.1.1'
	is 'no status at the beginning' "$(jobs "$J b@y.example" | verdicts)" '1.0 D 5.1.0 m,'
	server $kind rcpt:b='650 hm'
	is 'a code that there is not' "$(jobs "$J b@y.example" | verdicts)" '1.0 Z 4.4.2 m,'
done

### 421 and the end of the connection, at any point
for kind in --pipelining --8bit '--pipelining --chunking'; do
	for event in mail rcpt data dot last; do
		case "$kind/$event" in *chunking/data | *chunking/dot | --pipelining/last | --8bit/last) continue ;; esac
		scope=m
		[ $event = mail ] && scope=s
		server $kind $event='421 4.3.2 shutting down!close'
		is "421 to $event ($kind)" "$(two)" "1.0 Z 4.3.2 $scope,1.1 Z 4.3.2 $scope,2.0 Z 4.3.2 $scope,"
		[ $event = mail ] && continue           # it would be asked for again and again
		server $kind 1/$event='421 4.3.2 shutting down'
		is 'and it waits for us to go' "$(two)" '1.0 Z 4.3.2 m,1.1 Z 4.3.2 m,2.0 K 2.0.0 m,'
		server $kind 1/$event='554 5.7.1 no!close'
		want='1.0 D 5.7.1 m,1.1 D 5.7.1 m,2.0 K 2.0.0 m,'
		[ $event = rcpt ] && want='1.0 D 5.7.1 m,1.1 Z 4.4.2 m,2.0 K 2.0.0 m,'
		is "a refusal at $event, and the connection is gone: the next message takes another" "$(two)" "$want"
	done
	server $kind 1/mail='550 5.1.8 not you!close'
	is "a sender refused, and gone ($kind)" "$(two)" '1.0 D 5.1.8 m,1.1 D 5.1.8 m,2.0 K 2.0.0 m,'
	for say in '500 RSET?' '421 enough!close' '!close' 'what?'; do
		server $kind rcpt:bad='550 5.1.1 no' 1/data='554 nobody' rset="$say"
		is "RSET answered with \"$say\"" "$(jobs "$J bad@y.example" reports "$J b@y.example" | verdicts)" '1.0 D 5.1.1 m,2.0 K 2.0.0 m,'
		is 'means a new connection' "$(connections) $(count RSET)" '2 1'
	done
done
server 1/rcpt='250 ok!close'
is 'gone after RCPT' "$(two)" '1.0 Z 4.4.2 m,1.1 Z 4.4.2 m,2.0 K 2.0.0 m,'
server 1/data='354 go!close'
is 'gone after 354' "$(two)" '1.0 Z 4.4.2 m,1.1 Z 4.4.2 m,2.0 K 2.0.0 m,'
server 1/dot='!close'
is 'gone after the end of the text' "$(two)" '1.0 Z 4.4.2 m,1.1 Z 4.4.2 m,2.0 K 2.0.0 m,'
is 'the text went once' "$(sed -n 's/^1 //p' "$S/log" | grep -c '^data') $(count data)" '1 2'

### before the end of the text
python3 -c 'import sys; sys.stdout.write(("x" * 79 + "\n") * 100000)' >"$T/big"
server data='354 go\n552 5.3.4 too much'
is 'a refusal before the text has begun' "$(jobs "job $T/big a@x.example b@y.example" "$J b@y.example" | verdicts)" '1.0 D 5.3.4 m,2.0 D 5.3.4 m,'
server data='354 go\n421 4.3.2 later!close'
is 'a good-bye' "$(jobs "job $T/big a@x.example b@y.example" | verdicts)" '1.0 Z 4.3.2 m,'
server data='354 go\n250 fine, that will do'
is 'success before the end is none' "$(jobs "job $T/big a@x.example b@y.example" | verdicts)" '1.0 Z 4.4.2 m,'

### 8-bit text
printf 'Subject: hi\n\nh\303\244llo\n' >"$T/8bit"
for kind in --pipelining --utf8; do
	server $kind
	is "declared 8-bit, the server does not offer it ($kind)" "$(jobs 'params BODY=8BITMIME' "job $T/8bit a@x.example b@y.example" | verdicts)" '1.0 K 2.0.0 m,'
	t 'it goes as it is' cmp "$T/8bit" "$S/text.1"
	is 'undeclared' "$(commands | grep MAIL)" 'MAIL FROM:<a@x.example>'
	echo 1 >"$PNEU_ETC/eightbitmime"
	server $kind
	is 'unless control/eightbitmime says 1' "$(jobs 'params BODY=8BITMIME' "job $T/8bit a@x.example b@y.example c@y.example" 'params ""' "$J b@y.example" | verdicts)" \
		'1.0 D 5.6.3 m,1.1 D 5.6.3 m,2.0 K 2.0.0 m,'
	t 'the reason' grep -q 'does not offer 8BITMIME, which this message needs' "$T/last"
	server $kind --8bit
	is 'where it is offered it goes' "$(jobs 'params BODY=8BITMIME' "job $T/8bit a@x.example b@y.example" | verdicts)" '1.0 K 2.0.0 m,'
	rm "$PNEU_ETC/eightbitmime"
done
finish
