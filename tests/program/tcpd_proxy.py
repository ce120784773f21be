"""A proxy's side for the tests of pneu-tcpd.

send PORT SOURCE [PIECES]       connect, send standard input in so many pieces, print what comes back
stall PORT SOURCE FILE          connect, send part of a header, make FILE, print what comes back
hold PORT SOURCE FILE           connect, send standard input, make FILE.in once something comes, wait for FILE.go, end
v2 SOURCE DESTINATION PORT PORT [LOCAL]   write a header of version 2 to standard output
haproxy CONFIG COUNT            become haproxy with COUNT listening sockets from descriptor 10 on; prints their ports first
talk PORT SOURCE [tls]          connect, send a line and the end, print what comes back
"""
import ipaddress
import os
import socket
import ssl
import struct
import sys
import time

sys.dont_write_bytecode = True                 # nothing is left beside the tests
from tcpd_client import named


def connect(port, source):
    return socket.create_connection(("127.0.0.1", int(port)), 20, (source, 0))


def rest(s):
    got = b""
    while True:
        try:
            more = s.recv(65536)
        except ConnectionResetError:
            more = b""
        if not more:
            return named(got.decode().replace("\r\n", "\n"))
        got += more


def send(port, source, pieces="1"):
    data, s = sys.stdin.buffer.read(), connect(port, source)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    size = max(1, -(-len(data) // int(pieces)))
    try:
        for i in range(0, len(data), size):
            s.sendall(data[i:i + size])
            if int(pieces) > 1:
                time.sleep(0.002)       # only so that the pieces arrive as such; nothing depends on it
        s.shutdown(socket.SHUT_WR)
    except OSError:
        pass                            # it has heard enough
    print(rest(s), end="")


def stall(port, source, name):
    s = connect(port, source)
    s.sendall(b"PROXY TCP4 192.0.2.1")
    open(name, "w").close()
    print("[%s]" % rest(s))


def hold(port, source, name):
    s = connect(port, source)
    s.sendall(sys.stdin.buffer.read())
    s.recv(1)
    open(name + ".in", "w").close()
    while not os.path.exists(name + ".go"):
        time.sleep(0.02)
    s.shutdown(socket.SHUT_WR)
    rest(s)


def v2(source, destination, sport, dport, local=None):
    a, b = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    ends = a.packed + b.packed + struct.pack("!HH", int(sport), int(dport))
    head = b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x20 if local else 0x21, 0x11 if a.version == 4 else 0x21])
    sys.stdout.buffer.write(head + struct.pack("!H", len(ends)) + ends)


def haproxy(config, count):
    socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(count))]
    print(*[s.getsockname()[1] for s in socks], flush=True)
    high = [os.dup(s.fileno()) for s in socks]
    high = [os.dup2(fd, 30 + i) for i, fd in enumerate(high)]
    for i, fd in enumerate(high):
        os.dup2(fd, 10 + i, inheritable=True)
    os.execvp("haproxy", ["haproxy", "-q", "-db", "-f", config])


def talk(port, source, tls=None):
    s = connect(port, source)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        s = context.wrap_socket(s, server_hostname="mx.example.org")
    s.sendall(b"hello\n")
    if not tls:
        s.shutdown(socket.SHUT_WR)
    print(rest(s) if not tls else s.recv(65536).decode(), end="")


if __name__ == "__main__":
    {"send": send, "stall": stall, "hold": hold, "v2": v2, "haproxy": haproxy, "talk": talk}[sys.argv[1]](*sys.argv[2:])
