# systemd: the units are what systemd's own checker wants, as little exposed as they can be, and a socket of its is taken
. tests/lib.sh
command -v systemd-analyze >/dev/null || skip_all 'needs systemd-analyze'
mkdir "$T/units"
# the checker wants the programs to be there
for f in conf/systemd/*; do
	sed "s|/usr/local/lib/pneu/pneu-listen|$PWD/scripts/listen|; s|/usr/local/lib/pneu|$B|" "$f" >"$T/units/${f##*/}"
done
for f in "$T"/units/*; do
	is "${f##*/} is clean" "$(systemd-analyze verify --man=no "$f" 2>&1 | grep -F pneu-)" ''
done
# exposure UNIT: systemd's mark, 0 to 10, in tenths
exposure() {
	systemd-analyze security --offline=true "$T/units/$1" 2>/dev/null | sed -n 's/^.*Overall exposure level for [^:]*: \([0-9]*\)\.\([0-9]\).*/\1\2/p'
}
if [ -n "$(exposure pneu-smtpd.service)" ]; then
	t 'who talks to strangers is little exposed' test "$(exposure pneu-smtpd.service)" -le 50
	t 'who runs programs of users is so a little less' test "$(exposure pneu-send.service)" -le 85
else
	echo '# systemd-analyze security does not work offline here'
fi
if command -v systemd-socket-activate >/dev/null && command -v python3 >/dev/null; then
	mkdir "$T/etc"
	PNEU_ETC=$T/etc
	export PNEU_ETC PNEU_BUILD="$B"
	echo :allow | pneu-tcprules "$T/etc/rules.cdb" "$T/etc/rules.tmp"
	echo mail.example.org >"$T/etc/me"
	# an address of our own: between this look and the socket nobody else takes the port
	here=127.$((64 + $$ / 62500 % 128)).$((1 + $$ / 250 % 250)).$((1 + $$ % 250))
	port=$(python3 -c 'import socket, sys; s = socket.socket(); s.bind((sys.argv[1], 0)); print(s.getsockname()[1])' "$here")
	systemd-socket-activate -E PNEU_ETC -E PNEU_BUILD -E PATH -l "$here:$port" sh scripts/listen smtpd >"$T/log" 2>&1 &
	pid=$!
	cleanup() { kill "$pid" 2>/dev/null; }
	greets() { pneu-health -q -s "$here:$port" greeting; }
	t 'pneu-listen takes the socket that systemd has opened' wait_until 30 greets
	kill -HUP "$pid"
	anew() { grep -q 'started anew' "$T/log"; }
	t 'and starts anew with it' wait_until 30 anew
	t 'answering' greets
	kill "$pid"
	wait "$pid"
	is 'and ends' $? 0
	cleanup() { :; }
fi
finish
