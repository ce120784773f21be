# lists: a hundred thousand members, each once; lists that change, are missing, have owners; mlmmj as an alias program
. tests/lib.sh
. tests/system/house.sh
sink
build one one.test joe ann
echo "sink.test:127.0.0.1:$S" >"$D/etc/smtproutes"
printf 'one.test\nsink.test\n' >"$D/etc/rcpthosts"
N=100000
awk -v n=$N 'BEGIN { for (i = 0; i < n; i++) print "m" i "@sink.test" }' >"$T/big"
printf 'joe, ann\n# nobody else\n"Some One" <joe@one.test>\nfar@sink.test\n' >"$T/small"
aliases <<A
big:            :include:$T/big
owner-big:      joe, ann
small:          :include: $T/small
owner-small:    small-request
small-request:  joe
bare:           refused@sink.test, refuse2@sink.test
owner-bare:     ann
far:            refuse3@sink.test, later4@sink.test
away:           :include:$T/away
A
start
bounces() { mail "$1" | grep -c '^Return-Path: <>'; }

# ---- a large one
smtp a@sink.test big@one.test >"$T/replies"
BIG=$ID
send a@sink.test joe@one.test
t 'while a list of 100,000 is delivered other mail goes on' wait_until 30 arrived joe 1
t 'the list is delivered' wait_until 180 done_with
sort "$T/sink.log" | sed -n 's/^T m//p' | cut -d@ -f1 | sort -n >"$T/got"
is 'to each member' "$(sort -nu "$T/got" | wc -l | tr -d ' ')" $N
is 'once' "$(wc -l <"$T/got" | tr -d ' ')" $N
is 'from its owner' "$(grep '^F' "$T/sink.log" | sort | uniq -c | sed 's/^ *[0-9]* //')" 'F owner-big@one.test'
t 'many recipients at a time' test "$(grep -c '^F' "$T/sink.log")" -le 1100
forget

# ---- the same, and the runner is killed meanwhile
: >"$T/sink.log"
leader=$(cat "$D/pid")
runner() { ps -A -o sid=,pid=,comm= | awk -v s="$leader" '$1 == s && $3 == "pneu-send" { print $2 }'; }
send a@sink.test big@one.test
wait_until 30 took 50
kill -KILL "$(runner)"
left=$(waiting)                         # the next one begins at once
is 'when the runner is killed in the midst of a list' "$left" 1
t 'it is delivered nevertheless' wait_until 120 done_with
sed -n 's/^T m//p' "$T/sink.log" | cut -d@ -f1 | sort -n >"$T/got"
is 'to each member' "$(sort -nu "$T/got" | wc -l | tr -d ' ')" $N
t 'and but for what was under way, once' test "$(wc -l <"$T/got")" -le $((N + 30000))
echo "# $(($(wc -l <"$T/got") - N)) twice"

# ---- a small one, and changes
: >"$T/sink.log"
send a@sink.test small@one.test
t 'a list' wait_until 20 gone
is 'reaches its members once, whatever they are called' "$(mails joe) $(mails ann) $(grep -c '^T far@' "$T/sink.log")" '1 1 1'
is 'from its owner, who has another name' "$(mail ann | sed 1q)" 'Return-Path: <owner-small@one.test>'
forget
printf 'ann\n' >"$T/small.new"; mv "$T/small.new" "$T/small"
send a@sink.test small@one.test
t 'a list that was changed' wait_until 20 gone
is 'is another for the next message' "$(mails joe) $(mails ann)" '0 1'
forget
send '' small@one.test
t 'a bounce that goes through a list' wait_until 20 gone
is 'stays one' "$(mail ann | sed 1q)" 'Return-Path: <>'
forget

