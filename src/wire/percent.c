#include "wire/percent.h"

#include <errno.h>
#include <string.h>

static bool
plain(char c, bool also_space)
{
	return (unsigned char)c >= ' ' && c != '%' && c != 127 && !(also_space && c == ' ');
}

bool
percent_put(struct buf *b, const char *s, bool also_space)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t had = b->len;

	while (*s) {
		size_t n = 0;

		while (plain(s[n], also_space))
			n++;
		if (n && !buf_put(b, s, n))
			break;
		s += n;
		if (*s) {
			char e[3] = { '%', hex[(unsigned char)*s >> 4], hex[*s & 15] };

			if (!buf_put(b, e, 3))
				break;
			s++;
		}
	}
	return !*s || (buf_cut(b, had), false);
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* one %XX at s; 0: it is none */
static char
decode(const char *s, size_t n)
{
	int hi = n > 2 ? hex_digit(s[1]) : -1, lo = hi < 0 ? -1 : hex_digit(s[2]);

	return (char)(lo < 0 ? 0 : hi << 4 | lo);
}

bool
percent_get(struct buf *b, const char *s, size_t n)
{
	const char *end = s + n;
	size_t had = b->len;

	while (s < end) {
		const char *p = memchr(s, '%', (size_t)(end - s));
		size_t whole = (size_t)((p ? p : end) - s);
		char c;

		if (!buf_put(b, s, whole))
			break;
		s += whole;
		if (!p)
			break;
		if (!(c = decode(p, (size_t)(end - p)))) {
			errno = EBADMSG;
			break;
		}
		if (!buf_byte(b, c))
			break;
		s += 3;
	}
	return s == end || (buf_cut(b, had), false);
}
