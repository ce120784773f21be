"""pneu-smtpd on sockets. A SOCK_SEQPACKET pair keeps packets apart: each of ours is one read(2) of the server, each
of its writes one packet for us, so that every cut is exact and nothing is timed. argv[1]: a scratch directory."""
import os
import random
import re
import socket
import subprocess
import sys
import time

T = sys.argv[1]
ETC, Q = T + '/etc', T + '/q'
QUEUE = T + '/queue'
count = failed = 0
START = b'HELO h\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<x@here.example>\r\nDATA\r\n'


def ok(good, promise, detail=''):
    global count, failed
    count += 1
    failed += not good
    print('%sok %d - %s' % ('' if good else 'not ', count, promise))
    if not good and detail != '':
        print('# ' + repr(detail)[:2000])
    sys.stdout.flush()


def setting(name, value):
    with open(ETC + '/' + name, 'w') as f:
        f.write(str(value) + '\n')


def fresh(**settings):
    for d in (ETC, Q):
        os.makedirs(d, exist_ok=True)
        for name in os.listdir(d):
            os.unlink(d + '/' + name)
    setting('me', 'mx.example')
    setting('rcpthosts', 'here.example')
    for name, value in settings.items():
        setting(name, value)


def queued():
    """message without our trace field, and envelope, of what the queue program got; None: nothing"""
    try:
        with open(Q + '/done', 'rb'):
            pass
        with open(Q + '/message', 'rb') as f:
            message = f.read()
        with open(Q + '/envelope', 'rb') as f:
            envelope = f.read()
    except FileNotFoundError:
        return None
    return message.split(b'\n', 2)[2], envelope


def no_id(reply):
    """a refusal without the session's id, which it must have"""
    return re.sub(rb' \[[0-9a-z]{12,24}\]$', b'', reply) if re.search(rb' \[[0-9a-z]{12,24}\]$', reply) else reply + b' without its id'


class Session:
    def __init__(self, kind=socket.SOCK_SEQPACKET, **env):
        self.sock, theirs = socket.socketpair(socket.AF_UNIX, kind)
        self.sock.settimeout(60)        # only so that a broken server fails the test instead of hanging it
        clean = {k: v for k, v in os.environ.items() if not re.match('TCP|RELAYCLIENT|DATABYTES|QMAILQUEUE', k)}
        clean.update({'PNEU_ETC': ETC, 'PNEU_FILTER': QUEUE, 'Q': Q, 'TCPREMOTEIP': '192.0.2.1', **env})
        with open(T + '/log', 'wb') as log:
            self.process = subprocess.Popen(['pneu-smtpd'], stdin=theirs, stdout=theirs, stderr=log, env=clean)
        theirs.close()

    def send(self, *packets):
        for p in packets:
            try:
                self.sock.sendall(p)
            except (BrokenPipeError, ConnectionResetError):
                return

    def packet(self):
        try:
            return self.sock.recv(1 << 20)
        except ConnectionResetError:
            return b''

    def reply(self, n=1):
        """n replies, each as its last line without CR LF"""
        got = getattr(self, 'rest', b'')
        while len(re.findall(rb'(?m)^\d\d\d .*\r\n', got)) < n:
            p = self.packet()
            if not p:
                break
            got += p
        ends = [m.end() for m in re.finditer(rb'(?m)^\d\d\d .*\r\n', got)][:n]
        cut = ends[-1] if ends else len(got)
        self.rest = got[cut:]
        last = [l for l in got[:cut].split(b'\r\n') if re.match(rb'\d\d\d ', l)]
        return last[0] if n == 1 and last else last

    def end(self):
        """all that is still said, after we have said all"""
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        got = getattr(self, 'rest', b'')
        while True:
            p = self.packet()
            if not p:
                break
            got += p
        self.sock.close()
        self.code = self.process.wait()
        return got


def codes(got):
    return [l[:9].decode() if l[3:5] in (b' 2', b' 4', b' 5') else l[:3].decode()
            for l in got.split(b'\r\n') if re.match(rb'\d\d\d ', l)]


def converse(*packets, **env):
    s = Session(**env)
    s.send(*packets)
    return codes(s.end())


def bytewise(data):
    return [data[i:i + 1] for i in range(len(data))]


