# pneu-health: each check, when all is well and when it is not
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'needs python3'
. tests/program/send.sh
tcpd=
cleanup_send() { [ -z "$house_pid" ] || { kill -CONT "$(cat "$H/pid")"; kill -TERM "$house_pid"; kill -KILL "$(cat "$H/pid")"; } 2>/dev/null; }
cleanup() {
	cleanup_send
	[ -z "$tcpd" ] || kill -KILL $tcpd 2>/dev/null
}
small='-b 0 -i 0'               # whatever is free where the tests run
# says CODE LINE ARGUMENTS...: exactly that line
says() {
	code=$1 line=$2; shift 2
	pneu-health "$@" >"$T/said" 2>&1
	is_code=$?
	[ $is_code = "$code" ] && [ "$(cat "$T/said")" = "$line" ] || { echo "code $is_code"; cat "$T/said"; return 1; }
}
# finds CODE PATTERN ARGUMENTS...: a line of it
finds() {
	code=$1 pattern=$2; shift 2
	pneu-health "$@" >"$T/said" 2>&1
	is_code=$?
	[ $is_code = "$code" ] && grep -q "$pattern" "$T/said" || { echo "code $is_code"; cat "$T/said"; return 1; }
}

house
rule '*@dead.test' 'site connect timed out'
rule '*@held.test' 'gate open'
rule '*' 'K ok'
t 'without a runner it is not healthy' finds 1 '^runner: it does not run, or takes no orders: ' $small
start
t 'with one it is' says 0 healthy $small
t 'which may go unsaid' says 0 '' -q $small
t 'in JSON too' says 0 '{"healthy":true,"findings":[]}' --json $small
t 'checks can be chosen' says 0 healthy runner overdue

# ---- space
t 'too little space' finds 1 '^space: [0-9]* MB free for the queue$' -b 4294967295 -i 0
t 'is no matter to other checks' says 0 healthy -b 4294967295 runner
case $(stat -f -c %c "$Q") in
0) echo '# this file system has no limit of inodes' ;;
*) t 'too few inodes' finds 1 '^space: [0-9]* inodes free for the queue$' -b 0 -i 4294967295 space ;;
esac
t 'JSON has what is wrong' finds 1 '^{"healthy":false,"findings":\[{"check":"space","known":true,"wrong":true,"text":"[0-9]* MB free for the queue"}' -j -b 4294967295 -i 0 space
t 'without a queue it cannot be told' env PNEU_QUEUE="$T/none" sh -c 'pneu-health space; [ $? = 111 ]'

# ---- destinations
fabricate --count 8 --rcpt '%d@dead.test' >/dev/null
signal ALRM
dead() { pneu-qctl status | grep -q '^site remote mx dead.test .* dead [1-9]' && all_deferred 8; }
wait_until 30 dead || { signal ALRM; wait_until 30 dead; }
# messages are counted once in a while
waits_for() { finds "$@"; }
t 'a destination that does not answer' wait_until 20 waits_for 1 '^destinations: dead.test does not answer, and 8 wait for it: 4.4.1 connect timed out' \
	-n 8 destinations
t 'is no matter while few wait for it' says 0 healthy -n 9 destinations
pneu-qctl pause dead.test >/dev/null
t 'nor while it is paused' says 0 healthy -n 1 destinations
pneu-qctl resume dead.test >/dev/null
stop
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	start
	chmod 755 "$T" "$T/$house_n"
	chmod 711 "$Q"
	other() { setpriv --reuid 54399 --regid 54399 --clear-groups env PATH="$PATH" "$@"; }
	if ! other test -x "$B/pneu-health" || ! other test -S "$Q/ctl"; then
		echo '# the programs cannot be reached by others here'
	elif ! other pneu-qctl mine >/dev/null 2>&1; then
		echo '# this build cannot tell who asks'
	else
		t 'others are not told of destinations' other sh -c 'pneu-health destinations >"$0"; [ $? = 111 ]' /dev/null
		t 'nor of what is paused' other sh -c 'pneu-health paused >"$0"; [ $? = 111 ]' /dev/null
		t 'and may ask the rest' other pneu-health -q $small
	fi
	stop
fi

