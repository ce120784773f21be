#include "remote/client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "compat/compat.h"
#include "remote/connect.h"
#include "remote/sasl.h"
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
	if (c->fd >= 0 && c->tls.pid)
		tlsclient_end(&c->tls, c->fd);
	else if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static bool
set_up(struct client *c)
{
	uint64_t tick = least(TICK_S, c->remote_s);
	struct timeval tv = { .tv_sec = (time_t)tick };

	if (setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv) != 0)
		return false;
	in_init(&c->in, c->fd, c->space, sizeof c->space, (int)tick * 1000);
	return true;
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

	c->gone = 0;
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
		c->gone += (size_t)r;
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
client_own_ip(const struct client *c, unsigned char ip[16])
{
	if (!c->own_ip_known)
		return connect_own_ip(c->fd, ip);
	memcpy(ip, c->own_ip, 16);
	return true;
}

/* no TLS, so no connection */
static bool
not_safe(struct client *c, struct result *why, const char *status, const char *what, const char *reason)
{
	c->clear_instead = c->wanted->level == PROTECTION_MAY;
	result_say(why, 'Z', true, status, c->ip, " ", what, reason, *c->wanted->because ? ", and it has to be safe: " : "",
	    c->wanted->because, "\n");
	return false;
}

/* The handshake, now. From here on fd is the program's, and what the server said before is forgotten. */
static bool
handshake(struct client *c, struct result *why)
{
	const struct protection *p = c->wanted;
	struct tlsclient_wish w = { .command = p->command, .host = p->host, .address = c->ip, .level = p->word,
	    .tlsa = p->level == PROTECTION_DANE ? p->tlsa.s : 0, .limit_ms = least(CLIENT_HANDSHAKE_S, c->remote_s) * 1000 };

	if (c->in.pos != c->in.end)
		return not_safe(c, why, "4.7.5", "spoke before TLS began", "");
	c->own_ip_known = connect_own_ip(c->fd, c->own_ip);
	switch (tlsclient_begin(&c->tls, &w, &c->fd)) {
	case TLSCLIENT_OK:
		break;
	case TLSCLIENT_FAILED:
		return not_safe(c, why, "4.7.5", "and we found no TLS together: ", c->tls.why);
	case TLSCLIENT_REFUSED:
		return not_safe(c, why, "4.7.5", "has no certificate that is good: ", c->tls.why);
	case TLSCLIENT_TROUBLE:                 /* our own; that is nothing to go on in clear for */
		result_say(why, 'Z', true, "4.3.5", "TLS with ", c->ip, ": ", c->tls.why, "\n");
		return false;
	}
	if (!set_up(c)) {
		result_say(why, 'Z', true, "4.3.0", "unable to use the TLS program: ", strerror(errno), "\n");
		return false;
	}
	strcpy(c->protection, c->tls.version);
	strcat(c->protection, p->level == PROTECTION_DANE ? ":dane" : p->level == PROTECTION_VERIFY ? ":verified" : "");
	return true;
}

/* STARTTLS (RFC 3207) after the first EHLO, and a second one inside */
static bool
start_tls(struct client *c, struct result *why)
{
	bool may = c->wanted->level == PROTECTION_MAY;

	if (!c->offers.starttls)
		return may || not_safe(c, why, "4.7.4", "does not offer STARTTLS", "");
	if (!send_line(c, "STARTTLS", "") || !client_reply(c, CLIENT_COMMAND_S))
		return not_safe(c, why, "4.7.5", client_trouble(errno), " after STARTTLS");
	if (c->reply.code != 220) {
		if (may && c->reply.code != 421)
			return true;
		return not_safe(c, why, "4.7.5", "did not begin with TLS. Remote host said: ", c->reply.text);
	}
	if (!handshake(c, why))
		return false;
	if (!hello(c))
		return not_safe(c, why, "4.7.5", client_trouble(errno), c->lmtp ? " after LHLO inside TLS" : " after EHLO inside TLS");
	if (c->reply.code / 100 == 2)
		return true;
	result_reply(why, &c->reply, true, ".5.0", c->ip, "did not like our EHLO inside TLS.");
	return false;
}

/* the socket is set up: the greetings; false: *why is filled */
static bool
greet(struct client *c, struct result *why)
{
	const struct protection *p = c->wanted && c->wanted->level != PROTECTION_NO ? c->wanted : 0;

	if (p && p->implicit && !handshake(c, why))
		return false;
	if (!client_reply(c, CLIENT_GREETING_S)) {
		c->mute = true;
		result_say(why, 'Z', true, "4.4.2", c->ip, " ", client_trouble(errno), " before its greeting\n");
	} else if (c->reply.code / 100 != 2) {
		c->mute = c->reply.code / 100 == 4;
		result_reply(why, &c->reply, true, ".3.2", c->ip, "does not take mail from us.");
	} else if (!hello(c)) {
		result_say(why, 'Z', true, "4.4.2", c->ip, " ", client_trouble(errno), " after ", c->lmtp ? "LHLO" : "EHLO", "\n");
	} else if (c->reply.code / 100 != 2) {
		result_reply(why, &c->reply, true, ".5.0", c->ip, c->lmtp ? "did not like our LHLO." : "did not like our EHLO or HELO.");
	} else
		return (!p || p->implicit || start_tls(c, why)) && (!c->login || sasl_login(c, why));
	return false;
}

bool
client_greet(struct client *c, int fd, struct result *why)
{
	c->fd = fd;
	strcpy(c->protection, "clear");
	c->dirty = c->heard = c->clear_instead = c->mute = c->own_ip_known = c->proven = c->others = false;
	c->jobs = c->owed = 0;
	c->tls.pid = 0;
	if (!set_up(c))
		result_say(why, 'Z', false, "4.3.0", "unable to use a connection to ", c->ip, ": ", strerror(errno), "\n");
	else if (greet(c, why))
		return true;
	client_via(c, why, false);
	client_close(c);
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
	const char *path = strrchr(c->host, '/');       /* of a unix socket: its last part */

	_Static_assert(CLIENT_HOST + INET6_ADDRSTRLEN + sizeof c->protection + sizeof "//" "/dsn" <= JOB_VIA, "it finds room");
	r->via[0] = 0;
	append_name(r->via, !*c->host ? c->ip : path ? path + 1 : c->host);
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
	return c->fd >= 0 && c->offers.mail_max && c->jobs >= c->offers.mail_max;
}

void
client_quit(struct client *c)
{
	if (c->fd >= 0 && send_line(c, "QUIT", ""))
		(void)client_reply(c, CLIENT_QUIT_S);
	client_close(c);
}
