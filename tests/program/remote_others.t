# remote_others.t - pneu-remote and a host that has trouble of its own: another one of the route takes what it does not. Both are
# one server, which knows them apart by the number of the connection
. tests/lib.sh
. tests/program/remote_lib.sh
printf 'Subject: x\n\n.hello\n' >"$T/m"
J="job $T/m a@x.example"
start_tcp
one=127.0.0.1/127.0.0.1/clear two=localhost/127.0.0.1/clear
route="host 127.0.0.1 $port localhost $port"
# fare JOB...: of each recipient the verdict, the pause and the way, then how many connections there were
fare() {
	jobs vias "$@" >/dev/null
	sed -n 's/^report \([0-9]*\) \([0-9]*\) \(.\) \([0-9.]*\) \(.\) \([0-9]*\) \([^ ]*\) .*/\1.\2 \3 \4 \5 \6 \7/p' "$T/last" | sort -V | tr '\n' ','
	echo " $(connections)"
}
for kind in --8bit --pipelining '--pipelining --chunking'; do
	for event in mail rcpt data dot; do
		case $kind$event in *chunking*data) continue ;; *chunking*dot) event=last ;; esac
		for say in '452 4.3.1 disk full' '421 4.3.2 not now!close'; do
			server $kind "1/$event=$say"
			is "${say%% *} at $event ($kind): the next host" "$(fare "$J b@y.example")" "1.0 K 2.0.0 m 0 $two, 2"
			t 'has all of it' cmp "$T/m" "$(ls "$S"/text.* | sort -V | tail -n 1)"
		done
	done
	for say in '450 4.2.1 busy' '450 busy' '451 4.7.1 greylisted' '451 4.1.8 who are you'; do
		server $kind "1/rcpt=$say"
		is "$say ($kind): an answer" "$(fare "$J b@y.example" | sed 's/Z [0-9.]*/Z/')" "1.0 Z m 0 $one, 1"
	done
	server $kind '1/rcpt=451 no'
	is "451 alone ($kind): the next host" "$(fare "$J b@y.example")" "1.0 K 2.0.0 m 0 $two, 2"
	server $kind '1/mail=451 4.3.0 try again in 300 seconds'
	is "a time to wait ($kind): so is this" "$(fare "$J b@y.example")" "1.0 Z 4.3.0 m 300 $one, 1"
	server $kind '1/rcpt:b@=451 4.3.0 no' '1/rcpt:c@=550 5.1.1 nobody'
	is "one of three ($kind)" "$(fare "$J a@y.example b@y.example c@y.example")" \
		"1.0 K 2.0.0 m 0 $one,1.1 K 2.0.0 m 0 $two,1.2 D 5.1.1 m 0 $one, 2"
	server $kind 'mail=452 4.3.1 full'
	is "both are full ($kind): it waits, and no silent place is that" "$(fare "$J b@y.example")" "1.0 Z 4.3.1 m 0 $one, 2"
	is 'it says so of both' "$(grep -o 'refused the sender' "$T/last" | wc -l)" 2
	server $kind '1/mail=452 4.3.1 full' 'rcpt=550 5.1.1 nobody'
	is "refused by the other ($kind)" "$(fare "$J b@y.example")" "1.0 D 5.1.1 m 0 $two, 2"
done
server --pipelining '1/dot=452 4.3.1 full'
is 'the next message does not follow before the first was taken' "$(fare "$J b@y.example" "$J c@y.example")" "1.0 K 2.0.0 m 0 $two,2.0 K 2.0.0 m 0 $two, 2"
is 'and each has been taken once' "$(commands | grep -c '^RCPT TO:<b@')$(commands | grep -c '^RCPT TO:<c@')" 21
server --pipelining '1/dot#2=452 4.3.1 full' '1/data=354 go!drip'
is 'what followed it is heard to its end first' "$(fare "$J b@y.example" "$J c@y.example" "$J d@y.example" | grep -o '[KZD] [0-9.]*' | tr '\n' ' ')" \
	'K 2.0.0 Z 4.3.1 K 2.0.0 '
server --lmtp '1/dot#2=452 4.3.1 full'
route="lmtp 127.0.0.1 $port localhost $port"
is 'LMTP: one of two' "$(fare "$J b@y.example c@y.example")" "1.0 K 2.0.0 m 0 $one,1.1 K 2.0.0 m 0 $two, 2"
route="host 127.0.0.1 $port"
server 'mail=452 4.3.1 full'
is 'no other host: it waits' "$(fare "$J b@y.example")" "1.0 Z 4.3.1 m 0 $one, 1"
finish
