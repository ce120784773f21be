"""kill_send.py SCRATCH [alias] - see send.t, send_alias.t

The scenario: messages whose recipients are delivered, deferred and refused by played workers; the first letter of a
recipient says which (k z d, others k). The runner appends to a file, removes files, bounces, bounces a bounce twice, tells of
deliveries.
With "alias" it is one message to lists: in one another, with an owner, with a file of members that is there only later.
"""
import collections
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys

from crash import *

T = sys.argv[1]
ALIAS = sys.argv[2:] == ['alias']
ALIASES = '''list: k1, z1, d1@far.example, sub, |prog, :include:late
owner-list: kboss
sub: k2@far.example, d2@far.example, K1
'''
LATE = 'k3\nk1, k4@far.example\n'          # in the runner's directory, the queue, as each run has its own
# who gets what is sent to an address, if not the address itself
MEMBERS = {b'list@here.example': [b'k1@here.example', b'z1@here.example', b'd1@far.example', b'k2@far.example',
                                  b'd2@far.example', b'list@here.example', b'k3@here.example', b'k4@far.example']}
MAILS = {
    'list': Mail('sue@here.example', ['list@here.example', 'd3@here.example', 'k1@here.example'], text('list', 2000)),
} if ALIAS else {
    'many': Mail('sue@here.example', ['k1@here.example', 'z1@here.example', 'd1@here.example', 'k2@far.example',
                                      'z2@far.example'], text('many', 2000)),
    'one': Mail('sue@here.example', ['k3@here.example'], text('one', 2000)),
    'refused': Mail('sue@here.example', ['d2@here.example'], text('refused', 2000)),
    'nobody': Mail('', ['d3@here.example'], text('nobody', 2000)),
    'told': Mail('sue@here.example', ['k5@here.example'], text('told', 2000), ['k5@here.example']),
    'half': Mail('sue@here.example', ['k6@here.example', 'z3@here.example'], text('half', 2000), ['k6@here.example']),
}
FILES = {}                              # kind -> the whole message as it is queued
TEMPLATE, ETC = T + '/template', T + '/etc'
RUNS = iter(range(1 << 30))
BOUNCED = {b'd1@far.example': b'kboss@here.example', b'd2@far.example': b'kboss@here.example',
           b'd3@here.example': b'sue@here.example'} if ALIAS else {b'd1@here.example': b'sue@here.example', b'd2@here.example': b'sue@here.example',
           b'd3@here.example': b'postmaster@here.example'}


def usual(rcpt):
    return {'z': 'Z', 'd': 'D'}.get(rcpt[0], 'K')


def patient(rcpt):
    return {'d': 'D'}.get(rcpt[0], 'K')


def is_bounce(message):
    """a whole one: the original's end and the last boundary are there"""
    m = re.search(rb'boundary="([^"]+)"', message)
    return bool(m) and message.endswith(b'\n--' + m[1] + b'--\n') and b'\nFinal-Recipient: rfc822; ' in message


def members(mail):
    return [m for rcpt in mail.rcpts for m in MEMBERS.get(rcpt, [rcpt])]


def judge(got):
    """problems with what was delivered in all"""
    out = []
    for kind, mail in MAILS.items():
        for rcpt in members(mail):
            to = BOUNCED.get(rcpt)
            if to is None and (rcpt, FILES[kind]) not in got:
                out.append('%s: %s never got it' % (kind, rcpt.decode()))
            if rcpt in mail.told and not any(r == mail.sender and b'Final-Recipient: rfc822; ' + rcpt + b'\nAction: delivered' in m
                                             for r, m in got):
                out.append('%s: nobody was told that %s got it' % (kind, rcpt.decode()))
            if to and not any(r == to and b'Final-Recipient: rfc822; ' + rcpt in m for r, m in got):
                out.append('%s: no bounce for %s' % (kind, rcpt.decode()))
    for rcpt, message in got:
        if message not in FILES.values() and not is_bounce(message):
            out.append('%s got a part of something: %d bytes' % (rcpt.decode(), len(message)))
        elif message in FILES.values() and not any(rcpt in members(m) and FILES[k] == message for k, m in MAILS.items()):
            out.append('%s got what was not for it' % rcpt.decode())
        for lost in re.findall(rb'\nFinal-Recipient: rfc822; (\S+)', message):
            if lost not in BOUNCED and ALIAS:
                out.append('%s is in a bounce' % lost.decode())
    return out


