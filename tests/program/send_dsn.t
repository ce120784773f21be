# pneu-send: who wants to hear of failures (RFC 3461), and what a worker is told of SMTPUTF8; spawners and workers are fakespawn.py's
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh

aliases() { printf '%s\n' "$@" | python3 tests/program/makealiases.py "$E/aliases.cdb"; }
# envelope RECORD...: inject a message with these
envelope() {
	{ printf '%s\0' "$@"; printf '\0'; } >"$T/envelope"
	inject_envelope
}
gone() { logged "^end msg $ID\$"; }
bounces() { sed -n "s/^bounce msg $ID qp [0-9]* as //p" "$H/log"; }

house
rule 'd*' 'D 5.1.1 no such user here'
rule 'z*' 'Z 4.2.2 full'
rule '*' 'K ok'
start
envelope Fjoe@here.test Td@far.test NNEVER
t 'NOTIFY=NEVER' wait_until 20 gone
is 'and there is no bounce' "$(bounces)" ''
t 'though the log tells of the failure' logged "^delivery [0-9]*: failure: no_such_user_here"
envelope Fjoe@here.test Td@far.test NSUCCESS,DELAY
t 'nor when other events are named only' wait_until 20 gone
is 'so it is' "$(bounces)" ''
for notify in NFAILURE NSUCCESS,FAILURE,DELAY Nnonsense; do
	envelope Fjoe@here.test Td@far.test $notify
	wait_until 20 gone
	t "$notify: a bounce" test -n "$(bounces)"
done
envelope Fjoe@here.test Td1@far.test NNEVER Td2@far.test Td3@far.test NNEVER Orfc822\;d4@far.test
t 'some want none' wait_until 20 gone
is 'there is one' "$(bounces | wc -l)" 1
B1=$(bounces)
t 'it is delivered' wait_until 20 logged "^end msg $B1\$"
n=$(sed -n "s/^starting delivery \([0-9]*\): msg $B1 .*/\1/p" "$H/log")
is 'and names the one who wants it' "$(grep -l 'Final-Recipient' "$H"/seen/* | xargs sed -n 's/^Final-Recipient: //p' | sort -u | grep d2)" 'rfc822; d2@far.test'
is 'not the others' "$(grep -l 'd2@far.test' "$H"/seen/* | xargs grep -h 'd[13]@far.test' | grep -c Final)" 0
envelope Fjoe@here.test Td@far.test NNEVER Tz@far.test
t 'while others wait' wait_until 20 grep -qs '^b0 ' "$(file)"
is 'the file says what became of it' "$(records | sed 's/^\([a-z][0-9]*\) [0-9]*/\1/' | sort)" 'b0 unwanted
d0 5.1.1 no such user here
z1 4.2.2 full'
rewrite_rules 'z* D 5.2.2 full
* K ok'
signal ALRM
t 'and later' wait_until 20 gone
is 'the other is bounced' "$(bounces | wc -l)" 1
stop

# a crash between the two records
house
rule '*' 'Z 4.2.2 full'
envelope Fjoe@here.test Td@far.test NNEVER Tz@far.test
printf 'd0 1795338500 5.1.1 no such user\n' >>"$(file)"
start
t 'a failure that was written down and no more' wait_until 20 grep -qs '^b0 .* unwanted' "$(file)"
is 'brings no bounce either' "$(bounces)" ''
stop

# aliases
house
aliases 'pair: d1@far.test, d2@far.test' 'list: d3@far.test' 'owner-list: boss'
rule 'd*' 'D 5.1.1 no such user here'
rule '*' 'K ok'
start
envelope Fjoe@here.test Tpair@here.test NNEVER
t 'those of an alias inherit it' wait_until 20 gone
is 'all of them' "$(bounces)" ''
envelope Fjoe@here.test Tlist@here.test NNEVER
t 'those of a list do not' wait_until 20 gone
is 'its owner hears of them' "$(bounces | wc -l)" 1
stop

# what a worker hears
house
rule '*' 'K ok'
start
envelope Fjoe@here.test B8BITMIME U1 Ta@far.test
t 'a message declared SMTPUTF8' wait_until 20 gone
is 'is one in its job' "$(events '^job remote' | tail -n 1 | cut -d' ' -f4-)" 'far.test 1 <joe@here.test> BODY=8BITMIME SMTPUTF8 a@far.test'
for ret in FULL HDRS; do
	envelope Fjoe@here.test R$ret EQQ1 Ta@far.test
	t "RET=$ret" wait_until 20 gone
	is 'goes on as it came' "$(events '^job remote' | tail -n 1 | cut -d' ' -f6-)" "<joe@here.test> RET=$ret ENVID=QQ1 a@far.test"
done
stop
finish
