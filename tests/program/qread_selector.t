# Which messages are meant: the selectors of all tools of the queue, by pneu-qread -q on queue files made by hand
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
Q=$T/queue
PNEU_QUEUE=$Q PNEU_ETC=$T/etc
export PNEU_QUEUE PNEU_ETC
mkdir -p "$Q/msg" "$Q/hold" "$Q/bad" "$PNEU_ETC"
echo 0 >"$PNEU_ETC/nsslookup"
now=$(date +%s)
: >"$T/names"
# add NAME options: a message that the tests call NAME
add() {
	add_n=$1; shift
	echo "s/^$(python3 tests/program/queuefiles.py "$@" "$Q")\$/$add_n/" >>"$T/names"
}
# names of those that are meant, in alphabetical order
meant() { pneu-qread -q "$@" | sed -f "$T/names" | sort | tr '\n' ' ' | sed 's/ $//'; }
said() { pneu-qread "$@" 2>&1 >/dev/null; echo "$?"; }
via=@mx.far.test/192.0.2.7/TLSv1.3

add plain --sender Ann@Here.test --rcpt bob@one.test --size 500 --arrival $now
add null --sender '' --rcpt ann@here.test --size 2000 --arrival $((now - 7200))
add late --sender joe@far.test --rcpt x@one.test --rcpt y@two.test --arrival $((now - 200000)) --due 3600 \
	--records "z0 1 4.4.1 $via nobody answers%0Aon port 25\nz0 2 4.4.1 $via Connection TIMED out\nz0 3 4.4.1 $via Connection timed out\nk1 2 $via accepted\n"
add held --place hold --sender list-bounces@lists.test --rcpt '#odd[1]@one.test' --size 3000000 --arrival $((now - 300)) --params 'Hspam%25' \
	--records "z0 1 4.7.0 held: spam%25\n"
add dead --rcpt gone@three.test --rcpt bob@one.test --arrival $((now - 400)) \
	--records "d0 1 5.1.1 $via no such user\nb0 2 1k0v7sgqjc51\nd1 1 5.7.1 @mx.one.test/2001:db8::25/clear policy (refused)\n"
add alias --rcpt all@here.test --arrival $((now - 500)) \
	--records 'x0 1 3 /etc/aliases:1\n+a a@four.test\n+p /bin/true a@b\n+a b@five.test\nk1 1 done\n'
add login --sender ann@here.test --rcpt z@six.test --uid 0 --params 'AAnn Lee\nC192.0.2.77\nB8BITMIME\nU1' --arrival $((now - 600))
add claim --sender mal@here.test --rcpt z@six.test --uid 3999999 --params 'AAnn Lee\nC192.0.2.77' --arrival $((now - 600))
add six --rcpt z@seven.test --uid 0 --params 'Ab\nC2001:db8::1:2\nW1' --arrival $((now - 600))
all='alias claim dead held late login null plain six'
is 'without words all are meant' "$(meant)" "$all"

# ---- addresses
is 'from' "$(meant from=ann@here.test)" 'login plain'
is 'with a pattern, in any case' "$(meant 'from=A*@HERE.*') $(meant 'from=?[n-n]n@here.test')" 'login plain login plain'
is 'of a domain' "$(meant from=@here.test)" 'claim login plain'
is 'which may be a pattern' "$(meant 'from=@*s.test')" held
is 'and nothing but the domain' "$(meant from=@ere.test)" ''
is 'the null sender' "$(meant 'from=<>')" null
is 'to' "$(meant to=bob@one.test)" 'dead plain'
is 'only who is still to be reached' "$(meant to=y@two.test)|$(meant to=gone@three.test)|$(meant to=a@four.test)|$(meant to=b@five.test)" '|||alias'
is 'an alias is, as long as one of those is it stands for' "$(meant to=all@here.test)" alias
is 'reached is who has it' "$(meant reached=y@two.test) $(meant 'reached=@four.*')" 'late alias'
is 'domain' "$(meant domain=one.test)|$(meant 'domain=*.TEST')|$(meant domain=two.test)" "dead held late plain|$all|"
is 'sets and backslashes' "$(meant 'to=#odd\[1\]@one.test') $(meant 'to=[!a-z]odd*') $(meant 'to=#odd[[]1]@*') $(meant 'from=[a' )" 'held held held '

