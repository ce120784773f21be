#include "lib/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/ip.h"
#include "lib/num.h"

union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	struct sockaddr_un local;
};

static bool
local_address(union address *a, socklen_t *n, const char *path)
{
	size_t len = strlen(path);

	if (*path != '/' || len >= sizeof a->local.sun_path)
		return false;
	a->local.sun_family = AF_UNIX;
	memcpy(a->local.sun_path, path, len + 1);
	*n = sizeof a->local;
	return true;
}

static bool
host_address(union address *a, socklen_t *n, const char *host, size_t len, uint16_t port)
{
	char text[IP_TEXT];
	unsigned char ip[16];

	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	if (len >= sizeof text)
		return false;
	memcpy(text, host, len);
	text[len] = 0;
	if (!ip_read(strcmp(text, "localhost") == 0 ? "127.0.0.1" : text, ip))
		return false;
	if (ip_is_v4(ip)) {
		a->four.sin_family = AF_INET;
		a->four.sin_port = htons(port);
		memcpy(&a->four.sin_addr, ip + 12, 4);
		*n = sizeof a->four;
	} else {
		a->six.sin6_family = AF_INET6;
		a->six.sin6_port = htons(port);
		memcpy(&a->six.sin6_addr, ip, 16);
		*n = sizeof a->six;
	}
	return true;
}

static bool
parse(const char *s, union address *a, socklen_t *n)
{
	const char *colon = strchr(s, ':'), *mark;
	uint64_t port;

	memset(a, 0, sizeof *a);
	if (!colon)
		return false;
	if (strncmp(s, "unix:", 5) == 0 || strncmp(s, "local:", 6) == 0)
		return local_address(a, n, colon + 1);
	if (strncmp(s, "inet:", 5) != 0 && strncmp(s, "inet6:", 6) != 0)
		return false;
	s = colon + 1;
	if ((mark = strchr(s, '@')))
		return num_span(s, (size_t)(mark - s), 1, 65535, &port) &&
		    host_address(a, n, mark + 1, strlen(mark + 1), (uint16_t)port);
	return (mark = strrchr(s, ':')) && num_u64(mark + 1, 1, 65535, &port) &&
	    host_address(a, n, s, (size_t)(mark - s), (uint16_t)port);
}

bool
dial_address(const char *s)
{
	union address a;
	socklen_t n;

	return parse(s, &a, &n);
}

/* Who was stopped meanwhile and goes on is told EINTR where there is a time limit; the connection is on its way all the same, and
 * asking for it again waits for it. */
static bool
connected(int fd, const struct sockaddr *a, socklen_t n)
{
	while (connect(fd, a, n) != 0) {
		if (errno == EISCONN)
			return true;
		if (errno != EINTR)
			return false;
	}
	return true;
}

int
dial(const char *address, int timeout_ms)
{
	struct timeval tv = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	union address a;
	int fd, on = 1, error;
	socklen_t n;

	errno = timeout_ms > 0 ? EINVAL : ETIMEDOUT;
	if (timeout_ms <= 0 || !parse(address, &a, &n) || (fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return -1;
	/* a socket's time limit for writing is also that of connect(2), where it is kept at all */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
	if (a.any.sa_family != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connected(fd, &a.any, n))
		return fd;
	error = errno == EINPROGRESS || errno == EALREADY || errno == EAGAIN ? ETIMEDOUT : errno;
	close(fd);
	errno = error;
	return -1;
}
