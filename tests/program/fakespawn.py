#!/usr/bin/env python3
"""fakespawn.py - run pneu-send and play pneu-lspawn and pneu-rspawn and all their workers to it

    fakespawn.py DIR [PROGRAM ARGS...]

PROGRAM (pneu-send) gets sockets as descriptors 3 and 4 (wire/spawner.h, wire/job.h). DIR must exist; in it are
    rules     what becomes of recipients, read anew for each job: lines "PATTERN VERB ARGS", the first line whose
              shell pattern matches the recipient counts; none: K
    events    one line a thing that happens:  ask CHANNEL KEY
                                              job CHANNEL KEY NUMBER <SENDER> PARAMS RCPT...  (and after an RCPT its own params)
                                              gone CHANNEL KEY      the runner has closed a worker's socket
                                              busy CHANNEL KEY N    a new record of busy workers there
                                              ahead CHANNEL KEY N   a new record of jobs that one worker holds
                                              says KEY NAME         it has found exchangers of that name, and asks
                                              go KEY NAME           it may connect
                                              connected NAME N      a new record of workers that may, and have jobs
    seen/N    all that the descriptor of job N shows; seen/N.mode is "r", "w" or "rw", seen/N.at "OFFSET LENGTH"
    log       descriptor 2 of the program
    pid       its process number; exit is its exit code, written when it has ended (-N: signal N)

Verbs:  K TEXT, Z STATUS TEXT, D STATUS TEXT     a report
        site TEXT       a deferral about the site
        gate FILE       K once FILE exists      mute      no report, ever
        die             the worker ends         number    a report with a number nobody gave
        index           one with an index too large       twice     the same report two times
        garbage         a packet that is no report        flood     reports with numbers nobody gave, without end
        wait SECONDS STATUS TEXT    a deferral that asks to wait so long       sitewait     the same about the site
        via VIA TEXT    K by that way
For the pattern "exchangers:KEY" the only verb is "are NAME": a worker says that name with its first job in hand, and again when
the rule has changed, and does nothing before it may; it does one job after another. Without such a rule it says nothing, and
does all at once.
For the pattern "spawn:KEY" the verbs Z and D are the spawner's refusal, "mute" no answer, "gate FILE" a late one.
"""
import array
import fcntl
import fnmatch
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading

CHANNELS = ('local', 'remote')


def fields(packet):
    return [f.decode('utf-8', 'surrogateescape') for f in packet[:-1].split(b'\0')]


def packet(*parts):
    return b''.join(str(p).encode('utf-8', 'surrogateescape') + b'\0' for p in parts)


class Worker:
    def __init__(self, channel, key, sock):
        self.channel, self.key, self.sock = channel, key, sock
        self.owed = {}          # job number -> recipients not reported
        self.said = None        # the name of its exchangers
        self.jobs = []          # those in hand while it has not heard whether it may connect
        self.waits = False
        self.current = None     # the number of the job it is at, when it does one after another


