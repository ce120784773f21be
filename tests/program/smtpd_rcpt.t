# pneu-smtpd says at RCPT whether there is such a mailbox; system users: smtpd_rcpt_root.t
. tests/lib.sh
command -v swaks >/dev/null || skip_all 'no swaks'

mkdir "$T/etc" "$T/home" "$T/home/joe" "$T/home/catch" "$T/home/closed" "$T/bin"
PNEU_ETC=$T/etc PNEU_FILTER=$T/queue
export PNEU_ETC PNEU_FILTER
unset TCPREMOTEIP TCPREMOTEHOST TCPREMOTEINFO TCPLOCALIP RELAYCLIENT DATABYTES QMAILQUEUE
printf '#!/bin/sh\ncat >/dev/null; cat <&1 >/dev/null; printf ID1 >&6\n' >"$T/queue"
# every name that is not in /etc/passwd is asked of this; what it does says $T/getpw
printf '#!/bin/sh\necho "$$" >>"%s/started"\n. "%s/getpw"\n' "$T" "$T" >"$T/bin/pneu-getpw"
chmod +x "$T/queue" "$T/bin/pneu-getpw"
PATH=$T/bin:$PATH
nobody_else() {
	cat >"$T/getpw" <<'H'
while b=$(dd bs=1 count=1 2>/dev/null | od -An -tx1) && [ "$b" ]; do [ "$b" != ' 00' ] || printf 'N\0'; done
H
}
nobody_else

E=$T/etc
echo mx.example >"$E/me"
printf 'mx.example\nhere.example\n' >"$E/locals"
printf 'virtual.example:joe\nlost.example:nosuch\njim@virtual.example:joe-v\n' >"$E/virtualdomains"
printf 'mx.example\nhere.example\nvirtual.example\nlost.example\nrelayed.example\n' >"$E/rcpthosts"
cat >"$E/users" <<U
=joe:joe:54321:54321:$T/home/joe:::
+joe-:joe:54321:54321:$T/home/joe:-::
+catch-:joe:54321:54321:$T/home/catch:-::
+closed-:joe:54321:54321:$T/home/closed:-::
+homeless-:joe:54321:54321:$T/home/none:-::
.
U
pneu-newu
cat >"$T/aliases" <<A
postmaster: joe
ann: joe
list: joe, somebody@far.example
gone: :fail: moved away, see http://x.example
full: :fail: 5.2.2 no room
busy: :defer: 4.7.1 later, please
both: :unknown:, :defer: b
half: joe, :fail: no
nothing: /dev/null
odd: ":fail: caf\303\251"
@lost.example: joe
A
sed -i "s/caf.*\"/caf$(printf '\303\251')\"/" "$T/aliases"
pneu-newaliases "$T/aliases" >"$T/out" 2>&1 || { echo 'Bail out! no aliases'; cat "$T/out"; }
echo ./x/ >"$T/home/joe/.qmail-list"
echo ./x/ >"$T/home/joe/.qmail-v-jim"
echo ./x/ >"$T/home/joe/.qmail-v-default"
echo ./x/ >"$T/home/joe/.qmail-bob"
mkdir "$T/home/joe/.qmail-dir"
echo ./x/ >"$T/home/catch/.qmail-default"

