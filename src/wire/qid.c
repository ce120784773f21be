#include "wire/qid.h"

#include <string.h>

#define TIME_DIGITS 11

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* what a digit is worth, plus 1; 0: not a digit. A start-up scan parses each name in the queue. */
static const unsigned char worth[128] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['g'] = 17, ['h'] = 18, ['j'] = 19,
	['k'] = 20, ['m'] = 21, ['n'] = 22, ['p'] = 23, ['q'] = 24, ['r'] = 25, ['s'] = 26, ['t'] = 27, ['v'] = 28,
	['w'] = 29, ['x'] = 30, ['y'] = 31, ['z'] = 32,
};

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
		unsigned char c = (unsigned char)s[i], d = c < 128 ? worth[c] : 0;

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
		v = v << 5 | (uint64_t)(d - 1);
	}
	got.ino = v;
	*q = got;
	return true;
}

unsigned
qid_dir(const struct qid *q)
{
	return (unsigned)(q->us / QID_DIR_US % QID_DIRS);
}

void
qid_dir_text(char out[QID_DIR], unsigned dir)
{
	out[0] = "0123456789abcdef"[dir / 16 & 15];
	out[1] = "0123456789abcdef"[dir & 15];
	out[2] = 0;
}
