# pneu-trace: what became of a message, from logs that two houses wrote through multilog, svlogd, logger and the journal's form
. tests/lib.sh
. tests/system/house.sh
command -v multilog >/dev/null || skip_all 'multilog is needed (Debian: daemontools)'
command -v svlogd >/dev/null || skip_all 'svlogd is needed (Debian: runit)'
command -v logger >/dev/null || skip_all 'logger is needed (Debian: bsdutils)'
TZ=UTC0
export TZ

loggers=
cleanup() {
	house_cleanup
	exec 6>&- 7>&- 8>&- 9>&-
	[ -z "$loggers" ] || kill $loggers 2>/dev/null
	:
}
# log_by NAME program...: what the house logs as NAME goes through the program, and as it is into $D/plain/NAME
log_by() {
	log_name=$1; shift
	mkdir -p "$D/plain" "$D/kept/$log_name"
	rm -f "$D/log/$log_name"
	mkfifo "$D/log/$log_name"
	tee "$D/plain/$log_name" <"$D/log/$log_name" 6>&- 7>&- 8>&- 9>&- | "$@" "$D/kept/$log_name" 6>&- 7>&- 8>&- 9>&- 2>"$T/logger" &
	loggers="$loggers $!"
}
logged() { grep -q -e "$1" "$D/plain/send"; }
logged_times() { [ "$(grep -c -e "$2" "$D/plain/send")" -ge "$1" ]; }
# without clocks, and IDs as letters in the order in which they come
tidy() {
	awk '{ gsub(/127\.0\.0\.1/, "IP"); while (match($0, /1[0-9a-hj-kmnp-tv-z]{11,}/) || match($0, /1k[0-9a-z][0-9a-z][0-9a-z][0-9a-z][0-9a-z][0-9a-z][0-9a-z][0-9a-z][0-9a-z][0-9a-z][0-9a-z]*/)) {
		id = substr($0, RSTART, RLENGTH)
		if (!(id in name)) name[id] = "ID-" substr("ABCDEFGHIJKLMNOP", ++n, 1)
		$0 = substr($0, 1, RSTART - 1) name[id] substr($0, RSTART + RLENGTH)
	} sub(/^[0-9][0-9]:[0-9][0-9]:[0-9][0-9] /, ""); sub(/^[0-9-]*$/, "DATE"); gsub(/[^ (]*etc\/aliases/, "aliases"); print }'
}

# ---- two houses, and what happens there

build b b.example bob
log_by send svlogd -tt
exec 6<>"$D/log/send"
log_by smtpd svlogd -tt
exec 7<>"$D/log/smtpd"
start
bp=$P
build a a.example ann joe
log_by send multilog t
exec 8<>"$D/log/send"
log_by smtpd multilog t
exec 9<>"$D/log/smtpd"
printf '%s\n' "b.example:127.0.0.1:$bp" 'away.example:127.0.0.1:9' >"$D/etc/smtproutes"
echo bob@b.example >"$D/home/joe/.forward"
aliases <<END
team: ann, bob@b.example
END
start
reply=$(smtp out@x.example ann@a.example nosuch@a.example joe@a.example team@a.example)
smtp out@x.example bob@b.example >/dev/null
smtp Ann@a.example nosuch@b.example later@away.example >/dev/null
wait_until 20 logged '^bounce msg' && wait_until 20 logged 'deferral' || echo '# the first run did not do its work'
wait_until 20 sh -c "! pneu-qread -1 | grep -v away.example | grep -q ." || echo '# mail still waits'
# another run, whose deliveries have the same numbers, and another file of the same log
stop
runner=$(ps ax -o pid= -o args= | awk -v d="$D/kept/send" '$2 ~ /multilog$/ && $NF == d { print $1 }')
kill -ALRM $runner
wait_until 10 sh -c "ls '$D/kept/send' | grep -q '^@.*[.]s'" || echo '# multilog did not rotate'
start
pneu-qctl flush >/dev/null
wait_until 20 logged_times 2 'deferral' || echo '# no second attempt'
smtp out@x.example ann@a.example >/dev/null
wait_until 20 logged_times 2 '^delivery 2:' || echo '# nothing delivered in the second run'
stop
instance stop "$T/b" >/dev/null 2>&1
exec 6>&- 7>&- 8>&- 9>&-
wait $loggers
a=$T/a b=$T/b