class Run:
    """the scenario with something in its way; then twice more with nothing"""
    def __init__(self, inject=(), prepare=None, act=None, wish=None, keep=False):
        self.dir = '%s/run%d' % (T, next(RUNS))
        self.queue, self.trace, self.log = self.dir + '/queue', self.dir + '/trace', self.dir + '/log'
        copy_tree(TEMPLATE, self.queue)
        self.inject, self.trouble, self.got = ' '.join(inject), [], []
        if prepare:
            prepare(self.queue)
        first = self.start(usual, strace(self.trace, inject))
        if not first.rest():
            self.trouble.append('it never rests')
        if act:
            act(self, first)
        self.met = wish is None or wait_until(lambda: first.said(wish))
        self.rested = first.code is None
        self.code = self.finish(first, signal.SIGTERM)
        drained(self.trace)
        wait_until(lambda: not writers_of(self.log))            # a pneu-bounce that it left behind may yet queue something
        self.calls = calls(self.trace)
        self.said = open(self.log, errors='replace').read()
        if keep:
            self.history_path = files_below(self.queue + '/msg')[0]
            with open(self.history_path, 'rb') as f:
                self.history = f.read()
        self.recover()
        self.trouble += judge(self.got)
        if not self.trouble:
            remove_tree(self.dir)

    def start(self, verdict, before=()):
        return Runner(self.queue, ETC, House(verdict), self.log, before)

    def finish(self, runner, number):
        self.got += runner.house.got
        return runner.end(number)

    def all_due(self):
        for path in files_below(self.queue + '/msg'):
            os.utime(path, (0, 0))

    def recover(self):
        self.all_due()
        if ALIAS:
            with open(self.queue + '/late', 'w') as f:
                f.write(LATE)
        again = self.start(usual)
        if not again.rest():
            self.trouble.append('started again, it never rests')
        if again.code is not None:
            self.trouble.append('started again, it ended with %s' % again.code)
        self.finish(again, signal.SIGKILL)
        self.all_due()
        empty = emptied(self.queue + '/msg')
        idle = empty()
        last = self.start(patient)
        if idle:
            last.rest()                 # before that it does not heed SIGTERM
        wait_until(lambda: last.gone() or empty())
        if self.finish(last, signal.SIGTERM) != 0:
            self.trouble.append('started a third time, it ended with %s' % last.code)
        left = files_below(self.queue + '/msg') + files_below(self.queue + '/bad')
        if left:
            with open(left[0], 'rb') as f:
                self.trouble.append('still in the queue: %s: %r' % (left, f.read()[-300:]))

    def __str__(self):
        return '%s: code %s, %d calls: %s\n%s' % (self.inject, self.code, len(self.calls), '; '.join(self.trouble), open(self.log, errors='replace').read()[-3000:])


def prepare():
    make_queue(TEMPLATE)
    os.mkfifo(TEMPLATE + '/fifo')
    os.unlink(TEMPLATE + '/fifo')       # copytree cannot copy one; the runner makes it
    make_etc(ETC)
    if ALIAS:
        subprocess.run([sys.executable, 'tests/program/makealiases.py', ETC + '/aliases.cdb'], input=ALIASES, text=True, check=True)
    for kind, mail in MAILS.items():
        FILES[kind] = QueueFile(mail.put(TEMPLATE)).message


def points_of(run):
    """Its calls, but of long rows of the same (the directories it makes sure of and scans at its start) a few."""
    names = [p.call for p, _ in run.calls]
    seen = collections.Counter()
    out = []
    for i, c in enumerate(run.calls):
        around = tuple(names[max(0, i - 6):i + 7])
        seen[around] += 1
        if seen[around] <= 2:
            out.append(c)
    return out


