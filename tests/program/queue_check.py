#!/usr/bin/env python3
"""queue_check.py FILE MESSAGE RECORDS - read a queue file as wire/queuefile.h describes it, by other code

Writes what follows the Received line to MESSAGE and the records to RECORDS; prints the header in words.
Exit 0: the file is whole and its sum is right."""
import re
import sys

M64 = (1 << 64) - 1


def qf_sum(data):
    h = 0
    for at in range(0, len(data), 8):
        part = data[at:at + 8]
        h = ((h ^ int.from_bytes(part, 'little') ^ len(part)) * 0x9e3779b97f4a7c15) & M64
        h ^= h >> 29
    return h


def main():
    path, message, records = sys.argv[1:]
    with open(path, 'rb') as f:
        whole = f.read()
    m = re.fullmatch(rb'pneu1 ([0-9]{19}) ([0-9]{17}) ([0-9]{10}) ([0-9]{10}) (-{16}|[0-9a-f]{16})\n', whole[:83])
    if not m:
        sys.exit('no header: %r' % whole[:83])
    length = int(m[1])
    body, rest = whole[83:83 + length], whole[83 + length:]
    if len(body) != length or not rest.endswith(b'\n.\n'):
        sys.exit('not whole')
    summed = not m[5].startswith(b'-')
    if summed and int(m[5], 16) != qf_sum(whole[83:]):
        sys.exit('wrong sum')
    r = re.match(rb'Received: \(pneu ([0-9a-z]+) pid ([0-9]+) by uid ([0-9]+)\); '
                 rb'[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} \+0000\n', body)
    if not r:
        sys.exit('no Received line: %r' % body[:200])
    if r[1].decode() != path.rsplit('/', 1)[1]:
        sys.exit('another ID in the Received line: %s' % r[1].decode())
    if int(m[4]) != int(r[2]) or int(m[3]) != int(r[3]):
        sys.exit('header and Received line differ')
    with open(message, 'wb') as f:
        f.write(body[r.end():])
    with open(records, 'wb') as f:
        f.write(rest)
    print('uid', int(m[3]), 'summed' if summed else 'unsummed')


main()
