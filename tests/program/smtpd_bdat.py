"""pneu-smtpd and BDAT (RFC 3030): chunks cut in every way, chunks that are refused, text that looks like commands.
argv[1]: a scratch directory."""
import random
import re

from smtpd_wire import (Session, T, bytewise, codes, converse, fresh, ok, queued, run)

HELLO = b'EHLO h\r\n'
OPEN = b'MAIL FROM:<a@b.example>\r\nRCPT TO:<x@here.example>\r\n'
BEGUN = ['220', '250', '250 2.1.0', '250 2.1.5']
ENVELOPE = b'Fa@b.example\0C192.0.2.1\0Tx@here.example\0\0'
TAKEN = '250 2.0.0'


def bdat(text, last=False):
    return b'BDAT %d%s\r\n%s' % (len(text), b' LAST' if last else b'', text)


def after(*packets, **env):
    """codes that follow those of the envelope"""
    packets = [p[i:i + 40000] for p in packets for i in range(0, len(p), 40000)]
    got = converse(HELLO + OPEN, *packets, **env)
    return got[4:] if got[:4] == BEGUN else got


def test_whole():
    for what, text, want in (
            ('a message', b'Subject: x\r\n\r\n.a\r\n..\r\n.\r\nb\r\n', b'Subject: x\n\n.a\n..\n.\nb\n'),
            ('any byte but CR and LF', bytes(b for b in range(256) if b not in (10, 13)) + b'\r\n',
             bytes(b for b in range(256) if b not in (10, 13)) + b'\n'),
            ('a last line without its end, which gets one', b'a\r\nb', b'a\nb\n'),
            ('an empty message', b'', b'')):
        fresh()
        got = after(bdat(text, True) + b'QUIT\r\n')
        ok(got == [TAKEN, '221 2.0.0'] and queued() == (want, ENVELOPE), what, (got, queued()))
    fresh()
    got = after(b'bDaT   4  lAsT \r\nab\r\nNOOP\r\n')
    ok(got == [TAKEN, TAKEN] and queued() == (b'ab\n', ENVELOPE), 'words in any case, blanks as in other commands', got)
    fresh()
    got = converse(HELLO, (OPEN + bdat(b'one\r\n', True)) * 3)
    ok(got == ['220', '250'] + ['250 2.1.0', '250 2.1.5', TAKEN] * 3, 'several messages, pipelined', got)
    fresh()
    s = Session()
    s.send(HELLO + OPEN)
    s.reply(4)
    s.send(bdat(b'a\r\n'))
    ok(codes(s.packet()) == [TAKEN], 'a chunk is answered at once')
    ok(queued() is None, 'and until the last one nothing is queued')
    s.end()
    ok(s.code == 0 and queued() is None, 'nor when the client goes then', s.code)
    fresh()
    converse(HELLO, OPEN, bdat(b'a\r\n', True))
    with open(T + '/q/message', 'rb') as f:
        head = f.read()
    ok(re.match(rb'Received: from h \(\[192\.0\.2\.1\]\)\n\tby mx\.example with ESMTP[^\n]*\na\n$', head),
       'one trace field stands before it', head)


def test_cuts():
    text = b'Subject: x\r\n\r\n\r\n.\r\nQUIT\r\n'
    want = (text.replace(b'\r\n', b'\n'), ENVELOPE)
    bad = []
    for cut in range(len(text) + 1):
        for last in (False, True):          # the last chunk has the rest, or is empty
            fresh()
            chunks = bdat(text[:cut]) + (bdat(text[cut:], True) if last else bdat(text[cut:]) + bdat(b'', True))
            got = after(chunks, b'QUIT\r\n')
            if got != [TAKEN] * (2 if last else 3) + ['221 2.0.0'] or queued() != want:
                bad.append((cut, got, queued()))
    ok(not bad, 'two chunks, wherever they meet, CR LF and its halves too', bad[:2])
    fresh()
    got = after(b''.join(bdat(b) for b in bytewise(text)) + bdat(b'', True))
    ok(set(got) == {TAKEN} and queued() == want, 'chunks of one byte', got[:3])
    stream = bdat(text[:15]) + bdat(b'') + bdat(text[15:], True) + b'NOOP\r\n'
    bad = []
    for cut in range(1, len(stream)):
        fresh()
        got = after(stream[:cut], stream[cut:])
        if got != [TAKEN] * 4 or queued() != want:
            bad.append((cut, got, queued()))
    ok(not bad, 'the wire cut in two at every byte', bad[:2])
    fresh()
    got = after(*bytewise(stream))
    ok(got == [TAKEN] * 4 and queued() == want, 'and into single bytes', got)
    rng = random.Random(3030)
    big = b''.join(bytes(rng.randrange(32, 127) for _ in range(rng.randrange(0, 90))) + b'\r\n' for _ in range(4000))
    at = 0
    parts = []
    while at < len(big):
        n = rng.choice((1, 7, 100, 4096, 30000))
        parts.append(bdat(big[at:at + n]))
        at += n
    stream = b''.join(parts) + bdat(b'', True)
    fresh()
    got = after(stream)
    ok(got == [TAKEN] * (len(parts) + 1) and queued() == (big.replace(b'\r\n', b'\n'), ENVELOPE),
       'a larger message in chunks of many sizes', got[-2:])


