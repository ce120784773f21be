"""Is the table of settings in pneu-showctl true? Prints a line for each difference.

usage: showctl_table.py sources | manual | readers BUILD <the output of pneu-showctl --json
  sources   against the tables that the programs have, as the preprocessor ($CC) leaves them: names, kinds, presets, limits
  manual    against pneu-control(5): names, kinds, presets, limits
  readers   each reader that is named has the setting's name in it, and each program that has it in its own file is named
"""
import glob, json, os, re, subprocess, sys

rows = {}
for line in sys.stdin:
    row = json.loads(line)
    if "name" in row:
        rows[row["name"]] = row


def differ(*what):
    print(*what)


def number(text):
    return int(eval(re.sub(r"(?<=\d)[uUlL]+", "", text), {"__builtins__": {}}))


def preprocessed():
    """path, text of each source with a table; all by one run of the preprocessor, for a hundred would take seconds"""
    paths = [p for p in sorted(glob.glob("src/*/*.h")) + sorted(glob.glob("src/*/*.c"))
             if "CONF_" in open(p).read() and not p.startswith(("src/lib/", "src/tools/showctl"))]
    done = subprocess.run([os.environ.get("CC", "cc"), "-E", "-P", "-w", "-I.", "-Isrc", "-D_GNU_SOURCE", "-xc", "-"], check=True,
                          input="".join('@source "%s"\n#include "%s"\n' % (p, p) for p in paths), capture_output=True, text=True)
    parts = re.split(r'@ ?source "([^"]+)"', done.stdout)
    return zip(parts[1::2], parts[2::2])


def sources():
    """file, name, kind, preset, min, max of each row; the latter three None but for a number"""
    for path, text in preprocessed():
        for row in re.findall(r'\{\s*(?:\.name\s*=\s*)?"[a-z0-9]+",\s*(?:\.kind\s*=\s*)?CONF_[A-Z]+[^}]*', text):
            name, kind = re.search(r'"([a-z0-9]+)"', row).group(1), re.search(r"CONF_([A-Z]+)", row).group(1).lower()
            limits = (None, None, None)
            if kind == "number":
                if ".preset" in row or ".value" in row:
                    found = [re.search(r"\.%s\s*=\s*([^,]+)" % x, row) for x in ("preset", "min", "max")]
                    limits = tuple(number(x.group(1)) if x else 0 for x in found)
                else:
                    limits = tuple(number(x) for x in row.split(",")[3:6])
            yield path, name, kind, limits


def by_sources():
    seen = 0
    for path, name, kind, limits in sources():
        seen += 1
        row = rows.get(name)
        if not row:
            differ(name, "of", path, "is not in the table")
        elif row["kind"] != kind:
            differ(name, "is", kind, "in", path, "and", row["kind"], "in the table")
        elif kind == "number" and (row["preset"], row["min"], row["max"]) != limits:
            differ(name, "has", limits, "in", path, "and", (row["preset"], row["min"], row["max"]), "in the table")
    if seen < 60:
        differ("only", seen, "rows were found in the sources")


def by_manual():
    names = set()
    for line in open("man/pneu-control.5"):
        m = re.match(r"\.It Pa ([a-z][a-z0-9. ,]*?)(?: Pq (.*))?$", line.strip())
        if not m or (not m.group(2) and not all(n.strip() in rows for n in m.group(1).split(","))):
            continue
        for name in (n.strip() for n in m.group(1).split(",")):
            names.add(name)
            row = rows.get(name)
            if not row:
                differ(name, "of pneu-control(5) is not in the table")
            elif m.group(2):
                facts(name, row, [w.strip() for w in m.group(2).split(",")])
    for name in rows:
        if name not in names:
            differ(name, "is not in pneu-control(5)")


def facts(name, row, words):
    kind = words[0].split()[0]          # "lines NAME:WORDS"
    if row["kind"] != kind and not (row["kind"] == "text" and kind == "lines"):
        differ(name, "is", kind, "in pneu-control(5) and", row["kind"], "in the table")
    preset = next((w[7:] for w in words if w.startswith("preset ")), None)
    if (str(row["preset"]) if row["preset"] is not None else None) != preset:
        differ(name, "has the preset", preset, "in pneu-control(5) and", row["preset"], "in the table")
    for w in words[1:]:
        m = re.match(r"(\d+) (?:to|or) (\d+)$", w)
        if m and (row["min"], row["max"]) != (int(m.group(1)), int(m.group(2))):
            differ(name, "is", w, "in pneu-control(5) and", row["min"], "to", row["max"], "in the table")


def by_readers(build):
    programs = {}
    for name, row in rows.items():
        for reader in row["readers"]:
            if (name, reader) == ("rules.cdb", "pneu-tcpd"):
                continue                # is given its path
            path = os.path.join(build, reader)
            if not os.path.exists(path):
                path = "scripts/" + reader[5:]
            if path not in programs:
                programs[path] = open(path, "rb").read() if os.path.exists(path) else b""
            where = programs[path]
            end = b"\0" if path.startswith(build) else b""
            if name.encode() + end not in where:
                differ(reader, "is named as a reader of", name, "and does not have the name in it")
    for path, name, kind, limits in sources():
        program = "pneu-" + os.path.basename(path)[:-2]
        if os.path.exists(os.path.join(build, program)) and name in rows and program not in rows[name]["readers"]:
            differ(program, "reads", name, "and is not named as a reader")


{"sources": by_sources, "manual": by_manual, "readers": lambda: by_readers(sys.argv[2])}[sys.argv[1]]()
