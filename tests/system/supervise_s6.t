# s6: s6-svscan runs pneu by the service directories in conf/services/s6, and hears when it is ready
. tests/lib.sh
command -v s6-svscan >/dev/null || skip_all 'needs s6'
. tests/system/supervise.sh
functions='
scan() { exec s6-svscan "$1"; }
restart() { s6-svc -wR -T 60000 -r "/scan/$1"; }
hup() { s6-svc -h "/scan/$1"; }
down() { s6-svc -d "/scan/$1"; }
is_down() { s6-svstat -o up "/scan/$1" | grep -q false; }
'
supervised s6
host_run 's6-svc -u /scan/pneu-send; s6-svc -u /scan/pneu-smtpd'
t 's6-svwait hears that both are ready' host_run 's6-svwait -U -t 60000 /scan/pneu-send /scan/pneu-smtpd'
t 'and then they are' healthy
finish
