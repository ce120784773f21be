#include "wire/qid.h"

#include <string.h>

#define TIME_DIGITS 11

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

_Static_assert(QID_US_END == (uint64_t)1 << (5 * TIME_DIGITS), "the time fills its digits");

void
qid_text(char out[QID_TEXT], const struct qid *q)
{
	uint64_t us = q->us, ino = q->ino;
	int i, n;

	for (i = TIME_DIGITS; i-- > 0; us >>= 5)
		out[i] = digits[us & 31];
	for (n = 1; n < 13 && ino >> (5 * n); n++)
		;
	for (i = n; i-- > 0; ino >>= 5)
		out[TIME_DIGITS + i] = digits[ino & 31];
	out[TIME_DIGITS + n] = 0;
}

bool
qid_parse(const char *s, struct qid *q)
{
	size_t n = strnlen(s, QID_TEXT), i;
	uint64_t v = 0;
	struct qid got;

	if (n <= TIME_DIGITS || n == QID_TEXT)
		return false;
	for (i = 0; i < n; i++) {
		const char *d = memchr(digits, s[i], 32);

		if (!d)
			return false;
		if (i == TIME_DIGITS) {
			got.us = v;
			v = 0;
			if (s[i] == '0' && n > TIME_DIGITS + 1)
				return false;           /* one way to write each ID */
		}
		if (v >> 59)
			return false;
		v = v << 5 | (uint64_t)(d - digits);
	}
	got.ino = v;
	*q = got;
	return true;
}

unsigned
qid_dir(const struct qid *q)
{
	return (unsigned)(q->us / 16000000 % QID_DIRS);
}

void
qid_dir_text(char out[QID_DIR], unsigned dir)
{
	out[0] = "0123456789abcdef"[dir / 16 & 15];
	out[1] = "0123456789abcdef"[dir & 15];
	out[2] = 0;
}
