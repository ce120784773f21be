#!/usr/bin/env python3
"""smtpserver.py - an SMTP server that says what a test wants

    smtpserver.py DIR [OPTION...] [RULE=ANSWER...]
    smtpserver.py --follow FILE DIR [--address A] [--port P]

Listens on a free port of 127.0.0.1 (option --address A: there; --port P: there) until it is killed. With --follow the
lines of FILE are DIR, OPTIONs and RULEs; it is read again for each connection, and a new DIR begins anew: one server
for a whole row of tests. Written below DIR:
    port        the port, once it listens (with --follow: below the DIR of the command line)
    log         a line per event: "C connect", "C LINE" for each command, "C data N" (bytes as sent, final dot included;
                after BDAT LAST those of all chunks),
                "C eof" or "C reset"; C counts the connections from 1
    wire.N      the N-th text as it came, final dot included
    text.N      the same decoded: CR LF to LF, dots taken away

A RULE is a verb or an event: greeting, ehlo, helo, lhlo, mail, rcpt, data, dot, bdat, last (BDAT with LAST), rset, quit, idle
(just after the answer to a text; the log has "C idle"). With --lmtp dot is asked for each recipient that was accepted, and its RCPT is the line. It may be narrowed: "2/mail" on the 2nd connection, "mail#3" the 3rd of its kind on a connection, "rcpt:bob" when
the line contains bob. The first rule that fits counts; without one the server is content.

An ANSWER is text; "\\n" in it is CR LF (one is added at its end), "\\xNN" that byte; these words end it and say what else:
    !close      close the connection after the text
    !reset      the same with an RST
    !hang       never answer this one
    !deaf       read nothing more
    !raw        add no line end
    !drip       send the text byte by byte, slowly
    !endless    send the text again and again until the client goes away
    !split      send the text in small segments
    !lf         line ends are LF alone
    !unread     to BDAT: its bytes are not read, so they are the next commands
With --tls PEM (certificate and key) STARTTLS is offered, with --implicit as well TLS is there from the start. Event handshake
comes just before it: with an ANSWER there is none. The log then has "C tls VERSION NAME", NAME as the client asked for it, or
"C notls" when it comes to nothing.
With --user NAME:SECRET a client must log in before MAIL, with AUTH PLAIN, LOGIN, XOAUTH2 or OAUTHBEARER, offered or not. An
ANSWER to auth that begins with 334 is asked, and what comes then counts as if it stood in the line; each further line is event
response. Any other answer is the end of it. The log has "C login MECHANISM" or "C nologin".
Options: --offer TEXT, --offer-tls TEXT: the same after EHLO, always or inside TLS; --pipelining, --8bit, --utf8, --dsn, --chunking, --size N, --limits TEXT: offered after EHLO; --rcptmax N: more
recipients of one transaction are refused with 452; --lmtp: LHLO, and an answer for each recipient; --unix PATH: it listens
there; --halt: no connection is accepted at all; --slow-read: pause
before reading a text.
"""
import base64
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time

lock = threading.Lock()


def unescape(s):
    s = s.replace('\\n', '\r\n')
    return re.sub(rb'\\x([0-9a-fA-F]{2})', lambda m: bytes([int(m[1], 16)]), s.encode('latin-1'))


def decode(raw):
    lines = raw.split(b'\r\n')
    if lines[-2:] != [b'.', b''] or b'.' in lines[:-2]:
        return b'not one text: ' + raw
    return b''.join((l[1:] if l[:1] == b'.' else l) + b'\n' for l in lines[:-2])


def plain(raw):
    if re.search(rb'\r(?!\n)|(?<!\r)\n', raw):
        return b'a line end alone: ' + raw
    return raw.replace(b'\r\n', b'\n')


class Over(Exception):
    pass


