"""tcpd_renew.py PORT PID TIMES: connect without a pause while PID gets HUP so often, each when the one before is in the log
(named by LOG in the environment); print how many connections were refused, cut, or answered wrongly."""
import os
import signal
import socket
import sys
import threading
import time

port, pid, times = map(int, sys.argv[1:])
bad, good, over = [], 0, threading.Event()


def knock():
    global good
    while not over.is_set():
        try:
            s = socket.create_connection(("127.0.0.1", port), 30)
            s.settimeout(30)
            s.sendall(b"hello\n")
            s.shutdown(socket.SHUT_WR)
            got = b""
            while more := s.recv(100):
                got += more
            if got != b"hello\n":
                bad.append(got)
            good += 1
            s.close()
        except OSError as e:
            bad.append(e)


def anew():
    with open(os.environ["LOG"]) as f:
        return f.read().count("started anew")


threads = [threading.Thread(target=knock) for _ in range(2)]
for t in threads:
    t.start()
before = anew()
for n in range(times):
    os.kill(pid, signal.SIGHUP)
    until = time.monotonic() + 30
    while anew() <= before + n and time.monotonic() < until:
        time.sleep(0.005)
over.set()
for t in threads:
    t.join()
print(anew() - before, "times anew,", len(bad), "bad", *bad[:3])
sys.exit(good < times)
