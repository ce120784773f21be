# smtp.py - say one message to a mail server: smtp.py [-8] [ADDRESS:]PORT SENDER RECIPIENT... <message
#
# Lines of the message end in LF; its bytes are sent as they are, whatever they are. Prints the reply to each RCPT that is
# not 250, then the one to the end of the message (or to DATA). -8: BODY=8BITMIME. Parameters may follow an address after
# a blank, as in 'joe@one.test NOTIFY=SUCCESS'. Exit 0 if the message was taken.
import socket, sys

args = sys.argv[1:]
body = b' BODY=8BITMIME' if args[0] == '-8' else b''
if body:
    args.pop(0)
port, sender, *rcpts = args
host, _, port = port.rpartition(':')
s = socket.create_connection((host or '127.0.0.1', int(port)), 60)
replies = s.makefile('rb')


def hear():
    line = replies.readline()
    while line[3:4] == b'-':
        line = replies.readline()
    return line.decode('latin-1').rstrip()


def say(line):
    s.sendall(line + b'\r\n')
    return hear()


def path(arg):
    address, blank, parameters = arg.encode().partition(b' ')
    return b'<%s>' % address + blank + parameters


hear()
say(b'EHLO client.test')
r = say(b'MAIL FROM:%s%s' % (path(sender), body))
if not r.startswith('250'):
    print(r)
for rcpt in rcpts:
    r = say(b'RCPT TO:%s' % path(rcpt))
    if not r.startswith('250'):
        print(r)
r = say(b'DATA')
if r.startswith('354'):
    text = sys.stdin.buffer.read()
    if text[-1:] == b'\n':
        text = text[:-1]
    lines = [b'.' + l if l[:1] == b'.' else l for l in text.split(b'\n')]
    s.sendall(b'\r\n'.join(lines) + b'\r\n.\r\n')
    r = hear()
print(r)
s.sendall(b'QUIT\r\n')
hear()
sys.exit(not r.startswith('250'))
