#include "lib/num.h"

#include <string.h>

bool
num_span(const char *s, size_t len, uint64_t min, uint64_t max, uint64_t *n)
{
	uint64_t v = 0;
	size_t i;

	if (len == 0)
		return false;
	for (i = 0; i < len; i++) {
		unsigned d = (unsigned)(unsigned char)s[i] - '0';

		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	if (v < min || v > max)
		return false;
	*n = v;
	return true;
}

bool
num_u64(const char *s, uint64_t min, uint64_t max, uint64_t *n)
{
	return num_span(s, strlen(s), min, max, n);
}

size_t
num_dec(char out[NUM_DEC], uint64_t n)
{
	char rev[NUM_DEC];
	size_t len = 0, i;

	do {
		rev[len++] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	for (i = 0; i < len; i++)
		out[i] = rev[len - 1 - i];
	return len;
}

const char *
num_text(char out[NUM_TEXT], uint64_t n)
{
	out[num_dec(out, n)] = 0;
	return out;
}