def test_pipelining():
    fresh()
    text = (b'EHLO h\r\nMAIL FROM:<a@b.example> SIZE=9\r\nRCPT TO:<x@here.example>\r\nRCPT TO:<y@other.example>\r\nDATA\r\n'
            b'..a\r\n.b\r\n\r\n.\r\nRSET\r\nMAIL FROM:<>\r\nQUIT\r\n')
    want = ['220', '250', '250 2.1.0', '250 2.1.5', '550 5.7.1', '354', '250 2.0.0', '250 2.0.0', '250 2.1.0', '221 2.0.0']
    body = (b'.a\nb\n\n', b'Fa@b.example\0C192.0.2.1\0Tx@here.example\0\0')
    bad = []
    for cut in range(len(text) + 1):
        fresh()
        got = converse(text[:cut], text[cut:]) if 0 < cut < len(text) else converse(text)
        if got != want or queued() != body:
            bad.append((cut, got, queued()))
    ok(not bad, 'a pipelined session reads the same wherever it is cut in two', bad[:2])
    fresh()
    ok(converse(*bytewise(text)) == want and queued() == body, 'and byte by byte')
    s = Session()
    s.packet()
    s.send(b'EHLO h\r\n')
    s.packet()
    s.send(b'MAIL FROM:<a@b.example>\r\nRCPT TO:<x@here.example>\r\nRCPT TO:<y@other.example>\r\nDATA\r\n')
    p = s.packet()
    ok(codes(p) == ['250 2.1.0', '250 2.1.5', '550 5.7.1', '354'], 'a group is answered in order and in one packet', p)
    s.send(b'a\r\n', b'.\r\nMAIL FROM:<>\r\nRCPT TO:<x@here.example>\r\nNOOP')
    p = s.packet()
    ok(codes(p) == ['250 2.0.0', '250 2.1.0', '250 2.1.5'], 'the answers do not wait for the rest of a command', p)
    s.send(b'\r\n')
    ok(codes(s.packet()) == ['250 2.0.0'], 'which is answered when it is complete')
    s.end()
    ok(s.code == 0, 'a session that just ends exits 0', s.code)


def test_smuggling():
    inner = b'MAIL FROM:<evil@b.example>\r\nRCPT TO:<x@here.example>\r\nDATA\r\nsmuggled\r\n'
    false_ends = [b'\n.\n', b'\n.\r\n', b'\r\n.\n', b'\r.\r', b'\r.\r\n', b'\n.\r', b'\r\n.\r', b'\r\n.\r\r\n', b'\r\r.\r\r\n',
                  b'\n\r.\n\r', b'\r\n\n.\n', b'\r\n.\n\r\n', b'\n\n.\n\n', b'\r\n\r.\r\n', b'\r.\n', b'\n.\n.\n', b'\r\n.\r.\r\n']
    harmless = [b'\r\n\0.\r\n', b'\r\n.\0\r\n', b'\0\r\n.\0.\r\n', b'\r\n..\r\n', b'\r\n. \r\n', b'\r\n .\r\n', b'\r\n.\x0b\r\n',
                b'\r\n.\x85\r\n', b'\r\n.\xe2\x80\xa8\r\n', b'\r\n.\x8d\x8a\r\n']
    for ends, want in ((false_ends, '554 5.6.0'), (harmless, '250 2.0.0')):
        bad = []
        for end in ends:
            text = b'first' + end + inner + b'.\r\nQUIT\r\n'
            for packets in ([START, text], [START] + bytewise(text), [START + text]):
                fresh()
                got = converse(*packets)
                q = queued()
                if got[4:] != ['354', want, '221 2.0.0'] or (q is None) != (want[0] == '5') or (q and b'evil' in q[1]):
                    bad.append((end, got, q))
        ok(not bad, '%s: one message, one answer, no commands out of the data' %
           ('false ends with bare CR or LF are refused' if want[0] == '5' else 'false ends without are text'), bad[:2])
    fresh()
    got = converse(START, b'a\r\n..\r\n.x\r\n...\r\n.\r\n')
    ok(got[-1] == '250 2.0.0' and queued()[0] == b'a\n.\nx\n..\n', 'stuffing is removed and only that', queued())


