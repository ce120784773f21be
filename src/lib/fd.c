#include "lib/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/clock.h"

bool
fd_cloexec(int fd, bool on)
{
	return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) == 0;
}

bool
fd_nonblock(int fd, bool on)
{
	int f = fcntl(fd, F_GETFL);

	return f >= 0 && fcntl(fd, F_SETFL, on ? f | O_NONBLOCK : f & ~O_NONBLOCK) == 0;
}

/* at -1: at the descriptor's own offset */
static bool
put(int fd, const char *p, size_t n, off_t at)
{
	while (n) {
		ssize_t r = at < 0 ? write(fd, p, n) : pwrite(fd, p, n, at);

		if (r <= 0) {
			if (r < 0 && errno == EINTR)
				continue;
			if (r == 0)
				errno = EIO;            /* no progress and no reason: do not spin */
			return false;
		}
		p += r;
		at += at < 0 ? 0 : r;
		n -= (size_t)r;
	}
	return true;
}

bool
fd_write(int fd, const void *from, size_t n)
{
	return put(fd, from, n, -1);
}

bool
fd_pwrite(int fd, const void *from, size_t n, off_t at)
{
	if (at < 0) {
		errno = EINVAL;
		return false;
	}
	return put(fd, from, n, at);
}

static ssize_t
get(int fd, char *p, size_t n, off_t at)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = at < 0 ? read(fd, p + got, n - got) : pread(fd, p + got, n - got, at + (off_t)got);

		if (r == 0)
			break;
		if (r < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		got += (size_t)r;
	}
	return (ssize_t)got;
}

ssize_t
fd_read(int fd, void *to, size_t n)
{
	return get(fd, to, n, -1);
}

ssize_t
fd_pread(int fd, void *to, size_t n, off_t at)
{
	if (at < 0) {
		errno = EINVAL;
		return -1;
	}
	return get(fd, to, n, at);
}

bool
fd_copy(int out, int in, off_t from, size_t n)
{
	char space[65536];

	while (n) {
		ssize_t r = fd_pread(in, space, n < sizeof space ? n : sizeof space, from);

		if (r == 0)
			errno = EIO;
		if (r <= 0 || !fd_write(out, space, (size_t)r))
			return false;
		from += r;
		n -= (size_t)r;
	}
	return true;
}

int
fd_wait(int fd, short events, int64_t until_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left;
	int r;

	do {
		left = until_ms - clock_mono_ms();
		r = poll(&p, 1, left <= 0 ? 0 : left < INT_MAX ? (int)left : INT_MAX);
	} while (r < 0 && errno == EINTR);
	return r > 0 ? p.revents : r;
}

bool
fd_pipe(int p[2])
{
	return pipe2(p, O_CLOEXEC) == 0;
}

int
fd_filled_pipe(const void *s, size_t n)
{
	int p[2], cause;
	bool ok;

	if (!fd_pipe(p))
		return -1;
	ok = fd_write(p[1], s, n);
	cause = errno;
	close(p[1]);
	if (ok)
		return p[0];
	close(p[0]);
	errno = cause;
	return -1;
}

bool
fd_pair(int p[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, p) == 0;
}

union ancillary {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int))];
};

bool
fd_send(int sock, const void *data, size_t n, int pass, int flags)
{
	struct iovec iov;
	struct msghdr m;
	union ancillary a;
	ssize_t r;

	memset(&m, 0, sizeof m);
	memset(&a, 0, sizeof a);
	iov.iov_base = (void *)(uintptr_t)data;
	iov.iov_len = n;
	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	if (pass >= 0) {
		struct cmsghdr *c;

		m.msg_control = a.space;
		m.msg_controllen = sizeof a.space;
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof pass);
		memcpy(CMSG_DATA(c), &pass, sizeof pass);
	}
	do
		r = sendmsg(sock, &m, flags | MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	return r == (ssize_t)n;
}

/* The descriptors that the kernel put into this process: *pass is the only one, or all of them are closed.
 * CMSG_SPACE rounds up, so a second one may fit in the space meant for one (but no second header). How many. */
static size_t
take_attached(struct msghdr *m, int *pass)
{
	struct cmsghdr *c = m->msg_controllen ? CMSG_FIRSTHDR(m) : 0;
	size_t i, n;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len < CMSG_LEN(0))
		return 0;
	n = (c->cmsg_len - CMSG_LEN(0)) / sizeof *pass;
	for (i = 0; i < n; i++) {
		memcpy(pass, CMSG_DATA(c) + i * sizeof *pass, sizeof *pass);
		if (n > 1)
			close(*pass);
	}
	if (n > 1)
		*pass = -1;
	return n;
}

ssize_t
fd_receive(int sock, void *data, size_t n, int *pass, int flags)
{
	struct iovec iov;
	struct msghdr m;
	union ancillary a;
	ssize_t r;

	*pass = -1;
	memset(&m, 0, sizeof m);
	memset(&a, 0, sizeof a);
	iov.iov_base = data;
	iov.iov_len = n;
	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	m.msg_control = a.space;
	m.msg_controllen = sizeof a.space;
	do
		r = recvmsg(sock, &m, flags | MSG_CMSG_CLOEXEC);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -1;
	if (take_attached(&m, pass) > 1 || m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		errno = EMSGSIZE;
		return -1;
	}
	return r;
}
