# qmqp_fake.py PORTFILE DIR BEHAVIOUR... - a server of QMQP that does what it is told, for pneu-qmqpc
#
# The first connection meets the first BEHAVIOUR, and so on; the last one stays. What it sent is in DIR once it has ended, and
# before it is answered if all of it is read first, in a file named by the next free number from 1 on. With "::1" in $FAKE_HOST it listens there.
#   TEXT          reads all of the request, answers with the netstring of TEXT: "Kok", "Zlater"
#   raw:TEXT      the same, and TEXT as it is, with the escapes of Python
#   early:TEXT    the netstring of TEXT at once, before it has read anything; what comes is read then
#   hangup:TEXT   the netstring of TEXT at once, and hangs up when it has read one byte
#   cut:N         hangs up, with a reset, when it has read N bytes or more
#   silent        reads everything and never answers
#   stuck         reads nothing
#   full          the port is there, and no connection comes about
#   dead          the port is kept, and nobody listens
import os, select, signal, socket, struct, sys

portfile, where, script = sys.argv[1], sys.argv[2], sys.argv[3:]
host = os.environ.get("FAKE_HOST", "127.0.0.1")


def netstring(b):
    return b"%d:%s," % (len(b), b)


def whole(b):
    head, colon, _ = bytes(b[:30]).partition(b":")
    return colon and len(b) > len(head) + 1 + int(head)


def read_all(c, got):
    """until the request is whole, or the client has gone"""
    while not whole(got):
        more = c.recv(65536)
        if not more:
            break
        got += more
    return got


def reset(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()


def keep(got):
    with open("%s/new" % where, "wb") as f:
        f.write(got)
    os.rename("%s/new" % where, "%s/%d" % (where, len(os.listdir(where))))


def serve(c, what):
    """what was sent, or None if that is kept already"""
    got = bytearray()
    kind, _, text = what.partition(":")
    try:
        if kind == "cut":
            while len(got) < int(text):
                got += c.recv(65536)
            reset(c)
            return got
        if kind in ("early", "hangup"):
            c.sendall(netstring(text.encode()))
            if kind == "hangup":
                c.recv(1)               # it has begun
                c.close()
                return got
            c.shutdown(socket.SHUT_WR)
            while c.recv(65536):
                pass
            return got
        if kind == "stuck":
            p = select.poll()
            p.register(c, select.POLLRDHUP)
            p.poll()
            return got
        keep(read_all(c, got))
        got = None
        if kind == "silent":
            while c.recv(65536):
                pass
        elif kind == "raw":
            c.sendall(text.encode().decode("unicode_escape").encode("latin1"))
        else:
            c.sendall(netstring(what.encode()))
    except ConnectionError:
        pass
    c.close()
    return got


def publish(port):
    with open(portfile + ".new", "w") as f:
        f.write("%d\n" % port)
    os.rename(portfile + ".new", portfile)


s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((host, 0))
port = s.getsockname()[1]
held = []
if script[0] != "dead":
    s.listen(0 if script[0] == "full" else 20)
if script[0] == "full":
    # more connections than there is room for: the kernel lets the next one wait
    for i in range(4):
        c = socket.socket()
        c.setblocking(False)
        c.connect_ex((host, port))
        held.append(c)
publish(port)
if script[0] in ("dead", "full"):
    signal.pause()
n = 0
while True:
    c, _ = s.accept()
    got = serve(c, script[min(n, len(script) - 1)])
    n += 1
    if got is not None:
        keep(got)
