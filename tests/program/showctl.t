# pneu-showctl: the table of settings is true; each thing that it shows; each finding of --check in a private instance
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'needs python3'

unset PNEU_QUEUE PNEU_FILTER QMAILQUEUE RELAYCLIENT SUBMISSION
PNEU_ETC=$T/etc
export PNEU_ETC
umask 022
mkdir "$T/etc"
pids=
cleanup() {
	for p in $pids $(cat "$T/servers" 2>/dev/null); do
		kill -TERM "$p" 2>/dev/null
	done
	wait 2>/dev/null
}

# ---- the table

pneu-showctl --json >"$T/all" 2>/dev/null
compare() { python3 tests/program/showctl_table.py "$@" 2>&1; }
is 'the tables of the programs say the same'    "$(compare sources <"$T/all")" ''
is 'pneu-control(5) says the same'              "$(compare manual <"$T/all")" ''
is 'who reads it has its name in it'            "$(compare readers "$B" <"$T/all")" ''
changed() { sed "$1" "$T/all" | compare "$2" "$B"; }
is 'a preset that differs would be seen'        "$(changed 's/"preset":2000,/"preset":2001,/' sources)" \
	'maxrcpt has (2000, 1, 1000000000) in src/smtp/settings.c and (2001, 1, 1000000000) in the table'
is 'a limit too'                                "$(changed '/"authdelay"/s/"max":30/"max":31/' manual)" \
	'authdelay is 0 to 30 in pneu-control(5) and 0 to 31 in the table'
is 'a name that is missing'                     "$(changed '/"name":"tarpit"/d' manual)" 'tarpit of pneu-control(5) is not in the table'
is 'or is in no program'                        "$(changed '/"name":"tarpit"/s/tarpit/tarpot/' readers)" \
	'pneu-smtpd is named as a reader of tarpot and does not have the name in it'
is 'or in one that is not named'                "$(changed '/"name":"milters"/s/pneu-milter/pneu-smtpd/' readers | sort)" \
	'pneu-milter reads milters and is not named as a reader
pneu-smtpd is named as a reader of milters and does not have the name in it'

# ---- showing

show() {
	pneu-showctl "$@" >"$T/out" 2>"$T/err"
	code=$?
	sed "s|$T|T|g; s/[0-9-]\{10\} [0-9:]\{8\}/TIME/g" "$T/out" "$T/err"
	echo "=$code"
}
conf() { cat >"$T/etc/$1"; }
is 'a preset' "$(show concurrencysite)" 'concurrencysite: 20
    file: T/etc/concurrencysite, not there: the preset
    limits: 1 to 1000
    means: Most deliveries at once to one host or one user.
    read: pneu-send at start and on HUP
=0'
echo 7 | conf concurrencysite
is 'another value' "$(show concurrencysite | sed '4,$d')" 'concurrencysite: 7
    file: T/etc/concurrencysite
    preset: 20'
echo 20 | conf concurrencysite
is 'the preset, in words' "$(show concurrencysite | sed -n '1p;3p')" 'concurrencysite: 20
    preset: the same'
echo 0 | conf concurrencysite
is 'a value that makes no sense' "$(show concurrencysite | sed '4,$d')" 'concurrencysite: (wrong)
    file: T/etc/concurrencysite
    wrong: control/concurrencysite: "0" is not a number from 1 to 1000'
rm "$T/etc/concurrencysite"
printf '# ours\na.example\n\nb.example  \n' | conf locals
is 'lines' "$(show locals | sed '4,$d')" 'locals:
    | a.example
    | b.example'
echo a.example | conf locals
is 'one line stands beside its name' "$(show locals | head -n 1)" 'locals: a.example'
is 'readers are told together by when they read' "$(show locals | grep read:)" \
	'    read: pneu-send at start and on HUP; pneu-smtpd in each session; pneu-newaliases, pneu-explain when it is run; pneu-remote for each worker'
