#include "lib/clock.h"
#include "lib/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/sig.h"
#include "scratch.h"
#include "tap.h"

static char big[300000], back[300000];

static void
flags(void)
{
	int p[2], s[2], type = 0;
	socklen_t n = sizeof type;

	ok(fd_pipe(p) && fcntl(p[0], F_GETFD) == FD_CLOEXEC && fcntl(p[1], F_GETFD) == FD_CLOEXEC, "a pipe is close-on-exec");
	ok(fd_pair(s) && fcntl(s[0], F_GETFD) == FD_CLOEXEC && fcntl(s[1], F_GETFD) == FD_CLOEXEC, "so is a pair");
	ok(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_SEQPACKET, "which keeps packets apart");
	ok(fd_cloexec(p[0], false) && fcntl(p[0], F_GETFD) == 0 && fd_cloexec(p[0], true) && fcntl(p[0], F_GETFD) == FD_CLOEXEC,
	    "close-on-exec off and on");
	ok(fd_nonblock(p[0], true) && fcntl(p[0], F_GETFL) & O_NONBLOCK, "non-blocking on");
	ok(fd_nonblock(p[0], false) && !(fcntl(p[0], F_GETFL) & O_NONBLOCK), "and off");
	ok(!(fcntl(p[1], F_GETFL) & O_NONBLOCK), "and the other end is as it was");
	errno = 0;
	ok(!fd_nonblock(199, true) && errno == EBADF && !fd_cloexec(199, true), "not on a closed one");
	close(p[0]), close(p[1]), close(s[0]), close(s[1]);
}

static volatile sig_atomic_t alarms;

static void
on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

/* all of it: a signal ends usleep */
static void
rest(int64_t ms)
{
	int64_t until = clock_mono_ms() + ms;

	while (clock_mono_ms() < until)
		usleep(1000);
}

/* a pipe is far smaller than big, and signals interrupt both sides all the time */
static void
whole(void)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };
	int p[2], status;
	pid_t pid;

	if (!fd_pipe(p) || (pid = fork()) < 0)
		return;
	sig_catch(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &often, 0);
	if (pid == 0) {
		setitimer(ITIMER_REAL, &often, 0);
		close(p[0]);
		rest(20);
		_exit(!fd_write(p[1], big, sizeof big));
	}
	close(p[1]);
	ok(fd_read(p[0], back, 1000) == 1000 && alarms > 0, "a read waits for all it wants, whatever signals come");
	rest(20);
	ok(fd_read(p[0], back + 1000, sizeof back) == (ssize_t)sizeof back - 1000 && memcmp(big, back, sizeof big) == 0,
	    "a write larger than the pipe arrives whole; a read is short only at the end");
	ok(fd_read(p[0], back, 10) == 0, "then nothing more");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	setitimer(ITIMER_REAL, &never, 0);
	ok(status == 0, "and the writer knows it");
	close(p[0]);
}

static void
write_errors(void)
{
	int p[2], full = open("/dev/full", O_WRONLY);

	if (!fd_pipe(p))
		return;
	fd_nonblock(p[1], true);
	errno = 0;
	ok(!fd_write(p[1], big, sizeof big) && errno == EAGAIN, "a full non-blocking pipe says so");
	close(p[0]);
	errno = 0;
	ok(!fd_write(p[1], big, 1) && errno == EPIPE, "a pipe without reader says so");
	close(p[1]);
	errno = 0;
	ok(!fd_write(p[1], big, 1) && errno == EBADF && fd_write(p[1], big, 0), "a closed descriptor says so; nothing is always written");
	if (full >= 0) {
		errno = 0;
		ok(!fd_write(full, "x", 1) && errno == ENOSPC, "a full disk says so");
		close(full);
	}
}

static void
files(void)
{
	int fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0600), out = open("b", O_RDWR | O_CREAT | O_EXCL, 0600);

	ok(fd_pwrite(fd, big, sizeof big, 0) && fd_pwrite(fd, "XY", 2, 5) && fd_pread(fd, back, sizeof back, 0) == (ssize_t)sizeof big,
	    "pwrite and pread of a whole file");
	ok(memcmp(back, big, 5) == 0 && memcmp(back + 5, "XY", 2) == 0 && memcmp(back + 7, big + 7, sizeof big - 7) == 0, "at their place");
	ok(fd_pread(fd, back, 100, (off_t)sizeof big - 10) == 10 && fd_pread(fd, back, 1, (off_t)sizeof big) == 0 &&
	    fd_pread(fd, back, 1, -1) == -1, "pread is short only at the end");
	ok(lseek(fd, 0, SEEK_CUR) == 0, "the position has not moved");
	ok(fd_write(out, "<", 1) && fd_copy(out, fd, 7, sizeof big - 7) && fd_write(out, ">", 1), "a part is copied");
	ok(fd_pread(out, back, sizeof back, 0) == (ssize_t)sizeof big - 5 && back[0] == '<' &&
	    memcmp(back + 1, big + 7, sizeof big - 7) == 0 && back[sizeof big - 6] == '>', "where the output stands");
	errno = 0;
	ok(!fd_copy(out, fd, 10, sizeof big - 9) && errno == EIO, "one byte more than there is: EIO");
	ok(fd_copy(out, fd, 0, 0), "nothing is always copied");
	errno = 0;
	ok(!fd_copy(out, 199, 0, 1) && errno == EBADF && !fd_copy(199, fd, 0, 1) && errno == EBADF, "closed descriptors say so");
	close(fd), close(out);
}

