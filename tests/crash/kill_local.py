"""kill_local.py SCRATCH - see local.t

What a kill may leave: in a Maildir, nothing of the message or all of it. In an mbox a message that takes several
writes may be cut off (no lock and no sync can help it); then the cut part stays as a message of its own, the next
delivery begins after an empty line, and the message itself comes again. A failed write, unlike a kill, is taken back.
"""
import os
import re
import signal
import socket
import sys

from crash import *

T = sys.argv[1]
RUNS = iter(range(1 << 30))
SENDER, RCPT = b's@far.example', b'joe@here.example'
TRACE = b'Return-Path: <%s>\nDelivered-To: %s\n' % (SENDER, RCPT)
SMALL = [text('first', 1500) + b'From here\n>From there\n', text('second', 800), text('third', 4000)]
LARGE = [text('large', 400000)]
BEFORE = b'From a@far.example Thu Jan  1 00:00:00 1970\nSubject: before\n\nlong ago\n\n'


class Home:
    def __init__(self, kind):
        self.dir = '%s/home%d' % (T, next(RUNS))
        self.kind = kind
        os.makedirs(self.dir)
        os.chmod(self.dir, 0o755)
        if kind == 'maildir':
            for sub in 'tmp', 'new', 'cur':
                os.makedirs('%s/Maildir/%s' % (self.dir, sub))
        self.before = {'mbox': BEFORE, 'torn mbox': BEFORE + BEFORE[:60]}.get(kind, b'')
        if self.before:
            self.write(self.before)

    def write(self, content):
        with open(os.open(self.dir + '/Mailbox', os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), 'wb') as f:
            f.write(content)

    def raw(self):
        try:
            with open(self.dir + '/Mailbox', 'rb') as f:
                return f.read()
        except FileNotFoundError:
            return b''

    def messages(self):
        """what a mail reader finds, without From_ line and quoting"""
        if 'mbox' not in self.kind:
            out = []
            for path in files_below(self.dir + '/Maildir/new'):
                with open(path, 'rb') as f:
                    out.append(f.read())
            return out
        out = []
        for entry in re.split(rb'(?:\A|(?<=\n\n))(?=From )', self.raw()):
            if entry:
                from_line, _, rest = entry.partition(b'\n')
                out.append(re.sub(rb'(?m)^>(>*From )', rb'\1', rest[:-1] if rest.endswith(b'\n\n') else rest))
        return out

    def old_lock(self):
        """as if MBOX_STALE_S had passed"""
        if os.path.exists(self.dir + '/Mailbox.lock'):
            os.utime(self.dir + '/Mailbox.lock', (0, 0))


