"""tlsrelay.py WRAPPER DIR - TAP: the program of control/tlsclient against TLS servers of ours (remote/tlsclient.h)

WRAPPER is the command; DIR has good.pem for mx.example with ca.crt, and self.pem."""
import hashlib
import os
import socket
import ssl
import subprocess
import sys
import threading

wrapper, directory = sys.argv[1:3]
count = failed = 0


def ok(good, promise, *seen):
    global count, failed
    count += 1
    failed += not good
    print('%sok %d - %s' % ('' if good else 'not ', count, promise), flush=True)
    if not good:
        print('# got:', *(repr(s)[:300] for s in seen))


def serve(sock, pem, play):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory + '/' + pem)
    try:
        play(sock if play in (garbage, silence, gone) else context.wrap_socket(sock, server_side=True))
    except OSError:
        pass
    sock.close()


def echo(s):
    while True:
        data = s.recv(65536)
        if not data:
            break
        s.sendall(data)
    s.unwrap()


def greet(s):
    s.sendall(b'hello\r\n')
    s.close()


def flood(s):
    s.sendall(bytes(range(256)) * 40960)
    s.close()


def garbage(s):
    s.sendall(b'500 what?\r\n')
    s.recv(1000)


def silence(s):
    while s.recv(1000):
        pass


def gone(s):
    pass


class Run:
    """one connection: facts is the line on descriptor 3, s the clear text"""
    def __init__(self, play, pem='self.pem', host='mx.example', level='must', tlsa=None, command=None, **env):
        net, server = socket.socketpair()
        threading.Thread(target=serve, args=(server, pem, play), daemon=True).start()
        self.s, theirs = socket.socketpair()
        facts, tell = os.pipe()
        env = dict(os.environ, TLS_HOST=host, TLS_ADDRESS='192.0.2.1', TLS_LEVEL=level, **env)
        if tlsa:
            env['TLS_TLSA'] = tlsa
        fds = [(theirs.fileno(), 0), (theirs.fileno(), 1), (tell, 3), (net.fileno(), 6), (net.fileno(), 7)]

        def place():
            moved = [(os.dup2(fd, 50 + i), to) for i, (fd, to) in enumerate(fds)]
            for fd, to in moved:
                os.dup2(fd, to)
            os.closerange(8, 100)
            os.closerange(4, 6)

        self.p = subprocess.Popen(command or ['/bin/sh', '-c', wrapper], env=env, close_fds=False, preexec_fn=place,
                                  stderr=subprocess.DEVNULL, start_new_session=True)
        net.close()
        theirs.close()
        os.close(tell)
        self.s.settimeout(30)
        self.facts = b''
        while not self.facts.endswith(b'\n'):
            got = os.read(facts, 1000)
            if not got:
                break
            self.facts += got
        os.close(facts)

    def read(self, n=None):
        data = b''
        while n is None or len(data) < n:
            got = self.s.recv(1 << 16)
            if not got:
                break
            data += got
        return data

    def code(self):
        self.s.close()
        return self.p.wait(30)


GOOD = b'TLSv1.3 TLS_AES_256_GCM_SHA384\n'
ca = {'TLS_CAFILE': directory + '/ca.crt'}

r = Run(echo)
ok(r.facts == GOOD, 'any certificate', r.facts)
text = b'Q\r\nR\r\nk\r\nK\r\nQuit\r\nRset\r\nB\r\n\0\xff\x04\x1a\n'
for word in text.splitlines(True) + [b'Q', b'\n']:
    r.s.sendall(word)
    text_back = r.read(len(word))
    if text_back != word:
        ok(False, 'a line is a line', word, text_back)
r.s.shutdown(socket.SHUT_WR)
ok(r.read() == b'', 'nothing comes that nobody sent')
ok(r.code() == 0, 'it ends when we do')

big = os.urandom(10 << 20)
r = Run(echo)
sender = threading.Thread(target=r.s.sendall, args=(big,))
sender.start()
ok(r.read(len(big)) == big, 'ten megabytes of anything there and back')
sender.join()
ok(r.code() == 0, 'and its end')
r = Run(flood)
ok(r.read() == bytes(range(256)) * 40960, 'all that a server says before it leaves')
ok(r.code() == 0, 'and its end')
r = Run(greet)
ok(r.read() == b'hello\r\n', 'a server that leaves at once')
ok(r.code() == 0, 'and its end')

r = Run(echo, 'good.pem', level='verify', **ca)
ok(r.facts == GOOD and r.code() == 0, 'a certificate that is good', r.facts)
for pem, host, env, why in (('good.pem', 'other.example', ca, b'- hostname mismatch\n'), ('good.pem', 'mx.example', {}, b'certificate\n'),
                            ('self.pem', 'mx.example', ca, b'- self-signed certificate\n'), ('good.pem', '192.0.2.1', ca, b'- IP address mismatch\n')):
    r = Run(echo, pem, host, 'verify', **env)
    ok(r.facts.endswith(why) and r.facts.startswith(b'- '), 'one that is not, for %s' % host, r.facts)
    ok(r.code() == 2, 'is refused')
der = ssl.PEM_cert_to_DER_cert(open(directory + '/self.crt').read())
full = hashlib.sha256(der).hexdigest()
r = Run(echo, level='dane', tlsa='3 1 1 %s\n3 0 1 %s\n' % ('0' * 64, full), host='any.example')
ok(r.facts == GOOD and r.code() == 0, 'one that the DNS knows', r.facts)
r = Run(echo, 'good.pem', level='dane', tlsa='3 0 1 %s\n' % full)
ok(r.facts.startswith(b'- ') and r.code() == 2, 'one that it does not know', r.facts)
r = Run(echo, level='dane')
ok(r.facts == b'- no TLSA records\n' and r.code() == 100, 'no records', r.facts)
r = Run(echo, level='nonsense')
ok(r.facts.startswith(b'- ') and r.code() == 100, 'an unknown level', r.facts)

for play, name in (garbage, 'a server that speaks no TLS'), (gone, 'one that is gone'):
    r = Run(play)
    ok(r.facts.startswith(b'- ') and r.code() == 1, name, r.facts)
r = Run(echo, command=['pneu-tlsrelay', '/nowhere/openssl', '{}'])
ok(r.facts.startswith(b'- ') and r.code() == 100, 'a program that is not there', r.facts)
r = Run(echo, command=['pneu-tlsrelay', 'sh', '-c', 'echo what went wrong >&2; exit 1'])
ok(r.facts == b'- what went wrong\n' and r.code() == 100, 'one that does not connect', r.facts)
r = Run(echo, command=['pneu-tlsrelay'])
ok(r.code() == 100, 'none at all')
r = Run(echo, command=['sh', '-c', 'exec pneu-tlsrelay true 6<&-'])
ok(r.code() == 100, 'without the network')
r = Run(echo, PATH=os.environ['PATH'], TMPDIR='/nowhere')
ok(r.facts == b'- unable to make a directory\n' and r.code() == 111, 'no place for the socket', r.facts)
ok(os.listdir(os.environ['TMPDIR']) == [], 'nothing is left behind', os.listdir(os.environ['TMPDIR']))
print('1..%d' % count)
sys.exit(failed != 0)
