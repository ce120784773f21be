# runit: runsvdir runs pneu by the service directories in conf/services/runit
. tests/lib.sh
command -v runsvdir >/dev/null || skip_all 'needs runit'
. tests/system/supervise.sh
functions='
scan() { exec runsvdir "$1"; }
restart() { sv -w 60 restart "/scan/$1"; }
hup() { sv hup "/scan/$1"; }
down() { sv -w 1 down "/scan/$1" || :; }
is_down() { sv status "/scan/$1" | grep -q "^down"; }
'
supervised runit
finish
