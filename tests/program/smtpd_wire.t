#!/bin/sh
# pneu-smtpd on sockets whose packets we cut ourselves: pipelining, smuggling, limits, time (see smtpd_wire.py)
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'no python3'
python3 tests/program/smtpd_wire.py "$T"
