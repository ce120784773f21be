#include "smtp/veil.h"

#include <string.h>

#include "lib/ascii.h"

void
veil_server(struct veil *v, const char *s, size_t n)
{
	for (; n; n--, s++) {
		if (v->code_at < 3)
			v->code[v->code_at++] = *s;
		if (*s != '\n')
			continue;
		if (strcmp(v->code, "334") == 0)
			v->secret = true;
		else if (v->code[0] >= '4' || strcmp(v->code, "235") == 0)
			v->secret = false;
		v->text = strcmp(v->code, "354") == 0;
		v->code_at = 0;
		memset(v->code, 0, sizeof v->code);
	}
}

static void
line_ends(struct veil *v)
{
	if (strcmp(v->verb, "auth") == 0)
		v->secret = true;               /* until that is over: a client may not wait for 334 */
	v->at = v->blanks = 0;
	memset(v->verb, 0, sizeof v->verb);
}

char
veil_client(struct veil *v, char c)
{
	bool hide = v->secret || (v->blanks > 1 && strcmp(v->verb, "auth") == 0);

	if (v->text)
		return c;
	if (c == '\n') {
		line_ends(v);
		return c;
	}
	if (v->at < sizeof v->verb - 1)
		v->verb[v->at] = ascii_lower(c);
	v->at++;
	v->blanks += c == ' ';
	return hide && c != '\r' ? '*' : c;
}

bool
veil_write(struct buf *b, const char *s, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	bool ok = true;

	for (; ok && n; n--, s++) {
		unsigned char c = (unsigned char)*s;

		if (*s == '\\' || *s == '\r' || *s == '\n')
			ok = buf_byte(b, '\\') && buf_byte(b, *s == '\\' ? '\\' : *s == '\r' ? 'r' : 'n');
		else if (ascii_print(*s))
			ok = buf_byte(b, *s);
		else
			ok = buf_puts(b, "\\x") && buf_byte(b, digits[c >> 4]) && buf_byte(b, digits[c & 15]);
	}
	return ok;
}

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

long
veil_read(char *text)
{
	char *out = text;
	const char *s;

	for (s = text; *s; s++) {
		if (*s != '\\') {
			*out++ = *s;
			continue;
		}
		s++;
		if (*s == 'x' && digit(s[1]) >= 0 && digit(s[2]) >= 0) {
			*out++ = (char)(digit(s[1]) * 16 + digit(s[2]));
			s += 2;
		} else if (*s == '\\' || *s == 'r' || *s == 'n')
			*out++ = *s == '\\' ? '\\' : *s == 'r' ? '\r' : '\n';
		else
			return -1;
	}
	return out - text;
}
