# pneu-checkpw with a database: who is let in, what the program then has, and what is wrong use or trouble
. tests/lib.sh

PNEU_ETC=$T/etc
export PNEU_ETC
mkdir "$T/etc"
# "open sesame", as mkpasswd (whois) of Debian hashes it
cat >"$T/etc/passwords" <<'END'
# login:hash:remark
yescrypt:$y$j75$SUGxmMR1kq2YXP7pl.GLq1$abBB.S9SLOM1J62r49W5H8vOTHBi/2k34dNejsWQFdB
sha512@example.org:$6$rounds=1000$JnpJ/VRiuKznhziG$Oss4M5sJNSBD.YkoQGIc3gE.vq7qnJYB1SPMmcmUsQS/osSalMBEX8EQLYmguJ3dfRsChRQkRQsJdcQkv4AKs/:Ann, of here
sha256:$5$rounds=1000$90lo3jEHYU0/2djv$JFQClPSPTIK0xq2B9YEgTJlmdB7ZJMnIsq5LrPBNhNB
bcrypt:$2b$05$RmZ/EZyE7COhMGZ5JBYYn.kF1BCntaaE.CvKNXg4xH.n0PWNqpx7K
md5:$1$nqCOrQxv$XlQZ.tDHqKVY2.nLzla10.
locked:!$6$rounds=1000$JnpJ/VRiuKznhziG$Oss4M5sJNSBD.YkoQGIc3gE.vq7qnJYB1SPMmcmUsQS/osSalMBEX8EQLYmguJ3dfRsChRQkRQsJdcQkv4AKs/
strange:$zz$salt$hash
END
compile() { chmod 600 "$T/etc/passwords" && pneu-newpw; }
compile || skip_all 'no database can be made'

# code CODE LOGIN PASSWORD: that exit code, and not a word
ask() { printf '%s\0%s\0%s\0' "$1" "$2" 1795338486 >"$T/question"; shift 2; pneu-checkpw "$@" 3<"$T/question" 2>"$T/err"; }
code() {
	ask "$2" "$3" true
	got=$?
	cat "$T/err"
	[ "$got" -eq "$1" ] && ! [ -s "$T/err" ]
}
# raw CODE FORMAT: the same for any bytes
raw() {
	printf "$2" >"$T/question"
	pneu-checkpw true 3<"$T/question" 2>"$T/err"
	got=$?
	cat "$T/err"
	[ "$got" -eq "$1" ]
}
said() { grep -q "$1" "$T/err" || { cat "$T/err"; return 1; }; }

for who in yescrypt sha512@example.org sha256 bcrypt md5; do
	t "$who: the right password"                  code 0 "$who" 'open sesame'
	t "$who: a wrong one"                         code 1 "$who" 'open sesamE'
	t "$who: a beginning of it"                   code 1 "$who" 'open sesam'
	t "$who: none"                                code 1 "$who" ''
done
t 'an unknown login'                                  code 1 nobody 'open sesame'
t 'a locked one'                                      code 1 locked 'open sesame'
t 'case of a login counts'                            code 1 SHA256 'open sesame'
t 'no login'                                          code 1 '' 'open sesame'
t 'a login with other bytes'                          raw 1 'sha256\033\0open sesame\0\0'
t 'a login that is too long'                          code 1 "$(printf '%256s' x | tr ' ' x)" 'open sesame'
t 'the hash is no password'                           code 1 md5 '$1$nqCOrQxv$XlQZ.tDHqKVY2.nLzla10.'
if command -v mkpasswd >/dev/null; then
	echo "fresh:$(mkpasswd 'wechsel dich')" >>"$T/etc/passwords"
	compile
	t 'as mkpasswd hashes by itself'              code 0 fresh 'wechsel dich'
	t 'and nothing else'                          code 1 fresh 'wechsel mich'
else
	echo '# mkpasswd (whois) is missing: left out'
fi