def test_lines():
    for text in (b'a\nb\r\n', b'a\rb\r\n', b'a\r', b'\r', b'\n', b'a\r\r\n', b'a\n\rb\r\n'):
        bad = []
        for cut in range(len(text) + 1):
            fresh()
            got = after(bdat(text[:cut]) + bdat(text[cut:], True) + b'NOOP\r\n')
            if got not in ([TAKEN, '554 5.6.0', TAKEN], ['554 5.6.0', '503 5.5.1', TAKEN]) or queued():
                bad.append((cut, got))
        ok(not bad, 'refused as with DATA: %r' % text, bad[:2])


def test_step():
    inner = b'MAIL FROM:<evil@b.example>\r\nRCPT TO:<x@here.example>\r\nDATA\r\nx\r\n.\r\n'
    fresh()
    got = converse(HELLO, bdat(inner), bdat(inner, True), b'NOOP\r\n')
    ok(got == ['220', '250', '503 5.5.1', '503 5.5.1', TAKEN], 'chunks without a transaction are read and refused', got)
    got = converse(bdat(inner, True), b'NOOP\r\n')
    ok(got == ['220', '503 5.5.1', TAKEN], 'and without a hello', got)
    got = converse(b'HELO h\r\n' + OPEN + bdat(inner, True) + b'NOOP\r\n')
    ok(got == ['220', '250', '250 2.1.0', '250 2.1.5', '503 5.5.1', TAKEN], 'and after HELO, which offers none', got)
    got = converse(HELLO + b'MAIL FROM:<a@b.example>\r\nRCPT TO:<x@other.example>\r\n' + bdat(inner) + bdat(inner, True) + b'NOOP\r\n')
    ok(got[3:] == ['550 5.7.1', '554 5.5.1', '554 5.5.1', TAKEN], 'and with no recipient taken', got)
    got = converse(HELLO + b'MAIL FROM:<a@b.example>\r\n' + bdat(inner, True) + b'RCPT TO:<x@here.example>\r\n')
    ok(got[3:] == ['503 5.5.1', '250 2.1.5'], 'and before RCPT', got)
    ok(queued() is None, 'and nothing of them was queued')
    for size in (b'', b'x', b'-1', b'1x', b'0x10', b'+1', b'9223372036854775808', b'99999999999999999999999', b'1 LASTING', b'1 LAST 1',
                 b'LAST', b'1\tLAST'):
        got = after(b'BDAT ' + size + b'\r\n' + inner)
        if got != ['501 5.5.4']:
            break
    for line in (b'BDAT 5\rLAST', b'BDAT 5\0LAST', b'BDAT\0', b'bdat 5 LAST\r'):
        if after(line + b'\r\n' + inner) != ['501 5.5.2']:
            got = (line, after(line + b'\r\n' + inner))
    ok(got == ['501 5.5.4'], 'a chunk of unknown length ends the session: its text is no command', (size, got))
    fresh(databytes=100)
    got = after(bdat(b'x' * 98 + b'\r\n') + bdat(inner) + bdat(inner, True) + OPEN + bdat(b'x' * 98 + b'\r\n', True))
    ok(got == [TAKEN, '552 5.3.4', '503 5.5.1', '250 2.1.0', '250 2.1.5', TAKEN],
       'a chunk too big is read and refused, the next message of the limit is not', got)
    ok(queued() == (b'x' * 98 + b'\n', ENVELOPE), 'and the small one alone was queued')
    fresh(databytes=100)
    got = after(bdat(b'y' * 100000, True), b'NOOP\r\n')
    ok(got == ['552 5.3.4', TAKEN] and not queued(), 'likewise a single one', got)
    fresh(maxhops=2)
    got = after(bdat(b'Received: a\r\nRece') + bdat(b'ived: b\r\nReceived: c\r\n\r\n') + bdat(inner, True) + b'NOOP\r\n')
    ok(got == [TAKEN, '554 5.4.6', '503 5.5.1', TAKEN], 'hops are counted over chunks', got)


