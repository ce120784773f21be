#include "mail/idna.h"

#include <errno.h>
#include <string.h>

#include "lib/ascii.h"
#include "mail/utf8.h"

#define LABEL 63

/* RFC 3492, sections 5 and 6; the names are those of its text */
enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, INITIAL_BIAS = 72, INITIAL_N = 128 };

static uint32_t
adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	for (delta += delta / points; delta > ((BASE - TMIN) * TMAX) / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static bool
put_number(struct buf *b, uint32_t q, uint32_t bias)
{
	uint32_t k, t;

	for (k = BASE;; k += BASE) {
		t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
		if (q < t)
			return buf_byte(b, "abcdefghijklmnopqrstuvwxyz0123456789"[q]);
		if (!buf_byte(b, "abcdefghijklmnopqrstuvwxyz0123456789"[t + (q - t) % (BASE - t)]))
			return false;
		q = (q - t) / (BASE - t);
	}
}

/* n is at most LABEL, so that nothing here overflows: delta is below 0x110000 * (LABEL + 1) */
static bool
put_punycode(struct buf *b, const uint32_t *label, uint32_t n)
{
	uint32_t at = INITIAL_N, delta = 0, bias = INITIAL_BIAS, basic = 0, done, i, next;

	for (i = 0; i < n; i++)
		if (label[i] < 128) {
			if (!buf_byte(b, ascii_lower((char)label[i])))
				return false;
			basic++;
		}
	if (basic && !buf_byte(b, '-'))
		return false;
	for (done = basic; done < n; delta++, at++) {
		for (next = UINT32_MAX, i = 0; i < n; i++)
			if (label[i] >= at && label[i] < next)
				next = label[i];
		delta += (next - at) * (done + 1);
		at = next;
		for (i = 0; i < n; i++) {
			delta += label[i] < at;
			if (label[i] != at)
				continue;
			if (!put_number(b, delta, bias))
				return false;
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
	return true;
}

static bool
put_label(struct buf *b, const char *s, size_t n)
{
	uint32_t label[LABEL], count = 0;
	size_t len, i, had = b->len;

	if (utf8_ascii(s, n))
		return buf_put(b, s, n);
	for (i = 0; i < n; i += len, count++) {
		errno = EMSGSIZE;
		if (count == LABEL)
			return false;
		errno = EILSEQ;
		if (!(len = utf8_char(s + i, n - i, &label[count])))
			return false;
	}
	if (!buf_puts(b, "xn--") || !put_punycode(b, label, count))
		return false;
	errno = EMSGSIZE;
	return b->len - had <= LABEL;
}

bool
idna_ascii(struct buf *b, const char *s, size_t n)
{
	size_t had = b->len, len;
	const char *dot, *end = s + n;

	for (;; s += len + 1) {
		dot = memchr(s, '.', (size_t)(end - s));
		len = (size_t)((dot ? dot : end) - s);
		if (!put_label(b, s, len) || (dot && !buf_byte(b, '.'))) {
			buf_cut(b, had);
			return false;
		}
		if (!dot)
			return true;
	}
}

bool
idna_addr(struct addr *a)
{
	char space[ADDR_DOMAIN + 1];
	struct buf b = { space, 0, sizeof space, ADDR_DOMAIN };         /* never reallocated */
	size_t from = a->local + 1;

	if (a->len <= from || utf8_ascii(a->s + from, a->len - from))
		return true;
	if (!idna_ascii(&b, a->s + from, a->len - from))
		return false;
	memcpy(a->s + from, b.s, b.len + 1);
	a->len = from + b.len;
	return true;
}
