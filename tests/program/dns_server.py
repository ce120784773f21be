"""A DNS server that lies: what it does is told by the first label, not counting _these, of the name it is asked for.

usage: dns_server.py ADDRESS PORTFILE LOGFILE [good]
It writes its port (UDP and TCP) to PORTFILE when it is ready, and to LOGFILE a line for each query:
transport, source port, id, "edns" and its size or "-", type, name. With "good" it never lies.
"""
import os, select, socket, struct, sys

A, CNAME, SOA, PTR, MX, TXT, AAAA, OPT, TLSA = 1, 5, 6, 12, 15, 16, 28, 41, 52
GOOD4, GOOD6, EVIL = "192.0.2.1", "2001:db8::1", "203.0.113.66"

address, portfile, logfile = sys.argv[1:4]
good = len(sys.argv) > 4
family = socket.AF_INET6 if ":" in address else socket.AF_INET
seen = {}
waiting = []


def name(text):
    return b"".join(bytes([len(l)]) + l for l in text.encode("latin-1").split(b".") if l) + b"\0"


def rr(owner, kind, rdata, klass=1, length=None):
    owner = owner if isinstance(owner, bytes) else name(owner)
    return owner + struct.pack(">HHIH", kind, klass, 60, len(rdata) if length is None else length) + rdata


def v4(text, owner=b"\xc0\x0c"):
    return rr(owner, A, socket.inet_aton(text))


def v6(text, owner=b"\xc0\x0c"):
    return rr(owner, AAAA, socket.inet_pton(socket.AF_INET6, text))


def mx(preference, host, owner=b"\xc0\x0c"):
    return rr(owner, MX, struct.pack(">H", preference) + (host if isinstance(host, bytes) else name(host)))


def txt(*strings, owner=b"\xc0\x0c"):
    return rr(owner, TXT, b"".join(bytes([len(s)]) + s for s in (x.encode("latin-1") for x in strings)))


def tlsa(rdata, owner=b"\xc0\x0c"):
    return rr(owner, TLSA, rdata)


def ede(option):
    return rr(b"\0", OPT, option, klass=1232)


def ptr(to, owner=b"\xc0\x0c"):
    return rr(owner, PTR, name(to))


def cname(to, owner=b"\xc0\x0c"):
    return rr(owner, CNAME, name(to))


def soa(zone):
    return rr(zone, SOA, name("ns.example") + name("h.example") + struct.pack(">5I", 1, 2, 3, 4, 5))


class Query:
    def __init__(self, packet):
        self.id, self.flags, qd, an, ns, ar = struct.unpack(">6H", packet[:12])
        at, labels = 12, []
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
            at += 1 + packet[at]
        self.name = ".".join(labels)
        self.what = next((x for x in labels if x[0] != "_"), "")
        self.type, self.klass = struct.unpack(">HH", packet[at + 1:at + 5])
        self.question = packet[12:at + 5]
        self.edns = struct.unpack(">H", packet[at + 8:at + 10])[0] if ar else None

    def reply(self, *answers, rcode=0, tc=False, id=None, question=None, qr=True, ra=True, counts=None, authority=(),
              additional=(), ad=False):
        question = self.question if question is None else question
        flags = (0x8000 if qr else 0) | (0x0200 if tc else 0) | 0x0100 | (0x0080 if ra else 0) | rcode
        flags |= self.flags & 0x0020 if ad else 0       # only if asked for
        counts = counts or (1 if question else 0, len(answers), len(authority), len(additional))
        head = struct.pack(">6H", self.id if id is None else id, flags, *counts)
        return head + question + b"".join(answers) + b"".join(authority) + b"".join(additional)

    def honest(self, **how):
        if self.type == A:
            return self.reply(v4(GOOD4), **how)
        if self.type == AAAA:
            return self.reply(v6(GOOD6), **how)
        if self.type == MX:
            return self.reply(mx(10, "mx.example"), **how)
        if self.type == TLSA:
            return self.reply(tlsa(b"\3\1\1" + bytes(range(32))), **how)
        return self.reply(**how)

    def evil(self, **how):
        return self.reply(v4(EVIL) if self.type == A else v6("2001:db8::bad") if self.type == AAAA else mx(1, "evil.example"),
                          **how)

    def nodata(self):
        return self.reply(authority=[soa("example")])