def test_states():
    fresh()
    got = after(bdat(b'a\r\n') + b'DATA\r\nMAIL FROM:<b@b.example>\r\nRCPT TO:<y@here.example>\r\nNOOP\r\nVRFY x\r\n' + bdat(b'b\r\n', True))
    ok(got == [TAKEN, '503 5.5.1', '503 5.5.1', '503 5.5.1', TAKEN, '252 2.0.0', TAKEN] and queued() == (b'a\nb\n', ENVELOPE),
       'between chunks there is no DATA, MAIL or RCPT', got)
    for word in (b'RSET', b'EHLO h', b'HELO h'):
        fresh()
        got = after(bdat(b'a\r\n') + word + b'\r\n' + bdat(b'b\r\n', True) + b'RCPT TO:<x@here.example>\r\nEHLO h\r\n' + OPEN + bdat(b'c\r\n', True))
        ok(got[0] == TAKEN and got[2:4] == ['503 5.5.1'] * 2 and got[4:] == ['250', '250 2.1.0', '250 2.1.5', TAKEN] and
           queued() == (b'c\n', ENVELOPE), word.decode() + ' forgets the chunks', (got, queued()))
    fresh()
    got = after(bdat(b'a\r\n') + b'QUIT\r\n')
    ok(got == [TAKEN, '221 2.0.0'] and not queued(), 'QUIT too', got)
    fresh()
    got = after(bdat(b'a\n') + b'RCPT TO:<x@here.example>\r\nDATA\r\n' + OPEN + b'DATA\r\nz\r\n.\r\n')
    ok(got == ['554 5.6.0', '503 5.5.1', '503 5.5.1', '250 2.1.0', '250 2.1.5', '354', TAKEN] and queued() == (b'z\n', ENVELOPE),
       'a refused chunk forgets all', got)
    fresh(maxidlecommands=5)
    got = after(bdat(b'') * 9)
    ok(got == [TAKEN] * 4 + ['421 4.7.0'], 'empty chunks without end end the session', got)
    fresh(maxidlecommands=5)
    got = after(bdat(b'a') * 200 + bdat(b'\r\n', True))
    ok(got == [TAKEN] * 201, 'small ones do not', got[-3:])
    s = Session()
    s.send(b'EHLO h\r\n')
    ok(b'\r\n250-CHUNKING\r\n' in s.end(), 'it is announced')


def test_queue():
    fresh()
    got = after(bdat(b'a\r\n' * 200000), b'NOOP\r\n', bdat(b'b\r\n', True), PNEU_FILTER='/bin/false')
    ok(got == [TAKEN, TAKEN, '451 4.3.0'], 'a queue program that fails is told at the last chunk', got)
    s = Session()
    s.send(HELLO + OPEN)
    s.reply(4)

    def memory():
        with open('/proc/%d/smaps_rollup' % s.process.pid) as f:
            return sum(int(l.split()[1]) for l in f if l.startswith('Anonymous:'))
    s.send(bdat(b'x'))
    s.reply()
    before = memory()
    for _ in range(40):
        s.send(bdat(b'x') * 100)
        s.reply(100)
    grown = memory() - before
    ok(grown < 16, 'four thousand chunks of a byte take no memory', grown)
    with open('/proc/%d/task/%d/children' % (s.process.pid, s.process.pid)) as f:
        ok(f.read() == '', 'nor, yet, a process')
    s.end()
    fresh(timeoutdata=1)
    s = Session()
    s.send(HELLO + OPEN + bdat(b'x'))
    s.reply(5)
    s.send(b'BDAT 5 LAST\r\nab')
    ok(codes(s.packet()) == ['421 4.4.2'], 'a whole message has its time limit, over all chunks')
    s.end()
    ok(not queued(), 'and is not queued')


run(test_whole, test_cuts, test_lines, test_step, test_states, test_queue)
