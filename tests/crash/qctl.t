#!/bin/sh
# what operators do is cut off anywhere: each message is still there, once, and is delivered once
[ ! -w /dev/shm ] || TMPDIR=/dev/shm    # what kill -9 spares does not depend on the disk; syncing would cost time
. tests/lib.sh
command -v strace >/dev/null || skip_all 'strace is needed'
command -v python3 >/dev/null || skip_all 'python3 is needed'
strace -o /dev/null true 2>/dev/null || skip_all 'strace may not trace here'
python3 -B tests/crash/kill_qctl.py "$T"
