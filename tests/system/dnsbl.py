"""A name server that keeps lists of addresses, for rblsmtpd.

usage: dnsbl.py ADDRESS LOGFILE <entries
Each entry is a line: LIST, an IPv4 address, and a text. The address is in the list, with a TXT record of that text and the
A record 127.0.0.2. With the text FAIL it says that the answer is too long for UDP, and there is no TCP: that fails at once,
where a SERVFAIL is asked about again for eleven seconds. No other name exists. It answers on UDP port 53, and writes
"ready" and then each question, type and name, to LOGFILE.
"""
import socket
import struct
import sys

A, TXT = 1, 16
address, logfile = sys.argv[1:3]
entries = {}
for line in sys.stdin:
    which, ip, text = line.rstrip("\n").split(" ", 2)
    entries["%s.%s" % (".".join(reversed(ip.split("."))), which)] = text


def answer(packet):
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("ascii"))
        at += 1 + packet[at]
    question, name = packet[12:at + 5], ".".join(labels).lower()
    kind = struct.unpack("!H", packet[at + 1:at + 3])[0]
    print(kind, name, file=log, flush=True)
    text = entries.get(name)
    data = {A: socket.inet_aton("127.0.0.2"), TXT: bytes([len(text or "")]) + (text or "").encode()}.get(kind)
    found = text not in (None, "FAIL") and data is not None
    flags = 0x8780 if text == "FAIL" else 0x8580 if text is not None else 0x8583
    record = struct.pack("!HHHIH", 0xc00c, kind, 1, 60, len(data)) + data if found else b""
    return packet[:2] + struct.pack("!HHHHH", flags, 1, 1 if found else 0, 0, 0) + question + record


s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((address, 53))
log = open(logfile, "a")
print("ready", file=log, flush=True)
while True:
    asked, peer = s.recvfrom(600)
    s.sendto(answer(asked), peer)
