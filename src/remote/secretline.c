#include "remote/secretline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/proc.h"

#define VARIABLE 5000

/* its environment; a variable that does not fit is as good as none */
static void
set(char *to, const char *name, const char *value)
{
	if (!value || snprintf(to, VARIABLE, "%s=%s", name, value) >= VARIABLE)
		*to = 0;
}

static pid_t
start(const struct secretline *s, int null, int out)
{
	static char variable[4][VARIABLE];
	char sh[] = "sh", c[] = "-c";
	char *argv[] = { sh, c, (char *)(uintptr_t)s->command, 0 }, *envp[5];
	const struct proc_fd map[] = { { null, 0 }, { out, 1 } };
	size_t i, n = 0;

	set(variable[0], "LOGIN_NAME", s->name);
	set(variable[1], "LOGIN_USER", s->user);
	set(variable[2], "PATH", getenv("PATH") ? getenv("PATH") : "/usr/local/bin:/usr/bin:/bin");
	set(variable[3], "HOME", getenv("HOME"));
	for (i = 0; i < 4; i++)
		if (*variable[i])
			envp[n++] = variable[i];
	envp[n] = 0;
	return proc_spawn_apart("/bin/sh", argv, envp, map, 2);
}

/* all that it writes; false: more than that, or not in time */
static bool
take(int from, char *out, size_t size, size_t *n, int64_t until_ms)
{
	struct pollfd p = { .fd = from, .events = POLLIN };

	for (*n = 0; *n < size; ) {
		int64_t left = until_ms - clock_mono_ms();
		int r = poll(&p, 1, left > 0 ? (int)left : 0);
		ssize_t got;

		if (r < 0 && errno == EINTR)
			continue;
		if (r == 0)
			errno = ETIMEDOUT;
		if (r <= 0)
			return false;
		got = read(from, out + *n, size - *n);
		if (got == 0)
			return true;
		if (got < 0 && errno != EINTR)
			return false;
		if (got > 0)
			*n += (size_t)got;
	}
	errno = EMSGSIZE;
	return false;
}

/* the first line of n bytes becomes the string */
static const char *
cut(char *out, size_t n)
{
	char *nl = memchr(out, '\n', n);
	size_t len = nl ? (size_t)(nl - out) : n;

	while (len && (out[len - 1] == ' ' || out[len - 1] == '\t' || out[len - 1] == '\r'))
		len--;
	explicit_bzero(out + len, n - len);
	out[len] = 0;
	if (memchr(out, 0, len))
		return "wrote a NUL";
	return len ? 0 : "wrote nothing";
}

static const char *
run(const struct secretline *s, int null, const int p[2], char *out, size_t size)
{
	int64_t until_ms = clock_mono_ms() + (int64_t)s->limit_ms;
	static char reason[60];
	const char *why = 0;
	size_t n = 0;
	pid_t pid = start(s, null, p[1]);
	int code;

	close(p[1]);
	if (pid < 0)
		return "could not be started";
	if (!take(p[0], out, size - 1, &n, until_ms))
		why = errno == ETIMEDOUT ? "did not end in time" : errno == EMSGSIZE ? "wrote too much" : "could not be read from";
	code = proc_end(pid, why ? 0 : until_ms);
	if (!why && code < 0)
		why = clock_mono_ms() >= until_ms ? "did not end in time" : "was killed";
	if (!why && code > 0) {
		snprintf(reason, sizeof reason, "ended with code %d", code);
		why = reason;
	}
	out[n] = 0;
	if (!why)
		why = cut(out, n);
	if (why)
		explicit_bzero(out, size);
	return why;
}

const char *
secretline_get(const struct secretline *s, char *out, size_t size)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), p[2];
	const char *why = "could not be started: no descriptors";

	*out = 0;
	if (null >= 0 && fd_pipe(p)) {
		why = run(s, null, p, out, size);
		close(p[0]);
	}
	if (null >= 0)
		close(null);
	return why;
}
