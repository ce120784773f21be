# pneu-send: when a server says how long to wait, and when an operator does not want to
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh

# seconds from the last record, of whomever it tells, to the next attempt
pause() { echo $(($(stat -c %Y "$(file)") - $(records | sed -n '$s/^[a-z][0-9]* \([0-9]*\) .*/\1/p'))); }
closed() { pneu-qctl status | grep -qx 'active 0' && [ -n "$(records)" ]; }

house
rule '300@*' 'wait 300 4.7.1 greylisted, try again in 300 seconds'
rule '3@*' 'wait 3 4.7.1 greylisted'
rule 'year@*' 'wait 30000000 4.7.1 greylisted'
rule '100@*' 'wait 100 4.7.1 greylisted'
rule 'plain@*' 'Z 4.2.0 later'
rule 'site@*' 'sitewait 600 4.7.1 come again in 600 seconds'
rule '*' 'K ok'
start
inject s@sender.test 300@far.test
t 'a greylisted message' wait_until 20 closed
is 'waits as long as it was told, and a second' "$(pause)" 301
t 'and the site is not left alone' sh -c "pneu-qctl status | grep -q '^site remote mx far.test .* dead 0'"
inject s@sender.test 3@far.test
t 'one that is told to come in a moment' wait_until 20 closed
is 'waits ten seconds' "$(pause)" 10
inject s@sender.test year@far.test
t 'one that is told to come in a year' wait_until 20 closed
is 'waits four hours' "$(pause)" 14400
inject s@sender.test 100@far.test 300@near.test plain@far.test ok@far.test
t 'of several' wait_until 20 closed
is 'who wants the longest pause gets it' "$(pause)" 301
inject s@sender.test site@far.test
t 'a whole server that wants a pause' wait_until 20 closed
is 'gets it' "$(pause)" 601
inject s@sender.test ok@far.test
t 'and others are tried there' wait_until 20 logged "^end msg $ID\$"
ID=$(fabricate --rcpt 300@far.test --sender '' --arrival $(($(date +%s) - 80000)) --due -5)
pneu-qctl flush >/dev/null
tried() { [ -n "$(records)" ] && closed; }
t 'an old one' wait_until 20 tried
t 'waits an eighth of its age, at the least' test "$(pause)" -ge 10000
stop

# ---- an operator
# a recipient has had so many attempts, and none is under way: a message that is being tried is not tried now once more
tried_again() { [ "$(events "^job .*$1" | wc -l)" -ge "$2" ] && pneu-qctl status | grep -qx 'active 0'; }
house
echo 'routed.test:relay.test' >"$E/smtproutes"
rule '*@*' 'Z 4.2.0 later'
start
for who in a@far.test b@sub.far.test c@near.test d@routed.test joe@here.test; do inject s@sender.test "$who"; done
t 'messages that wait' wait_until 20 all_deferred 5
: >"$H/events"
is 'retry-site with a domain' "$(pneu-qctl retry-site far.test)" 'retry-site far.test: done'
t 'is in the log' wait_until 20 logged '^operator uid [0-9]* retry-site: far.test$'
t 'with what came of it' wait_until 20 logged '^status: 1 message tried now for far.test$'
t 'tries its messages' wait_until 20 tried_again 'a@far.test' 1
pneu-qctl retry-site .far.test >/dev/null
t 'with a dot those below too' wait_until 20 logged '^status: 2 messages tried now for .far.test$'
pneu-qctl retry-site relay.test >/dev/null
t 'a relay' wait_until 20 logged '^status: 1 message tried now for relay.test$'
wait_until 20 tried_again 'd@routed.test' 1
pneu-qctl retry-site routed.test >/dev/null
t 'a domain whose mail goes to a relay' wait_until 20 logged '^status: 1 message tried now for routed.test$'
pneu-qctl retry-site joe >/dev/null
t 'a local user' wait_until 20 logged '^status: 1 message tried now for joe$'
pneu-qctl retry-site nobody.test >/dev/null
t 'nobody' wait_until 20 logged '^status: 0 messages tried now for nobody.test$'
t 'all that was meant has been tried' wait_until 20 all_deferred 5
is 'and what was not, not' "$(events 'c@near.test')" ''
is 'several names' "$(pneu-qctl retry-site x.test y.test)" 'retry-site x.test: done
retry-site y.test: done'
is 'no name' "$(pneu-qctl retry-site 2>/dev/null; echo $?)" 100
is 'nor an empty one' "$(pneu-qctl retry-site '')" 'retry-site : which one?'
stop

house
rule '*@*.dead' 'site connect timed out'
fabricate --count 20 --rcpt 'x%d@a.dead' --sender '' >/dev/null
fabricate --count 2000 --rcpt 'y%d@b.dead' --sender '' >/dev/null
start
all_quiet() { pneu-qctl status >"$T/status"; grep -qx 'active 0' "$T/status" && [ "$(grep -c 'parked 0 .* dead [1-9]' "$T/status")" = 2 ]; }
t 'two sites that do not answer' wait_until 30 all_quiet
rewrite_rules '*@a.dead K ok
*@*.dead site connect timed out'
pneu-qctl retry-site a.dead >/dev/null
t 'one is tried' wait_until 30 logged '^status: 20 messages tried now for a.dead$'
few() { [ "$(messages)" = "$1" ]; }
t 'and answers' wait_until 30 few 2000
t 'the other is still left alone' sh -c "pneu-qctl status | grep -q '^site remote mx b.dead .* dead [1-9]'"
stop
finish
