"""crash.py - what the tests of this room share

Programs are run under strace, which kills them on entering the n-th call of a kind, or makes that call fail
("inject"). Points are taken from a clean run of the same thing, so none is forgotten when the program changes.
The neighbours of the runner are played here (House); queue files are read by a reader of our own, so that a
mistake of wire/queuefile.c does not confirm itself.
"""
import array
import collections
import concurrent.futures
import fcntl
import os
import re
import select
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

B = os.environ.get('PNEU_BUILD') or os.getcwd() + '/build'
LIMIT = 90.0                            # seconds that nothing here takes, on a slow machine either
SOFT = range(51, 77)                    # pneu-queue's codes for a trouble that passes


# ---- TAP

class Tap:
    n = bad = 0

    def ok(self, promise, good, why=()):
        """why: lines, or problems of many runs; the first ones are shown"""
        self.n += 1
        self.bad += not good
        print('%sok %d - %s' % ('' if good else 'not ', self.n, promise))
        if not good:
            for line in list(why)[:12]:
                for part in str(line).split('\n'):
                    print('#   ' + part)
        sys.stdout.flush()

    def none(self, promise, problems):
        """ok when the list of problems is empty"""
        self.ok(promise, not problems, ['%d in all' % len(problems)] + problems)

    def note(self, text):
        print('# ' + text)
        sys.stdout.flush()

    def finish(self):
        print('1..%d' % self.n)
        sys.exit(1 if self.bad else 0)


tap = Tap()


def wait_until(what, limit=LIMIT):
    end = time.monotonic() + limit
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def at_once(function, items, threads=4):
    """the results in order; the machine is kept busy while some wait"""
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, items))


# ---- processes

def environment(**more):
    env = {'PATH': B + ':' + os.environ.get('PATH', '/usr/bin:/bin'), 'LC_ALL': 'C'}
    env.update(more)
    return env


def spawn(argv, fds, env):
    """fds: {number there: descriptor here}. The pid."""
    high = {to: fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 64) for to, fd in fds.items()}      # above all that it wants
    actions = [(os.POSIX_SPAWN_DUP2, fd, to) for to, fd in sorted(high.items())]
    try:
        return os.posix_spawnp(argv[0], argv, env, file_actions=actions, setsigdef=[signal.SIGPIPE, signal.SIGXFSZ])
    finally:
        for fd in high.values():
            os.close(fd)


def code_of(status):
    """exit code, or minus the signal"""
    return os.waitstatus_to_exitcode(status)


def wait(pid, limit=LIMIT):
    """None: it did not end, and was killed"""
    end = time.monotonic() + limit
    pause = 0.001
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return code_of(status)
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return None
        time.sleep(pause)
        pause = min(pause * 1.5, 0.01)


def writers_of(log):
    """processes that have it as descriptor 2"""
    out = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            if os.readlink('/proc/%s/fd/2' % pid) == log:
                out.append(int(pid))
        except OSError:
            pass                        # gone, or somebody else's
    return out


# ---- strace

Point = collections.namedtuple('Point', 'call nth')


def strace(trace, inject=(), extra=()):
    """the words before the program; -D keeps the program our own child"""
    words = ['strace', '-D', '-q', '-s', '64', '-o', trace]
    words += extra
    for i in inject:
        words += ['-e', 'inject=' + i]
    return words


def kill_at(p):
    return '%s:signal=KILL:when=%d' % p


def fail_at(p, error):
    return '%s:error=%s:when=%d' % (p.call, error, p.nth)


def fail_always(call, error, first=1):
    return '%s:error=%s:when=%d+' % (call, error, first)


def calls(trace):
    """[(Point, line)] of a trace without -f, the execve that began it left out"""
    seen = collections.Counter()
    out = []
    with open(trace, errors='replace') as f:
        for line in f:
            m = re.match(r'([a-z_0-9]+)\(', line)
            if m:
                seen[m[1]] += 1
                if m[1] != 'execve':
                    out.append((Point(m[1], seen[m[1]]), line.rstrip('\n')))
    return out


def drained(trace):
    """the tracer writes on for a moment after the program has ended"""
    return wait_until(lambda: any(l.startswith('+++') for l in open(trace, errors='replace')))


