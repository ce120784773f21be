#include "smtp/milter_wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/ip.h"
#include "lib/num.h"

union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	struct sockaddr_un local;
};

static char input[MILTER_REPLY + 4], output[MILTER_OUTPUT];     /* one wire at a time */

/* ---- addresses */

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
milter_address(const char *s)
{
	union address a;
	socklen_t n;

	return parse(s, &a, &n);
}

/* ---- the connection */

void
milter_attach(struct milter_wire *w, int fd, int timeout_ms, int64_t deadline_ms)
{
	w->fd = fd;
	w->timeout_ms = timeout_ms;
	w->deadline_ms = deadline_ms;
	w->doing = "";
	in_init(&w->in, fd, input, sizeof input, timeout_ms);
	out_init(&w->out, fd, output, sizeof output, timeout_ms);
}

/* how long it may take now: not longer than all of it; 0: no time is left */
static int
patience(int timeout_ms, int64_t deadline_ms)
{
	int64_t left = deadline_ms ? deadline_ms - clock_mono_ms() : timeout_ms;

	return left < timeout_ms ? left > 0 ? (int)left : 0 : timeout_ms;
}

bool
milter_open(struct milter_wire *w, const char *address, int timeout_ms, int64_t deadline_ms)
{
	int on = 1, wait_ms = patience(timeout_ms, deadline_ms);
	union address a;
	socklen_t n;

	w->doing = "connect to";
	w->fd = -1;
	errno = wait_ms ? EINVAL : ETIMEDOUT;
	if (!wait_ms || !parse(address, &a, &n) || (w->fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return false;
	/* a socket's time limit for writing is also that of connect(2), where it is kept at all */
	milter_attach(w, w->fd, wait_ms, deadline_ms);
	w->doing = "connect to";
	if (a.any.sa_family != AF_UNIX)
		(void)setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(w->fd, &a.any, n) == 0)
		return true;
	if (errno == EINPROGRESS || errno == EAGAIN)
		errno = ETIMEDOUT;
	return false;
}

void
milter_close(struct milter_wire *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

/* ---- packets */

void
milter_uint32(char out[4], uint32_t n)
{
	out[0] = (char)(n >> 24);
	out[1] = (char)(n >> 16);
	out[2] = (char)(n >> 8);
	out[3] = (char)n;
}

uint32_t
milter_get_uint32(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

void
milter_command(struct milter_wire *w, char command, size_t n)
{
	char head[5];

	milter_uint32(head, (uint32_t)n + 1);
	head[4] = command;
	out_put(&w->out, head, sizeof head);
}

static bool
fill_to(struct milter_wire *w, size_t n)
{
	ssize_t r;

	while (w->in.end - w->in.pos < n) {
		if ((r = in_fill(&w->in)) < 0)
			return false;
		if (r == 0) {
			errno = EPIPE;
			return false;
		}
	}
	return true;
}

bool
milter_read_reply(struct milter_wire *w, struct milter_packet *p)
{
	int wait_ms = patience(w->timeout_ms, w->deadline_ms);
	const char *s;
	size_t n;

	w->doing = "write to";
	if (!out_flush(&w->out))
		return false;
	w->doing = "read from";
	errno = ETIMEDOUT;
	if (!wait_ms)
		return false;
	if (wait_ms < w->in.timeout_ms)
		in_timeout(&w->in, wait_ms);
	/* one wait ends with the time limit, which the kernel keeps; a reply in drops a little later */
	w->in.deadline_ms = clock_mono_ms() + wait_ms + wait_ms / 2;
	if (!fill_to(w, 4))
		return false;
	n = milter_get_uint32(w->in.s + w->in.pos);
	if (n == 0 || n > MILTER_REPLY) {
		errno = EPROTO;
		return false;
	}
	if (!fill_to(w, 4 + n))
		return false;
	s = w->in.s + w->in.pos + 4;            /* the space holds the largest; what is behind it stays */
	w->in.pos += 4 + n;
	*p = (struct milter_packet){ *s, s + 1, n - 1 };
	return true;
}
