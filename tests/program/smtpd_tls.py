"""pneu-smtpd behind programs that do TLS: a UCSPI-TLS parent and tlswrapper's newer form are played here, tlswrapper itself
is run where it is installed. Nothing is timed. argv[1]: a scratch directory with etc, q, check, pem, crt, key."""
import base64
import os
import re
import select
import shutil
import socket
import ssl
import subprocess
import sys
import threading

T = sys.argv[1]
count = failed = 0
# argv: two descriptors, which become 5 and 6, and a program
DESCRIPTORS = """import fcntl, os, sys
a, b = (fcntl.fcntl(int(x), fcntl.F_DUPFD_CLOEXEC, 20) for x in sys.argv[1:3])
os.closerange(3, 20)
os.dup2(a, 5)
os.dup2(b, 6)
os.execvp(sys.argv[3], sys.argv[3:])"""


def ok(good, promise, detail=''):
    global count, failed
    count += 1
    failed += not good
    print('%sok %d - %s' % ('' if good else 'not ', count, promise))
    if not good and detail != '':
        print('# ' + repr(detail)[:2000])
    sys.stdout.flush()


def setting(name, value):
    with open(T + '/etc/' + name, 'w') as f:
        f.write(value + '\n')


def unset(name):
    os.unlink(T + '/etc/' + name)


def server_context():
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(T + '/pem')
    return c


def client_context():
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.load_verify_locations(T + '/crt')
    c.check_hostname = False
    return c


def relay(net, to_child, from_child):
    """between TLS and two pipe ends, as a TLS program is; one thread, for an SSL object bears no two"""
    try:
        while True:
            ready = [net] if net.pending() else select.select([net, from_child], [], [])[0]
            if net in ready:
                b = net.recv(4096)
                if not b:
                    break
                os.write(to_child, b)
            if from_child in ready:
                b = os.read(from_child, 4096)
                if not b:
                    break
                net.sendall(b)
    except OSError:
        pass
    os.close(to_child)
    net.close()


class Session:
    """A client of one pneu-smtpd; kind 'plain', 'ucspi', 'new' or 'old'"""

    def __init__(self, kind, args=(), env=None, pairs=b'SSL_PROTOCOL=TLSv1.3\0SSL_CIPHER=TLS_AES_128\0X=y\0\0',
                 sign=b'\0'):
        self.sock, self.net = socket.socketpair()
        for x in self.sock, self.net:
            x.settimeout(60)           # only so that a broken server fails the test instead of hanging it
        self.file = self.sock.makefile('rb')
        self.pairs, self.sign = pairs, sign
        self.log = open(T + '/log', 'w+b')
        self.env = dict(os.environ, **(env or {}))
        self.argv = ['pneu-smtpd'] + list(args)
        self.tls = False
        getattr(self, kind)()
        self.read()

    def spawn(self, argv, fds, **how):
        self.p = subprocess.Popen(argv, stderr=self.log, pass_fds=fds, env=self.env, **how)

    def plain(self):
        self.spawn(self.argv, (), stdin=self.net, stdout=self.net)
        self.net.close()

    def old(self):
        self.spawn(['tlswrapper', '-n', '-f', T + '/pem'] + self.argv, (), stdin=self.net, stdout=self.net)
        self.net.close()

    def ucspi(self):
        ours, theirs = socket.socketpair()
        r, to_child = os.pipe()
        from_child, w = os.pipe()
        self.env.update(SSLCTLFD=str(theirs.fileno()), SSLREADFD=str(r), SSLWRITEFD=str(w))
        self.spawn(self.argv, (theirs.fileno(), r, w), stdin=self.net, stdout=self.net)
        theirs.close()
        os.close(r)
        os.close(w)
        threading.Thread(target=self.ucspi_parent, args=(ours, to_child, from_child), daemon=True).start()

    def ucspi_parent(self, control, to_child, from_child):
        if control.recv(1) != b'Y':
            self.net.close()            # TLS was declined
            return
        try:
            net = server_context().wrap_socket(self.net, server_side=True)
            control.sendall(self.pairs)
        except OSError:
            control.close()
            self.net.close()
            return
        control.close()
        relay(net, to_child, from_child)

    def new(self):
        r, self.to_child = os.pipe()
        self.from_child, w = os.pipe()
        self.five, five = os.pipe()
        six, self.six = os.pipe()
        self.spawn([sys.executable, '-c', DESCRIPTORS, str(five), str(six)] + self.argv, (five, six), stdin=r, stdout=w)
        for fd in r, w, five, six:
            os.close(fd)
        threading.Thread(target=self.new_parent, daemon=True).start()

    def new_parent(self):
        net = self.net
        done = threading.Event()

        def answers():
            while True:
                b = os.read(self.from_child, 4096)
                if not b:
                    break
                net.sendall(b)
                if b.endswith(b'ready for TLS\r\n'):
                    break
            done.set()
            if not b:
                net.close()
        t = threading.Thread(target=answers, daemon=True)
        t.start()
        line = b''
        while not line.endswith(b'STARTTLS\r\n' + self.more()):
            b = net.recv(4096)
            if not b:
                os.close(self.to_child)
                return
            line += b
            os.write(self.to_child, b)
        if os.read(self.five, 1) != b'\0':
            return
        done.wait()
        os.write(self.six, self.sign)
        os.close(self.six)
        if self.sign != b'\0':
            return
        try:
            tls = server_context().wrap_socket(net, server_side=True)
        except OSError:
            os.close(self.to_child)
            return
        relay(tls, self.to_child, self.from_child)

    injected = b''

    def more(self):
        return Session.injected

    def send(self, b):
        self.sock.sendall(b)

    def read(self):
        """one whole reply"""
        lines = []
        while True:
            line = self.file.readline()
            lines.append(line.decode().rstrip())
            if line[3:4] != b'-':
                return lines

    def say(self, line):
        self.send(line.encode() + b'\r\n')
        return self.read()

    def code(self, line):
        return self.say(line)[-1][:9].strip()

    def handshake(self):
        self.sock = client_context().wrap_socket(self.sock)
        self.file = self.sock.makefile('rb')

    def starttls(self):
        got = self.say('STARTTLS')[-1]
        self.handshake()
        return got

    def close(self):
        try:
            self.sock.close()
            self.file.close()
        except OSError:
            pass
        self.p.wait(60)
        self.log.seek(0)
        return self.log.read().decode()


