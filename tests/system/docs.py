"""The commands of the documentation, as the page shows them; src/README, "Commands in the documentation".

usage: docs.py extract PAGE DIRECTORY [HEADING...]
                                          NNN.sh, NNN.as and NNN.want for each command, NNN.file and NNN.name for each file;
                                          of README and INSTALL only what stands below these headings
       docs.py match WANT GOT             0 if what a command wrote is what the page shows
       docs.py commands PAGE...           the pages that have commands
       docs.py strange PAGE...            displays in which a line looks like a command and has no prompt
       docs.py ours PAGE...               the literals of the right columns of tables, one on a line
"""
import os, re, sys

ESCAPES = {r"\e": "\\", r"\&": "", r"\-": "-", r"\(aq": "'", r"\(dq": '"', r"\ ": " ", r"\(ha": "^", r"\(ti": "~"}


def plain(line):
    """What a reader sees of a line of mdoc source."""
    return re.sub(r"\\(?:\(..|.)", lambda m: ESCAPES.get(m.group(), m.group()), line)


def manual(lines):
    """Yields (mark, lines) of each display; the mark is what a comment on the line before says."""
    mark, inside, body, single = "", False, [], []
    for line in lines:
        if inside:
            if line.startswith(".Ed"):
                inside = False
                yield mark, body
                mark = ""
            else:
                body.append(plain(line))
        elif line.startswith(".Bd -literal"):
            inside, body = True, []
        elif line.startswith(".Dl "):
            single.append(plain(line[4:]))
            continue
        elif line.startswith('.\\" '):
            mark = line[4:]
            continue
        if single:
            yield mark, single
            single, mark = [], ""
        elif not inside and not line.startswith(".Pp"):
            mark = ""
    if single:
        yield mark, single


def text(lines, headings):
    """The same of README and INSTALL: displays are what is indented by four blanks."""
    body, below = [], not headings
    for line in lines + [""]:
        if headings and line[:1].strip():
            below = any(line.startswith(h) for h in headings)
        if not below:
            body = []
        elif line.startswith("    "):
            body.append(line[4:])
        elif body:
            yield "", body
            body = []
    if body:
        yield "", body


COMMAND = re.compile(r"(pneu-[a-z-]+ |(make|apt-get|apk|echo|printf|cat|cp|sh|mkdir|chmod|chown|install|useradd|kill|grep) )")
MACROS = {"Li", "No", "Ns", "Xr", "Ta", "Pq"}


def literals(page):
    """The words behind Li in the right column of each table."""
    with open(page) as f:
        lines = f.read().split("\n")
    table = False
    for line in lines:
        table = line.startswith(".Bl -column") or table and line != ".El"
        if not table or not line.startswith("."):
            continue
        words, right, literal = line[1:].split(" "), not line.startswith(".It"), None
        for word in words + ["Ta"]:
            if word in MACROS or re.fullmatch(r"[,;:.)]", word):
                if literal:
                    yield plain(" ".join(literal))
                right = right or word == "Ta"
                literal = [] if word == "Li" and right else None
            elif literal is not None:
                literal.append(word)


def displays(page, headings=()):
    with open(page) as f:
        lines = f.read().split("\n")
    return list(manual(lines) if re.search(r"\.[1-9]$", page) else text(lines, headings))


def is_command(line):
    return line.startswith(("# ", "$ "))


def has_commands(body):
    return any(is_command(l) for l in body)


def commands(body):
    """Yields (prompt, command, output wanted) of a display with commands."""
    at = 0
    while at < len(body):
        if not is_command(body[at]):
            if body[at]:
                raise SystemExit("output without a command: " + body[at])
            at += 1
            continue
        prompt, command = body[at][0], [body[at][2:]]
        at += 1
        here = re.search(r"<<-?\s*'?(\w+)'?", command[0])
        while at < len(body) and (command[-1].endswith("\\") or here or body[at].startswith("> ")):
            command.append(body[at][2:] if body[at].startswith("> ") else body[at])
            at += 1
            if here and command[-1].strip() == here.group(1):
                break
        want = []
        while at < len(body) and not is_command(body[at]):
            want.append(body[at])
            at += 1
        while want and want[-1] == "":
            want.pop()
        yield prompt, "\n".join(command) + "\n", "".join(w + "\n" for w in want)


def extract(page, directory, *headings):
    n = 0

    def put(kind, content):
        with open(os.path.join(directory, "%03d.%s" % (n, kind)), "w") as f:
            f.write(content)

    for mark, body in displays(page, headings):
        if mark.startswith("file "):
            n += 1
            put("name", mark[5:] + "\n")
            put("file", "".join(l + "\n" for l in body))
        elif has_commands(body):
            for prompt, command, want in commands(body):
                n += 1
                put("as", prompt + "\n")
                put("sh", command)
                put("want", want)
                if mark.startswith("on "):      # of a page about several hosts: where, and as part of what
                    put("on", mark[3:] + "\n")


def match(want, got):
    """... within a line stands for anything, a line of nothing else for any lines."""
    pattern = ""
    for line in want.splitlines():
        if line.strip() == "...":
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(re.escape(p) for p in line.split("...")) + r"[ \t]*\n"
    return re.fullmatch(pattern, got) is not None


def main():
    verb, arguments = sys.argv[1], sys.argv[2:]
    if verb == "extract":
        extract(*arguments)
    elif verb == "match":
        want, got = (open(a, errors="replace").read() for a in arguments)
        sys.exit(0 if match(want, got) else 1)
    elif verb == "commands":
        print("\n".join(p for p in arguments if any(m[:5] != "file " and has_commands(b) for m, b in displays(p))))
    elif verb == "strange":
        for page in arguments:
            for mark, body in displays(page):
                if not mark and not has_commands(body):
                    print("".join(page + ": " + l + "\n" for l in body if COMMAND.match(l)), end="")
    elif verb == "ours":
        for page in arguments:
            print("\n".join(literals(page)))
    else:
        sys.exit(__doc__)


main()
