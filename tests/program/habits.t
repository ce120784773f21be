# the pages for who comes from another mail server: what they say does the same here is there, and understood
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
. tests/program/send.sh
pages="man/pneu-habits.7 $(echo man/pneu-from-*.7)"
python3 tests/system/docs.py ours $pages | sort -u >"$T/ours"
t 'they say a lot' test "$(wc -l <"$T/ours")" -gt 200

# programs and services
without=
for p in $(grep -hoE 'pneu-[a-z]+[a-z0-9-]*' $pages | grep -v '^pneu-from-\|^pneu-setup-' | sort -u); do
	[ -x "$B/$p" ] || [ -f "scripts/${p#pneu-}" ] || [ -d "conf/services/runit/$p" ] || ls man/"$p".[1-9] >/dev/null 2>&1 || without="$without $p"
done
is 'every program, service and page is there' "$without" ''

# settings: words of small letters, but for those that are something else
sed -n 's/^\.It Pa \([a-z][a-z0-9 ,.]*\).*/\1/p' man/pneu-control.5 | tr -d , | tr ' ' '\n' | sort -u >"$T/settings"
words='alert alias aliases bad dane host lmtp mailq may must newaliases sendmail verify logger'
without=
for s in $(grep -xE '[a-z]+' "$T/ours"); do
	grep -qx "$s" "$T/settings" || case " $words " in *" $s "*) ;; *) without="$without $s" ;; esac
done
is 'every setting is one' "$without" ''

# lines of files
house
echo joe >"$T/names"
grep -E '^(joe|@example|[a-z]+@).*: |^@example.net$' "$T/ours" | grep ': ' | sort -u >"$T/lines"
t 'there are lines for the alias file' test "$(wc -l <"$T/lines")" -ge 5
printf '%s\n' here.test example.org >"$E/locals"
n=0
while read -r line; do
	printf '%s\n' "$line" >"$T/aliases"
	pneu-newaliases -n "$T/aliases" >"$T/said" 2>&1 || { echo "# $line"; cat "$T/said"; n=$((n + 1)); }
done <"$T/lines"
is 'the alias file takes each' "$n" 0
grep -E ':(allow|deny)' "$T/ours" >"$T/rules"
t 'the rules take theirs' sh -c 'pneu-tcprules "$1/rules.cdb" "$1/rules.tmp" <"$1/rules" 2>&1' sh "$T"
for f in smtproutes:'^(:smtp|\.?example\.(net|org):[[/a-z]*(192|/run|relay))' destinations:'^mx.example.net:' virtualdomains:'^example.org:alias$'; do
	grep -E "${f#*:}" "$T/ours" >"$E/${f%%:*}"
	t "there are lines for ${f%%:*}" test -s "$E/${f%%:*}"
done
start
is 'the runner takes its own' "$(grep -v '^status: ' "$H/log")" ''
rm -f "$E/virtualdomains"

# commands
grep -E '^(pneu-(q|top|trace|explain|showctl|dnsq|newaliases)|mailq)' "$T/ours" | grep -v -e '^pneu-qmqp' -e '^pneu-queue' -e '^mailq' >"$T/commands"
t 'there are commands' test "$(wc -l <"$T/commands")" -gt 50
rule '*' 'Z 4.2.0 later'
echo "$H" >"$E/logs"
ID=
# and nothing is being done with it
deferred() { pneu-qread "$ID" | grep -q "waiting.*later" && pneu-qctl status | grep -qx 'active 0'; }
echo 'joe: ann' >"$E/aliases"
bad=0
set -f
while read -r line; do
	# each on a message of its own
	inject joe@here.test ann@far.test
	wait_until 20 deferred
	case $line in
	*release*) pneu-qctl hold "$ID" >/dev/null ;;
	*undo*) pneu-qctl delete "$ID" >/dev/null ;;
	*' resume '*) pneu-qctl pause "${line##* }" >/dev/null ;;
	esac
	set -- $(printf '%s\n' "$line" | sed "s/\<ID\>/$ID/; s/\<SESSION\>/$ID/; s/\<IP\>/127.0.0.1/; s/\<\(SENDER\|ADDRESS\)\>/joe@here.test/g; s/\<RECIPIENT\>/ann@far.test/
	    s/\<\(HOST\|SITE\|DESTINATION\|DOMAIN\)\>/far.test/; s/\<OURS\>/here.test/; s/\<TEXT\>/xyz/; s/\<SETTING\>/me/; s/\<OLD NEW\>/ann@far.test zoe@far.test/")
	case $line in
	pneu-qctl | pneu-top | pneu-dnsq*) continue ;;       # for a terminal, or not without words
	*undo\ from* | *delete\ * | *retry*) ok='0' ;;
	pneu-trace*) ok='0 1' ;;
	pneu-explain* | *--check) ok='0 1 2 67' ;;
	*) ok=0 ;;
	esac
	timeout 120 "$@" >"$T/said" 2>&1 </dev/null
	code=$?
	case " $ok " in *" $code "*) ;; *) echo "# $*: exit $code"; sed 's/^/# /' "$T/said"; bad=$((bad + 1)) ;; esac
	case $line in
	'pneu-qctl pause '*) shift 2; pneu-qctl resume "$@" >/dev/null ;;
	esac
done <"$T/commands"
is 'every command is understood' "$bad" 0
stop
finish
