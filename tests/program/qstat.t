# pneu-qstat: totals, tables, JSON; numbers for Prometheus, and what in conf/ is made of them
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
Q=$T/queue
PNEU_QUEUE=$Q
export PNEU_QUEUE
mkdir -p "$Q/msg" "$Q/hold" "$Q/bad"
now=$(date +%s)
fabricate() { python3 tests/program/queuefiles.py "$@" "$Q"; }
said() { pneu-qstat "$@" 2>&1 >/dev/null; echo "$?"; }
value() { pneu-qstat --prometheus "$@" | sed -n "s/^$metric //p"; }

old=$(fabricate --sender a@Big.Test --rcpt x@one.test --rcpt y@ONE.test --rcpt z@two.test --arrival $((now - 100000)) --size 1000 --due 100 \
	--records 'z0 1 4.4.1 later\nz1 1 4.4.1 later\nk2 1 done\n')
fabricate --sender b@big.test --rcpt x@one.test --arrival $((now - 700)) --size 500 --quiet
fabricate --sender '' --rcpt 'odd@"\{}=' --arrival $((now - 100)) --size 500 --quiet
fabricate --sender c@small.test --rcpt all@here.test --arrival $((now - 100)) --size 600 --place hold --quiet \
	--records 'x0 1 2 list\n+a one@three.test\n+p /bin/prog a@b\nd1 1 5.1.1 no\n'
: >"$Q/bad/one"

# ---- totals
is 'from names alone' "$(pneu-qstat)" 'messages in queue: 4
held: 1
damaged, in bad/: 1
oldest: 1d03h
runner: not running'
is 'of the files' "$(pneu-qstat -t)" "messages: 4
  active: 2
  waiting: 1
  held: 1
bytes: 2600
recipients to be reached: 5
  tried and deferred: 2
recipients that failed: 1
  not bounced yet: 1
recipients that have it: 1
recipients that stand for others: 1
oldest: 1d03h $old"
is 'of those that are meant' "$(pneu-qstat older=1h | head -n 6 | tr -s '\n ' ' ')" 'messages: 1 active: 0 waiting: 1 held: 0 bytes: 1000 recipients to be reached: 2 '
is 'none' "$(pneu-qstat older=1w | grep -v ': 0$')" ''

# ---- tables
is 'destinations by age' "$(pneu-qstat -d | sed 's/^ *//' | tr -s ' ')" 'T 5 10 20 40 80 160 320 640 1280 1280+
TOTAL 6 3 0 1 0 0 0 0 0 0 2
one.test 3 0 0 1 0 0 0 0 0 0 2
"\{}= 1 1 0 0 0 0 0 0 0 0 0
here.test 1 1 0 0 0 0 0 0 0 0 0
three.test 1 1 0 0 0 0 0 0 0 0 0'
is 'in columns' "$(pneu-qstat -d | awk '{ print length() }' | sort -u | wc -l | tr -d ' ') $(pneu-qstat -d | cut -c40-42 | sed -n 2p)" '1 L 6'
is 'senders' "$(pneu-qstat -s | awk '{ print $1, $2 }')" 'T 5
TOTAL 6
big.test 3
small.test 2
<> 1'
is 'rows beyond the limit are one' "$(pneu-qstat -d -n 1 | awk '{ print $1, $2, $3, $12 }')" 'T 5 10 
TOTAL 6 3 2
one.test 3 0 2
(others) 3 3 0'
is 'both, and of those that are meant' "$(pneu-qstat -ds from=@big.test | awk '{ print $1, $2 }' | tr '\n' ' ')" 'T 5 TOTAL 3 one.test 3 T 5 TOTAL 3 big.test 3 '
is 'columns grow with their numbers' "$(fabricate --count 1200 --sender a@mass.test --rcpt u@mass.test --quiet; pneu-qstat -d | awk '{ print length() }' | sort -u | wc -l | tr -d ' '; pneu-qstat -d | sed -n 3p | tr -s ' ' | cut -d' ' -f2-4; pneu-qread -q from=@mass.test | while read -r i; do rm "$Q"/msg/*/"$i"; done)" \
	'1
mass.test 1200 1200'

