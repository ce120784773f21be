#!/usr/bin/env python3
"""spawner.py - play pneu-send to a spawner or to a worker (wire/spawner.h, wire/job.h)

    spawner.py [--worker] [--timeout S] PROGRAM ARGS... <script >transcript

PROGRAM is a spawner whose descriptor 0 is a SOCK_SEQPACKET socket to us; with --worker it is a worker and that
socket takes jobs. The script is one command a line, words quoted as in the shell ('..\\xNN..' is that byte).
Each thing that comes back is one line on standard output.

    ask KEY                 -> "ask K" (the worker is now the current one, numbered from 1) or "ask Z STATUS TEXT"
    worker N                make worker N the current one (0 with --worker)
    job FILE SENDER RCPT..  a job whose message is FILE; does not wait
    slice FILE OFFSET LENGTH SENDER RCPT..   the same with part of FILE
    params TEXT             the params of the jobs that follow; rcptparams TEXT: of each of their recipients
    vias                    from now on reports are shown with WAIT and VIA before TEXT
    report                  wait for one report of the current worker's jobs, as below
    reports                 wait for all reports of the current worker's jobs
                            -> "report JOB INDEX VERDICT STATUS SCOPE TEXT" each, JOB counts from 1 over the whole run
    gone                    the current worker must end without more reports -> "gone"
    raw TEXT                one packet as it is, no descriptor, to the current worker; rawask TEXT to the spawner
    close                   close the current worker's socket
    kill SIGNAL             send the program a signal (a number)
    wait FILE               wait until FILE exists
    absent FILE             wait until FILE does not exist
    make FILE               make an empty FILE
    note TEXT               print TEXT
    end                     close the program's socket and wait for it -> "exit CODE" (-N: signal N)

The end of the script is "end" too, if it was not said. Exit 0: the program kept to the protocol; else 1 and why.
"""
import array
import os
import re
import shlex
import socket
import subprocess
import sys
import time

TIMEOUT = 60.0


def unescape(word):
    raw = word.encode('utf-8', 'surrogateescape')
    return re.sub(rb'\\x([0-9a-fA-F]{2})', lambda m: bytes([int(m[1], 16)]), raw)


def show(raw):
    return ''.join(chr(c) if 32 <= c < 127 else '\\x%02x' % c for c in raw)


