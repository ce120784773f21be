"""A container file, read as an engine reads it, for tests/system/container.t.

usage: container.py FILE stages           how many stages there are
       container.py FILE run STAGE        a shell script: what RUN, COPY --from, WORKDIR and ENV do in that stage
       container.py FILE env              NAME=VALUE of the last stage, each on a line
       container.py FILE entry | health | user | volume | expose | stopsignal     of the last stage; the first two an argument on a line
"""
import json, shlex, sys

KNOWN = set("FROM RUN COPY WORKDIR ENV VOLUME EXPOSE USER STOPSIGNAL HEALTHCHECK ENTRYPOINT".split())


def instructions(name):
    text, lines = "", [l for l in open(name).read().split("\n") if not l.lstrip().startswith("#")]
    for line in lines:
        if line.endswith("\\"):
            text += line[:-1]
            continue
        text += line
        if text.strip():
            word, rest = text.strip().split(None, 1)
            if word not in KNOWN:
                raise SystemExit("unknown instruction: " + word)
            yield word, rest.strip()
        text = ""


def stages(name):
    found = []
    for word, rest in instructions(name):
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def last(stage, wanted):
    values = [rest for word, rest in stage if word == wanted]
    return values[-1] if values else ""


def environment(stage):
    return [a.split("=", 1) for word, rest in stage if word == "ENV" for a in shlex.split(rest)]


def script(stage):
    for word, rest in stage:
        if word == "RUN":
            yield "(%s) || exit 1" % rest
        elif word == "WORKDIR":
            yield "workdir " + shlex.quote(rest)
        elif word == "COPY":
            yield "copy " + rest
        elif word == "ENV":
            for n, v in environment([(word, rest)]):
                yield "export %s=%s" % (n, shlex.quote(v))


def main():
    name, verb = sys.argv[1:3]
    every = stages(name)
    final = every[-1]
    if verb == "stages":
        print(len(every))
    elif verb == "run":
        print("\n".join(script(every[int(sys.argv[3]) - 1])))
    elif verb == "env":
        print("\n".join("%s=%s" % (n, v) for n, v in environment(final)))
    elif verb == "entry":
        print("\n".join(json.loads(last(final, "ENTRYPOINT"))))
    elif verb == "health":
        text = last(final, "HEALTHCHECK")
        print("\n".join(json.loads(text[text.index("CMD") + 3:])))
    elif verb in ("user", "volume", "expose", "stopsignal"):
        print(last(final, verb.upper()))
    else:
        sys.exit(__doc__)


main()