# ---- time and size
is 'older' "$(meant older=1h) $(meant older=2d)" 'late null late'
is 'newer' "$(meant newer=2m) $(meant newer=200s)" 'plain plain'
is 'units' "$(meant older=1w)|$(meant older=3M | wc -w | tr -d ' ')|$(meant older=86400s)" '|8|late'
is 'size' "$(meant 'size>1M')|$(meant 'size<501' size=500)|$(meant 'size>=2000' 'size<=2k')" 'held|plain|null'
is 'tries' "$(meant 'tries>2')|$(meant tries=1)|$(meant tries=0 | wc -w | tr -d ' ')" 'late|held|7'

# ---- state
is 'held' "$(meant state=held)" held
is 'waiting for its time' "$(meant state=waiting)" late
is 'its time has come' "$(meant state=active)" 'alias claim dead login null plain six'
is 'deferred' "$(meant state=deferred)" 'held late'
is 'failed' "$(meant state=failed)" dead
is 'delivered in part' "$(meant state=delivered)" 'alias late'
is 'expanded' "$(meant state=expanded)" alias
is 'one of several' "$(meant state=Held,failed,expanded)" 'alias dead held'

# ---- where from
is 'uid' "$(meant uid=3999999)" claim
is 'by name' "$(meant uid=root)" "$(meant uid=0)"
is 'a login, of those who may say it' "$(meant 'login=ann lee')" login
is 'as a pattern' "$(meant 'login=*')" 'login six'
is 'client' "$(meant client=192.0.2.77)" login
is 'a net' "$(meant client=192.0.2.0/24)|$(meant client=192.0.2.0/30)|$(meant client=2001:db8::/32)|$(meant client=::/0)" 'login||six|login six'
is 'which may be any text of the address' "$(meant client=::ffff:192.0.2.77)|$(meant client=2001:DB8:0::1:2)" 'login|six'
is 'forwarded' "$(meant forwarded)" six
is 'body' "$(meant body=8bitmime)|$(meant body=7BIT utf8)|$(meant utf8)" 'login||login'

# ---- what was said
is 'error' "$(meant 'error~timed out')" late
is 'is an extended expression on status and text' "$(meant 'error~^4\.4\.1 Conn.*(out|off)$')|$(meant 'error~^5\.7')" 'late|dead'
is 'the last words count' "$(meant 'error~port 25')" ''
is 'host' "$(meant host=mx.far.test)|$(meant 'host=192.0.2.*')|$(meant 'host=mx.*')|$(meant host=2001:db8::25)" 'late|late|dead late|dead'

# ---- IDs and words together
id=$(sed -n 's/^s.^\([0-9a-z]*\)$.held.$/\1/p' "$T/names")
is 'an ID' "$(meant id="$id") $(meant "$id" state=held)|$(meant "$id" state=active)" 'held held|'
is 'the beginning of one' "$(meant "id=${id%??}*" 'size>1M')" held
is 'all words must hold' "$(meant from=@here.test body=8BITMIME)" login
is 'which may be said' "$(meant from=@here.test and body=8BITMIME)" login
is 'or' "$(meant tries=1 or 'tries>2')" 'held late'
is 'or binds less than and' "$(meant from=@here.test utf8 or state=held)" 'held login'
is 'parentheses' "$(meant from=@here.test '(' utf8 or state=held ')')" login
is 'not' "$(meant not 'size<2000')|$(meant not not state=held)|$(meant ! state=active)" 'held null|held|held late'
is 'not binds most' "$(meant not state=active state=held)|$(meant not '(' state=active or state=held ')')" 'held|late'
is 'IDs among other words' "$(meant '(' "$id" or 'from=<>' ')' older=1m)" 'held null'

