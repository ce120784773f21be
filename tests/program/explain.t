# pneu-explain ADDRESS: each kind of answer, and its exit code
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'needs python3'

PNEU_ETC=$T/etc
export PNEU_ETC
unset PNEU_QUEUE DNSCACHEIP
umask 022
chmod 755 "$T"
H=$T/home
mkdir -p "$T/etc" "$H/joe" "$H/ann" "$H/sys"

conf() { cat >"$T/etc/$1"; }
aliases() {
	cat >"$T/aliases"
	python3 tests/program/makealiases.py "$T/etc/aliases.cdb" "$T/aliases"
}
# user NAME UID: home/NAME, as =NAME and +NAME-
user() { printf '=%s:%s:%d:%d:%s:::\n+%s-:%s:%d:%d:%s:-::\n' "$1" "$1" "$2" 9 "$H/$1" "$1" "$1" "$2" 9 "$H/$1"; }

echo mx.example | conf me
printf 'mx.example\nexample.org\n' | conf locals
printf 'virt.example:joe-v\njoe@one.example:ann\n.sub.example:joe\nout.sub.example:\n' | conf virtualdomains
printf 'relay.example:[192.0.2.5]:2525\n:smart.example\n' | conf smtproutes
uid=$(id -u)
{ user joe "$uid"; user ann "$uid"; echo .; } >"$T/users"
pneu-newu "$T/users" "$T/etc/users.cdb"
: | aliases

# what it says, with the scratch directory as T, then its exit code
x() {
	pneu-explain -q "$@" >"$T/out" 2>"$T/err"
	code=$?
	sed "s|$T|T|g" "$T/out" "$T/err"
	echo "=$code"
}
# the facts that do not differ from user to user
who="uid: $uid
  gid: 9"
result() { sed -n 's/^  result: //p' "$T/out"; }

# arguments
is 'no address is wrong use'            "$(x | tail -n 1)" '=64'
is 'an unknown option too'              "$(x --from-where joe | tail -n 1)" '=64'
is 'an empty address too'               "$(x '' | tail -n 1)" '=64'
is 'a line end in an address too'       "$(x 'joe
ann' | tail -n 1)" '=64'
is '--helo needs --from'                "$(x --helo b.example joe | tail -n 1)" '=64'
is 'nothing is written to descriptor 1 then' "$(x --helo b.example joe >/dev/null; cat "$T/out")" ''

# a user
is 'a user: by locals, users.cdb and the preset' "$(x joe@example.org)" "address: joe@example.org
  local: example.org is in control/locals
  user: joe, by users.cdb
  $who
  home: T/home/joe
  by: control/defaultdelivery, which is missing: the preset
    line: 1
      maildir: ./Maildir/
  result: deliverable
=0"
printf '# all of it\n./Mail/\n' | conf defaultdelivery
is 'a name alone is at our own'         "$(x joe | sed -n 2,3p)" '  stands for: joe@mx.example
  local: mx.example is in control/locals'
is 'defaultdelivery, and its line'      "$(x joe | sed -n '/by:/,$p')" '  by: control/defaultdelivery
    line: 1
      maildir: ./Mail/
  result: deliverable
=0'
is 'case does not count'                "$(x JOE@EXAMPLE.org | sed -n 3p)" '  user: joe, by users.cdb'
is '< > around it do not count'         "$(x '<joe@example.org>' | head -n 1)" 'address: joe@example.org'
is 'nothing between them is no address' "$(x '<>' | tail -n 1)" '=64'
is 'nobody'                             "$(x no-such-user-here@example.org)" 'address: no-such-user-here@example.org
  local: example.org is in control/locals
  refused: 5.1.1 no such mailbox here
  result: not deliverable
=67'
rm "$T/etc/locals"
is 'without locals our own name is local' "$(x joe | sed -n 3p)" "  local: mx.example is this host's name, there is no control/locals"
printf 'mx.example\nexample.org\n' | conf locals
if [ "$uid" != 0 ]; then
	is 'a login name' "$(x "$(id -un)" | sed -n 4p)" "  user: $(id -un)"
fi

