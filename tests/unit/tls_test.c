/* tls: what comes between two looks of a server that waits for its TLS program - the system calls in which it looks are
 * played here, and so is the clock */
#include "smtp/tls.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/fd.h"
#include "smtp/session.h"

#include "tap.h"

#define COMMAND "EHLO secret.example\r\n"

static struct settings set;
static struct session s;
static struct session_space space;
static int client, five, six;           /* the other ends of 0, 5 and 6 */
static int64_t now_us;
/* when a look is over: who was looked at, and how many were ready; where there is time to wait before it, 1 */
static void (*at_poll)(int, int);
static bool came;

int
clock_gettime(clockid_t id, struct timespec *t)
{
	(void)id;
	t->tv_sec = now_us / 1000000;
	t->tv_nsec = now_us % 1000000 * 1000;
	return 0;
}

int
poll(struct pollfd *p, nfds_t n, int wait_ms)
{
	struct timespec none = { 0, 0 };
	int r;

	if (at_poll && wait_ms > 0)
		at_poll(p->fd, 1);
	r = (int)syscall(SYS_ppoll, p, n, &none, 0, 8);
	if (at_poll && wait_ms == 0)
		at_poll(p->fd, r);
	return r;
}

static bool
at_end_of(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec none = { 0, 0 };

	return syscall(SYS_ppoll, &p, 1, &none, 0, 8) == 1 && !(p.revents & POLLIN) && p.revents & POLLHUP;
}

static void
command(const char *text, int64_t took_us)
{
	came = fd_write(client, text, strlen(text));
	now_us += took_us;
}

/* ---- what the neighbours do */

/* the sign, the handshake and the first command, when the server has just looked for the sign in vain */
static void
sign_and_command(int fd, int seen)
{
	if (came || fd != 6 || seen != 0)
		return;
	if (fd_write(six, "", 1))
		command(COMMAND, 600);
}

/* clear text and the sign, likewise */
static void
clear_and_sign(int fd, int seen)
{
	if (came || fd != 6 || seen != 0)
		return;
	command("EHLO evil\r\n", 20);
	came = fd_write(six, "", 1);
}

/* the same, and the server gets no processor meanwhile: now it may be either */
static void
late(int fd, int seen)
{
	if (came)
		return;
	clear_and_sign(fd, seen);
	now_us += came ? 5000 : 0;
}

/* takes the reply; the first command comes through TLS a short while after the end of file */
static void
fast_handshake(int fd, int seen)
{
	char reply[100];

	(void)fd;
	(void)seen;
	(void)!read(five, reply, sizeof reply);
	if (!came && at_end_of(five))
		command(COMMAND, 1500);
}

static void
clear_after_end(int fd, int seen)
{
	char reply[100];

	(void)fd;
	(void)seen;
	(void)!read(five, reply, sizeof reply);
	if (!came && at_end_of(five))
		command("EHLO evil\r\n", 50);
}

/* takes its time; what comes before it has taken the reply is clear, however late */
static void
slow_wrapper(int fd, int seen)
{
	static int looks;
	char reply[100];

	(void)fd;
	(void)seen;
	now_us += 10000;
	if (++looks == 3)
		command("EHLO evil\r\n", 0);
	if (looks > 6)
		(void)!read(five, reply, sizeof reply);
}

static void
lost_client(int fd, int seen)
{
	(void)fd;
	(void)seen;
	if (client >= 0)
		close(client);
	client = -1;
}

/* ---- */

/* a pipe of which the server has one end, at its number; the other end, out of the way */
static int
other_end(int ours, bool writes)
{
	int p[2], end = -1;

	if (fd_pipe(p)) {
		end = fcntl(p[!writes], F_DUPFD_CLOEXEC, 20);
		ours = dup2(p[writes], ours);
		if (p[writes] != ours)
			close(p[writes]);
		if (p[!writes] != ours)
			close(p[!writes]);
	}
	if (end < 0 || ours < 0)
		exit(111);
	return end;
}

/* STARTTLS; what is left to be read, as text */
static const char *
start(enum tls_way way, void (*what)(int, int))
{
	static char left[1000];
	ssize_t n;

	client = other_end(0, false);
	five = other_end(5, true);
	six = way == TLS_NEW_WRAPPER ? other_end(6, false) : -1;
	(void)fd_nonblock(five, true);
	memset(&s, 0, sizeof s);
	set.timeout_s = 60;
	set.maxbad = set.maxidle = 10;
	s.set = &set;
	in_init(&s.in, 0, space.input + SESSION_ROOM, SESSION_INPUT, 1000);
	out_init(&s.out, open("/dev/null", O_WRONLY | O_CLOEXEC), space.output, sizeof space.output, 1000);
	s.peer.ip = s.peer.host = s.peer.info = "";
	s.tls.way = way;
	now_us = 100 * 1000000;
	came = false;
	at_poll = what;
	tls_start(&s, "");
	at_poll = 0;
	close(s.out.fd);
	(void)fd_nonblock(0, true);
	n = s.over ? 0 : read(0, left, sizeof left - 1);
	left[n > 0 ? n : 0] = 0;
	if (client >= 0)
		close(client);
	close(five);
	if (six >= 0)
		close(six);
	return left;
}

int
main(void)
{
	set.greeting.max = 100;
	if (!buf_puts(&set.greeting, "mx.example"))
		return 111;

	same(start(TLS_NEW_WRAPPER, sign_and_command), COMMAND, "newer form: the first command follows the look for the sign at once");
	ok(s.tls.on && s.tls.doubtful, "it is in doubt, and must come alone");
	same(start(TLS_NEW_WRAPPER, clear_and_sign), "", "clear text after the last look for the sign is gone");
	ok(came && s.tls.on && !s.tls.doubtful, "without doubt");
	start(TLS_NEW_WRAPPER, late);
	ok(s.tls.on && s.tls.doubtful, "what may be either is in doubt");
	same(start(TLS_OLD_WRAPPER, fast_handshake), COMMAND, "older form: a handshake of 1.5 ms loses nothing");
	ok(s.tls.on && s.tls.doubtful, "the first command must come alone");
	same(start(TLS_OLD_WRAPPER, clear_after_end), "", "clear text after the end of file is gone");
	ok(came && s.tls.on && s.tls.doubtful, "and some doubt stays");
	same(start(TLS_OLD_WRAPPER, slow_wrapper), "", "so is clear text before a slow wrapper takes the reply");
	ok(came && s.tls.on, "which may last");
	start(TLS_OLD_WRAPPER, lost_client);
	ok(s.over && !s.tls.on, "older form: a client that goes away");
	start(TLS_NEW_WRAPPER, lost_client);
	ok(s.over && !s.tls.on, "newer form: the same");
	return done();
}
