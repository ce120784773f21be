# runit: runsvdir runs pneu by the service directories in conf/services/runit
. tests/lib.sh
command -v runsvdir >/dev/null || skip_all 'needs runit'
. tests/system/supervise.sh
functions='
scan() { exec runsvdir "$1"; }
restart() { sv -w 60 restart "/scan/$1" >&2; }
hup() { sv hup "/scan/$1" >&2; }
down() { sv -w 1 down "/scan/$1" >&2 || :; }
is_down() { sv status "/scan/$1" | grep -q "^down"; }
'
supervised runit
# the directory of the log is pneul's: what stands there must not lead root elsewhere
host_run 'cd /var/log/pneu/pneu-smtpd && rm -f config && setpriv --reuid pneul --regid pneul --clear-groups ln -s /etc/planted config; test -h config
	timeout 5 sh /scan/pneu-smtpd/log/run </dev/null' >"$T/planted" 2>&1
t 'a link of pneul in the directory of its log is there' host_run 'test -h /var/log/pneu/pneu-smtpd/config'
t 'and root writes nothing where it leads' host_run '! test -e /etc/planted'
finish