def kills(clean):
    points = points_of(clean)
    runs = at_once(lambda p: Run([kill_at(p[0])]), points, 8)
    died = [r for r in runs if r.code == -signal.SIGKILL]
    tap.ok('killed at %d calls' % len(points), len(died) > len(points) * 0.8, ['%d of %d died' % (len(died), len(points))])
    tap.none('killed anywhere and started twice, everybody got the whole message or a bounce of it came', [r for r in runs if r.trouble])


def one_fault(clean):
    # close is left out: an injected failure keeps the descriptor open, which no kernel does
    points = [p for p, _ in points_of(clean) if p.call != 'close']
    runs = at_once(lambda f: Run([fail_at(*f)]), faults(points), 8)
    bound = 3 * len(clean.calls) + 1000
    tap.none('%d faults, one at a time: nothing is lost' % len(runs), [r for r in runs if r.trouble])
    tap.none('a fault at the start is said, a later one does not end it',
             [r for r in runs if r.code != 0 and not (r.code in (100, 111) and
              ('pneu-send: fatal: ' in r.said or 'unable to hear a spawner: ' in r.said))])
    tap.none('no fault makes it run in circles', [r for r in runs if len(r.calls) > bound])


# what lasts: the n-th and all later calls of a kind, and what the log says of it
LASTING = [
    ('pwrite64', 'ENOSPC', 'unable to record deliver'), ('pwrite64', 'EIO', 'unable to record deliver'),
    ('unlink', 'EIO', 'unable to remove'), ('unlink', 'EROFS', 'unable to remove'),
    ('utimensat', 'EROFS', 'unable to set the next attempt'), ('vfork', 'EAGAIN', 'unable to run pneu-bounce'),
    ('vfork', 'ENOMEM', 'unable to run pneu-bounce'), ('pipe2', 'EMFILE', 'unable to run pneu-bounce'),
    ('sendmsg', 'ENOBUFS', None), ('recvmsg', 'ENOMEM', 'unable to hear a spawner'), ('pread64', 'EIO', 'unable to read'),
]


def lasting(clean):
    bound = 3 * len(clean.calls) + 1000
    opens = [p.nth for p, line in clean.calls if p.call == 'open' and '"msg/' in line and 'O_DIRECTORY' not in line]
    writes = [p.nth for p, line in clean.calls if p.call == 'open' and '"msg/' in line and 'O_WRONLY' in line]
    rules = [([fail_always(c, e)], w) for c, e, w in LASTING]
    rules += [([fail_always('open', 'EMFILE', opens[0])], 'No_file_descriptors'), ([fail_always('open', 'EIO', writes[0])], 'unable to record'),
              ([fail_always('pwrite64', 'ENOSPC'), fail_always('ftruncate', 'EIO')], 'unable to record deliver')]
    runs = at_once(lambda r: (r, Run(r[0], wish=r[1])), rules, 8)
    tap.none('%d faults that last: nothing is lost once they are over' % len(runs), [r for _, r in runs if r.trouble])
    tap.none('each is in the log', [r for _, r in runs if not r.met])
    tap.none('it rests meanwhile', [r for _, r in runs if len(r.calls) > bound or not (r.rested or 'unable to hear a spawner' in r.said)])


def damaged():
    """a file that cannot be moved away does not keep it busy, and harms nobody"""
    def spoil(queue):
        path = files_below(queue + '/msg')[0]
        with open(path[:-1] + ('1' if path[-1] == '0' else '0'), 'wb') as f:
            f.write(b'pneu1 what')
    for error in 'EIO', 'EROFS':
        r = Run([fail_always('rename', error)], spoil, wish='unable to move a damaged message')
        left = [t for t in r.trouble if 'still in the queue' not in t]
        tap.ok('rename fails with %s: the damaged file is left alone, the others go' % error, r.met and not left and
               len(r.calls) < 6000, [r])


def control():
    """a listening socket whose accept fails stays ready: no reason to spin"""
    def connect(run, runner):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.setblocking(False)
        here = os.open(run.queue, os.O_PATH | os.O_CLOEXEC)
        s.connect('/proc/self/fd/%d/ctl' % here)
        os.close(here)
        run.rests = runner.rest()
        s.close()
    for error in 'EMFILE', 'ENOMEM', 'ECONNABORTED':
        r = Run([fail_always('accept4', error), fail_always('accept', error)], act=connect)
        tap.ok('accept fails with %s: it goes on, and rests' % error, not r.trouble and r.rests and len(r.calls) < 6000, [r])


