#include "remote/tlsclient.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/num.h"
#include "lib/proc.h"

#define CODE_REFUSED 2

extern char **environ;

/* append as far as it fits; what is not printable becomes '?' */
static void
put(char *to, size_t size, const char *s, size_t n)
{
	size_t have = strlen(to), i;

	for (i = 0; i < n && have + 1 < size; i++)
		to[have++] = ascii_print(s[i]) ? s[i] : '?';
	to[have] = 0;
}

static void
puts_why(struct tlsclient *t, const char *s)
{
	put(t->why, sizeof t->why, s, strlen(s));
}

static enum tlsclient_result
trouble(struct tlsclient *t, const char *what)
{
	int e = errno;

	t->why[0] = 0;
	puts_why(t, "unable to ");
	puts_why(t, what);
	puts_why(t, ": ");
	puts_why(t, strerror(e));
	return TLSCLIENT_TROUBLE;
}

static void
word(char *to, size_t size, const char *s, size_t n)
{
	size_t i;

	if (n >= size)
		n = size - 1;
	for (i = 0; i < n && (ascii_alnum(s[i]) || strchr("._-", s[i])); i++)
		to[i] = s[i];
	to[i] = 0;
}

/* "VERSION CIPHER ..." */
static bool
take_line(struct tlsclient *t, const char *s, size_t n)
{
	const char *blank = memchr(s, ' ', n);
	size_t first = blank ? (size_t)(blank - s) : n;

	if (n >= 2 && s[0] == '-' && s[1] == ' ') {
		put(t->why, sizeof t->why, s + 2, n - 2);
		return false;
	}
	word(t->version, sizeof t->version, s, first);
	if (blank)
		word(t->cipher, sizeof t->cipher, blank + 1, n - first - 1);
	return *t->version;
}

/* NAME=VALUE 0 ... 0; the whole ends in an empty one */
static bool
take_pairs(struct tlsclient *t, const char *s)
{
	for (; *s; s += strlen(s) + 1) {
		if (strncmp(s, "SSL_PROTOCOL=", 13) == 0)
			word(t->version, sizeof t->version, s + 13, strlen(s + 13));
		else if (strncmp(s, "SSL_CIPHER=", 11) == 0)
			word(t->cipher, sizeof t->cipher, s + 11, strlen(s + 11));
	}
	if (!*t->version)
		strcpy(t->version, "TLS");
	return true;
}

enum heard { HEARD_DONE, HEARD_NO, HEARD_NOTHING, HEARD_LATE };

/* what the program has to say about the handshake */
static enum heard
hear(struct tlsclient *t, int from, int64_t until_ms)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	char s[TLSCLIENT_LINE + 1];
	size_t n = 0;

	while (n < TLSCLIENT_LINE) {
		int64_t left = until_ms - clock_mono_ms();
		int r = poll(&p, 1, left > 0 ? (int)left : 0);
		ssize_t got;
		char *nl;

		if (r == 0)
			return HEARD_LATE;
		if (r < 0 && errno == EINTR)
			continue;
		got = r < 0 ? -1 : read(from, s + n, TLSCLIENT_LINE - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return HEARD_NOTHING;
		n += (size_t)got;
		s[n] = 0;
		if (memchr(s, 0, n)) {
			if (n >= 2 && !s[n - 1] && !s[n - 2])
				return take_pairs(t, s) ? HEARD_DONE : HEARD_NO;
		} else if ((nl = memchr(s, '\n', n)))
			return take_line(t, s, (size_t)(nl - s)) ? HEARD_DONE : HEARD_NO;
	}
	return HEARD_NOTHING;
}

/* its exit code if it ends in time, else it is killed, and what it started with it */
static int
reap(struct tlsclient *t, int64_t until_ms)
{
	pid_t pid = t->pid;

	t->pid = 0;
	return proc_end(pid, until_ms);
}

