# remote_login.t - pneu-remote logs in at a relay: mechanisms, where a password comes from, what a server may make of it
. tests/lib.sh
for p in python3 openssl; do command -v $p >/dev/null || skip_all "needs $p"; done
unset TLS_CAFILE TLS_CAPATH SSL_CERT_FILE SSL_CERT_DIR OPENSSL_CONF
export PNEU_ETC="$T/etc" PNEU_QUEUE="$T" TMPDIR="$T/tmp" HOME="$T/home" STRAY=stray
mkdir "$PNEU_ETC" "$TMPDIR" "$HOME"
echo client.example >"$PNEU_ETC/me"
pid=
cleanup() { [ "$pid" ] && kill "$pid" 2>/dev/null; }

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$T/key" -out "$T/ca.pem" -days 2 \
	-subj /CN=mx.localhost -addext subjectAltName=DNS:mx.localhost >"$T/openssl" 2>&1 || skip_all 'openssl makes no certificate'
cat "$T/key" "$T/ca.pem" >"$T/pem"
python3 tests/program/smtpserver.py --follow "$T/play" "$T" &
pid=$!
wait_until 10 test -s "$T/port" || echo 'Bail out! the server does not start'
port=$(cat "$T/port")
echo "TLS_CAFILE='$T/ca.pem' '$PWD/scripts/tlsclient-openssl'" >"$PNEU_ETC/tlsclient"
logins() { (umask 077; cat >"$PNEU_ETC/smtplogins"); }
token=$(head -c 1500 /dev/zero | tr '\0' x)
logins <<END
# a comment
plain:joe@isp.example:se:cret word
other:joe@isp.example:wrong
cmd:joe@isp.example:|printf 'se:cret word\nand more\n'
token:joe@isp.example:!echo token1
long:joe@isp.example:!echo $token
odd:a,b=c:!echo token1
END

n=0
server() {
	n=$((n + 1))
	S=$T/s$n
	mkdir "$S"
	: >"$S/log"
	printf '%s\n' "$S" "$@" >"$T/play"
}
# one with TLS and AUTH inside it; secret; offered; rules
login_server() {
	ls_user=$1 ls_offer=$2; shift 2
	server --tls "$T/pem" --user "$ls_user" --offer-tls "$ls_offer" "$@"
}
printf 'Subject: hi\n\nhello\n' >"$T/m"
# jobs WORDS LINES...: the reports of a worker for a route with these words
jobs() {
	word=$1; shift
	timeout 60 python3 -S -E tests/program/spawner.py --worker pneu-remote "${route:-host mx.localhost $port} $word" 2>"$T/err" <<-END | tee "$T/last"
	$(printf '%s\n' vias "$@")
	END
}
one() { jobs "$1" "job $T/m a@x.example b@y.example" reports end | sed -n 's,^report 1 0 \(.\) \([0-9.]*\) \(.\) [0-9]* .*,\1 \2 \3,p'; }
commands() { sed 's/^[0-9]* //; /^connect$/d; /^eof$/d; /^reset$/d; /^EHLO/d; /^RCPT/d; /^DATA/d; /^QUIT/d' "$S/log"; }
told() { grep -q -e "$1" "$T/last"; }
hidden() { ! grep -q -e 'cret word' -e 'c2U6Y3JldCB3b3Jk' -e token1 -e AGpvZUBpc3Auc -e dXNlcj1qb2 "$T/last" "$T/err"; }
letters() { printf "$1" | base64 -w0; }
isp=joe@isp.example:'se:cret word'

