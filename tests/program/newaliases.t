# pneu-newaliases: alias files as others ship them, every line that is wrong, and a database that is replaced whole or not at all
. tests/lib.sh

umask 022
ASAN_OPTIONS=detect_leaks=0             # it cannot look for leaks under strace
E=$T/etc PNEU_ETC=$T/etc
export ASAN_OPTIONS PNEU_ETC
mkdir "$E" && echo mail.example.org >"$E/me"
printf '=joe:joe:1:1:/home/joe:::\n=ann:ann:1:1:/home/ann:::\n=lists:l:1:1:/l:::\n+lists-:l:1:1:/l:-::\n.\n' >"$E/users"
pneu-newu
printf 'postmaster: joe\nmailer-daemon: joe\n' >"$E/base"

exits() { want=$1; shift; "$@" >"$T/out" 2>"$T/err"; code=$?; cat "$T/out" "$T/err"; [ "$code" -eq "$want" ]; }
said() { grep -qF -- "$1" "$T/err" || { cat "$T/err"; return 1; }; }
# what the database says: NAME FILE LINE ELEMENT..., a line each, sorted by name
entries() { python3 -B tests/program/aliasdb.py "$E/aliases.cdb" | sed "s|$T/||g"; }
# says PROMISE TEXT FINDINGS: what -n has to say about it
says() {
	printf "$2" >"$E/aliases"
	is "$1" "$(pneu-newaliases -n "$E/aliases" "$E/base" 2>&1 | sed "s|$E/||g")" "$3"
}
# good PROMISE TEXT ENTRIES: compiled without a word; entries without those of the base
good() {
	printf "$2" >"$E/aliases"
	pneu-newaliases "$E/aliases" "$E/base" 2>"$T/err" >/dev/null
	is "$1" "$(sed "s|$E/||g" "$T/err"; entries | grep -v etc/base)" "$3"
}

# ---- success
printf 'postmaster: joe\nMAILER-DAEMON: postmaster\nx: ann\n' >"$E/aliases"
t 'a good file is compiled'                     exits 0 pneu-newaliases
is 'it prints what sendmail prints' "$(cat "$T/out")" "$E/aliases: 3 aliases, longest 10 bytes, 40 bytes total"
is 'and nothing else' "$(cat "$T/err")" ''
is 'everybody may read the database' "$(ls -l "$E/aliases.cdb" | cut -c1-10)" "-rw-r--r--"
is 'nothing else is left' "$(ls "$E" | tr '\n' ' ')" 'aliases aliases.cdb base me users users.cdb '
(umask 077; pneu-newaliases >/dev/null)
is 'whatever the umask' "$(ls -l "$E/aliases.cdb" | cut -c1-10)" "-rw-r--r--"
is 'names are in lower case, with file and line' "$(entries)" "mailer-daemon etc/aliases 2 Apostmaster
postmaster etc/aliases 1 Ajoe
x etc/aliases 3 Aann"
printf 'one: joe\n' >"$T/first" && printf 'two: joe\n' >"$T/second"
t 'several files are one database'              exits 0 pneu-newaliases "$T/first" "$T/second"
is 'with a line for each' "$(cat "$T/out")" "$T/first: 1 aliases, longest 3 bytes, 6 bytes total
$T/second: 1 aliases, longest 3 bytes, 6 bytes total"
is 'and all entries' "$(entries)" 'one first 1 Ajoe
two second 1 Ajoe'
printf '# texts\n%s\n\naliases\n' "$T/second" >"$E/aliasfiles"
t 'without arguments those of control/aliasfiles'       exits 0 pneu-newaliases
is 'where a relative name is one in etc' "$(entries | cut -d' ' -f1 | tr '\n' ' ')" 'mailer-daemon postmaster two x '
rm "$E/aliasfiles"
(cd "$T" && pneu-newaliases first >out 2>/dev/null)
is 'a file is called as it was named' "$(cat "$T/out")" 'first: 1 aliases, longest 3 bytes, 6 bytes total'
is 'but the database has its whole name' "$(entries)" 'one first 1 Ajoe'
: >"$T/first"
t 'an empty file is no error'                   exits 0 pneu-newaliases "$T/first"
is 'and no aliases' "$(entries)" ''