def test_lines():
    fresh()
    for n, want in ((4095, '250 2.0.0'), (4096, '250 2.0.0'), (4097, '500 5.5.2')):
        line = b'NOOP ' + b'x' * (n - 7) + b'\r\n'
        for packets in ([line], [line[:4000], line[4000:]], [line[:-1], line[-1:]], [line[:-2], line[-2:]]):
            got = converse(*packets, b'QUIT\r\n')
            ok(got == ['220', want, '221 2.0.0'], 'a command of %d bytes in %d packets' % (n, len(packets)), got)
    for size in (65535, 65536, 65537, 1000000):
        line = b'NOOP ' + b'RSET\rRSET\0' * (size // 10) + b'x' * (size % 10)
        packets = [line[i:i + 30000] for i in range(0, len(line), 30000)]
        got = converse(*packets, b'\r\n', b'NOOP\r\nQUIT\r\n')
        ok(got == ['220', '500 5.5.2', '250 2.0.0', '221 2.0.0'], 'one of %d is one mistake' % size, got)
    got = converse(b'HELO ' + b'h' * 255 + b'\r\nHELO ' + b'h' * 256 + b'\r\nQUIT\r\n')
    ok(got == ['220', '250', '501 5.5.4', '221 2.0.0'], 'a name in HELO has at most 255 bytes', got)
    local, domain = b'l' * 500, b'@here.example'
    got = converse(b'HELO h\r\nMAIL FROM:<' + local + domain + b'>\r\nRCPT TO:<' + local + domain + b'>\r\nRCPT TO:<x' +
                   local + domain + b'>\r\nRSET\r\nMAIL FROM:<x' + local + domain + b'>\r\n')
    ok(got[2:] == ['250 2.1.0', '250 2.1.5', '501 5.1.3', '250 2.0.0', '501 5.1.7'], 'a local part at most 500', got)
    text = b'x' * 3000000 + b'\r\n' + b'y\r\n'
    fresh()
    got = converse(START, *[text[i:i + 32768] for i in range(0, len(text), 32768)], b'.\r\n')
    ok(got[-1] == '250 2.0.0' and queued()[0] == text.replace(b'\r\n', b'\n'), 'a line of text may be of any length', got)


def test_content():
    fresh()
    rnd = random.Random(1)
    lines = []
    for _ in range(60000):
        n = rnd.choice((0, 1, 2, 7, 8, 9, 60, 78, 998))
        line = bytes(rnd.choice(b'ab.\t\x00\xff\x8d\x8a\x0b\x0c') for _ in range(min(n, 12))) * (n // 12 + 1)
        lines.append(line[:n])
    wire = b''.join((b'.' if l[:1] == b'.' else b'') + l + b'\r\n' for l in lines) + b'.\r\n'
    s = Session(socket.SOCK_STREAM)
    s.send(START)
    s.reply(5)
    s.send(wire)
    got = s.reply()
    ok(got[:9] == b'250 2.0.0' and queued()[0] == b''.join(l + b'\n' for l in lines),
       '%d bytes of everything arrive unchanged' % len(wire), got)
    size = sum(len(l) + 2 for l in lines)
    s.send(b'QUIT\r\n')
    s.end()
    with open(T + '/log') as f:
        ok(' bytes %d ' % size in f.read(), 'and are counted as RFC 1870 counts')
    for limit, want in ((size, '250 2.0.0'), (size - 1, '552 5.3.4')):
        fresh(databytes=limit)
        s = Session(socket.SOCK_STREAM)
        s.send(START + wire + b'QUIT\r\n')
        got = codes(s.end())
        ok(got[-2:] == [want, '221 2.0.0'] and (queued() is None) == (want[0] == '5'), 'with databytes %d' % limit, got)


def test_recipients():
    fresh()
    rcpt = b''.join(b'RCPT TO:<recipient-number-%d@here.example>\r\n' % i for i in range(2001))
    s = Session(socket.SOCK_STREAM)
    s.send(b'HELO h\r\nMAIL FROM:<a@b.example>\r\n' + rcpt + b'DATA\r\n')
    got = [r[:9] for r in s.reply(3 + 2001 + 1)]
    s.send(b'.\r\nQUIT\r\n')
    rest = codes(s.end())
    ok(got.count(b'250 2.1.5') == 2000 and got.count(b'452 4.5.3') == 1 and rest == ['250 2.0.0', '221 2.0.0'],
       '2000 recipients are taken, one more waits', (got[-3:], rest))
    ok(queued() and queued()[1].count(b'\0T') == 2000, 'and all are in the envelope')
    fresh()
    rcpt = b''.join(b'RCPT TO:<%s%d@here.example>\r\n' % (b'r' * 490, i) for i in range(400))
    s = Session(socket.SOCK_STREAM)
    s.send(b'HELO h\r\nMAIL FROM:<a@b.example>\r\n' + rcpt + b'DATA\r\n')
    got = [r[:9] for r in s.reply(3 + 400 + 1)]
    s.send(b'.\r\nQUIT\r\n')
    rest = codes(s.end())
    taken = got.count(b'250 2.1.5')
    ok(100 <= taken < 400 and got.count(b'452 4.5.3') == 400 - taken and rest == ['250 2.0.0', '221 2.0.0'],
       'very long ones until their memory is full', (taken, rest))
    ok(queued() and queued()[1].count(b'\0T') == taken and queued()[1].endswith(b'\0\0'), 'and those taken are served')


def test_ends():
    fresh()
    got = converse(b'HELO h\r\nMAIL FROM:<a@b.example>\r\n')
    ok(got == ['220', '250', '250 2.1.0'], 'a half-closed connection gets its answers', got)
    for cut in (START + b'text', START + b'text\r\n.', START + b'text\r\n.\r', START):
        fresh()
        got = converse(cut)
        ok(got[-1] == '354' and queued() is None, 'an end inside the data leaves nothing: %r' % cut[-8:], got)
    fresh()
    ok(converse(START + b'x\r\n.\r\n')[-1] == '250 2.0.0' and queued() is not None, 'an end right after it leaves a message')
    fresh()
    rnd = random.Random(2)
    for what, data in (('random bytes', bytes(rnd.randrange(256) for _ in range(200000))),
                       ('random lines', b'\r\n'.join(bytes(rnd.randrange(32, 127) for _ in range(30)) for _ in range(100))),
                       ('commands in disorder', b'\r\n'.join(rnd.choice((b'DATA', b'RCPT TO:<x@here.example>', b'.', b'EHLO',
                                                             b'MAIL FROM:<>x', b'RSET x')) for _ in range(100)))):
        s = Session(socket.SOCK_STREAM)
        s.send(data)
        got = s.end()
        ok(s.code == 0 and queued() is None and re.fullmatch(rb'(?:[2-5]\d\d[ -][ -~]{2,506}\r\n)+', got),
           '%s: well-formed replies and nothing queued' % what, got[-200:])


def test_time():
    fresh(timeoutsmtpd=1)
    s = Session()
    got = s.reply(2)
    ok([no_id(g) for g in got[1:]] == [b'421 4.4.2 mx.example timeout, closing connection'], 'a silent client is told 421', got)
    ok(s.packet() == b'' and s.process.wait() == 0, 'and left')
    s = Session()
    s.send(START + b'half')
    ok([g[:9] for g in s.reply(6)][-1] == b'421 4.4.2' and s.end() == b'' and queued() is None, 'in the data too')
    for name, begin in (('timeoutcommand', b'NO'), ('timeoutdata', START + b'x')):
        fresh(**{name: 1})
        s = Session()
        s.send(begin)
        s.reply(1 if name == 'timeoutcommand' else 5)
        s.sock.settimeout(0.1)
        for _ in range(300):                    # one byte now and then, each well within the time for one wait
            try:
                got = s.packet()
                break
            except socket.timeout:
                s.send(b'x')
        ok(codes(got) == ['421 4.4.2'] and queued() is None, 'a client that drips is ended by %s' % name, got)
        s.sock.settimeout(60)
        s.end()
    fresh(timeoutsession=1)
    s = Session()
    s.reply()
    for _ in range(600):
        s.send(b'NOOP\r\n')
        got = s.reply()
        if not got.startswith(b'250'):
            break
        time.sleep(0.02)
    ok(no_id(got) == b'421 4.4.2 mx.example this session has lasted too long' and s.packet() == b'',
       'a lively client that brings nothing is ended too', got)
    s.end()
    fresh(timeoutsmtpd=1, maxidlecommands=1000000)
    s = Session(socket.SOCK_STREAM)
    s.sock.settimeout(5)
    try:
        while True:
            s.sock.sendall(b'HELP\r\n' * 1000)
    except OSError:
        pass
    ok(s.process.wait(60) == 0, 'a client that does not read is left')
    s.sock.close()


def test_memory():
    with open([d + '/pneu-smtpd' for d in os.environ['PATH'].split(':') if os.path.exists(d + '/pneu-smtpd')][0], 'rb') as f:
        program = f.read()
    if b'__asan_' in program or not os.path.exists('/proc/self/smaps_rollup'):
        ok(True, 'an idle session is small # SKIP needs a plain build and /proc')
        return
    limit = 100 if b'GLIBC_' in program else 60
    fresh()
    s = Session()
    s.send(b'EHLO h\r\n')
    s.reply(2)
    # memory that is this session's alone; pages of the program's file are shared by all sessions
    with open('/proc/%d/smaps_rollup' % s.process.pid) as f:
        own = sum(int(l.split()[1]) for l in f if l.startswith('Anonymous:'))
    print('# %d KiB' % own)
    ok(0 < own < limit, 'an idle session has less than %d KiB of its own' % limit, own)
    s.end()


def queue_program():
    with open(QUEUE, 'w') as f:
        f.write('#!/bin/sh\ncat >"$Q/message"\ncat <&1 >"$Q/envelope"\n[ -s "$Q/envelope" ] || exit 54\n: >"$Q/done"\nprintf ID1 >&6\n')
    os.chmod(QUEUE, 0o755)


def run(*tests):
    queue_program()
    for test in tests:
        test()
    print('1..%d' % count)
    sys.exit(failed != 0)


if __name__ == '__main__':
    run(test_pipelining, test_smuggling, test_lines, test_content, test_recipients, test_ends, test_time, test_memory)