# refusals without the session's id, which they all must have
no_id() { sed -E '/^[45]/{s/ \[[0-9a-z]{12,24}\]$//;t;s/$/ without its id/}'; }
talk() { printf "$(printf '%s\n' "$1" | sed 's/%/%%/g; s/$/\\r/')\n" | pneu-smtpd 2>"$T/log" | tr -d '\r' | tail -n +2 | no_id; }
# the reply to RCPT TO:<$1>
said() { talk "HELO h
MAIL FROM:<a@b.example>
RCPT TO:<$1>" | sed -n 3p; }
rcpt() { for rcpt_a; do said "$rcpt_a" | cut -c1-9; done | tr '\n' '|'; }
fine='250 2.1.5|'
unknown='550 5.1.1|'

# a helper that hangs is given up after a while; it is waited for at the end
mkdir "$T/slow" && cp -R "$T/etc" "$T/slow/etc" && cp "$T/bin/pneu-getpw" "$T/slow/" && echo 'exec sleep 1000' >"$T/slow/getpw" &&
    sed -i "s|$T|$T/slow|g" "$T/slow/pneu-getpw"
( PNEU_ETC=$T/slow/etc PATH=$T/slow:$PATH; printf 'HELO h\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<nosuch@here.example>\r\nRCPT TO:<more@here.example>\r\nRCPT TO:<joe@here.example>\r\n' |
    pneu-smtpd 2>"$T/slow/log" | tr -d '\r' | no_id >"$T/slow/out" ) &
slow=$!

# ---- users
t 'swaks is told that there is nobody' sh -c 'swaks --pipe pneu-smtpd --from a@b.example --to nosuch@here.example --quit-after RCPT >"$0" 2>&1; test $? = 24' "$T/swaks"
t 'in so many words' grep -q '^<\*\* 550 5.1.1 no such mailbox here' "$T/swaks"
t 'and gets through to somebody' swaks --pipe pneu-smtpd --from a@b.example --to joe@here.example
is 'a user, in any case' "$(rcpt joe@here.example JOE@Here.Example)" "$fine$fine"
is 'not a name that is like his' "$(rcpt joex@here.example jo@here.example)" "$unknown$unknown"
is 'joe+tag is joe' "$(rcpt joe+tag@here.example joe+@here.example joe+a-b@here.example)" "$fine$fine$fine"
is 'joe-ext needs a file' "$(rcpt joe-list@here.example joe-LIST@here.example joe-other@here.example)" "$fine$fine$unknown"
is 'a regular one' "$(rcpt joe-dir@here.example)" "$unknown"
is 'one that ends in -default will do' "$(rcpt joe-v-any@here.example catch-any-thing@here.example joe-v@here.example)" "$fine$fine$unknown"
is 'separators are settable' "$(echo '=' >"$E/separators"; rcpt joe+tag@here.example joe=tag@here.example)" "$unknown$fine"
is 'the hyphen too: then there need be no file' "$(echo - >"$E/separators"; rcpt joe-other@here.example)" "$unknown"
sed -i '/^+joe-/d' "$E/users"; pneu-newu
is 'but where the database has a prefix with one' "$(rcpt joe-other@here.example)" "$fine"
rm "$E/separators"
echo "+joe-:joe:54321:54321:$T/home/joe:-::" | cat - "$E/users" >"$T/u" && cp "$T/u" "$E/users" && pneu-newu
is 'a home that is missing is a matter of time' "$(said homeless-x@here.example)" '451 4.3.0 unable to look this recipient up, try later'
t 'why stands in the log, the address last' grep -q '^pneu-smtpd: [0-9a-z]* recipient: unable to look into .*/home/none: No such file or directory: homeless-x@here.example$' "$T/log"
if [ "$(id -u)" != 0 ]; then
	chmod 0 "$T/home/closed"
	is 'a home that we may not look into is believed in' "$(rcpt closed-x@here.example)" "$fine"
	chmod 700 "$T/home/closed"
	is 'the caller has a mailbox in his instance' "$(rcpt "$(id -un)@here.example")" "$fine"
fi
is 'a recipient refused is no recipient' "$(talk 'HELO h
MAIL FROM:<a@b.example>
RCPT TO:<nosuch@here.example>
DATA
RCPT TO:<joe@here.example>
DATA
.' | cut -c1-9 | tr '\n' '|')" "250 mx.ex|250 2.1.0|${unknown}554 5.5.1|${fine}354 end w|250 2.0.0|"
is 'a refusal is logged with all that is known' "$(sed -n 's/^pneu-smtpd: [0-9a-z]* refused/refused/p' "$T/log" | head -n 1)" \
    'refused client unknown: 550 5.1.1 no such mailbox here: helo h from <a@b.example> command RCPT TO:<nosuch@here.example>'
is 'too many of them end the session' "$(echo 2 >"$E/maxidlecommands"; talk 'HELO h
MAIL FROM:<a@b.example>
RCPT TO:<n1@here.example>
RCPT TO:<n2@here.example>
RCPT TO:<n3@here.example>' | cut -c1-9 | tail -n 2 | tr '\n' '|'; rm "$E/maxidlecommands")" "${unknown}421 4.7.0|"

# ---- aliases
is 'aliases' "$(rcpt ann@here.example Ann@here.example list@here.example nothing@here.example half@here.example)" "$fine$fine$fine$fine$fine"
is 'an alias has tags' "$(rcpt ann+tag@here.example)" "$fine"
is ':fail: refuses with its words' "$(said gone@here.example)" '550 5.1.1 moved away, see http://x.example'
is 'and its status' "$(said full@here.example)" '550 5.2.2 no room'
is ':defer: defers' "$(said busy@here.example)" '451 4.7.1 later, please'
is 'also beside :fail:' "$(rcpt both@here.example)" '451 4.3.0|'
is 'words are masked' "$(said odd@here.example)" '550 5.1.1 caf??'
is 'local names are not for virtual domains' "$(rcpt ann@virtual.example)" "$unknown"
is 'wildcards are' "$(rcpt any@lost.example)" "$fine"
cp "$E/aliases.cdb" "$T/good.cdb"
printf x >"$E/aliases.cdb"
is 'a damaged database defers' "$(said joe@here.example)" '451 4.3.5 unable to look this recipient up, try later'
t 'and is named' grep -q 'recipient: aliases.cdb is damaged: joe@here.example' "$T/log"
is 'also one that was cut' "$(head -c 2300 "$T/good.cdb" >"$E/aliases.cdb"; rcpt ann@here.example)" '451 4.3.5|'
is 'not mail for elsewhere' "$(rcpt x@relayed.example)" "$fine"
rm "$E/aliases.cdb"
is 'without one there are no aliases' "$(rcpt ann@here.example joe@here.example)" "$unknown$fine"
is 'postmaster is accepted whatever there is' "$(rcpt postmaster@here.example postmaster PostMaster@mx.example postmaster@lost.example)" "$fine$fine$fine$fine"
t 'and the log says what is missing' grep -q 'recipient: accepted because postmaster has to be, but no such mailbox here: postmaster@lost.example' "$T/log"
is 'only he' "$(rcpt postmaster2@here.example postmaster+x@here.example)" "$unknown$unknown"
cp "$T/good.cdb" "$E/aliases.cdb"
cp "$E/users.cdb" "$T/users.cdb"; printf x >"$E/users.cdb"
is 'a damaged users database defers' "$(rcpt joe@here.example)" '451 4.3.5|'
t 'and is named' grep -q 'recipient: users.cdb is damaged: joe@here.example' "$T/log"
is 'but not who has an alias' "$(rcpt ann@here.example)" "$fine"
is 'nor postmaster' "$(mv "$E/aliases.cdb" "$T/away.cdb"; rcpt postmaster@here.example; mv "$T/away.cdb" "$E/aliases.cdb")" "$fine"
t 'which is said, too' grep -q 'recipient: accepted because postmaster has to be, but users.cdb is damaged: postmaster@here.example' "$T/log"
cp "$T/users.cdb" "$E/users.cdb"

# ---- where mail goes
is 'virtual domains' "$(rcpt bob@virtual.example nosuch@virtual.example jim@virtual.example)" "$fine$unknown$fine"
is 'other hosts are not asked' "$(rcpt anybody@relayed.example)" "$fine"
RELAYCLIENT=; export RELAYCLIENT
is 'who may relay hears of unknown users too' "$(rcpt x@far.example nosuch@here.example joe joex)" "$fine$unknown$fine$unknown"
echo here.example >"$E/percenthack"
is 'per cent signs count as they do later' "$(rcpt nosuch%mx.example@here.example joe%mx.example@here.example x%far.example@here.example)" "$unknown$fine$fine"
is 'the value of RELAYCLIENT belongs to the address' "$(RELAYCLIENT=.example; rcpt joe@here nosuch@here joe@here.example)" "$fine$unknown$fine"
unset RELAYCLIENT
rm "$E/percenthack"
echo nonsense >>"$E/virtualdomains"
is 'settings that make no sense defer' "$(said joe@here.example)" '451 4.3.5 this mail server is not set up correctly, try later'
t 'and are named' grep -q 'recipient: control/virtualdomains: a line has no colon: "nonsense": joe@here.example' "$T/log"
sed -i /nonsense/d "$E/virtualdomains"

# ---- return addresses of forwarded mail
if command -v python3 >/dev/null; then
	srs() { python3 -c 'import hmac, hashlib, base64, time, sys
day = int(time.time() // 86400) % 1024
a = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
tt = a[day >> 5] + a[day & 31]
h = base64.b64encode(hmac.new(sys.argv[1].encode(), (tt + "far.example" + "s").lower().encode(), hashlib.sha1).digest()).decode()[:4]
print(f"SRS0={h}={tt}=far.example=s@mx.example")' "$1"; }
	echo always >"$E/srs"; echo secret >"$E/srssecret"
	is 'a bounce to a sender that we rewrote is let in' "$(rcpt "$(srs secret)")" "$fine"
	is 'a forged one is not' "$(rcpt "$(srs guess)" | cut -c1-5)" '550 5'
	rm "$E/srs" "$E/srssecret"
fi

# ---- the name service
rm -f "$T/started"
rcpt joe@here.example joe+x@here.example joe-list@here.example ann@here.example x@relayed.example >/dev/null
t 'nothing is started for whom the databases know' test ! -e "$T/started"
talk 'HELO h
MAIL FROM:<a@b.example>
RCPT TO:<n1-x-y@here.example>
RCPT TO:<n2@here.example>' >/dev/null
is 'one program for all whom they do not' "$(wc -l <"$T/started" | tr -d ' ')" 1
if strace -o /dev/null true 2>/dev/null; then
	ASAN_OPTIONS=detect_leaks=0; export ASAN_OPTIONS
	printf 'HELO h\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<joe@here.example>\r\nRCPT TO:<ann@here.example>\r\n' |
	    strace -f -e trace=execve -o "$T/trace" pneu-smtpd >/dev/null 2>&1
	is 'strace sees no other' "$(grep -c execve "$T/trace")" 1
fi
echo 'exit 1' >"$T/getpw"
is 'a helper that ends defers' "$(rcpt nosuch@here.example)" '451 4.3.0|'
t 'and is named' grep -q 'recipient: pneu-getpw ended without an answer: nosuch@here.example' "$T/log"
is 'once and for all names' "$(rm "$T/started"; talk 'HELO h
MAIL FROM:<a@b.example>
RCPT TO:<n1@here.example>
RCPT TO:<n2@here.example>
RCPT TO:<joe@here.example>' | cut -c1-9 | tail -n 3 | tr '\n' '|'; wc -l <"$T/started" | tr -d ' ')" "451 4.3.0|451 4.3.0|${fine}1"
echo 'kill -9 $$' >"$T/getpw"
is 'one that is killed too' "$(rcpt nosuch@here.example)" '451 4.3.0|'
echo 0 >"$E/nsslookup"
is 'nsslookup 0: who is not in the files does not exist' "$(rcpt nosuch@here.example joe@here.example)" "$unknown$fine"
is 'and no program is asked' "$(rm -f "$T/started"; rcpt nosuch@here.example; test ! -e "$T/started" && echo none)" "${unknown}none"
rm "$E/nsslookup"
nobody_else
chmod 644 "$T/bin/pneu-getpw"
is 'one that cannot be started defers' "$(PATH=$T/bin:/usr/bin:/bin; s=$B/pneu-smtpd; printf 'HELO h\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<nosuch@here.example>\r\n' | "$s" 2>/dev/null | tail -n 1 | cut -c1-9)" '451 4.3.0'
chmod 755 "$T/bin/pneu-getpw"

wait "$slow"
is 'a helper that hangs defers, is not waited for again, and others get their mail' "$(tail -n 3 "$T/slow/out" | cut -c1-9 | tr '\n' '|')" "451 4.3.0|451 4.3.0|$fine"
t 'it is named' grep -q 'recipient: pneu-getpw does not answer: nosuch@here.example' "$T/slow/log"
t 'and gone' wait_until 20 sh -c '! kill -0 "$(cat "$0")" 2>/dev/null' "$T/slow/started"

# ---- no process is left to others; the real pneu-getpw, for ours above has children of its own
cat >"$T/reaper.py" <<'END'
"""reaper.py PROGRAM...: run it, and say which processes it has left behind"""
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)         # PR_SET_CHILD_SUBREAPER
subprocess.run(sys.argv[1:], stdin=sys.stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
try:
    print('left', os.waitpid(-1, 0)[0] > 0)
except ChildProcessError:
    print('nobody')
END
is 'pneu-getpw ends before the session does' "$(PATH=$B:/usr/bin:/bin; printf 'HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<no-such-user-here@%s>\r\nQUIT\r\n' "$(cat "$PNEU_ETC/me")" |
    python3 "$T/reaper.py" pneu-smtpd)" nobody
finish