printf 'a\033[2Jb\377\n' | conf smtpgreeting
is 'control bytes do not reach the terminal' "$(show smtpgreeting | head -n 1)" 'smtpgreeting: a?[2Jb?'
is 'JSON stays UTF-8' "$(pneu-showctl --json smtpgreeting | python3 -c 'import json, sys; print(ascii(json.loads(sys.stdin.buffer.read().decode("utf-8"))["value"]))')" \
	"'a\\x1b[2Jb\\xff'"
rm "$T/etc/smtpgreeting"
is 'all of it is JSON' "$(pneu-showctl --json | python3 -c '
import json, sys
print(all(set(json.loads(l)) >= {"name", "kind", "file", "set", "means", "readers"} for l in sys.stdin))')" True
for s in srssecret smtplogins passwords passwords.cdb; do
	echo 'x:y:geheimnis' | conf $s
done
is 'a secret is not printed' "$({ pneu-showctl; pneu-showctl --json; pneu-showctl srssecret; } 2>&1 | grep -c geheimnis)" 0
is 'only that it is set' "$(pneu-showctl srssecret smtplogins passwords passwords.cdb | grep -v '^ ')" 'srssecret: (secret, set)
smtplogins: (secret, set)
passwords: (secret, set)
passwords.cdb: (secret, set)'
rm "$T/etc/srssecret" "$T/etc/smtplogins" "$T/etc/passwords" "$T/etc/passwords.cdb"
is '--set: those with a file' "$(pneu-showctl --set | grep -v '^ ')" 'locals: a.example'
is 'a name that is no setting' "$(show concurencyremote)" \
	'pneu-showctl: warning: concurencyremote is no setting; is it concurrencyremote that was meant?
=100'
is 'one that is like none' "$(show xyzzy)" 'pneu-showctl: warning: xyzzy is no setting
=100'
: | conf rcpthost
: | conf lcoals
: | conf locals.bak
: | conf LOCALS~
: | conf plugh
: | conf users.cdb.tmp
is 'names that mean nothing' "$(pneu-showctl --set | grep nothing | sort)" 'LOCALS~: means nothing here; is it locals that was meant?
lcoals: means nothing here; is it locals that was meant?
locals.bak: means nothing here; is it locals that was meant?
plugh: means nothing here
rcpthost: means nothing here; is it rcpthosts that was meant?'
rm -r "$T/etc"
mkdir "$T/etc"
is 'no control directory' "$(PNEU_ETC=$T/nowhere pneu-showctl me >/dev/null 2>&1; echo $?)" 100
is 'options that do not go together' "$(show --check --set 2>&1 | tail -n 1)" '=100'
is 'nor --check and a name' "$(show --check me 2>&1 | tail -n 1)" '=100'

# ---- a whole instance

PNEU_BUILD=$B sh scripts/instance init "$T/i" --smtp 127.0.0.1:1 --user joe 2>/dev/null || skip_all 'no instance can be made'
eval "$(PNEU_BUILD=$B sh scripts/instance env "$T/i")"
E=$T/i/etc
Q=$T/i/queue
: >"$T/port"
cp "$E/rules.cdb" "$T/served.cdb"          # those in etc/ change below
pneu-tcpd -1 -x "$T/served.cdb" 127.0.0.1:0 -- pneu-smtpd >"$T/port" 2>"$T/smtpd.log" &
pids=$!
pneu-start 2>"$T/send.log" &
pids="$pids $!"
t 'the runner starts' wait_until 20 pneu-qctl status
t 'the server starts' wait_until 20 test -s "$T/port"
port=$(sed 's/.*[^0-9]\([0-9][0-9]*\).*/\1/; q' "$T/port")
echo "127.0.0.1:$port" >"$E/listen"