class Starved:
    """descriptors run out while it works; when there are some again, it goes on by itself, without a new start"""
    def __init__(self, spare):
        self.dir = '%s/starved%d' % (T, spare)
        queue, self.log = self.dir + '/queue', self.dir + '/log'
        make_queue(queue)
        self.trouble, self.spare, verdict = [], spare, [usual]
        runner = Runner(queue, ETC, House(lambda rcpt: verdict[0](rcpt)), self.log)
        if not runner.rest() or runner.gone():
            self.trouble.append('it does not start')
        before = resource.prlimit(runner.pid, resource.RLIMIT_NOFILE)
        numbers = [int(n) for n in os.listdir('/proc/%d/fd' % runner.pid)]
        used = min(set(range(len(numbers) + 1)) - set(numbers))
        resource.prlimit(runner.pid, resource.RLIMIT_NOFILE, (used + spare, before[1]))
        for path in files_below(TEMPLATE + '/msg'):
            shutil.copy2(path, queue + '/msg/' + '/'.join(path.split('/')[-2:]))
        runner.tell(signal.SIGALRM)
        if not runner.rest():
            self.trouble.append('it never rests')
        self.waiting = len(files_below(queue + '/msg'))
        resource.prlimit(runner.pid, resource.RLIMIT_NOFILE, before)
        verdict[0] = patient
        runner.tell(signal.SIGALRM)     # records what could not be recorded, which sets the time of the next attempt
        runner.rest()
        runner.tell(signal.SIGALRM)
        if not wait_until(emptied(queue + '/msg')):
            self.trouble.append('still in the queue: %s' % files_below(queue + '/msg'))
        if runner.end() != 0:
            self.trouble.append('it ended with %s' % runner.code)
        self.trouble += judge(runner.house.got)

    def __str__(self):
        return '%d descriptors left, %d waiting: %s\n%s' % (self.spare, self.waiting, '; '.join(self.trouble), open(self.log).read()[-700:])


def starving():
    runs = at_once(Starved, range(0, 30), 8)
    tap.ok('descriptors run out at %d places' % len(runs), runs[0].waiting == len(MAILS) and runs[-1].waiting < len(MAILS), runs)
    tap.none('with descriptors again, it goes on without a new start', [r for r in runs if r.trouble])


DIGITS = '0123456789abcdefghjkmnpqrstvwxyz'


