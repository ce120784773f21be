#include "smtp/tls.h"

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
#include "smtp/answer.h"
#include "smtp/command.h"
#include "smtp/session.h"

#define TO_WRAPPER 5
#define FROM_WRAPPER 6
#define HANDSHAKE_MS 60000
#define PAIRS_MAX 65536                 /* bytes of variables that UCSPI-TLS may tell */
#define NO_HANDSHAKE_US 300             /* in less nobody shakes hands: two round trips, five operations on curves */
#define SILENCE_MS 1
#define EARLY_MS 300                    /* by then a client that has not sent what we read sends something */
#define THROWN_MAX (1u << 20)
#define READY "220 2.0.0 ready for TLS\r\n"

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
tls_learn(struct session *s)
{
	const char *version = getenv("SSL_PROTOCOL");
	struct tls *t = &s->tls;

	if (!getenv("SMTPS") && (!version || !*version || getenv("SSLCTLFD")))
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
tls_offered(struct session *s)
{
	struct tls *t = &s->tls;

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
tls_words(const struct session *s)
{
	return !s->tls.on ? "no" : *s->tls.facts ? s->tls.facts : "yes";
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

/* How much there is to read now. Whether it came in clear is asked afterwards, so that nothing which comes in between is
 * taken for it. False: the client is gone. */
static bool
learn(const struct session *s, size_t *n)
{
	*n = 0;
	if (!ready(s->in.fd, 0))
		return true;
	*n = held(s->in.fd);
	errno = ECONNRESET;
	return *n > 0;
}

static bool
throw_away(struct session *s, size_t n, size_t *thrown)
{
	ssize_t r;

	for (; n; n -= (size_t)r) {
		r = read(s->in.fd, s->in.s, n < s->in.size ? n : s->in.size);
		if (r <= 0) {
			errno = r ? errno : ECONNRESET;
			return false;
		}
		*thrown += (size_t)r;
		if (*thrown > THROWN_MAX) {
			errno = EMSGSIZE;
			return false;
		}
	}
	return true;
}

/* for a moment at which nobody can have shaken hands: all that there is came in clear */
static bool
drain(struct session *s, size_t *thrown)
{
	size_t n;

	do
		if (!learn(s, &n) || !throw_away(s, n, thrown))
			return false;
	while (n);
	return true;
}

/* ---- the three ways; each: true when what is read from now on came through TLS */

/* until the wrapper has taken the reply; it does so once the client is silent for a moment */
static bool
give_reply(struct session *s, size_t *thrown)
{
	struct pollfd p = { .fd = s->in.fd, .events = POLLIN };
	int64_t until_ms = clock_mono_ms() + HANDSHAKE_MS;

	if (!fd_write(TO_WRAPPER, READY, sizeof READY - 1))
		return false;
	while (held(TO_WRAPPER)) {
		if (!drain(s, thrown))
			return false;
		if (clock_mono_ms() > until_ms) {
			errno = ETIMEDOUT;
			return false;
		}
		(void)poll(&p, 1, SILENCE_MS);
	}
	return drain(s, thrown);
}

/* The wrapper passes clear text on until it has seen the end of its pipe, at which it sends the reply, and does not say
 * when. So all is clear text until that end is there, and what comes sooner after it than anybody shakes hands. Later it
 * may be either, for the wrapper or we may have got no processor meanwhile: it stays, in doubt. */
static bool
start_old_wrapper(struct session *s, size_t *thrown)
{
	struct pollfd p = { .fd = s->in.fd, .events = POLLIN };
	int64_t closed_us;
	size_t n;

	s->tls.doubtful = true;
	if (!give_reply(s, thrown))
		return false;
	closed_us = clock_mono_us();
	if (close(TO_WRAPPER) != 0)
		return false;
	while (poll(&p, 1, SILENCE_MS) > 0) {
		if (!learn(s, &n))
			return false;
		if ((s->tls.early = clock_mono_us() - closed_us >= NO_HANDSHAKE_US))
			break;
		if (!throw_away(s, n, thrown))
			return false;
	}
	return true;
}

/* Up to the sign all is clear text, and none follows it. So what there was before the sign was looked for in vain is thrown
 * away, and no more; what came between that look and the sign is told from TLS by the time, or stays, in doubt. */
static bool
await_sign(struct session *s, int64_t absent_us, size_t *thrown)
{
	struct pollfd p[2] = { { .fd = FROM_WRAPPER, .events = POLLIN }, { .fd = s->in.fd, .events = POLLIN } };
	int64_t until_ms = clock_mono_ms() + HANDSHAKE_MS, now_us;
	size_t n;

	for (;; absent_us = now_us) {
		now_us = clock_mono_us();
		if (!learn(s, &n))
			return false;
		if (ready(FROM_WRAPPER, 0))
			break;
		if (!throw_away(s, n, thrown))
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
	s->tls.doubtful = s->tls.early = n && clock_mono_us() - absent_us >= NO_HANDSHAKE_US;
	return s->tls.doubtful || throw_away(s, n, thrown);
}

static bool
start_new_wrapper(struct session *s, size_t *thrown)
{
	int64_t before_us;
	char sign = 1;

	out_puts(&s->out, READY);
	if (!out_flush(&s->out))
		return false;
	before_us = clock_mono_us();
	if (!fd_write(TO_WRAPPER, "", 1) || close(TO_WRAPPER) != 0 || !await_sign(s, before_us, thrown))
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
start_ucspi(struct session *s)
{
	int control = named_fd("SSLCTLFD"), in = named_fd("SSLREADFD"), out = named_fd("SSLWRITEFD"), i;
	char words[3][TLS_FACTS] = { "", "", "" };

	out_puts(&s->out, READY);
	if (!out_flush(&s->out) || !fd_write(control, "Y", 1) || !read_pairs(control, words))
		return false;
	for (i = 0; i < 3; i++)
		add_fact(s->tls.facts, words[i]);
	in_init(&s->in, in, s->in.s, s->in.size, (int)s->set->timeout_s * 1000);
	out_init(&s->out, out, s->out.s, s->out.size, (int)s->set->timeout_s * 1000);
	return true;
}

void
tls_start(struct session *s, const char *arg)
{
	size_t thrown = s->in.end - s->in.pos;
	char bytes[NUM_TEXT];
	bool ok;

	(void)arg;
	*s->helo = 0;
	s->extended = false;
	session_reset(s);
	auth_forget(s);
	s->in.pos = s->in.end = 0;
	ok = out_flush(&s->out) && drain(s, &thrown);
	if (ok && s->tls.way == TLS_UCSPI)
		ok = start_ucspi(s);
	else if (ok && s->tls.way == TLS_NEW_WRAPPER)
		ok = start_new_wrapper(s, &thrown);
	else if (ok)
		ok = start_old_wrapper(s, &thrown);
	if (thrown)
		log_trouble(s, "the client sent more after STARTTLS before the handshake; bytes thrown away", num_text(bytes, thrown));
	if (!ok) {
		log_lost(s, errno, "at STARTTLS");
		s->out.len = 0;                 /* nobody is there to read it */
		s->over = true;
		return;
	}
	s->tls.on = true;
	log_tls(s);
}

bool
tls_first(struct session *s)
{
	if (!s->tls.doubtful)
		return true;
	s->tls.doubtful = false;
	if (s->tls.early && s->in.pos == s->in.end)
		(void)ready(s->in.fd, clock_mono_ms() + EARLY_MS);
	if (s->in.pos == s->in.end && !held(s->in.fd))
		return true;
	s->command = "";
	answer_close(s, "4.7.0", "more than one command before the first reply after STARTTLS");
	return false;
}