# ---- JSON
json() { pneu-qstat --json "$@" | python3 -c "import json, sys; d = json.loads(sys.stdin.buffer.read().decode('utf-8')); print($expr)"; }
expr="d['messages'], d['held'], d['bad'], d['runner'], sum(d['ages'].values()), 'meant' in d"
is 'JSON from names' "$(json)" "4 1 1 {'state': 'not running', 'rates': {}, 'lines': []} 4 False"
expr="[(r['domain'], r['recipients'], r['messages'], r['bytes'], r['ages']['1280+']) for r in d['meant']['destinations']]"
is 'with destinations' "$(json -d -n 2)" "[('one.test', 3, 2, 1500, 2), ('\"\\\\{}=', 1, 1, 500, 0), (None, 2, 2, 1200, 0)]"
expr="d['meant']['recipients'], d['meant']['oldest_id'] == '$old', [r['domain'] for r in d['meant']['senders']]"
is 'with states and senders' "$(json -ts)" "{'waiting': 5, 'delivered': 1, 'failed': 1, 'bounced': 0, 'expanded': 1, 'deferred': 2} True ['big.test', 'small.test', '<>']"

# ---- Prometheus
cat >"$T/metrics.py" <<'P'
"""metrics.py check FILE | names FILE: what the text format allows, and what it holds"""
import re, sys
text = open(sys.argv[2], encoding='utf-8').read()
assert text.endswith('\n')
typed, seen, last = {}, set(), None
for line in text.splitlines():
    m = re.fullmatch(r'# (HELP|TYPE) ([a-z_]+) (.+)', line)
    if m:
        if m[1] == 'TYPE':
            assert m[2] not in typed and m[3] in ('gauge', 'counter'), line
            typed[m[2]] = m[3]
        last = m[2]
        continue
    m = re.fullmatch(r'([a-z_]+)(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"\})? ([0-9]+)', line)
    assert m, line
    assert m[1] == last and m[1] in typed and (m[1], m[2]) not in seen, line
    assert (typed[m[1]] == 'counter') == m[1].endswith('_total'), line
    seen.add((m[1], m[2]))
print('good' if sys.argv[1] == 'check' else '\n'.join(sorted(set(n for n, _ in seen))))
P
metric='pneu_queue_messages{state="live"}'
is 'metrics from names' "$(value) $(metric='pneu_queue_messages{state="bad"}'; value) $(metric=pneu_up; value)" '3 1 0'
metric=pneu_queue_oldest_seconds
t 'how old the oldest is' test "$(value)" -ge 100000
metric='pneu_queue_destination_recipients{domain="[^"]*[^\\]"}'
is 'with destinations, whose names cannot break out' "$(pneu-qstat --prometheus -d -n 2 | grep destination_ | tail -n 3)" 'pneu_queue_destination_recipients{domain="one.test"} 3
pneu_queue_destination_recipients{domain="\"\\{}="} 1
pneu_queue_destination_recipients{domain="(others)"} 2'
twins=$(fabricate --rcpt "$(printf 'x@\001')" --rcpt "$(printf 'x@\002')" --rcpt 'x@%01' --rcpt 'x@?' --rcpt 'x@(others)')
is 'names that look alike stay two' "$(pneu-qstat --prometheus -d | sed -n 's/^pneu_queue_dest.*domain="\([^a-z]*[0-9?]\|.*others)\)"} 1$/\1/p' | sort | tr '\n' ' ')" '%01 %02 %2501 %28others) ? '
pneu-qstat --prometheus -dst -n 4 >"$T/metrics"
is 'and do not make one number of two' "$(python3 "$T/metrics.py" check "$T/metrics")" good
pneu-qread -q id="$twins" | while read -r i; do rm "$Q"/msg/*/"$i"; done
pneu-qstat --prometheus -dst >"$T/metrics"
is 'it is of the format' "$(python3 "$T/metrics.py" check "$T/metrics")" good
echo before >"$T/pneu.prom"
is 'into a file' "$(pneu-qstat --prometheus -o "$T/pneu.prom"; echo $?; head -n 1 "$T/pneu.prom"; ls "$T" | grep prom)" '0
# HELP pneu_queue_messages Messages in the queue: live, held by an operator, damaged.
pneu.prom'
is 'that anybody may read' "$(cd "$T" && ls -l pneu.prom | cut -c1-10)" -rw-r--r--
is 'which is not touched when there are no numbers' "$(echo before >"$T/pneu.prom"; PNEU_QUEUE=$T/none pneu-qstat --prometheus -o "$T/pneu.prom" 2>/dev/null; echo $?; cat "$T/pneu.prom")" '111
before'
is 'a directory that is not there' "$(said --prometheus -o "$T/none/x")" "pneu-qstat: fatal: unable to write $T/none/x: No such file or directory
111"

# ---- over HTTP
ask() { printf "$1" | pneu-qstat --http ${2-} | tr -d '\r'; }
is 'a GET is answered' "$(ask 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n' | sed '/^$/q; s/^\(Content-Length:\).*/\1/')" 'HTTP/1.0 200 OK
Content-Type: text/plain; version=0.0.4; charset=utf-8
Content-Length:
Connection: close'
ask 'GET /?x=y HTTP/1.0\n\n' >"$T/got"
is 'with as much as it says' "$(sed '1,/^$/d' "$T/got" | wc -c | tr -d ' ')" "$(sed -n 's/^Content-Length: //p' "$T/got")"
is 'of those metrics' "$(ask 'GET / HTTP/1.0\r\n\r\n' -dst | sed '1,/^$/d' >"$T/got"; python3 "$T/metrics.py" names "$T/got")" "$(python3 "$T/metrics.py" names "$T/metrics")"
is 'a HEAD is not told them' "$(ask 'HEAD / HTTP/1.0\r\n\r\n' | sed '1,/^$/d' | wc -c | tr -d ' ')" 0
is 'others are refused' "$(for r in 'POST / HTTP/1.0' 'GET /etc HTTP/1.0' 'GET /metricsx HTTP/1.0' 'GET' ''; do ask "$r\r\n\r\n" | head -n 1; done)" 'HTTP/1.0 405 Method Not Allowed
HTTP/1.0 404 Not Found
HTTP/1.0 404 Not Found
HTTP/1.0 405 Method Not Allowed
HTTP/1.0 405 Method Not Allowed'
is 'a request that is too long' "$({ printf 'GET / HTTP/1.0\r\n'; yes 'X: y' | head -n 5000; } | pneu-qstat --http | head -n 1 | tr -d '\r')" 'HTTP/1.0 431 Request Header Fields Too Large'
is 'in one line too' "$({ printf 'GET /'; head -c 20000 /dev/zero | tr '\0' x; printf '\r\n\r\n'; } | pneu-qstat --http | head -n 1 | tr -d '\r')" 'HTTP/1.0 431 Request Header Fields Too Large'
is 'half a request is not answered' "$(ask 'GET / HTTP/1.0\r\nHost: x')" ''