### mechanisms
login_server "$isp" 'AUTH LOGIN PLAIN CRAM-MD5'
is 'PLAIN' "$(one 'login=plain family=4')" 'K 2.0.0 m'
is 'inside TLS, at once' "$(commands)" "STARTTLS
tls TLSv1.3 mx.localhost
AUTH PLAIN $(letters '\0joe@isp.example\0se:cret word')
login PLAIN
MAIL FROM:<a@x.example>
data 25"
login_server "$isp" 'auth login'
is 'LOGIN where there is no PLAIN' "$(one 'login=plain family=4')" 'K 2.0.0 m'
is 'its dialogue' "$(commands | sed -n '3,6p')" "AUTH LOGIN
$(letters 'joe@isp.example')
$(letters 'se:cret word')
login LOGIN"
login_server "$isp" 'AUTH=PLAIN'
is 'the old form of the offer' "$(one 'login=plain family=4')" 'K 2.0.0 m'
login_server "$isp" 'AUTH=DIGEST-MD5' --offer-tls 'AUTH PLAIN'
is 'both' "$(one 'login=plain family=4')" 'K 2.0.0 m'
login_server "$isp" 'AUTH PLAIN' auth='334 '
is 'a server that wants the response in a line of its own' "$(one 'login=plain family=4')" 'K 2.0.0 m'
is 'gets it again' "$(grep -c "$(letters '\0joe@isp.example\0se:cret word')" "$S/log")" 2
login_server "$isp" 'AUTH PLAIN' auth='334 go on'
is 'even if it asks in plain words' "$(one 'login=plain family=4')" 'K 2.0.0 m'
login_server "$isp" 'AUTH PLAIN LOGIN' auth:PLAIN='504 5.5.4 not that one'
is 'a mechanism that is not there after all' "$(one 'login=plain family=4') $(commands | grep login)" 'K 2.0.0 m login LOGIN'
login_server "$isp" 'AUTH PLAIN'
is 'one login for all messages' "$(jobs 'login=plain family=4' "job $T/m a@x.example b@y.example" reports "job $T/m a@x.example c@y.example" \
	reports end | grep -c ' K 2.0.0 ') $(grep -c AUTH "$S/log") $(grep -c data "$S/log")" '2 1 2'

### tokens
login_server joe@isp.example:token1 'AUTH PLAIN LOGIN XOAUTH2'
is 'XOAUTH2' "$(one 'login=token family=4')" 'K 2.0.0 m'
is 'at once' "$(commands | sed -n 3p)" "AUTH XOAUTH2 $(letters 'user=joe@isp.example\001auth=Bearer token1\001\001')"
login_server joe@isp.example:"$token" 'AUTH XOAUTH2'
is 'a long token' "$(one 'login=long family=4')" 'K 2.0.0 m'
is 'in a line of its own' "$(commands | sed -n 3p)" 'AUTH XOAUTH2'
login_server a,b=c:token1 'AUTH OAUTHBEARER'
is 'OAUTHBEARER' "$(one 'login=odd family=4')" 'K 2.0.0 m'
is 'its words' "$(commands | sed -n '3s/AUTH OAUTHBEARER //p' | base64 -d | tr '\001' '|')" 'n,a=a=2Cb=3Dc,|host=mx.localhost|auth=Bearer token1||'
login_server joe@isp.example:token2 'AUTH XOAUTH2'
is 'a token that is not good' "$(one 'login=token family=4')" 'Z 4.7.8 s'
is 'the error is heard to its end' "$(commands | tail -n 2 | tr -d '\n')" nologin
login_server joe@isp.example:token2 'AUTH OAUTHBEARER'
is 'by the other mechanism' "$(one 'login=token family=4') $(commands | tail -n 2 | tr '\n' ' ')" 'Z 4.7.8 s AQ== nologin '
login_server joe@isp.example:token1 'AUTH PLAIN LOGIN'
is 'a token is no password' "$(one 'login=token family=4')" 'Z 4.7.8 s'
is 'nothing is said of it' "$(grep -c AUTH "$S/log")" 0

