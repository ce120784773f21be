#include "lib/base64.h"

/* 0 to 63, or -1 */
static int
value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* four letters, of which the last ones may be '=': how many bytes, 0 if they are nonsense */
static size_t
group(unsigned char out[3], const char *s, bool last)
{
	size_t letters = 4, i;
	unsigned long bits = 0;

	while (last && letters > 2 && s[letters - 1] == '=')
		letters--;
	for (i = 0; i < 4; i++) {
		int v = i < letters ? value(s[i]) : 0;

		if (v < 0)
			return 0;
		bits = bits << 6 | (unsigned)v;
	}
	out[0] = (unsigned char)(bits >> 16);
	out[1] = (unsigned char)(bits >> 8);
	out[2] = (unsigned char)bits;
	for (i = letters - 1; i < 3; i++)
		if (out[i])
			return 0;       /* two spellings of the same bytes: only one is right */
	return letters - 1;
}

bool
base64_decode(char *out, size_t *made, const char *s, size_t n)
{
	unsigned char bytes[3];
	size_t at, k, got;

	*made = 0;
	if (n % 4)
		return false;
	for (at = 0; at < n; at += 4) {
		if (!(got = group(bytes, s + at, at + 4 == n)))
			return false;
		for (k = 0; k < got; k++)       /* behind what is still to be read: 3 bytes for 4 */
			out[(*made)++] = (char)bytes[k];
	}
	return true;
}

size_t
base64_encode(char *out, const char *s, size_t n)
{
	static const char letter[64] = { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" };
	size_t at, k, made = 0;

	for (at = 0; at < n; at += 3) {
		size_t have = n - at < 3 ? n - at : 3;
		unsigned long bits = 0;

		for (k = 0; k < 3; k++)
			bits = bits << 8 | (k < have ? (unsigned char)s[at + k] : 0u);
		for (k = 0; k < 4; k++)
			out[made++] = k <= have ? letter[bits >> (18 - 6 * k) & 63] : '=';
	}
	return made;
}
