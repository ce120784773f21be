#include "mail/xtext.h"

#include <string.h>

#include "lib/ascii.h"
#include "mail/utf8.h"

/* the byte that stands at s as +XX, or -1 */
static int
coded(const char *s, size_t n)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *high, *low;

	if (n < 3 || *s != '+' || !(high = memchr(digits, s[1], 16)) || !(low = memchr(digits, s[2], 16)))
		return -1;
	return (int)((high - digits) << 4 | (low - digits));
}

bool
xtext_valid(const char *s, size_t n)
{
	size_t i;
	int c;

	for (i = 0; i < n; i++) {
		if (s[i] == '+') {
			c = coded(s + i, n - i);
			if (c < ' ' || c > '~')
				return false;
			i += 2;
		} else if (s[i] == ' ' || s[i] == '=' || !ascii_print(s[i]))
			return false;
	}
	return true;
}

bool
xtext_utf8(const char *s, size_t n)
{
	char text[XTEXT_UTF8];
	size_t i, len = 0;
	int c;

	if (n > sizeof text)
		return false;
	for (i = 0; i < n; i++) {
		c = s[i];
		if (c == '+') {
			c = coded(s + i, n - i);
			i += 2;
		} else if (c == ' ' || c == '=' || !ascii_print(s[i]))
			return false;
		if (c < 0)
			return false;
		text[len++] = (char)c;
	}
	return utf8_text(text, len);
}

bool
xtext_get(struct buf *b, const char *s)
{
	size_t had = b->len, n = strlen(s);
	int c;

	for (; n; s++, n--) {
		c = coded(s, n);
		if (!buf_byte(b, c > 0 ? (char)c : *s)) {
			buf_cut(b, had);
			return false;
		}
		if (c > 0) {
			s += 2;
			n -= 2;
		}
	}
	return true;
}