# ---- overdue
house
rule '*' 'gate open'
echo 2 >"$E/concurrencyremote"
fabricate --count 5 --rcpt 'x%d@g%d.test' --due -60 --quiet
start
overdue() { pneu-qctl status >"$T/status"; grep -q '^overdue [1-9]' "$T/status"; }
t 'when no message of many is begun any more' wait_until 30 overdue
t 'it is told' finds 1 '^overdue: mail that is due has waited [1-9][0-9]* seconds, and none of it is begun$' $small -o 0
t 'as late as one likes' says 0 healthy -o 36000 overdue
pneu-qctl pause all >/dev/null
t 'not while an operator wants it so' says 0 healthy overdue

# ---- paused
ago='uid [0-9]* has paused all, [0-9]* seconds ago; to end it: pneu-qctl resume all'
t 'what an operator has paused is told' finds 0 "^paused: $ago\$" $small
is 'and all is well' "$(tail -n 1 "$T/said")" healthy
t 'until it has lasted too long' finds 1 "^paused: $ago\$" -p 0 $small
is 'then nothing says it is' "$(grep -c healthy "$T/said")" 0
t 'JSON has the difference' finds 0 "^{\"healthy\":true,\"findings\":\[{\"check\":\"paused\",\"known\":true,\"wrong\":false,\"text\":\"$ago\"}\]}\$" -j paused
pneu-qctl resume all >/dev/null
t 'and nothing when it is over' says 0 healthy -p 0 paused

# ---- a runner that hangs
stand_still
t 'a runner that does not answer' says 1 'runner: no answer in time' -t 1 runner
signal CONT
: >"$H/open"
stop

# ---- greetings
: >"$T/ports"
for words in '220 here.test ESMTP' '+OK POP3' '421 not now' ''; do
	PNEU_ETC=$E pneu-tcpd -1 127.0.0.1:0 -- sh -c 'printf "$0"; [ -z "$0" ] || { read -r quit; printf "221 bye\r\n"; }; read -r end' \
		"${words:+$words\\r\\n}" >"$T/port" 2>>"$T/tcpd.log" &
	tcpd="$tcpd $!"
	wait_until 20 test -s "$T/port"
	cat "$T/port" >>"$T/ports"
	rm "$T/port"
done
port() { sed -n "$1p" "$T/ports"; }
t 'a listener that greets' says 0 healthy -s "$(port 1)" greeting
t 'two of them, of two kinds' says 0 healthy -s "$(port 1)" -s "127.0.0.1:$(port 2)" greeting
t 'one that sends us away' says 1 "greeting: 127.0.0.1:$(port 3) says: 421 not now" -s "$(port 1)" -s "127.0.0.1:$(port 3)" greeting
t 'one that says nothing' says 1 "greeting: $(port 4): no greeting" -t 1 -s "$(port 4)" greeting
if [ -e "/proc/$$/status" ]; then
	# its alarm comes while it waits, and is the first that it sees
	pneu-tcpd -1 127.0.0.1:0 -- sh -c ': >"$0"; read -r end' "$T/came" >"$T/port" 2>>"$T/tcpd.log" &
	tcpd="$tcpd $!"
	wait_until 20 test -s "$T/port"
	pneu-health -t 1 -s "$(cat "$T/port")" greeting >"$T/said" & asker=$!
	wait_until 20 test -e "$T/came"
	kill -STOP "$asker"
	wait_until 20 grep -q '^ShdPnd:.*2...$' "/proc/$asker/status"
	kill -CONT "$asker"
	wait "$asker"
	is 'who is late to look says the same' "$(cat "$T/said")" "greeting: $(cat "$T/port"): no greeting"
fi
kill $tcpd
wait $tcpd
tcpd=
python3 tests/program/qmqp_fake.py "$T/dead" "$T" dead & tcpd=$!          # it keeps the port, and does not listen
wait_until 20 test -s "$T/dead"
t 'one that is not there' says 1 "greeting: [127.0.0.1]:$(cat "$T/dead"): Connection refused" -s "[127.0.0.1]:$(cat "$T/dead")" greeting

# ---- usage
for bad in '-b x' '-o -1' '-p 1h' '-s host:25' '-s 127.0.0.1:' 'greeting' 'nothing' '-t 0' '-x' '-n 0'; do
	t "wrong use: $bad" sh -c 'pneu-health $0 >/dev/null 2>&1; [ $? = 100 ]' "$bad"
done
finish
