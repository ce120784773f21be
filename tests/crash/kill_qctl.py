"""kill_qctl.py SCRATCH - see qctl.t

The scenario: operators hold, release, delete, bring back, redirect and reroute messages; first by pneu-send -o, which does all of it
at a known call, then by a runner that delivers meanwhile. Whatever is cut off, afterwards all is released and brought back,
and a runner delivers it: each message reaches one address, once.
"""
import collections
import os
import signal
import socket
import sys

from crash import *

T = sys.argv[1]
TEMPLATE, ETC = T + '/template', T + '/etc'
RUNS = iter(range(1 << 30))
PLACES = ('msg', 'hold', 'trash')
NAMES = ['held', 'deleted', 'moved', 'both', 'routed', 'plain']
IDS, FILES = {}, {}                     # name -> ID, and the message as it is queued


def rcpt(name):
    return (name + '@here.example').encode()


def requests():
    return [['hold', IDS['held'], IDS['both']], ['delete', IDS['deleted'], IDS['both']], ['release', IDS['held']],
            ['redirect', 'moved@here.example', 'new@here.example', IDS['moved']], ['undo', IDS['deleted'], IDS['both']],
            ['reroute', 'host relay.example 25', IDS['routed']], ['expire', IDS['plain']],
            ['pause', 'elsewhere.example'], ['resume', 'elsewhere.example']]


def packet(fields):
    return b''.join(f.encode() + b'\0' for f in fields)


def ask(sock, fields):
    """the answer, or None: it is gone"""
    try:
        sock.send(packet(fields))
        return sock.recv(65536) or None
    except OSError:
        return None


class Alone:
    """pneu-send -o"""
    def __init__(self, queue, log, before=()):
        self.sock, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.settimeout(LIMIT)
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.pid = spawn([*before, 'pneu-send', '-o'], {0: theirs.fileno(), 2: out}, environment(PNEU_QUEUE=queue, PNEU_ETC=ETC))
        os.close(out)
        theirs.close()

    def end(self):
        self.sock.close()
        return wait(self.pid)


def where(queue):
    """name -> the places that have it"""
    out = collections.defaultdict(list)
    names = {qid: name for name, qid in IDS.items()}
    for path in files_below(queue):
        if os.path.basename(path) in names:
            out[names[os.path.basename(path)]].append(path)
    return out


def whole(queue):
    """problems: each message must be there once, whole"""
    out = []
    found = where(queue)
    for name in NAMES:
        paths = found[name]
        if len(paths) != 1:
            out.append('%s is there %d times: %s' % (name, len(paths), paths))
        elif QueueFile(paths[0]).message != FILES[name]:
            out.append('%s is not what it was' % name)
    return out


def judge(got):
    out = []
    for name in NAMES:
        to = [r for r, m in got if m.endswith(FILES[name][-1000:])]
        if len(to) != 1 or to[0] not in (rcpt(name), b'new@here.example' if name == 'moved' else rcpt(name)):
            out.append('%s reached %s' % (name, to))
    return out


class Run:
    def __init__(self, inject=()):
        self.dir = '%s/run%d' % (T, next(RUNS))
        self.queue, self.trace, self.log = self.dir + '/queue', self.dir + '/trace', self.dir + '/log'
        copy_tree(TEMPLATE, self.queue)
        self.inject, self.trouble, self.got = ' '.join(inject), [], []
        helper = Alone(self.queue, self.log, strace(self.trace, inject))
        self.answers = [ask(helper.sock, r) for r in requests()]
        self.code = helper.end()
        drained(self.trace)
        self.calls = calls(self.trace)
        self.trouble += whole(self.queue)
        self.recover()
        self.trouble += judge(self.got)
        if not self.trouble:
            remove_tree(self.dir)

    def recover(self):
        helper = Alone(self.queue, self.log)
        for place, verb in ('trash', 'undo'), ('hold', 'release'):
            for path in files_below(self.queue + '/' + place) if os.path.isdir(self.queue + '/' + place) else []:
                answer = ask(helper.sock, [verb, os.path.basename(path)])
                if answer != b'K\0\0':
                    self.trouble.append('%s of %s: %s' % (verb, path, answer))
        if helper.end() != 0:
            self.trouble.append('the second one does not end well')
        for path in files_below(self.queue + '/msg'):
            os.utime(path, (0, 0))
        house = House(lambda r: 'K')
        runner = Runner(self.queue, ETC, house, self.log)
        empty = emptied(self.queue + '/msg')
        wait_until(lambda: runner.gone() or empty())
        if runner.end() != 0:
            self.trouble.append('the runner ended with %s' % runner.code)
        self.got += house.got
        left = [p for place in PLACES + ('bad',) for p in files_below(self.queue + '/' + place)]
        if left:
            self.trouble.append('left: %s' % left)

    def __str__(self):
        return '%s: code %s, %d calls, answers %s: %s\n%s' % (self.inject, self.code, len(self.calls), self.answers, '; '.join(self.trouble),
                                                               open(self.log, errors='replace').read()[-1500:])


