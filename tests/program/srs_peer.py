"""Run postsrsd and ask it.

usage: srs_peer.py SECRETFILE DOMAIN <questions     each line "forward ADDRESS" or "reverse ADDRESS"
Prints what it says to each, "ADDRESS" or "500 TEXT". Exit 2: it does not start here.
"""
import shutil, socket, subprocess, sys, time

program = shutil.which("postsrsd", path="/usr/sbin:/sbin:/usr/local/sbin:/usr/bin")
if not program:
    sys.exit(2)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def connect(port, daemon):
    limit = time.monotonic() + 10
    while daemon.poll() is None and time.monotonic() < limit:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError:
            time.sleep(0.02)
    return None


def ask(port, address):
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(b"get " + address.encode("latin-1") + b"\n")
        answer = s.makefile("r", encoding="latin-1").readline().rstrip("\n")
    return answer[4:] if answer.startswith("200 ") else answer


def main():
    for _ in range(5):                  # somebody else may take a port meanwhile
        ports = {"forward": free_port(), "reverse": free_port()}
        daemon = subprocess.Popen([program, "-4", "-s" + sys.argv[1], "-d" + sys.argv[2], "-f%d" % ports["forward"],
                                   "-r%d" % ports["reverse"]], stdin=subprocess.DEVNULL)
        first, second = (connect(p, daemon) for p in ports.values())
        if first and second:
            break
        daemon.kill()
        daemon.wait()
    else:
        sys.exit(2)
    first.close()
    second.close()
    try:
        for line in sys.stdin:
            what, address = line.rstrip("\n").split(" ", 1)
            print(ask(ports[what], address))
    finally:
        daemon.terminate()
        daemon.wait()


main()