static void
packets(void)
{
	int s[2], pass, got_one;
	char got[10];

	if (!fd_pair(s))
		return;
	ok(fd_send(s[0], "abc", 3, -1, 0) && fd_receive(s[1], got, 10, &pass, 0) == 3 && pass == -1 && memcmp(got, "abc", 3) == 0,
	    "a packet without descriptor");
	ok(fd_send(s[0], "abc", 3, s[0], 0) && fd_receive(s[1], got, 10, &got_one, 0) == 3 && got_one >= 0, "a packet with one");
	ok(fcntl(got_one, F_GETFD) == FD_CLOEXEC, "which is close-on-exec");
	ok(write(got_one, "x", 1) == 1 && fd_receive(s[1], got, 10, &pass, 0) == 1, "and the one that was sent");
	close(got_one);
	ok(fd_send(s[0], "0123456789", 10, -1, 0) && fd_receive(s[1], got, 10, &pass, 0) == 10, "as large as the space");
	errno = 0;
	ok(fd_send(s[0], "0123456789x", 11, -1, 0) && fd_receive(s[1], got, 10, &pass, 0) == -1 && errno == EMSGSIZE,
	    "one byte larger: EMSGSIZE, not a cut packet");
	errno = 0;
	ok(fd_receive(s[1], got, 10, &pass, MSG_DONTWAIT) == -1 && errno == EAGAIN && pass == -1, "nothing there: EAGAIN");
	errno = 0;
	ok(!fd_send(s[0], "x", 1, 199, 0) && errno == EBADF, "a closed descriptor cannot be sent");
	close(s[0]);
	ok(fd_receive(s[1], got, 10, &pass, 0) == 0 && pass == -1, "the other side gone: 0");
	errno = 0;
	ok(!fd_send(s[1], "x", 1, -1, 0) && errno == EPIPE, "sending to it: EPIPE, and no signal");
	close(s[1]);
}

/* what no program of ours sends: count descriptors in one packet */
static bool
send_many(int sock, size_t count, size_t bytes)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(20 * sizeof(int))];
	} a;
	struct iovec iov = { big, bytes };
	struct msghdr m;
	int fds[20];
	size_t i;
	struct cmsghdr *c;

	memset(&m, 0, sizeof m);
	memset(&a, 0, sizeof a);
	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	m.msg_control = a.space;
	m.msg_controllen = (socklen_t)CMSG_SPACE(count * sizeof(int));
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = (socklen_t)CMSG_LEN(count * sizeof(int));
	for (i = 0; i < count; i++)
		fds[i] = sock;
	memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	return sendmsg(sock, &m, 0) == (ssize_t)bytes;
}

static void
too_many(void)
{
	int s[2], pass, before;
	char got[10], promise[100];
	size_t count;

	if (!fd_pair(s))
		return;
	before = scratch_descriptors();
	for (count = 2; count <= 20; count = count < 4 ? count + 1 : count * 5) {
		snprintf(promise, sizeof promise, "%zu descriptors in a packet: EMSGSIZE, and all are closed", count);
		errno = 0;
		ok(send_many(s[0], count, 3) && fd_receive(s[1], got, 10, &pass, 0) == -1 && errno == EMSGSIZE && pass == -1 &&
		    scratch_descriptors() == before, promise);
	}
	errno = 0;
	ok(send_many(s[0], 1, 11) && fd_receive(s[1], got, 10, &pass, 0) == -1 && errno == EMSGSIZE && pass >= 0 &&
	    close(pass) == 0 && scratch_descriptors() == before, "one with a packet too large: the caller's to close");
	ok(fd_send(s[0], "abc", 3, -1, 0) && fd_receive(s[1], got, 10, &pass, 0) == 3, "and the next packet is read");
	close(s[0]), close(s[1]);
}

static void
tick(int sig)
{
	(void)sig;
}

static void
waiting(void)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
	int p[2];

	if (!fd_pipe(p)) {
		ok(false, "a pipe");
		return;
	}
	ok(fd_wait(p[0], POLLIN, 0) == 0 && fd_wait(p[1], POLLOUT, 0) == POLLOUT, "a time that is past is for one look");
	sig_catch(SIGALRM, tick);
	ok(setitimer(ITIMER_REAL, &often, 0) == 0 && fd_wait(p[0], POLLIN, clock_mono_ms() + 20) == 0, "signals end no wait");
	setitimer(ITIMER_REAL, &never, 0);
	ok(write(p[1], "x", 1) == 1 && fd_wait(p[0], POLLIN, INT64_MAX) == POLLIN, "bytes do");
	ok(read(p[0], back, 1) == 1 && close(p[1]) == 0 && fd_wait(p[0], POLLIN, INT64_MAX) & POLLHUP, "so does the end");
	close(p[0]);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof big; i++)
		big[i] = (char)(i * 7 + i / 251);
	sig_ignore(SIGPIPE);
	scratch();
	flags();
	whole();
	write_errors();
	files();
	packets();
	too_many();
	waiting();
	return done();
}
