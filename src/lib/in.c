#include "lib/in.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/clock.h"

/* On a socket the kernel keeps the time limit (one syscall a read instead of two); to it 0 means for ever. */
void
in_timeout(struct in *in, int timeout_ms)
{
	struct timeval tv;

	in->timeout_ms = timeout_ms;
	tv.tv_sec = timeout_ms > 0 ? timeout_ms / 1000 : 0;
	tv.tv_usec = timeout_ms > 0 ? timeout_ms % 1000 * 1000 : 0;
	in->polls = setsockopt(in->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv) != 0 ? timeout_ms >= 0 : timeout_ms == 0;
}

void
in_init(struct in *in, int fd, char *space, size_t size, int timeout_ms)
{
	in->fd = fd;
	in->s = space;
	in->size = size;
	in->pos = in->end = 0;
	in->deadline_ms = 0;
	in_timeout(in, timeout_ms);
}

/* Something to read, or false: errno ETIMEDOUT, EINTR. Where the kernel keeps the time limit there is nothing to do,
 * unless the deadline comes first. */
static bool
wait_readable(const struct in *in)
{
	struct pollfd p = { .fd = in->fd, .events = POLLIN };
	int wait_ms = in->timeout_ms, r;
	bool polls = in->polls;

	if (in->deadline_ms) {
		int64_t left = in->deadline_ms - clock_mono_ms();

		if (left <= 0) {
			errno = ETIMEDOUT;
			return false;
		}
		if (wait_ms < 0 || left < wait_ms) {
			wait_ms = left < INT_MAX ? (int)left : INT_MAX;
			polls = true;
		}
	}
	if (!polls)
		return true;
	r = poll(&p, 1, wait_ms);
	if (r == 0)
		errno = ETIMEDOUT;
	return r > 0;
}

/* EAGAIN may also mean that somebody made the descriptor non-blocking: then we wait ourselves from now on */
static bool
time_is_up(struct in *in)
{
	int flags = fcntl(in->fd, F_GETFL);

	if (flags >= 0 && flags & O_NONBLOCK) {
		in->polls = true;
		return false;
	}
	errno = ETIMEDOUT;
	return true;
}

ssize_t
in_fill(struct in *in)
{
	ssize_t r;

	if (in->pos == in->end)
		in->pos = in->end = 0;
	if (in->end == in->size) {
		if (in->pos == 0) {
			errno = ENOBUFS;
			return -1;
		}
		memmove(in->s, in->s + in->pos, in->end - in->pos);
		in->end -= in->pos;
		in->pos = 0;
	}
	do {
		r = wait_readable(in) ? read(in->fd, in->s + in->end, in->size - in->end) : -1;
	} while (r < 0 && (errno == EINTR || ((errno == EAGAIN || errno == EWOULDBLOCK) && !time_is_up(in))));
	if (r < 0)
		return -1;
	in->end += (size_t)r;
	return r;
}

enum in_result
in_line(struct in *in, struct buf *line, char terminator)
{
	bool dropping = false, any = false;

	buf_clear(line);
	for (;;) {
		char *at = in->s + in->pos, *stop;
		size_t have = in->end - in->pos;
		ssize_t r;

		stop = have ? memchr(at, terminator, have) : 0;
		if (stop)
			have = (size_t)(stop - at);
		any |= have > 0;
		if (!dropping && !buf_put(line, at, have)) {
			if (errno != EMSGSIZE)
				return IN_TROUBLE;
			dropping = true;
			buf_clear(line);
		}
		in->pos += have;
		if (stop) {
			in->pos++;
			return dropping ? IN_LONG : IN_LINE;
		}
		if ((r = in_fill(in)) < 0)
			return IN_TROUBLE;
		if (r == 0)
			return dropping ? IN_LONG : any ? IN_CUT : IN_END;
	}
}
