#include "lib/in.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/sig.h"
#include "tap.h"

static char space[64];

/* a reader of these bytes, cut into writes of step, on a stream socket or a pipe */
static pid_t
feed(struct in *in, const char *s, size_t n, size_t step, bool sock)
{
	int p[2];
	pid_t pid;

	if (sock ? socketpair(AF_UNIX, SOCK_STREAM, 0, p) != 0 : pipe(p) != 0)
		return -1;
	if ((pid = fork()) == 0) {
		close(p[0]);
		for (; n; n -= step, s += step) {
			if (step > n)
				step = n;
			if (!fd_write(p[1], s, step))
				_exit(1);
		}
		_exit(0);
	}
	close(p[1]);
	in_init(in, p[0], space, sizeof space, 60000);
	return pid;
}

static void
end(struct in *in, pid_t pid)
{
	close(in->fd);
	waitpid(pid, 0, 0);
}

/* one letter per result, each line's text in brackets */
static void
read_all(struct in *in, size_t max, char *said)
{
	struct buf line = BUF(max);
	enum in_result r;

	do {
		r = in_line(in, &line, '\n');
		said += sprintf(said, "%c", "LECGT"[r]);
		if (r == IN_LINE || r == IN_CUT)
			said += sprintf(said, "[%s]", line.s);
	} while (r == IN_LINE || r == IN_LONG);
	buf_free(&line);
}

static void
lines(const char *bytes, const char *want, const char *promise)
{
	char said[5000];
	struct in in;
	size_t step;
	bool all = true;
	pid_t pid;
	int sock;

	for (sock = 0; sock < 2; sock++)
		for (step = 1; step < 200; step = step * 3 + 1) {
			pid = feed(&in, bytes, strlen(bytes), step, sock);
			read_all(&in, 100, said);
			if (strcmp(said, want) != 0) {
				printf("# in pieces of %zu: got %s\n", step, said);
				all = false;
			}
			end(&in, pid);
		}
	ok(all, promise);
}

static void
all_lines(void)
{
	char s[400], want[400];
	size_t n;

	lines("", "E", "nothing is the end");
	lines("\n", "L[]E", "an empty line");
	lines("a\n\nb\r\n", "L[a]L[]L[b\r]E", "lines; a CR is just a byte");
	lines("a\nb", "L[a]C[b]", "end of file inside a line");
	for (n = 99; n <= 101; n++) {
		memset(s, 'x', n);
		strcpy(s + n, "\ny\n");
		if (n <= 100)
			sprintf(want, "L[%.*s]L[y]E", (int)n, s);
		else
			strcpy(want, "GL[y]E");
		lines(s, want, n < 100 ? "a line below the ceiling, longer than the space" : n == 100 ? "at the ceiling" :
		    "above it: dropped to its end, and the next line is whole");
	}
	memset(s, 'x', 300);
	strcpy(s + 300, "\ny");
	lines(s, "GC[y]", "far above it");
	s[300] = 0;
	lines(s, "GE", "far above it and cut off");
}

static void
nuls(void)
{
	struct buf line = BUF(100);
	struct in in;
	pid_t pid = feed(&in, "a\0b\nT\0\0", 7, 7, false);

	ok(in_line(&in, &line, '\n') == IN_LINE && line.len == 3 && memcmp(line.s, "a\0b", 3) == 0, "a NUL is just a byte");
	ok(in_line(&in, &line, 0) == IN_LINE && line.len == 1 && line.s[0] == 'T', "or the end of a record");
	ok(in_line(&in, &line, 0) == IN_LINE && line.len == 0 && in_line(&in, &line, 0) == IN_END, "which may be empty");
	end(&in, pid);
	buf_free(&line);
}

static void
filling(void)
{
	struct in in;
	ssize_t r;
	char s[65];
	pid_t pid;

	memset(s, 'x', sizeof s);
	pid = feed(&in, s, sizeof s, sizeof s, false);
	while (in.end < sizeof space && in_fill(&in) > 0)
		;
	errno = 0;
	ok(in.end == 64 && in_fill(&in) == -1 && errno == ENOBUFS, "a full space says so");
	in.pos = 10;
	r = in_fill(&in);
	ok(r == 1 && in.pos == 0 && in.end == 55, "what is taken makes room");
	in.pos = in.end;
	ok(in_fill(&in) == 0 && in.pos == 0 && in.end == 0, "all taken, and the end of file");
	end(&in, pid);
}