class Connection:
    def __init__(self, play, sock):
        self.play, self.sock = play, sock
        play.connections += 1
        self.number = play.connections
        self.counts = {}
        self.buffered = b''
        self.tls = False
        self.login = not play.user
        self.accepted, self.chunks = [], b''
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log(self, text):
        with lock:
            with open(self.play.dir + '/log', 'ab') as f:
                f.write(b'%d %s\n' % (self.number, text))

    def rule(self, event, line):
        self.counts[event] = self.counts.get(event, 0) + 1
        for where, what, count, part, answer in self.play.rules:
            if what == event and where in (None, self.number) and count in (None, self.counts[event]) and \
                    (part is None or part.encode() in line):
                return answer
        return None

    def read(self):
        got = self.sock.recv(65536)
        if not got:
            self.log(b'eof')
            raise Over
        self.buffered += got

    def line(self):
        while b'\r\n' not in self.buffered:
            self.read()
        line, self.buffered = self.buffered.split(b'\r\n', 1)
        return line

    def say(self, answer):
        text, *words = re.split(r'(?=!(?:close|reset|hang|deaf|raw|drip|endless|split|lf|unread))', answer)
        if '!hang' in words:
            while True:
                self.read()
        raw = unescape(text)
        if raw and '!raw' not in words:
            raw += b'\r\n'
        if '!lf' in words:
            raw = raw.replace(b'\r\n', b'\n')
        if '!endless' in words:
            raw = raw * (65536 // max(1, len(raw)))
            while True:
                self.sock.sendall(raw)
        if '!drip' in words or '!split' in words:
            for i in range(len(raw)):
                self.sock.sendall(raw[i:i + 1])
                time.sleep(0.3 if '!drip' in words else 0.0005)
        else:
            self.sock.sendall(raw)
        if '!deaf' in words:
            time.sleep(3600)
        if '!reset' in words:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            raise Over
        if '!close' in words:
            raise Over

    def answer(self, event, line, default):
        answer = self.rule(event, line)
        self.say(default if answer is None else answer)
        return default if answer is None else answer

    def text(self):
        if self.play.slow:
            time.sleep(0.2)
        searched = 0
        while not (self.buffered.startswith(b'.\r\n') or self.buffered.find(b'\r\n.\r\n', searched) >= 0):
            searched = max(0, len(self.buffered) - 4)
            self.read()
        if self.buffered.startswith(b'.\r\n'):
            n = 3
        else:
            n = self.buffered.index(b'\r\n.\r\n') + 5
        raw, self.buffered = self.buffered[:n], self.buffered[n:]
        self.keep(raw, decode(raw))
        for line in self.accepted if self.play.lmtp else [raw]:
            self.answer('dot', line, '250 2.0.0 taken')
        self.idle()

    def keep(self, raw, text):
        with lock:
            self.play.texts += 1
            for name, what in ('wire', raw), ('text', text):
                with open('%s/%s.%d' % (self.play.dir, name, self.play.texts), 'wb') as f:
                    f.write(what)
        self.log(b'data %d' % len(raw))

    def chunk(self, line):
        words = line.upper().split()
        last = words[2:] == [b'LAST']
        answer = self.rule('last' if last else 'bdat', line)
        if answer and '!unread' in answer:
            return self.say(answer)
        n = int(words[1])
        while len(self.buffered) < n:
            self.read()
        self.chunks, self.buffered = self.chunks + self.buffered[:n], self.buffered[n:]
        if not answer:
            answer = '503 5.5.1 for nobody' if not self.accepted else '250 2.0.0 taken' if last else '250 2.0.0 that too'
        if last:
            if self.accepted:
                self.keep(self.chunks, plain(self.chunks))
            self.accepted, self.chunks = [], b''
        self.say(answer)
        if last:
            self.idle()

    def idle(self):
        idle = self.rule('idle', b'')
        if idle is not None:
            self.say(idle)
            self.log(b'idle')

    def handshake(self):
        answer = self.rule('handshake', b'')
        if answer is not None:
            self.say(answer)
            return
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.play.pem)
        asked = ['']
        context.sni_callback = lambda _, name, __: asked.__setitem__(0, name or '')
        try:
            self.sock = context.wrap_socket(self.sock, server_side=True)
        except OSError:
            self.log(b'notls')
            raise Over
        self.tls, self.buffered = True, b''
        self.log(b'tls %s %s' % (self.sock.version().encode(), asked[0].encode()))

    def ask(self, question):
        """what the client says to it, or None: there is nothing more to say"""
        self.say('334 ' + question)
        line = self.line()
        self.log(line)
        answer = self.rule('response', line)
        if answer is not None or line == b'*':
            self.say(answer or '501 5.7.0 as you wish')
            return None
        return base64.b64decode(line, validate=True)

    def proof(self, mechanism, got):
        """is it right? None: it is over already. got is what stood in the line (RFC 4954, RFC 7628)"""
        user, secret = self.play.user
        if mechanism == 'LOGIN':
            name = self.ask('VXNlcm5hbWU6')
            password = None if name is None else self.ask('UGFzc3dvcmQ6')
            return None if password is None else (name, password) == (user, secret)
        if got is None:
            got = self.ask('')
        if got is None or mechanism == 'PLAIN':
            return got and got == b'\0%s\0%s' % (user, secret)
        if mechanism == 'XOAUTH2':
            right = b'user=%s\1auth=Bearer %s\1\1' % (user, secret)
        else:
            got = re.sub(b'\1host=[a-z.0-9]+\1', b'\1', got)
            user = user.replace(b'=', b'=3D').replace(b',', b'=2C')
            right = b'n,a=%s,\1auth=Bearer %s\1\1' % (user, secret)
        if got == right:
            return True
        return None if self.ask(base64.b64encode(b'{"status":"401"}').decode()) is None else False

    def auth(self, line):
        _, mechanism, *initial = line.decode('latin-1').split(' ')
        got = base64.b64decode(initial[0], validate=True) if initial else None
        answer = self.rule('auth', line)
        if answer is not None and not answer.startswith('334'):
            self.say(answer)
            return
        if answer is not None:
            got = self.ask(answer[4:])
            if got is None:
                return
        good = self.proof(mechanism.upper(), got)
        if good is None:
            return
        self.login = good
        self.log(b'login ' + mechanism.encode() if good else b'nologin')
        self.say('235 2.7.0 welcome' if good else '535 5.7.8 no such user or password')

    def commands(self):
        if self.play.implicit:
            self.handshake()
        self.answer('greeting', b'', '220 test ESMTP')
        while True:
            line = self.line()
            self.log(line)
            verb = line[:4].upper().decode('latin-1').lower()
            default = {'ehlo': self.play.ehlo if self.tls else self.play.ehlo_clear, 'helo': '250 test', 'mail': '250 2.1.0 sender ok',
                       'rcpt': '250 2.1.5 recipient ok', 'data': '354 go on', 'rset': '250 2.0.0 forgotten',
                       'quit': '221 2.0.0 bye!close'}.get(verb, '500 5.5.1 what?')
            if self.play.lmtp and verb in ('ehlo', 'helo', 'lhlo'):
                default = self.play.ehlo if verb == 'lhlo' else '500 5.5.1 LHLO it is'
            if verb in ('mail', 'rset'):
                self.accepted, self.chunks = [], b''
            if verb == 'rcpt' and self.play.rcptmax and len(self.accepted) >= self.play.rcptmax:
                default = '452 4.5.3 too many'
            if verb == 'auth' and self.play.user:
                self.auth(line)
            elif verb == 'mail' and not self.login:
                self.say('530 5.7.0 log in first')
            elif verb == 'bdat' and b' ' in line:
                self.chunk(line)
            elif verb == 'star' and self.play.pem and not self.tls:
                if self.answer('starttls', line, '220 2.0.0 go on').startswith('220'):
                    self.handshake()
            else:
                answer = self.answer(verb, line, default)
                if verb == 'rcpt' and answer.startswith('2'):
                    self.accepted.append(line)
                if answer.startswith('354'):
                    self.text()

    def run(self):
        try:
            self.log(b'connect')
            self.commands()
        except Over:
            pass
        except OSError:
            self.log(b'reset')
        self.sock.close()


