# pneu-tcprules: the language, the database, errors, and ucspi-tcp's tcprules both ways
. tests/lib.sh
cd "$T" || exit 1

compile() { pneu-tcprules rules.cdb rules.tmp; }
# explains IP: the answer on one line
explain() { pneu-tcprules -e "$1" rules.cdb | tr '\n' ';'; }
# refused WHAT LINE...: exit 100, one message that has WHAT, the old database stays, no temporary file does
refused() {
	want=$1; shift
	cp rules.cdb before.cdb
	printf '%s\n' "$@" | compile >out 2>&1
	[ $? -eq 100 ] && grep -q "^pneu-tcprules: fatal: .*$want" out && [ "$(wc -l <out)" -eq 1 ] &&
	    cmp rules.cdb before.cdb && [ ! -e rules.tmp ] || { cat out; return 1; }
}

cat >rules <<'END'
# a comment

127.0.0.1:allow,RELAYCLIENT=""
10.2-3.:deny
1.2.3.37-39:allow,A="b",C=/d e/  	
1.2.3.0-1:allow,A=xbx,B="x,:deny"
me@1.2.3.4:allow,N="info"
=.foo.example:deny,X="y"
=host.example:allow,N="host"
=:allow,N="named"
5.254-255.:deny
2001:DB8::0:1:allow,N="exact"
2001:db8::/32:deny
2001:db8:8000::/33:allow,N="33"
::ffff:192.0.2.1:allow,N="mapped"
me@2001:db8::2:allow,N="info6"
2001:db8:0:0:1:0:0:1:allow,N=":allow"
:deny,LAST="1"
END
t 'rules are compiled' sh -c 'pneu-tcprules rules.cdb rules.tmp <rules >out 2>&1 && [ ! -s out ]'
t 'the temporary file is gone' test ! -e rules.tmp
is 'a variable' "$(explain 127.0.0.1)" 'rule 127.0.0.1:;set environment variable RELAYCLIENT=;allow connection;'
is 'a range of prefixes, its ends' "$(explain 10.2.9.9)$(explain 10.3.0.0)" 'rule 10.2.:;deny connection;rule 10.3.:;deny connection;'
is 'and what is outside' "$(explain 10.1.0.0)" 'rule :;deny connection;'
is 'a range of addresses, quotes of any kind, blanks at the end' "$(explain 1.2.3.39)" \
    'rule 1.2.3.39:;set environment variable A=b;set environment variable C=d e;allow connection;'
is 'a value may look like an instruction' "$(explain 1.2.3.0)" \
    'rule 1.2.3.0:;set environment variable A=b;set environment variable B=x,:deny;allow connection;'
is 'IPv6 in any form' "$(explain 2001:db8:0:0::1)" 'rule 2001:db8::1:;set environment variable N=exact;allow connection;'
is 'a network' "$(explain 2001:db8:7fff::)" 'rule 2001:db8::/32:;deny connection;'
is 'a longer one goes before it' "$(explain 2001:db8:8000::)" 'rule 2001:db8:8000::/33:;set environment variable N=33;allow connection;'
is 'IPv4 written as IPv6 is IPv4' "$(explain 192.0.2.1)" 'rule 192.0.2.1:;set environment variable N=mapped;allow connection;'
is 'asked as IPv6 too' "$(explain ::ffff:192.0.2.1)" 'rule 192.0.2.1:;set environment variable N=mapped;allow connection;'
is 'a full IPv6 address' "$(explain 2001:db8::1:0:0:1)" 'rule 2001:db8::1:0:0:1:;set environment variable N=:allow;allow connection;'
is 'a name from the environment' "$(TCPREMOTEHOST=host.example explain 9.9.9.9)" \
    'rule =host.example:;set environment variable N=host;allow connection;'
is 'a domain' "$(TCPREMOTEHOST=a.b.foo.example explain 9.9.9.9)" 'rule =.foo.example:;deny connection;'
is 'any name' "$(TCPREMOTEHOST=x explain 9.9.9.9)" 'rule =:;set environment variable N=named;allow connection;'
is 'an ident answer' "$(TCPREMOTEINFO=me explain 1.2.3.4)" 'rule me@1.2.3.4:;set environment variable N=info;allow connection;'
is 'with IPv6' "$(TCPREMOTEINFO=me explain 2001:db8::2)" 'rule me@2001:db8::2:;set environment variable N=info6;allow connection;'

: | compile
is 'no rule at all allows everybody' "$(explain 1.2.3.4)" 'default:;allow connection;'
printf '1.2.3.4:deny' | compile
is 'the last newline may be missing' "$(explain 1.2.3.4)" 'rule 1.2.3.4:;deny connection;'
printf '1.2.3.4:deny\r\n' | compile
is 'lines may end as on the wire' "$(explain 1.2.3.4)" 'rule 1.2.3.4:;deny connection;'
printf '1.2.3.4:allow\n1.2.3.4:deny\n' | compile
is 'of two rules for one address the first counts' "$(explain 1.2.3.4)" 'rule 1.2.3.4:;allow connection;'
awk 'BEGIN { printf "1.2.3.4:allow"; for (i = 0; i < 64; i++) printf ",V%d=\"\"", i; print "" }' | compile
is '64 variables' "$(pneu-tcprules -e 1.2.3.4 rules.cdb | grep -c variable)" 64