# .qmail
printf '# mine\n|cat >/dev/null\n\n&bob@relay.example\n./Maildir/\n./mbox\n+list\njoe-other@example.org\n' >"$H/joe/.qmail"
is 'a .qmail: each line and what it is' "$(x joe@example.org | sed -n '/by:/,$p')" '  by: T/home/joe/.qmail
    line: 2
      program: cat >/dev/null
    line: 4
      address: bob@relay.example
        remote: neither control/locals nor control/virtualdomains has relay.example
        route: control/smtproutes has relay.example:[192.0.2.5]:2525
        relay: 192.0.2.5 port 2525
    line: 5
      maildir: ./Maildir/
    line: 6
      mbox: ./mbox
    line: 8
      address: joe-other@example.org
        local: example.org is in control/locals
        user: joe, by users.cdb
        uid: '"$uid"'
        gid: 9
        home: T/home/joe
        missing: .qmail-other, and each default for it
        refused: 5.1.1 no such mailbox here
  result: not deliverable
=67'
echo ./box >"$H/joe/.qmail-a-default"
is 'a default file'                     "$(x joe-a-b | grep by:)" '  by: T/home/joe/.qmail-a-default'
is 'no file for the extension'          "$(x joe-b.C | tail -n 4)" '  missing: .qmail-b:c, and each default for it
  refused: 5.1.1 no such mailbox here
  result: not deliverable
=67'
chmod 646 "$H/joe/.qmail"
is 'a .qmail that others may write defers' "$(x joe | tail -n 3)" '  later: 4.7.0 others may write to .qmail
  result: not now
=75'
chmod 744 "$H/joe/.qmail"
is 'a program in a .qmail for forwards only' "$(x joe | tail -n 3)" "  later: 4.3.5 T/home/joe/.qmail line 2: program delivery, but the file is marked for forwards only (x bit)
  result: not now
=75"
echo bob@relay.example >"$H/joe/.qmail"
is 'a .qmail for forwards only'         "$(x joe | grep note:)" '    note: only forwards may be in it: its owner has made it executable'
chmod 644 "$H/joe/.qmail"
echo '# nothing' >"$H/joe/.qmail"
is 'a .qmail that says nothing'         "$(x joe | tail -n 4)" '  by: T/home/joe/.qmail
    note: it says nothing: what comes here is thrown away
  result: deliverable
=0'
rm "$H/joe/.qmail"
chmod 1755 "$H/joe"
is 'a sticky home'                      "$(x joe | tail -n 3)" '  later: 4.2.1 the home directory is sticky: its owner holds his mail back
  result: not now
=75'
chmod 757 "$H/joe"
is 'a home that others may write'       "$(x joe | tail -n 3 | head -n 1)" '  later: 4.7.0 others may write to the home directory'
chmod 755 "$H/joe"

# .forward
printf '# c\n\\joe, "|/bin/cat -n", /tmp/box\nann\n' >"$H/joe/.forward"
is 'a .forward: each element and what it is' "$(x joe@example.org | sed -n '/by:/,$p' | grep -v ' [ug]id: ')" '  by: T/home/joe/.forward
  itself: its own name in its own file: goes to the mailbox
  by: control/defaultdelivery
    line: 1
      maildir: ./Mail/
  by: T/home/joe/.forward
    line: 2
      program: /bin/cat -n
    line: 2
      mbox: /tmp/box
    line: 3
      address: ann
        stands for: ann@mx.example
        local: mx.example is in control/locals
        user: ann, by users.cdb
        home: T/home/ann
        by: control/defaultdelivery
          line: 1
            maildir: ./Mail/
  result: deliverable
=0'
echo joe >"$H/joe/.forward+tag"
is '.forward+tag'                       "$(x joe+tag | grep -m1 by:)" '  by: T/home/joe/.forward+tag'
is 'where their own name is the mailbox, too' "$(x joe+tag | grep -c 'itself:')" 1
is 'joe+other is as joe'                "$(x joe+other | grep -m1 by:)" '  by: T/home/joe/.forward'
echo joe >"$H/joe/.forward"
is 'their own name is their mailbox'    "$(x joe@mx.example | grep -A1 itself:)" '  itself: its own name in its own file: goes to the mailbox
  by: control/defaultdelivery'
is 'which is deliverable'               "$(x joe@mx.example >/dev/null; result)" deliverable
echo ann >"$H/joe/.forward"
echo joe >"$H/ann/.forward"
is 'two that send to one another'       "$(x joe@mx.example | tail -n 3)" '              loop: the mail was here before: its Delivered-To line ends it
  result: not deliverable