# what is not ok, without the note that root runs it, and what the runner has not read yet; the same without mends; only mends
check() {
	pneu-showctl --check -q >"$T/out" 2>"$T/err"
	sed "s|$T|T|g" "$T/out" "$T/err" | grep -v -e '^ok' -e 'runs as root' -e 'since the runner read it'
}
code() { pneu-showctl --check -q >/dev/null 2>&1; echo $?; }
found() { check | sed 's/\. Mend: .*//'; }
mend() { check | sed -n 's/.*\. Mend: //p'; }
if [ "$(id -u)" = 0 ]; then best=1; else best=0; fi

is 'an instance in which all is well' "$(check)" ''
is 'and its exit code' "$(code)" "$best"
is 'each area is told' "$(sed 's/^[a-z]* *\([a-z ]*\):.*/\1/' "$T/out" | sort -u | tr '\n' ,)" \
	'clock,control files,databases,disk,open relay,ports,postmaster,programs,queue,runner,settings,users,'
is 'findings as JSON' "$(pneu-showctl --check -q --json | python3 -c '
import json, sys
print(all(set(json.loads(l)) == {"finding", "about", "text", "mend"} for l in sys.stdin))')" True

# control files
: >"$E/rcpthost"
is 'a name that means nothing, beside its setting' "$(check)" 'note   control files: rcpthost means nothing. Mend: rm T/i/etc/rcpthost'
mv "$E/rcpthost" "$E/virtualdomain"
is 'a name that was meant to be another' "$(check)" \
	'note   control files: virtualdomain means nothing; the nearest setting is virtualdomains. Mend: mv T/i/etc/virtualdomain T/i/etc/virtualdomains'
is 'a note is exit code 1' "$(code)" 1
rm "$E/virtualdomain"
chmod 666 "$E/locals"
is 'a file that all may write to' "$(check)" 'wrong  control files: others than its owner may write to T/i/etc/locals. Mend: chmod go-w T/i/etc/locals'
is 'what is wrong is exit code 2' "$(code)" 2
chmod 664 "$E/locals"
is 'one that its group may write to' "$(found)" 'note   control files: others than its owner may write to T/i/etc/locals'
chmod 644 "$E/locals"
chmod 777 "$E"
is 'the directory' "$(check)" 'wrong  control files: others than its owner may write to T/i/etc. Mend: chmod go-w T/i/etc'
chmod 755 "$E"
echo secret >"$E/srssecret"
is 'a secret that others may read' "$(check)" 'wrong  control files: others may read the secrets in T/i/etc/srssecret. Mend: chmod 600 T/i/etc/srssecret'
chmod 640 "$E/srssecret"
is 'one that the group may read' "$(found)" 'note   control files: its group may read the secrets in T/i/etc/srssecret'
chmod 600 "$E/srssecret"
is 'one that nobody else may read' "$(check)" ''
rm "$E/srssecret"
(umask 077; echo key >"$E/cert.pem")
is 'a key' "$(check)" ''
chmod 640 "$E/cert.pem"
is 'a key that others may read' "$(mend)" 'chmod 600 T/i/etc/cert.pem'
rm "$E/cert.pem"
mkdir "$E/maxrcpt"
is 'a directory in place of a file' "$(check | head -n 1)" 'wrong  control files: T/i/etc/maxrcpt is not a file. Mend: rm -r T/i/etc/maxrcpt'
rmdir "$E/maxrcpt"
ln -s /nonexistent "$E/maxrcpt"
is 'a link that leads nowhere' "$(mend)" 'rm T/i/etc/maxrcpt'
rm "$E/maxrcpt"

# settings
echo 7d >"$E/queuelifetime"
is 'a number that is none' "$(check | head -n 1)" \
	'wrong  settings: control/queuelifetime: "7d" is not a number from 0 to 31536000. Mend: echo 604800 >T/i/etc/queuelifetime'
