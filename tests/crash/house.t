#!/bin/sh
# a whole instance under load, its programs killed one after another: what was acknowledged arrives
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'python3 is needed'
[ -d /proc/self ] || skip_all '/proc is needed'
python3 -B tests/crash/kill_house.py "$T"
