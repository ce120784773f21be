#include "filter/milter_wire.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/dial.h"

static char input[MILTER_REPLY + 4], output[MILTER_OUTPUT];     /* one wire at a time */

bool
milter_address(const char *s)
{
	return dial_address(s);
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
	int wait_ms = patience(timeout_ms, deadline_ms);

	w->doing = "connect to";
	if ((w->fd = dial(address, wait_ms)) < 0)
		return false;
	milter_attach(w, w->fd, wait_ms, deadline_ms);
	return true;
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
