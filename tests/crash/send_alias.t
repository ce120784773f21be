#!/bin/sh
# pneu-send dies, or the system fails it, at every call while it expands a list: every member gets the message, only who
# failed is in a bounce
[ ! -w /dev/shm ] || TMPDIR=/dev/shm    # what kill -9 spares does not depend on the disk; syncing would cost time
. tests/lib.sh
command -v strace >/dev/null || skip_all 'strace is needed'
command -v python3 >/dev/null || skip_all 'python3 is needed'
strace -o /dev/null true 2>/dev/null || skip_all 'strace may not trace here'
python3 -B tests/crash/kill_send.py "$T" alias