# What a call may plausibly answer.
ERRORS = {
    'open': ['EMFILE', 'EIO'], 'openat': ['ENFILE', 'ENOSPC', 'EDQUOT', 'EROFS'],
    'write': ['ENOSPC', 'EIO', 'EDQUOT'], 'writev': ['ENOSPC', 'EIO', 'EDQUOT'], 'pwrite64': ['ENOSPC', 'EIO'],
    'read': ['EIO', 'EINTR'], 'pread64': ['EIO', 'EINTR'], 'fsync': ['EIO', 'ENOSPC', 'EDQUOT'],
    'linkat': ['ENOSPC', 'EIO', 'EROFS', 'EDQUOT'], 'link': ['ENOSPC'], 'rename': ['EIO', 'EROFS'],
    'unlink': ['EIO', 'EROFS'], 'unlinkat': ['EIO', 'EROFS'], 'ftruncate': ['EIO'], 'fstat': ['EIO'],
    'newfstatat': ['EIO', 'ENOMEM'], 'stat': ['EIO'], 'lstat': ['EIO'], 'utimensat': ['EIO', 'EROFS'],
    'mmap': ['ENOMEM'], 'brk': ['ENOMEM'], 'mremap': ['ENOMEM'], 'close': ['EIO'], 'fcntl': ['ENOLCK'],
    'pipe2': ['EMFILE', 'ENFILE'], 'vfork': ['EAGAIN', 'ENOMEM'], 'fork': ['EAGAIN'], 'clone': ['EAGAIN', 'ENOMEM'],
    'sendmsg': ['ENOBUFS', 'ENOMEM'], 'recvmsg': ['ENOMEM', 'EIO'], 'sendto': ['ENOBUFS'], 'recvfrom': ['ENOMEM'],
    'accept4': ['EMFILE', 'ECONNABORTED'], 'accept': ['EMFILE'], 'socket': ['EMFILE'], 'chdir': ['EIO'],
    'mkdir': ['ENOSPC', 'EIO'], 'getdents64': ['EIO'], 'ppoll': ['EINTR'], 'poll': ['EINTR'], 'ioctl': ['EIO'],
    'dup2': ['EMFILE'], 'sync_file_range': ['EIO', 'ENOSPC'], 'sendfile': ['EIO'], 'mknod': ['ENOSPC'], 'mknodat': ['ENOSPC'],
}


def faults(points):
    return [(p, e) for p in points for e in ERRORS.get(p.call, ())]


# ---- the queue on disk

def make_queue(path):
    for sub in ['bad', 'tmp'] + ['%s/%02x' % (d, i) for d in ('msg', 'hold') for i in range(64)]:
        os.makedirs(path + '/' + sub)


def files_below(path):
    """all, sorted; of what is not there or just going, none"""
    out, places = [], [path]
    while places:
        try:
            with os.scandir(places.pop()) as entries:
                for e in entries:
                    (places if e.is_dir(follow_symlinks=False) else out).append(e.path)
        except FileNotFoundError:
            pass
    return sorted(out)


# shutil's copytree and rmtree cost more than what is tested: a queue has 130 directories

def copy_tree(path, to):
    """directories and plain files, these with their times"""
    os.makedirs(to)
    for e in os.scandir(path):
        if e.is_dir():
            copy_tree(e.path, to + '/' + e.name)
        else:
            shutil.copy2(e.path, to + '/' + e.name)


def remove_tree(path):
    for e in os.scandir(path):
        if e.is_dir(follow_symlinks=False):
            remove_tree(e.path)
        else:
            os.unlink(e.path)
    os.rmdir(path)


def emptied(path):
    """a question for wait_until: is no file below? While one that was seen is still there, nothing else is looked at."""
    seen = []

    def none():
        while seen and not os.path.lexists(seen[-1]):
            seen.pop()
        if not seen:
            seen.extend(files_below(path))
        return not seen
    return none


class Incomplete(Exception):
    pass


