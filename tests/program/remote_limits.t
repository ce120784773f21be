# pneu-remote and servers that take only so many: recipients at once, domains, messages of a connection (RFC 9422, RFC 5321 4.5.3.1.10)
. tests/lib.sh
. tests/program/remote_lib.sh
start_tcp
printf 'Subject: hi\n\nhello\n.dot\n' >"$T/m"
J="job $T/m a@x.example"
python3 -c 'import sys; sys.stdout.write(("." + "x" * 79 + "\n") * 4000)' >"$T/big"
# per: recipients asked for in each transaction
per() { commands | awk '/^MAIL/ { if (n) print n; n = 0 } /^RCPT/ { n++ } END { print n }' | tr '\n' ' '; }
hundred=$(seq -f 'r%g@y.example' 100 | tr '\n' ' ')

for kind in --pipelining --8bit '--pipelining --chunking' --chunking; do
	server $kind --limits 'RCPTMAX=10' --rcptmax 10
	is "a hundred recipients, RCPTMAX=10 ($kind)" "$(jobs "$J $hundred" "$J b@y.example" | grep -c ' K 2.0.0 m ')" 101
	is 'in ten transactions of one connection' "$(per) $(connections)" '10 10 10 10 10 10 10 10 10 10 1  1'
	t 'the last text is whole' cmp "$T/m" "$S/text.10"
	server $kind --rcptmax 30
	is 'nothing announced, but 452 from the 31st on' "$(jobs "$J $hundred" | grep -c ' K 2.0.0 m ')" 100
	is 'is noticed once' "$(per)" '100 30 30 10 '
	server $kind --limits 'MAILMAX=2 FOO'
	is 'MAILMAX=2' "$(jobs "$J b@y.example" "$J b@y.example" "$J c@y.example" "$J b@y.example" "$J b@y.example" | grep -c ' K 2.0.0 m ')" 5
	is 'takes three connections, each ended well' "$(connections) $(count QUIT)" '3 3'
	server $kind --limits 'MAILMAX=1 RCPTMAX=2'
	is 'both, and a large text' "$(jobs "job $T/big a@x.example b@y.example c@y.example d@y.example e@y.example f@y.example" | verdicts)" \
		'1.0 K 2.0.0 m,1.1 K 2.0.0 m,1.2 K 2.0.0 m,1.3 K 2.0.0 m,1.4 K 2.0.0 m,'
	is 'a connection each' "$(per) $(connections)" '2 2 1  3'
	t 'the text again' cmp "$T/big" "$S/text.2"
	t 'and again' cmp "$T/big" "$S/text.3"
	server $kind --limits 'RCPTDOMAINMAX=1'
	is 'RCPTDOMAINMAX=1' "$(jobs "$J b@y.example c@z.example d@Y.example e@z.example f@w.example" | verdicts)" \
		'1.0 K 2.0.0 m,1.1 K 2.0.0 m,1.2 K 2.0.0 m,1.3 K 2.0.0 m,1.4 K 2.0.0 m,'
	is 'takes a transaction for each domain' "$(commands | grep RCPT | tr '\n' ' ')" \
		'RCPT TO:<b@y.example> RCPT TO:<d@Y.example> RCPT TO:<c@z.example> RCPT TO:<e@z.example> RCPT TO:<f@w.example> '
	server $kind --limits RCPTMAX=2 rcpt:bad='550 5.1.1 no'
	is 'one refused, another not' "$(jobs "$J bad@y.example b@y.example bad2@y.example bad3@y.example c@y.example" | verdicts)" \
		'1.0 D 5.1.1 m,1.1 K 2.0.0 m,1.2 D 5.1.1 m,1.3 D 5.1.1 m,1.4 K 2.0.0 m,'
done

### what is no such limit
for kind in --pipelining '--pipelining --chunking' --8bit; do
	server $kind rcpt='452 4.5.3 too many recipients this hour'
	is "nobody at all ($kind)" "$(jobs "$J b@y.example c@y.example" | verdicts)" '1.0 Z 4.5.3 m,1.1 Z 4.5.3 m,'
	is 'is asked once' "$(count MAIL)" 1
	server $kind rcpt:full='452 4.2.2 mailbox full' rcpt:552='552 5.2.2 mailbox full'
	is 'a mailbox that is full' "$(jobs "$J b@y.example full@y.example 552@y.example" | verdicts)" '1.0 K 2.0.0 m,1.1 Z 4.2.2 m,1.2 D 5.2.2 m,'
	is 'has no second chance' "$(count MAIL)" 1
	server $kind rcpt#2='452 hm' rcpt#3='452 hm'
	is '452 without a status may be' "$(jobs "$J b@y.example c@y.example d@y.example" | verdicts)" '1.0 K 2.0.0 m,1.1 K 2.0.0 m,1.2 K 2.0.0 m,'
	server $kind rcpt#2='552 Too many recipients' rcpt#3='451-4.3.0 Multiple destination domains per transaction is unsupported\n451 4.3.0 again'
	is 'words, too' "$(jobs "$J b@y.example c@y.example d@y.example" | verdicts)" '1.0 K 2.0.0 m,1.1 K 2.0.0 m,1.2 K 2.0.0 m,'
done
server --pipelining --rcptmax 2 1/mail#2='421 4.7.0 enough!close'
is 'a connection that ends between two transactions' "$(jobs "$J b@y.example c@y.example d@y.example e@y.example" | verdicts)" \
	'1.0 K 2.0.0 m,1.1 K 2.0.0 m,1.2 K 2.0.0 m,1.3 K 2.0.0 m,'
server --pipelining --rcptmax 2 dot#1='421 4.7.0 enough!close'
is 'one that ends in the first' "$(jobs "$J b@y.example c@y.example d@y.example" | verdicts)" '1.0 Z 4.7.0 m,1.1 Z 4.7.0 m,1.2 Z 4.7.0 m,'
server --pipelining --rcptmax 1 data#2='554 5.7.1 no'
is 'a text that one transaction is refused' "$(jobs "$J b@y.example c@y.example d@y.example" | verdicts)" '1.0 K 2.0.0 m,1.1 D 5.7.1 m,1.2 K 2.0.0 m,'
server --limits 'RCPTMAX=0 MAILMAX=x RCPTDOMAINMAX=' --pipelining
is 'limits that are none' "$(jobs "$J b@y.example c@z.example" | verdicts) $(connections) $(count MAIL)" '1.0 K 2.0.0 m,1.1 K 2.0.0 m, 1 1'
finish