class Live:
    """a runner that is killed while it delivers and obeys"""
    def __init__(self, point):
        self.dir = '%s/live%d' % (T, next(RUNS))
        self.queue, self.trace, self.log = self.dir + '/queue', self.dir + '/trace', self.dir + '/log'
        copy_tree(TEMPLATE, self.queue)
        self.point, self.trouble = point, []
        for path in files_below(self.queue + '/msg'):
            os.utime(path, (0, 0))
        house = House(lambda r: 'Z')    # so it comes again and again, and is delivered in the end
        runner = Runner(self.queue, ETC, house, self.log, strace(self.trace, [kill_at(point)] if point else []))
        wait_until(lambda: runner.gone() or os.path.exists(self.queue + '/ctl'))
        for _ in range(2):
            self.operate(runner)
        if not point:
            runner.rest()
        runner.end()
        self.code = runner.code
        drained(self.trace)
        self.calls = calls(self.trace)
        self.trouble += whole(self.queue)
        self.got = []
        Run.recover(self)
        self.trouble += judge(self.got)
        if not self.trouble:
            remove_tree(self.dir)

    def operate(self, runner):
        here = os.open(self.queue, os.O_PATH)
        try:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            sock.settimeout(LIMIT)
            sock.connect('/proc/self/fd/%d/ctl' % here)
        except OSError:
            return
        finally:
            os.close(here)
        for r in requests():
            if r[0] != 'expire' and ask(sock, r) is None:      # that would be its end here
                break
        sock.close()

    def __str__(self):
        return '%s: code %s: %s\n%s' % (self.point, self.code, '; '.join(self.trouble), open(self.log, errors='replace').read()[-3000:])


def points_of(run):
    """of long rows of the same calls (its directories) a few"""
    names = [p.call for p, _ in run.calls]
    seen = collections.Counter()
    out = []
    for i, (p, _) in enumerate(run.calls):
        around = tuple(names[max(0, i - 3):i + 4])
        seen[around] += 1
        if seen[around] <= 2:
            out.append(p)
    return out


make_queue(TEMPLATE)
make_etc(ETC, queuelifetime='31536000')
for name in NAMES:
    path = Mail('sue@here.example', [name + '@here.example'], text(name, 1200)).put(TEMPLATE)
    IDS[name] = os.path.basename(path)
    FILES[name] = QueueFile(path).message
    os.utime(path, (4000000000, 4000000000))
# written on when nobody works there; that the time of expire counts is no matter here
clean = Run()
tap.none('with nothing in its way all goes well', [clean] if clean.trouble or clean.code or any(a != b'K\0\0' for a in clean.answers) else [])
points = points_of(clean)
runs = at_once(lambda p: Run([kill_at(p)]), points, 8)
tap.ok('killed at %d of %d calls' % (len(points), len(clean.calls)), sum(r.code == -signal.SIGKILL for r in runs) > len(points) * 0.8)
tap.none('killed anywhere, each message is there once, and then reaches one address once', [r for r in runs if r.trouble])
wrong = [(p, e) for p, e in faults(points) if p.call != 'close']
runs = at_once(lambda f: Run([fail_at(*f)]), wrong, 8)
tap.none('%d faults, one at a time: nothing is lost or doubled' % len(runs), [r for r in runs if r.trouble])
live = Live(None)
tap.none('a runner that delivers meanwhile obeys', [live] if live.trouble or live.code else [])
points = [p for p in points_of(live) if p.call not in ('getdents64', 'mkdir')]
runs = at_once(Live, points[::max(1, len(points) // 150)], 8)
tap.none('killed at %d calls while it delivers and obeys, it has lost and doubled nothing' % len(runs), [r for r in runs if r.trouble])
tap.finish()