session=$(echo "$reply" | sed -n 's/.*no such mailbox here \[\(.*\)\]$/\1/p')
first=$(echo "$reply" | sed -n 's/^250 2.0.0 ok //p')
second=$(sed -n 's/^info msg \([^:]*\):.*from <Ann@.*/\1/p' "$a/plain/send" | head -n 1)
bounce=$(sed -n 's/^bounce msg .* as //p' "$a/plain/send")
copy=$(sed -n 's/.*did_0+1+0_.*_id_//p' "$a/plain/send")
t 'the houses left what the test looks for' test -n "$session" -a -n "$first" -a -n "$second" -a -n "$bounce" -a -n "$copy"

# ---- one message

pneu-trace -d "$a/kept" "$first" >"$T/out"
is 'a message is found' $? 0
tidy <"$T/out" | LC_ALL=C sort >"$T/tidy"
has() { grep -qxF -e "$1" "$T/tidy"; }
tidy <"$T/out" >"$T/tidy"
t 'what its client was refused comes with it' has 'ID-A refused to client.test [IP] from <out@x.example>, command "RCPT TO:<nosuch@a.example>": 550 5.1.1 no such mailbox here'
t 'who sent it' has 'ID-B accepted from client.test [IP] (session ID-A): 24 bytes from <out@x.example> for 3 recipients'
t 'the runner has it' grep -qx "ID-B in the hands of the runner: [0-9]* bytes from <out@x.example>, queued by uid $(id -u)" "$T/tidy"
t 'an alias' has 'ID-B team@a.example is an alias (aliases:1) for 1 recipient'
t 'a delivery here' has 'ID-B delivered to ann@a.example: 1 file'
# its letter depends on who was delivered to first
copied=$(sed -n 's/^ID-B delivered to joe@a[.]example: forwarded to 1 address as //p' "$T/tidy")
t 'a forward, with its copy' test -n "$copied"
t 'a delivery elsewhere, with how safe it was, in the words of the server' grep -qx 'ID-B delivered to bob@b.example by IP \[IP\], in clear text: the server said: 250 2.0.0 ok ID-.' "$T/tidy"
t 'what became of the copy' grep -q "^$copied delivered to bob@b.example by" "$T/tidy"
is 'it is done, and so is the copy' "$(grep -c 'done, gone from the queue$' "$T/tidy")" 2
is 'the beginning stands at the beginning' "$(sed -n 1,2p "$T/tidy" | cut -c1-16)" 'DATE
ID-A refused to '
is 'in order of time' "$(sed 1d "$T/out" | cut -c1-8)" "$(sed 1d "$T/out" | cut -c1-8 | sort)"
t 'nobody else is in it' not grep -q 'away\|bounce' "$T/out"
is 'times are those of tai64nlocal' "$(sed 1d "$T/out" | grep "$first in the hands" | cut -c1-8)" \
	"$(cat "$a"/kept/send/@*.s "$a/kept/send/current" | tai64nlocal | sed -n "s/.* \(..:..:..\).* info msg $first:.*/\1/p")"

pneu-trace -d "$a/kept" "$copy" | tidy >"$T/tidy"
t 'a copy knows what it came of' grep -q 'delivered to joe@a.example: forwarded to 1 address as ID-' "$T/tidy"
t 'and that is all it says of that' not grep -q 'ann@\|team' "$T/tidy"
pneu-trace -d "$a/kept" "$bounce" >"$T/out"
t 'a bounce, too' grep -q "$second the sender is told of the failure, by the bounce $bounce\$" "$T/out"

pneu-trace -d "$a/kept" "$second" >"$T/out"
t 'a failure, in the words of the server' grep -q 'not delivered, for good, to nosuch@b.example by .* refused this recipient. The server said: 550 5.1.1 no such mailbox here \[' "$T/out"
t 'the bounce follows its message' grep -q "$bounce delivered to Ann@a.example: 1 file" "$T/out"
is 'numbers that begin anew do not mix up the runs' "$(grep -c "$second not delivered yet to later@away.example: no connection to 127.0.0.1: Connection refused" "$T/out")" 2
t 'nor bring in others' not grep -q out@x.example "$T/out"