# ---- files as they are shipped
good 'as Debian makes it' '# /etc/aliases
nobody: root
hostmaster: root
usenet: root
news: root
webmaster: root
www: root
ftp: root
abuse: root
noc: root
security: root
root: joe
' 'abuse etc/aliases 9 Aroot
ftp etc/aliases 8 Aroot
hostmaster etc/aliases 3 Aroot
news etc/aliases 5 Aroot
nobody etc/aliases 2 Aroot
noc etc/aliases 10 Aroot
root etc/aliases 12 Ajoe
security etc/aliases 11 Aroot
usenet etc/aliases 4 Aroot
webmaster etc/aliases 6 Aroot
www etc/aliases 7 Aroot'
printf '# See man 5 aliases for format\npostmaster:    root\nabuse: root\n' >"$E/aliases"
t 'as Postfix on Debian has it'                 exits 0 pneu-newaliases
is 'with what is missing, root once' "$(sed "s|$E/||" "$T/err")" 'aliases:1:1: warning: there is no mailer-daemon
aliases:2:16: warning: no mail is delivered to root; it needs an alias'
good 'as sendmail has it, with its kinds of elements' '#
#  Aliases in this file will NOT be expanded in the header from
#
bin:\t\tjoe
daemon:\t\tjoe
# trap decode to catch security attacks
decode:\t\tjoe
nobody: /dev/null
prog: "|/bin/cat -u, x",
\t\\ann, Ann Other <ann@example.com> # (hers)
' 'aliases:10:8: warning: what follows # is ignored; a comment should be a line of its own
bin etc/aliases 4 Ajoe
daemon etc/aliases 5 Ajoe
decode etc/aliases 7 Ajoe
nobody etc/aliases 8 D/dev/null
prog etc/aliases 9 P/bin/cat -u, x Mann Aann@example.com'
printf 'mail.example.org\n' >"$E/locals"
printf 'example.net:lists\n' >"$E/virtualdomains"
printf '%s\n' '# members' joe 'ann@example.com, ann' >"$T/members"
good 'as fastforward has it, with virtual domains' "news@example.net: joe, ann\n@example.net: joe\njoe@: ann@example.com\nlist: :include:$T/members\nowner-list: joe\n" \
	'@example.net etc/aliases 2 Ajoe
joe@ etc/aliases 3 Aann@example.com
list etc/aliases 4 Imembers
news@example.net etc/aliases 1 Ajoe Aann
owner-list etc/aliases 5 Ajoe'
good 'refusals and deferrals as Exim and OpenSMTPD write them' 'a: :fail: gone, for good\nb: :defer: later\nc: :blackhole:\nd: error:550 no\n' \
	'a etc/aliases 1 Xgone, for good
b etc/aliases 2 Zlater
c etc/aliases 3 D
d etc/aliases 4 Xno'
good 'commands to the next comma, blanks and CR LF' 'a: |/bin/cat -u x , joe\r\nb: joe ,\\\r\n  ann\r\nc: "|/bin/cat \\"a b\\"", |"/bin/cat c"' \
	'a etc/aliases 1 P/bin/cat -u x Ajoe
b etc/aliases 2 Ajoe Aann
c etc/aliases 4 P/bin/cat "a b" P/bin/cat c'