rm "$E/queuelifetime"
mv "$E/me" "$T/me"
is 'no name' "$(found | grep settings)" 'wrong  settings: there is no control/me: this host has no name, and pneu-smtpd serves nobody'
echo 'two words' >"$E/me"
is 'one that is no domain' "$(found | grep settings)" 'wrong  settings: control/me, two words, is not a host name'
mv "$T/me" "$E/me"
echo sometimes >"$E/srs"
is 'what the routing does not take' "$(found | grep settings)" 'wrong  settings: control/srs: not off, always or policy: "sometimes"'
rm "$E/srs"
echo 'a' >"$E/separators"
is 'what the accounts do not take' "$(found | grep -c 'wrong  settings: control/separators')" 1
rm "$E/separators"
echo perhaps >"$E/requiretls"
is 'what pneu-smtpd does not take' "$(found | grep settings)" 'wrong  settings: pneu-smtpd turns everybody away: control/requiretls: is neither 0 nor mail'
rm "$E/requiretls"
printf '%s\n' localhost 'not a domain' c.example >"$E/locals"
is 'locals: a line that is no domain, and one that is refused' "$(found | grep settings)" \
	'wrong  settings: a line of control/locals is no domain: not a domain
note   settings: not a domain is in control/locals and not in control/rcpthosts: mail for it from outside is refused
note   settings: c.example is in control/locals and not in control/rcpthosts: mail for it from outside is refused'
printf '%s\n' c.example >"$E/locals"
echo c.example >"$E/morercpthosts"
pneu-newmrh
is 'me belongs to locals; morercpthosts counts' "$(found | grep settings)" \
	'note   settings: localhost, control/me, is not in control/locals: names without a domain, as in an alias file, lead to another host'
echo localhost >"$E/locals"
rm "$E/morercpthosts" "$E/morercpthosts.cdb"
echo 'v.example:joe' >"$E/virtualdomains"
is 'virtualdomains and rcpthosts' "$(found | grep settings)" \
	'note   settings: v.example is in control/virtualdomains and not in control/rcpthosts: mail for it from outside is refused'
rm "$E/virtualdomains"
mv "$E/rcpthosts" "$T/rcpthosts"
is 'no rcpthosts' "$(mend | head -n 1)" 'cp T/i/etc/locals T/i/etc/rcpthosts'
printf '%s\n' localhost .com >"$E/rcpthosts"
is 'a whole top-level domain in rcpthosts' "$(found)" 'wrong  settings: control/rcpthosts lets anybody send to all of .com'
mv "$T/rcpthosts" "$E/rcpthosts"
echo "unix:$T/milter.sock" >"$E/milters"
is 'a milter that is not there' "$(check)" \
	'wrong  settings: unix:T/milter.sock of control/milters: No such file or directory. Mend: start it, or take it out of the file'
rm "$E/milters"
printf 'directory %s\nlogin messages hour 5\n' "$T/limits" >"$E/limits"
is 'the directory of the counters' "$(mend)" 'install -d -m 700 T/limits'
mkdir "$T/limits"
is 'when it is there' "$(check)" ''
rm "$E/limits"
echo '/nonexistent/tls -x' >"$E/tlsclient"
is 'a program that is not there' "$(found)" 'wrong  settings: the program of control/tlsclient, /nonexistent/tls: No such file or directory'
rm "$E/tlsclient"
echo 'a.example:relay.example login=isp' >"$E/smtproutes"
is 'a login that is not there' "$(mend | grep USER)" 'write a line isp:USER:PASSWORD into T/i/etc/smtplogins'
(umask 077; echo 'isp:joe:pass' >"$E/smtplogins")
is 'one that is' "$(found | grep -v runner)" ''
echo 'a.example:relay.example:465 login=isp' >"$E/smtproutes"
is 'port 465 without its TLS' "$(found | grep -v runner)" \
	'wrong  settings: port 465 speaks TLS from the first byte, and a line of control/smtproutes has no tls=smtps: a.example:relay.example:465 login=isp'
