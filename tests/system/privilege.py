#!/usr/bin/env python3
"""privilege.py - who our processes are, from /proc: NAME=VALUE words for each, sorted by program

privilege.py QUEUE: all processes whose program is one of ours or named in the list below; run it as root
Ids are names where they have one; four that are equal are said once. core: may it write one? read: who may look at its memory.
env: names of variables. fds: 0, 1 and 2, then the kinds of all others. Two that are alike in all are one."""
import grp, os, pwd, re, stat, sys

OTHERS = {"stall": "a program of ours that only waits", "openssl": "", "sleep": ""}
queue = sys.argv[1]


def read(path):
    with open(path, "rb") as f:
        return f.read().decode("utf-8", "replace")


def once(ids, name):
    names = [name(int(i)) for i in ids.split()]
    return names[0] if len(set(names)) == 1 else "/".join(names)


def user(i):
    try:
        return pwd.getpwuid(i).pw_name
    except KeyError:
        return str(i)


def group(i):
    try:
        return grp.getgrgid(i).gr_name
    except KeyError:
        return str(i)


def sockets():
    """inode -> what it is"""
    kinds = {}
    for table in "tcp", "tcp6":
        for line in read("/proc/net/" + table).splitlines()[1:]:
            w = line.split()
            kinds[w[9]] = "listen" if w[3] == "0A" else "tcp"
    for line in read("/proc/net/unix").splitlines()[1:]:
        w = line.split()
        at = ":" + w[7].replace(queue, "QUEUE") if len(w) > 7 else ""
        kinds[w[6]] = {"0001": "stream", "0002": "datagram", "0005": "packet"}[w[4]] + at
    return kinds


def kind(link, kinds):
    m = re.match(r"socket:\[(\d+)\]", link)
    if m:
        return re.sub(r"/tmp/pneu-tls\.\w+/", ":", kinds.get(m.group(1), "socket"))
    if link.startswith("pipe:"):
        return "pipe"
    if link.startswith("anon_inode:"):
        return link[11:]
    link = re.sub(r"/(msg|hold)/../[0-9a-z]+$", r"/\1/ID", link)
    link = re.sub(r"/msg/[0-9a-f]{2}$", "/msg/XX", link)
    link = re.sub(r"/[^/]*/#\d+ \(deleted\)$|/tmp/[0-9a-z.]+$", "/nameless", link)
    link = re.sub(r"^/run/service/log\d*$", "LOG", re.sub(r"^(/tmp/pneu-tls)\.\w+/", r"\1/", link))
    return link.replace(queue, "QUEUE").replace("_(deleted)", "").replace(" (deleted)", "")


def descriptors(pid, kinds):
    there = {int(n): kind(os.readlink("/proc/%s/fd/%s" % (pid, n)), kinds) for n in os.listdir("/proc/%s/fd" % pid)}
    own = sorted({there[n] for n in there if n > 2})
    return " ".join("%d:%s" % (n, there[n]) for n in range(3) if n in there) + (" and " + " ".join(own) if own else "")


def tell(pid, name, kinds):
    s = dict(line.split(":", 1) for line in read("/proc/%s/status" % pid).splitlines())
    s = {k: v.strip() for k, v in s.items()}
    caps = {"none" if int(s[c], 16) == 0 else "all" if s[c] == s["CapBnd"] else s[c] for c in ("CapPrm", "CapEff")}
    core = [line for line in read("/proc/%s/limits" % pid).splitlines() if line.startswith("Max core")][0].split()[4]
    owner = os.stat("/proc/%s/environ" % pid).st_uid
    # what the first two were started with is not theirs to say; five that are there together are said as one
    env = ["its own"] if name in ("pneu-start", "pneu-tcpd") else sorted(v.split("=")[0] for v in read("/proc/%s/environ" % pid).split("\0") if v)
    ucspi = {"PROTO", "TCPLOCALIP", "TCPLOCALPORT", "TCPREMOTEIP", "TCPREMOTEPORT"}
    if ucspi <= set(env):
        env = [v for v in env if v not in ucspi] + ["UCSPI"]
    words = [
        ("uid", once(s["Uid"], user)), ("gid", once(s["Gid"], group)),
        ("groups", ",".join(group(int(g)) for g in s["Groups"].split()) or "none"),
        ("caps", "/".join(sorted(caps)) + ("" if int(s["CapAmb"], 16) == 0 and int(s["CapInh"], 16) == 0 else "+more")),
        ("newprivs", "no" if s["NoNewPrivs"] == "1" else "yes"), ("filter", "no" if s["Seccomp"] == "0" else "yes"),
        ("core", "no" if core == "0" or owner != int(s["Uid"].split()[1]) else "yes"),
        ("read", "root" if owner == 0 and s["Uid"].split()[1] != "0" else "own"), ("umask", s["Umask"]),
        ("cwd", os.readlink("/proc/%s/cwd" % pid).replace(queue, "QUEUE")),
        ("env", " ".join(env) or "none"), ("fds", descriptors(pid, kinds))]
    return name + "".join("\n\t%s=%s" % w if w[0] in ("env", "fds") else " %s=%s" % w for w in words)


kinds = sockets()
lines = set()
for pid in os.listdir("/proc"):
    if not pid.isdigit():
        continue
    try:
        argv = read("/proc/%s/cmdline" % pid).split("\0")
        names = [os.path.basename(a) for a in argv[:2]]
        name = next((n for n in names if n.startswith("pneu-") or n in OTHERS), None)
        if name:
            lines.add(tell(pid, name, kinds))
    except (FileNotFoundError, ProcessLookupError):
        pass
print("\n".join(sorted(lines)))