def nth(q, tcp):
    key = (q.name, q.type, tcp)
    seen[key] = seen.get(key, 0) + 1
    return seen[key]


LONG = ".".join(["x" * 60] * 4)


def deep_loop(q):
    return q.reply(rr(struct.pack(">H", 0xc000 | 12 + len(q.question)), A, b"\1\2\3\4"))


def mutual_loop(q):
    at = 12 + len(q.question)
    return q.reply(rr(b"\1a" + struct.pack(">H", 0xc000 | at + 4) + struct.pack(">H", 0xc000 | at), A, b"\1\2\3\4"))


def chain(q, n, last=()):
    names = [q.name] + ["l%d.example" % i for i in range(n)]
    return q.reply(*[cname(names[i + 1], names[i]) for i in range(n)], *last)


def spf(text):
    return lambda q: [q.reply(txt("v=spf1 " + text)) if q.type == TXT else q.honest()]


LIES = {
    # text, and what senders' domains say of themselves
    "txt": lambda q: [q.reply(txt("one"), txt("two ", "halves"), txt("", "\n\xe9"), txt(""))],
    "txtnul": lambda q: [q.reply(txt("a\0b"), txt("text"))],
    "txtonlynul": lambda q: [q.reply(txt("\0"))],
    "txtempty": lambda q: [q.reply(rr(b"\xc0\x0c", TXT, b""))],
    "txtshort": lambda q: [q.reply(rr(b"\xc0\x0c", TXT, b"\5abc"))],
    "txtlong": lambda q: [q.reply(rr(b"\xc0\x0c", TXT, b"\1abc"))],
    "spffail": spf("-all"),
    "spfsoft": spf("~all"),
    "spfneutral": spf("?all"),
    "spfpass": spf("+all"),
    "spfopen": spf(""),
    "spfus": spf("ip4:127.0.0.0/8 -all"),
    "spfus6": spf("ip6:::1 -all"),
    "spfnotus": spf("ip4:192.0.2.0/24 ip6:2001:db8::/32 a mx -all"),
    "spfredirect": spf("redirect=spffail.example"),
    "spfredirectus": spf("redirect=spfus.example"),
    "spfinclude": spf("include:spfus.example -all"),
    "spfincludenot": spf("include:spffail.example ~all"),
    "spfincludegone": spf("include:gone.example -all"),
    "spfincludefails": spf("include:servfail.example ?all"),
    "spfa": spf("a:usv4.example -all"),
    "spfmx": spf("mx:usmx.example -all"),
    "spfmacro": spf("exists:%{i}._spf.example -all"),
    "spfminusmacro": spf("-exists:%{i}._spf.example ?all"),
    "spfring": spf("include:spfring.example ?all"),
    "spfringr": spf("redirect=spfringr.example"),
    "spfbad": spf("ip4:300.0.0.0/8 ?all"),
    "spfodd": spf("nonsense ?all"),
    "spftwo": lambda q: [q.reply(txt("v=spf1 ?all"), txt("v=spf1 +all"))],
    "spfhalves": lambda q: [q.reply(txt("other"), txt("v=spf1 -", "all"))],
    "spfnone": lambda q: [q.reply(txt("v=spf10 -all"), txt("spf2.0/pra -all"))],
    "usv4": lambda q: [q.reply(v4("127.0.0.1") if q.type == A else v6("::1"))],
    "zero": lambda q: [q.reply(v4("0.0.0.0")) if q.type == A else q.nodata()],
    "usmx": lambda q: [q.reply(mx(10, "usv4.example"))],
    # what is no answer to the question is passed over; the true one follows
    "wrongid": lambda q: [q.evil(id=q.id ^ 1), q.honest()],
    "wrongname": lambda q: [q.evil(question=name("other.example") + q.question[-4:]), q.honest()],
    "wrongtype": lambda q: [q.evil(question=q.question[:-4] + b"\0\x10\0\1"), q.honest()],
    "wrongclass": lambda q: [q.evil(question=q.question[:-2] + b"\0\3"), q.honest()],
    "noqr": lambda q: [q.evil(qr=False), q.honest()],
    "noquestion": lambda q: [q.evil(question=b""), q.honest()],
    "twoquestions": lambda q: [q.evil(question=q.question * 2, counts=(2, 1, 0, 0)), q.honest()],
    "garbage": lambda q: [b"", b"\0", b"hello", os.urandom(11), q.honest()],
    "uppercase": lambda q: [q.honest().replace(b"uppercase", b"UPPERcase")],
    # malformed answers
    "loop": lambda q: [deep_loop(q)],
    "mutual": lambda q: [mutual_loop(q)],
    "forward": lambda q: [q.reply(rr(b"\xc0\xff", A, b"\1\2\3\4"))],
    "pastend": lambda q: [q.reply(rr(b"\xff\xff", A, b"\1\2\3\4"))],
    "label64": lambda q: [q.reply(rr(b"\x40" + b"x" * 64 + b"\0", A, b"\1\2\3\4"))],
    "longname": lambda q: [q.reply(rr(name(LONG)[:-1] + b"\x3f" + b"y" * 63 + b"\0", A, b"\1\2\3\4"))],
    "cutname": lambda q: [q.reply(b"\x20abc")],
    "cutrecord": lambda q: [q.reply(b"\xc0\x0c\0\1\0")],
    "norecord": lambda q: [q.reply(counts=(1, 1, 0, 0))],
    "counts": lambda q: [q.reply(v4(GOOD4), counts=(1, 65535, 65535, 65535))],
    "short": lambda q: [q.reply(rr(b"\xc0\x0c", q.type, b"\1\2"))],
    "long": lambda q: [q.reply(rr(b"\xc0\x0c", q.type, b"\0" * 17))],
    "lies": lambda q: [q.reply(rr(b"\xc0\x0c", q.type, b"\1\2\3\4", length=400))],
    "nxdata": lambda q: [q.evil(rcode=3)],
    # the names of addresses: by the first label of the reverse
    "9": lambda q: [q.reply(ptr("Mx.example"), ptr("www.example"))],
    "1": lambda q: [q.reply(ptr("mx.example"))] if q.type == PTR else [q.honest()],
    "8": lambda q: [q.nodata()],
    "7": lambda q: [q.reply(cname("7.0-15.2.0.192.in-addr.arpa"), ptr("mx.example", "7.0-15.2.0.192.in-addr.arpa"))],
    "6": lambda q: [q.reply(rr(b"\xc0\x0c", PTR, b"\3a.b\0"))],
    "5": lambda q: [q.reply(rr(b"\xc0\x0c", PTR, b"\3ab"))],
    "a": lambda q: [q.reply(ptr("six.example"))],
    # errors
    "servfail": lambda q: [q.reply(rcode=2)],
    "refused": lambda q: [q.reply(rcode=5)],
    "notauth": lambda q: [q.reply(rcode=9)],
    "formerr": lambda q: [q.reply(rcode=1) if q.edns else q.honest()],
    "formerr0": lambda q: [q.reply(rcode=1, question=b"") if q.edns else q.honest()],
    "notimp": lambda q: [q.reply(rcode=4) if q.edns else q.honest()],
    "badvers": lambda q: [q.reply(additional=[b"\0" + struct.pack(">HHIH", OPT, 1232, 1 << 24, 0)]) if q.edns else q.honest()],
    "stubborn": lambda q: [q.reply(rcode=1)],
    "lame": lambda q: [q.reply(ra=False, authority=[rr("example", 2, name("ns.example"))])],
    # names that lead on
    "alias": lambda q: [q.reply(cname("target.example"))],
    "endless": lambda q: [q.reply(cname("endless.n%d.example" % nth(q, 0), q.question[:-4]))
                          if q.name == "endless.example" else
                          q.reply(cname("endless.n" + str(int(q.name.split(".")[1][1:]) + 1) + ".example"))],
    "ten": lambda q: [chain(q, 10, [v4(GOOD4, "l9.example")])],
    "eleven": lambda q: [chain(q, 11, [v4(GOOD4, "l10.example")])],
    "ring": lambda q: [q.reply(cname("ring2.example"), cname("ring.example", "ring2.example"))],
    "backwards": lambda q: [q.reply(*([v4(GOOD4, "b2.example")] if q.type == A else []), cname("b2.example", "b1.example"),
                                    cname("b1.example"), authority=[soa("example")])],
    "gone": lambda q: [q.reply(cname("nowhere.example"), rcode=3)],
    "empty": lambda q: [q.reply(cname("bare.example"), authority=[soa("example")])],
    # records that are not ours
    "stray": lambda q: [q.reply(v4(EVIL, "other.example"), v6("2001:db8::bad", "other.example"), mx(1, "evil.example", "other.example"))],
    "chaos": lambda q: [q.reply(rr(b"\xc0\x0c", q.type, b"\1\2\3", klass=3))],
    "odd": lambda q: [q.reply(mx(1, b"\4ev\nl\0"), mx(2, b"\3a.b\0"), mx(3, "ok.example"), mx(4, "sp ace.example"))],
    "odder": lambda q: [q.reply(mx(1, b"\4ev\nl\0"), mx(2, b"\3a;b\0"))],
    "twice": lambda q: [q.reply(v4(GOOD4), v4("192.0.2.2"), v4(GOOD4)) if q.type == A else q.reply(v6(GOOD6), v6(GOOD6))],
    "null": lambda q: [q.reply(mx(0, b"\0"))],
    # one family fails
    "v4fails": lambda q: [q.reply(rcode=2) if q.type == A else q.honest()],
    "v6fails": lambda q: [q.reply(rcode=2) if q.type == AAAA else q.honest()],
    "v6failsnone": lambda q: [q.reply(rcode=2) if q.type == AAAA else q.nodata()],
    "v6gone": lambda q: [q.reply(rcode=3) if q.type == AAAA else q.nodata()],
    # what was validated
    "secure": lambda q: [q.honest(ad=True)],
    "secure4": lambda q: [q.honest(ad=q.type == A)],
    "secureno4": lambda q: [q.nodata() if q.type == A else q.honest(ad=True)],
    "securenone": lambda q: [q.reply(authority=[soa("example")], ad=True)],
    "securegone": lambda q: [q.reply(rcode=3, ad=True)],
    "securegone6": lambda q: [q.reply(rcode=3, ad=q.type == AAAA)],
    "securefail": lambda q: [q.reply(rcode=2, ad=True)],
    "secureold": lambda q: [q.honest(ad=True)] if not q.edns else [q.reply(rcode=1, question=b"")],
    "securedeaf": lambda q: [q.honest(ad=True)] if not q.edns else [],
    "securetosecure": lambda q: [q.reply(cname("secure.example"), ad=True)],
    "securetoplain": lambda q: [q.reply(cname("plain.example"), ad=True)],
    "plaintosecure": lambda q: [q.reply(cname("secure.example"))],
    "ede": lambda q: [q.reply(rcode=2, additional=[ede(b"\0\3\0\1x\0\x0f\0\7\0\6extra\n")])],
    "edemany": lambda q: [q.reply(rcode=2, additional=[ede(b"\0\x0f\0\2\xff\xff")])],
    "edeshort": lambda q: [q.reply(rcode=2, additional=[ede(b"\0\x0f\0\1\6")])],
    "edepast": lambda q: [q.reply(rcode=2, additional=[ede(b"\0\x0f\xff\xff\0\6")])],
    "edecut": lambda q: [q.reply(rcode=2, additional=[ede(b"\0\x0f\0")])],
    "tlsa0": lambda q: [q.reply(tlsa(b"\3\1\1"), tlsa(b"\xff\xfe\xfd\0"))],
    "tlsa2": lambda q: [q.reply(tlsa(b"\3\1"))],
    "tlsastray": lambda q: [q.reply(tlsa(b"\3\1\1abc", "_25._tcp.other.example"), tlsa(b"\3\1\1abc", "tlsastray.example"))],
    # one family, one host
    "silent6": lambda q: [] if q.type == AAAA else [q.honest()],
    "only4": lambda q: [q.honest() if q.type == A else q.nodata()],
    # silence
    "silent": lambda q: [],
    "deaf": lambda q: [] if q.edns else [q.honest()],
    "sleepy": lambda q: [q.honest()] if nth(q, 0) > 1 else [],
    # what does not fit
    "oversize": lambda q: [q.reply(*[v4("192.0.2.%d" % i) for i in range(1, 200)])],
}


