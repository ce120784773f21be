#!/usr/bin/env python3
"""queuefiles.py - make queue files by hand, as pneu-queue would (wire/queuefile.h, wire/qid.h)

    queuefiles.py [options] QUEUE        prints the ID of each

    --count N        how many (1)           --size N       bytes of the message (100)
    --sender ADDR    (joe@sender.test)      --rcpt ADDR    may be repeated; %d becomes the number of the message
    --arrival S      seconds since 1970 (now); the Nth message is N microseconds younger
    --due S          mtime, seconds relative to now (0)
    --place DIR      msg, or hold           --records TEXT history to append, as it is (\\n is a newline)
    --params TEXT    lines after the sender's (\\n is a newline), as Aann for a login
    --uid N          who injected it (this user)
    --quiet          print nothing          --step US      microseconds between two messages (1)
    --cuts N         a message for each beginning of the records whose length is a multiple of N, instead of --count
"""
import argparse
import os
import time

DIGITS = '0123456789abcdefghjkmnpqrstvwxyz'


def base32(n, width=1):
    s = ''
    while n or len(s) < width:
        s = DIGITS[n & 31] + s
        n >>= 5
    return s


def qid(us, ino):
    return base32(us, 11) + base32(ino)


def qdir(us):
    return '%02x' % (us // 16000000 % 64)


def escape(s):
    return ''.join('%%%02X' % ord(c) if c < ' ' or c in '%\x7f' else c for c in s)


def queue_file(message, sender, rcpts, us, records='', params='', uid=None):
    head = 'pneu1 %019d %017d %010d %010d %s\n' % (len(message), us, os.getuid() if uid is None else uid, os.getpid(), '-' * 16)
    envelope = 'F%s\n' % escape(sender) + params + ''.join('T%s\n' % escape(r) for r in rcpts) + '.\n'
    return head.encode() + message + (envelope + records).encode('latin-1')


def main():
    p = argparse.ArgumentParser()
    p.add_argument('queue')
    p.add_argument('--count', type=int, default=1)
    p.add_argument('--size', type=int, default=100)
    p.add_argument('--sender', default='joe@sender.test')
    p.add_argument('--rcpt', action='append')
    p.add_argument('--arrival', type=float)
    p.add_argument('--due', type=float, default=0)
    p.add_argument('--step', type=int, default=1)
    p.add_argument('--place', default='msg')
    p.add_argument('--records', default='')
    p.add_argument('--params', default='')
    p.add_argument('--uid', type=int)
    p.add_argument('--quiet', action='store_true')
    p.add_argument('--cuts', type=int)
    a = p.parse_args()
    now = time.time()
    start = int((now if a.arrival is None else a.arrival) * 1000000)
    message = b'Received: (made by hand)\nSubject: test\n\n'
    message += (b'x' * 71 + b'\n') * (max(0, a.size - len(message)) // 72)
    message += b'y' * max(0, a.size - len(message) - 1) + b'\n'
    records = a.records.replace('\\n', '\n')
    params = a.params.replace('\\n', '\n')
    if params and not params.endswith('\n'):
        params += '\n'
    histories = [records[:n] for n in range(0, len(records) + 1, a.cuts)] if a.cuts else [records] * a.count
    for n, history in enumerate(histories):
        us = start + n * a.step
        where = os.path.join(a.queue, a.place, qdir(us))
        os.makedirs(where, exist_ok=True)
        tmp = os.path.join(a.queue, a.place, 'new')
        with open(tmp, 'wb') as f:
            rcpts = [r.replace('%d', str(n)) for r in a.rcpt or ['ann@rcpt.test']]
            f.write(queue_file(message, a.sender, rcpts, us, history, params, a.uid))
        name = qid(us, os.stat(tmp).st_ino)
        os.utime(tmp, (now, int(now + a.due)))
        os.rename(tmp, os.path.join(where, name))
        if not a.quiet:
            print(name)


if __name__ == '__main__':
    main()
