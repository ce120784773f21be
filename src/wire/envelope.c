#include "wire/envelope.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/num.h"

#define STEP 4096

static bool
put(struct buf *b, char letter, const char *value)
{
	size_t n = strlen(value), had = b->len;

	if (n > ENVELOPE_ADDR) {
		errno = EMSGSIZE;
		return false;
	}
	if (buf_byte(b, letter) && buf_put(b, value, n + 1))
		return true;
	buf_cut(b, had);
	return false;
}

bool
envelope_sender(struct buf *b, const char *sender)
{
	return put(b, 'F', sender);
}

bool
envelope_param(struct buf *b, char letter, const char *value)
{
	return put(b, letter, value);
}

bool
envelope_rcpt(struct buf *b, const char *rcpt)
{
	return put(b, 'T', rcpt);
}

bool
envelope_end(struct buf *b)
{
	return buf_byte(b, 0);
}

bool
envelope_next(const char **at, char *letter, const char **value)
{
	const char *s = *at;

	if (!*s)
		return false;
	*letter = *s++;
	*value = s;
	*at = s + strlen(s) + 1;
	return true;
}

/* no control byte; in a parameter that is no text, no space */
static bool
harmless(const char *s, const char *end, unsigned char lowest)
{
	for (; s < end; s++)
		if ((unsigned char)*s < lowest || *s == 127)
			return false;
	return true;
}

static bool
is_lifetime(const char *s, const char *end)
{
	uint64_t n;

	return num_span(s, (size_t)(end - s), 1, ENVELOPE_LIFETIME, &n);
}

enum envelope_result
envelope_check(const char *s, size_t n)
{
	const char *allowed = "F", *end = s + n;
	unsigned seen = 0;
	size_t rcpts = 0;

	while (s < end && *s) {
		const char *stop = memchr(s, 0, (size_t)(end - s));

		if (!strchr(allowed, *s))
			return ENVELOPE_BAD;
		if ((stop ? stop : end) - s > ENVELOPE_ADDR + 1)
			return ENVELOPE_LONG;
		if (!harmless(s + 1, stop ? stop : end, strchr("AFTH", *s) ? ' ' : '!') || seen & 1u << (*s - 'A'))
			return ENVELOPE_BAD;
		if (!stop)
			return ENVELOPE_CUT;
		if (*s == 'L' && !is_lifetime(s + 1, stop))
			return ENVELOPE_BAD;
		rcpts += *s == 'T';
		if (rcpts > ENVELOPE_RCPTS)
			return ENVELOPE_BAD;
		allowed = rcpts ? "TNO" : "TABCEHLRUW";
		seen = *s == 'T' ? 0 : seen | 1u << (*s - 'A');
		s = stop + 1;
	}
	if (s >= end)
		return ENVELOPE_CUT;
	return rcpts && s + 1 == end ? ENVELOPE_OK : ENVELOPE_BAD;
}

enum envelope_result
envelope_read(struct buf *b, int fd)
{
	size_t want, left;
	ssize_t r;

	do {
		want = b->len < STEP ? STEP : b->len;
		left = b->max - b->len;
		if (left == 0)
			return ENVELOPE_BAD;
		want = want < left ? want : left;
		if (!buf_room(b, want)) {
			errno = ENOMEM;
			return ENVELOPE_TROUBLE;
		}
		r = read(fd, b->s + b->len, want);
		if (r > 0)
			b->len += (size_t)r;
		else if (r < 0 && errno != EINTR)
			return ENVELOPE_TROUBLE;
	} while (r != 0);
	b->s[b->len] = 0;
	return envelope_check(b->s, b->len);
}