printf '%s\n' 'a.example:relay.example:465 tls=smtps-verify login=isp' 'b.example:relay.example:4650' >"$E/smtproutes"
is 'and with it, and another port' "$(found | grep -v runner)" ''
rm "$E/smtplogins" "$E/smtproutes"

# databases; the old ones are from before
touch -d '2020-01-01' "$E/users.cdb"
is 'users that were not compiled' "$(check)" \
	"wrong  databases: control/users has changed since it was compiled: the old one counts. Mend: kill -HUP \"\$(cat T/i/etc/../pid)\""
touch "$E/users.cdb"
mv "$E/rules.cdb" "$T/rules.cdb"
is 'rules that are not compiled at all' "$(check)" \
	"wrong  databases: control/rules is not compiled, so it does not count. Mend: cd T/i/etc && pneu-tcprules rules.cdb rules.tmp <rules"
mv "$T/rules.cdb" "$E/rules.cdb"
echo 'joes: joe' >>"$E/aliases"
is 'aliases that were not compiled' "$(check)" \
	'wrong  databases: T/i/etc/aliases has changed since it was compiled: the old aliases count. Mend: pneu-newaliases'
pneu-newaliases >/dev/null
cp "$E/aliases.cdb" "$T/aliases.cdb"
rm "$E/aliases.cdb"
is 'aliases without a database' "$(found | head -n 1)" 'wrong  databases: there is an alias file and no aliases.cdb: no alias counts'
is 'then postmaster gets no mail' "$(found | grep postmaster)" 'wrong  postmaster: nobody gets the mail for postmaster@localhost'
mv "$T/aliases.cdb" "$E/aliases.cdb"

# open relay
cp -p "$E/rules" "$E/rules.cdb" "$T/"
rules() {
	printf '%s\n' "$@" >"$E/rules"
	(cd "$E" && pneu-tcprules rules.cdb rules.tmp <rules)
}
rules '127.:allow,RELAYCLIENT=""' ':allow,RELAYCLIENT=""'
is 'everybody may relay' "$(found)" \
	'wrong  open relay: the rule "" sets RELAYCLIENT, so strangers such as 192.0.2.77 may send everywhere through this host'
rules '10.:allow,RELAYCLIENT=""' '77.:allow,RELAYCLIENT=""' ':allow'
is 'a large network may' "$(found)" \
	'wrong  open relay: the rule "77." sets RELAYCLIENT, so strangers such as 77.77.201.3 may send everywhere through this host'
rules '127.:allow,RELAYCLIENT=""' ':deny'
is 'nobody may send at all' "$(found | grep relay)" \
	'note   open relay: the rules refuse strangers such as 192.0.2.77: mail from outside comes only from those with a rule'
cp -p "$T/rules" "$T/rules.cdb" "$E/"
head -c 1000 "$T/rules.cdb" >"$E/rules.cdb"
is 'damaged rules' "$(found | grep relay)" 'wrong  open relay: T/i/etc/rules.cdb is damaged: pneu-tcpd refuses everybody'
cp "$T/rules.cdb" "$E/"

# queue
rmdir "$Q/hold/2f"
is 'a directory that is missing' "$(check)" 'wrong  queue: T/i/queue/hold/2f is not there, or no directory. Mend: install -d -m 700 T/i/queue/hold/2f'
mkdir "$Q/hold/2f"
chmod 777 "$Q/msg/00"
is 'one that others may write to' "$(mend)" 'chmod go-w T/i/queue/msg/00'
chmod 755 "$Q/msg/00"
: >"$Q/bad/x"
is 'damaged files' "$(found)" 'note   queue: T/i/queue/bad has 1 damaged files'
rm "$Q/bad/x"