=67'
printf 'ann\n:include:/etc/hosts\n' >"$H/joe/.forward"
is 'a .forward that cannot be read as a whole' "$(x joe | tail -n 1)" '=75'
rm "$H/joe/.forward" "$H/joe/.forward+tag" "$H/ann/.forward"
printf '|x\033[2J\177\n' >"$H/joe/.qmail"
is 'bytes for the terminal are masked'  "$(x joe | grep 'program:')" '      program: x?[2J?'
printf 'x\033[2J@relay.example\n' >"$H/joe/.qmail"
is 'an address that is none defers'     "$(x joe | tail -n 3)" '  later: 4.3.5 T/home/joe/.qmail line 1: the address holds a blank or a control byte
  result: not now
=75'
rm "$H/joe/.qmail"

# whose domain
is 'a virtual domain'                   "$(x a@virt.example | sed -n 2,4p)" '  virtual: control/virtualdomains has virt.example:joe-v
  becomes: joe-v-a@virt.example
  user: joe, by users.cdb'
is 'one address of one'                 "$(x joe@one.example | sed -n 2,3p)" '  virtual: control/virtualdomains has joe@one.example:ann
  becomes: ann-joe@one.example'
is 'a host below a domain'              "$(x a@b.sub.example | sed -n 2p)" '  virtual: control/virtualdomains has .sub.example:joe'
is 'and the exception'                  "$(x a@out.sub.example | sed -n 2p)" '  remote: control/virtualdomains has the exception out.sub.example:'
is 'a remote domain and its relay'      "$(x a@b.example)" 'address: a@b.example
  remote: neither control/locals nor control/virtualdomains has b.example
  route: control/smtproutes has :smart.example
  relay: smart.example port 25
  result: deliverable
=0'
conf smtproutes <<END
many.example:one.example,two.example:26,[192.0.2.7] tls=verify family=4 bind=192.0.2.9 bind=2001:db8::9
box.example:$T/sock
far.example:back.example lmtp
mx.far.example: tls=may
in.example:[127.0.0.1] login=isp
all.example:smart.example:465 tls=smtps login=isp
gone.example:smart.example login=none
:smart.example
END
printf '%s\n' 'joe@mx.example:joes.example:587 login=isp' '@example.org: login=isp bind=192.0.2.8' | conf senderroutes
echo 'isp:joe@isp.example:secret' | conf smtplogins
chmod 600 "$T/etc/smtplogins"
is 'several relays, and words'          "$(x a@many.example | sed 1,2d)" '  route: control/smtproutes has many.example:one.example,two.example:26,[192.0.2.7] tls=verify family=4 bind=192.0.2.9 bind=2001:db8::9
  relay: one.example port 25
  relay: two.example port 26
  relay: 192.0.2.7 port 25
  later: 4.3.5 tls=verify needs a program: there is no control/tlsclient
  family: only IPv4
  bind: 192.0.2.9
  bind: 2001:db8::9
  result: not now
=75'
is 'a socket that is not there'         "$(x a@box.example | sed 1,3d)" '  lmtp: T/sock
    later: 4.4.1 it is no socket, or not there
  result: not now
=75'
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/sock"
is 'one that is'                        "$(x a@box.example | sed 1,3d)" '  lmtp: T/sock
  result: deliverable
=0'
is 'LMTP to a host'                     "$(x a@far.example | sed 1,3d)" '  lmtp: back.example port 24
  result: deliverable
=0'
is 'words for an MX'                    "$(x a@mx.far.example | sed 1,2d)" '  route: control/smtproutes has mx.far.example: tls=may
  mx of: mx.far.example
  tls: no
  result: deliverable
=0'
is 'a login on this host'               "$(x a@in.example | sed 1,3d)" '  relay: 127.0.0.1 port 25
  login: isp as joe@isp.example
  result: deliverable
=0'
echo true | conf tlsclient
is 'TLS where there is a program'       "$(x a@mx.far.example | grep tls:)" '  tls: may'
is 'a login elsewhere'                  "$(x a@all.example | sed 1,3d)" '  relay: smart.example port 465
  tls: must, because of tls=smtps, from the first byte
  login: isp as joe@isp.example
  result: deliverable
=0'
is 'one that is not there'              "$(x a@gone.example | sed 1,3d)" '  relay: smart.example port 25
  tls: must, because of login=
  login: none
    later: 4.3.5 control/smtplogins: has no line for the login none
  result: not now
=75'
chmod 644 "$T/etc/smtplogins"
is 'in a file for too many'             "$(x a@all.example | grep later)" \
    '    later: 4.3.5 control/smtplogins: others than its owner may use it: it has passwords, and wants mode 600'
chmod 600 "$T/etc/smtplogins"
is 'by sender'                          "$(x -f joe@mx.example a@b.example | sed 1,2d)" '  route: control/senderroutes has joe@mx.example:joes.example:587 login=isp
  relay: joes.example port 587
  tls: must, because of login=
  login: isp as joe@isp.example
  result: deliverable