# ---- what is made of them: every name that the dashboard and the rules use is exported, and every metric with a runner is
. tests/program/send.sh
house
start
fabricate --place hold --quiet
pneu-qstat --prometheus -dst >"$T/metrics"
metric=pneu_up
is 'a runner that answers is up' "$(value)" 1
metric='pneu_events_total{event="new"}'
is 'and counts' "$(value)" 0
inject joe@sender.test ann@here.test
wait_until 20 logged "^end msg $ID"
is 'what happens' "$(value) $(metric='pneu_events_total{event="ended"}'; value)" '1 1'
expr="d['runner']['state'], d['runner']['rates']['new'], d['runner']['local-limit']"
is 'JSON has its numbers, too' "$(json)" "running {'total': 1, '1m': 1, '5m': 1, '15m': 1} 20"
is 'with a runner it is of the format, too' "$(python3 "$T/metrics.py" check "$T/metrics")" good
stop
python3 "$T/metrics.py" names "$T/metrics" >"$T/exported"
used() { python3 - "$1" <<'P'
import json, re, sys
text = open(sys.argv[1]).read()
if sys.argv[1].endswith('.json'):
    text = '\n'.join(t['expr'] for p in json.loads(text)['panels'] for t in p['targets'])
else:
    text = '\n'.join(re.findall(r'expr: *((?:>\n(?: {10,}.*\n)+)|.*)', text))
print('\n'.join(sorted(set(re.findall(r'\bpneu_[a-z_]+', text)))))
P
}
used conf/grafana-pneu.json >"$T/shown"
used conf/prometheus-pneu.rules.yml >"$T/watched"
t 'the dashboard shows something' test "$(wc -l <"$T/shown")" -gt 10
is 'all that it shows is exported' "$(comm -23 "$T/shown" "$T/exported")" ''
is 'and all that is exported is shown' "$(comm -13 "$T/shown" "$T/exported")" ''
t 'the rules watch something' test "$(wc -l <"$T/watched")" -gt 5
is 'all that they watch is exported' "$(comm -23 "$T/watched" "$T/exported")" ''
if command -v promtool >/dev/null; then
	t 'promtool likes the rules' promtool check rules conf/prometheus-pneu.rules.yml
	t 'and the metrics' sh -c "promtool check metrics <'$T/metrics'"
else
	echo '# SKIP promtool: Debian has it in prometheus'
fi

# ---- words
is 'wrong usage' "$(said --json --http | tail -n 1)|$(said -o x | tail -n 1)|$(said -n 0 -d | tail -n 1)|$(said --qmail -d | tail -n 1)" '100|100|100|100'
finish
