# pneu-qread's lists: sorts, limits, JSON, and many messages in little memory
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
Q=$T/queue
PNEU_QUEUE=$Q
export PNEU_QUEUE
mkdir -p "$Q/msg" "$Q/hold" "$Q/bad"
now=$(date +%s)
fabricate() { python3 tests/program/queuefiles.py "$@" "$Q"; }
said() { pneu-qread "$@" 2>&1 >/dev/null; echo "$?"; }

# ---- sorts and limits
a=$(fabricate --arrival $((now - 500)) --size 300 --sender zoe@b.test --rcpt x@c.test --due 300 --records 'z0 1 4.0.0 x\n')
b=$(fabricate --arrival $((now - 400)) --size 900 --sender '' --rcpt x@a.test --due 100)
c=$(fabricate --arrival $((now - 300)) --size 100 --sender amy@b.test --rcpt x@b.test --due 200 --records 'z0 1 4.0.0 x\nz0 2 4.0.0 x\n')
d=$(fabricate --arrival $((now - 200)) --size 900 --sender amy@b.test --rcpt done@0.test --rcpt x@b.test --place hold --records 'k0 1 done\n')
order() { pneu-qread -q "$@" | sed "s/^$a\$/a/; s/^$b\$/b/; s/^$c\$/c/; s/^$d\$/d/" | tr -d '\n'; }
is 'by arrival' "$(order)$(order -s age)$(order -r)" abcdabcddcba
is 'by size, the largest first' "$(order -s size) $(order -s size -r)" 'bdac cabd'
is 'by attempts, the most first' "$(order -s tries)" cabd
is 'by the next attempt, the soonest first, held ones last' "$(order -s next)" bcad
is 'by sender' "$(order -s sender) $(order --sort=sender --reverse)" 'bcda acdb'
is 'by the domain that is still to be reached' "$(order -s domain)" bcda
is 'a limit' "$(order -n 2)|$(order -n 1 -r)|$(order -s size -n 3)|$(order -s next -n 1)|$(order -n 9)" 'ab|d|bda|b|abcd'
is 'of those that are meant' "$(order -n 1 from=@b.test size=900)|$(order -s size -n 2 'from=amy@*')" 'd|dc'
is 'in each form' "$(pneu-qread -1 -s size -n 1 | cut -d' ' -f1)|$(pneu-qread --json -s size -n 1 | cut -d'"' -f4)|$(pneu-qread -s size -n 1 | sed -n '1s/ .*//p')" "$b|$b|$b"
is 'what cannot be' "$(said -u -r | tail -n 1)|$(said -us size | tail -n 1)|$(said -1q | tail -n 1)|$(said --json --mailq | tail -n 1)|$(said -n 0)|$(said -s colour)" \
	'100|100|100|100|pneu-qread: fatal: 0: not a number from 1 on
100|pneu-qread: fatal: colour: can be sorted by age, size, tries, next, sender and domain
100'

# ---- JSON
rm -rf "$Q/msg" "$Q/hold"
mkdir "$Q/msg" "$Q/hold"
x=$(fabricate --arrival 1700000000 --size 200 --due 0 --uid 0 --sender joe@a.test --rcpt list@here.test --rcpt y@b.test \
	--params 'Aann\nC192.0.2.7\nB8BITMIME\nW1\nU1\nEQQ\nHwhy' \
	--records 'x0 1700000001 3 /etc/aliases:12\n<owner@here.test\n+a z@c.test\n+p /bin/prog\nz2 1700000002 4.2.0 @mx.c.test/192.0.2.9/TLSv1.3:verified said "later"\\later\nk1 1700000003 @mx.b.test/192.0.2.8/clear fine\nw1 1700000004 delivered 1k0v7sgqjc51\no1700000005 7 hold odd\n')
cat >"$T/show.py" <<'P'
import json, sys
for line in sys.stdin.buffer:
    m = json.loads(line.decode('utf-8'))
    for k in sys.argv[1:]:
        print(json.dumps(m.get(k)))