class QueueFile:
    """a whole one; else Incomplete"""
    def __init__(self, path):
        self.path = path
        with open(path, 'rb') as f:
            raw = f.read()
        m = re.match(rb'pneu1 (\d{19}) (\d{17}) (\d{10}) (\d{10}) ([0-9a-f]{16}|-{16})\n', raw)
        if not m:
            raise Incomplete('%s: no header: %r' % (path, raw[:90]))
        length, begin = int(m[1]), m.end()
        self.message = raw[begin:begin + length]
        if len(self.message) < length:
            raise Incomplete('%s: %d of %d bytes of the message' % (path, len(self.message), length))
        records = raw[begin + length:]
        lines = records.split(b'\n')
        self.torn = lines.pop()
        self.sender, self.rcpts, self.history = None, [], []
        ended = False
        for line in lines:
            if ended:
                self.history.append(line)
            elif line[:1] == b'F' and self.sender is None:
                self.sender = line[1:]
            elif line[:1] == b'T' and self.sender is not None:
                self.rcpts.append(line[1:])
            elif line[:1] in b'NO' and self.rcpts:
                pass                    # what is wished for a recipient,
            elif line[:1] in b'BERUHACLW' and self.sender is not None and not self.rcpts:
                pass                    # or for the message, and where it comes from: wire/envelope.h
            elif line == b'.' and self.rcpts:
                ended = True
            else:
                raise Incomplete('%s: record %r' % (path, line))
        if not ended:
            raise Incomplete(path + ': the envelope does not end')
        self.trace, _, self.body = self.message.partition(b'\n')

    def holds(self, mail):
        """is it this one, whole? Or what is wrong with it"""
        if not re.fullmatch(rb'Received: \(pneu \S+ pid \d+ by uid \d+\); .*', self.trace):
            return 'no Received line: %r' % self.trace
        if self.body != mail.body:
            return 'another message: %d bytes, not %d' % (len(self.body), len(mail.body))
        if (self.sender, self.rcpts) != (mail.sender, mail.rcpts):
            return 'another envelope'
        return ''


class Mail:
    def __init__(self, sender, rcpts, body, told=()):
        """told: those of whose delivery the sender wants to hear"""
        self.sender, self.rcpts, self.body = sender.encode(), [r.encode() for r in rcpts], body
        self.told = [r.encode() for r in told]

    def envelope(self):
        return b'F' + self.sender + b'\0' + b''.join(b'T' + r + b'\0' + (b'NSUCCESS\0' if r in self.told else b'')
                                                     for r in self.rcpts) + b'\0'

    def put(self, queue, program='pneu-queue'):
        """into the queue by the real program; the path of its file"""
        before = set(files_below(queue + '/msg'))
        message, envelope = scratch_file(self.body), scratch_file(self.envelope())
        pid = spawn([program], {0: message, 1: envelope, 2: 2}, environment(PNEU_QUEUE=queue))
        os.close(message)
        os.close(envelope)
        if wait(pid) != 0:
            raise SystemExit('crash.py: pneu-queue does not work')
        return (set(files_below(queue + '/msg')) - before).pop()


