#include "lib/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/num.h"

#define TEXT_MAX (NOTIFY_STATUS + 100)

static bool
take_socket(struct notify *n)
{
	const char *s = getenv("NOTIFY_SOCKET");
	size_t len = s ? strlen(s) : 0;

	if (!len)
		return true;
	if ((*s != '/' && *s != '@') || len < 2 || len >= sizeof n->path) {
		errno = EINVAL;
		return false;
	}
	memcpy(n->path, s, len + 1);
	return true;
}

static void
take_watchdog(struct notify *n)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t number;

	if (!usec || (pid && (!num_u64(pid, 1, INT32_MAX, &number) || (pid_t)number != getpid())))
		return;
	if (num_u64(usec, 1, INT64_MAX, &number))
		n->watchdog_ms = number / 1000 ? number / 1000 : 1;
}

bool
notify_take(struct notify *n, int fd)
{
	bool ok;
	int error;

	memset(n, 0, sizeof *n);
	n->fd = -1;
	ok = take_socket(n);
	error = errno;
	take_watchdog(n);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	if (fd >= 0) {
		if (fd_cloexec(fd, true))
			n->fd = fd;
		else {
			ok = false;
			error = errno;
		}
	}
	errno = error;
	return ok;
}

bool
notify_give(const struct notify *n)
{
	char usec[NUM_TEXT];

	return (!n->path[0] || setenv("NOTIFY_SOCKET", n->path, 1) == 0) &&
	    (!n->watchdog_ms || setenv("WATCHDOG_USEC", num_text(usec, n->watchdog_ms * 1000), 1) == 0);
}

static bool
tell(const struct notify *n, const char *text)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t len = strlen(n->path);
	bool ok;
	int s, error;

	if (!len)
		return true;
	memcpy(a.sun_path, n->path, len);
	if (a.sun_path[0] == '@')
		a.sun_path[0] = 0;
	s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s < 0)
		return false;
	ok = sendto(s, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&a,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) >= 0;
	error = errno;
	close(s);
	errno = error;
	return ok;
}

static bool
tell_with(const struct notify *n, const char *what, const char *status)
{
	char text[TEXT_MAX];

	(void)snprintf(text, sizeof text, "%sSTATUS=%.*s\n", what, NOTIFY_STATUS, status);
	return tell(n, text);
}

bool
notify_ready(struct notify *n, const char *status)
{
	bool told = n->fd < 0 || fd_write(n->fd, "\n", 1);
	int error = errno;

	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
	if (!tell_with(n, "READY=1\n", status))
		return false;
	errno = error;
	return told;
}

bool
notify_reloading(const struct notify *n, const char *status)
{
	char what[60];

	(void)snprintf(what, sizeof what, "RELOADING=1\nMONOTONIC_USEC=%lld\n", (long long)clock_mono_us());
	return tell_with(n, what, status);
}

bool
notify_stopping(const struct notify *n, const char *status)
{
	return tell_with(n, "STOPPING=1\n", status);
}

bool
notify_status(const struct notify *n, const char *status)
{
	return tell_with(n, "", status);
}

bool
notify_alive(const struct notify *n)
{
	return tell(n, "WATCHDOG=1\n");
}