pneu-trace -d "$a/kept" -d "$b/kept" "$first" | tidy >"$T/tidy"
is 'two hosts, svlogd and multilog: mail is followed to the next hop' "$(grep -c 'delivered to bob@b.example: 1 file' "$T/tidy")" 2
t 'with the session there' grep -q '^ID-. accepted from a.example \[IP\] (session ID-.): ' "$T/tidy"

# ---- a session, an address

pneu-trace -d "$a/kept" "[$session]" | tidy >"$T/tidy"
t 'a session by the ID of its refusal begins' grep -q '^ID-A session begins with \[IP\], to IP port' "$T/tidy"
t 'is refused something' grep -q '^ID-A refused to client.test' "$T/tidy"
t 'ends' grep -q '^ID-A session ends: messages 1 recipients 3 refusals 1' "$T/tidy"
t 'and has a message' grep -q 'delivered to ann@a.example: 1 file' "$T/tidy"

pneu-trace -d "$a/kept" NOSUCH@a.example | tidy >"$T/tidy"
is 'an address that was refused' "$(cat "$T/tidy")" 'DATE
ID-A refused to client.test [IP] from <out@x.example>, command "RCPT TO:<nosuch@a.example>": 550 5.1.1 no such mailbox here'
pneu-trace -d "$a/kept" later@away.example >"$T/out"
t 'a recipient' grep -q "$second not delivered yet" "$T/out"
pneu-trace -d "$a/kept" ann@a.example >"$T/out"
t 'a sender' grep -q "$second accepted" "$T/out"
t 'and the same as recipient' grep -q "$first delivered to ann" "$T/out"
is 'families stand apart' "$(grep -c '^$' "$T/out")" 2
pneu-trace -d "$a/kept" @away.example >"$T/domain"
pneu-trace -d "$a/kept" "$second" | diff - "$T/domain" >"$T/diff"
is 'a domain' "$(cat "$T/diff")" ''
pneu-trace -d "$a/kept" way.example@nowhere.example >"$T/out" 2>&1
is 'nobody' "$?$(cat "$T/out")" 1

# ---- other logs, the same story

story() { pneu-trace "$@" "$first" "$second" | sed 's/^..:..:.. //; s/ (it took [^)]*)//; /^[0-9-]*$/d' | LC_ALL=C sort; }
story -d "$a/kept" >"$T/want"
t 'there is a story' test "$(wc -l <"$T/want")" -gt 15
is 'logs without stamps' "$(story -d "$a/plain")" "$(cat "$T/want")"
is 'one of them as standard input, the other as a file' "$(story -f - -f "$a/plain/smtpd" <"$a/plain/send")" "$(cat "$T/want")"
is 'from a pipe' "$(cat "$a/plain/smtpd" "$a/plain/send" | story -f -)" "$(cat "$T/want")"
mkdir "$T/sys"
by_logger() {
	for l in smtpd send; do
		logger --no-act -s -t "pneu-$l" -f "$a/plain/$l" "$@" 2>&1
	done
}
by_logger --socket-errors=off >"$T/sys/raw"
is 'logger' "$(story -f "$T/sys/raw")" "$(cat "$T/want")"
by_logger -n 127.0.0.1 -P 9 -d --rfc3164 >"$T/sys/rfc3164"
is 'to another host' "$(story -f "$T/sys/rfc3164")" "$(cat "$T/want")"
by_logger -n 127.0.0.1 -P 9 -d --rfc5424 >"$T/sys/rfc5424"
is 'in the form of RFC 5424' "$(story -f "$T/sys/rfc5424")" "$(cat "$T/want")"
sed 's/ \[timeQuality[^]]*\] / - /; s/ - - - / 7 - - /' "$T/sys/rfc5424" >"$T/sys/rfc5424-"
is 'without data' "$(story -f "$T/sys/rfc5424-")" "$(cat "$T/want")"
sed 's/^<[0-9]*>\(... .. ..:..:..\) /\1 mx1 /; s/ pneu-send: / pneu-send[77]: /' "$T/sys/raw" >"$T/sys/mail.log"
is 'as syslog writes it' "$(story -f "$T/sys/mail.log")" "$(cat "$T/want")"
sed 's/^<[0-9]*>... .. \(..:..:..\) /'"$(date +%Y-%m-%d)"'T\1.123456+00:00 mx1 /' "$T/sys/raw" >"$T/sys/rfc"
is 'with zones' "$(story -f "$T/sys/rfc")" "$(cat "$T/want")"
sed "s/^/$(date +%Y-%m-%d)T10:20:30.123456789+00:00 /" "$a/plain/smtpd" "$a/plain/send" >"$T/sys/engine"
is 'with a stamp and nothing else, as an engine of containers puts it' "$(story -f "$T/sys/engine")" "$(cat "$T/want")"
python3 - "$a/plain/smtpd" "$a/plain/send" >"$T/sys/export" <<'END'
import struct, sys
us = 1795338486000000
for pid, name in enumerate(sys.argv[1:]):
    for line in open(name, 'rb'):
        line = line.rstrip(b'\n')
        us += 1000
        o = b'__CURSOR=s=1;i=%d\n__REALTIME_TIMESTAMP=%d\n_HOSTNAME=mx1\n' % (us, us)
        if us % 2000:
            o += b'MESSAGE=' + line + b'\n'
        else:
            o += b'MESSAGE\n' + struct.pack('<Q', len(line)) + line + b'\n'
        if us % 7000 == 0:
            o += b'COREDUMP\n' + struct.pack('<Q', 3000000) + b'\n=' * 1500000 + b'\n'
        sys.stdout.buffer.write(o + b'PRIORITY=6\n_PID=%d\n\n' % (100 + pid))
