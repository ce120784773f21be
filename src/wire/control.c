#include "wire/control.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/place.h"
#include "wire/fields.h"

static struct sockaddr_un
address(bool users)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, users ? "pub/ctl" : "ctl");
	return a;
}

static int
listen_at(bool users, mode_t mask)
{
	struct sockaddr_un a = address(users);
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t old;
	bool ok;

	if (s < 0)
		return -1;
	(void)unlink(a.sun_path);               /* of a runner that is gone: we hold the lock */
	old = umask(mask);
	ok = bind(s, (struct sockaddr *)&a, sizeof a) == 0 && listen(s, CONTROL_CLIENTS) == 0;
	umask(old);
	if (ok)
		return s;
	close(s);
	return -1;
}

int
control_listen(void)
{
	return listen_at(false, 0177);
}

int
control_listen_users(void)
{
	return listen_at(true, 0111);
}

/* The path of a socket is short; a queue directory may be deep, so go there for the moment of the connect. */
static bool
connect_there(int s, bool users)
{
	struct sockaddr_un a = address(users);
	int back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), e;
	bool ok;

	if (chdir(place_queue()) != 0) {
		e = errno;
		ok = false;
	} else {
		ok = connect(s, (struct sockaddr *)&a, sizeof a) == 0;
		e = errno;
	}
	if (back >= 0) {
		if (fchdir(back) != 0 && ok) {
			e = errno;
			ok = false;
		}
		close(back);
	}
	errno = e;
	return ok;
}

static bool
timed_out(void)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		errno = ETIMEDOUT;
	return false;
}

int
control_connect(bool users)
{
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), e;
	const struct timeval patience = { .tv_sec = CONTROL_TIMEOUT_S };

	if (s < 0)
		return -1;
	/* a runner that was stopped must not hang its tools; the limit of sending is that of connecting too */
	(void)setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect_there(s, users))
		return s;
	timed_out();
	e = errno;
	close(s);
	errno = e;
	return -1;
}

bool
control_send(int s, const struct buf *packet)
{
	return fd_send(s, packet->s, packet->len, -1, 0) || timed_out();
}

ssize_t
control_packet(int s, char *space)
{
	int pass;
	ssize_t n = fd_receive(s, space, CONTROL_PACKET, &pass, 0);

	if (pass >= 0)
		close(pass);
	if (n < 0)
		timed_out();
	return n;
}

bool
control_receive(int s, bool *done, struct buf *text)
{
	static char answer[CONTROL_PACKET];
	struct fields f;
	const char *letter, *words;
	ssize_t n = control_packet(s, answer);

	if (n < 0)
		return false;
	if (!fields_open(&f, answer, (size_t)n) || !(letter = fields_next(&f)) || !(words = fields_next(&f))) {
		errno = EPROTO;
		return false;
	}
	*done = *letter == 'K';
	buf_clear(text);
	return buf_puts(text, words);
}

bool
control_ask(bool users, const char *verb, const char *argument, bool *done, struct buf *text)
{
	struct buf b = BUF(CONTROL_PACKET);
	int s = control_connect(users), e;
	bool ok = s >= 0 && fields_put(&b, verb) && (!argument || fields_put(&b, argument)) && control_send(s, &b) &&
	    control_receive(s, done, text);

	e = errno;
	buf_free(&b);
	if (s >= 0)
		close(s);
	errno = e;
	return ok;
}