class House:
    def __init__(self, where, argv):
        self.where = where
        self.events = open(self.path('events'), 'a', buffering=1)
        os.makedirs(self.path('seen'), exist_ok=True)
        self.select = selectors.DefaultSelector()
        self.spawner, self.workers, self.gates, self.records, self.texts = {}, [], [], {}, {}
        theirs = []
        for channel in CHANNELS:
            ours, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            ours.setblocking(False)
            self.spawner[channel] = ours
            self.select.register(ours, selectors.EVENT_READ, ('spawner', channel))
            theirs.append(other)

        def place():                            # in the child: above what is used, then down to 3 and 4
            high = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 50) for s in theirs]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        with open(self.path('log'), 'ab') as log:
            self.program = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=log, pass_fds=(3, 4), preexec_fn=place)
        for s in theirs:
            s.close()
        self.put('pid', self.program.pid)

    def path(self, name):
        return os.path.join(self.where, name)

    def put(self, name, what):
        with open(self.path(name + '.new'), 'w') as f:
            f.write(str(what))
        os.rename(self.path(name + '.new'), self.path(name))

    def event(self, *words):
        self.events.write(' '.join(str(w) for w in words) + '\n')

    def rule(self, subject):
        name = self.path('rules')
        if os.path.exists(name):
            stat = os.stat(name)
            stamp = stat.st_mtime_ns, stat.st_ino, stat.st_size      # the clock of files stands still for milliseconds
            if self.texts.get('stamp') != stamp:
                self.texts = {'stamp': stamp, 'lines': [l.split(None, 2) for l in open(name) if l.strip()]}
            for words in self.texts['lines']:
                if fnmatch.fnmatchcase(subject, words[0]):
                    return words[1], words[2].rstrip('\n') if len(words) > 2 else ''
        return 'K', 'did 1+0+0'

    def record(self, kind, worker, n):
        at = (kind, worker.channel, worker.key)
        if n > self.records.get(at, 0):
            self.records[at] = n
            self.event(kind, worker.channel, worker.key, n)

    # ---- spawners

    def give_worker(self, channel, number, key):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        worker = Worker(channel, key, ours)
        self.workers.append(worker)
        self.select.register(ours, selectors.EVENT_READ, ('worker', worker))
        self.spawner[channel].setblocking(True)
        socket.send_fds(self.spawner[channel], [packet(number, 'K', '', '')], [theirs.fileno()])
        self.spawner[channel].setblocking(False)
        theirs.close()

    def hear_spawner(self, channel):
        data = self.spawner[channel].recv(65536)
        if not data:
            self.select.unregister(self.spawner[channel])
            return
        number, key = fields(data)
        self.event('ask', channel, key)
        verb, text = self.rule('spawn:' + key)
        if verb in 'ZD':
            self.spawner[channel].send(packet(number, verb, *text.split(' ', 1)))
        elif verb == 'gate':
            self.gates.append((text, lambda: self.give_worker(channel, number, key)))
        elif verb != 'mute':
            self.give_worker(channel, number, key)

    # ---- workers

    def end(self, worker):
        self.select.unregister(worker.sock)
        worker.sock.close()
        self.workers.remove(worker)

    def say(self, worker, *parts):
        if worker in self.workers:
            worker.sock.setblocking(True)
            try:
                worker.sock.send(packet(*parts))
            except OSError:
                pass

    def flood(self, sock):
        sock.setblocking(True)
        try:
            while True:
                sock.send(packet(99999999, 0, 'K', '2.0.0', 'm', 0, '', 'nobody asked'))
        except OSError:
            pass

    def report(self, worker, number, index, verdict, status, scope, text, wait=0, via=''):
        self.say(worker, number, index, verdict, status, scope, wait, via, text)

    def done(self, worker, number, index, *report):
        self.report(worker, number, index, *report)
        left = worker.owed.get(number)
        if left:
            left.discard(index)
            if not left:
                del worker.owed[number]
                if worker.current == number:
                    worker.current = None
                    self.ask_or_work(worker)

    def answer(self, worker, number, index, rcpt):
        verb, text = self.rule(rcpt)
        if verb == 'K':
            self.done(worker, number, index, 'K', '2.0.0', 'm', text)
        elif verb in ('Z', 'D'):
            status, text = text.split(' ', 1)
            self.done(worker, number, index, verb, status, 'm', text)
        elif verb == 'site':
            self.done(worker, number, index, 'Z', '4.4.1', 's', text)
        elif verb in ('wait', 'sitewait'):
            seconds, status, text = text.split(' ', 2)
            self.done(worker, number, index, 'Z', status, 'm' if verb == 'wait' else 's', text, seconds)
        elif verb == 'via':
            via, text = text.split(' ', 1)
            self.done(worker, number, index, 'K', '2.0.0', 'm', text, 0, via)
        elif verb == 'gate':
            self.gates.append((text, lambda: self.done(worker, number, index, 'K', '2.0.0', 'm', 'late')))
        elif verb == 'die':
            if worker in self.workers:
                self.end(worker)
        elif verb == 'number':
            self.report(worker, 99999999, 0, 'K', '2.0.0', 'm', 'nobody asked')
            self.done(worker, number, index, 'K', '2.0.0', 'm', 'true')
        elif verb == 'index':
            self.report(worker, number, 77, 'K', '2.0.0', 'm', 'nobody asked')
            self.done(worker, number, index, 'K', '2.0.0', 'm', 'true')
        elif verb == 'twice':
            self.report(worker, number, index, 'K', '2.0.0', 'm', 'true')
            self.done(worker, number, index, 'D', '5.0.0', 'm', 'no, false')
        elif verb == 'flood':
            threading.Thread(target=self.flood, args=(worker.sock.dup(),), daemon=True).start()
        elif verb == 'garbage':
            self.say(worker, 'what', 'is', 'this')
        elif verb != 'mute':
            raise SystemExit('fakespawn.py: no verb %s' % verb)

    def keep(self, number, fd, offset, length):
        name = self.path('seen/%s' % number)
        mode = ('r', 'w', 'rw')[fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE]
        with open(name, 'wb') as f:
            if mode != 'w':
                f.write(os.pread(fd, 1 << 20, 0))
        with open(name + '.mode', 'w') as f:
            f.write(mode)
        with open(name + '.at', 'w') as f:
            f.write('%s %s' % (offset, length))

    def hear_worker(self, worker):
        try:
            data, control, _, _ = worker.sock.recvmsg(65536, socket.CMSG_SPACE(16 * 4))
        except OSError:
            data, control = b'', []
        fds = array.array('i')
        for level, kind, payload in control:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(payload[:len(payload) // 4 * 4])
        if not data:
            self.event('gone', worker.channel, worker.key)
            self.end(worker)
            return
        if fields(data) == ['G']:
            self.go(worker)
            return
        number, offset, length, sender, params, *pairs = fields(data)
        rcpts = [r + (' ' + p if p else '') for r, p in zip(pairs[::2], pairs[1::2])]
        if len(fds) != 1:
            raise SystemExit('fakespawn.py: a job with %d descriptors' % len(fds))
        if len(os.listdir(self.path('seen'))) < 300:
            self.keep(number, fds[0], offset, length)
        os.close(fds[0])
        self.event('job', worker.channel, worker.key, number, '<%s>' % sender, params or '-', *rcpts)
        worker.owed[number] = set(range(len(rcpts)))
        self.record('ahead', worker, len(worker.owed))
        self.record('busy', worker, sum(1 for w in self.workers
                                        if w.owed and (w.channel, w.key) == (worker.channel, worker.key)))
        worker.jobs.append((number, rcpts))
        self.ask_or_work(worker)

    def ask_or_work(self, worker):
        verb, name = self.rule('exchangers:' + worker.key)
        if worker.waits or worker.current is not None or not worker.jobs:
            return
        if verb == 'are' and worker.said != name:
            worker.said, worker.waits = name, True
            self.event('says', worker.key, name)
            self.say(worker, 'S', name)
            return
        self.work(worker, verb == 'are')

    def go(self, worker):
        self.event('go', worker.key, worker.said)
        worker.waits = False
        if worker.said:
            n = sum(1 for w in self.workers if w.owed and not w.waits and w.said == worker.said)
            at = ('connected', worker.said)
            if n > self.records.get(at, 0):
                self.records[at] = n
                self.event('connected', worker.said, n)
        self.work(worker, True)

    def work(self, worker, one):
        jobs = worker.jobs[:1] if one else worker.jobs
        worker.jobs = worker.jobs[len(jobs):]
        worker.current = jobs[0][0] if one else None
        for number, rcpts in jobs:
            for index, rcpt in enumerate(rcpts):
                self.answer(worker, number, index, rcpt.split(' ')[0])

    def look_at_gates(self):
        waiting, self.gates = self.gates, []
        for gate in waiting:
            if os.path.exists(self.path(gate[0])):
                gate[1]()
            else:
                self.gates.append(gate)

    def run(self):
        while self.program.poll() is None:
            for key, _ in self.select.select(0.02):
                kind, what = key.data
                if kind == 'spawner':
                    self.hear_spawner(what)
                elif what in self.workers:
                    self.hear_worker(what)
            self.look_at_gates()
        self.put('exit', self.program.returncode)


def main(args):
    if not args:
        raise SystemExit(__doc__)
    house = House(args[0], args[1:] or ['pneu-send'])
    signal.signal(signal.SIGTERM, lambda *_: house.program.terminate())
    try:
        house.run()
    finally:
        if house.program.poll() is None:
            house.program.kill()
            house.program.wait()


main(sys.argv[1:])