END
is 'journalctl -o export' "$(story -f - <"$T/sys/export")" "$(cat "$T/want")"
t 'with its time' sh -c "pneu-trace -j -f '$T/sys/export' '$first' | head -n 1 | grep -q '^{\"time\":\"2026-11-22T09:08:06.0'"
is 'packed, whatever the name is' "$(gzip -c <"$T/sys/export" | story -f -)" "$(cat "$T/want")"

n=$(wc -l <"$T/sys/mail.log")
mkdir "$T/rot"
sed -n "1,$((n / 3))p" "$T/sys/mail.log" | gzip >"$T/rot/mail.log.10.gz"
if command -v xz >/dev/null && command -v zstd >/dev/null; then
	sed -n "$((n / 3 + 1)),$((n / 2))p" "$T/sys/mail.log" | xz >"$T/rot/mail.log.9.xz"
	sed -n "$((n / 2 + 1)),$((n * 2 / 3))p" "$T/sys/mail.log" | zstd -q >"$T/rot/mail.log.1.zst"
else
	sed -n "$((n / 3 + 1)),$((n * 2 / 3))p" "$T/sys/mail.log" | gzip >"$T/rot/mail.log.2.gz"
fi
sed -n "$((n * 2 / 3 + 1)),\$p" "$T/sys/mail.log" >"$T/rot/mail.log"
is 'rotated logs are read from the oldest on' "$(story -d "$T/rot")" "$(cat "$T/want")"
printf 'junk' >>"$T/rot/mail.log.10.gz"
dd if="$T/rot/mail.log.10.gz" of="$T/rot/cut.gz" bs=100 count=1 2>/dev/null
pneu-trace -d "$T/rot" "$second" >"$T/out" 2>"$T/err"
is 'a damaged one is named' "$?" 111
t 'and what the others have is shown' grep -q "$second" "$T/out"
t 'with its name' grep -q 'zcat was not content with .*cut.gz' "$T/err"

PNEU_ETC=$a/etc
export PNEU_ETC
mv "$a/log" "$a/log.fifo"
mv "$a/plain" "$a/log"
is 'an instance knows where its logs are' "$(story)" "$(cat "$T/want")"
printf '%s\n' '# ours' "$a/kept/send" "$a/kept/smtpd/current" "$T/not-there-yet" >"$a/etc/logs"
is 'control/logs names others' "$(story)" "$(cat "$T/want")"
echo journal >"$a/etc/logs"
mkdir "$T/fake"
cat >"$T/fake/journalctl" <<END
#!/bin/sh
echo "\$*" >"$T/asked"
[ ! -e "$T/broken" ] || exit 1
exec cat "$T/sys/export"
END
chmod 755 "$T/fake/journalctl"
by_journal() { (PATH=$T/fake:$PATH; story "$@"); }
is "one may be systemd's journal" "$(by_journal)" "$(cat "$T/want")"
is 'of which our units are asked for' "$(cat "$T/asked")" '--no-pager -o export -u pneu* --since=@0'
by_journal -s 2026-11-22 >/dev/null
t 'and no more of it than was asked for, but for a day' grep -q -e '--since=@17952[0-9]*$' "$T/asked"
: >"$T/broken"
is 'a journal that cannot be read is trouble' "$(PATH=$T/fake:$PATH; pneu-trace "$first" >"$T/out" 2>&1; echo "$?")" 100
t 'that is named' grep -q 'journalctl could not' "$T/out"

