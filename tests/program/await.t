# queue/pub/ctl, await: who injected a message hears what becomes of it, once and truly, and nobody else does
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh

client() { timeout 200 python3 tests/program/qctl_client.py "$Q/pub/ctl" "$@" 2>&1; }
await() { client raw "await\\0$1\\0" answer answer; }
asked() { client raw "await\\0$1\\0" answer; }
# in the background, into $T/out.NAME; waiters tells that the runner has it
await_later() {
	rm -f "$T/asked"
	client raw "await\\0$2\\0" made "$T/asked" answer answer >"$T/out.$1" &
	eval "pid_$1=$!"
	wait_until 20 test -e "$T/asked"
}
# does the runner keep N connections of users, whose requests it has read? Who is answered at the other socket has his reply from a
# later turn of the runner's than the one that read what was there before
waiters() { connections "$1" && pneu-qctl status && connections "$1"; }
connections() {
	ls -l "/proc/$(cat "$H/pid")/fd" | sed -n 's/.*socket:\[\([0-9]*\)\]$/\1/p' >"$T/inodes"
	[ "$(awk 'NR == FNR { own[$1]; next } $6 == "03" && $8 == "pub/ctl" && $7 in own { n++ } END { print n + 0 }' "$T/inodes" /proc/net/unix)" -eq "$1" ]
}
me=$(id -u)

house
rule 'slow@*' "gate $T/gate"
rule 'slow1@*' "gate $T/gate1"
rule 'slow2@*' "gate $T/gate2"
rule 'slowz@*' "gate $T/gate3"
rule 'full@*' 'Z 4.2.2 mailbox full'
rule 'nobody@*' 'D 5.1.1 no such user'
rule 'far@*' 'K 192.0.2.7 accepted it'
rule 'rude@*' 'D 5.7.1 you said: @@no way@@'
start
inject joe@sender.test slow@far.test; a=$ID
[ "$(client raw 'status\0' answer | head -n 1 | cut -d'|' -f1)" = K ] || skip_all 'this build cannot tell who asks'

# ---- one that is being delivered
t 'it is being delivered' wait_until 20 started "$a"
await_later one "$a"
await_later two "$a"
t 'two wait for one message' wait_until 20 waiters 2
: >"$T/gate"
wait "$pid_one" "$pid_two"
is 'the first hears that it is delivered' "$(cat "$T/out.one")" 'K|delivered|K|2.0.0|slow@far.test|late
closed'
is 'so does the second' "$(cat "$T/out.two")" "$(cat "$T/out.one")"
is 'who asks when it is gone hears the same' "$(await "$a")" "$(cat "$T/out.one")"

# ---- how the first attempt went
inject joe@sender.test far@far.test
t 'delivered' wait_until 20 logged "^end msg $ID\$"
is 'with what the other host said' "$(await "$ID")" 'K|delivered|K|2.0.0|far@far.test|192.0.2.7 accepted it
closed'
inject joe@sender.test ann@here.test
t 'delivered here' wait_until 20 logged "^end msg $ID\$"
is 'says no more than that' "$(await "$ID")" 'K|delivered|K|2.0.0|ann@here.test|
closed'
inject joe@sender.test full@here.test; z=$ID
is 'deferred' "$(await "$z")" 'K|queued|Z|4.2.2|full@here.test|mailbox full
closed'
t 'it waits' wait_until 20 all_deferred 1
is 'asked later, the same, from its file' "$(await "$z")" 'K|queued|Z|4.2.2|full@here.test|mailbox full
closed'
inject joe@sender.test nobody@far.test; d=$ID
is 'failed' "$(await "$d")" 'K|failed|D|5.1.1|nobody@far.test|no such user
closed'
t 'the bounce is on its way' wait_until 20 logged "^end msg $d\$"
is 'asked later, the same' "$(await "$d")" 'K|failed|D|5.1.1|nobody@far.test|no such user
closed'
inject joe@sender.test far@far.test full@here.test nobody@far.test ann@here.test slow1@here.test
await_later one "$ID"
t 'one of several keeps the answer waiting' wait_until 20 waiters 1
: >"$T/gate1"
wait "$pid_one"
is 'what went worst comes first' "$(cat "$T/out.one")" 'K|failed|D|5.1.1|nobody@far.test|no such user|Z|4.2.2|full@here.test|mailbox full|K|2.0.0|far@far.test|192.0.2.7 accepted it|K|2.0.0|ann@here.test||K|2.0.0|slow1@here.test|
closed'
pneu-qctl delete "$ID" >/dev/null

# ---- one attempt has not ended
inject joe@sender.test far@far.test slow2@there.test
t 'one of two is delivered' wait_until 20 sh -c "grep -q '^delivery [0-9]*: success: 192.0.2.7_accepted' '$H/log' && sed '1,/^\\.\$/d' '$(file)' | grep -q ^k0"
await_later one "$ID"
t 'the answer waits for the other' wait_until 20 waiters 1
: >"$T/gate2"
wait "$pid_one"
is 'and tells of both' "$(cut -d'|' -f1-6 "$T/out.one")" 'K|delivered|K|2.0.0|far@far.test|192.0.2.7 accepted it
closed'

