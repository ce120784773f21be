# operators at work while mail is delivered: nothing is lost, nothing is doubled
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh

house
# a third is delivered at once, the rest waits for the end
rule 'now*@*' 'K ok'
rule '*@*' 'Z 4.2.2 later'
start
N=600
fabricate --count $N --rcpt 'now%d@a.test' --sender 'now@here.test' --quiet
fabricate --count $N --rcpt 'later%d@b.test' --sender 'later@here.test' --quiet
fabricate --count $N --rcpt 'both%d@b.test' --rcpt 'nowtoo%d@here.test' --sender 'both@here.test' --quiet
pneu-qctl flush >/dev/null
python3 - "$Q/ctl" "$Q" <<'END'
import os, random, socket, sys
random.seed(4)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.settimeout(120)
s.connect(sys.argv[1])
def ask(*words):
    s.send(b''.join(w.encode() + b'\0' for w in words))
    return s.recv(65536)
def names(place):
    return [f for d, _, fs in os.walk('%s/%s' % (sys.argv[2], place)) for f in fs]
for turn in range(40):
    live, held, trash = names('msg'), names('hold'), names('trash')
    some = lambda l, n: random.sample(l, min(n, len(l)))
    if live:
        ask('hold', *some(live, 60))
        ask('delete', *some(live, 60))
        ask('retry', *some(live, 60))
        ask('reroute', random.choice(['', 'host relay.test 25']), *some(live, 30))
        ask('redirect', '@b.test', '@c.test', *some(live, 10))
    if held:
        ask('release', *some(held, 60))
        ask('delete', *some(held, 20))
    if trash:
        ask('undo', *some(trash, 60))
    ask(random.choice(['pause', 'resume']), random.choice(['a.test', 'b.test', 'local', 'remote', 'all', 'relay.test']))
    if turn % 8 == 0:
        ask('flush')
for what in 'a.test', 'b.test', 'local', 'remote', 'all', 'relay.test':
    ask('resume', what)
END
# what was to be held or deleted when its delivery had ended is that only now
quiet() { [ "$(pneu-qctl status | sed -n 's/^active //p')" = 0 ]; }
t 'deliveries that were on their way end' wait_until 60 quiet
rewrite_rules '*@* K ok'
pneu-qctl undo all >"$T/undo"
pneu-qctl release all >"$T/release"
t 'the trash is empty' test -z "$(find "$Q/trash" -type f)"
t 'nothing is held' test -z "$(find "$Q/hold" -type f)"
calm() { pneu-qctl flush; [ "$(pneu-qctl status | sed -n 's/^messages //p')" = 0 ]; }
t 'all ends' wait_until 60 calm
is 'nothing is left' "$(find "$Q/msg" "$Q/bad" -type f | wc -l | tr -d ' ')" 0
# every success, by message and recipient
awk '/^starting delivery/ { n = $3; sub(":", "", n); what[n] = $5 " " $8 }
	/^delivery .*: success/ { n = $2; sub(":", "", n); done[what[n]]++; all++ }
	END { for (w in done) if (done[w] != 1) print w, done[w]; print all }' "$H/log" >"$T/sum"
is 'each recipient has it once' "$(cat "$T/sum")" "$((4 * N))"
is 'nothing has bounced' "$(grep -c '^bounce msg' "$H/log")" 0
stop
finish