/* it ended, or may not go on, without a handshake */
static enum tlsclient_result
failed(struct tlsclient *t, enum heard heard)
{
	int code = reap(t, heard == HEARD_LATE ? 0 : clock_mono_ms() + TLSCLIENT_END_MS);
	char text[NUM_TEXT];

	t->version[0] = t->cipher[0] = 0;
	if (heard == HEARD_LATE) {
		t->why[0] = 0;
		puts_why(t, "no end of the handshake in time");
		return TLSCLIENT_FAILED;
	}
	if (!*t->why) {
		puts_why(t, "the TLS program ");
		puts_why(t, code < 0 ? "was killed" : "ended with code ");
		if (code >= 0)
			puts_why(t, num_text(text, (uint64_t)code));
	}
	if (code < 0 || code == 100 || code == 111 || code == 126 || code == 127)
		return TLSCLIENT_TROUBLE;
	return code == CODE_REFUSED ? TLSCLIENT_REFUSED : TLSCLIENT_FAILED;
}

static bool
variable(const char *name, const char *value)
{
	return (value ? setenv(name, value, 1) : unsetenv(name)) == 0;
}

static bool
set_variables(const struct tlsclient_wish *w)
{
	if (w->tlsa && strlen(w->tlsa) > TLSCLIENT_TLSA) {
		errno = E2BIG;
		return false;
	}
	return variable("TLS_HOST", w->host) && variable("TLS_ADDRESS", w->address) && variable("TLS_LEVEL", w->level) &&
	    variable("TLS_TLSA", w->tlsa);
}

/* The program knows nothing of our time limits, which belong to the socket, not to the descriptor. */
static bool
without_limits(int fd)
{
	struct timeval none = { .tv_sec = 0 };

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none) == 0 && fd_nonblock(fd, false);
}

static bool
start(struct tlsclient *t, const struct tlsclient_wish *w, int net, int clear, int facts)
{
	char sh[] = "sh", c[] = "-c";
	char *argv[] = { sh, c, (char *)(uintptr_t)w->command, 0 };
	const struct proc_fd map[] = { { clear, 0 }, { clear, 1 }, { facts, 3 }, { net, 6 }, { net, 7 } };

	if (!set_variables(w) || !without_limits(net))
		return false;
	t->pid = proc_spawn_apart("/bin/sh", argv, environ, map, sizeof map / sizeof *map);
	if (t->pid > 0)
		return true;
	t->pid = 0;
	return false;
}

/* Whatever the server said before we began would be taken for something said inside (RFC 3207 4.2). */
static bool
has_spoken(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

enum tlsclient_result
tlsclient_begin(struct tlsclient *t, const struct tlsclient_wish *w, int *fd)
{
	int pair[2], facts[2];
	enum heard heard;
	bool started;

	memset(t, 0, sizeof *t);
	if (has_spoken(*fd)) {
		puts_why(t, "the server spoke or left before the handshake");
		return TLSCLIENT_FAILED;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return trouble(t, "make a socket pair");
	if (!fd_pipe(facts)) {
		(void)trouble(t, "make a pipe");
		close(pair[0]);
		close(pair[1]);
		return TLSCLIENT_TROUBLE;
	}
	started = start(t, w, *fd, pair[1], facts[1]);
	if (!started)
		(void)trouble(t, "start the TLS program");
	close(pair[1]);
	close(facts[1]);
	heard = started ? hear(t, facts[0], clock_mono_ms() + (int64_t)w->limit_ms) : HEARD_NOTHING;
	close(facts[0]);
	if (heard == HEARD_DONE) {
		close(*fd);
		*fd = pair[0];
		return TLSCLIENT_OK;
	}
	close(pair[0]);
	return started ? failed(t, heard) : TLSCLIENT_TROUBLE;
}

void
tlsclient_end(struct tlsclient *t, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t until_ms = clock_mono_ms() + TLSCLIENT_END_MS, left = TLSCLIENT_END_MS;
	char rest[512];

	/* it hears that we are done, and ends its own way: what it still writes is nothing for us */
	if (shutdown(fd, SHUT_WR) == 0)
		while (left > 0 && poll(&p, 1, (int)left) > 0 && read(fd, rest, sizeof rest) > 0)
			left = until_ms - clock_mono_ms();
	close(fd);
	if (t->pid)
		(void)reap(t, until_ms);
}
