# rspawn.t - pneu-rspawn with a worker made for it, and with the true one
. tests/lib.sh
command -v python3 >/dev/null || skip_all 'needs python3'
export PNEU_ETC="$T/etc" PNEU_QUEUE="$T"
mkdir "$PNEU_ETC" "$T/bin"
echo client.example >"$PNEU_ETC/me"
echo hi >"$T/m"
there=$B
cleanup() { [ -z "$server" ] || kill $server 2>/dev/null; }

# a pneu-remote that says what it was given
cat >"$T/bin/pneu-remote" <<'END'
#!/usr/bin/env python3
import os, socket, sys
def is_open(fd):
    try:
        os.fstat(fd)
        return True
    except OSError:
        return False
fds = [fd for fd in range(200) if is_open(fd)]
with open(os.environ["T"] + "/argv", "a") as f:
    print("%d:%s %s" % (len(sys.argv), " ".join(sys.argv[1:]), fds), file=f)
with open(os.environ["T"] + "/pids", "a") as f:
    print(os.getpid(), file=f)
s = socket.socket(fileno=0)
while s.recv(10):
    pass
END
chmod +x "$T/bin/pneu-remote"
export T
house() { printf '%s\n' "$@" | PATH=$T/bin:$PATH python3 tests/program/spawner.py "$there/pneu-rspawn" 2>"$T/err"; }

is 'a worker for each route' "$(house 'ask "mx a.example"' 'ask "host b.example 25"' 'ask "mx [192.0.2.1]"' end)" 'ask K
ask K
ask K
exit 0'
workers_gone() {
	[ "$(wc -l <"$T/pids")" = 3 ] || return 1
	while read -r p; do
		kill -0 "$p" 2>/dev/null && return 1
	done <"$T/pids"
	return 0
}
t 'each starts and ends with its socket' wait_until 10 workers_gone
is 'each is told its route, and has its socket, the log twice and the table of addresses, nothing else' "$(sort "$T/argv")" '2:host b.example 25 [0, 1, 2, 3]
2:mx [192.0.2.1] [0, 1, 2, 3]
2:mx a.example [0, 1, 2, 3]'
is 'what is no route is refused for good' "$(house 'ask "mail a.example"' 'ask ""' 'ask "host a.example 0"' 'ask "mx a b"' end)" \
	'ask D 5.3.5 not a route
ask D 5.3.5 not a route
ask D 5.3.5 not a route
ask D 5.3.5 not a route
exit 0'
is 'what is no request is passed over' "$(house 'rawask nonsense' 'rawask "1\\x00"' 'ask "mx a.example"' end)" 'ask K
exit 0'
is 'and said' "$(grep -c 'not a request' "$T/err")" 2

rm "$T/bin/pneu-remote"
PATH=/usr/bin:/bin
is 'a worker that cannot be started is a deferral' "$(house 'ask "mx a.example"' 'ask "mx a.example"' end)" \
	'ask Z 4.3.0 unable to start pneu-remote
ask Z 4.3.0 unable to start pneu-remote
exit 0'
t 'with a line in the log' grep -q 'unable to start pneu-remote' "$T/err"
PATH=$there:$PATH

# no descriptors left for a socket pair; LeakSanitizer would want some at the end
printf '#!/bin/sh\nulimit -n 4\nexport ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0"\nexec "%s/pneu-rspawn"\n' "$there" >"$T/poor"
chmod +x "$T/poor"
is 'no more descriptors: a deferral' "$(printf '%s\n' 'ask "mx a.example"' 'ask "mx a.example"' end |
	python3 tests/program/spawner.py "$T/poor" 2>"$T/err")" 'ask Z 4.3.0 unable to make a socket pair for a worker
ask Z 4.3.0 unable to make a socket pair for a worker
exit 0'

# workers that ended are reaped
printf '#!/bin/sh\nexit 0\n' >"$T/bin/pneu-remote"
chmod +x "$T/bin/pneu-remote"
cat >"$T/zombies" <<'END'
import os, socket, subprocess, sys, time
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
p = subprocess.Popen([sys.argv[1]], stdin=theirs)
for i in range(20):
    ours.send(b'%d\0mx a.example\0' % i)
    _, fds, _, _ = socket.recv_fds(ours, 6000, 4)
    w = socket.socket(fileno=fds[0])
    w.recv(1)  # it is gone
    w.close()
limit = time.monotonic() + 60
def children():
    return subprocess.run(['ps', '-o', 'pid=', '--ppid', str(p.pid)], capture_output=True, text=True).stdout.split()
while children() and time.monotonic() < limit:
    time.sleep(0.05)
print(len(children()))
ours.close()
print(p.wait(60))
END
if command -v ps >/dev/null; then
	is 'no worker stays behind as a zombie' "$(PATH=$T/bin:$PATH python3 "$T/zombies" "$there/pneu-rspawn")" '0
0'
fi
rm "$T/bin/pneu-remote"

# what has opened kernels is not there for a worker, nor for what it starts; what it needs is
cat >"$T/bin/pneu-remote" <<'END'
#!/usr/bin/env python3
import ctypes, errno, os, platform, socket, subprocess
libc = ctypes.CDLL(None, use_errno=True)
x86 = platform.machine() == "x86_64"
def says(name, call):
    ctypes.set_errno(0)
    r = call()
    print(name, "done" if r >= 0 else errno.errorcode[ctypes.get_errno()], file=out)
