# pneu-send: domains whose mail goes to the same exchangers have one window, one silence and their connections together
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh

connected() { [ "$(events "^connected $1 " | tail -n 1 | cut -d' ' -f3)" = "$2" ]; }
shows() { pneu-qctl status | grep -q "$1"; }

# ---- one window
house
rule 'exchangers:mx?*.big' 'are mx.big.test/1'
rule '*@*.big' 'gate open'
rule '*' 'K ok'
fabricate --count 40 --rcpt 'x@d%d.big' --sender '' >/dev/null
start
t 'forty domains with the same exchangers' wait_until 20 shows '^exchangers mx.big.test/1 sites 40 '
t 'have one window' wait_until 20 shows '^exchangers mx.big.test/1 sites 40 open 40 busy 5 window 5 most 20 dead 0 rate -$'
t 'and no more connections than it has' wait_until 20 connected mx.big.test/1 5
t 'which each of them shows' shows '^site remote mx d7.big .* exchangers mx.big.test/1$'
inject a@sender.test b@other.test
t 'another domain does not wait for them' wait_until 20 logged "^end msg $ID\$"
touch "$H/open"
t 'all are delivered when they answer' wait_until 30 empty
is 'each once' "$(grep -c 'success: late' "$H/log")" 40
t 'over the connections that were there' test "$(events '^go ' | wc -l)" -le 20
stop

# ---- one connection
house
echo 'mx.big.test:concurrency=1' >"$E/destinations"
rule 'exchangers:mx?*.big' 'are mx.big.test/1'
rule '*@a.big' 'gate open'
rule '*' 'K ok'
start
inject s@sender.test u@a.big
t 'a domain has the only connection that its exchangers may have' wait_until 20 happened '^go mx a.big'
inject s@sender.test u@b.big
t 'another has to wait' wait_until 20 happened '^job remote mx a.big .* u@b.big'
t 'and its worker is sent home' wait_until 20 happened '^gone remote mx b.big$'
is 'having connected to nobody' "$(events '^gone' ; events '^go mx b')" 'gone remote mx b.big'
touch "$H/open"
t 'until that is free' wait_until 20 logged "^end msg $ID\$"
n=$(sed -n "s/^starting delivery \([0-9]*\): msg $ID .*/\1/p" "$H/log")
is 'and goes over it, as the delivery that had begun' "$(events "^job remote mx a.big $n ")" \
	"job remote mx a.big $n <s@sender.test> - u@b.big"
is 'which began once' "$(grep -c "^starting delivery .*msg $ID " "$H/log")" 1
stop

# ---- other exchangers
house
echo '.big.test:concurrency=1' >"$E/destinations"
rule 'exchangers:mx?*.big' 'are mx.big.test/1'
rule '*@a.big' 'gate open'
rule '*' 'K ok'
start
inject s@sender.test u@a.big
t 'somebody is connected' wait_until 20 happened '^go mx a.big'
inject s@sender.test u@b.big
t 'another shall have the connection next' wait_until 20 happened '^job remote mx a.big .* u@b.big'
rewrite_rules 'exchangers:mx?a.big are mx.new.test/2
exchangers:mx?*.big are mx.big.test/1
*@a.big gate open
* K ok'
touch "$H/open"
t 'who finds that his domain has moved' wait_until 20 happened '^says mx a.big mx.new.test/2'
t 'does not deliver for another' wait_until 20 happened '^job remote mx b.big .* u@b.big'
t 'which goes its own way' wait_until 20 logged "^end msg $ID\$"
is 'once' "$(grep -c "success" "$H/log")" 2
inject s@sender.test u@a.big
t 'and so does his own domain' wait_until 20 logged "^end msg $ID\$"
t 'from now on' shows '^site remote mx a.big .* exchangers mx.new.test/2$'
stop

# ---- nobody answers
house
rule 'exchangers:mx?*.big' 'are mx.big.test/1'
rule '*@*.big' 'site connect timed out'
rule '*' 'K ok'
fabricate --count 300 --rcpt 'x@d%d.big' --sender '' >/dev/null
start
t 'three hundred domains whose exchangers do not answer' wait_until 30 all_deferred 300
t 'are deferred by a few attempts' test "$(events '^go ' | wc -l)" -le 10
t 'and it shows' shows '^exchangers mx.big.test/1 .* dead [1-9]'
inject a@sender.test b@other.test
t 'others go on' wait_until 20 logged "^end msg $ID\$"
rewrite_rules 'exchangers:mx?*.big are mx.big.test/1
* K ok'
is 'an operator may have the host tried' "$(pneu-qctl retry-site mx.big.test)" 'retry-site mx.big.test: done'
t 'and with it all domains' wait_until 30 empty
t 'which the log tells' wait_until 20 logged '^status: 300 messages tried now for mx.big.test$'
stop

# ---- a domain without exchangers says nothing of those it had
house
rule 'exchangers:mx?*.big' 'are mx.big.test/1'
rule '*' 'K ok'
start
inject s@sender.test u@a.big
t 'a domain with exchangers' wait_until 20 logged "^end msg $ID\$"
inject s@sender.test u@b.big
t 'and another' wait_until 20 logged "^end msg $ID\$"
signal HUP
t 'and new workers' wait_until 20 logged 'settings reloaded'
rewrite_rules '*@a.big site the DNS does not answer
* K ok'
inject s@sender.test u@a.big
t 'which get no answer from the DNS for the first' wait_until 20 put_back
t 'leave it alone' shows '^site remote mx a.big .* dead [1-9][0-9]*$'
t 'and not what it led to' shows '^exchangers mx.big.test/1 .* dead 0 '
stop

# ---- very many, before anybody knows where they lead
house
rule 'exchangers:mx?*.slow' 'are mx.slow.test/1'
rule '*@*.slow' 'gate open'
rule '*' 'K ok'
fabricate --count 2500 --rcpt 'x@d%d.slow' --sender '' --step 20000 --arrival $(($(date +%s) - 200)) >/dev/null
start
t '2500 domains with the same slow exchangers' wait_until 60 shows '^exchangers mx.slow.test/1 sites [1-9][0-9][0-9][0-9] '
for n in 1 2 3; do
	inject a@sender.test b@fast$n.test
	t "do not keep another from going ($n)" wait_until 30 logged "^end msg $ID\$"
done
t 'while five wait for an answer' wait_until 20 connected mx.slow.test/1 5
is 'and none has gone' "$(messages)" 2500
signal TERM
touch "$H/open"
stop
finish
