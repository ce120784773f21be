"""aliasdb.py FILE - what an aliases.cdb says, by a reader of our own: NAME FILE LINE ELEMENT..., a line each, sorted"""
import struct
import sys

data = open(sys.argv[1], 'rb').read()
end = struct.unpack('<I', data[:4])[0]
at, lines, whole = 2048, [], 0
while at < end:
    key_len, len_ = struct.unpack('<II', data[at:at + 8])
    key = data[at + 8:at + 8 + key_len]
    value = data[at + 8 + key_len:at + 8 + key_len + len_]
    at += 8 + key_len + len_
    assert value.endswith(b'\0')
    if key == b'':
        assert value.startswith(b'pneu-aliases1\0')
        whole += 1
        continue
    assert key[:1] == b':'
    lines.append(b' '.join([key[1:]] + value[:-1].split(b'\0')))
assert at == end and whole == 1
for line in sorted(lines):
    sys.stdout.buffer.write(line + b'\n')
