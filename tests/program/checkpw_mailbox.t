# pneu-checkpw -m: which mailbox a login has, in a private instance, where all of them belong to one user
. tests/lib.sh
PNEU_ETC=$T/etc HOME=$T/home
export PNEU_ETC HOME
unset MAILDIR PNEU_QUEUE
me=$(id -un)
mkdir -p "$T/etc" "$T/home" "$T/box"
echo mx.example >"$T/etc/me"
printf '%s\n' mx.example >"$T/etc/locals"
printf '%s\n' "virtual.example:$me" >"$T/etc/virtualdomains"
printf '%s\n' "$T/aliases" >"$T/etc/aliasfiles"
cat >"$T/aliases" <<END
box: $T/box/
also: box, somebody@elsewhere.example
again: also
two: box, $T/box2/
gone: somebody@elsewhere.example
program: "|cat"
file: $T/mbox
refused: :fail: no more
later: :defer: wait
END
i=0; while [ $i -lt 40 ]; do printf 'x%d@elsewhere.example, ' $i; i=$((i + 1)); done | sed 's/^/many: box, /; s/, $//' >>"$T/aliases"; echo >>"$T/aliases"
for l in box also again two gone program file refused later many nosuch "$me" away@elsewhere.example; do
	echo "$l:\$6\$rounds=1000\$JnpJ/VRiuKznhziG\$Oss4M5sJNSBD.YkoQGIc3gE.vq7qnJYB1SPMmcmUsQS/osSalMBEX8EQLYmguJ3dfRsChRQkRQsJdcQkv4AKs/"
done >"$T/etc/passwords"
chmod 600 "$T/etc/passwords"
pneu-newpw || skip_all 'no database can be made'
pneu-newaliases >"$T/err" 2>&1 || { cat "$T/err"; skip_all 'no aliases can be made'; }
home=$(getent passwd "$(id -u)" | cut -d: -f6)
[ -d "$home" ] || skip_all 'whoever runs this has no home directory'
# where LOGIN: what the program sees, or the reason, and the exit code
where() {
	printf '%s\0open sesame\0\0' "$1" >"$T/question"
	pneu-checkpw -m sh -c 'echo "${MAILDIR-none} $USER $HOME $PNEU_LOGIN"; [ "$(pwd -P)" = "$(cd "$HOME" && pwd -P)" ] || pwd' \
	    3<"$T/question" 2>"$T/err"
	code=$?
	sed 's/^pneu-checkpw: //' "$T/err"
	[ $code = 0 ] || echo "$code"
}
is 'an alias for a Maildir' "$(where box)" "$T/box/ $me $home box"
is 'one that also goes elsewhere' "$(where also)" "$T/box/ $me $home also"
is 'one for such a one' "$(where again)" "$T/box/ $me $home again"
[ "$(id -u)" = 0 ] || ! [ -O "$home" ] || is 'the account itself' "$(where "$me")" "none $me $home $me"
is 'two mailboxes' "$(where two)" 'refused two: its alias leads to more than one mailbox
1'
is 'a list' "$(where many)" 'refused many: its alias is a list
1'
is 'one of elsewhere' "$(where away@elsewhere.example)" 'refused away@elsewhere.example: its mail goes to another host
1'
for l in gone program file; do
	t "no mailbox: $l" sh -c 'expr "$1" : "refused $2: " >/dev/null' sh "$(where $l)" $l
done
is 'nobody' "$(where nosuch | sed 's,: no .*,: no,')" 'refused nosuch: no
1'
is 'a wrong password is asked for nothing' "$(printf 'two\0no\0\0' >"$T/question"; pneu-checkpw -m true 3<"$T/question" 2>&1; echo $?)" 1
echo damaged >"$T/etc/aliases.cdb"
is 'a damaged database is trouble' "$(where box)" 'fatal: unable to open the mailbox of box: aliases.cdb is damaged
111'
finish
