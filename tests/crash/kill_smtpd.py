"""kill_smtpd.py SCRATCH - see smtpd.t"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys

from crash import *

T = sys.argv[1]
RUNS = iter(range(1 << 30))
SENDER, RCPT = b's@far.example', b'joe@here.example'


def crlf(token, size):
    return text(token, size).replace(b'\n', b'\r\n')


SMALL, LARGE, LAST = crlf('small', 900), crlf('large', 250000), crlf('last', 700)


class Gone(Exception):
    pass


class Client:
    def __init__(self, sock):
        self.sock, self.buffered, self.replies, self.trouble = sock, b'', [], []
        sock.settimeout(LIMIT)

    def reply(self):
        """(code, whole text); Gone at the end of the session"""
        lines = []
        while True:
            while b'\r\n' not in self.buffered:
                try:
                    got = self.sock.recv(65536)
                except ConnectionResetError:
                    got = b''
                if not got:
                    if lines or self.buffered:
                        self.trouble.append('the end came within a reply: %r' % self.buffered)
                    raise Gone
                self.buffered += got
            line, self.buffered = self.buffered.split(b'\r\n', 1)
            lines.append(line)
            if not re.fullmatch(rb'[245]\d\d[ -][ -~]*', line) and line[:3] != b'354':
                self.trouble.append('not a reply: %r' % line)
            if line[3:4] != b'-':
                break
        whole = b'\n'.join(lines)
        self.replies.append(whole)
        code = int(line[:3])
        if code >= 400 and not re.match(rb'4\d\d 4\.\d{1,3}\.\d{1,3} \S', line):
            self.trouble.append('not a refusal for now, with its code: %r' % line)
        if code == 421:
            raise Gone
        return code

    def say(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            pass                        # the reply, or the end, tells
        return self.reply()

    def message(self, content):
        """was it acknowledged?"""
        if self.say(b'MAIL FROM:<' + SENDER + b'>\r\n') != 250 or self.say(b'RCPT TO:<' + RCPT + b'>\r\n') != 250 or \
                self.say(b'DATA\r\n') != 354:
            if self.say(b'RSET\r\n') != 250:
                self.trouble.append('RSET refused')
            return False
        return self.say(content + b'.\r\n') == 250


class Session:
    """one pneu-smtpd"""
    def __init__(self, before=(), inject=None, **env):
        self.dir = '%s/run%d' % (T, next(RUNS))
        self.queue, self.trace, self.inject = self.dir + '/queue', self.dir + '/trace', ' '.join([*before, *(inject or ())])
        make_queue(self.queue)
        ours, theirs = socket.socketpair()
        self.log = self.dir + '/log'
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        traced = strace(self.trace, inject, ['-y']) if inject is not None else []
        self.pid = spawn([*traced, *before, 'pneu-smtpd'], {0: theirs.fileno(), 1: theirs.fileno(), 2: log},
                         environment(PNEU_QUEUE=self.queue, PNEU_ETC=T + '/etc', PROTO='TCP', TCPREMOTEIP='192.0.2.1', **env))
        os.close(log)
        theirs.close()
        self.client, self.acknowledged, self.refused, self.trouble = Client(ours), [], [], []

    def talk(self, messages):
        self.complete = False
        try:
            self.client.reply()
            self.client.say(b'EHLO client.example\r\n')
            for m in messages:
                self.now = m
                (self.acknowledged if self.client.message(m) else self.refused).append(m)
            self.complete = self.client.say(b'QUIT\r\n') == 221
        except Gone:
            pass
        return self.end()

    def end(self):
        self.client.sock.close()
        self.code = wait(self.pid)
        self.hit = ''
        if os.path.exists(self.trace):
            drained(self.trace)
            with open(self.trace, errors='replace') as f:
                self.hit = ''.join(l for l in f if '(INJECTED)' in l)
        self.queued = []
        for path in files_below(self.queue + '/msg'):
            f = QueueFile(path)
            m = re.match(rb'Received: from [^\n]*\n(?:[ \t][^\n]*\n)*', f.body)
            self.queued.append(f.body[m.end():].replace(b'\n', b'\r\n') if m else f.body)
            if (f.sender, f.rcpts) != (SENDER, [RCPT]):
                self.trouble.append('another envelope: %r' % ((f.sender, f.rcpts),))
        return self

    def judge(self, messages):
        self.trouble += self.client.trouble
        for m in self.acknowledged:
            if self.queued.count(m) != 1:
                self.trouble.append('acknowledged and %d times in the queue: %r' % (self.queued.count(m), m[:30]))
        for m in self.refused:
            if m in self.queued:
                self.trouble.append('refused and in the queue: %r' % m[:30])
        for m in self.queued:
            if m not in messages:
                self.trouble.append('not a whole message in the queue: %d bytes' % len(m))
        if not self.trouble:
            shutil.rmtree(self.dir, ignore_errors=True)     # a pneu-queue that it left behind may still be at work
        return self

    def __str__(self):
        return '%s: code %s, %d acknowledged, %d refused, %d queued, %s: %s' % (
            self.inject, self.code, len(self.acknowledged), len(self.refused), len(self.queued), self.client.replies[-1:],
            '; '.join(map(str, self.trouble)))


ALL = [SMALL, LARGE, LAST]


def on_the_wire(run):
    """the fault was of the client's own socket: then there is nobody to reply to"""
    return re.match(r'\w+\([01]<', run.hit) is not None


