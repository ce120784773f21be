#!/bin/sh
# pneu-smtpd: badmailfrom, badrcptto, morercpthosts.cdb, and pneu-newmrh which compiles it
. tests/lib.sh
. tests/program/smtpd_lib.sh
fine='250 2.1.0 sender ok' known='250 2.1.5 recipient ok'
bad_from='553 5.7.1 mail from that sender is not taken here' bad_to='550 5.7.1 mail for that recipient is not taken here'
sorry='451 4.3.5 this mail server is not set up correctly, try later'

printf '# who is not wanted\nSpam@bad.example\n@all.example\n.below.example  \n' >"$E/badmailfrom"
while read -r from want; do
	case $want in no) want=$bad_from ;; *) want=$fine ;; esac
	is "badmailfrom: $from" "$(mail "$from")" "$want"
done <<'END'
<spam@bad.example> no
<SPAM@BAD.EXAMPLE> no
<"spam"@bad.example> no
<"sp\\am"@bad.example.> no
<@route.example:spam@bad.example> no
<spam2@bad.example> yes
<x@all.example> no
<x@ALL.example.> no
<x@sub.all.example> yes
<x@sub.below.example> no
<x@below.example> yes
<> yes
END
is 'RELAYCLIENT does not help' "$(RELAYCLIENT= ; export RELAYCLIENT; mail '<spam@bad.example>')" "$bad_from"
mail '<spam@bad.example>' >/dev/null
t 'the log says who and why' logged 'refused client unknown: 553 5\.7\.1 .*: helo h command MAIL FROM:<spam@bad\.example>$'
is 'no transaction begins' "$(codes 'HELO h
MAIL FROM:<spam@bad.example>
RCPT TO:<x@here.example>
MAIL FROM:<a@b.example>')" '250|553 5.7.1|503 5.5.1|250 2.1.0|'

printf 'trap@here.example\n@closed.below.example\n' >"$E/badrcptto"
while read -r to want; do
	case $want in no) want=$bad_to ;; *) want=$known ;; esac
	is "badrcptto: $to" "$(rcpt "$to")" "$want"
done <<'END'
<TRAP@here.example> no
<"trap"@Here.Example.> no
<@x.example,@y.example:trap@here.example> no
<x@closed.below.example> no
<x@here.example> yes
<x@open.below.example> yes
END
is 'what is appended for a relaying client is not looked at' "$(RELAYCLIENT=.inside; export RELAYCLIENT; rcpt '<trap@here.example>')" "$bad_to"

for list in badmailfrom badrcptto; do
	rm "$E/$list"; mkdir "$E/$list"
	is "a $list that cannot be read lets nobody through" "$(codes 'HELO h
MAIL FROM:<a@b.example>
RCPT TO:<x@here.example>' | sed 's/.*\(451 4.3.5\).*/\1/')" '451 4.3.5'
	t 'which is logged' logged "trouble: control/$list: "
	rmdir "$E/$list"
done

# ---- morercpthosts
other='550 5.7.1 relaying denied: that domain is not served here'
is 'a domain of no list' "$(rcpt '<x@more.example>')" "$other"
printf '# many\nMore.example\n.wild.example \n\nmore.example\n' >"$E/morercpthosts"
t 'the list is compiled' pneu-newmrh
for to in x@more.example x@MORE.example. x@a.wild.example x@a.b.Wild.Example x@here.example; do
	is "$to is served" "$(rcpt "<$to>")" "$known"
done
for to in x@wild.example x@a.more.example x@xmore.example x@wild.example.com x@example; do
	is "$to is not" "$(rcpt "<$to>")" "$other"
done
is 'routing characters are not, there too' "$(rcpt '<x%y@more.example>' | cut -c1-9)" '550 5.7.1'
rm "$E/rcpthosts"
is 'it serves without rcpthosts, and nothing else is served then' "$(rcpt '<x@more.example>'; rcpt '<x@here.example>')" "$known
$other"
cp "$E/morercpthosts.cdb" "$T/whole"
head -c 1000 "$T/whole" >"$E/morercpthosts.cdb"
is 'a cut database is no refusal for ever' "$(rcpt '<x@more.example>')" "$sorry"
t 'and is logged' logged 'trouble: unable to read morercpthosts\.cdb: '
echo '<x>' >>"$E/morercpthosts"
pneu-newmrh 2>"$T/err"
is 'nonsense is not compiled' "$? $(sed "s|$T|T|" "$T/err")" '100 pneu-newmrh: fatal: T/etc/morercpthosts:6: this is not a domain'
t 'and what was there stays' cmp -n 1000 "$T/whole" "$E/morercpthosts.cdb"
t 'nothing is left over' test ! -e "$E/morercpthosts.cdb.tmp"
rm "$E/morercpthosts"
pneu-newmrh 2>/dev/null
is 'no text is an error' $? 100
echo x.example >"$E/morercpthosts"
mkfifo "$E/morercpthosts.cdb.tmp"
pneu-newmrh 2>"$T/err"
is 'what has its name and is not its own is left alone' "$? $(sed "s|$T|T|" "$T/err")" \
    '100 pneu-newmrh: fatal: T/etc/morercpthosts.cdb.tmp is in the way: not a file of its own'
rm "$E/morercpthosts.cdb.tmp"
pneu-newmrh x 2>/dev/null
is 'so is an argument' $? 100
finish
