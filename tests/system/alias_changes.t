# alias_changes: the aliases change, are wrong, or are bombs, while mail flows
. tests/lib.sh
. tests/system/house.sh
sink
build one one.test joe ann
echo "sink.test:127.0.0.1:$S" >"$D/etc/smtproutes"

# ---- the database is made again all the time
aliases <<A
team: joe, far@sink.test
A
start
: >"$T/go"
{
	while [ -e "$T/go" ]; do
		pneu-newaliases || echo failed
		echo made
	done
} >"$T/rebuilds" 2>&1 &
rebuilder=$!
python3 - "$P" 300 >"$T/sent" 2>&1 <<'END_'
import smtplib, sys, threading
port, n = int(sys.argv[1]), int(sys.argv[2])
def some(k):
    s = smtplib.SMTP('127.0.0.1', port, 'client.test', 60)
    for i in range(k, n, 5):
        s.sendmail('a@sink.test', ['team@one.test'], b'Subject: number %d\r\n\r\nbody\r\n' % i)
    s.quit()
threads = [threading.Thread(target=some, args=(k,)) for k in range(5)]
for t in threads:
    t.start()
for t in threads:
    t.join()
END_
is 'while the database is made again and again all mail is taken' "$(cat "$T/sent")" ''
t 'and delivered' wait_until 60 done_with
rm "$T/go"
wait "$rebuilder"
is 'to everybody, once' "$(mail joe | grep '^Subject:' | sort -u | wc -l | tr -d ' ') $(mails joe) $(grep -c '^T far@' "$T/sink.log")" '300 300 300'
is 'nothing is bounced or deferred' "$(grep -cE 'bounce|failure|deferral|alert' "$D/log/send")" 0
is 'no rebuild fails' "$(grep -c failed "$T/rebuilds")" 0
t 'and there were many' test "$(grep -c made "$T/rebuilds")" -ge 10
forget

# ---- a mistake in the text
printf 'team: joe, "far@sink.test\nnew: ann\nteam: ann\n' >>"$A"
touch -d '+1 hour' "$A"
is 'a wrong text is refused' "$(pneu-newaliases >"$T/newaliases" 2>&1; echo $?)" 65
is 'all that is wrong with it is said at once' "$(grep -c 'error:' "$T/newaliases")" 3
send a@sink.test team@one.test
t 'the old database stays, mail goes on' wait_until 20 gone
is 'as before' "$(mails joe)" 1
# the runner looks at times of its own; a new one looks at once
stop; start
send a@sink.test team@one.test
t 'also after a new start' wait_until 20 gone
t 'which says that the text has been changed' wait_until 20 logged 'warning: changed since newaliases was run: .*aliases'
touch "$A"
forget

# ---- bombs
python3 - "$T" >"$T/bomb" <<'END_'
import os, sys
T = sys.argv[1]
# every name is two of the next: 2^40 recipients, of which two are different
for i in range(40):
    print('twice%d: twice%d, twice%da' % (i, i + 1, i))
    print('twice%da: twice%d, ann' % (i, i + 1))
print('twice40: joe')
for i in range(60):
    print('deep%d: deep%d' % (i, i + 1))
print('deep60: joe')
with open(T + '/self', 'w') as f:
    f.write('ann\n:include:%s/self\n' % T)
with open(T + '/ping', 'w') as f:
    f.write('ann\n:include:%s/pong\n' % T)
with open(T + '/pong', 'w') as f:
    f.write('joe\n:include:%s/ping\n' % T)
with open(T + '/huge', 'w') as f:
    for i in range(300000):
        f.write('member%d@sink.test\n' % i)
with open(T + '/binary', 'wb') as f:
    f.write(os.urandom(100000))
os.truncate(T + '/binary', 1 << 33)
os.mkfifo(T + '/fifo')
for name in 'self ping huge binary fifo'.split():
    print('%s: :include:%s/%s' % (name, T, name))
print('full: :include:/dev/full')
print('zero: :include:/dev/zero')
END_
t 'they can be compiled' aliases <"$T/bomb"
t 'newaliases names the loops' grep -q "self:2:1: warning: a loop: :include:$T/self" "$T/newaliases"
t 'and the chain that is too deep' grep -q 'warning: more than 50 aliases .* from deep9 on' "$T/newaliases"
send b@sink.test twice0@one.test
t 'names that double forty times' wait_until 30 gone
is 'are two recipients' "$(mails joe) $(mails ann)" '1 1'
bounced() { cat "$T"/sink/* | tr '\n' ' ' | grep -q -e "$1"; }
send b@sink.test deep0@one.test
t 'a chain that is too deep is a bounce' wait_until 30 bounced 'too deep'
send b@sink.test deep30@one.test
t 'one that is not is none' wait_until 30 gone
is 'and ends where it leads' "$(mails joe)" 2
forget
send b@sink.test self@one.test
t 'a list that includes itself is a bounce' wait_until 30 bounced "$T/self includes itself"
is 'and its members have got it' "$(mails ann)" 1
send b@sink.test ping@one.test
t 'so are two that include each other' wait_until 30 bounced 'ping includes itself'
forget
send b@sink.test huge@one.test
HUGE=$ID
t '300,000 members are too many' wait_until 60 bounced 'too many recipients'
t 'and none of them gets it' not grep -q '^T member' "$T/sink.log"
send b@sink.test binary@one.test; IDS=$ID
send b@sink.test fifo@one.test; IDS="$IDS $ID"
send b@sink.test full@one.test; IDS="$IDS $ID"
send b@sink.test zero@one.test; IDS="$IDS $ID"
t 'what is no list is left alone' wait_until 30 logged 'fifo.*is_not_a_regular_file'
send b@sink.test joe@one.test
t 'the mail of others goes on' wait_until 30 gone
n=0
for id in $IDS; do gone "$id" || n=$((n + 1)); done
is 'and what is no list waits' "$n" 4
stop
finish
