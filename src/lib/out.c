#include "lib/out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/num.h"

#ifndef PIPE_BUF
#define PIPE_BUF 512            /* POSIX's least */
#endif

/* On a socket the kernel keeps the time limit; to it 0 means for ever. */
void
out_init(struct out *o, int fd, char *space, size_t size, int timeout_ms)
{
	struct timeval tv;

	o->fd = fd;
	o->s = space;
	o->size = size;
	o->len = 0;
	o->timeout_ms = timeout_ms;
	o->error = 0;
	o->polls = false;
	if (timeout_ms >= 0) {
		tv.tv_sec = timeout_ms / 1000;
		tv.tv_usec = timeout_ms % 1000 * 1000;
		o->polls = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv) != 0 || timeout_ms == 0;
	}
}

static bool
wait_writable(const struct out *o)
{
	struct pollfd p = { .fd = o->fd, .events = POLLOUT };
	int r = poll(&p, 1, o->timeout_ms);

	if (r == 0)
		errno = ETIMEDOUT;
	return r > 0;
}

/* a failed write is worth another try; EAGAIN may also mean that somebody made the descriptor non-blocking: then we
 * wait ourselves from now on */
static bool
again(struct out *o)
{
	int flags;

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return false;
	flags = fcntl(o->fd, F_GETFL);
	if (flags >= 0 && flags & O_NONBLOCK)
		return o->polls = true;
	errno = ETIMEDOUT;
	return false;
}

static void
write_all(struct out *o, const char *p, size_t n)
{
	while (n && !o->error) {
		ssize_t r = -1;

		/* a pipe that polls as writable takes PIPE_BUF bytes; a larger write could block in it without limit */
		if (!o->polls)
			r = write(o->fd, p, n);
		else if (wait_writable(o))
			r = write(o->fd, p, n < PIPE_BUF ? n : PIPE_BUF);
		if (r > 0) {
			p += r;
			n -= (size_t)r;
		} else if (r == 0)
			o->error = EIO;         /* no progress and no reason: do not spin */
		else if (!again(o))
			o->error = errno;
	}
}

void
out_put(struct out *o, const void *p, size_t n)
{
	if (n > o->size - o->len) {
		write_all(o, o->s, o->len);
		o->len = 0;
		if (n >= o->size) {
			write_all(o, p, n);
			return;
		}
	}
	if (n)
		memcpy(o->s + o->len, p, n);
	o->len += n;
}

void
out_puts(struct out *o, const char *s)
{
	out_put(o, s, strlen(s));
}

void
out_byte(struct out *o, char c)
{
	out_put(o, &c, 1);
}

void
out_num(struct out *o, uint64_t n)
{
	char dec[NUM_DEC];

	out_put(o, dec, num_dec(dec, n));
}

void
out_buf(struct out *o, const struct buf *b)
{
	out_put(o, b->s, b->len);
}

bool
out_flush(struct out *o)
{
	write_all(o, o->s, o->len);
	o->len = 0;
	if (o->error) {
		errno = o->error;
		return false;
	}
	return true;
}