# the runner
pneu-qctl reload >/dev/null
behind() { pneu-showctl --check -q | sed -n '/^note *runner/p'; }
is 'nothing has changed before' "$(behind)" ''
# the clock of files goes in steps of some milliseconds
changes() {
	echo 30 >"$E/concurrencysite"
	[ -n "$(behind)" ]
}
wait_until 5 changes
pneu-qctl pause local >/dev/null
is 'what is paused' "$(behind | grep paused)" 'note   runner: an operator has paused local: nothing is delivered there. Mend: pneu-qctl resume local'
pneu-qctl resume local >/dev/null
is 'a setting that the runner has not read' "$(behind)" \
	'note   runner: control/concurrencysite has changed since the runner read it. Mend: pneu-qctl reload'
is 'shown too' "$(show concurrencysite | grep read:)" '    read: pneu-send at start and on HUP, last TIME: changed since, send it a HUP (pneu-qctl reload)'
is 'and for programs' "$(pneu-showctl --json concurrencysite | grep -c '"runner_behind":true')" 1
pneu-qctl reload >/dev/null
is 'when it has' "$(behind)" ''
is 'it is shown' "$(show concurrencysite | grep read:)" '    read: pneu-send at start and on HUP, last TIME'
rm "$E/concurrencysite"

# the clock
touch -d 'now + 3 days' "$E/me"
is 'a file from the future' "$(found | grep clock | sed 's/[0-9]\{6\}/N/')" \
	'wrong  clock: T/i/etc/me was changed N seconds from now: the clock was ahead then or is behind now'
touch -d '2020-01-01' "$E/me"

# programs
mkdir "$T/bin"
cp "$B/pneu-qread" "$T/bin/"
chmod 4755 "$T/bin/pneu-qread"
is 'a program that is setuid' "$(PATH=$T/bin:$PATH found)" \
	'wrong  programs: T/bin/pneu-qread is setuid or setgid, and so knows nothing of a private instance'
showctl=$(command -v pneu-showctl)
ln -s "$B/pneu-queue" "$T/bin/"
is 'programs that PATH does not have' "$(PATH=$T/bin "$showctl" --check -q | sed -n 's/\. Mend: .*//; /pneu-start/p; /pneu-queue/p')" \
	'wrong  programs: pneu-start is not in PATH'

# ports
echo "127.0.0.1:1" >>"$E/listen"
is 'a port where nobody answers' "$(check)" \
	'wrong  ports: nobody answers on 127.0.0.1:1: Connection refused. Mend: pneu-instance start T/i/etc/..'
cat >"$T/serve.py" <<'PY'
import socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(5)
print(s.getsockname()[1], flush=True)
while True:
    c, peer = s.accept()
    c.sendall(sys.argv[1].encode().decode("unicode_escape").encode())
    c.recv(100)
    c.close()
PY
# server GREETING: in the place of ours
server() {
	: >"$T/other"
	python3 "$T/serve.py" "$1" >"$T/other" &
	echo $! >>"$T/servers"                  # this runs in a shell of its own
	wait_until 20 test -s "$T/other"
	echo "127.0.0.1:$(cat "$T/other")" >"$E/listen"
	found | sed 's/127.0.0.1:[0-9]*/PORT/'
}
is 'one that turns us away' "$(server '554 no\r\n')" 'wrong  ports: PORT turns us away: 554 no'
is 'one that is somebody else' "$(server '220 other.example hello\r\n' | head -n 1)" \
	'note   ports: who answers on PORT calls itself other.example, not localhost'
is 'one that speaks nonsense' "$(server 'SSH-2.0\r\n')" 'wrong  ports: PORT takes the connection, and does not greet'
echo "127.0.0.1:$port" >"$E/listen"

