# recipients.cdb: who there is in domains that go on to other hosts; pneu-newrcpt which compiles it, pneu-smtpd, pneu-explain
. tests/lib.sh
. tests/program/smtpd_lib.sh
there='250 2.1.5 recipient ok' nobody='550 5.1.1 no such mailbox here'
sorry='451 4.3.5 unable to look this recipient up, try later'
printf 'here.example\nlisted.example\nother.example\n.below.example\n' >"$E/rcpthosts"
printf 'listed.example:[192.0.2.1]\nother.example:/run/lmtp\n' >"$E/smtproutes"

is 'without a list everybody is taken' "$(rcpt '<x@listed.example>')" "$there"
cat >"$E/recipients" <<'END'
# one line each
ann@listed.example
list-*@listed.example
.below.example
joe@mx.example
x@elsewhere.example
END
t 'the list is compiled' pneu-newrcpt
for to in ann@listed.example ANN@Listed.Example. ann+tag@listed.example list-help@listed.example x@other.example x@a.below.example \
    postmaster@listed.example; do
	is "$to is taken" "$(rcpt "<$to>")" "$there"
done
for to in bob@listed.example list@listed.example '"ann "@listed.example'; do
	is "$to is not" "$(rcpt "<$to>")" "$nobody"
done
t 'the log has the reason, as of any other refusal' logged 'refused client unknown: 550 5\.1\.1 no such mailbox here.*"ann "@listed'
is 'who may relay may not send to nobody either' "$(RELAYCLIENT= ; export RELAYCLIENT; rcpt '<bob@listed.example>'; rcpt '<bob@far.example>')" "$nobody
$there"
is 'the list opens nothing' "$(rcpt '<x@elsewhere.example>' | cut -c 1-9)" '550 5.7.1'
echo mx.example >>"$E/rcpthosts"
is 'what is delivered here has users and aliases, not the list' "$(rcpt '<joe@mx.example>')" "$nobody"
: >"$E/separators"
is 'without separators there are no extensions' "$(rcpt '<ann+tag@listed.example>')" "$nobody"
rm "$E/separators"

for to in ann bob; do
	pneu-explain --no-dns "$to@listed.example" >"$T/$to" 2>&1
	echo $? >>"$T/$to"
done
is 'pneu-explain has her' "$(grep -c 'listed: *control/recipients.cdb has this address' "$T/ann") $(tail -n 1 "$T/ann")" '1 0'
is 'and not him' "$(grep -c 'not listed: *control/recipients.cdb has this domain, and not this address' "$T/bob") $(tail -n 1 "$T/bob")" '1 67'

# ---- a list that is wrong
cp "$E/recipients.cdb" "$T/whole"
head -c 2100 "$T/whole" >"$E/recipients.cdb"
is 'a cut database is no refusal for ever' "$(rcpt '<ann@listed.example>')" "$sorry"
t 'and is logged' logged 'recipient: recipients\.cdb is damaged: ann@listed\.example'
is 'postmaster is taken even so' "$(rcpt '<postmaster@listed.example>')" "$there"
echo 'x@' >>"$E/recipients"
pneu-newrcpt 2>"$T/err"
is 'nonsense is not compiled' "$? $(sed "s|$T|T|" "$T/err")" "100 pneu-newrcpt: fatal: T/etc/recipients:7: what follows the '@' is not a domain"
t 'and what was there stays' cmp -n 2100 "$T/whole" "$E/recipients.cdb"
t 'nothing is left over' test ! -e "$E/recipients.cdb.tmp"
echo other.example >"$T/text"
t 'another text into another place' pneu-newrcpt "$T/text" "$T/other.cdb"
mv "$T/other.cdb" "$E/recipients.cdb"
is 'a new database counts for the next session' "$(rcpt '<x@other.example>'; rcpt '<bob@listed.example>')" "$nobody
$there"
pneu-newrcpt x 2>/dev/null
is 'one argument is wrong' $? 100
rm "$E/recipients"
pneu-newrcpt 2>/dev/null
is 'no text is an error' $? 100
cp "$E/rcpthosts" "$E/morercpthosts"; pneu-newmrh; mv "$E/morercpthosts.cdb" "$E/recipients.cdb"
is 'some other database is damage' "$(rcpt '<ann@listed.example>')" "$sorry"

# ---- how large
python3 - >"$E/recipients" <<'END'
for i in range(300000):
    print("user%d@d%d.example" % (i, i % 3))
END
t '300000 recipients' pneu-newrcpt
is 'are looked up' "$(echo d1.example >>"$E/rcpthosts"; rcpt '<user1@d1.example>'; rcpt '<user2@d1.example>')" "$there
$nobody"
finish