static void
no_answer(int fd, const char *what)
{
	char promise[200];
	struct in in;
	struct buf line = BUF(10);
	int64_t start;

	in_init(&in, fd, space, sizeof space, 30);
	start = clock_mono_ms();
	errno = 0;
	snprintf(promise, sizeof promise, "%s: the time limit ends a wait, not before its time", what);
	ok(in_line(&in, &line, '\n') == IN_TROUBLE && errno == ETIMEDOUT && clock_mono_ms() - start >= 25, promise);
	in_timeout(&in, 0);
	errno = 0;
	snprintf(promise, sizeof promise, "%s: a limit of 0 does not wait", what);
	ok(in_fill(&in) == -1 && errno == ETIMEDOUT, promise);
	in_timeout(&in, 3600000);
	in.deadline_ms = clock_mono_ms() + 30;
	start = clock_mono_ms();
	errno = 0;
	snprintf(promise, sizeof promise, "%s: the deadline ends a wait of an hour", what);
	ok(in_fill(&in) == -1 && errno == ETIMEDOUT && clock_mono_ms() - start >= 25, promise);
	in_timeout(&in, -1);
	in.deadline_ms = clock_mono_ms() + 30;
	errno = 0;
	snprintf(promise, sizeof promise, "%s: the deadline ends a wait without limit", what);
	ok(in_fill(&in) == -1 && errno == ETIMEDOUT, promise);
	snprintf(promise, sizeof promise, "%s: after the deadline nothing is read", what);
	errno = 0;
	ok(in_fill(&in) == -1 && errno == ETIMEDOUT, promise);
	buf_free(&line);
}

static void
waiting(void)
{
	int p[2], s[2];

	if (pipe(p) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, s) != 0)
		return;
	no_answer(p[0], "a pipe");
	no_answer(s[0], "a socket");
	fd_nonblock(p[0], true);
	fd_nonblock(s[0], true);
	no_answer(p[0], "a non-blocking pipe");
	no_answer(s[0], "a non-blocking socket");
	close(p[0]), close(p[1]), close(s[0]), close(s[1]);
}

/* the answer comes after the reader began to wait, on a descriptor that somebody made non-blocking */
static void
late(int timeout_ms)
{
	struct in in;
	int s[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) != 0 || (pid = fork()) < 0)
		return;
	if (pid == 0) {
		usleep(30000);
		_exit(write(s[1], "a", 1) != 1);
	}
	fd_nonblock(s[0], true);
	in_init(&in, s[0], space, sizeof space, timeout_ms);
	ok(in_fill(&in) == 1 && in.s[0] == 'a', "a non-blocking descriptor is waited for");
	waitpid(pid, 0, 0);
	close(s[0]), close(s[1]);
}

static volatile sig_atomic_t alarms;

static void
on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static void
interrupted(void)
{
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } }, never = { { 0, 0 }, { 0, 0 } };
	struct in in;
	int p[2];
	pid_t pid;

	if (pipe(p) != 0 || (pid = fork()) < 0)
		return;
	if (pid == 0) {
		usleep(50000);
		_exit(write(p[1], "a", 1) != 1);
	}
	sig_catch(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &often, 0);
	in_init(&in, p[0], space, sizeof space, -1);
	ok(in_fill(&in) == 1 && in.s[0] == 'a' && alarms > 0, "signals do not end a wait without limit");
	in.deadline_ms = clock_mono_ms() + 50;
	ok(in_fill(&in) == -1 && errno == ETIMEDOUT, "nor do they put off a deadline");
	setitimer(ITIMER_REAL, &never, 0);
	waitpid(pid, 0, 0);
	close(p[0]), close(p[1]);
}

static void
broken(void)
{
	struct buf line = BUF(10);
	struct in in;

	in_init(&in, 199, space, sizeof space, 1000);
	errno = 0;
	ok(in_line(&in, &line, '\n') == IN_TROUBLE && errno == EBADF, "a closed descriptor is trouble");
	in_init(&in, open("/", O_RDONLY | O_CLOEXEC), space, sizeof space, -1);
	errno = 0;
	ok(in_line(&in, &line, '\n') == IN_TROUBLE && errno == EISDIR, "a directory is trouble");
	close(in.fd);
	buf_free(&line);
}

int
main(void)
{
	all_lines();
	nuls();
	filling();
	waiting();
	late(10000);
	late(-1);
	interrupted();
	broken();
	return done();
}