# what is asked
pad() { printf "%$1s" x | tr ' ' x; }
t 'the timestamp may be empty'                        raw 0 'sha256\0open sesame\0\0'
t 'or missing'                                        raw 0 'sha256\0open sesame\0'
t 'or not end'                                        raw 0 'sha256\0open sesame\0x'
t '512 bytes are taken'                               raw 0 "sha256\\0open sesame\\0$(pad 493)"
t '513 are not'                                       raw 1 "sha256\\0open sesame\\0$(pad 494)"
t 'a password of 504 bytes is one'                    raw 1 "sha256\\0$(pad 504)\\0"
t 'nothing is wrong use'                              raw 2 ''
t 'so is a login alone'                               raw 2 'sha256\0'
t 'and a password without its end'                    raw 2 'sha256\0open sesame'
pneu-checkpw true 3<&- 2>"$T/err"
is 'and no descriptor 3' "$?" 2
pneu-checkpw 3</dev/null 2>"$T/err"
is 'and no program' "$?" 2
t 'which is said'                                     said '^pneu-checkpw: fatal: usage: '

# the program
is 'its exit code is ours' "$(ask sha256 'open sesame' sh -c 'exit 7'; echo $?)" 7
is 'it has its arguments' "$(ask sha256 'open sesame' printf '%s.' a 'b c' '')" 'a.b c..'
is 'USER is the login' "$(ask sha256 'open sesame' sh -c 'echo "$USER"')" sha256
is 'descriptors 0 and 1 are its own' "$(echo in | ask sha256 'open sesame' sed s/in/out/)" out
is 'it has no other' "$(ask sha256 'open sesame' sh -c 'for n in 0 1 2 3 4 5 6 7 8 9; do
	[ ! -e /dev/fd/$n ] || printf $n; done')" 012
is 'it is no program if the password is wrong' "$(ask sha256 'open' echo in; echo $?)" 1
t 'the password is neither in its environment nor in its arguments' \
    sh -c 'printf "sha256\0open sesame\0\0" >"$1/question" && pneu-checkpw sh -c "cat /proc/self/environ /proc/\$\$/cmdline; env" \
	3<"$1/question" >"$1/seen" && ! grep -aq sesame "$1/seen" && grep -aq USER=sha256 "$1/seen"' sh "$T"
is 'no core file is written' "$(ask sha256 'open sesame' sh -c 'ulimit -c')" 0
ask sha256 'open sesame' pneu-there-is-none
is 'a program that is not there is trouble' "$?" 111
( exec 0<&- 1>&-; ask sha256 'open sesame' true )
is 'it works without descriptors 0 and 1' "$?" 0

# trouble
ask strange 'open sesame' true
is 'a hash that the system cannot do is trouble' "$?" 111
t 'and named' said 'cannot hash in the way of the password of strange'
echo maybe >"$T/etc/systempasswords"
ask sha256 'open sesame' true
is 'a setting that makes no sense is trouble' "$?" 111
echo 1 >"$T/etc/systempasswords"
t 'a private instance asks no system: known ones'     code 0 sha256 'open sesame'
t 'and unknown ones'                                  code 1 root 'open sesame'
rm "$T/etc/systempasswords"
cp "$T/etc/passwords.cdb" "$T/good"
head -c 1000 "$T/good" >"$T/etc/passwords.cdb"
ask sha256 'open sesame' true
is 'a cut database is trouble' "$?" 111
t 'and named' said 'read passwords.cdb'
rm "$T/etc/passwords.cdb"
ask sha256 'open sesame' true
is 'so is none at all' "$?" 111
t 'and named too' said 'there are no passwords'
mkfifo "$T/etc/passwords.cdb"
ask sha256 'open sesame' true
is 'a FIFO in its place is not waited for' "$?" 111
rm "$T/etc/passwords.cdb"
: >"$T/etc/passwords"
compile
t 'an empty database has nobody, and measures all the same' code 1 sha256 'open sesame'
rm -r "$T/etc"
ask sha256 'open sesame' true
is 'no directory of settings is trouble' "$?" 111
finish
