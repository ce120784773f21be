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

int
control_listen(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "ctl" };
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask;
	bool ok;

	if (s < 0)
		return -1;
	(void)unlink("ctl");                    /* of a runner that is gone: we hold the lock */
	mask = umask(0177);
	ok = bind(s, (struct sockaddr *)&a, sizeof a) == 0 && listen(s, CONTROL_CLIENTS) == 0;
	umask(mask);
	if (ok)
		return s;
	close(s);
	return -1;
}

/* The path of a socket is short; a queue directory may be deep, so go there for the moment of the connect. */
static bool
connect_there(int s)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "ctl" };
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
talk(int s, const char *verb, const char *argument, bool *done, struct buf *text)
{
	struct buf b = BUF(CONTROL_PACKET);
	static char answer[CONTROL_PACKET];
	struct fields f;
	const char *letter, *words;
	ssize_t n;
	int pass;
	bool ok = fields_put(&b, verb) && (!argument || fields_put(&b, argument)) && fd_send(s, b.s, b.len, -1, 0);

	buf_free(&b);
	if (!ok)
		return false;
	n = fd_receive(s, answer, sizeof answer, &pass, 0);
	if (pass >= 0)
		close(pass);
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
control_ask(const char *verb, const char *argument, bool *done, struct buf *text)
{
	int s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), e;
	const struct timeval patience = { .tv_sec = CONTROL_TIMEOUT_S };
	bool ok;

	if (s < 0)
		return false;
	/* a runner that was stopped must not hang its tools; the limit of sending is that of connecting too */
	(void)setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	(void)setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	ok = connect_there(s) && talk(s, verb, argument, done, text);
	e = errno == EAGAIN || errno == EWOULDBLOCK ? ETIMEDOUT : errno;
	close(s);
	errno = e;
	return ok;
}
