"""supervise.py: mail for the tests of supervisors, over SMTP to 127.0.0.1 port 25

load SENT STOP     two clients send mail to joe, one message a session, until the file STOP is there. Each message has a number; SENT
                   gets the number once it was acknowledged, in a line of its own. What fails is tried again.
strict SENT STOP   the same, but every connection must be taken and every message acknowledged; prints what was not
hold FILE          begin a session; once FILE.go is there, end it with a message; prints the answer. FILE.in: it has begun
arrived MAILDIR    the numbers that are there, each once
"""
import os
import pathlib
import re
import socket
import sys
import threading
import time


class Refused(Exception):
    pass


class Session:
    def __init__(self):
        self.s = socket.create_connection(("127.0.0.1", 25), 30)
        self.f = self.s.makefile("rb")
        try:
            self.expect("220")
        except (OSError, Refused):
            self.close()
            raise

    def expect(self, code):
        while True:
            line = self.f.readline().decode()
            if line[3:4] != "-":
                break
        if not line.startswith(code):
            raise Refused(line.strip() or "connection ended")
        return line.strip()

    def close(self):
        self.f.close()
        self.s.close()

    def say(self, text, code):
        self.s.sendall(text.encode() + b"\r\n")
        return self.expect(code)

    def message(self, number):
        self.say("HELO client.example", "250")
        self.say("MAIL FROM:<x@sender.example>", "250")
        self.say("RCPT TO:<joe@mail.example.org>", "250")
        self.say("DATA", "354")
        return self.say(f"Subject: {number}\r\nX-Number: {number}\r\n\r\nbody\r\n.", "250")


def client(me, sent, stop, bad):
    n = 0
    while not os.path.exists(stop):
        n += 1
        number, s = f"{os.getpid()}.{me}.{n}", None
        try:
            s = Session()
            s.message(number)
            os.write(sent, (number + "\n").encode())
            time.sleep(0.01)
        except (OSError, Refused) as e:
            bad.append(repr(e))
            time.sleep(0.05)
        finally:
            if s:
                s.close()


def load(strict, file, stop):
    sent = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    bad = []
    threads = [threading.Thread(target=client, args=(i, sent, stop, bad)) for i in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if strict:
        print("failed:", len(bad), *bad[:3])


def hold(file):
    s = Session()
    pathlib.Path(file + ".in").touch()
    until = time.monotonic() + 60
    while not os.path.exists(file + ".go") and time.monotonic() < until:
        time.sleep(0.02)
    try:
        print(s.message("held")[:3])
    except (OSError, Refused) as e:
        print(repr(e))


def arrived(maildir):
    found = set()
    for name in pathlib.Path(maildir).glob("*/*"):
        m = re.search(rb"^X-Number: (\S+)", name.read_bytes(), re.M)
        if m:
            found.add(m.group(1).decode())
    print(*sorted(found), sep="\n")


what = sys.argv[1]
if what in ("load", "strict"):
    load(what == "strict", *sys.argv[2:])
elif what == "hold":
    hold(sys.argv[2])
else:
    arrived(sys.argv[2])
