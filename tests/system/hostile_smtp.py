"""hostile_smtp.py SCRATCH - clients of pneu-smtpd that are out for its memory, its time or its patience. Sessions are
on socket pairs; the control files are in PNEU_ETC, and PNEU_FILTER is a program that reads all and says it is queued."""
import os
import re
import socket
import subprocess
import sys
import time

T = sys.argv[1]
LIMIT = 300                             # KiB of a session's own memory
count = failed = 0
with open([d + '/pneu-smtpd' for d in os.environ['PATH'].split(':') if os.path.exists(d + '/pneu-smtpd')][0], 'rb') as f:
    PLAIN = b'__asan_' not in f.read()


def ok(good, promise, detail=''):
    global count, failed
    count += 1
    failed += not good
    print('%sok %d - %s' % ('' if good else 'not ', count, promise))
    if not good and detail != '':
        print('# ' + repr(detail)[:1000])
    sys.stdout.flush()


class Session:
    def __init__(self):
        self.sock, theirs = socket.socketpair()
        self.sock.settimeout(60)
        with open(T + '/log.smtp', 'ab') as log:
            self.process = subprocess.Popen(['pneu-smtpd'], stdin=theirs, stdout=theirs, stderr=log)
        theirs.close()
        self.lines = self.sock.makefile('rb')
        self.most = 0

    def send(self, data):
        try:
            self.sock.sendall(data)
            return True
        except OSError:
            return False

    def line(self):
        try:
            return self.lines.readline()
        except OSError:
            return b''

    def talk(self, data, n):
        self.send(data)
        return [self.line() for _ in range(n)]

    def memory(self):
        """KiB that are this session's alone; the program's own pages are those of the file"""
        try:
            with open('/proc/%d/smaps_rollup' % self.process.pid) as f:
                s = f.read()
        except OSError:
            return
        own = sum(int(n) for n in re.findall(r'^(?:Anonymous|Swap): *(\d+)', s, re.M))
        self.most = max(self.most, own)

    def end(self):
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        rest = b''
        try:
            while more := self.sock.recv(1 << 16):
                rest += more
        except OSError:
            pass
        self.lines.close()
        self.sock.close()
        return rest, self.process.wait(60)


BEGIN = b'EHLO h\r\nMAIL FROM:<a@b.example>\r\n'
RCPT = b'RCPT TO:<x@here.example>\r\n'


def begun():
    """a session with a sender; the replies so far are read"""
    s = Session()
    s.line()
    s.send(BEGIN)
    while not s.line().startswith(b'250 2.1.0'):
        pass
    return s


def small(s, what, code=0):
    """the session's memory was seen while it was worst off, and it ends as it should"""
    rest, exit_code = s.end()
    if PLAIN:
        ok(0 < s.most < LIMIT and exit_code == code, '%s: less than %d KiB' % (what, LIMIT), (s.most, exit_code, rest[-200:]))
        print('# %d KiB' % s.most)
    else:
        ok(exit_code == code, what + ': it ends well', (exit_code, rest[-200:]))


def pour(s, chunk, times, each=1):
    """send it again and again, looking at the memory now and then"""
    for i in range(times):
        if not s.send(chunk):
            break
        if i % each == 0:
            s.memory()
    s.memory()


def endless():
    s = Session()
    s.line()
    pour(s, b'x' * 65536, 200, 20)
    small(s, 'a command line without an end')
    s = begun()
    s.talk(RCPT + b'DATA\r\n', 2)
    pour(s, b'X-Header: ' + b'y' * 60 + b'\r\n' + b'Received: z\r\n' * 10 + b'X' * 5000 + b':\r\n', 2000, 200)
    small(s, 'a header without an end')
    s = begun()
    s.talk(RCPT + b'DATA\r\n', 2)
    pour(s, b'z' * 65536, 300, 30)
    small(s, 'a line of text without an end')
    s = begun()
    for i in range(60):
        s.talk(b''.join(b'RCPT TO:<%s%d@here.example>\r\n' % (b'r' * 400, i * 50 + k) for k in range(50)), 50)
        s.memory()
    small(s, 'recipients without an end')
    s = begun()
    for i in range(100):
        s.talk(b'MAIL FROM:<a@b.example>\r\nRSET\r\nVRFY x\r\nEHLO h%d\r\n' % i, 4)
        s.memory()
    small(s, 'transactions that lead nowhere')
    s = begun()
    for i in range(300):
        s.talk(b'BDAT 1\r\nx' if i else RCPT + b'BDAT 1\r\nx', 1 if i else 2)
    s.memory()
    small(s, 'chunks of one byte')


def nonsense():
    s = Session()
    s.line()
    group = b'DATA\r\nQUITX\r\n.\r\n\0\0\r\nRCPT TO:<x@here.example>\r\nSTARTTLS x\r\n\xff\xfe\r\n' * 100
    s.send(b'EHLO h\r\n' + group)
    s.line()
    s.memory()
    s.send(group)
    s.memory()
    small(s, 'pipelined nonsense')
    s = Session()
    s.line()
    s.send(os.urandom(200000))
    s.memory()
    rest, code = s.end()
    ok(code == 0, 'garbage ends in a session that ends', (rest[-200:], code))
    s = begun()
    s.sock.shutdown(socket.SHUT_WR)
    started = time.monotonic()
    rest, code = s.end()
    ok(code == 0 and s.process.poll() is not None, 'half a connection is no session', (rest, code))


def slow(n):
    """they have begun a command, or a message, and go on byte by byte"""
    crowd = [Session() for _ in range(n)]
    for i, s in enumerate(crowd):
        s.send(b'EHL' if i % 2 else BEGIN + RCPT + b'DATA\r\nSubj')
    for s in crowd:
        s.line()
    other = begun()
    got = other.talk(RCPT + b'DATA\r\n', 2) + other.talk(b'Subject: s\r\n\r\ntext\r\n.\r\nQUIT\r\n', 2)
    ok(got[-2][:9] == b'250 2.0.0' and got[-1][:3] == b'221', 'while %d drip, another is served' % n, got)
    other.end()
    for s in crowd:
        s.send(b'x')
        s.memory()
    if PLAIN:
        worst = max(s.most for s in crowd)
        ok(0 < worst < 100, 'each of them holds less than 100 KiB', worst)
    codes = [s.end()[1] for s in crowd]
    ok(set(codes) == {0}, 'and all end when they leave', codes[:5])


endless()
nonsense()
slow(100)
print('1..%d' % count)
sys.exit(failed != 0)
