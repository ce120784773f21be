#include "wire/tlswrap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/num.h"

#define TO_WRAPPER 5
#define FROM_WRAPPER 6
#define HANDSHAKE_MS 60000
#define PAIRS_MAX 65536                 /* bytes of variables that UCSPI-TLS may tell */
#define NO_HANDSHAKE_US 300             /* in less nobody shakes hands: two round trips, five operations on curves */
#define SILENCE_MS 1
#define EARLY_MS 300                    /* by then a client that has not sent what we read sends something */
#define THROWN_MAX (1u << 20)
#define THROW_BYTES 4096

static void
add_fact(char facts[TLS_FACTS], const char *word)
{
	size_t n = strlen(facts), i;

	if (!word || !*word || n + 2 >= TLS_FACTS)
		return;
	if (n)
		facts[n++] = ' ';
	for (i = 0; word[i] && n + 1 < TLS_FACTS; i++)
		facts[n++] = ascii_print(word[i]) && word[i] != ' ' ? word[i] : '?';
	facts[n] = 0;
}

void
tlswrap_learn(struct tls *t)
{
	const char *version = getenv("SSL_PROTOCOL");

	if (!getenv("SMTPS") && !getenv("POP3S") && (!version || !*version || getenv("SSLCTLFD")))
		return;
	t->way = TLS_BEFORE;
	t->looked = t->on = true;
	add_fact(t->facts, version);
	add_fact(t->facts, getenv("SSL_CIPHER"));
	add_fact(t->facts, getenv("SSL_CIPHER_USEKEYSIZE"));
}

/* a pipe that is open for this: so unlike other things that a careless parent may have left at the number */
static bool
is_pipe(int fd, int mode)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	return flags >= 0 && (flags & O_ACCMODE) == mode && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

static int
named_fd(const char *variable)
{
	const char *text = getenv(variable);
	uint64_t n;

	return text && num_u64(text, 3, INT_MAX, &n) && fcntl((int)n, F_GETFD) >= 0 ? (int)n : -1;
}

bool
tlswrap_offered(struct tls *t)
{
	if (!t->looked) {
		t->looked = true;
		if (getenv("SSLCTLFD"))
			t->way = named_fd("SSLCTLFD") >= 0 && named_fd("SSLREADFD") >= 0 && named_fd("SSLWRITEFD") >= 0 ?
			    TLS_UCSPI : TLS_NONE;
		else if (is_pipe(TO_WRAPPER, O_WRONLY))
			t->way = is_pipe(FROM_WRAPPER, O_RDONLY) ? TLS_NEW_WRAPPER : TLS_OLD_WRAPPER;
	}
	return !t->on && t->way != TLS_NONE;
}

const char *
tlswrap_words(const struct tls *t)
{
	return !t->on ? "no" : *t->facts ? t->facts : "yes";
}

static bool
ready(int fd, int64_t until_ms)
{
	int r = fd_wait(fd, POLLIN, until_ms);

	errno = r ? errno : ETIMEDOUT;
	return r > 0;
}

/* bytes in a pipe or a socket; 0 also where the system does not tell */
static size_t
held(int fd)
{
	int n;

	return ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0;
}

/* what the three ways need */
struct start {
	struct tls *tls;
	struct in *in;
	struct out *out;
	const char *reply;              /* a whole line with its end */
	size_t *thrown;
};

/* How much there is to read now. Whether it came in clear is asked afterwards, so that nothing which comes in between is
 * taken for it. False: the client is gone. */
static bool
learn(const struct start *s, size_t *n)
{
	*n = 0;
	if (!ready(s->in->fd, 0))
		return true;
	*n = held(s->in->fd);
	errno = ECONNRESET;
	return *n > 0;
}

static bool
throw_away(const struct start *s, size_t n)
{
	char space[THROW_BYTES];
	ssize_t r;

	for (; n; n -= (size_t)r) {
		r = read(s->in->fd, space, n < sizeof space ? n : sizeof space);
		if (r <= 0) {
			errno = r ? errno : ECONNRESET;
			return false;
		}
		*s->thrown += (size_t)r;
		if (*s->thrown > THROWN_MAX) {
			errno = EMSGSIZE;
			return false;
		}
	}
	return true;
}

/* for a moment at which nobody can have shaken hands: all that there is came in clear */
static bool
drain(const struct start *s)
{
	size_t n;

	do
		if (!learn(s, &n) || !throw_away(s, n))
			return false;
	while (n);
	return true;
}

/* ---- the three ways; each: true when what is read from now on came through TLS */

/* until the wrapper has taken the reply; it does so once the client is silent for a moment */
static bool
give_reply(const struct start *s)
{
	struct pollfd p = { .fd = s->in->fd, .events = POLLIN };
	int64_t until_ms = clock_mono_ms() + HANDSHAKE_MS;

	if (!fd_write(TO_WRAPPER, s->reply, strlen(s->reply)))
		return false;
	while (held(TO_WRAPPER)) {
		if (!drain(s))
			return false;
		if (clock_mono_ms() > until_ms) {
			errno = ETIMEDOUT;
			return false;
		}
		(void)poll(&p, 1, SILENCE_MS);
	}
	return drain(s);
}

/* The wrapper passes clear text on until it has seen the end of its pipe, at which it sends the reply, and does not say
 * when. So all is clear text until that end is there, and what comes sooner after it than anybody shakes hands. Later it
 * may be either, for the wrapper or we may have got no processor meanwhile: it stays, in doubt. */
