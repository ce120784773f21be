# daemontools: svscan runs pneu by the service directories in conf/services/daemontools
. tests/lib.sh
command -v svscan >/dev/null || skip_all 'needs daemontools'
. tests/system/supervise.sh
functions='
scan() { exec svscan "$1"; }
restart() { svc -t "/scan/$1"; }
hup() { svc -h "/scan/$1"; }
down() { svc -d "/scan/$1"; }
is_down() { svstat "/scan/$1" | grep -q ": down"; }
'
supervised daemontools
finish
