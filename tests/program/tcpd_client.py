"""A client for the tests of pneu-tcpd.

say ADDRESS PORT [SOURCE]    connect, send "hello" and the end, print what comes back
hear ADDRESS PORT [SOURCE]   connect, send nothing, print what comes
hold ADDRESS PORT FILE       connect, read one byte, make FILE.in, and once FILE.go is there send "late" and print the answer
enter ADDRESS PORT           connect until a session says "in", as a place may become free only in a moment
limits PORT                  what -c 3 -C 2 does, from several loopback addresses
sixtyfour PORT               the same for IPv6: one /64 is one client
crowd ADDRESS PORT N M       M clients, N at a time; print how many were told anything
pass PROGRAM ARG...          become PROGRAM with two listening sockets, as systemd starts one; prints their ports first
"""
import os
import re
import selectors
import socket
import sys
import time


def connect(address, port, source=None):
    return socket.create_connection((address, int(port)), 60, (source, 0) if source else None)


def named(text):
    """Our own words to a client who gets no session end in an ID. Shown is what stands before it."""
    return re.sub(r"(?m)^(421 4\.[^\r\n\[]*?)(?: \[[0-9a-z]{12,24}\])?(\r?\n)",
                  lambda m: m[1] + ("" if m[0].endswith("]" + m[2]) else " without its ID") + m[2], text)


def rest(s):
    return named(received(s))


def received(s):
    got = b""
    while True:
        try:
            more = s.recv(65536)
        except ConnectionResetError:
            return got.decode() + "[reset]"
        if not more:
            return got.decode()
        got += more


def say(address, port, source=None):
    s = connect(address, port, source)
    s.sendall(b"hello\n")
    s.shutdown(socket.SHUT_WR)
    print(rest(s), end="")


def crowd(address, port, at_once, clients):
    """One loop, no threads: each of the sockets is replaced by the next client as soon as the server closes it."""
    select, refused, begun, ended = selectors.DefaultSelector(), 0, 0, 0

    def begin():
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex((address, int(port)))
        select.register(s, selectors.EVENT_READ)

    while ended < int(clients):
        while begun < int(clients) and begun - ended < int(at_once):
            begin()
            begun += 1
        for key, _ in select.select(20):
            try:
                refused += key.fileobj.recv(100) != b""
            except ConnectionResetError:
                pass
            select.unregister(key.fileobj)
            key.fileobj.close()
            ended += 1
    print(refused, "refused")


def hear(address, port, source=None):
    print(rest(connect(address, port, source)), end="")


def hold(address, port, name):
    s = connect(address, port)
    s.recv(1)
    open(name + ".in", "w").close()
    while not os.path.exists(name + ".go"):
        time.sleep(0.02)
    s.sendall(b"late\n")
    s.shutdown(socket.SHUT_WR)
    print(rest(s), end="")


def answer(s):
    """a session of the test's program says "in" first; whoever is refused reads that and the end"""
    got = s.makefile("r").readline()
    return named(got).strip() or "closed"


def leave(s):
    """end a session and return when tcpd's program has ended too"""
    s.shutdown(socket.SHUT_WR)
    rest(s)
    s.close()


def enter(address, port, source=None):
    """a place becomes free when tcpd has heard of the end, a moment after the client has"""
    for _ in range(3000):
        s = connect(address, port, source)
        got = answer(s)
        if got == "in":
            return s
        s.close()
        time.sleep(0.02)
    return None


def limits(port):
    a = [connect("127.0.0.1", port) for _ in range(2)]
    print("1 and 2 of an address:", *[answer(s) for s in a])
    print("3 of an address:", answer(connect("127.0.0.1", port)))
    b = connect("127.0.0.1", port, "127.0.0.2")
    print("3 in all:", answer(b))
    print("4 in all:", answer(connect("127.0.0.1", port, "127.0.0.3")))
    print("4 in all, of an address with 2:", answer(connect("127.0.0.1", port)))
    leave(b)
    b = enter("127.0.0.1", port, "127.0.0.3")
    print("after one has left:", "in" if b else "never")
    leave(a[0])
    a[0] = enter("127.0.0.1", port)
    print("and at the limit of an address:", "in" if a[0] else "never")
    print("but not one more:", answer(connect("127.0.0.1", port, "127.0.0.4")))


def sixtyfour(port):
    a = [connect("2001:db8::1", port, "2001:db8::%d" % n) for n in (1, 2)]
    print("two addresses of a /64:", *[answer(s) for s in a])
    print("a third:", answer(connect("2001:db8::1", port, "2001:db8::3")))
    print("the next /64:", answer(connect("2001:db8::1", port, "2001:db8:0:1::3")))


def passed(*program):
    socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    print(*[s.getsockname()[1] for s in socks], flush=True)
    fds = [os.dup2(s.fileno(), 20 + i) for i, s in enumerate(socks)]
    for i, fd in enumerate(fds):
        os.dup2(fd, 3 + i, inheritable=True)
    os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES="smtp:smtp")
    os.execvp(program[0], program)


if __name__ == "__main__":
    {"say": say, "hear": hear, "hold": hold, "limits": limits, "sixtyfour": sixtyfour, "pass": passed, "crowd": crowd,
     "enter": lambda a, p: print("in" if enter(a, p) else "never")}[sys.argv[1]](*sys.argv[2:])