def one(inject):
    return Session(inject=inject).talk(ALL).judge(ALL)


def faults_and_kills():
    clean = Session(inject=()).talk(ALL)
    points = calls(clean.trace)
    tap.ok('three messages in one session', clean.judge(ALL).complete and clean.acknowledged == ALL and not clean.trouble, [clean])

    runs = at_once(lambda p: one([kill_at(p[0])]), points, 6)
    tap.none('killed at each of its %d calls: what was acknowledged is queued, nothing is queued in part' % len(points),
             [r for r in runs if r.trouble])
    died = [r for r in runs if r.code == -signal.SIGKILL]       # how often it reads and writes depends on the moment
    tap.ok('and killed it was', len(died) > len(points) * 0.9, ['%d of %d' % (len(died), len(points))])

    wanted = faults([p for p, _ in points if p.call != 'close'])
    runs = at_once(lambda f: (f[0], one([fail_at(*f)])), wanted, 6)
    tap.none('%d faults: acknowledged means queued, refused means not queued' % len(runs), [r for _, r in runs if r.trouble])
    tap.none('a session that is not ended with 421 goes on to its end',
             [r for _, r in runs if not r.complete and not on_the_wire(r) and r.client.replies[-1:] and
              r.client.replies[-1][:3] != b'421'])
    tap.none('a fault of one message harms no other',
             [r for _, r in runs if r.complete and len(r.acknowledged) < 2])
    tap.none('a session that cannot begin says so', [r for _, r in runs if not r.client.replies and not on_the_wire(r)])
    tap.ok('some are refused, none for ever', any(r.refused for _, r in runs) and
           not any(re.match(rb'5', x) for _, r in runs for x in r.client.replies), [r for _, r in runs if r.refused][:3])
    vital = ('pipe2', 'vfork')
    tap.none('no pipe, no process: 451', [r for p, r in runs if p.call in vital and not r.refused])


def lasting():
    for call, error in ('vfork', 'EAGAIN'), ('pipe2', 'EMFILE'), ('pipe2', 'ENFILE'), ('vfork', 'ENOMEM'):
        r = one([fail_always(call, error)])
        tap.ok('%s always fails with %s: each message gets a 451, the session its 221' % (call, error),
               r.complete and len(r.refused) == 3 and not r.trouble and
               all(x.startswith(b'451 4.3.0 ') for x in r.client.replies if x[:1] == b'4'), [r, r.client.replies])


def few_descriptors():
    runs = at_once(lambda n: Session(['prlimit', '--nofile=%d' % n]).talk(ALL).judge(ALL), range(3, 16), 6)
    tap.none('few descriptors: no message is lost, no reply is wrong', [r for r in runs if r.trouble])
    tap.none('few descriptors: the session goes on, or ends with 421',
             [r for r in runs if not r.complete and r.client.replies[-1:] and r.client.replies[-1][:3] != b'421'])
    tap.ok('few descriptors: with enough of them all go through', runs[-1].acknowledged == ALL, [runs[-1]])