def mail(s):
    return [s.code('MAIL FROM:<a@b.example>'), s.code('RCPT TO:<x@here.example>'), s.code('DATA'), s.code('text\r\n.')]


def trace():
    with open(T + '/q/message') as f:
        return re.sub(r' id .*', '', f.readline() + f.readline()).split('\n')[1].strip()


def extensions(reply):
    return [x[4:] for x in reply[1:]]


kinds = ['ucspi', 'new']
if shutil.which('tlswrapper') and os.geteuid() == 0:
    kinds.append('old')
else:
    print('# tlswrapper itself is not tried: it is not installed, or this is not root')
names = {'ucspi': 'UCSPI-TLS', 'new': "tlswrapper's newer form", 'old': 'tlswrapper itself'}
check = [T + '/check']
login = 'AUTH PLAIN ' + base64.b64encode(b'\0ann\0secret').decode()
injections = (b'EHLO evil\r\nMAIL FROM:<evil@b.example>\r\n', b'NOOP\r\n', b'X')

for kind in kinds:
    name = names[kind] + ': '
    s = Session(kind, check)
    got = extensions(s.say('EHLO one.example'))
    ok('STARTTLS' in got and not any(x.startswith('AUTH') for x in got), name + 'STARTTLS is offered, and no AUTH before it', got)
    ok(s.code(login) == '538 5.7.1' and s.code('STARTTLS now') == '501 5.5.4', name + 'no password in clear, no argument')
    s.say('MAIL FROM:<a@b.example>')
    s.say('RCPT TO:<x@here.example>')
    ok(s.starttls().startswith('220 '), name + 'the handshake succeeds')
    ok(s.code('MAIL FROM:<a@b.example>') == '503 5.5.1', name + 'then nobody has said hello')
    got = extensions(s.say('EHLO two.example'))
    ok('STARTTLS' not in got and 'AUTH PLAIN LOGIN' in got, name + 'STARTTLS is offered no more, AUTH is', got)
    ok(s.code('STARTTLS') == '503 5.5.1', name + 'nor taken')
    ok(s.code('DATA') == '503 5.5.1' and s.code('RCPT TO:<x@here.example>') == '503 5.5.1', name + 'the envelope is forgotten')
    got = mail(s)
    ok(got == ['250 2.1.0', '250 2.1.5', '354 end w', '250 2.0.0'], name + 'mail passes', got)
    facts = ' (TLSv1.3 TLS_AES_128)' if kind == 'ucspi' else ''
    ok(trace() == 'by mx.example with ESMTPS' + facts, name + 'the trace tells', trace())
    s.code(login)
    mail(s)
    ok(trace() == 'by mx.example with ESMTPSA' + facts, name + 'and who logs in', trace())
    s.code('QUIT')
    log = s.close()
    ok(re.search(r' tls client \S+ (%s)$' % ('TLSv1.3 TLS_AES_128' if facts else 'yes'), log, re.M), name + 'so does the log', log)

    for injected in injections:
        Session.injected = injected
        s = Session(kind)
        s.say('EHLO one.example')
        s.send(b'STARTTLS\r\n' + injected)
        got = s.read()[-1]
        s.handshake()
        try:
            after = s.code('EHLO two.example'), s.code('RSET'), s.code('QUIT')
        except OSError as e:
            after = e
        ok(got.startswith('220 ') and after == ('250 ENHAN', '250 2.0.0', '221 2.0.0'), name + '%r behind STARTTLS is gone' % injected,
           (got, after))
        log = s.close()
        ok('bytes thrown away: %d' % len(injected) in log, name + 'and logged', log)
    Session.injected = b''