# ---- nonsense is named
for w in 'older=2x|not a time such as 30m, 2h or 3d' 'older=|not a time such as 30m, 2h or 3d' 'older=5|not a time such as 30m, 2h or 3d' \
    'older=99999999999999999999s|not a time such as 30m, 2h or 3d' 'size>1T|not a size such as 800, 20K or 1M' 'tries>x|not a number' \
    'from=|a pattern is missing' 'state=dead|states are held, active, waiting, deferred, failed, delivered, expanded' \
    'state=held,|states are held, active, waiting, deferred, failed, delivered, expanded' \
    'uid=no-such-user-here|no such user' 'client=1.2.3|not an address' 'client=192.0.2.0/33|the bits of the net are a number up to 32' \
    'client=::1/129|the bits of the net are a number up to 128' "from>x|after from there is '='" "size~x|after size there is '=', '<', '>', '<=' or '>='" \
    "error=x|after error there is '~'" "utf8=1|after utf8 there is no value" "from|after from there is '='"; do
	is "${w%%|*}" "$(said "${w%%|*}")" "pneu-qread: fatal: ${w%%|*}: ${w#*|}
100"
done
is 'an expression that is none' "$(said 'error~(' | sed 's/(: .*/(: why/')" 'pneu-qread: fatal: error~(: why
100'
is 'a word of no meaning' "$(said colour=red | sed 's/; .*//')" 'pneu-qread: fatal: colour=red: not a selector
100'
is 'what others call it is understood' "$(said sender=x)|$(said Status=held | head -n 1)" 'pneu-qread: fatal: sender=x: not a selector; from= is meant?
100|pneu-qread: fatal: Status=held: not a selector; state= is meant?'
is 'a state alone' "$(said deferred)" 'pneu-qread: fatal: deferred: not a selector; state=deferred is meant?
100'
is 'an address alone' "$(said joe@x.test)" 'pneu-qread: fatal: joe@x.test: whose address? from=joe@x.test, to=joe@x.test or login=joe@x.test
100'
is 'a domain alone' "$(said x.test)" 'pneu-qread: fatal: x.test: whose domain? from=@x.test or domain=x.test; or client=x.test
100'
is 'all of them' "$(meant all)|$(meant ALL)" "$(meant)|$(meant)"
is 'or without a second' "$(said utf8 or)" 'pneu-qread: fatal: or: something must follow
100'
is 'or without a first' "$(said or utf8)|$(said '(' or utf8 ')' | head -n 1)" 'pneu-qread: fatal: or: not at the beginning
100|pneu-qread: fatal: or: not after ('
is 'parentheses that do not match' "$(said '(' utf8 | head -n 1)|$(said utf8 ')' | head -n 1)|$(said '(' ')' | head -n 1)|$(said '(' | head -n 1)" \
	'pneu-qread: fatal: ( before utf8: no ) follows|pneu-qread: fatal: ): no ( before it|pneu-qread: fatal: ): not after (|pneu-qread: fatal: (: something must follow'
is 'too many words' "$(said $(n=0; while [ $n -lt 201 ]; do echo utf8; n=$((n + 1)); done))" 'pneu-qread: fatal: more than 200 words
100'
is '200 are not' "$(meant $(n=0; while [ $n -lt 200 ]; do echo utf8; n=$((n + 1)); done))" login
is 'nor as many parentheses' "$(meant $(n=0; while [ $n -lt 99 ]; do echo '('; n=$((n + 1)); done) utf8 $(n=0; while [ $n -lt 99 ]; do echo ')'; n=$((n + 1)); done))" login

# ---- no more is read than it takes
if command -v strace >/dev/null && strace -o "$T/trace" true 2>/dev/null; then
	opened() { ASAN_OPTIONS=detect_leaks=0 strace -f -o "$T/trace" pneu-qread -q "$@" >/dev/null; grep -c "open.*\"$id\"" "$T/trace"; }
	is 'for an age no file is opened' "$(opened older=1s)" 0
	is 'nor for what an age rules out' "$(opened older=10h to=bob@one.test)" 0
	is 'nor for a place' "$(opened not state=held to=x@y)" 0
	is 'for a size one is, once' "$(opened 'size>1M')" 1
	is 'and for a size and a recipient not twice' "$(opened 'size>1M' 'to=#*')" 1
else
	echo '# SKIP what is read: strace does not work here'
fi
finish
