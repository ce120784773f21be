# pneu-tcpd -x: rules decide, a changed database counts, a missing or damaged one refuses
. tests/lib.sh
. tests/program/tcpd_lib.sh

rules() { pneu-tcprules "$T/rules.cdb" "$T/rules.tmp"; }
hear() { $client hear 127.0.0.1 "$port" "$1" | tr -d '\r'; }

rules <<'END'
127.0.0.1:allow,RELAYCLIENT="",WHO="me",TCPREMOTEIP="10.9.8.7"
127.0.0.2:deny
127.0.0.3:deny,WHO="denied"
127.0.0.4-5:allow,WHO="range"
127.:allow
::1:allow,WHO="six"
:deny
END
RELAYCLIENT=inherited WHO=inherited
export RELAYCLIENT WHO
start -x "$T/rules.cdb" 127.0.0.1:0 '[::1]:0' -- sh -c 'echo "$WHO,$RELAYCLIENT,$TCPREMOTEIP"'
is 'a rule sets variables, also over ours' "$(hear 127.0.0.1)" 'me,,10.9.8.7'
is 'denied means closed without a word' "$(hear 127.0.0.2)" ''
t 'and is logged' log_has '^pneu-tcpd: refused 127.0.0.2: denied by rule 127.0.0.2$'
is 'denied with variables is denied' "$(hear 127.0.0.3)" ''
is 'a range' "$(hear 127.0.0.5)" 'range,inherited,127.0.0.5'
is 'a prefix' "$(hear 127.0.0.6)" 'inherited,inherited,127.0.0.6'
port6=$(sed -n 2p "$T/port")
[ -z "$port6" ] || is 'an IPv6 address' "$($client hear ::1 "$port6")" 'six,inherited,::1'

rules <<'END'
127.:deny
END
gone() { [ -z "$(hear 127.0.0.1)" ]; }
t 'a new database counts soon, without being told' wait_until 20 gone
rules <<'END'
127.:allow,WHO="third"
END
kill -HUP "$pid"
is 'after HUP it counts at once' "$(hear 127.0.0.1)" 'third,inherited,127.0.0.1'

# the file is cut and overwritten in place, as cp does
cp "$T/rules.cdb" "$T/good"
truncate -s 100 "$T/rules.cdb"
kill -HUP "$pid"
is 'with a damaged database everybody is asked to come back' "$(hear 127.0.0.1)" '421 4.3.0 temporary trouble, try again later'
t 'the damage is logged' log_has "^pneu-tcpd: warning: $T/rules.cdb is damaged: connections are refused$"
t 'and the client' log_has "^pneu-tcpd: refused 127.0.0.1: no usable rules in $T/rules.cdb$"
told=$(python3 -c 'import socket, sys; print(socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20).makefile().readline().split()[-1])' "$port")
t 'what he was told leads to that line' grep -qF "pneu-tcpd: refused 127.0.0.1: no usable rules in $T/rules.cdb $told" "$T/log"
is 'and pneu-trace there, too' "$(pneu-trace -f "$T/log" "$told" | tail -n 1 | sed "s/.* refused to /refused to /")" "refused to [127.0.0.1]: no usable rules in $T/rules.cdb"
is 'the damage only once' "$(grep -c 'is damaged' "$T/log")" 1
cat "$T/good" >"$T/rules.cdb"
served() { [ "$(hear 127.0.0.1)" = third,inherited,127.0.0.1 ]; }
t 'when it is whole again it serves again' wait_until 20 served
t 'and says so' log_has "rules.cdb is usable again$"
rm "$T/rules.cdb"
kill -HUP "$pid"
is 'a missing database refuses too' "$(hear 127.0.0.1)" '421 4.3.0 temporary trouble, try again later'
t 'and is logged' log_has "without rules connections are refused: $T/rules.cdb: No such file"
stop

if command -v cdb >/dev/null; then
	printf '+4,2:127.->XY\n\n' | cdb -c "$T/rules.cdb" -
	start -x "$T/rules.cdb" 127.0.0.1:0 -- echo in
	is 'a rule that cannot be read is temporary trouble' "$(hear 127.0.0.1)" '421 4.3.0 temporary trouble, try again later'
	t 'and is logged with its key' log_has '^pneu-tcpd: refused 127.0.0.1: unreadable rule 127.$'
	stop
else
	echo '# cdb (tinycdb) is missing: the unreadable rule is left out'
fi

start -x "$T/none.cdb" 127.0.0.1:0 -- echo in
is 'a database that was never there refuses' "$(hear 127.0.0.1)" '421 4.3.0 temporary trouble, try again later'
stop
start -X -x "$T/none.cdb" 127.0.0.1:0 -- echo in
is 'with -X it admits all' "$(hear 127.0.0.1)" in
: >"$T/none.cdb"
kill -HUP "$pid"
is 'but not when it is damaged' "$(hear 127.0.0.1)" '421 4.3.0 temporary trouble, try again later'
stop

rules <<'END'
127.:deny
:allow
END
start -x "$T/rules.cdb" -d '554 5.7.1 go away' 127.0.0.1:0 -- echo in
is '-d says what the denied read' "$(hear 127.0.0.1)" '554 5.7.1 go away'
stop
finish