fell = []
for n in range(12) if 'old' in kinds else ():
    s = Session('old')
    s.say('EHLO one.example')
    s.send(b'STARTTLS\r\n')
    try:
        for i in range(n):              # each a packet of its own, racing with the server and the wrapper
            s.send(b'EHLO evil%d\r\n' % i)
        s.read()
        s.handshake()
        if s.code('MAIL FROM:<a@b.example>') not in ('503 5.5.1', '421 4.7.0'):
            fell.append(n)
    except OSError:                     # what comes after the wrapper has begun is no TLS, and ends the session
        pass
    s.close()
if 'old' in kinds:
    ok(not fell, 'clear text that races with the handshake gets nowhere', fell)

# a wrapper of the old kind that the system keeps from running passes on in clear what it got before it looked at its pipe
ours, theirs = socket.socketpair()
ours.settimeout(60)
five, w = os.pipe()
null = os.open('/dev/null', os.O_RDONLY)
with open(T + '/log', 'w+b') as log:
    p = subprocess.Popen([sys.executable, '-c', DESCRIPTORS, str(w), str(null), 'pneu-smtpd'], stdin=theirs, stdout=theirs, stderr=log,
                         pass_fds=(w, null))
for fd in theirs.detach(), w, null:
    os.close(fd)
file = ours.makefile('rb')
file.readline()
ours.sendall(b'EHLO one.example\r\nSTARTTLS\r\n')
while os.read(five, 4096):              # 220, then the end
    pass
for n in range(6000):                   # until the server believes in TLS
    with open(T + '/log', 'rb') as log:
        if b' tls client ' in log.read():
            break
    select.select([], [], [], .01)
ours.sendall(b'EHLO evil.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<x@here.example>\r\nDATA\r\n')
ours.shutdown(socket.SHUT_WR)
got = [line[:9] for line in file.read().decode().split('\r\n') if line[3:4] == ' ']
ok(got == ['250 ENHAN', '421 4.7.0'], 'nor when the wrapper comes late', got)
p.wait()
file.close()
ours.close()
os.close(five)

s = Session('new', sign=b'x')
s.say('EHLO one.example')
s.say('STARTTLS')
ok('lost client' in s.close(), 'a wrapper that refuses ends the session')
s = Session('ucspi')
s.say('EHLO one.example')
s.say('STARTTLS')
s.send(b'this is no handshake\r\n')
ok('lost client' in s.close(), 'a handshake that fails ends the session')
s = Session('ucspi', pairs=b'\0\0')
s.say('EHLO one.example')
s.starttls()
ok(s.code('EHLO two.example') == '250 ENHAN' and mail(s)[3] == '250 2.0.0' and trace() == 'by mx.example with ESMTPS',
   'a UCSPI-TLS parent that tells nothing', trace())