=0'
is 'with words of a sender alone'       "$(x --sender '<ann@example.org>' a@b.example | sed 1,2d)" '  route: control/smtproutes has :smart.example
  words: control/senderroutes has @example.org: login=isp bind=192.0.2.8
  relay: smart.example port 25
  tls: must, because of login=
  login: isp as joe@isp.example
  bind: 192.0.2.8
  result: deliverable
=0'
is 'no password is shown'               "$(grep -c secret "$T/out")" 0
rm "$T/etc/smtproutes" "$T/etc/senderroutes" "$T/etc/smtplogins" "$T/etc/tlsclient"
is 'or its MX'                          "$(x a@b.example | sed -n 3p)" '  mx of: b.example'
is 'an address literal'                 "$(x 'a@[192.0.2.1]' | sed -n 3p)" '  host: [192.0.2.1], an address literal'
is 'no domain at all'                   "$(x a@ | tail -n 1)" '=67'

# aliases
cat >"$T/list" <<'END'
# members
m1@relay.example, m2@relay.example
joe@example.org
m4@relay.example

m5@relay.example
m6@relay.example
"m7
END
aliases <<END
postmaster: root
root: joe, bob@relay.example
joe: joe, \\ann
one: two
two: one
staff: :include:$T/list
owner-staff: ann
run: |/bin/prog x, /var/box, /dev/null
gone: :fail: 5.1.6 moved away
wait: :defer: 4.2.1 not today
missing: :include:$T/none
@virt.example: ann
twice: ann@mx.example, ann@mx.example
self: :include:$T/self
round: ann
open: :include:$T/open
END
echo '|/bin/prog' >"$T/open"
chmod 664 "$T/open"
echo ":include:$T/self" >"$T/self"
is 'aliases, one in another, with file and line' "$(x postmaster@example.org | grep -v ' [ug]id: ')" 'address: postmaster@example.org
  local: example.org is in control/locals
  alias: postmaster, T/aliases:1
    address: root
      stands for: root@mx.example
      local: mx.example is in control/locals
      alias: root, T/aliases:2
        address: joe
          stands for: joe@mx.example
          local: mx.example is in control/locals
          alias: joe, T/aliases:3
            address: joe
              stands for: joe@mx.example
              local: mx.example is in control/locals
              itself: its own name in its own alias: goes to the user
              user: joe, by users.cdb
              home: T/home/joe
              by: control/defaultdelivery
                line: 1
                  maildir: ./Mail/
            mailbox of: ann, no more aliases and no .forward or .qmail
              user: ann, by users.cdb
              home: T/home/ann
              by: control/defaultdelivery
                line: 1
                  maildir: ./Mail/
        address: bob@relay.example
          remote: neither control/locals nor control/virtualdomains has relay.example
          mx of: relay.example
  result: deliverable
=0'
is 'a loop, and where'                  "$(x one | tail -n 3)" "          loop: the alias one leads back to itself (T/aliases:4)
  result: not deliverable
=67"
is 'a list is counted, its first members shown, its sender told' "$(x staff | grep -vE '^        |stands|local:')" "address: staff
  alias: staff, T/aliases:6
    sender: owner-staff@mx.example, by T/aliases:7; the null sender stays
    list: T/list
      address: m1@relay.example
      address: m2@relay.example
      address: joe@example.org
      address: m4@relay.example
      address: m5@relay.example
      bad: line 8: a \" that is never closed
      members: 6, the first 5 are shown
      bad members: 1, each bounces
  result: not deliverable
=67"
is 'a program, a file, and what is thrown away' "$(x run | sed -n '/alias:/,$p' | grep -v 'as user')" '  alias: run, T/aliases:8
    program: /bin/prog x
    file: /var/box
    discarded: what comes here is thrown away
  result: deliverable
=0'
is 'and as whom'                        "$(x run | sed -n 's/.*as user: //p' | sort -u)" "$(id -un), uid $uid"
is 'an alias that refuses'              "$(x gone | tail -n 3)" '    refused: 5.1.6 moved away
  result: not deliverable
=67'
is 'an alias that defers'               "$(x wait | tail -n 3)" '    later: 4.2.1 not today
  result: not now
=75'
is 'a list that is missing defers'      "$(x missing | tail -n 3)" '      later: 4.3.5 No such file or directory
  result: not now
