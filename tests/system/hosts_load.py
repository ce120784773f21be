"""Senders for tests with several hosts: mail that is sent until somebody has taken it.

usage: hosts_load.py load DIR SERVER[,SERVER] RCPT...   each message until it is acknowledged, with its number as the body; the numbers
                                         that were go to DIR/acked, a line each; until there is DIR/stop
       hosts_load.py reply SERVER SOURCE FROM RCPT   the reply to RCPT, of a client with that address (any, if empty)
       hosts_load.py bytes SERVER        send standard input at once, and print the codes of all replies
       hosts_load.py missing DIR MAILDIR...   which of DIR/acked are in none of these directories
"""
import glob, os, random, re, smtplib, socket, sys, threading, time


def one(server, number, rcpt):
    with smtplib.SMTP(server, 25, "client.test", timeout=8) as s:
        s.sendmail("sender@client.test", [rcpt], "Subject: load\nX-Number: %d\n\nnumber %d\n" % (number, number))


def load(directory, servers, *rcpts):
    lock, numbers = threading.Lock(), iter(range(10 ** 6))
    out = open(directory + "/acked", "a", buffering=1)
    stop = directory + "/stop"

    def sender():
        while not os.path.exists(stop):
            with lock:
                number = next(numbers)
            while True:
                try:
                    one(random.choice(servers.split(",")), number, rcpts[number % len(rcpts)])
                    break
                except (smtplib.SMTPException, OSError):
                    if os.path.exists(stop):
                        return
                    time.sleep(0.05)
            with lock:
                out.write("%d\n" % number)
            time.sleep(0.1)

    threads = [threading.Thread(target=sender) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def reply(server, source, sender, rcpt):
    with smtplib.SMTP(server, 25, "client.test", timeout=20, source_address=(source, 0) if source else None) as s:
        s.ehlo()
        s.mail(sender)
        code, text = s.rcpt(rcpt)
        print(code, re.sub(r" \[.*", "", text.decode()))


def talk(server):
    s = socket.create_connection((server, 25), 20)
    s.sendall(sys.stdin.buffer.read())
    got = b""
    try:
        for more in iter(lambda: s.recv(4096), b""):
            got += more
    except ConnectionResetError:
        pass
    print(*[line[:3] for line in got.decode().split("\r\n") if line and line[3:4] != "-"])


def missing(directory, *maildirs):
    want = set(open(directory + "/acked").read().split())
    for d in maildirs:
        for name in glob.glob(d + "/new/*") + glob.glob(d + "/cur/*"):
            with open(name, "rb") as f:
                want.discard(re.search(rb"^X-Number: (\d+)", f.read(), re.M).group(1).decode())
    print(*sorted(want, key=int))


{"load": load, "reply": reply, "bytes": talk, "missing": missing}[sys.argv[1]](*sys.argv[2:])
