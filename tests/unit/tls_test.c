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

#include "lib/clock.h"
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

/* all of lib/clock.h */
int64_t
clock_wall_s(void)
{
	return now_us / 1000000;
}

int64_t
clock_wall_us(void)
{
	return now_us;
}

int64_t
clock_mono_ms(void)
{
	return now_us / 1000;
}

int64_t
clock_mono_us(void)
{
	return now_us;
}

int
poll(struct pollfd *p, nfds_t n, int wait_ms)
{
	struct timespec none = { 0, 0 };
	const struct pollfd *volatile first = p;        /* gcc holds that poll does not read it */
	int r;

	if (at_poll && wait_ms > 0)
		at_poll(first->fd, 1);
	now_us += wait_ms > 0 ? 100 : 0;
	r = (int)syscall(SYS_ppoll, p, n, &none, 0, 8);
	if (at_poll && wait_ms == 0)
		at_poll(first->fd, r);
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

/* what is in doubt is answered late: this comes meanwhile */
static void
one_more(int fd, int seen)
{
	if (fd != 0 || came)
		return;
	(void)seen;
	command(COMMAND, 0);
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

static void
end(void)
{
	if (client >= 0)
		close(client);
	close(five);
	if (six >= 0)
		close(six);
}

/* STARTTLS */
static void
begin(enum tls_way way, void (*what)(int, int))
{

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
}

/* the same; what is left to be read, as text */
static const char *
start(enum tls_way way, void (*what)(int, int))
{
	static char left[1000];
	ssize_t n;

	begin(way, what);
	n = s.over ? 0 : read(0, left, sizeof left - 1);
	left[n > 0 ? n : 0] = 0;
	end();
	return left;
}

/* is a first command taken that came so early that it may be clear text? */
static bool
takes_first(enum tls_way way, void (*what)(int, int), void (*then)(int, int))
{
	bool takes;

	begin(way, what);
	s.in.pos = 0;
	s.in.end = (size_t)read(0, s.in.s, 21);         /* as session_line leaves it, the line taken */
	s.in.pos = s.in.end;
	came = false;
	at_poll = then;
	takes = tls_first(&s);
	at_poll = 0;
	end();
	return takes;
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
	ok(takes_first(TLS_NEW_WRAPPER, sign_and_command, 0) && takes_first(TLS_OLD_WRAPPER, fast_handshake, 0),
	    "what is in doubt is taken when it is alone");
	ok(!takes_first(TLS_NEW_WRAPPER, sign_and_command, one_more) && !takes_first(TLS_OLD_WRAPPER, fast_handshake, one_more),
	    "not when more comes before it is answered: then it was not the client's");
	start(TLS_OLD_WRAPPER, lost_client);
	ok(s.over && !s.tls.on, "older form: a client that goes away");
	start(TLS_NEW_WRAPPER, lost_client);
	ok(s.over && !s.tls.on, "newer form: the same");
	return done();
}