# errors: the line is named, nothing changes
t 'the line is counted, comments too' refused 'line 3: ' '# one' '' '1.2.3.4'
t 'an address alone' refused 'neither' '1.2.3.4'
t 'an unknown instruction' refused 'neither' '1.2.3.4:maybe'
t 'a longer word' refused 'neither' '1.2.3.4:allowed'
t 'capitals' refused 'neither' '1.2.3.4:ALLOW'
t 'a blank before the instruction' refused 'neither' '1.2.3.4: allow'
t 'a comment behind it' refused 'neither' '1.2.3.4:allow # me'
t 'a blank before the address' refused 'blank' ' 1.2.3.4:allow'
t 'a comma and nothing' refused 'NAME' '1.2.3.4:allow,'
t 'a name and nothing' refused 'NAME' '1.2.3.4:allow,A'
t 'a name without a value' refused 'NAME' '1.2.3.4:allow,A='
t 'no name' refused 'NAME' '1.2.3.4:allow,="x"'
t 'an open quote' refused 'quote' '1.2.3.4:allow,A="x'
t 'something behind the quote' refused 'comma' '1.2.3.4:allow,A="x"y'
t 'two instructions' refused 'NAME' '1.2.3.4:deny,A="x",allow'
t '65 variables' refused 'too many' "$(awk 'BEGIN { printf "1.2.3.4:allow"; for (i = 0; i < 65; i++) printf ",V%d=\"\"", i }')"
t 'a range backwards' refused 'range' '1.2.3.9-7:allow'
t 'a range over 255' refused 'range' '1.2.3.9-256:allow'
t 'a range of letters' refused 'range' '1.a-7.:allow'
t 'a range without an end' refused 'range' '1.2-:allow'
t 'a range without a beginning' refused 'range' '1.-2.:allow'
t 'two ranges' refused 'range' '1.2-3.4-5.:allow'
t 'a range of too many numbers' refused 'range' '1.2.3.4.5-6:allow'
t 'no IPv6 address' refused 'IPv6' '2001:db8:::1:allow'
t 'IPv6 with a zone' refused 'IPv6' 'fe80::1%lo:allow'
t 'a length over 128' refused '128' '2001:db8::/129:allow'
t 'a length that is no number' refused '128' '2001:db8::/x:allow'
t 'bits beyond the length' refused 'beyond' '2001:db8::1/32:allow'
t 'an IPv4 network as IPv6' refused '1.2.3.' '::ffff:1.2.3.0/120:allow'
t 'a network with INFO@' refused 'whole' 'me@2001:db8::/32:allow'
t 'an address that is too long' refused 'too long' "$(printf '%501s' x | tr ' ' x):allow"
t 'a line that is too long' refused 'line 1: too long' "1.2.3.4:allow,A=\"$(printf '%70000s' x)\""
printf '1.2.3.4:allow,A="x\0y"\n' >nul
t 'a NUL' sh -c 'pneu-tcprules rules.cdb rules.tmp <nul 2>out; [ $? = 100 ] && grep -q NUL out'

# rules that say nothing about anybody are not errors, tcprules takes them, but they are told
for a in 1.2.3 1.2.3.4. 010.1.1.1 1.2.3.0/24 1.2.3.256 256. 1.2.3.4.5 x me@1.2. 1..2; do
	printf '%s:deny\n' "$a" >one
	t "$a never applies: a warning" sh -c 'pneu-tcprules rules.cdb rules.tmp <one 2>out && grep -q "warning: line 1: .*never applies" out'
done

for v in yes 2 10 ' 1'; do
	printf '1.2.3.4:allow,A="b",PROXY="%s"\n' "$v" >one
	t "PROXY=\"$v\" lets nobody in: a warning" \
	    sh -c 'pneu-tcprules rules.cdb rules.tmp <one 2>out && grep -q "warning: line 1: .*PROXY is neither" out'
done
printf '%s\n' '1.2.3.4:allow,PROXY="1"' '1.2.3.5:allow,PROXY="0"' '1.2.3.6:allow,PROXY=""' '1.2.3.7:allow,PROXYX="no"' >one
t 'PROXY is 1, 0 or nothing' sh -c 'pneu-tcprules rules.cdb rules.tmp <one 2>out && ! [ -s out ]'