def receive(sock):
    """one packet: (its fields or None at the end, [descriptors])"""
    try:
        data, control, flags, _ = sock.recvmsg(65536, socket.CMSG_SPACE(16 * 4))
    except ConnectionResetError:        # it ended with packets of ours unread
        return None, []
    fds = array.array('i')
    for level, kind, payload in control:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(payload[:len(payload) // 4 * 4])
    if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
        raise SystemExit('spawner.py: a packet was cut')
    if not data:
        return None, list(fds)
    if data[-1:] != b'\0':
        raise SystemExit('spawner.py: a packet does not end in 0: %r' % data)
    return data[:-1].split(b'\0'), list(fds)


class House:
    def __init__(self, argv, worker):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(TIMEOUT)
        self.program = subprocess.Popen(argv, stdin=theirs.fileno(), close_fds=True)
        theirs.close()
        self.sock = ours
        self.workers = [ours if worker else None]
        self.owed = {0: 0}
        self.current = 0
        self.jobs = 0
        self.job_params = self.rcpt_params = b''
        self.exchangers, self.whole = None, False
        self.asks = 0
        self.ended = False

    def ask(self, key):
        self.asks += 1
        self.sock.send(b'%d\0%s\0' % (self.asks, unescape(key)))
        fields, fds = receive(self.sock)
        if fields is None:
            raise SystemExit('spawner.py: the spawner is gone')
        number, verdict, status, text = fields
        if int(number) != self.asks or (verdict == b'K') != (len(fds) == 1):
            raise SystemExit('spawner.py: not an answer: %r %r' % (fields, fds))
        if verdict == b'K':
            worker = socket.socket(fileno=fds[0])
            worker.settimeout(TIMEOUT)
            self.workers.append(worker)
            self.current = len(self.workers) - 1
            self.owed[self.current] = 0
            print('ask K')
        else:
            print('ask', show(verdict), show(status), show(text))

    def slice(self, name, offset, length, sender, *rcpts):
        self.jobs += 1
        with open(name, 'rb') as f:
            if length is None:
                length = os.fstat(f.fileno()).st_size
            packet = [b'%d' % self.jobs, b'%d' % int(offset), b'%d' % int(length), unescape(sender), self.job_params]
            for r in rcpts:
                packet += [unescape(r), self.rcpt_params]
            socket.send_fds(self.workers[self.current], [b'\0'.join(packet) + b'\0'], [f.fileno()])
        self.owed[self.current] += len(rcpts)

    def job(self, name, sender, *rcpts):
        self.slice(name, 0, None, sender, *rcpts)

    def params(self, text):
        self.job_params = unescape(text)

    def rcptparams(self, text):
        self.rcpt_params = unescape(text)

    def vias(self):
        self.whole = True

    def exchange(self, name):
        self.exchangers = name
        print('exchangers', show(name))
        self.workers[self.current].send(b'G\0')

    def report(self):
        self.reports(1)

    def reports(self, most=None):
        while self.owed[self.current] > 0 and most != 0:
            most = most and most - 1
            fields, fds = receive(self.workers[self.current])
            if fields is None:
                print('lost', self.owed[self.current])
                self.owed[self.current] = 0
                return
            if not fds and len(fields) == 2 and fields[0] == b'S':
                self.exchange(fields[1])
                continue
            if fds or len(fields) != 8 or fields[2] not in (b'K', b'Z', b'D') or fields[4] not in (b'm', b's'):
                raise SystemExit('spawner.py: not a report: %r %r' % (fields, fds))
            self.owed[self.current] -= 1
            if not self.whole:
                fields = fields[:5] + fields[7:]
            print('report', *(show(f) for f in fields))

    def gone(self):
        fields, _ = receive(self.workers[self.current])
        print('gone' if fields is None else 'more %r' % fields)

    def worker(self, n):
        self.current = int(n)

    def raw(self, text):
        self.workers[self.current].send(unescape(text))

    def rawask(self, text):
        self.sock.send(unescape(text))

    def close(self):
        self.workers[self.current].close()

    def kill(self, signal):
        os.kill(self.program.pid, int(signal))

    def until(self, what, why):
        limit = time.monotonic() + TIMEOUT
        while not what():
            if time.monotonic() > limit:
                raise SystemExit('spawner.py: waited too long for ' + why)
            time.sleep(0.01)

    def wait(self, name):
        self.until(lambda: os.path.lexists(name), name)

    def absent(self, name):
        self.until(lambda: not os.path.lexists(name), 'the end of ' + name)

    def make(self, name):
        open(name, 'w').close()

    def note(self, *words):
        print(*words)

    def end(self):
        self.ended = True
        self.sock.close()
        try:
            print('exit', self.program.wait(TIMEOUT))
        except subprocess.TimeoutExpired:
            self.program.kill()
            raise SystemExit('spawner.py: the program does not end')


def main(args):
    global TIMEOUT
    worker = False
    while args and args[0].startswith('--'):
        option = args.pop(0)
        if option == '--worker':
            worker = True
        elif option == '--timeout':
            TIMEOUT = float(args.pop(0))
        elif option == '--':
            break
        else:
            raise SystemExit('spawner.py: what is %s?' % option)
    if not args:
        raise SystemExit(__doc__)
    house = House(args, worker)
    verbs = ('ask worker job slice params rcptparams vias report reports gone raw rawask close kill wait absent make note end').split()
    for line in sys.stdin:
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if words[0] not in verbs:
            raise SystemExit('spawner.py: no command %s' % words[0])
        try:
            getattr(house, words[0])(*words[1:])
        except (socket.timeout, OSError) as e:
            raise SystemExit('spawner.py: %s: %s' % (line.strip(), e))
        sys.stdout.flush()
    if not house.ended:
        house.end()


main(sys.argv[1:])