# ---- stamps

TZ=CET-1CEST,M3.5.0,M10.5.0/3
stamp() {
	printf '%s%s\n' "$1" 'info msg 1k0v78bdqt5aeqgx: bytes 9 from <a@b.example> qp 1 uid 2' >"$T/stamped"
	touch -d '2026-11-23 12:00:00Z' "$T/stamped"
	pneu-trace -f "$T/stamped" 1k0v78bdqt5aeqgx | sed 's/ 1k0.*//' | tr '\n' ' '
}
for s in '@400000006a1256e0075bca00 ' '@400000006a1256e0 ' '2026-05-24_01:39:34.12345 ' '2026-05-24T01:39:34.12345 ' '2026-05-24 03:39:34.123456789  ' \
	'2026-05-24T01:39:34Z mx1 mail[7]: ' '2026-05-24T03:39:34.123+02:00 mx1 pneu-send: ' '2026-05-23T20:39:34-0500 mx1 x[1]: ' \
	'May 24 03:39:34 mx1 pneu-send[1234]: ' '<22>May 24 03:39:34 mail: ' '1779586774.123456 '; do
	is "stamp $s" "$(stamp "$s")" '2026-05-24 03:39:34 '
done
is 'a year that is not told is the last one possible' "$(stamp 'Dec 24 03:39:34 mx1 mail: ')" '2025-12-24 03:39:34 '
is 'a stamp that is none is text' "$(stamp '2026-05-24T01:39 ')" ''
for h in 01 02 03 04; do
	printf '2026-05-24_%s:00:00.00000 triple bounce: discarding 1k0v78bdqt5aeq%s\n' "$h" "$h"
	printf '2026-05-24_%s:00:00.00000 info msg 1k0v78bdqt5aeq%s: bytes 9 from <a@b.example> qp 1 uid 2\n' "$h" "$h"
done >"$T/window"
count() { pneu-trace "$@" -f "$T/window" a@b.example | grep -c 'in the hands'; }
is 'all' "$(count)" 4
is 'since, in local time' "$(count -s '2026-05-24 04:00')" 3
is 'until' "$(count --until 2026-05-24T05:00:00)" 3
is 'since a label, until a zoned time' "$(count --since 2026-05-24_02:00:00.00000 -u 2026-05-24T03:00:00Z)" 2
touch -d '2026-05-24 12:00:00Z' "$T/window"
is 'a log that has not changed since then' "$(count -s 2026-05-26)" 0
is 'an hour ago' "$(count -s 1h)" 0
TZ=UTC0

# ---- JSON, and strangers

printf '@400000006a1256e0075bca00 delivery 1: success: x\n' >"$T/odd"
printf '@400000006a1256e0075bca00 starting delivery 9: msg 1k0v78bdqt5aeqgx to remote \033[31m\351"\\@x.example\n' >>"$T/odd"
printf '@400000006a1256e0075bca00 held: msg 1k0v78bdqt5aeqgx: \303\244\001\302\233\377_x\n' >>"$T/odd"
printf '@400000006a1256e0075bca00 warning: unable to open 1k0v78bdqt5aeqgx: No_space_left\n\n@\n@4000\n<\n' >>"$T/odd"
printf '@400000006a1256e0075bca00 end msg 1k0v78bdqt5aeqgx' >>"$T/odd"
pneu-trace -f "$T/odd" 1k0v78bdqt5aeqgx >"$T/out"
t 'nothing that a terminal would act on' sh -c "LC_ALL=C; export LC_ALL; ! tr -d '\n' <'$T/out' | grep -q '[^ -~]'"
t 'a delivery without an end' grep -q 'delivery to ?\[31m?"\\@x.example by another host begins; the log does not say how it ended' "$T/out"
t 'other lines that name it' grep -q 'warning: unable to open 1k0v78bdqt5aeqgx: No_space_left' "$T/out"
t 'a line that is cut off' grep -q 'done, gone' "$T/out"
cat >"$T/story.py" <<'END'
import json, sys
last, events = '', []
for line in sys.stdin.buffer:
    o = json.loads(line.decode('utf-8'))
    assert o['time'] >= last, o
    assert o['line'] and o['file']
    last = o['time']
    events.append(o)
