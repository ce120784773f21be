#include "smtp/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
#define NO_HANDSHAKE_MS 2               /* in less nobody shakes hands */
#define SILENCE_MS 1
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
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;
	int r;

	do {
		left = until_ms - clock_mono_ms();
		r = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (r < 0 && errno == EINTR);
	if (r == 0)
		errno = ETIMEDOUT;
	return r > 0;
}

/* what there is to read, and no waiting; false: the client is gone */
static bool
throw_away(struct session *s, size_t *thrown)
{
	ssize_t n;

	while (ready(s->in.fd, 0)) {
		n = read(s->in.fd, s->in.s, s->in.size);
		if (n <= 0) {
			errno = n ? errno : ECONNRESET;
			return false;
		}
		*thrown += (size_t)n;
		if (*thrown > THROWN_MAX) {
			errno = EMSGSIZE;
			return false;
		}
	}
	return true;
}

/* ---- the three ways; each: true when what is read from now on came through TLS */

/* The wrapper passes clear text on until it has seen the end of its pipe, and does not say when. It sees it once the
 * client is silent for a moment, and until then nobody has shaken hands. */
static bool
start_old_wrapper(struct session *s, size_t *thrown)
{
	struct pollfd p = { .fd = s->in.fd, .events = POLLIN };
	int64_t before_ms = clock_mono_ms();

	s->tls.doubtful = true;         /* a wrapper that got no processor for so long may still pass clear text on */
	if (!fd_write(TO_WRAPPER, READY, sizeof READY - 1) || close(TO_WRAPPER) != 0)
		return false;
	for (;; before_ms = clock_mono_ms()) {
		if (poll(&p, 1, SILENCE_MS) <= 0)
			return true;
		if (clock_mono_ms() - before_ms > NO_HANDSHAKE_MS)
			return true;            /* we were away so long that it may have come through TLS */
		if (!throw_away(s, thrown))
			return false;
	}
}

static bool
start_new_wrapper(struct session *s, size_t *thrown)
{
	struct pollfd p[2] = { { .fd = FROM_WRAPPER, .events = POLLIN }, { .fd = s->in.fd, .events = POLLIN } };
	int64_t until_ms = clock_mono_ms() + HANDSHAKE_MS, left;
	char sign = 1;

	out_puts(&s->out, READY);
	if (!out_flush(&s->out) || !fd_write(TO_WRAPPER, "", 1) || close(TO_WRAPPER) != 0)
		return false;
	while (!ready(FROM_WRAPPER, 0)) {
		if (!throw_away(s, thrown))
			return false;
		left = until_ms - clock_mono_ms();
		if (left <= 0) {
			errno = ETIMEDOUT;
			return false;
		}
		if (poll(p, 2, (int)left) < 0 && errno != EINTR)
			return false;
	}
	if (read(FROM_WRAPPER, &sign, 1) != 1 || sign != 0) {
		errno = EPROTO;
		return false;
	}
	close(FROM_WRAPPER);
	s->tls.doubtful = ready(s->in.fd, 0);   /* it may have come before the sign */
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
	ok = out_flush(&s->out) && throw_away(s, &thrown);
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
	if (s->in.pos == s->in.end)
		return true;
	s->command = "";
	answer_close(s, "4.7.0", "more than one command before the first reply after STARTTLS");
	return false;
}