def torn():
    """the history of a message, cut off at each byte by a full disk or a crash; and all of it twice"""
    whole = Run(keep=True)
    raw = whole.history
    begin = raw.index(b'\n.\n', 2000) + 3
    tap.ok('a history was recorded', {l[:2] for l in raw[begin:].split(b'\n')} >= {b'k0', b'z1', b'd2', b'k3', b'z4', b'b2'}, [raw[begin:]])
    copies = [raw[:cut] for cut in range(begin, len(raw) + 1)] + [raw + raw[begin:]]
    queue, where = T + '/torn', os.path.dirname(whole.history_path)
    make_queue(queue)
    name = os.path.basename(whole.history_path)
    for n, content in enumerate(copies):
        path = '%s/%s/%s1%s%s' % (queue + '/msg', where[-2:], name[:11], DIGITS[n // 32], DIGITS[n % 32])
        with open(path, 'wb') as f:
            f.write(content)
        os.utime(path, (0, 0))
    runner = Runner(queue, ETC, House(patient), T + '/torn.log')
    for _ in range(20):                 # it takes so many bounces in several rounds
        if not runner.rest() or runner.gone() or not files_below(queue + '/msg'):
            break
        runner.tell(signal.SIGALRM)
    done = not runner.gone() and not files_below(queue + '/msg')
    tap.ok('started on a history cut at any of %d places, nothing stays' % len(copies), done and runner.end() == 0 and
           not files_below(queue + '/bad'), files_below(queue)[:5])

    def without(letter):
        return sum(not re.search(b'\n' + letter + b' [^\n]*\n', c[begin - 1:]) for c in copies)
    got = collections.Counter(r for r, m in runner.house.got if not is_bounce(m))
    want = {b'k1@here.example': without(b'k0'), b'k2@far.example': without(b'k3'), b'z1@here.example': len(copies),
            b'z2@far.example': len(copies)}
    tap.ok('who is not recorded as done gets it, nobody else', got == want, [got, want])
    bounces = sum(is_bounce(m) for _, m in runner.house.got)
    tap.ok('a bounce that is not recorded as sent is sent, no other', bounces == without(b'b2'), [bounces, without(b'b2')])


class Bounce:
    """pneu-bounce alone"""
    def __init__(self, inject=()):
        self.dir = '%s/bounce%d' % (T, next(RUNS))
        self.trace, self.inject, self.trouble = self.dir + '/trace', ' '.join(inject), ''
        make_queue(self.dir + '/queue')
        path = next(p for p in files_below(TEMPLATE + '/msg') if QueueFile(p).rcpts == [b'd2@here.example'])
        with open(path, 'rb') as f:
            original = scratch_file(f.read() + b'd0 1700000000 5.1.1 nobody of that name\n')
        words, out = os.pipe()
        complaints, err = os.pipe()
        pid = spawn([*strace(self.trace, inject), 'pneu-bounce', os.path.basename(path)], {0: original, 1: out, 2: err},
                    environment(PNEU_QUEUE=self.dir + '/queue', PNEU_ETC=ETC))
        for fd in (original, out, err):
            os.close(fd)
        self.said = b''.join(iter(lambda: os.read(complaints, 4096), b'')).decode()     # to the end of all it started
        self.code = wait(pid)
        answer = os.read(words, 100).decode().split()
        os.close(words)
        os.close(complaints)
        self.names = files_below(self.dir + '/queue/msg')
        self.judge(answer)
        drained(self.trace)
        self.calls = calls(self.trace)
        if not self.trouble:
            remove_tree(self.dir)

    def judge(self, answer):
        if self.code == 0 and (len(self.names) != 1 or answer[1:] not in ([], ['-'], [os.path.basename(self.names[0])])):
            self.trouble = 'it says it is queued, as %s' % answer
        for name in self.names:
            f = QueueFile(name)
            if (f.sender, f.rcpts) != (b'', [b'sue@here.example']) or not is_bounce(f.message) or \
                    not all(l in f.message for l in FILES['refused'].split(b'\n')):
                self.trouble = 'not a whole bounce: %r' % f.message

    def __str__(self):
        return '%s: code %s, %d names: %s %s' % (self.inject, self.code, len(self.names), self.trouble, self.said)


def bounces():
    plain = Bounce()
    tap.ok('pneu-bounce queues a bounce', plain.code == 0 and not plain.trouble, [plain])
    killed = at_once(lambda p: Bounce([kill_at(p[0])]), plain.calls, 8)
    tap.none('killed at %d calls it leaves a whole bounce or none' % len(killed), [b for b in killed if b.trouble or b.code != -9])
    failed = at_once(lambda f: Bounce([fail_at(*f)]), faults([p for p, _ in plain.calls if p.call != 'close']), 8)
    tap.none('%d faults: it fails for now, aloud, or the bounce is whole' % len(failed),
             [b for b in failed if b.trouble or b.code not in (0, 111) or (b.code and 'pneu-bounce: ' not in b.said)])
    tap.none('when it fails nothing is queued', [b for b in failed if b.code and b.names])


prepare()
clean = Run()
tap.note('%d calls, %d of them distinct' % (len(clean.calls), len(points_of(clean))))
tap.none('with nothing in its way all goes well', [clean] if clean.trouble or clean.code else [])
names = {p.call for p, _ in clean.calls}
tap.ok('the scenario appends, removes, bounces and defers', {'pwrite64', 'unlink', 'vfork', 'utimensat', 'sendmsg'} <= names, [names])
kills(clean)
one_fault(clean)
if ALIAS:
    tap.finish()
lasting(clean)
damaged()
control()
starving()
torn()
bounces()
tap.finish()
