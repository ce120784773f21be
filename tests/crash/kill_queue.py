"""kill_queue.py SCRATCH - see queue.t"""
import os
import re
import signal
import sys

from crash import *

T = sys.argv[1]
POSIX = os.environ.get('PNEU_POSIX_BUILD') or B + '-posix'        # the portable twin, make SYS=posix
MAILS = {
    'small': Mail('s@here.example', ['k1@here.example', 'k2@here.example', 'k3@far.example'], text('small', 3000)),
    'large': Mail('s@here.example', ['k1@here.example', 'k4@far.example'], text('large', 300000)),
    # a small message whose records make it a large one
    'long envelope': Mail('s@here.example', ['k%04d@far.example' % i for i in range(1200)], text('long', 90000)),
}
RUNS = iter(range(1 << 30))


class Outcome:
    """one run of pneu-queue in a queue of its own"""
    def __init__(self, program, mail, inject=(), extra=()):
        self.dir = '%s/run%d' % (T, next(RUNS))
        self.queue, self.trace = self.dir + '/queue', self.dir + '/trace'
        make_queue(self.queue)
        self.inject = ' '.join(inject)
        message, envelope = scratch_file(mail.body), scratch_file(mail.envelope())
        back, report = os.pipe()
        complain = os.open(self.dir + '/stderr', os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        pid = spawn([*strace(self.trace, inject, extra), program], {0: message, 1: envelope, 2: complain, 6: report},
                    environment(PNEU_QUEUE=self.queue))
        for fd in (message, envelope, report, complain):
            os.close(fd)
        self.code = wait(pid)
        self.id = os.read(back, 100).decode().strip() if self.code == 0 else ''
        os.close(back)
        self.said = open(self.dir + '/stderr').read()
        self.names = files_below(self.queue + '/msg')
        self.trouble = self.judge(mail)
        drained(self.trace)

    def judge(self, mail):
        """what is wrong with what it left, or '' """
        if len(self.names) > 1:
            return 'more than one name: %s' % self.names
        if self.code == 0 and len(self.names) != 1:
            return 'acknowledged, but not there'
        if self.id and os.path.basename(self.names[0]) != self.id:
            return 'acknowledged as %r, but there is %s' % (self.id, self.names)
        if not self.names:
            return ''
        try:
            return QueueFile(self.names[0]).holds(mail)
        except Incomplete as e:
            return str(e)

    def __str__(self):
        return '%s: code %s, %d names, %s %s' % (self.inject, self.code, len(self.names), self.trouble, self.said.strip())

    def clean(self):
        if not self.names:
            remove_tree(self.dir)


def check_order(kind, mail, trace, large):
    """I1 in the order of the calls"""
    with open(trace) as f:
        lines = f.read().split('\n')
    at = {}
    for i, line in enumerate(lines):
        if re.match(r'(write|pwrite64)\(\d+<[^>]*/msg/', line) or re.match(r'(write|pwrite64)\(\d+<[^>]*/tmp/', line):
            at['write'] = i
        elif re.match(r'linkat\(.*/msg/', line) and line.endswith(' = 0'):
            at['name'] = i
        elif re.match(r'fsync\(\d+<[^>]*/msg/..>\)', line):
            at.setdefault('dirs', []).append(i)
        elif re.match(r'f(data)?sync\(', line):
            at.setdefault('files', []).append(i)
        elif re.match(r'(write\(\d+<[^>]*/fifo|write\(6|exit_group)', line):
            at.setdefault('said', i)
    files, dirs = at.get('files', []), at.get('dirs', [])
    tap.ok(kind + ': one sync of the file and one of the directory', len(files) == len(dirs) == 1, lines)
    tap.ok(kind + ': the file is synced after the last byte is written', files and at['write'] < files[0], lines)
    tap.ok(kind + ': the directory is synced after the file has its name', dirs and at['name'] < dirs[-1], lines)
    tap.ok(kind + ': both before anybody is told', files and dirs and max(files[-1], dirs[-1]) < at['said'], lines)
    if large:
        tap.ok(kind + ': synced, then named', files and files[-1] < at['name'], lines)
    else:
        tap.ok(kind + ': named, then synced: one journal commit', files and at['name'] < files[0], lines)
        tap.ok(kind + ': one write', sum(bool(re.match(r'p?write(64)?\(\d+<[^>]*/(msg|tmp)/', l)) for l in lines) == 1, lines)


def must_count(point, line):
    """a call whose failure cannot be survived: the message is not there without it"""
    if re.search(r'/fifo|\(6[,<)]', line) or point.call in ('mmap', 'brk', 'fcntl', 'close', 'unlinkat'):
        return False
    if point.call == 'linkat' and line.endswith('(File exists)'):
        return False                    # only asks whether a name could be had
    return point.call in ('open', 'openat', 'write', 'pwrite64', 'linkat', 'fsync', 'fstat', 'read')


def check(program, kind, mail, survivors):
    clean = Outcome(program, mail)
    tap.ok(kind + ': queued when nothing goes wrong', clean.code == 0 and clean.id and not clean.trouble, [clean])
    points = calls(clean.trace)

    killed = at_once(lambda p: Outcome(program, mail, [kill_at(p[0])]), points)
    tap.none('%s: killed at each of its %d calls' % (kind, len(points)), [o for o in killed if o.code != -signal.SIGKILL])
    tap.none(kind + ': killed, it leaves no message or a whole one', [o for o in killed if o.trouble])
    tap.ok(kind + ': killed late, the message is there', killed[-1].names and not killed[0].names, [killed[0], killed[-1]])
    survivors += [o.names[0] for o in killed if o.names]

    failed = at_once(lambda f: (f, Outcome(program, mail, [fail_at(f[0][0], f[1])])),
                     [(pl, e) for pl in points for _, e in faults([pl[0]])])
    strange = [o for _, o in failed if o.code != 0 and o.code not in SOFT]
    tap.none('%s: %d faults, each is survived or answered with a code for later' % (kind, len(failed)), strange)
    tap.none(kind + ': a refused message leaves no name', [o for _, o in failed if o.code != 0 and o.names])
    tap.none(kind + ': an accepted one is whole', [o for _, o in failed if o.code == 0 and o.trouble])
    tap.none(kind + ': a refusal says why, in one line',
             [o for _, o in failed if o.code != 0 and not re.fullmatch(r'pneu-queue: fatal: [^\n]+\n', o.said)])
    tap.none(kind + ': what a message needs must not fail unnoticed',
             [o for ((p, line), e), o in failed if must_count(p, line) and o.code == 0 and e != 'EINTR' and
              not (e == 'EROFS' and '/fifo' in line)])
    tap.none(kind + ': a call that a signal interrupts is made again',
             [o for ((p, line), e), o in failed if e == 'EINTR' and o.code != 0])
    syncs = [o for ((p, _), _), o in failed if p.call == 'fsync']
    tap.ok(kind + ': after a failed sync the name is taken back', syncs and all(o.code in (65, 66) and not o.names for o in syncs),
           syncs)
    for o in [clean, *killed, *(o for _, o in failed)]:
        o.clean()
    return points


def whole_way(program, prefix, survivors, kinds=tuple(MAILS)):
    for kind, mail in ((k, MAILS[k]) for k in kinds):
        points = check(program, prefix + kind, mail, survivors)
        traced = Outcome(program, mail, extra=['-y'])
        check_order(prefix + kind, mail, traced.trace, kind != 'small')


def run_until_empty(queue, name):
    house = House(lambda rcpt: 'K')
    runner = Runner(queue, T + '/etc', house, '%s/%s.log' % (T, name))
    empty = emptied(queue + '/msg')
    wait_until(lambda: runner.gone() or empty())
    tap.ok(name + ': the runner ends well', runner.end() == 0, [runner.code])
    return house.got


def check_survivors(survivors):
    """what was complete but never acknowledged is a message like others"""
    queue = T + '/common'
    make_queue(queue)
    want = []
    for path in survivors:
        f = QueueFile(path)
        want += [(r, f.message) for r in f.rcpts]
        os.link(path, queue + '/msg/' + '/'.join(path.split('/')[-2:]))
    got = run_until_empty(queue, 'after kills')
    tap.ok('after kills: a start delivers all %d that were complete, whole' % len(survivors), sorted(got) == sorted(want),
           ['%d of %d' % (len(got), len(want))])
    tap.ok('after kills: nothing is damaged', not files_below(queue + '/bad'), files_below(queue))


def check_torn():
    """I2: what a crash of the machine may leave of a file that was named before it was synced"""
    for kind, mail in MAILS.items():
        queue = '%s/torn %s' % (T, kind)
        make_queue(queue)
        path = mail.put(queue)
        with open(path, 'rb') as f:
            raw = f.read()
        os.unlink(path)
        n = len(raw)
        summed = kind == 'small'
        states = [raw[:k] for k in {0, 1, 82, 83, 84, 100, n // 3, n // 2, n - 4097, n - 40, n - 2, n - 1} if 0 <= k < n]
        if summed:                      # the others have their name only once all is on disk
            states += [bytes(n), raw[:n // 2] + bytes(n - n // 2), bytes(512) + raw[512:], raw[:1024] + bytes(512) + raw[1536:],
                       raw[:100] + bytes(4) + raw[104:], raw[:-64] + bytes(64)]
        name, where = os.path.basename(path), os.path.dirname(path)
        for i, state in enumerate(states):
            with open('%s/%s%s' % (where, name[:-1], '0123456789abcdefghjkmnpqrstvwxyz'[i]), 'wb') as f:
                f.write(state)
        got = run_until_empty(queue, 'torn ' + kind)
        tap.ok('torn %s: none of %d torn files is delivered' % (kind, len(states)), not got, got)
        tap.ok('torn %s: all are kept in bad/' % kind, len(files_below(queue + '/bad')) == len(states), files_below(queue))


make_etc(T + '/etc')
survivors = []
whole_way('pneu-queue', '', survivors)
check_survivors(survivors)
check_torn()
if os.path.exists(POSIX + '/pneu-queue'):
    whole_way(POSIX + '/pneu-queue', 'portable, ', [], ['small', 'large'])
else:
    tap.note('no %s (make SYS=posix; PNEU_POSIX_BUILD): the portable pneu-queue is left out' % POSIX)
tap.finish()