def scratch_file(content):
    fd = os.memfd_create('crash')
    os.write(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def text(token, size, line=b'the quick brown fox'):
    """a message with its token on many lines, so that a missing or a doubled piece is seen"""
    out = [b'Subject: %s\n\n' % token.encode()]
    n = 0
    while n < size:
        out.append(b'%s %08d %s\n' % (token.encode(), n, line))
        n += len(out[-1])
    return b''.join(out)


# ---- the runner's neighbours

class House:
    """both spawners and all workers, played by one thread; got holds what was delivered, before it is reported"""
    def __init__(self, verdict):
        self.verdict = verdict          # recipient -> K Z D, or None: never answered
        self.got = []                   # (recipient, bytes)
        self.busy = 0
        self.events = 0
        self.poll = selectors.DefaultSelector()
        self.theirs = []
        for _ in range(2):
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.theirs.append(theirs)
            self.poll.register(ours, selectors.EVENT_READ, self.asked)
        self.wake, ours = socket.socketpair()
        self.poll.register(ours, selectors.EVENT_READ, None)
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    def loop(self):
        while True:
            for key, _ in self.poll.select():
                if key.data is None:
                    return self.end()
                self.busy = 1
                self.events += 1
                if not key.data(key.fileobj):
                    self.poll.unregister(key.fileobj)
                    key.fileobj.close()
                self.busy = 0

    def asked_for(self):
        """does it have something to do?"""
        try:
            fds = [key.fd for key in list(self.poll.get_map().values()) if key.data]
            return self.busy or bool(fds and select.select(fds, [], [], 0)[0])
        except (RuntimeError, OSError, ValueError, AttributeError):     # it is just opening or closing one
            return True

    def end(self):
        for key in list(self.poll.get_map().values()):
            key.fileobj.close()
        self.poll.close()

    def close(self):
        for s in self.theirs:
            s.close()
        self.wake.close()
        self.thread.join()

    def asked(self, sock):
        try:
            packet = sock.recv(6000)
            if not packet:
                return False
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            socket.send_fds(sock, [packet.split(b'\0')[0] + b'\0K\0\0\0'], [theirs.fileno()])
            theirs.close()
        except OSError:
            return False
        self.poll.register(ours, selectors.EVENT_READ, self.job)
        return True

    def job(self, sock):
        try:
            packet, control, _, _ = sock.recvmsg(65536, socket.CMSG_SPACE(16))
        except OSError:
            return False
        fds = array.array('i')
        for _, _, payload in control:
            fds.frombytes(payload[:len(payload) // 4 * 4])
        if not packet:
            return False
        number, offset, length, _, _, *rcpts = packet[:-1].split(b'\0')
        rcpts = rcpts[::2]              # each is followed by its parameters
        got = os.pread(fds[0], int(length), int(offset))
        for fd in fds:
            os.close(fd)
        if len(got) != int(length):
            got = b'CUT ' + got
        for i, rcpt in enumerate(rcpts):
            verdict = self.verdict(rcpt.decode())
            if verdict == 'K':
                self.got.append((rcpt, got))
            status = {'K': b'2.0.0', 'Z': b'4.2.0', 'D': b'5.1.1'}.get(verdict)
            try:
                sock.send(b'\0'.join([number, b'%d' % i, verdict.encode(), status, b'm', b'0', b'', b'so be it']) + b'\0')
            except OSError:
                return False
        return True


class Runner:
    """pneu-send in a queue, perhaps under strace"""
    def __init__(self, queue, etc, house, log, before=()):
        self.house, self.log, self.code = house, log, None
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        null = os.open('/dev/null', os.O_RDWR | os.O_CLOEXEC)
        fds = {0: null, 1: null, 2: out, 3: house.theirs[0].fileno(), 4: house.theirs[1].fileno()}
        self.pid = spawn([*before, 'pneu-send'], fds, environment(PNEU_QUEUE=queue, PNEU_ETC=etc))
        for s in house.theirs:          # so that the end of one is the end of its sockets
            s.close()
        os.close(out)
        os.close(null)

    def gone(self):
        if self.code is None:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.code = code_of(status)
        return self.code is not None

    def said(self, words):
        with open(self.log, errors='replace') as f:
            return words in f.read()

    def activity(self):
        """changes whenever it, its neighbours or its children do something"""
        try:
            with open('/proc/%d/status' % self.pid) as f:
                switches = [l for l in f if 'switches' in l or l.startswith('State')]
            with open('/proc/%d/stat' % self.pid) as f:
                spent = f.read().rsplit(')', 1)[1].split()[11:13]
            with open('/proc/%d/task/%d/children' % (self.pid, self.pid)) as f:
                children = f.read()
        except OSError:
            return None
        if children or self.house.asked_for() or 'sleeping' not in ''.join(switches):
            return None
        return switches, spent, self.house.events

    def rest(self, limit=LIMIT):
        """until it has nothing to do, or has ended; False: it never rests"""
        last, since = None, 0

        def quiet():
            nonlocal last, since
            if self.gone():
                return True
            now = self.activity()
            since = since + 1 if now is not None and now == last else 0
            last = now
            return since >= 4
        return wait_until(quiet, limit)

    def tell(self, number):
        if not self.gone():
            os.kill(self.pid, number)

    def end(self, number=signal.SIGTERM):
        """its exit code; None: it would not end"""
        self.tell(number)
        if not wait_until(self.gone):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.code = None
            self.house.close()
            return None
        self.house.close()
        return self.code


def make_etc(path, **files):
    os.makedirs(path)
    for name, content in {'me': 'here.example', 'locals': 'here.example', **files}.items():
        with open(path + '/' + name, 'w') as f:
            f.write(content + '\n')
