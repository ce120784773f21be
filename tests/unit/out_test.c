#include "lib/out.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/sig.h"
#include "scratch.h"
#include "tap.h"

static char space[16], big[1 << 20];

static void
order(void)
{
	static const char want[] = "RCPT TO:<a\0b>\r\n18446744073709551615............................ok";
	struct buf b = BUF(10);
	struct out o;
	char got[200];
	ssize_t n;
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	size_t k;

	buf_put(&b, "a\0b", 3);
	out_init(&o, fd, space, sizeof space, -1);
	out_puts(&o, "RCPT TO:<"), out_buf(&o, &b), out_puts(&o, ">\r\n");
	out_num(&o, UINT64_MAX);
	for (k = 0; k < 14; k++)
		out_byte(&o, '.');
	out_put(&o, "..............", 14);
	out_puts(&o, "");
	out_put(&o, "ok", 2);
	ok(o.len > 0, "something waits");
	ok(out_flush(&o) && o.len == 0, "flush gives it to the kernel");
	n = fd_pread(fd, got, sizeof got, 0);
	ok(n == (ssize_t)sizeof want - 1 && memcmp(got, want, sizeof want - 1) == 0, "all in order");
	ok(out_flush(&o) && fd_pread(fd, got, sizeof got, 0) == n, "a second flush adds nothing");
	buf_free(&b);
	out_buf(&o, &b);
	ok(out_flush(&o), "an empty buf is nothing");
	close(fd);
}

static void
sizes(void)
{
	struct out o;
	char got[100], want[100];
	size_t first, second;
	bool all = true;
	int fd;

	for (first = 0; first <= 18; first++)
		for (second = 0; second <= 34; second++) {
			memset(want, 'a', first);
			memset(want + first, 'b', second);
			fd = open("sizes", O_RDWR | O_CREAT | O_TRUNC, 0600);
			out_init(&o, fd, space, sizeof space, -1);
			out_put(&o, want, first);
			out_put(&o, want + first, second);
			all &= out_flush(&o) && fd_pread(fd, got, sizeof got, 0) == (ssize_t)(first + second) &&
			    memcmp(got, want, first + second) == 0;
			close(fd);
		}
	ok(all, "every pair of sizes around that of the space");
}

static void
first_error(void)
{
	struct out o;
	int p[2], full = open("/dev/full", O_WRONLY);

	if (full >= 0) {
		out_init(&o, full, space, sizeof space, -1);
		out_put(&o, big, 100);
		out_puts(&o, "more");
		close(full);
		errno = 0;
		ok(!out_flush(&o) && errno == ENOSPC, "the first error is remembered");
		errno = 0;
		ok(!out_flush(&o) && errno == ENOSPC, "and stays");
	}
	if (pipe(p) != 0)
		return;
	close(p[0]);
	out_init(&o, p[1], space, sizeof space, 1000);
	out_puts(&o, "x");
	errno = 0;
	ok(!out_flush(&o) && errno == EPIPE, "a reader that is gone is EPIPE");
	close(p[1]);
}

static void
no_reader(int fd, const char *what)
{
	char promise[200];
	struct out o;
	int64_t start = clock_mono_ms();

	out_init(&o, fd, space, sizeof space, 50);
	out_put(&o, big, sizeof big);
	errno = 0;
	snprintf(promise, sizeof promise, "%s nobody reads: the time limit ends it, not before its time", what);
	ok(!out_flush(&o) && errno == ETIMEDOUT && clock_mono_ms() - start >= 45, promise);
	out_init(&o, fd, space, sizeof space, 0);
	out_put(&o, big, sizeof big);
	errno = 0;
	snprintf(promise, sizeof promise, "%s nobody reads: a limit of 0 does not wait", what);
	ok(!out_flush(&o) && errno == ETIMEDOUT, promise);
}

static void
slow_reader(int r, int w, int timeout_ms, const char *what)
{
	char promise[200], part[5000];
	struct out o;
	size_t n = 0, k;
	ssize_t got;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		close(w);
		while ((got = read(r, part, sizeof part)) > 0) {
			for (k = 0; k < (size_t)got; k++)
				if (part[k] != big[n + k])
					_exit(2);
			n += (size_t)got;
			usleep(20);
		}
		_exit(n != sizeof big);
	}
	close(r);
	out_init(&o, w, space, sizeof space, timeout_ms);
	out_put(&o, big, sizeof big);
	snprintf(promise, sizeof promise, "%s: a slow reader gets every byte", what);
	ok(out_flush(&o) && close(w) == 0 && waitpid(pid, &status, 0) == pid && status == 0, promise);
}

static void
waiting(void)
{
	int p[2], s[2], k;

	for (k = 0; k < 2; k++) {
		if (pipe(p) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, s) != 0)
			return;
		if (k)
			fd_nonblock(p[1], true), fd_nonblock(s[1], true);
		no_reader(p[1], k ? "a non-blocking pipe" : "a pipe");
		no_reader(s[1], k ? "a non-blocking socket" : "a socket");
		close(p[0]), close(p[1]), close(s[0]), close(s[1]);
	}
	for (k = 0; k < 4; k++) {
		if (pipe(p) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, s) != 0)
			return;
		if (k & 1)
			fd_nonblock(p[1], true), fd_nonblock(s[1], true);
		slow_reader(p[0], p[1], k & 2 ? -1 : 20000, k & 1 ? "a non-blocking pipe" : "a pipe");
		slow_reader(s[0], s[1], k & 2 ? -1 : 20000, k & 1 ? "a non-blocking socket" : "a socket");
	}
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof big; i++)
		big[i] = (char)(i * 7 + i / 251);
	sig_ignore(SIGPIPE);
	scratch();
	order();
	sizes();
	first_error();
	waiting();
	return done();
}