# ---- aliases do not tell what they stand for
cat >"$E/aliases" <<END
team: far@far.test, nobody@far.test
END
pneu-newaliases >/dev/null 2>"$T/err" || sed 's/^/# /' "$T/err"
inject joe@sender.test team@here.test
is 'an alias does not tell who it is' "$(await "$ID" | sed 's/|192.*//')" 'K|failed|D|5.1.1|team@here.test|no such user|K|2.0.0|team@here.test
closed'

# ---- operators
pneu-qctl hold "$z" >/dev/null
is 'held' "$(await "$z")" 'K|held
closed'
pneu-qctl release "$z" >/dev/null
pneu-qctl pause here.test >/dev/null; pneu-qctl pause ann >/dev/null
inject joe@sender.test slowz@there.test
t 'one more is on its way' wait_until 20 started "$ID"
await_later one "$ID"
t 'waited for' wait_until 20 waiters 1
is 'it is deleted while it is delivered' "$(pneu-qctl delete "$ID")" "delete $ID: done"
: >"$T/gate3"
wait "$pid_one"
is 'delivered is what counts' "$(head -n 1 "$T/out.one" | cut -d'|' -f1-2)" 'K|delivered'
pneu-qctl resume here.test >/dev/null; pneu-qctl resume ann >/dev/null
pneu-qctl pause all >/dev/null
inject joe@sender.test far@far.test
t 'nothing is begun' wait_until 20 sh -c "PNEU_QUEUE='$Q' pneu-qctl status | grep -q '^paused all'"
await_later one "$ID"
t 'so the answer waits' wait_until 20 waiters 1
pneu-qctl delete "$ID" >/dev/null
wait "$pid_one"
is 'until the message is deleted' "$(cat "$T/out.one")" 'K|deleted|Z||far@far.test|
closed'
is 'which is known afterwards' "$(await "$ID" | head -n 1)" 'K|deleted|Z||far@far.test|'

# ---- what is not known
inject joe@sender.test far@far.test; f=$ID
is 'no ID' "$(asked ../../x)" 'E|not an ID'
is 'none at all' "$(client raw 'await\0' answer)" 'E|not an ID'
is 'a message that never was' "$(asked 1k0v7sgqjc51)" 'E|no such message of yours'
await_later one "$f"
t 'waited for' wait_until 20 waiters 1
rm -f "$(file "$f")"
pneu-qctl resume all >/dev/null
wait "$pid_one"
is 'one whose file somebody removes is not waited for' "$(cut -c1-5 "$T/out.one")" 'E|no 
close'

# ---- waiters
pneu-qctl pause all >/dev/null
inject joe@sender.test far@far.test; f=$ID
mkfifo "$T/enough"
python3 - "$Q/pub/ctl" "$f" "$T/enough" >"$T/many" <<'END' &
import select, socket, sys
waiting, refused = [], None
while refused is None and len(waiting) < 100 or len(waiting) > 32:      # all that are too many are told so
    if refused is None:
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.connect(sys.argv[1])
        try:
            s.send(b'await\0' + sys.argv[2].encode() + b'\0')
            waiting.append(s)
        except OSError:                         # no place at the door, for the moment
            pass
    for s in select.select(waiting, [], [], 0.02)[0]:
        try:
            refused = s.recv(65536) or refused
        except ConnectionResetError:
            pass
        waiting.remove(s)
        s.close()
print(refused, flush=True)
open(sys.argv[3]).read()
END
many=$!
t 'a user may have 32' wait_until 30 grep -q "too many wait already" "$T/many"
t 'which wait' wait_until 20 waiters 32
: >"$T/enough"
wait "$many"
t 'who hangs up is forgotten' wait_until 20 waiters 0
await_later one "$f"
t 'so there is room' wait_until 20 waiters 1
is 'who says more while he waits is hung up on' "$(client raw "await\\0$f\\0" raw 'status\0' answer)" closed
pneu-qctl resume all >/dev/null
wait "$pid_one"
is 'the other one hears' "$(head -n 1 "$T/out.one")" 'K|delivered|K|2.0.0|far@far.test|192.0.2.7 accepted it'

# ---- somebody else's
if [ "$me" = 0 ]; then
	chmod 711 "$T" "$T/$house_n" "$Q"
	for x in "$f" "$z" 1k0v7sgqjc51; do
		is 'another user learns nothing' "$(client uid 65534 raw "await\\0$x\\0" answer)" 'E|no such message of yours'
	done
	fabricate --rcpt full@here.test --sender nobody@here.test --due 0 >"$T/id"
	sed -i "1s/^\(pneu1 [0-9]* [0-9]* \)[0-9]*/\10000065534/" "$(file "$(cat "$T/id")")"
	is 'of his own he does' "$(client uid 65534 raw "await\\0$(cat "$T/id")\\0" answer & pneu-qctl flush >/dev/null; wait)" 'K|queued|Z|4.2.2|full@here.test|mailbox full'
	is 'and root of all' "$(await "$(cat "$T/id")" | head -n 1)" 'K|queued|Z|4.2.2|full@here.test|mailbox full'
else
	echo '# SKIP another user: only root can become one'
fi

# ---- a runner that starts anew
stop
inject joe@sender.test far@far.test
start
is 'what came while none was' "$(await "$ID" | head -n 1)" 'K|delivered|K|2.0.0|far@far.test|192.0.2.7 accepted it'
is 'the last reply of before' "$(await "$z" | head -n 1)" 'K|queued|Z|4.2.2|full@here.test|mailbox full'
is 'and what has gone before is not known' "$(asked "$a")" 'E|no such message of yours'
stop
finish