s.close()
s = Session('ucspi', pairs=b'SSL_CIPHER=a b\n)(evil\0' + b'LONG=' + b'x' * 5000 + b'\0SSL_PROTOCOL=TLS\0' + b'A=\0' * 500 + b'\0')
s.say('EHLO one.example')
s.starttls()
s.say('EHLO one.example')
mail(s)
ok(trace() == 'by mx.example with ESMTPS (TLS a?b???evil)', 'what it tells cannot leave its place', trace())
s.close()
s = Session('ucspi', pairs=b'x' * 70000)
s.say('EHLO one.example')
s.starttls()
try:
    got = s.say('EHLO two.example')[-1]
except OSError:
    got = ''
ok(got == '' and 'lost client' in s.close(), 'nor can it go on for ever', got)

# --- required
setting('requiretls', 'mail')
s = Session('ucspi')
s.say('EHLO one.example')
got = s.say('MAIL FROM:<a@b.example>')[0]
ok(got.startswith('530 5.7.0 ') and 'STARTTLS comes first' in got and s.code('QUIT') == '221 2.0.0', 'requiretls: no mail without TLS', got)
s.close()
s = Session('ucspi')
s.say('EHLO one.example')
s.starttls()
s.say('EHLO one.example')
ok(s.code('MAIL FROM:<a@b.example>') == '250 2.1.0', 'and mail with it')
s.close()
s = Session('plain')
s.say('EHLO one.example')
got = s.say('MAIL FROM:<a@b.example>')[0]
ok(s.code('STARTTLS') == '502 5.5.1' and got.startswith('530 5.7.0 '), 'also where there is no TLS at all', got)
ok('STARTTLS' not in got and '465' in got, 'where nobody is sent to look for STARTTLS', got)
s.close()
s = Session('plain', check)
s.say('EHLO one.example')
got = s.say(login)[0]
ok(got.startswith('538 5.7.11 ') and 'STARTTLS' not in got and '465' in got, 'nor for a password', got)
s.close()
setting('requiretls', 'sometimes')
s = subprocess.run(['pneu-smtpd'], input=b'', stdout=subprocess.PIPE, stderr=subprocess.PIPE)
ok(s.returncode == 111 and s.stdout.startswith(b'421 '), 'nonsense in it is no service')
unset('requiretls')

# --- from the start
s = Session('plain', check, env={'SSL_PROTOCOL': 'TLSv1.2', 'SSL_CIPHER': 'ECDHE', 'SSL_CIPHER_USEKEYSIZE': '256'})
got = extensions(s.say('EHLO one.example'))
ok('STARTTLS' not in got and 'AUTH PLAIN LOGIN' in got, 'TLS from the start, as the environment says', got)
mail(s)
ok(trace() == 'by mx.example with ESMTPS (TLSv1.2 ECDHE 256)', 'with its facts in the trace', trace())
s.close()
s = Session('plain', check, env={'SMTPS': ''})
s.say('EHLO one.example')
mail(s)
ok(trace() == 'by mx.example with ESMTPS', 'or SMTPS alone', trace())
s.close()
s = Session('plain', check, env={'SSLCTLFD': '77', 'SSLREADFD': '78', 'SSLWRITEFD': '79', 'SSL_PROTOCOL': 'x'})
got = extensions(s.say('EHLO one.example'))
ok('STARTTLS' not in got and not any(x.startswith('AUTH') for x in got), 'descriptors that are not there offer nothing', got)
s.close()
with open(T + '/file5', 'w') as f:
    p = subprocess.run(['sh', '-c', 'exec pneu-smtpd 5>"$0"', T + '/file5'], input=b'EHLO h\r\nSTARTTLS\r\n', stdout=subprocess.PIPE,
                       stderr=subprocess.DEVNULL)
ok(b'STARTTLS\r\n' not in p.stdout and b'\r\n502 ' in p.stdout and os.path.getsize(T + '/file5') == 0,
   'a file left open as descriptor 5 is no TLS', p.stdout)

print('1..%d' % count)
sys.exit(failed > 0)
