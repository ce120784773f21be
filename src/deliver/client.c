#include "deliver/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/clock.h"

/* The kernel ends a wait after this long, then we look at the clock: deadlines cost no system call of their own. */
#define TICK_S 5

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int64_t
deadline(uint64_t s)
{
	return clock_mono_ms() + (int64_t)s * 1000;
}

void
client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static socklen_t
fill_address(struct sockaddr_storage *ss, const struct dns_addr *a, uint16_t port)
{
	memset(ss, 0, sizeof *ss);
	if (a->family == AF_INET6) {
		struct sockaddr_in6 *s6 = (struct sockaddr_in6 *)(void *)ss;

		s6->sin6_family = AF_INET6;
		s6->sin6_port = htons(port);
		memcpy(&s6->sin6_addr, a->ip, 16);
		return sizeof *s6;
	} else {
		struct sockaddr_in *s4 = (struct sockaddr_in *)(void *)ss;

		s4->sin_family = AF_INET;
		s4->sin_port = htons(port);
		memcpy(&s4->sin_addr, a->ip, 4);
		return sizeof *s4;
	}
}

/* connect(2) with a time limit; the socket is non-blocking meanwhile */
static bool
connect_within(int fd, const struct sockaddr *to, socklen_t len, uint64_t limit_s)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int64_t until = deadline(limit_s), left;
	int error = 0, r;
	socklen_t n = sizeof error;

	if (connect(fd, to, len) == 0)
		return true;
	if (errno != EINPROGRESS && errno != EINTR)
		return false;
	do {
		left = until - clock_mono_ms();
		r = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (r < 0 && errno == EINTR);
	if (r == 0)
		errno = ETIMEDOUT;
	if (r <= 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
		return false;
	errno = error;
	return error == 0;
}

static bool
set_up(struct client *c)
{
	uint64_t tick = least(TICK_S, c->remote_s);
	struct timeval tv = { .tv_sec = (time_t)tick };
	int on = 1;

	/* our last bytes must not wait for an acknowledgement of those before them; a unix socket knows no such wait */
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv) != 0 ||
	    fcntl(c->fd, F_SETFL, 0) != 0)
		return false;
	in_init(&c->in, c->fd, c->space, sizeof c->space, (int)tick * 1000);
	return true;
}

