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

broken=
for x in $(cat man/*.[1-9] | sed -n 's/.*Xr \(pneu[a-z-]*\) \([0-9]\).*/\1.\2/p' | sort -u); do
	[ -f "man/$x" ] || broken="$broken $x"
done
is 'no reference leads nowhere' "$broken" ''
finish