def by_udp(q):
    if not good and q.what.startswith("tc"):
        return [q.reply(tc=True, ad=True)]
    return [q.honest()] if good or q.what not in LIES else LIES[q.what](q)


def framed(packet):
    return struct.pack(">H", len(packet)) + packet


def crosswise(q, peer, udp):
    """once four questions wait: the answer to each goes to all others first"""
    waiting.append((q, peer))
    if len(waiting) < 4:
        return
    for one, _ in waiting:
        for other, other_peer in waiting:
            if one is not other:
                udp.sendto(one.evil(), other_peer)
    for one, one_peer in waiting:
        udp.sendto(one.honest(), one_peer)
    waiting.clear()


def by_tcp(q):
    """what to send, and whether to close after it"""
    many = [v4("10.%d.%d.%d" % (i >> 16, i >> 8 & 255, i & 255)) for i in range(4090)]
    few = many[:60]
    return {
        "tc": lambda: framed(q.reply(*few)),
        "tctxt": lambda: framed(q.reply(*[txt("x" * 200, "y" * 100) for i in range(200)])),
        "tcmax": lambda: framed(q.reply(*many)),
        "tcclose": lambda: b"",
        "tcempty": lambda: b"\0\0",
        "tcshort": lambda: framed(q.reply(*few))[:-3],
        "tcsilent": lambda: None,
        "tctc": lambda: framed(q.reply(tc=True)),
        "tcslow": lambda: framed(q.reply(*few[:3])),
        "tcwrong": lambda: framed(q.evil(id=q.id ^ 1)),
        "tcsecure": lambda: framed(q.honest(ad=True)),
        "tcinsecure": lambda: framed(q.honest()),
        "tctlsa": lambda: framed(q.reply(*[tlsa(b"\3\0\0" + bytes([i]) * (2046 + i)) for i in range(30)])),
        "tcbroken": lambda: framed(deep_loop(q)),
        "oversize": lambda: framed(q.reply(*few[:2])),
    }.get(q.what, lambda: framed(q.honest()))()