static bool
open_socket(struct client *c, const struct dns_addr *a, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = fill_address(&ss, a, port);
	int e;

	c->fd = socket(a->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return false;
	if (connect_within(c->fd, (struct sockaddr *)(void *)&ss, len, c->connect_s))
		return true;
	e = errno;
	client_close(c);
	errno = e;
	return false;
}

static bool
wait_over(int64_t until)
{
	return errno != ETIMEDOUT || clock_mono_ms() >= until;
}

bool
client_reply(struct client *c, uint64_t limit_s)
{
	int64_t until = 0;

	reply_init(&c->reply);
	for (;;) {
		size_t used;
		enum reply_result got = reply_take(&c->reply, c->in.s + c->in.pos, c->in.end - c->in.pos, &used);
		ssize_t r;

		c->in.pos += used;
		if (got == REPLY_DONE)
			return true;
		if (got == REPLY_BAD) {
			errno = EPROTO;
			return false;
		}
		if (!until)
			until = deadline(least(limit_s, c->remote_s));
		else if (clock_mono_ms() >= until) {
			errno = ETIMEDOUT;
			return false;
		}
		/* A server with Nagle's algorithm that writes its replies one by one sends the second when we have
		 * acknowledged the first: at once, or with Linux's delay, 40 ms later. */
		if (c->heard)
			compat_ack_now(c->fd);
		while ((r = in_fill(&c->in)) < 0)
			if (wait_over(until))
				return false;
		c->heard = true;
		if (r == 0) {
			errno = ECONNRESET;
			return false;
		}
	}
}

bool
client_send(struct client *c, struct iovec *iov, int n)
{
	int64_t until = 0;

	if (c->in.pos != c->in.end && !c->owed) {
		errno = EPROTO;
		return false;
	}
	c->heard = false;
	while (n > 0) {
		ssize_t r = writev(c->fd, iov, n);

		if (r < 0) {
			if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
				return false;
			r = 0;
		}
		for (; n > 0 && (size_t)r >= iov->iov_len; iov++, n--)
			r -= (ssize_t)iov->iov_len;
		if (n == 0)
			break;
		iov->iov_base = (char *)iov->iov_base + r;
		iov->iov_len -= (size_t)r;
		if (!until)
			until = deadline(least(CLIENT_BLOCK_S, c->remote_s));
		else if (clock_mono_ms() >= until) {
			errno = ETIMEDOUT;
			return false;
		}
	}
	return true;
}

const char *
client_trouble(int error)
{
	switch (error) {
	case ETIMEDOUT:
		return "did not answer in time";
	case ECONNRESET:
	case EPIPE:
		return "closed the connection";
	case EPROTO:
		return "did not answer as SMTP wants it";
	default:
		return "could not be talked to any longer";
	}
}

static bool
send_line(struct client *c, const char *verb, const char *argument)
{
	char line[600];
	struct iovec v = { .iov_base = line };

	if (strlen(verb) + strlen(argument) + 3 > sizeof line) {
		errno = EMSGSIZE;
		return false;
	}
	strcpy(line, verb);
	strcat(line, argument);
	strcat(line, "\r\n");
	v.iov_len = strlen(line);
	return client_send(c, &v, 1);
}

/* EHLO, and HELO for a server that does not know it (RFC 5321 3.2); LHLO */
static bool
hello(struct client *c)
{
	offers_none(&c->offers);
	if (!send_line(c, c->lmtp ? "LHLO " : "EHLO ", c->helo) || !client_reply(c, CLIENT_COMMAND_S))
		return false;
	if (c->reply.code / 100 == 2)
		offers_read(&c->offers, &c->reply);
	if (c->reply.code / 100 != 5 || c->lmtp)
		return true;
	return send_line(c, "HELO ", c->helo) && client_reply(c, CLIENT_COMMAND_S);
}

bool
client_greet(struct client *c, int fd, struct result *why)
{
	c->fd = fd;
	strcpy(c->protection, "clear");
	c->dirty = c->heard = false;
	c->jobs = c->owed = 0;
	if (!set_up(c)) {
		result_say(why, 'Z', false, "4.3.0", "unable to use a connection to ", c->ip, ": ", strerror(errno), "\n");
	} else if (!client_reply(c, CLIENT_GREETING_S)) {
		result_say(why, 'Z', true, "4.4.2", c->ip, " ", client_trouble(errno), " before its greeting\n");
	} else if (c->reply.code / 100 != 2) {
		result_reply(why, &c->reply, true, ".3.2", c->ip, "does not take mail from us.");
	} else if (!hello(c)) {
		result_say(why, 'Z', true, "4.4.2", c->ip, " ", client_trouble(errno), " after ", c->lmtp ? "LHLO" : "EHLO", "\n");
	} else if (c->reply.code / 100 != 2) {
		result_reply(why, &c->reply, true, ".5.0", c->ip, c->lmtp ? "did not like our LHLO." : "did not like our EHLO or HELO.");
	} else
		return true;
	client_via(c, why, false);
	client_close(c);
	return false;
}

bool
client_open(struct client *c, const struct dns_addr *a, uint16_t port, struct result *why)
{
	if (!inet_ntop(a->family, a->ip, c->ip, sizeof c->ip))
		strcpy(c->ip, "?");
	if (open_socket(c, a, port))
		return client_greet(c, c->fd, why);
	if (errno == ECONNRESET)                /* it was there, and is gone before we could look */
		result_say(why, 'Z', true, "4.4.2", c->ip, " ", client_trouble(errno), " before its greeting\n");
	else
		result_say(why, 'Z', true, "4.4.1", "no connection to ", c->ip, ": ", strerror(errno), "\n");
	return false;
}

/* a name goes into logs, queue files and headers as part of one word: what does not belong there goes */
static void
append_name(char via[JOB_VIA + 1], const char *s)
{
	size_t n = strlen(via);

	for (; *s && n < JOB_VIA / 2 + JOB_VIA / 4; s++)
		via[n++] = *s > ' ' && *s <= '~' && *s != '/' ? *s : '?';
	via[n] = 0;
}

void
client_via(const struct client *c, struct result *r, bool dsn)
{
	_Static_assert(CLIENT_HOST + INET6_ADDRSTRLEN + sizeof c->protection + sizeof "//" "/dsn" <= JOB_VIA, "it finds room");
	r->via[0] = 0;
	append_name(r->via, *c->host ? c->host : c->ip);
	strcat(r->via, "/");
	strcat(r->via, c->ip);
	strcat(r->via, "/");
	strcat(r->via, c->protection);
	if (dsn)
		strcat(r->via, "/dsn");
}

bool
client_is_heard(const struct client *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	return c->in.pos != c->in.end || poll(&p, 1, 0) == 1;
}

bool
client_is_full(const struct client *c)
{
	return c->offers.mail_max && c->jobs >= c->offers.mail_max;
}

void
client_quit(struct client *c)
{
	if (c->fd >= 0 && send_line(c, "QUIT", ""))
		(void)client_reply(c, CLIENT_QUIT_S);
	client_close(c);
}
