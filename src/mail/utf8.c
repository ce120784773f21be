#include "mail/utf8.h"

size_t
utf8_char(const char *s, size_t n, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s;
	size_t len, i;
	uint32_t c;

	if (n == 0)
		return 0;
	len = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 : (*p & 0xf0) == 0xe0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;
	if (len == 0 || len > n)
		return 0;
	c = len == 1 ? *p : *p & 0x7fu >> len;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[len] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return 0;
	if (code)
		*code = c;
	return len;
}

size_t
utf8_graphic(const char *s, size_t n)
{
	uint32_t c = 0;
	size_t len = utf8_char(s, n, &c);

	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ? 0 : len;
}

bool
utf8_text(const char *s, size_t n)
{
	size_t len, i;

	for (i = 0; i < n; i += len)
		if (!(len = utf8_graphic(s + i, n - i)))
			return false;
	return true;
}

bool
utf8_ascii(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] >= 128)
			return false;
	return true;
}