# ---- what is wrong, all of it in one run
says 'every bad line, in order' 'a b: joe\n\nno colon\nok: joe\nbad: "joe\n,ok2: joe\nok3: joe,\n  joe@ex_ample..org\n @: x\n: x\ny:\n' \
'aliases:1:2: error: a blank in the name, not in quotes
aliases:3:1: error: no colon after a name
aliases:5:6: error: a " that is never closed
aliases:6:1: error: a byte in the name that must be in quotes
aliases:8:7: error: not a domain after the @
aliases:10:1: error: no name before the colon
aliases:11:2: error: nothing follows the colon'
says 'columns are those of the line, also in continuations' 'a: joe,\n# x\n\t  ann,\n   "x\n' 'aliases:4:4: error: a " that is never closed'
says 'an entry of commas' 'a: , ,\n' 'aliases:1:1: error: no recipients'
says 'an indented line first' '  joe: ann\n' 'aliases:1:3: error: an indented line that continues nothing'
says 'duplicate names' 'a: joe\nb: joe\nA: ann\n"a": ann\n' "aliases:3:1: error: a has an entry already, at aliases:1
aliases:4:2: error: a has an entry already, at aliases:1"
printf 'dup: joe\n' >"$T/first" && printf '\nx: joe\nDup: joe\n' >"$T/second"
t 'also in different files'                     exits 65 pneu-newaliases "$T/first" "$T/second"
t 'name both places'                            said "$T/second:3:1: error: dup has an entry already, at $T/first:1"
says 'control bytes are shown as ?' 'a: j\001oe\n' 'aliases:1:5: error: a control byte'
says 'a name that no address has' 'J\303\266rg: joe\n' 'aliases:1:1: warning: no address can have this name: it is not ASCII'
awk 'BEGIN { printf "a: "; for (i = 0; i < 1700000; i++) printf "ann%d@x.y,", i; print "" }' >"$E/aliases"
t 'an entry over the limit'                     exits 65 pneu-newaliases -n
t 'is an error'                                 said "$E/aliases:1:1: error: the entry is longer than 16777216 bytes"

# ---- loops
says 'a loop' 'a: b\nb: a\n' 'aliases:1:4: error: a loop that no mail leaves: a -> b -> a'
says 'a longer one, and what leads to it' 'z: a\na: b\nb: A@mail.example.org, c\nc: b\n' \
'aliases:1:1: error: z leads only into a loop that no mail leaves
aliases:2:4: error: a loop that no mail leaves: a -> b -> a'
says 'a loop with a way out' 'a: joe,\n  b\nb: c\nc: a\n' 'aliases:2:3: warning: a loop: a -> b -> c -> a; that way fails'
says 'the own name is the user' 'joe: joe, ann\n' ''
says 'if there is one' 'nosuch: nosuch, ann\n' 'aliases:1:9: warning: in its own entry nosuch means the user, and there is no such user'
printf 'joe\nann@example.com\n' >"$T/own"; printf ':include:%s\n' "$T/self" >"$T/self"
says 'also through a list' "joe: :include:$T/own\nowner-joe: ann\n" ''
says 'a list in itself' "l: :include:$T/self\nowner-l: ann\n" "aliases:1:1: error: l leads only into a loop that no mail leaves
$T/self:1:1: error: a loop that no mail leaves: :include:$T/self -> :include:$T/self"
says 'a loop through a list' "l: :include:$T/own\njoe: l\nowner-l: ann\n" "aliases:1:4: warning: a loop: l -> :include:$T/own -> joe -> l; that way fails"
awk 'BEGIN { for (i = 1; i <= 60; i++) print "n" i ": n" i + 1; print "n61: joe" }' >"$T/deep"
is 'aliases too deep inside one another' "$(pneu-newaliases -n "$T/deep" "$E/base" 2>&1)" \
	"$T/deep:10:1: warning: more than 50 aliases or lists inside one another from n10 on; the last ones are not reached"

# ---- people
says 'somebody who is not there' 'a: nosuch, joe, lists-x, ann+tag, no@mail.example.org, no@other.example\n' \
'aliases:1:4: warning: nosuch is neither an alias nor a user with a mailbox
aliases:1:35: warning: no is neither an alias nor a user with a mailbox'
says '\\name of nobody' 'a: \\nosuch, \\joe\n' 'aliases:1:4: warning: there is no user nosuch'
says 'root, who gets none' 'a: root\n' 'aliases:1:4: warning: no mail is delivered to root; it needs an alias'
says 'the same recipient twice' 'a: joe, ann,\n   JOE, |/bin/cat, ann@x.example, ann, |/bin/cat\n' 'aliases:2:4: warning: JOE is there already, in line 1
aliases:2:35: warning: ann is there already, in line 1
aliases:2:40: warning: /bin/cat is there already, in line 2'
says 'a domain that catches users' '@mail.example.org: joe\n' \
	'aliases:1:1: warning: @mail.example.org catches every name in a local domain that has no alias, those of users too'