### refusals
login_server "$isp" 'AUTH PLAIN LOGIN'
is 'a wrong password' "$(one 'login=other family=4')" 'Z 4.7.8 s'
is 'is tried once, and no mail' "$(grep -c -e AUTH -e MAIL "$S/log")" 1
t 'it says whose' told 'does not let us log in as other\..*Remote host said: 535 5.7.8 no such user'
login_server "$isp" 'AUTH PLAIN' auth='454 4.7.0 ask again in 300 seconds'
is 'not now' "$(jobs 'login=plain family=4' "job $T/m a@x.example b@y.example" reports end | cut -d' ' -f4-7 | head -n 1)" 'Z 4.7.0 s 300'
login_server "$isp" 'AUTH PLAIN' auth='421 4.3.2 shutting down!close'
is 'a server that goes' "$(one 'login=plain family=4')" 'Z 4.3.2 s'
login_server "$isp" 'AUTH PLAIN' auth='!close'
is 'without a word' "$(one 'login=plain family=4')" 'Z 4.4.2 s'
login_server "$isp" 'AUTH LOGIN' response#2='!close'
is 'or in the middle' "$(one 'login=plain family=4')" 'Z 4.4.2 s'
login_server "$isp" 'AUTH PLAIN' auth='what?'
is 'one that speaks nonsense' "$(one 'login=plain family=4')" 'Z 4.4.2 s'
login_server "$isp" 'AUTH PLAIN' auth='334 ' response='334 and again'
is 'one that asks without end' "$(one 'login=plain family=4')" 'Z 4.7.8 s'
login_server "$isp" 'AUTH LOGIN' response='334 more'
is 'by LOGIN' "$(one 'login=plain family=4')" 'Z 4.7.8 s'
login_server "$isp" 'AUTH GSSAPI'
is 'no mechanism of ours' "$(one 'login=plain family=4')" 'Z 4.7.8 s'
t 'it says so' told 'offers no AUTH with PLAIN or LOGIN, as the login plain needs it'
login_server "$isp" 'PIPELINING'
is 'none at all' "$(one 'login=plain family=4')" 'Z 4.7.8 s'
server --tls "$T/pem" ehlo#2='502 what?'
is 'a server that knows only HELO' "$(one 'login=plain family=4')" 'Z 4.7.8 s'
for say in 'AUTH PLAIN AGpvZUBpc3AuZXhhbXBsZQBzZTpjcmV0IHdvcmQ=' 'se:cret word is wrong'; do
	login_server "$isp" 'AUTH PLAIN' auth="535 5.7.8 $say"
	is 'a server that repeats the password' "$(one 'login=plain family=4')" 'Z 4.7.8 s'
	t 'is not repeated' hidden
	t 'but it says that it was there' told '535 (the rest is not shown: the password is in it)'
done

### clear text
server --user "$isp" --offer 'AUTH PLAIN'
is 'no password in clear text' "$(one 'login=plain family=4')" 'Z 4.7.4 s'
is 'nor with tls=may' "$(one 'login=plain tls=may family=4')" 'Z 4.7.4 s'
t 'it says why' told 'does not offer STARTTLS, and it has to be safe: login='
is 'nothing was said' "$(commands)" ''
server --tls "$T/pem" --user "$isp" --offer 'AUTH PLAIN' starttls='454 4.7.0 not now'
is 'not where TLS is refused' "$(one 'login=plain family=4') $(grep -c AUTH "$S/log")" 'Z 4.7.5 s 0'
server --tls "$T/pem" --user "$isp" --offer 'AUTH PLAIN' handshake='!close'
is 'or fails: there is no second connection' "$(one 'login=plain family=4') $(grep -c AUTH "$S/log") $(grep -c connect "$S/log")" 'Z 4.7.5 s 0 1'
server --user "$isp" --offer 'AUTH PLAIN'
is 'but with tls=no' "$(one 'login=plain tls=no family=4')" 'K 2.0.0 m'
is 'and on this host' "$(route="host 127.0.0.1 $port" one login=plain)" 'K 2.0.0 m'
server --tls "$T/pem" --implicit --user "$isp" --offer-tls 'AUTH PLAIN'
is 'TLS from the first byte' "$(one 'login=plain tls=smtps-verify family=4')" 'K 2.0.0 m'
mv "$PNEU_ETC/tlsclient" "$T/tlsclient"
is 'without a TLS program' "$(one 'login=plain family=4')" 'Z 4.3.5 s'
t 'it says what is missing' told 'login= needs a program: there is no control/tlsclient'
mv "$T/tlsclient" "$PNEU_ETC/tlsclient"

### where the password comes from
login_server "$isp" 'AUTH PLAIN'
is 'a command' "$(one 'login=cmd family=4')" 'K 2.0.0 m'
before=$(grep -c connect "$S/log")
is 'no such login' "$(one 'login=nobody family=4')" 'Z 4.3.5 s'
t 'it says so' told 'no login: control/smtplogins: has no line for the login nobody'
chmod 640 "$PNEU_ETC/smtplogins"
is 'a file that others may read' "$(one 'login=plain family=4')" 'Z 4.3.5 s'
t 'it says so' told 'control/smtplogins: others than its owner may use it'
rm "$PNEU_ETC/smtplogins"
is 'no file' "$(one 'login=plain family=4')" 'Z 4.3.5 s'
t 'it says so' told 'control/smtplogins: No such file'
is 'nobody was connected to for that' "$(grep -c connect "$S/log")" "$before"
logins <<END
plain:joe@isp.example:se:cret word
cmd:joe@isp.example:|echo se:cret word
fails:joe@isp.example:|echo 'se:cret word'; exit 3
empty:joe@isp.example:|echo; echo 'se:cret word'
killed:joe@isp.example:|echo 'se:cret word'; kill -9 \$\$
nul:joe@isp.example:|printf 'se:cret\\0word\\n'
much:joe@isp.example:|yes 'se:cret word'
long:joe@isp.example:|head -c 9000 /dev/zero | tr '\\0' x
blank:joe@isp.example:!echo two words
none:joe@isp.example:|/no/such/program
env:joe@isp.example:|env | sort >"$T/env"; ls -l /proc/self/fd | sed -n 's/.* \\([0-9]* -> .*\\)/\\1/p' >"$T/fds"; echo 'se:cret word'
END
for x in fails:'ended with code 3' empty:'wrote nothing' killed:'was killed' nul:'wrote a NUL' much:'wrote too much' \
		long:'wrote a first line that is too long' blank:'wrote something that is no token' none:'ended with code 127'; do
	login_server "$isp" 'AUTH PLAIN XOAUTH2'
	is "a command that ${x#*:}" "$(one "login=${x%%:*} family=4") $(grep -c AUTH "$S/log")" 'Z 4.3.5 s 0'
	t 'it says so' told "the command of control/smtplogins for ${x%%:*} ${x#*:}"
	t 'and no more' hidden