P
json() { pneu-qread --json | python3 "$T/show.py" "$@"; }
is 'an object a message' "$(json id state arrival size sender tries uid login client believed forwarded body utf8 envid hold | tr '\n' ' ')" \
	"\"$x\" \"active\" 1700000000 200 \"joe@a.test\" 1 0 \"ann\" \"192.0.2.7\" true true \"8BITMIME\" true \"QQ\" \"why\" "
is 'with its recipients' "$(json recipients | python3 -c 'import json, sys
for r in json.load(sys.stdin): print(json.dumps(r))')" '{"recipient": "list@here.test", "kind": "address", "state": "expanded", "tries": 0}
{"recipient": "y@b.test", "kind": "address", "state": "delivered", "tries": 0}
{"recipient": "z@c.test", "kind": "address", "state": "waiting", "tries": 1, "for": "list@here.test", "sender": "owner@here.test", "when": 1700000002, "status": "4.2.0", "text": "said \"later\"\\\\later", "host": "mx.c.test", "ip": "192.0.2.9", "protection": "TLSv1.3:verified"}
{"recipient": "/bin/prog", "kind": "program", "state": "waiting", "tries": 0, "for": "list@here.test", "sender": "owner@here.test"}'
is 'and its history, if it is asked for' "$(json history) $(pneu-qread --json "$x" | python3 "$T/show.py" history | python3 -c 'import json, sys
for r in json.load(sys.stdin): print(json.dumps(r))')" 'null {"when": 1700000001, "event": "expanded", "recipient": "list@here.test", "count": 3, "text": "/etc/aliases:12"}
{"when": 1700000002, "event": "deferred", "recipient": "z@c.test", "status": "4.2.0", "text": "said \"later\"\\\\later", "host": "mx.c.test", "ip": "192.0.2.9", "protection": "TLSv1.3:verified"}
{"when": 1700000003, "event": "delivered", "recipient": "y@b.test", "text": "fine", "host": "mx.b.test", "ip": "192.0.2.8", "protection": "clear"}
{"when": 1700000004, "event": "told", "recipient": "y@b.test", "action": "delivered", "id": "1k0v7sgqjc51"}
{"when": 1700000005, "event": "operator", "uid": 7, "action": "hold", "text": "odd"}'
is 'with -v too' "$(pneu-qread --json -v)" "$(pneu-qread --json "$x")"
is 'and for people' "$(pneu-qread "$x" | sed -n '3p; $p')" '	from login ann client 192.0.2.7 a forward, by uid 0
		Tue, 14 Nov 2023 22:13:25 +0000  operator  uid 7  hold odd'
is 'a login that anybody may claim is shown as that' "$(y=$(fabricate --uid 3999999 --params 'Aroot'); pneu-qread "id=$y" | sed -n 3p; rm "$Q"/msg/*/"$y")" \
	'	from login root, by uid 3999999, who may not say so'