for want in sys.argv[1:]:
    fields = dict(w.split('=', 1) for w in want.split(','))
    if not any(all(str(o.get(k)) == v for k, v in fields.items()) for o in events):
        sys.exit('nothing is ' + want)
END
check_json() { python3 "$T/story.py" "$@" <"$T/json"; }
pneu-trace -j -f "$T/odd" 1k0v78bdqt5aeqgx >"$T/json"
t 'JSON of any bytes' check_json "$(printf 'event=held,text=\303\244\001\303\202\302\233\303\277_x,message=1k0v78bdqt5aeqgx')" event=note,id=1k0v78bdqt5aeqgx
t 'no control character among them, of eight bits either' sh -c 'LC_ALL=C; export LC_ALL; ! grep -q "$(printf "\302\233")" "$0"' "$T/json"
pneu-trace --json -d "$a/kept" -d "$b/kept" "$first" "$second" >"$T/json"
t 'JSON has the parts' check_json "event=accepted,session=$session,message=$first,from=out@x.example,client=127.0.0.1,recipients=3,bytes=24" \
	"event=delivered,message=$first,recipient=joe@a.example,channel=local,child=$copy" \
	"event=delivered,message=$first,recipient=bob@b.example,channel=remote,next_address=127.0.0.1,protection=clear" \
	"event=bounced,message=$second,child=$bounce" "event=queued,message=$bounce,from=" event=deferred,recipient=later@away.example \
	"event=refused,session=$session,command=RCPT TO:<nosuch@a.example>" "event=expanded,recipient=team@a.example,recipients=1"

