#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/place.h"
#include "lib/proc.h"
#include "tools/explain.h"

/* what one of the two has to say; closed and -1 at its end. What is over the buf's ceiling is dropped. */
static void
take(struct pollfd *p, struct buf *b)
{
	char chunk[4096];
	ssize_t n = read(p->fd, chunk, sizeof chunk);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close(p->fd);
		p->fd = -1;
		return;
	}
	(void)buf_put(b, chunk, (size_t)n);
}

/* false: they did not end in time */
static bool
take_all(struct pollfd p[2], struct buf *out, struct buf *err, int64_t end_ms)
{
	int64_t left;
	int r;

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		left = end_ms - clock_mono_ms();
		r = left > 0 ? poll(p, 2, (int)left) : 0;
		if (r == 0 || (r < 0 && errno != EINTR))
			return false;
		if (r > 0 && p[0].fd >= 0 && p[0].revents)
			take(&p[0], out);
		if (r > 0 && p[1].fd >= 0 && p[1].revents)
			take(&p[1], err);
	}
	return true;
}

static pid_t
start(char *const argv[], int null, int out, int err)
{
	extern char **environ;
	struct proc_fd map[] = { { null, 0 }, { out, 1 }, { err, 2 } };
	char path[4096];

	if (!place_program(path, sizeof path, argv[0]))
		return -1;
	return proc_spawn(path, argv, environ, map, 3);
}

int
explain_run(char *const argv[], int limit_ms, struct buf *out, struct buf *err, const char **why)
{
	int o[2] = { -1, -1 }, e[2] = { -1, -1 }, null = open("/dev/null", O_RDWR | O_CLOEXEC), code = -1;
	struct pollfd p[2];
	pid_t pid = -1;

	*why = 0;
	if (null >= 0 && fd_pipe(o) && fd_pipe(e))
		pid = start(argv, null, o[1], e[1]);
	if (pid < 0)
		*why = strerror(errno);
	if (null >= 0)
		close(null);
	if (o[1] >= 0)
		close(o[1]);
	if (e[1] >= 0)
		close(e[1]);
	p[0] = (struct pollfd){ .fd = o[0], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = e[0], .events = POLLIN };
	if (pid > 0) {
		if (!take_all(p, out, err, clock_mono_ms() + limit_ms)) {
			*why = "it did not end in time";
			kill(pid, SIGKILL);
		}
		code = proc_wait(pid);
		if (code < 0 && !*why)
			*why = "a signal ended it";
		if (*why)
			code = -1;
	}
	if (p[0].fd >= 0)
		close(p[0].fd);
	if (p[1].fd >= 0)
		close(p[1].fd);
	return code;
}
