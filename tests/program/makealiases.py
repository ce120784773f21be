"""makealiases.py CDB [TEXT] - an alias database (wire/aliasdb.h) of the lines of TEXT, or on standard input, renamed into place

Lines "name: element, element" without quotes; elements as people write them. Nothing is checked, so that a test can have
what pneu-newaliases refuses. The file and line of an entry are TEXT, or "text", and its number.
"""
import os
import struct
import sys

LETTERS = (('\\', 'M'), ('|', 'P'), ('/dev/null', 'D'), (':include:', 'I'), (':fail:', 'X'), (':defer:', 'Z'))


def element(text):
    for start, letter in LETTERS:
        if text.startswith(start):
            return letter + text[len(start):].strip()
    return ('F' if text.startswith('/') else 'A') + text


def hash_of(key):
    h = 5381
    for c in key:
        h = (h * 33 ^ c) & 0xffffffff
    return h


def cdb(records):
    tables = [[] for _ in range(256)]
    data, at = b'', 2048
    for key, value in records:
        tables[hash_of(key) & 255].append((hash_of(key), at))
        data += struct.pack('<II', len(key), len(value)) + key + value
        at = 2048 + len(data)
    head = b''
    for table in tables:
        slots = [(0, 0)] * (2 * len(table))
        for h, where in table:
            i = (h >> 8) % len(slots)
            while slots[i][1]:
                i = (i + 1) % len(slots)
            slots[i] = (h, where)
        head += struct.pack('<II', at, len(slots))
        data += b''.join(struct.pack('<II', *s) for s in slots)
        at = 2048 + len(data)
    return head + data


def main(path, text=None):
    about, wild, records = b'', b'', []
    if text:
        st = os.stat(text)
        about = b'%s\0%d\0%d\0' % (text.encode(), st.st_mtime_ns, st.st_size)
    for n, line in enumerate(open(text) if text else sys.stdin, 1):
        if not line.strip():
            continue
        name, _, rest = line.strip().partition(':')
        if '@' in name:
            wild = b'@'
        fields = [text or 'text', str(n)] + [element(e.strip()) for e in rest.split(',')]
        records.append((b':' + name.lower().encode(), ''.join(f + '\0' for f in fields).encode()))
    records.append((b'', b'pneu-aliases1\0' + wild + b'\0' + about))
    with open(path + '.new', 'wb') as f:
        f.write(cdb(records))
    os.rename(path + '.new', path)


main(*sys.argv[1:])
