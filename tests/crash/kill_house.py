"""kill_house.py SCRATCH - see house.t"""
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time

from crash import *

T = sys.argv[1]
D = T + '/instance'
SEED = int(os.environ.get('PNEU_SEED') or random.randrange(1 << 30))
CLIENTS = 8
VICTIMS = ['pneu-smtpd', 'pneu-queue', 'pneu-local', 'pneu-remote', 'pneu-send', 'pneu-queue', 'pneu-smtpd', 'pneu-lspawn',
           'pneu-local', 'pneu-rspawn', 'pneu-remote', 'pneu-tcpd', 'pneu-queue', 'pneu-start', 'pneu-send']


# bound, and not listening: the system gives the port to nobody but who asks for it by its number
KEEPER = socket.socket()
KEEPER.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
KEEPER.bind(('127.0.0.1', 0))
PORT = KEEPER.getsockname()[1]


def instance(*words):
    r = subprocess.run(['sh', 'scripts/instance', *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, env=dict(os.environ, PNEU_BUILD=B), text=True)
    return r.returncode, r.stdout


# ---- the other host

class Sink:
    def __init__(self):
        self.sock = socket.create_server(('127.0.0.1', 0), backlog=100)
        self.port = self.sock.getsockname()[1]
        self.texts = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            peer, _ = self.sock.accept()
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        try:
            f = peer.makefile('rb')
            peer.sendall(b'220 sink ESMTP\r\n')
            for line in f:
                verb = line[:4].upper()
                if verb == b'DATA':
                    peer.sendall(b'354 go on\r\n')
                    got = []
                    for line in f:
                        if line == b'.\r\n':
                            self.texts.append(b''.join(got))
                            break
                        got.append(line[1:] if line[:1] == b'.' else line)
                    else:
                        break
                peer.sendall(b'221 bye\r\n' if verb == b'QUIT' else b'250-sink\r\n250 PIPELINING\r\n' if verb == b'EHLO' else b'250 ok\r\n')
                if verb == b'QUIT':
                    break
        except OSError:
            pass
        peer.close()


# ---- clients

class Traffic:
    def __init__(self):
        self.sent, self.acknowledged, self.over = {}, {}, threading.Event()
        self.lock, self.errors, self.count = threading.Lock(), 0, 0
        self.threads = [threading.Thread(target=self.client, args=(random.Random(SEED + n),), daemon=True) for n in range(CLIENTS)]
        for t in self.threads:
            t.start()

    def stop(self):
        self.over.set()
        for t in self.threads:
            t.join()

    def make(self, rand):
        with self.lock:
            self.count += 1
            token = 'mail%06d' % self.count
        lines = [b'Subject: %s\n\n' % token.encode()]
        for n in range(rand.choice([3, 10, 40, 40, 100, 3000])):
            lines.append(rand.choice([b'', b'.', b'..', b'>', b'From ', b'\xe4 ']) + b'%s %d %x\n' % (token.encode(), n, rand.getrandbits(64)))
        rcpts = rand.choice([['joe@house.example'], ['ann@house.example'], ['a@sink.example'],
                             ['joe@house.example', 'ann@house.example', 'b@sink.example']])
        return token, rcpts, b''.join(lines)

    def client(self, rand):
        while not self.over.is_set():
            try:
                self.session(rand)
            except OSError:
                with self.lock:
                    self.errors += 1
                self.over.wait(0.05)

    def session(self, rand):
        with socket.create_connection(('127.0.0.1', PORT), timeout=LIMIT) as s:
            f = s.makefile('rb')

            def say(data, want):
                if data:
                    s.sendall(data)
                while True:
                    line = f.readline()
                    if not line.endswith(b'\r\n'):
                        raise OSError('gone')
                    if line[3:4] != b'-':
                        break
                if not line.startswith(want):
                    raise OSError('refused')
            say(b'', b'220')
            say(b'EHLO client.example\r\n', b'250')
            for _ in range(rand.choice([1, 1, 3])):
                token, rcpts, body = self.make(rand)
                wire = re.sub(rb'(?m)^\.', b'..', body).replace(b'\n', b'\r\n')
                say(b'MAIL FROM:<s@client.example>\r\n', b'250')
                for r in rcpts:
                    say(b'RCPT TO:<%s>\r\n' % r.encode(), b'250')
                say(b'DATA\r\n', b'354')
                with self.lock:
                    self.sent[token] = body
                say(wire + b'.\r\n', b'250')
                with self.lock:
                    self.acknowledged[token] = rcpts
            say(b'QUIT\r\n', b'221')


# ---- kills

def processes(session):
    """[(name, pid)] of the instance, shells included"""
    out = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/%s/stat' % pid) as f:
                stat = f.read()
        except OSError:
            continue
        name, rest = stat[stat.index('(') + 1:stat.rindex(')')], stat[stat.rindex(')') + 2:].split()
        if rest[0] not in 'ZX' and int(rest[3]) == session:
            out.append((name, int(pid)))
    return out


def supervisor():
    with open(D + '/pid') as f:
        return int(f.read())


def kill_one(name):
    session = supervisor()
    victims = []

    def there():
        victims[:] = [p for n, p in processes(session) if n == name[:15]]
        return bool(victims)
    if not wait_until(there):
        return False
    try:
        os.kill(random.choice(victims), signal.SIGKILL)
    except ProcessLookupError:
        return kill_one(name)           # it was quicker
    return True


def kill_all():
    """as when the power goes, but for the disk"""
    session = supervisor()
    while True:
        left = processes(session)
        if not left:
            return
        for _, pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def progress(traffic, n):
    """until n more messages have been acknowledged"""
    want = len(traffic.acknowledged) + n
    return wait_until(lambda: len(traffic.acknowledged) >= want)


# ---- what arrived

def maildir(user):
    out = []
    for path in files_below('%s/home/%s/Maildir/new' % (D, user)):
        with open(path, 'rb') as f:
            out.append(f.read())
    return out


def flush():
    try:
        os.kill(supervisor(), signal.SIGALRM)
    except OSError:
        pass


def settle():
    """until the queue is empty"""
    end = time.monotonic() + 3 * LIMIT
    while files_below(D + '/queue/msg'):
        if time.monotonic() > end:
            return False
        flush()
        wait_until(emptied(D + '/queue/msg'), 1)
    return True


def tokens(texts, sent, strange):
    count = collections.Counter()
    for t in texts:
        m = re.search(rb'(?m)^Subject: (mail\d+)$', t)
        token = m[1].decode() if m else ''
        if token in sent and t.endswith(b'\n' + sent[token]):
            count[token] += 1
        else:
            strange.append('%s: %d bytes' % (token or t[-200:], len(t)))
    return count


def judge(traffic, sink):
    strange = []
    got = {'joe@house.example': tokens(maildir('joe'), traffic.sent, strange),
           'ann@house.example': tokens(maildir('ann'), traffic.sent, strange),
           'sink': tokens([t.replace(b'\r\n', b'\n') for t in sink.texts], traffic.sent, strange)}
    lost = ['%s for %s' % (token, r) for token, rcpts in traffic.acknowledged.items() for r in rcpts
            if not got[r if r in got else 'sink'][token]]
    tap.none('each of %d acknowledged messages arrived, complete and unchanged' % len(traffic.acknowledged), lost)
    tap.none('nothing arrived that was not sent, or only a part of it', strange)
    twice = sum(n - 1 for c in got.values() for n in c.values())
    unasked = len({t for c in got.values() for t in c} - set(traffic.acknowledged))
    tap.note('%d deliveries, %d of them duplicates; %d messages arrived though their 250 did not' % (
        sum(map(lambda c: sum(c.values()), got.values())), twice, unasked))


def main():
    tap.note('PNEU_SEED=%d' % SEED)
    random.seed(SEED)
    sink = Sink()
    code, said = instance('init', D, '--smtp', '127.0.0.1:%d' % PORT, '--user', 'joe', '--user', 'ann', '--me', 'house.example')
    tap.ok('an instance', code == 0, [said])
    for name, content in ('smtproutes', 'sink.example:127.0.0.1:%d' % sink.port), ('concurrencylocal', '5'), ('concurrencyremote', '5'):
        with open('%s/etc/%s' % (D, name), 'w') as f:
            f.write(content + '\n')
    code, said = instance('start', D)
    tap.ok('starts', code == 0, [said])
    traffic = Traffic()
    try:
        survived = progress(traffic, 30)
        for n, name in enumerate(VICTIMS):
            survived = survived and kill_one(name) and progress(traffic, 20)
            if not survived:
                tap.note('stuck at kill %d, %s' % (n + 1, name))
                break
        tap.ok('killed %d programs while it worked, each time it went on' % len(VICTIMS), survived,
               open(D + '/log/send', errors='replace').read().split('\n')[-20:])
        kill_all()
        code, said = instance('start', D)
        tap.ok('all killed at once: it starts again', code == 0, [said])
        tap.ok('and takes mail', progress(traffic, 20))
    finally:
        traffic.stop()
    tap.ok('in the end nothing waits', settle(), files_below(D + '/queue/msg'))
    judge(traffic, sink)
    tap.note('%d sessions broke off' % traffic.errors)
    tap.none('nothing in the queue was damaged', files_below(D + '/queue/bad'))
    code, said = instance('stop', D)
    tap.ok('it stops', code == 0, [said])


try:
    main()
finally:
    if os.path.exists(D + '/pid'):
        kill_all()
tap.finish()