def open_socket(family, kind, protocol=0):
    fd = libc.socket(int(family), int(kind), protocol)
    if fd >= 0:
        os.close(fd)
    return fd
out = open(os.environ["T"] + "/powers", "w")
says("io_uring_setup", lambda: libc.syscall(425, 1, 0, 0))
says("bpf", lambda: libc.syscall(321 if x86 else 280, 1, 0, 0))
says("ptrace", lambda: libc.ptrace(16, os.getppid(), 0, 0))
says("unshare", lambda: libc.unshare(0x10000000))
says("setns", lambda: libc.setns(0, 0))
says("personality", lambda: libc.personality(0x0040000))
says("mount", lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))
for family in "AF_ALG", "AF_VSOCK", "AF_PACKET":
    says(family, lambda: open_socket(getattr(socket, family), socket.SOCK_SEQPACKET))
says("netlink 9", lambda: open_socket(socket.AF_NETLINK, socket.SOCK_RAW, 9))
says("netlink 0", lambda: open_socket(socket.AF_NETLINK, socket.SOCK_RAW, 0))
says("AF_INET", lambda: open_socket(socket.AF_INET, socket.SOCK_STREAM))
says("AF_INET6", lambda: open_socket(socket.AF_INET6, socket.SOCK_DGRAM))
says("AF_UNIX", lambda: open_socket(socket.AF_UNIX, socket.SOCK_STREAM))
out.flush()
subprocess.run(["sh", "-c", "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status; unshare -U true 2>/dev/null || echo no unshare"], stdout=out)
s = socket.socket(fileno=0)
while s.recv(10):
    pass
END
chmod +x "$T/bin/pneu-remote"
case $B,$(uname -sm) in
*posix*) ;;
*,Linux\ x86_64 | *,Linux\ aarch64)
	house 'ask "mx a.example"' end >"$T/said"
	t 'a worker that tries its powers' wait_until 10 grep -q 'unshare$' "$T/powers"
	is 'it may open the sockets that mail needs, and nothing that has opened kernels, and what it starts may no more' \
		"$(tr '\t' ' ' <"$T/powers")" 'io_uring_setup EPERM
bpf EPERM
ptrace EPERM
unshare EPERM
setns EPERM
personality EPERM
mount EPERM
AF_ALG EAFNOSUPPORT
AF_VSOCK EAFNOSUPPORT
AF_PACKET EAFNOSUPPORT
netlink 9 EAFNOSUPPORT
netlink 0 done
AF_INET done
AF_INET6 done
AF_UNIX done
NoNewPrivs: 1
Seccomp: 2
no unshare'
	;;
esac
rm "$T/bin/pneu-remote"

if [ "$(id -u)" = 0 ]; then
	env -u PNEU_ETC -u PNEU_QUEUE "$there/pneu-rspawn" </dev/null 2>"$T/err"
	is 'as root it refuses' "$?" 100
fi

# the true worker
python3 tests/program/smtpserver.py "$T" --pipelining &
server=$!
wait_until 10 test -s "$T/port"
route="host 127.0.0.1 $(cat "$T/port")"
is 'the true pneu-remote carries mail' "$(house "ask \"$route\"" "job $T/m a@x.example b@y.example" reports close end)" \
	'ask K
report 1 0 K 2.0.0 m 127.0.0.1 accepted message.\x0aRemote host said: 250 2.0.0 taken\x0a
exit 0'
t 'and it arrives' cmp "$T/m" "$T/text.1"
kill $server

# Two servers of one route; the second worker begins with the first of them, unless that one did not answer the first worker.
words=
# seen RULE...: how often the first server, which does so, was asked by two workers
seen() {
	rm -rf "$T/one" "$T/two"
	mkdir "$T/one" "$T/two"
	python3 tests/program/smtpserver.py "$T/one" "$@" &
	server=$!
	python3 tests/program/smtpserver.py "$T/two" --address 127.0.0.2 &
	server="$server $!"
	wait_until 10 test -s "$T/one/port" -a -s "$T/two/port" || return 1
	route="host 127.0.0.1 $(cat "$T/one/port") 127.0.0.2 $(cat "$T/two/port")$words"
	house "ask \"$route\"" "job $T/m a@x.example b@y.example" reports close \
		"ask \"$route\"" "job $T/m a@x.example b@y.example" reports close end >"$T/reports"
	kill $server
	server=
	echo "$(grep -c ' K 2.0.0 m ' "$T/reports") taken, $(grep -c connect "$T/one/log") asked"
}
is 'a server that says "later" comes last for the next worker' "$(seen greeting='421 4.3.2 later!close')" '2 taken, 1 asked'
is 'and so does one that says nothing' "$(seen greeting='!close')" '2 taken, 1 asked'
is 'not one that greets and refuses' "$(seen greeting='554 5.7.1 go away')" '2 taken, 2 asked'
is 'nor one that ends it after the greeting' "$(seen ehlo='421 4.3.2 not you!close')" '2 taken, 2 asked'
is 'nor one that does not like the sender' "$(seen mail='421 4.3.2 not now!close')" '2 taken, 2 asked'
echo false >"$PNEU_ETC/tlsclient"
words=' tls=must'
is 'nor one without the TLS that is wanted' "$(seen)" '0 taken, 2 asked'
t 'which is said' grep -q '4.7.4.*does not offer STARTTLS' "$T/reports"
finish