# ---- bounces go to the owner
send a@sink.test bare@one.test
t 'a member who is refused' wait_until 20 arrived ann 1
is "is the owner's bounce" "$(mail ann | sed 1q) $(bounces ann)" 'Return-Path: <> 1'
t 'and tells who' grep -q 'refuse2@sink.test' "$D"/home/ann/Maildir/new/*
is 'the author hears nothing of it' "$(grep -c '^F$' "$T/sink.log")" 0
forget
: >"$T/sink.log"
send b@sink.test far@one.test
t 'without an owner it is the author'"'s" wait_until 20 grep -qx 'T b@sink.test' "$T/sink.log"
t 'what is refused for now waits' wait_until 20 logged 'deferral:.*later4\|deferral:.*not_now'
pneu-qctl delete "$ID" >/dev/null
wait_until 20 gone

# ---- a list that is not there
send a@sink.test away@one.test joe@one.test
t 'a list that is not there' wait_until 20 logged "away:_No_such_file_or_directory"
t 'keeps nobody else waiting' wait_until 20 arrived joe 1
is 'and waits' "$(waiting)" 1
retry
wait_until 20 sh -c 'test "$(grep -c "away:_No_such" "$1")" -ge 2' sh "$D/log/send"
is 'longer' "$(waiting)" 1
printf 'ann\n' >"$T/away"
retry
t 'when it is there it is delivered' wait_until 20 gone
is 'to those who have not got it' "$(mails joe) $(mails ann)" '1 1'
forget
printf 'joe\n' >"$T/away"
chmod 666 "$T/away"
send a@sink.test away@one.test
t 'a list that others may write waits too' wait_until 20 logged "away:_others_may_write_to_it"
chmod 600 "$T/away"
retry
t 'until that is mended' wait_until 20 gone
printf 'joe\n"|touch %s/touched"\n' "$T" >"$T/away"
chmod 664 "$T/away"
send a@sink.test away@one.test
t 'a list that a group may write' wait_until 20 gone
is 'runs no program' "$(ls "$T/touched" 2>/dev/null)" ''
stop
forget

# ---- mlmmj
if ! command -v mlmmj-make-ml >/dev/null; then
	echo '# mlmmj is missing: it is left out'
	finish
fi
build two lists.test adm ann bob
echo "sink.test:127.0.0.1:$S" >"$D/etc/smtproutes"
mkdir "$T/ml"
printf 'lists.test\nadm@lists.test\nen\n' | mlmmj-make-ml -L talk -s "$T/ml" >"$T/made" 2>&1
L=$T/ml/talk
echo 127.0.0.1 >"$L/control/relayhost"
echo "$P" >"$L/control/smtpport"
aliases <<A
talk: "|$(command -v mlmmj-receive) -F -L $L/"
A
start
# it wants to be called by its whole name
subscribe() { "$(command -v mlmmj-sub)" -L "$L" -a ann@lists.test -fq && "$(command -v mlmmj-sub)" -L "$L" -a far@sink.test -fq; }
t 'mlmmj: two subscribe' subscribe
: >"$T/sink.log"
printf 'From: ann@lists.test\nTo: talk@lists.test\nSubject: to all\n\nhello list\n' >"$T/post"
M=$T/post smtp ann@lists.test talk@lists.test >"$T/replies"
is 'a post is taken' "$(cut -c1-3 "$T/replies")" 250
t 'and reaches the one here' wait_until 30 arrived ann 1
t 'and the one elsewhere' wait_until 30 grep -qx 'T far@sink.test' "$T/sink.log"
t 'from the address for bounces of the list' grep -q '^Return-Path: <talk+bounces-[0-9]*-ann=lists.test@lists.test>' "$D"/home/ann/Maildir/new/*
from=$(sed -n 's/^F \(talk+bounces-.*\)/\1/p' "$T/sink.log" | head -n 1)
t 'also elsewhere' expr "$from" : 'talk+bounces-[0-9]*-far=sink.test@lists.test'
printf 'From: MAILER-DAEMON@sink.test\nTo: %s\nSubject: failure\n\nFinal-Recipient: rfc822; far@sink.test\nStatus: 5.1.1\n' "$from" >"$T/dsn"
M=$T/dsn smtp '' "$from" >"$T/replies"
is 'a bounce of his to it is taken' "$(cut -c1-3 "$T/replies")" 250
t 'and counted by the list' wait_until 30 test -s "$L/bounce/far=sink.test"
printf 'From: bob@lists.test\nTo: talk+subscribe@lists.test\nSubject: x\n\n\n' >"$T/sub"
M=$T/sub smtp bob@lists.test talk+subscribe@lists.test >"$T/replies"
t 'who writes to its +subscribe' wait_until 30 arrived bob 1
t 'is asked back' grep -q '^Reply-To: talk+confsub-' "$D"/home/bob/Maildir/new/*
t 'nothing waits' wait_until 30 done_with
stop
finish