# DNS
python3 tests/program/dns_server.py 127.0.0.1 "$T/dnsport" "$T/queries" &
pids="$pids $!"
wait_until 20 test -s "$T/dnsport" || skip_all 'the name server does not start'
DNSCACHEIP=127.0.0.1:$(cat "$T/dnsport")
export DNSCACHEIP
echo 20 >"$E/timeoutdns"
# dns ME LOCALS RCPTHOSTS: what is found then
dns() {
	echo "$1" >"$E/me"
	printf '%s\n' "$1" $2 >"$E/locals"
	printf '%s\n' $3 >"$E/rcpthosts"
	pneu-showctl --check | sed "s|$DNSCACHEIP|DNS|" | grep '^[a-z]* *dns:'
}
is 'a host that is known by its name' "$(dns mx.example '' '')" 'note   dns: no interface here has an address of mx.example; so it is with NAT, else its record is wrong
ok     dns: mx.example is 2001:db8::1, and the other way round
ok     dns: mx.example is 192.0.2.1, and the other way round
ok     dns: an MX record of mx.example leads here
note   dns: mx.example has no SPF record: large receivers distrust its mail. Mend: give mx.example the TXT record "v=spf1 mx a:mx.example -all"'
is 'one whose address has another name' "$(dns other.example '' '' | grep PTR)" \
	'note   dns: by its PTR record 2001:db8::1 is mx.example, not other.example. Mend: have the PTR record of 2001:db8::1 say other.example
note   dns: by its PTR record 192.0.2.1 is mx.example, not other.example. Mend: have the PTR record of 192.0.2.1 say other.example'
is 'one whose address has none' "$(dns twice.example '' '' | grep 'has no PTR')" \
	'wrong  dns: 192.0.2.2 has no PTR record: many hosts refuse mail from it. Mend: have whoever gave you 192.0.2.2 make a PTR record, twice.example'
is 'one that DNS does not know' "$(dns gone.example '' '' | head -n 1 | sed 's/no address: .*\. Mend/no address. Mend/')" \
	'wrong  dns: gone.example, control/me, has no address. Mend: give gone.example an A or AAAA record'
is 'DNS that fails' "$(dns servfail.example '' '' | sed 's/AAAA/A/')" \
	'wrong  dns: DNS server DNS said SERVFAIL (A of servfail.example). Mend: see /etc/resolv.conf; without an answer from DNS no mail leaves'
is 'whose mail comes here' "$(dns mx.example '' 'plain.example null.example .sub.example' | grep -e plain -e null -e sub)" \
	'ok     dns: an MX record of plain.example leads here
note   dns: the MX records of null.example lead elsewhere, to .: mail for it does not come here. Mend: give null.example the MX record "10 mx.example", or take it out of locals and rcpthosts'
is 'who may send' "$(dns mx.example 'spffail.example spfnotus.example' '' | grep SPF | grep -v mx.example)" \
	'wrong  dns: by the SPF record of spffail.example mail for its senders may not come from 2001:db8::1. Mend: add ip6:2001:db8::1 to the SPF record of spffail.example
wrong  dns: by the SPF record of spffail.example mail for its senders may not come from 192.0.2.1. Mend: add ip4:192.0.2.1 to the SPF record of spffail.example
ok     dns: the SPF record of spfnotus.example lets this host send'
echo ':relay.example' >"$E/smtproutes"
is 'a host that sends through another is not judged' "$(dns mx.example 'spffail.example' '' | grep -c -e PTR -e SPF)" 1
rm "$E/smtproutes"
: >"$T/queries"
is 'a name like localhost is not asked for' "$(dns localhost '' '')" 'ok     dns: localhost is no name that other hosts know: nothing is asked'
is 'nor is anything with --no-dns' "$(echo mx.example >"$E/me"; pneu-showctl --check --no-dns | grep -c dns:; cat "$T/queries")" 0
echo localhost >"$E/me"

# no runner
kill -TERM $(sed -n 's/^pid //p' <<END
$(pneu-qctl status)
END
)
gone() { ! pneu-qctl status; }
wait_until 20 gone
is 'no runner' "$(check | grep runner)" 'wrong  runner: no runner: mail is taken, and nothing is delivered. Mend: pneu-instance start T/i/etc/..'
finish
