#!/bin/sh
# clients of pneu-smtpd that are out for its memory, its time or its patience (see hostile_smtp.py)
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'no python3'
[ -r /proc/self/smaps_rollup ] || skip_all 'no /proc/PID/smaps_rollup'
. tests/program/smtpd_lib.sh
printf '#!/bin/sh\ncat >/dev/null\ncat <&1 >/dev/null\nprintf ID1 >&6\n' >"$T/queue"
echo 1000000 >"$E/maxbadcommands"; echo 1000000 >"$E/maxidlecommands"
python3 -B tests/system/hostile_smtp.py "$T"