# arguments and trouble
t 'no arguments' sh -c 'pneu-tcprules 2>out; [ $? = 100 ] && grep -q usage out'
t 'one argument' sh -c 'pneu-tcprules rules.cdb 2>out </dev/null; [ $? = 100 ] && grep -q usage out'
t 'the same file twice' sh -c 'pneu-tcprules rules.cdb rules.cdb 2>out </dev/null; [ $? = 100 ]'
t 'a directory that is not there' sh -c 'pneu-tcprules rules.cdb none/rules.tmp 2>out </dev/null; [ $? = 111 ]'
t 'a name that cannot be given leaves no temporary file' \
    sh -c 'mkdir -p dir.cdb/x; pneu-tcprules dir.cdb rules.tmp 2>out </dev/null; [ $? = 111 ] && [ ! -e rules.tmp ]'
t 'rules that cannot be read leave none either' sh -c 'pneu-tcprules rules.cdb rules.tmp 2>out <dir.cdb; [ $? = 111 ] && [ ! -e rules.tmp ]'
ln -s elsewhere link.tmp
t 'a symbolic link is not followed' sh -c 'pneu-tcprules rules.cdb link.tmp 2>out </dev/null; [ $? = 111 ] && [ ! -e elsewhere ]'
t '-e wants an address' sh -c 'pneu-tcprules -e host rules.cdb 2>out; [ $? = 100 ]'
t '-e without a database' sh -c 'pneu-tcprules -e 1.2.3.4 none.cdb 2>out; [ $? = 111 ]'
t '-e with a damaged one' sh -c 'echo x >bad.cdb; pneu-tcprules -e 1.2.3.4 bad.cdb 2>out; [ $? = 100 ]'

# a limit on the size of files stands for a full disk
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "=%d.example:allow\n", i }' >many
t 'a full disk is trouble, and the old database stays' sh -c 'cp rules.cdb b4; (ulimit -f 8; trap "" XFSZ; pneu-tcprules rules.cdb rules.tmp) <many 2>out; [ $? = 111 ] && cmp b4 rules.cdb && [ ! -e rules.tmp ]'
t 'many rules' sh -c 'pneu-tcprules rules.cdb rules.tmp <many && TCPREMOTEHOST=19999.example pneu-tcprules -e 1.1.1.1 rules.cdb | grep -q "rule =19999.example"'

if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	printf ':deny\n' | compile
	for call in fsync write rename; do
		t "an error from $call: exit 111, the old database stays" sh -c "printf ':allow\n' |
		    strace -o /dev/null -e trace=$call -e inject=$call:error=EIO:when=1 '$B/pneu-tcprules' rules.cdb rules.tmp 2>out
		    [ \$? = 111 ] && pneu-tcprules -e 1.1.1.1 rules.cdb | grep -q deny && [ ! -e rules.tmp ]"
	done
	printf ':allow\n' >one
	strace -o trace -e trace=write,fsync,close,rename,open,openat "$B/pneu-tcprules" rules.cdb rules.tmp <one
	is 'the file is on disk before it is named, its name before the end' \
	    "$(grep -oE '^(fsync|rename)' trace | tr '\n' ' ')" 'fsync rename fsync '
else
	echo '# strace cannot trace here: failing calls are left out'
fi

# ucspi-tcp
if command -v tcprules >/dev/null && command -v tcprulescheck >/dev/null; then
	grep -v '^2001\|::' rules >rules4
	tcprules rules.cdb rules.tmp <rules4
	cp rules.cdb theirs.cdb
	for ip in 127.0.0.1 10.2.1.1 10.4.1.1 1.2.3.38 1.2.3.0 5.255.1.1 9.9.9.9; do
		is "theirs, read by both: $ip" "$(pneu-tcprules -e $ip theirs.cdb)" "$(TCPREMOTEIP=$ip tcprulescheck theirs.cdb)"
	done
	compile <rules4
	t 'the same rules give the same bytes' cmp rules.cdb theirs.cdb
	for host in host.example x.foo.example other; do
		is "ours, read by both: $host" "$(TCPREMOTEHOST=$host pneu-tcprules -e 9.9.9.9 rules.cdb)" \
		    "$(TCPREMOTEHOST=$host TCPREMOTEIP=9.9.9.9 tcprulescheck rules.cdb)"
	done
	is 'with INFO' "$(TCPREMOTEINFO=me pneu-tcprules -e 1.2.3.4 rules.cdb)" \
	    "$(TCPREMOTEINFO=me TCPREMOTEIP=1.2.3.4 tcprulescheck rules.cdb)"
	compile <rules
	is 'ours with IPv6 is still read by theirs' "$(pneu-tcprules -e 127.0.0.1 rules.cdb)" "$(TCPREMOTEIP=127.0.0.1 tcprulescheck rules.cdb)"
	: | tcprules rules.cdb rules.tmp
	is 'an empty one of theirs' "$(explain 1.2.3.4)" 'default:;allow connection;'
else
	echo '# tcprules (ucspi-tcp) is missing: living with it is left out'
fi
finish