=75'
is 'a list that includes itself'        "$(x self | tail -n 4)" '        refused: 5.4.6 it includes itself
      members: 1
  result: not deliverable
=67'
is 'a domain of its own'                "$(x who@virt.example | sed -n 2,4p)" '  virtual: control/virtualdomains has virt.example:joe-v
  alias: @virt.example, T/aliases:12
    address: ann'
is 'nobody twice'                       "$(x twice | tail -n 3)" '      again: it was shown above, or there is too much to show; nobody gets a message twice
  result: deliverable
=0'
echo round >"$H/ann/.forward"
is 'a loop through a home, one message after the other' "$(x round | sed -n 's/^ *\(alias: \|loop: \)/\1/p')" "alias: round, T/aliases:15
alias: round, T/aliases:15
loop: the mail was here before: its Delivered-To line ends it"
rm "$H/ann/.forward"
is 'a program in a list that others may write' "$(x open | tail -n 5)" '      bad: line 1: only a list that nobody but root may write to may name programs or files
      members: 0
      bad members: 1, each bounces
  result: not deliverable
=67'
is 'several addresses: the worst'       "$(x ann@mx.example wait gone | sed -n 's/^  result: //p; $p' | tr '\n' ' ')" \
    'deliverable not now not deliverable =67 '
is 'also when it comes first'           "$(x gone wait ann@mx.example | tail -n 1)" '=67'
echo 'joe: ann' >>"$T/aliases"
is 'a text newer than its database is said' "$(x ann@mx.example | head -n 1)" \
    'note: T/aliases has changed since pneu-newaliases ran: what it was then counts'
i=0
while [ $i -lt 80 ]; do
	echo "a$i: a$((i + 1)), b$((i + 1))"
	echo "b$i: a$((i + 1)), b$((i + 1))"
	i=$((i + 1))
done | aliases
t 'an alias bomb ends'                  timeout 100 sh -c 'pneu-explain -q a0 >"$1"; [ $? -eq 67 ]' sh "$T/out"
t 'in few lines'                        test "$(wc -l <"$T/out")" -lt 5000
t 'and names the depth'                 grep -q '5.4.6 aliases stand too deep inside one another' "$T/out"
head -c 3000 /dev/zero >"$T/etc/aliases.cdb"
is 'a damaged database defers'          "$(x joe | tail -n 3)" '  later: 4.3.5 aliases.cdb is damaged
  result: not now
=75'
rm "$T/etc/aliases.cdb"
echo nonsense | conf virtualdomains
is 'a control file that cannot be read is said' "$(x joe)" \
    'later: no address is decided as long as control/virtualdomains: a line has no colon: "nonsense"
=75'
rm "$T/etc/virtualdomains"

# return addresses that we made
echo always | conf srs
(umask 077; echo tops3cret >"$T/etc/srssecret")
srs=$(python3 - <<'END'
import base64, hashlib, hmac, time
digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
day = int(time.time()) // 86400 % 1024
stamp = digits[day >> 5] + digits[day & 31]
sum = hmac.new(b"tops3cret", (stamp + "far.example" + "eve").lower().encode(), hashlib.sha1).digest()
print("SRS0=%s=%s=far.example=eve@mx.example" % (base64.b64encode(sum).decode()[:4], stamp))
END
)
is 'a return address of ours is reversed' "$(x "$srs" | sed -n 2,3p)" '  srs: eve@far.example
  remote: neither control/locals nor control/virtualdomains has far.example'
t 'one that we did not make is not'     sh -c 'pneu-explain -q SRS0=AAAA=AA=far.example=eve@mx.example; [ $? -eq 67 ]'
rm "$T/etc/srs" "$T/etc/srssecret"

# other people's files
other=$((uid + 54321))
{ user joe "$other"; echo .; } >"$T/users"
pneu-newu "$T/users" "$T/etc/users.cdb"
chmod 0 "$H/joe"
as=
[ "$uid" != 0 ] || as='setpriv --reuid=65534 --regid=65534 --clear-groups'
if $as pneu-explain -q joe >"$T/out" 2>&1; then
	is 'a home that is closed to the caller is said' "$(sed "s|$T|T|g" "$T/out" | tail -n 2)" \
	    '  unknown: unable to switch to the home directory T/home/joe: Permission denied: not readable by you
  result: deliverable'
else
	echo "# the programs are not for nobody to run: $(head -n 1 "$T/out")"
fi
chmod 755 "$H/joe"
t 'descriptor 1 closed is a failure'    sh -c 'pneu-explain -q joe >/dev/full; [ $? -eq 75 ]'
finish
