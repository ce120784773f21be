#!/usr/bin/env python3
"""A milter that says what it is told to: milter_fake.py ADDRESS LOG [RULE...]

ADDRESS  unix:PATH, or inet: a port of 127.0.0.1 or inet6: of ::1, whose number appears in LOG.port
LOG      each packet as a line: letter, blank, data with Python's escapes; "-" when a connection begins.
         The file "busy" beside it is locked (shared) from the beginning of a connection until all of it is in LOG
RULE     O=VERSION,ACTIONS,STEPS       what it answers to the offer (numbers as C writes them)
         LETTER=REPLY[|REPLY...]       to a command; a reply is a letter and data with \\0, \\n, \\xNN
                                       instead of a letter: hang (say nothing more), close, raw:BYTES, big:LETTER:N
         LETTER:N=REPLY                to the Nth of these commands only
         @FILE                         the rules are the lines of FILE, as it is when a connection begins
Without a rule a command that is not muted gets "c"."""
import fcntl
import os
import socket
import struct
import sys

MUTE = {'C': 0x1000, 'H': 0x2000, 'M': 0x4000, 'R': 0x8000, 'T': 0x10000, 'L': 0x80, 'N': 0x40000, 'B': 0x80000}


def plain(text):
    return text.encode('latin-1').decode('unicode_escape').encode('latin-1')


def get(c, n):
    s = b''
    while len(s) < n:
        more = c.recv(n - len(s))
        if not more:
            return None
        s += more
    return s


class Hang(Exception):
    pass


def answer(c, replies):
    for r in replies.split('|'):
        if r == 'hang':
            raise Hang
        if r == 'close':
            return False
        if r.startswith('raw:'):
            c.sendall(plain(r[4:]))
            continue
        if r.startswith('big:'):                # big:LETTER:N, N bytes of x with a line end every 70
            _, letter, n = r.split(':')
            s = (b'x' * 68 + b'\r\n') * (int(n) // 70 + 1)
            s = s[:int(n)]
            r = letter.encode() + s
        else:
            r = plain(r)
        c.sendall(struct.pack('>I', len(r)) + r)
    return True


def talk(c, log, rules):
    version, actions, steps = (int(x, 0) for x in rules.get('O', '6,0x1ff,0').split(','))
    seen = {}
    log.write('-\n')
    log.flush()
    while True:
        head = get(c, 4)
        if not head:
            return
        p = get(c, struct.unpack('>I', head)[0])
        if not p:
            return
        letter = chr(p[0])
        log.write(letter + ' ' + repr(p[1:])[2:-1] + '\n')
        log.flush()
        seen[letter] = seen.get(letter, 0) + 1
        rule = rules.get('%s:%d' % (letter, seen[letter]), rules.get(letter))
        if letter == 'O':
            if 'O!' in rules:
                rule = rules['O!']
            else:
                c.sendall(struct.pack('>IcIII', 13, b'O', version, actions, steps))
                continue
        if letter in 'DAQ':
            continue
        if rule is None:
            if steps & MUTE.get(letter, 0):
                continue
            rule = 'c'
        if not answer(c, rule):
            return


def rules_of(words):
    if words and words[0].startswith('@'):
        with open(words[0][1:], encoding='latin-1') as f:
            words = [w for w in f.read().split('\n') if w]
    return dict(w.split('=', 1) for w in words)


def main():
    address, logname = sys.argv[1:3]
    if address.startswith('unix:'):
        s = socket.socket(socket.AF_UNIX)
        s.bind(address[5:] + '.new')
    else:
        six = address == 'inet6:'
        s = socket.socket(socket.AF_INET6 if six else socket.AF_INET)
        s.bind(('::1' if six else '127.0.0.1', 0))
    s.listen(20)
    log = open(logname, 'a', encoding='latin-1')
    if address.startswith('unix:'):
        os.rename(address[5:] + '.new', address[5:])
    else:
        with open(logname + '.port.new', 'w') as f:
            f.write(str(s.getsockname()[1]))
        os.rename(logname + '.port.new', logname + '.port')
    busy = open(os.path.join(os.path.dirname(logname), 'busy'), 'a')
    held = []
    while True:
        c, _ = s.accept()
        fcntl.flock(busy, fcntl.LOCK_SH)
        try:
            talk(c, log, rules_of(sys.argv[3:]))
        except Hang:
            held.append(c)
        except OSError:
            pass
        if c not in held:
            c.close()
        fcntl.flock(busy, fcntl.LOCK_UN)


main()