class Run:
    """one pneu-local with some jobs at once; got: the index of a job -> its verdict"""
    def __init__(self, home, messages, inject=(), before=()):
        self.home, self.inject, self.trace = home, ' '.join([*before, *(inject or ())]), home.dir + '.trace'
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(LIMIT)
        for i, m in enumerate(messages):
            fd = scratch_file(m)
            socket.send_fds(ours, [b'\0'.join([b'%d' % (i + 1), b'0', b'%d' % len(m), SENDER, b'', RCPT, b'']) + b'\0'], [fd])
            os.close(fd)
        log = os.open(home.dir + '.log', os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        delivery = './Mailbox' if 'mbox' in home.kind else './Maildir/'
        traced = strace(self.trace, inject) if inject is not None else []
        pid = spawn([*traced, *before, 'pneu-local', 'joe', home.dir, 'joe', '', '', delivery],
                    {0: theirs.fileno(), 2: log}, environment(PNEU_ETC=T + '/etc', PNEU_QUEUE=T + '/queue'))
        os.close(log)
        theirs.close()
        self.got, self.text = {}, []
        while len(self.got) < len(messages):
            try:
                packet = ours.recv(65536)
            except ConnectionResetError:        # it died before it had read all
                packet = b''
            if not packet:
                break
            number, _, verdict, status, _, _, _, words = packet[:-1].split(b'\0')
            self.got[int(number) - 1] = verdict.decode()
            self.text.append(b'%s %s' % (status, words))
        ours.close()
        self.code = wait(pid)
        if inject is not None:
            drained(self.trace)
        self.trouble = []

    def __str__(self):
        return '%s %s: code %s, reports %s %s: %s' % (self.home.kind, self.inject, self.code, self.got, self.text, '; '.join(self.trouble))


def whole(messages):
    return [TRACE + m for m in messages]


def look(run, messages, torn_is_fair):
    """after a kill or a fault"""
    want, found = whole(messages), run.home.messages()
    for i, verdict in run.got.items():
        if verdict == 'K' and want[i] not in found:
            run.trouble.append('job %d was reported as delivered and is not there' % i)
        if verdict == 'D':
            run.trouble.append('job %d has failed for ever' % i)
    for m in found:
        if m in want or m.startswith(b'Subject: before'):
            continue
        if not (torn_is_fair and any(w.startswith(m.rstrip(b'\n')) for w in want)):
            run.trouble.append('a part of a message: %d bytes: %r' % (len(m), m[:40]))


def again(run, messages):
    """what was not reported as delivered comes again, as the runner would have it"""
    run.home.old_lock()
    rest = [m for i, m in enumerate(messages) if run.got.get(i) != 'K']
    second = Run(run.home, rest, None)
    if list(second.got.values()) != ['K'] * len(rest):
        run.trouble.append('again: %s %s' % (second.got, second.text))
    found = run.home.messages()
    for i, m in enumerate(whole(messages)):
        if m not in found:
            run.trouble.append('job %d is not there at the end, or not by itself' % i)


def killed(kind, messages, point):
    run = Run(Home(kind), messages, [kill_at(point)])
    look(run, messages, 'mbox' in kind)
    again(run, messages)
    look(run, messages, 'mbox' in kind)
    return run


def failed(kind, messages, inject, before=()):
    run = Run(Home(kind), messages, inject, before)
    look(run, messages, False)
    if run.code not in (0, 111):
        run.trouble.append('it died')
    if run.code == 0 and len(run.got) < len(messages):
        run.trouble.append('it owes a report')
    done = [whole(messages)[i] for i, v in run.got.items() if v == 'K']
    if 'mbox' in kind and run.code == 0 and not done and run.home.raw() != run.home.before:
        run.trouble.append('the mbox is not as it was: %d bytes more' % (len(run.home.raw()) - len(run.home.before)))
    if kind in ('maildir', 'new maildir'):
        left = [m for m in run.home.messages() if m not in done]
        if left and run.code == 0:
            run.trouble.append('a message was left that is not delivered')
        if files_below(run.home.dir + '/Maildir/tmp'):
            run.trouble.append('something was left in tmp/')
    again(run, messages)
    return run


def check(kind, name, messages):
    what = '%s, %s' % (kind, name)
    clean = Run(Home(kind), messages)
    look(clean, messages, False)
    points = [p for p, _ in calls(clean.trace)]
    tap.ok(what + ': delivered', list(clean.got.values()) == ['K'] * len(messages) and not clean.trouble, [clean])
    if kind == 'maildir' and len(messages) > 1 and 'O_TMPFILE' in open(clean.trace).read():      # Linux's own calls
        order = [p.call for p in points if p.call in ('sync_file_range', 'fsync')]
        tap.ok(what + ': all are on their way to the disk before the first is waited for',
               order == ['sync_file_range'] * len(messages) + ['fsync'] * (len(messages) + 1), order)
    runs = at_once(lambda p: killed(kind, messages, p), points, 6)
    tap.none('%s: killed at each of its %d calls, and delivered again: all are there, whole' % (what, len(points)),
             [r for r in runs if r.trouble or r.code != -signal.SIGKILL])
    left_out = ['close']                # an injected failure keeps the descriptor open, which no kernel does
    if len(messages) > 1:
        left_out.append('unlink')       # a dot-lock that cannot be removed: the next message waits for it, rightly
    runs = at_once(lambda f: failed(kind, messages, [fail_at(*f)]), faults([p for p in points if p.call not in left_out]), 6)
    tap.none('%s: %d faults: deferred or delivered, nothing half done stays' % (what, len(runs)), [r for r in runs if r.trouble])
    deferred = [r for r in runs if 'Z' in r.got.values()]
    tap.ok(what + ': a deferral says why', deferred and all(re.search(rb'^4\.\d\.\d .+', t) for r in deferred
           for t in r.text if t[:1] != b'2'), deferred)


def full(kind, messages):
    """a limit on the size of files cuts a write in its middle, as a full disk does"""
    first = len(whole(messages)[0])
    limits = [len(Home(kind).before) + n for n in (1, 10, 100, first // 2, first - 1, 65536, 65537, 150000) if n < first]
    runs = at_once(lambda n: failed(kind, messages, None, ['prlimit', '--fsize=%d' % n]), limits, 6)
    tap.none('%s: full after some bytes: nothing is left of the message' % kind,
             [r for r in runs if r.trouble or r.got.get(0) != 'Z' or not r.text])
    tap.none('%s: and it may be delivered later' % kind, [r for r in runs if not all(t[:2] == b'4.' for t in r.text[:1])])
    return limits


def cannot_be_cut_back():
    for limit in 200, 150000:
        home = Home('mbox')
        run = Run(home, LARGE, ['ftruncate:error=EIO'], ['prlimit', '--fsize=%d' % limit])
        tap.ok('mbox: full after %d bytes and cannot be cut back: deferred, and said' % limit,
               run.got == {0: 'Z'} and b'unable to cut it back' in run.text[0], [run])
        again(run, LARGE)
        look(run, LARGE, True)
        tap.ok('mbox: the next delivery stands by itself', not run.trouble, [run])


def torn_tails():
    """whatever a crash left at the end of an mbox, the next message is one of its own"""
    message = text('after', 100)
    entry = b'From s@far.example Thu Jan  1 00:00:00 1970\n' + TRACE + text('torn', 60) + b'\n'
    problems = []
    ends = [BEFORE + entry[:n] for n in range(len(entry) + 1)] + [b'\n', b'x', b'\n\n', b'x\n', b'\r\n', b'From ', b'\0' * 100]
    for end in ends:
        home = Home('mbox')
        home.write(end)
        run = Run(home, [message], None)
        if run.got != {0: 'K'} or not home.raw().startswith(end) or TRACE + message not in home.messages():
            problems.append('after %r: %r' % (end[-30:], home.raw()[-300:]))
        remove_tree(home.dir)
    tap.none('mbox: after any of %d ends, the next message stands by itself' % len(ends), problems)


make_etc(T + '/etc')
os.makedirs(T + '/queue')
check('maildir', 'three messages at once', SMALL)
check('new maildir', 'one message', SMALL[:1])
check('maildir', 'a large message', LARGE)
check('mbox', 'three messages at once', SMALL)
check('new mbox', 'one message', SMALL[:1])
check('torn mbox', 'one message', SMALL[:1])
check('mbox', 'a large message', LARGE)
full('maildir', LARGE)
full('mbox', LARGE)
full('mbox', SMALL[:1])
cannot_be_cut_back()
torn_tails()
tap.finish()