static bool
start_old_wrapper(const struct start *s)
{
	struct pollfd p = { .fd = s->in->fd, .events = POLLIN };
	int64_t closed_us;
	size_t n;

	s->tls->doubtful = true;
	if (!give_reply(s))
		return false;
	closed_us = clock_mono_us();
	if (close(TO_WRAPPER) != 0)
		return false;
	while (poll(&p, 1, SILENCE_MS) > 0) {
		if (!learn(s, &n))
			return false;
		if ((s->tls->early = clock_mono_us() - closed_us >= NO_HANDSHAKE_US))
			break;
		if (!throw_away(s, n))
			return false;
	}
	return true;
}

/* Up to the sign all is clear text, and none follows it. So what there was before the sign was looked for in vain is thrown
 * away, and no more; what came between that look and the sign is told from TLS by the time, or stays, in doubt. */
static bool
await_sign(const struct start *s, int64_t absent_us)
{
	struct pollfd p[2] = { { .fd = FROM_WRAPPER, .events = POLLIN }, { .fd = s->in->fd, .events = POLLIN } };
	int64_t until_ms = clock_mono_ms() + HANDSHAKE_MS, now_us;
	size_t n;

	for (;; absent_us = now_us) {
		now_us = clock_mono_us();
		if (!learn(s, &n))
			return false;
		if (ready(FROM_WRAPPER, 0))
			break;
		if (!throw_away(s, n))
			return false;
		if (clock_mono_ms() > until_ms) {
			errno = ETIMEDOUT;
			return false;
		}
		if (poll(p, 2, HANDSHAKE_MS) < 0 && errno != EINTR)
			return false;
	}
	if (!learn(s, &n))
		return false;
	s->tls->doubtful = s->tls->early = n && clock_mono_us() - absent_us >= NO_HANDSHAKE_US;
	return s->tls->doubtful || throw_away(s, n);
}

static bool
start_new_wrapper(const struct start *s)
{
	int64_t before_us;
	char sign = 1;

	out_puts(s->out, s->reply);
	if (!out_flush(s->out))
		return false;
	before_us = clock_mono_us();
	if (!fd_write(TO_WRAPPER, "", 1) || close(TO_WRAPPER) != 0 || !await_sign(s, before_us))
		return false;
	if (read(FROM_WRAPPER, &sign, 1) != 1 || sign != 0) {
		errno = EPROTO;
		return false;
	}
	close(FROM_WRAPPER);
	return true;
}

static void
take_pair(const char *pair, char words[3][TLS_FACTS])
{
	static const char *const names[] = { "SSL_PROTOCOL=", "SSL_CIPHER=", "SSL_CIPHER_USEKEYSIZE=" };
	size_t i, n;

	for (i = 0; i < 3; i++) {
		n = strlen(names[i]);
		if (strncmp(pair, names[i], n) == 0)
			snprintf(words[i], TLS_FACTS, "%s", pair + n);
	}
}

/* NAME=value 0 ... 0; what is longer than a pair that we want is cut */
static bool
read_pairs(int fd, char words[3][TLS_FACTS])
{
	int64_t until_ms = clock_mono_ms() + HANDSHAKE_MS;
	char pair[TLS_FACTS], c;
	size_t n = 0, all;

	for (all = 0; all < PAIRS_MAX; all++) {
		if (!ready(fd, until_ms))
			return false;
		if (read(fd, &c, 1) != 1) {
			errno = EPROTO;
			return false;
		}
		if (c == 0 && n == 0)
			return true;
		if (n < sizeof pair - 1)
			pair[n] = c;
		if (c == 0) {
			pair[n] = 0;
			take_pair(pair, words);
			n = 0;
		} else if (n < sizeof pair - 1)
			n++;
	}
	errno = EMSGSIZE;
	return false;
}

static bool
start_ucspi(const struct start *s)
{
	int control = named_fd("SSLCTLFD"), in = named_fd("SSLREADFD"), out = named_fd("SSLWRITEFD"), i;
	char words[3][TLS_FACTS] = { "", "", "" };

	out_puts(s->out, s->reply);
	if (!out_flush(s->out) || !fd_write(control, "Y", 1) || !read_pairs(control, words))
		return false;
	for (i = 0; i < 3; i++)
		add_fact(s->tls->facts, words[i]);
	in_init(s->in, in, s->in->s, s->in->size, s->in->timeout_ms);
	out_init(s->out, out, s->out->s, s->out->size, s->out->timeout_ms);
	return true;
}

bool
tlswrap_start(struct tls *t, struct in *in, struct out *out, const char *reply, size_t *thrown)
{
	const struct start s = { t, in, out, reply, thrown };

	*thrown = in->end - in->pos;
	in->pos = in->end = 0;
	if (!out_flush(out) || !drain(&s))
		return false;
	t->on = t->way == TLS_UCSPI ? start_ucspi(&s) : t->way == TLS_NEW_WRAPPER ? start_new_wrapper(&s) : start_old_wrapper(&s);
	return t->on;
}

bool
tlswrap_first(struct tls *t, const struct in *in)
{
	if (!t->doubtful)
		return true;
	t->doubtful = false;
	if (t->early && in->pos == in->end)
		(void)ready(in->fd, clock_mono_ms() + EARLY_MS);
	return in->pos == in->end && !held(in->fd);
}

void
tlswrap_let_go(struct tls *t)
{
	if (!tlswrap_offered(t) || t->way == TLS_UCSPI)
		return;
	close(TO_WRAPPER);
	if (t->way == TLS_NEW_WRAPPER)
		close(FROM_WRAPPER);
	t->way = TLS_NONE;
}

void
tlswrap_connection(const struct tls *t, int *in, int *out)
{
	*in = t->way == TLS_UCSPI && t->on ? named_fd("SSLREADFD") : 0;
	*out = t->way == TLS_UCSPI && t->on ? named_fd("SSLWRITEFD") : 1;
}
