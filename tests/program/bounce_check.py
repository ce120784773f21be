#!/usr/bin/env python3
"""bounce_check.py - make one queue file for pneu-bounce, or read what it made of it

    bounce_check.py make FILE SENDER BYTES RECORDS RCPT...   a queue file whose message has BYTES (at least 60) in all;
                                                             RECORDS is the history, \\n and \\xNN as in Python;
                                                             SENDER may be followed by "|B8BITMIME"
    bounce_check.py show FILE                                the bounce in FILE, one fact a line
    bounce_check.py part FILE N                              the bytes of part N (from 0), decoded
"""
import codecs
import email
import email.policy
import os
import sys


def unescape(s):
    return codecs.escape_decode(s.encode('utf-8', 'surrogateescape'))[0]


def make(name, sender, size, records, *rcpts):
    message = b'Received: (made by hand)\nSubject: the original\nX-Eight: \xe4\n\n'
    if size == 'header':                # and no empty line after it
        message, size = message[:-1], ''
    size = int(size) if size else len(message)
    message += (b'b' * 71 + b'\n') * ((size - len(message)) // 72)
    if len(message) < size:
        message += b'b' * (size - len(message) - 1) + b'\n'
    sender, *params = sender.split('|')
    head = 'pneu1 %019d %017d %010d %010d %s\n' % (len(message), 1795338486713146, 0, 7, '-' * 16)
    envelope = ['F' + sender] + params + ['T' + r for r in rcpts] + ['.']
    with open(name, 'wb') as f:
        f.write(head.encode() + message + ('\n'.join(envelope) + '\n').encode('latin-1') + unescape(records))


def load(name):
    with open(name, 'rb') as f:
        return email.message_from_bytes(f.read(), policy=email.policy.default)


def show(name):
    m = load(name)
    for key, value in m.items():
        if key.lower() not in ('date', 'message-id', 'content-type'):
            print('%s: %s' % (key, value))
    print('type', m.get_content_type(), m.get_param('report-type'))
    print('dates', m['Date'].datetime is not None, m['Message-ID'] is not None)
    parts = m.get_payload()
    print('parts', ' '.join(p.get_content_type() for p in parts))
    blocks = parts[1].get_payload()
    for b in blocks[:1] + blocks[1:4]:
        print('block', '; '.join('%s=%s' % (k, ' '.join(v.split())) for k, v in b.items() if k not in ('Arrival-Date', 'Last-Attempt-Date')))
    print('count', len(blocks))
    print('defects', sum(len(p.defects) for p in m.walk()))
    with open(name, 'rb') as f:
        lines = f.read().split(b'\n')
    print('longest line', 'fits' if max(map(len, lines)) <= 998 else 'does not fit')


def part(name, n):
    p = load(name).get_payload()[int(n)]
    payload = p.get_payload(0) if p.is_multipart() else None
    sys.stdout.buffer.write(payload.as_bytes() if payload is not None else p.get_payload(decode=True))


if __name__ == '__main__':
    {'make': make, 'show': show, 'part': part}[sys.argv[1]](*sys.argv[2:])