def pair():
    while True:
        tcp = socket.socket(family, socket.SOCK_STREAM)
        udp = socket.socket(family, socket.SOCK_DGRAM)
        tcp.bind((address, 0))
        try:
            udp.bind((address, tcp.getsockname()[1]))
        except OSError:
            continue
        tcp.listen(128)          # twenty hosts are asked about at once
        return udp, tcp


def note(q, transport, port):
    log.write("%s %d %d %s %d %s\n" % (transport, port, q.id, "edns%d" % q.edns if q.edns else "-", q.type, q.name))
    log.flush()


def serve_tcp(tcp, held):
    c, peer = tcp.accept()
    c.settimeout(5)
    data = b""
    try:
        while len(data) < 2 or len(data) < 2 + struct.unpack(">H", data[:2])[0]:
            more = c.recv(600)
            if not more:
                return
            data += more
    except OSError:
        return
    q = Query(data[2:])
    note(q, "tcp", peer[1])
    out = by_tcp(q)
    if out is None:
        held.append(c)
        return
    try:
        if q.what == "tcslow":
            c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(len(out)):
                c.sendall(out[i:i + 1])
        else:
            c.sendall(out)
    except OSError:
        pass
    c.close()


def main():
    udp, tcp = pair()
    other = socket.socket(family, socket.SOCK_DGRAM)
    held = []
    with open(portfile + ".new", "w") as f:
        f.write("%d\n" % tcp.getsockname()[1])
    os.rename(portfile + ".new", portfile)
    while True:
        for s in select.select([udp, tcp], [], [])[0]:
            if s is tcp:
                serve_tcp(tcp, held)
                continue
            packet, peer = udp.recvfrom(2000)
            q = Query(packet)
            note(q, "udp", peer[1])
            if q.what == "elsewhere" and not good:
                other.sendto(q.evil(), peer)
            if q.what.startswith("swap") and not good:
                crosswise(q, peer, udp)
                continue
            for out in by_udp(q):
                udp.sendto(out, peer)


log = open(logfile, "a")
main()
