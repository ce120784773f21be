"""notify_listen.py SOCKET FILE: hear what is sent to SOCKET ("@NAME" is one that is no file), as systemd does, and write
each message as a line to FILE, its own lines joined by blanks, numbers of MONOTONIC_USEC as N. FILE is there when it listens."""
import re
import socket
import sys

name, path = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\0" + name[1:] if name[0] == "@" else name)
with open(path, "w", buffering=1) as f:
    while True:
        text = s.recv(4096).decode().strip()
        print(re.sub(r"USEC=\d+", "USEC=N", " ".join(text.split("\n"))), file=f)