class Play:
    """what the server does, and where it writes that down"""
    def __init__(self, directory, args):
        self.dir, self.rules, self.slow, self.halt = directory, [], False, False
        self.connections = self.texts = 0
        self.address, self.port = '127.0.0.1', 0
        self.pem, self.implicit = None, False
        self.path, self.lmtp, self.rcptmax = None, False, 0
        self.user = None
        offers, inside = [], []
        while args:
            arg = args.pop(0)
            if arg == '--pipelining':
                offers.append('PIPELINING')
            elif arg == '--8bit':
                offers.append('8BITMIME')
            elif arg in ('--dsn', '--chunking'):
                offers.append(arg[2:].upper())
            elif arg == '--utf8':
                offers.append('SMTPUTF8')
            elif arg == '--limits':
                offers.append('LIMITS ' + args.pop(0))
            elif arg == '--rcptmax':
                self.rcptmax = int(args.pop(0))
            elif arg == '--lmtp':
                self.lmtp = True
            elif arg == '--unix':
                self.path = args.pop(0)
            elif arg == '--size':
                offers.append('SIZE ' + args.pop(0))
            elif arg == '--offer':
                offers.append(args.pop(0))
            elif arg == '--offer-tls':
                inside.append(args.pop(0))
            elif arg == '--user':
                self.user = args.pop(0).encode('latin-1').split(b':', 1)
            elif arg == '--tls':
                self.pem = args.pop(0)
            elif arg == '--implicit':
                self.implicit = True
            elif arg == '--slow-read':
                self.slow = True
            elif arg == '--halt':
                self.halt = True
            elif arg == '--address':
                self.address = args.pop(0)
            elif arg == '--port':
                self.port = int(args.pop(0))
            else:
                self.rules.append(self.parse(arg))
        self.ehlo = self.offer(offers + inside)
        self.ehlo_clear = self.offer(offers + ['STARTTLS']) if self.pem and not self.implicit else self.ehlo

    def offer(self, offers):
        return '\\n'.join('250%s%s' % (' ' if i == len(offers) else '-', w)
                           for i, w in enumerate(['test'] + offers))

    def parse(self, arg):
        m = re.fullmatch(r'(?:(\d+)/)?([a-z]+)(?:#(\d+))?(?::([^=]*))?=(.*)', arg, re.S)
        if not m:
            raise SystemExit('smtpserver.py: what is %s?' % arg)
        where, what, count, part, answer = m.groups()
        return where and int(where), what, count and int(count), part, answer


def listen(play):
    if play.path:
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(play.path + '.new')
        sock.listen(64)
        os.rename(play.path + '.new', play.path)        # whoever finds it may connect
        return sock
    sock = socket.create_server((play.address, play.port), backlog=0 if play.halt else 64,
                                family=socket.AF_INET6 if ':' in play.address else socket.AF_INET)
    with open(play.dir + '/port.new', 'w') as f:
        print(sock.getsockname()[1], file=f)
    os.rename(play.dir + '/port.new', play.dir + '/port')
    return sock


def main(args):
    follow = None
    if args[:1] == ['--follow']:
        follow = args[1]
        del args[:2]
    if not args:
        raise SystemExit(__doc__)
    play = Play(args[0], args[1:])
    sock = listen(play)
    while play.halt:
        time.sleep(60)
    while True:
        peer, _ = sock.accept()
        if follow:
            with open(follow) as f:
                lines = f.read().split('\n')[:-1]
            if lines[0] != play.dir:
                play = Play(lines[0], lines[1:])
        threading.Thread(target=Connection(play, peer).run, daemon=True).start()


main(sys.argv[1:])