says 'a domain that is not ours' 'a@far.example: joe\n' 'aliases:1:1: warning: a@far.example is never looked for: far.example is neither in locals nor in virtualdomains'
echo example.net >"$E/locals"
says 'names without a domain that are not ours, once' 'a: nosuch@example.net, joe, ann, root\n' \
'aliases:1:4: warning: nosuch is neither an alias nor a user with a mailbox
aliases:1:24: warning: joe means joe@mail.example.org, and mail.example.org is not in control/locals: mail for names without a domain leaves this host'
rm "$E/locals"
says 'addresses without a comma' 'a: joe ann\n' 'aliases:1:8: warning: no comma before it'
printf 'a: joe\n' >"$E/aliases"
is 'names that everybody has to have' "$(pneu-newaliases -n 2>&1 | sed "s|$E/||")" 'aliases:1:1: warning: there is no postmaster
aliases:1:1: warning: there is no mailer-daemon'

# ---- programs and files
mkdir "$T/prog.d" && printf '#!/bin/sh\n' >"$T/prog" && cp "$T/prog" "$T/prog.no" && chmod 755 "$T/prog" && chmod 644 "$T/prog.no"
says 'programs that can be started' "a: |$T/prog x, |exec $T/prog y, |X=1 Y='a b' $T/prog z, |cat, |exit 67, |\"'$T/prog'\"\n" ''
says 'what only the shell knows' 'a: |cd /nosuch && x, |$HOME/x, |(x), |`x`\n' ''
says 'programs that cannot' "a: |/nosuch/cat x, |FOO=1 exec /no/such, |$T/prog.no, |$T/prog.d, |nosuchprogram, |bin/x\n" \
"aliases:1:4: warning: program /nosuch/cat: No such file or directory; there is /usr/bin/cat
aliases:1:20: warning: program /no/such: No such file or directory
aliases:1:42: warning: program $T/prog.no: not executable
aliases:1:$((46 + ${#T} + 7)): warning: program $T/prog.d: a directory
aliases:1:$((49 + 2 * ${#T} + 14)): warning: program nosuchprogram: not in /usr/local/bin, /usr/bin or /bin
aliases:1:$((65 + 2 * ${#T} + 14)): warning: program bin/x: not an absolute path"
printf '#! /no/such/perl -w\n' >"$T/script" && chmod 755 "$T/script"
says 'a script without its interpreter' "a: |$T/script\n" "aliases:1:4: warning: program $T/script: its interpreter /no/such/perl: No such file or directory"
mkdir -p "$T/md/new" "$T/md/cur" "$T/md/tmp" "$T/half/new" && : >"$T/exec" && chmod 755 "$T/exec" && : >"$T/all" && chmod 666 "$T/all"
: >"$T/l1" && ln "$T/l1" "$T/l2"
says 'files that are fine' "a: $T/md/, $T/newbox, $T/first, /dev/null\n" ''
says 'files that are not' "a: $T/none/box,
 $T/md,
 $T/half/,
 $T/none/,
 $T/exec,
 $T/all,
 $T/l1\n" "aliases:1:4: warning: file $T/none/box: there is no directory $T/none
aliases:2:2: warning: file $T/md: a directory; the name of a Maildir ends in /
aliases:3:2: warning: Maildir $T/half/: has no directory cur
aliases:4:2: warning: Maildir $T/none/: no such directory
aliases:5:2: warning: file $T/exec: executable
aliases:6:2: warning: file $T/all: everybody may write to it
aliases:7:2: warning: file $T/l1: it has more than one link"

# ---- lists
printf '# c\n joe, "x\nann ann@x.y\n\nnosuch\r\n' >"$T/bad" && chmod 666 "$T/bad"
says 'what a list says, in its own lines' "l: :include:$T/bad\nowner-l: joe\n" "$T/bad:1:1: warning: everybody may write to this list; its mail would wait
$T/bad:2:7: warning: a \" that is never closed
$T/bad:3:5: warning: no comma before it
$T/bad:5:1: warning: nosuch is neither an alias nor a user with a mailbox"
chmod 664 "$T/own"
says 'a list that its group may write' "l: :include:$T/own\nowner-l: joe\n" "$T/own:1:1: warning: its group may write to this file"
says 'a list without an owner' "l: :include:$T/members, joe\n" 'aliases:1:1: warning: list l has no owner-l: bounces go to its authors'
says 'lists that are not there' "l: :include:$T/none, :include:$T\nowner-l: joe\n" \
"aliases:1:4: warning: list $T/none: No such file or directory; its mail would wait
aliases:1:$((20 + ${#T})): warning: list $T: not a regular file; its mail would wait"
echo '|/bin/cat' >"$T/progs" && chmod 664 "$T/progs"
says 'a program in a list of others' "l: :include:$T/progs\nowner-l: joe\n" "$T/progs:1:1: warning: its group may write to this file
$T/progs:1:1: warning: program /bin/cat: refused, unless the list belongs to root and nobody else may write to it"

# ---- what users have put into their homes is looked at, not opened: some devices do something when root opens them
if strace -o /dev/null true 2>/dev/null; then
	mkdir "$T/homely"
	mkfifo "$T/homely/.qmail-pipe"
	: >"$T/homely/.qmail-file"
	cp "$E/users" "$T/users.kept"
	sed "1i +homely-:h:1:1:$T/homely:-::" "$T/users.kept" >"$E/users" && pneu-newu
	printf 'l: homely-file, homely-pipe, :include:%s\nowner-l: joe\n' "$T/fifo2" >"$E/aliases"
	mkfifo "$T/fifo2"
	strace -f -e trace=open,openat -o "$T/trace" pneu-newaliases -n "$E/aliases" "$E/base" 2>"$T/err"
	is 'a file of a user is seen, and only that' "$(sed "s|$E/||g" "$T/err")" \
"aliases:1:17: warning: homely-pipe is neither an alias nor a user with a mailbox
aliases:1:30: warning: list $T/fifo2: not a regular file; its mail would wait"
	is 'and not opened, nor is a FIFO' "$(grep -c 'qmail-\|fifo2' "$T/trace")" 0
	cp "$T/users.kept" "$E/users" && pneu-newu
fi

# ---- modes of the text itself
printf 'a: joe\n' >"$E/aliases" && chmod 666 "$E/aliases"
t 'a text that everybody may write'             exits 65 pneu-newaliases "$E/aliases" "$E/base"
t 'is an error'                                 said "$E/aliases:1:1: error: everybody may write to this file"
chmod 664 "$E/aliases"
t 'one that its group may write'                exits 0 pneu-newaliases "$E/aliases" "$E/base"
t 'is a warning'                                said "$E/aliases:1:1: warning: its group may write to this file"
chmod 644 "$E/aliases" && mkdir "$T/open" && chmod 777 "$T/open" && cp "$E/aliases" "$T/open/a"
t 'one in a directory that everybody may write' exits 0 pneu-newaliases "$T/open/a" "$E/base"
t 'is a warning too'                            said "$T/open/a:1:1: warning: everybody may write to the directory $T/open"
mkfifo "$T/fifo"
t 'a FIFO is not waited for'                    exits 65 timeout 100 pneu-newaliases "$T/fifo"
t 'but told'                                    said "$T/fifo:1:1: error: not a regular file"

# ---- what stays when it fails
printf 'old: joe\n' >"$E/aliases" && pneu-newaliases "$E/aliases" "$E/base" >/dev/null 2>&1 && cp "$E/aliases.cdb" "$T/old"
same_as() { cmp "$E/aliases.cdb" "$T/old" && test ! -e "$E/aliases.cdb.tmp"; }
printf 'new: joe\nbad\n' >"$E/aliases"
t 'errors are exit 65'                          exits 65 pneu-newaliases
t 'what that means is said'                     said 'nothing was installed because of the errors: the aliases stay as they were'
t 'the old database stays'                      same_as
is 'nothing is said of success' "$(cat "$T/out")" ''
t 'a missing file is exit 66'                   exits 66 pneu-newaliases "$T/nosuch"
t 'and changes nothing'                         same_as
t 'wrong use is exit 64'                        exits 64 pneu-newaliases -x
t 'nonsense in the control files is exit 78'    sh -c 'echo "x y" >"$1/virtualdomains"; pneu-newaliases "$1/base"; [ $? -eq 78 ]' sh "$E"
t 'the old database is still there'             same_as
rm "$E/virtualdomains"
ln -s "$T/elsewhere" "$E/aliases.cdb.tmp"
t 'a symbolic link in the way is not followed'  exits 73 pneu-newaliases "$E/base"
t 'nor what it points to made'                  test ! -e "$T/elsewhere"
rm "$E/aliases.cdb.tmp"
echo other >"$T/other" && ln "$T/other" "$E/aliases.cdb.tmp"
t 'a file of others in the way is not written'  exits 73 pneu-newaliases "$E/base"
is 'to' "$(cat "$T/other")" other
rm "$E/aliases.cdb.tmp"
if [ "$(id -u)" != 0 ]; then
	chmod 555 "$E"
	t 'who may not write is told'           exits 77 pneu-newaliases "$E/base"
	t 'that nothing is changed'             said 'nothing is changed; -n only checks'
	t 'and can check'                       exits 0 pneu-newaliases -n "$E/base"
	chmod 755 "$E"
elif command -v setpriv >/dev/null; then
	chmod 755 "$T" && mkdir "$T/bin" && cp "$(command -v pneu-newaliases)" "$T/bin"
	t 'who may not write is told'           exits 77 setpriv --reuid 65534 --regid 65534 --clear-groups "$T/bin/pneu-newaliases" "$E/base"
	t 'that nothing is changed'             said 'nothing is changed; -n only checks'
	t 'and can check'                       exits 0 setpriv --reuid 65534 --regid 65534 --clear-groups "$T/bin/pneu-newaliases" -n "$E/base"
else
	echo '# skipped: setpriv is needed to be somebody else'
fi
t 'nobody has changed anything'                 same_as

# ---- -n and -d
printf 'new: joe\n' >"$E/aliases"
t '-n checks'                                   exits 0 pneu-newaliases -n
is 'says nothing of counts' "$(cat "$T/out")" ''
t 'and installs nothing'                        same_as
printf 'all: team, ann@example.com\nteam: joe, lists\nold: joe\nsame: joe, ann\nmoved: ann\nwas: all\n' >"$E/aliases"
pneu-newaliases >/dev/null 2>&1 && cp "$E/aliases.cdb" "$T/old"
printf 'moved: Ann@mail.example.org\nall: ann@example.com, team\nteam: joe, |/bin/cat\nsame: ann, joe\nnew: was\nwas: all\n' >"$E/aliases"
t '-d compares'                                 exits 0 pneu-newaliases -d
is 'and shows every name whose recipients change, however deep' "$(cat "$T/out")" \
'~all: was ann@example.com, joe, lists; will be ann@example.com, joe, |/bin/cat
+new: will be ann@example.com, joe, |/bin/cat
-old: was joe
~team: was joe, lists; will be joe, |/bin/cat
~was: was ann@example.com, joe, lists; will be ann@example.com, joe, |/bin/cat'
t 'it installs nothing'                         same_as
printf 'x: y\n' >"$E/aliases" && rm "$E/aliases.cdb"
t 'without a database'                          exits 0 pneu-newaliases -d
is 'everything is new' "$(cat "$T/out")" '+x: will be y'
echo nonsense >"$E/aliases.cdb"
t 'a damaged database'                          exits 65 pneu-newaliases -d
t 'can be replaced'                             exits 0 pneu-newaliases "$E/base"
t 'and compared with again'                     exits 0 pneu-newaliases -d "$E/base"
is 'without a difference' "$(cat "$T/out")" ''
finish
