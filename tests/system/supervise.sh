# supervise.sh - pneu under a supervisor, on a host of its own; a test sources this after tests/lib.sh, and defines
#   scan DIR      become the scanner of that directory
#   term NAME, restart NAME, hup NAME, down NAME     what the supervisor's user types for the service /scan/NAME
#   is_down NAME  exits 0 when it is
# then calls supervised KIND, which is all of the test but what is special.
for supervise_p in python3 setpriv; do
	command -v $supervise_p >/dev/null || skip_all "needs $supervise_p"
done
. tests/system/host.sh
functions=                      # their text, for the shell inside

in_host() { host_run "$functions$1"; }
healthy() { host_run '/usr/local/lib/pneu/pneu-health -b 0 -i 0 -s 25 >"$T/health" 2>&1'; }
pid_of() { host_run 'for p in /proc/[0-9]*; do case $(tr "\0" "\n" <$p/cmdline 2>/dev/null | head -n 1) in */"pneu-$1" | "pneu-$1") echo ${p#/proc/}; exit 0 ;; esac; done; exit 1' "$1"; }
# kill the process of that name, once there is one; it must be another one afterwards
killed() {
	wait_until 60 pid_of "$1" || return 1
	victim=$(pid_of "$1")
	host_run 'kill -KILL "$1"' "$victim"
	wait_until 60 replaced "$1" "$victim"
}
replaced() { now=$(pid_of "$1") && [ "$now" != "$2" ]; }
arrived() { host_run 'python3 "$TOP/tests/system/supervise.py" arrived /home/joe/Maildir'; }
all_arrived() { arrived >"$T/arrived"; sort -u "$T/sent" | comm -23 - "$T/arrived" >"$T/missing"; [ ! -s "$T/missing" ]; }
missing() { wait_until 60 all_arrived || :; wc -l <"$T/missing" | tr -d ' '; }
# logs are cut into files, and those named anew
anew() { host_run '[ "$(cat /var/log/pneu/pneu-smtpd/* | grep -ac "started anew")" -ge "$1" ]' "$1"; }
gone() { host_run "$functions is_down pneu-smtpd && is_down pneu-send"; }

supervised() {
	host_begin mail.example.org
	host_run 'groupadd -r pneu; for u in pneuq pneur pneud; do useradd -r -g pneu -d /nonexistent -s /bin/false $u; done
		useradd -r -d /nonexistent -s /bin/false pneul; useradd -r -m -d /var/lib/pneu/alias alias; useradd -m joe' >"$T/accounts" 2>&1
	host_install >"$T/install"
	host_run 'cd /etc/pneu; echo mail.example.org >me; echo mail.example.org >locals; echo mail.example.org >rcpthosts; echo ./Maildir/ >defaultdelivery
		echo "127.:allow" >rules; /usr/local/lib/pneu/pneu-tcprules rules.cdb rules.tmp <rules; echo "smtpd -c 40 -C 40" >listeners
		mkdir /scan; cp -R /usr/local/share/pneu/services/$1/pneu-send /usr/local/share/pneu/services/$1/pneu-smtpd /scan/' "$1"
	in_host 'scan /scan >"$T/scanner" 2>&1 &'
	t "$1 starts it" wait_until 60 healthy
	host_run 'python3 "$TOP/tests/system/supervise.py" load "$T/sent" "$T/stop" >"$T/load" 2>&1 &'
	some() { [ -s "$T/sent" ]; }
	t 'mail is taken' wait_until 60 some
	for p in tcpd lspawn send rspawn start; do
		t "pneu-$p, killed, is there again" killed $p
	done
	t 'restarts' in_host 'restart pneu-send; restart pneu-smtpd'
	t 'end well' wait_until 60 healthy
	: >"$T/stop"
	is 'all that was acknowledged has arrived' "$(missing)" 0
	more() { [ "$(wc -l <"$T/sent")" -gt "$1" ]; }
	rm "$T/stop"
	begun=$(wc -l <"$T/sent")
	host_run 'python3 "$TOP/tests/system/supervise.py" strict "$T/sent" "$T/stop" >"$T/strict" 2>&1; : >"$T/over" &' &
	for n in 1 2 3; do
		wait_until 60 more $((begun + 5 * n))
		in_host 'hup pneu-smtpd; hup pneu-send'
		wait_until 60 anew $n
	done
	wait_until 60 more $((begun + 20))
	: >"$T/stop"
	wait_until 60 test -e "$T/over"
	is 'HUP refuses nobody and cuts no session' "$(cat "$T/strict")" 'failed: 0'
	is 'and all of that has arrived' "$(missing)" 0
	# the old runner, which may still have been ending, heeds none
	reloaded() { in_host 'hup pneu-send'; host_run 'cat /var/log/pneu/pneu-send/* | grep -aq "settings reloaded"'; }
	wait_until 60 reloaded
	host_run 'python3 "$TOP/tests/system/supervise.py" hold "$T/hold" >"$T/held" &'
	t 'a session begins' wait_until 60 test -e "$T/hold.in"
	in_host 'down pneu-smtpd'
	refused() { ! host_run '/usr/local/lib/pneu/pneu-health -q -s 25 greeting'; }
	t 'after "down" no other begins' wait_until 60 refused
	: >"$T/hold.go"
	told() { [ -s "$T/held" ]; }
	wait_until 60 told
	is 'and the one that had begun ends as it should' "$(cat "$T/held")" 250
	in_host 'down pneu-send'
	t 'both are down' wait_until 60 gone
	is 'logs are in /var/log/pneu, of the user pneul' "$(host_run 'stat -c "%U %n" /var/log/pneu/*/current')" 'pneul /var/log/pneu/pneu-send/current
pneul /var/log/pneu/pneu-smtpd/current'
	t 'and have what happened to both' wait_until 20 host_run 'cat /var/log/pneu/pneu-smtpd/* | grep -aq "started anew" && cat /var/log/pneu/pneu-send/* | grep -aq "settings reloaded"'
	t 'pneu-trace finds them' host_run 'PATH=$PATH:/usr/local/lib/pneu; pneu-trace joe@mail.example.org | grep -q delivered'
}