done
login_server "$isp" 'AUTH PLAIN XOAUTH2'
is 'a command sees' "$(one 'login=env family=4')" 'K 2.0.0 m'
is 'its login, and nothing of ours' "$(grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^PATH= "$T/env" | tr '\n' ' ')" "HOME=$HOME LOGIN_NAME=env LOGIN_USER=joe@isp.example "
[ ! -d /proc/self/fd ] || is 'and no descriptor' "$(grep -c -e socket "$T/fds") $(grep '^0 ' "$T/fds")" '0 0 -> /dev/null'

### what stays in memory
cat >"$T/scan.py" <<'END'
import os, re, sys
def command(pid):
    try:
        return open('/proc/%s/cmdline' % pid, 'rb').read().split(b'\0')
    except OSError:
        return []
pid, = [p for p in os.listdir('/proc') if p.isdigit() and command(p)[1:2] == [os.fsencode(sys.argv[1])] and b'pneu-remote' in command(p)[0]]
all_of_it = b''
with open('/proc/%s/mem' % pid, 'rb', 0) as mem:
    for line in open('/proc/%s/maps' % pid):
        m = re.match('([0-9a-f]+)-([0-9a-f]+) rw', line)
        if m and '[v' not in line:
            mem.seek(int(m[1], 16))
            while mem.tell() < int(m[2], 16) and (got := mem.read(min(1 << 20, int(m[2], 16) - mem.tell()))):
                all_of_it += got
print('client.example' if b'client.example' in all_of_it else 'not read',
      *[w.decode() for w in (b'cret word', b'se:cret', b'bzZTpj', b'c2U6Y3JldCB3b3Jk', b'BzZTpjcmV0IHdvcmQ') if w in all_of_it])
END
if [ -r /proc/self/mem ] && ! ldd "$B/pneu-remote" 2>/dev/null | grep -q asan; then
	for x in plain cmd; do
		login_server "$isp" 'AUTH PLAIN'
		jobs "login=$x family=4 tls=must" "job $T/m a@x.example b@y.example" reports "make $T/ready.$x" "wait $T/done.$x" end >"$T/out" &
		wait_until 20 test -e "$T/ready.$x"
		is "no password is left in memory: $x" \
			"$(python3 "$T/scan.py" "host mx.localhost $port login=$x family=4 tls=must" 2>&1 | tail -n 1)" client.example
		: >"$T/done.$x"
		wait $!
	done
fi

### several hosts
logins <<END
plain:joe@isp.example:se:cret word
END
login_server "$isp" 'AUTH PLAIN'
python3 tests/program/smtpserver.py "$T" >/dev/null 2>&1 --address 127.0.0.2 --user x:y --tls "$T/pem" --offer-tls 'AUTH PLAIN' --port "$port" &
second=$!
cleanup() { kill "$pid" "$second" 2>/dev/null; }
wait_until 10 python3 -c "import socket; socket.create_connection(('127.0.0.2', $port))"
is 'the next host where the first refuses the login' "$(route="host 127.0.0.2 $port mx.localhost $port" one 'login=plain family=4')" 'K 2.0.0 m'
t 'it was asked' grep -q nologin "$T/log"
login_server "$isp" 'AUTH PLAIN'
is 'or is not there' "$(route="host 127.0.0.3 $port mx.localhost $port" one 'login=plain family=4')" 'K 2.0.0 m'
finish
