# the manual: every program and every setting has its place in it, and mandoc has nothing to say
. tests/lib.sh
command -v mandoc >/dev/null || skip_all 'mandoc is needed'

for page in man/*.[1-9]; do
	is "$page is clean" "$(mandoc -Tlint -W warning "$page" 2>&1)" ''
done

programs=$(make -s -n B=/nowhere -p 2>/dev/null | sed -n 's/^PROGS := //p' | tr ' ' '\n' | sed 's/.*\///')
t 'the Makefile names the programs' test -n "$programs"
without=
for p in $programs; do
	ls man/"$p".[1-9] >/dev/null 2>&1 || without="$without $p"
done
is 'every program has a page' "$without" ''
without=
for p in $programs; do
	grep -q "Xr $p \|, Xr $p " man/pneu.7 || without="$without $p"
done
is 'and is on the map' "$without" ''

without=
for s in $(grep -rhoE '\{ (\.name = )?"[a-z]+", (\.kind = )?CONF_' src | cut -d'"' -f2 | sort -u); do
	grep -q "^\.It Pa \(.* , \)*$s[ ,]*" man/pneu-control.5 || without="$without $s"
done
is 'every setting is in pneu-control(5)' "$without" ''

without=
for s in $(sed -n 's/^\.It Pa \([a-z][a-z ,]*\).*/\1/p' man/pneu-control.5 | tr -d ,); do
	[ "$s" = users ] || grep -rqE --exclude=showctl_table.c "\"(control/)?$s(\.cdb)?\"" src scripts/instance || grep -qiE "etc/?}?/$s\>" scripts/instance scripts/listen ||
		without="$without $s"
done
is 'nothing is in pneu-control(5) that nobody reads' "$without" ''
without=
for p in $(ls man/pneu-*.8 man/pneu-*.1 | sed 's/.*\///; s/\..$//'); do
	echo "$programs" | grep -qx "$p" || [ -f "scripts/${p#pneu-}" ] || without="$without $p"
done
is 'every page of a program has its program' "$without" ''

# the queue file in pneu-queuefile(5) is one, to its last digit
mkdir -p "$T/queue/msg/20" "$T/etc"
sed -n '/^pneu1 [0-9]/,/^\.Ed/p' man/pneu-queuefile.5 | sed '/^\.Ed/d; s/^\\&//' >"$T/queue/msg/20/1k0v9dmchasag823"
is 'the example is as long as it says' "$(wc -c <"$T/queue/msg/20/1k0v9dmchasag823" | tr -d ' ')" \
	"$(sed -n 's/^-rw.* pneuq pneu \([0-9]*\) .*/\1/p' man/pneu-queuefile.5)"
PNEU_QUEUE=$T/queue PNEU_ETC=$T/etc pneu-qread 1k0v9dmchasag823 >"$T/listed"
is 'and pneu-qread sees in it what the text says' "$(sed -n 's/^[[:space:]]*\(delivered\|bounced\|waiting\) *\([^ ]*\).*/\1 \2/p' "$T/listed")" \
	'delivered bob@mx.example.org
bounced nosuch@mx.example.org
waiting carol@example.com'

broken=
for x in $(cat man/*.[1-9] | sed -n 's/.*Xr \(pneu[a-z-]*\) \([0-9]\).*/\1.\2/p' | sort -u); do
	[ -f "man/$x" ] || broken="$broken $x"
done
is 'no reference leads nowhere' "$broken" ''
finish