python3 - "$T/odd" <<'P'
import sys
# every byte that may stand there, and what is nearly UTF-8
text = bytes(b for b in range(1, 256)) + b'\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa8 \xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x80\xa8 \xc2\x85 \xe2\x82'
escaped = b''.join(b'%%%02X' % b if b < 32 or b in b'%\x7f' else bytes([b]) for b in text)
open(sys.argv[1], 'wb').write(escaped)
P
rm "$Q"/msg/*/"$x"
python3 - "$T/odd" "$Q" <<'P'
import os, sys
sys.path.insert(0, 'tests/program')
import queuefiles
odd = open(sys.argv[1], 'rb').read()
us = 1700000000000000
d = os.path.join(sys.argv[2], 'msg', queuefiles.qdir(us))
os.makedirs(d, exist_ok=True)
body = b'x\n'
head = b'pneu1 %019d %017d %010d %010d %s\n' % (len(body), us, 0, 1, b'-' * 16)
open(os.path.join(d, queuefiles.qid(us, 77)), 'wb').write(
    head + body + b'F' + odd + b'@a.test\nA' + odd + b'\nT' + odd + b'@b.test\n.\nz0 1 4.0.0 @' + odd.replace(b' ', b'%20') + b'/1/2 ' + odd + b'\n')
P
is 'whatever strangers write it is JSON in UTF-8' "$(json sender | python3 -c 'import json, sys
s = json.load(sys.stdin)
print(s == "".join(chr(b) for b in range(1, 256)) + "\u00e4\u20ac\U0001f4e8 \u00c0\u0080 \u00ed\u00a0\u0080 \u00f4\u0090\u0080\u0080 \u00e2\u0080\u00a8 \u00c2\u0085 \u00e2\u0082@a.test")')" True
t 'so are the other forms' sh -c 'for f in --json --mailq=postfix-json; do pneu-qread -v $f 2>/dev/null || pneu-qread $f; done | python3 -c "import json, sys; [json.loads(l.decode(\"utf-8\")) for l in sys.stdin.buffer]"'
is 'and nothing of it but printable ASCII reaches a terminal' "$( (pneu-qread -v; pneu-qread --mailq; pneu-qread --mailq=sendmail; pneu-qstat -ds; pneu-qread -1) | tr -d '\n\t' | LC_ALL=C tr -d ' -~' | wc -c | tr -d ' ')" 0

# ---- many
rm -rf "$Q/msg"
mkdir "$Q/msg"
fabricate --count 20000 --step 100000 --size 300 --rcpt 'u%d@d.test' --arrival $((now - 3000)) --records 'z0 1 4.4.1 later\n' --quiet
pneu-qread -1 >"$T/list"
is '20000 are listed' "$(wc -l <"$T/list" | tr -d ' ')" 20000
t 'in the order of their arrival' sh -c 'cut -d" " -f1 "$0" | LC_ALL=C sort -c' "$T/list"
is 'in whatever order they are the same' "$(pneu-qread -1u | sort | cksum)" "$(sort "$T/list" | cksum)"
is 'sorted and reversed too' "$(pneu-qread -1 -s sender | cksum) $(pneu-qread -1r | sort | cksum)" "$(cksum <"$T/list") $(sort "$T/list" | cksum)"
is 'the last one is found' "$(pneu-qread -1 'to=u19999@*' | cut -d' ' -f12)" w:u19999@d.test
is 'they are counted' "$(pneu-qstat -d | awk '$1 == "d.test" { print $2 }')" 20000
if (ulimit -v 6000) 2>/dev/null && (ulimit -v 6000; pneu-qread -q -n 1) >/dev/null 2>&1; then
	limited() { (ulimit -v 6000; "$@" | cksum); }
	is 'in 6 MB of memory' "$(limited pneu-qread -1)" "$(cksum <"$T/list")"
	is 'unsorted and as JSON too' "$(limited pneu-qread --json -u)" "$(pneu-qread --json -u | cksum)"
	is 'and the largest few of them' "$(limited pneu-qread -s size -n 100 -q)" "$(head -n 100 "$T/list" | cut -d' ' -f1 | cksum)"
	is 'and counted' "$(limited pneu-qstat -t -ds state=deferred | wc -w)" 2
	is 'right' "$(ulimit -v 6000; pneu-qstat -ds | awk '/test/ { print $1, $2 }' | tr '\n' ' ')" 'd.test 20000 sender.test 20000 '
else
	echo '# SKIP little memory: these programs, or this system, need more'
fi
if command -v strace >/dev/null && strace -o "$T/trace" true 2>/dev/null; then
	ASAN_OPTIONS=detect_leaks=0 strace -f -o "$T/trace" pneu-qread -1 -n 50 >/dev/null
	is 'it only reads' "$(grep -c -e O_WRONLY -e O_RDWR -e O_CREAT -e unlink -e rename -e flock -e utime "$T/trace")" 0
else
	echo '# SKIP what it does: strace does not work here'
fi
finish