def queue_programs():
    """what stands in for pneu-queue dies in every way"""
    def filter(name, *lines):
        with open('%s/%s' % (T, name), 'w') as f:
            f.write('\n'.join(['#!/bin/sh', *lines, '']))
        os.chmod('%s/%s' % (T, name), 0o755)
        return '%s/%s' % (T, name)
    bad = {'is not there': T + '/none', 'may not be run': T + '/etc/me', 'is a directory': T + '/etc',
           'is killed at once': filter('dies', 'kill -9 $$'),
           'is killed when it has read all': filter('reads', 'cat >/dev/null', 'cat <&1 >/dev/null', 'kill -9 $$'),
           'ends without reading': filter('idle', 'exit 53'),
           'says 0 without reading': filter('liar', 'exit 0'),
           'closes all and ends with a code of its own': filter('odd', 'exec <&- 1>&- 6>&-', 'exit 99')}
    for what, program in bad.items():
        s = Session(PNEU_FILTER=program).talk([LARGE] if 'says 0' in what else [SMALL, LARGE])
        s.judge(ALL)
        tap.ok('the queue program %s: 451, and the session goes on' % what,
               s.complete and not s.acknowledged and not s.trouble and
               all(r.startswith(b'451 4.3.') for r in s.client.replies if r[:1] != b'2' and r[:3] != b'354'), [s, s.client.replies])
    traced = Session(inject=())
    trace = T + '/queue.trace'
    tracer = filter('traced', 'exec strace -o "$TRACE" pneu-queue')
    Session(PNEU_FILTER=tracer, TRACE=trace).talk([SMALL]).judge(ALL)
    points = [p for p, _ in calls(trace)]
    killer = filter('killer', 'exec strace -o /dev/null -e inject="$FAULT" pneu-queue')
    crashed = lambda s: any(re.fullmatch(rb'451 4\.3\.0 queue program crashed \[[0-9a-z]+\]', r) for r in s.client.replies)
    runs = at_once(lambda p: Session(PNEU_FILTER=killer, FAULT=kill_at(p)).talk([SMALL]), points, 6)
    tap.none('pneu-queue killed at each of its %d calls: 451, and the session goes on' % len(points),
             [r for r in runs if not r.complete or r.acknowledged or not crashed(r)])
    tap.none('pneu-queue killed: nothing, or a whole message, is in the queue', [r for r in runs if set(r.queued) - {SMALL}])
    traced.client.sock.close()
    wait(traced.pid)


def cut(message, n):
    """the client goes away when it has sent n bytes of the message and its end"""
    s = Session()
    c = s.client
    for line in (None, b'EHLO client.example\r\n', b'MAIL FROM:<' + SENDER + b'>\r\n', b'RCPT TO:<' + RCPT + b'>\r\n', b'DATA\r\n'):
        c.reply() if line is None else c.say(line)
    try:
        c.sock.sendall((message + b'.\r\n')[:n])
        c.sock.shutdown(socket.SHUT_WR)
        s.last = c.reply()
    except (Gone, OSError):
        s.last = None
    s.inject = 'cut after %d bytes' % n
    return s.end()


def cuts():
    whole = len(SMALL) + 3
    runs = at_once(lambda n: cut(SMALL, n), range(whole), 8)
    tap.none('a client gone after any of %d bytes of a message leaves nothing' % whole, [r for r in runs if r.queued or r.last])
    total = len(LARGE) + 3
    places = [1, 4095, 4096, 32768, 65535, 65536, 65537, 131072, 200000, total - 4, total - 3, total - 2, total - 1]
    runs = at_once(lambda n: cut(LARGE, n), places, 8)
    tap.none('nor one gone in a large message, when pneu-queue runs already', [r for r in runs if r.queued or r.last])
    r = cut(SMALL, whole)
    tap.ok('with its last byte the message is taken', r.queued == [SMALL] and r.last == 250, [r])


make_etc(T + '/etc', rcpthosts='here.example', users='=joe:joe:54321:54321:/:::\n.')
subprocess.run(['pneu-newu'], check=True, env={**os.environ, 'PNEU_ETC': T + '/etc'})
faults_and_kills()
lasting()
few_descriptors()
queue_programs()
cuts()
tap.finish()