# a milter's word about one message of a session, and qmail's own log
cat >"$T/more" <<'END'
pneu-smtpd: 1k0vxjtnhf11gb connect client 192.0.2.7 host mx.example to 192.0.2.1 port 25 relay no pid 7
pneu-smtpd: 1k0vxjtnhf11gb tls client 192.0.2.7 TLSv1.3 TLS_AES_128_GCM_SHA256 128
pneu-smtpd: 1k0vxjtnhf11gb auth ok client 192.0.2.7 mechanism PLAIN tls yes login ann
pneu-milter: 1k0vxjtnhf11gb: unix:/m: refused: 550 5.7.1 no
pneu-smtpd: 1k0vxjtnhf11gb accepted 1k0vxjtnwd5aaaaa rcpts 1 bytes 21 client 192.0.2.7 login ann helo mx from <x@x.example>
pneu-milter: 1k0vxjtnhf11gb: unix:/m: to be held: odd
pneu-smtpd: 1k0vxjtnhf11gb accepted 1k0vxjtnwf5abbbb rcpts 1 bytes 21 client 192.0.2.7 login ann helo mx from <y@y.example>
held: msg 1k0vxjtnwf5abbbb: odd
operator uid 1000 release: msg 1k0vxjtnwf5abbbb
starting delivery 1: msg 1k0vxjtnwf5abbbb to remote z@z.example
delivery 1: success: 192.0.2.9_accepted_message./Remote_host_said:_250_2.0.0_Ok/ via mx.z.example/192.0.2.9/TLSv1.3:verified/dsn
report msg 1k0vxjtnwf5abbbb qp 12 as 1k0vxjtnwg5acccc: success
info msg 4711: bytes 300 from <q@q.example> qp 13 uid 3
starting delivery 2: msg 4711 to local q@q.example
delivery 2: failure: Sorry,_no_mailbox_here_by_that_name._(#5.1.1)/
bounce msg 4711 qp 14
END
is 'a login without a domain' "$(pneu-trace -f "$T/more" Ann | grep -o '^[^ ]* [0-9a-z]* accepted' | sed 's/^[^ ]* //' | tr '\n' ' ')" \
	'1k0vxjtnwd5aaaaa accepted 1k0vxjtnwf5abbbb accepted '
pneu-trace -f "$T/more" y@y.example >"$T/out"
is 'what belongs to another message of the session stays away' "$(sed '1d; s/^[^ ]* //' "$T/out")" \
'1k0vxjtnhf11gb pneu-milter: 1k0vxjtnhf11gb: unix:/m: to be held: odd
1k0vxjtnwf5abbbb accepted from mx [192.0.2.7] (session 1k0vxjtnhf11gb), TLS TLSv1.3 TLS_AES_128_GCM_SHA256 128, logged in as ann: 21 bytes from <y@y.example> for 1 recipient
1k0vxjtnwf5abbbb held: odd
1k0vxjtnwf5abbbb uid 1000 asked for this: release
1k0vxjtnwf5abbbb delivered to z@z.example by mx.z.example [192.0.2.9], TLSv1.3 verified: the server said: 250 2.0.0 Ok
1k0vxjtnwf5abbbb the sender is told of the success, by the report 1k0vxjtnwg5acccc'
is 'qmail has numbers' "$(pneu-trace -f "$T/more" 4711 | sed '1d; s/^[^ ]* //')" \
'4711 in the hands of the runner: 300 bytes from <q@q.example>, queued by uid 3
4711 not delivered, for good, to q@q.example: Sorry, no mailbox here by that name. (#5.1.1)
4711 the sender is told of the failure'

# ---- wrong usage

wrong() { pneu-trace "$@" >/dev/null 2>"$T/err" </dev/null; echo "$?"; }
is 'nothing asked for' "$(wrong -f "$T/more")" 100
is 'an unknown option' "$(wrong -x 1)" 100
is 'what is neither an ID nor an address' "$(wrong -f "$T/more" 'A B')" 100
is 'what is no time' "$(wrong -s soon -f "$T/more" 1)" 100
is 'a log that is not there' "$(wrong -f "$T/nowhere" 4711)" 111
is 'a directory that is not there' "$(wrong -d "$T/nowhere" 4711)" 111
mkdir -p "$T/bare/etc"
is 'no logs at all' "$(PNEU_ETC=$T/bare/etc; wrong 4711)" 100
is 'full disks are noticed' "$(pneu-trace -f "$T/more" 4711 2>/dev/null >/dev/full; echo $?)" 111

# ---- many lines in little memory

awk 'BEGIN {
	for (i = 0; i < 30000; i++) {
		m = sprintf("1k0v78%05d%05d", i, i); gsub(/[ilou]/, "x", m)
		s = sprintf("pneu-smtpd: 1k0v77%05d%04d ", i, i % 10000)
		print s "connect client 192.0.2.7 host mx.example to 192.0.2.1 port 25 relay no pid " i
		print s "accepted " m " rcpts 1 bytes 4000 client 192.0.2.7 helo mx.example from <ann" i % 500 "@x.example>"
		print "new msg " m "\ninfo msg " m ": bytes 4211 from <ann" i % 500 "@x.example> qp " i " uid 7"
		print "starting delivery " i + 1 ": msg " m " to remote user" i % 7919 "@y" i % 97 ".example\nstatus: local 0/20 remote 1/50"
		print "delivery " i + 1 ": success: 192.0.2.99_accepted_message./Remote_host_said:_250_2.0.0_Ok:_queued_as_4F2Kx" i "/ via mx.y.example/192.0.2.99/TLSv1.3"
		print "end msg " m "\nstatus: local 0/20 remote 0/50\n" s "end client 192.0.2.7 messages 1 recipients 1 refusals 0 seconds 0"
	}
}' >"$T/many"
small=16384
! grep -q __asan_init "$B/pneu-trace" || small=unlimited
began=$(date +%s%N)
is 'one of 7919 in 300,000 lines' "$( (ulimit -v $small; pneu-trace -f "$T/many" user77@y77.example) | grep -c 'delivered to user77@y77.example by mx.y.example \[192.0.2.99\], TLSv1.3 unverified')" 1
echo "# $((300000000 / (($(date +%s%N) - began) / 1000000 + 1))) lines a second"
if [ "$small" != unlimited ]; then
	(ulimit -v $small; pneu-trace -f "$T/many" @x.example >"$T/out" 2>"$T/err")
	is 'what is too much for the memory there is' "$?" 111
	t 'is said to be' grep -qi 'memory' "$T/err"
fi
finish
