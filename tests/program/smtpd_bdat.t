#!/bin/sh
# pneu-smtpd: CHUNKING, the message in chunks of a told length (see smtpd_bdat.py)
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'no python3'
PYTHONDONTWRITEBYTECODE=1 python3 tests/program/smtpd_bdat.py "$T"
