"""An alias database from a simple text: usage: explain_aliases.py TEXT CDB

Lines "name: element, element", no quotes and no continuation. It is what pneu-newaliases makes of them (wire/aliasdb.h), by
other means, so that who reads it is tested alone.
"""
import os, struct, sys


def cdb_hash(key):
    h = 5381
    for c in key:
        h = (h * 33 ^ c) & 0xffffffff
    return h


def cdb(records):
    data, tables, at = b"", [[] for _ in range(256)], 2048
    for key, value in records:
        tables[cdb_hash(key) & 255].append((cdb_hash(key), at))
        record = struct.pack("<II", len(key), len(value)) + key + value
        data += record
        at += len(record)
    head, tail = b"", b""
    for table in tables:
        slots = [(0, 0)] * (2 * len(table))
        head += struct.pack("<II", at + len(tail), len(slots))
        for h, where in table:
            i = (h >> 8) % len(slots)
            while slots[i][1]:
                i = (i + 1) % len(slots)
            slots[i] = (h, where)
        tail += b"".join(struct.pack("<II", *s) for s in slots)
    return head + data + tail


def element(text):
    for start, letter in (("\\", "M"), ("|", "P"), ("/dev/null", "D"), (":include:", "I"), (":fail:", "X"), (":defer:", "Z")):
        if text.startswith(start):
            return letter, text[len(start):].strip()
    return "F" if text.startswith("/") else "A", text


source, target = sys.argv[1:]
st = os.stat(source)
records = [(b"", b"pneu-aliases1\0@\0%s\0%d\0%d\0" % (source.encode(), st.st_mtime_ns, st.st_size))]
for number, line in enumerate(open(source), 1):
    if line.strip():
        name, elements = line.strip().split(":", 1)
        value = "%s\0%d\0" % (source, number) + "".join("%s%s\0" % element(e.strip()) for e in elements.split(","))
        records.append((b":" + name.lower().encode(), value.encode()))
with open(target + ".tmp", "wb") as f:
    f.write(cdb(records))
os.rename(target + ".tmp", target)
