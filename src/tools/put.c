#include "tools/put.h"

#include <string.h>

#include "lib/ascii.h"
#include "lib/num.h"
#include "mail/utf8.h"

void
put_masked_n(struct out *o, const char *s, size_t n)
{
	const char *end = s + n, *from;

	while (s < end) {
		for (from = s; s < end && ascii_print(*s); s++)
			;
		out_put(o, from, (size_t)(s - from));
		if (s < end)
			out_byte(o, *s++ == '\n' ? '/' : '?');
	}
}

void
put_masked(struct out *o, const char *s)
{
	put_masked_n(o, s, strlen(s));
}

void
put_escaped(struct out *o, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *from;

	while (*s) {
		for (from = s; *s > ' ' && *s < 127 && *s != '%'; s++)
			;
		out_put(o, from, (size_t)(s - from));
		if (*s) {
			char e[3] = { '%', hex[(unsigned char)*s >> 4], hex[*s & 15] };

			out_put(o, e, 3);
			s++;
		}
	}
}

void
put_date(struct out *o, int64_t s, struct put_date *d)
{
	if (!d->text[0] || d->s != s)
		date_rfc5322(d->text, s);
	d->s = s;
	out_put(o, d->text, DATE_RFC5322 - 1);
}

void
put_age(struct out *o, int64_t s)
{
	static const struct { int64_t s; char name; } unit[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	int64_t small;
	size_t i = 0;

	s = s < 0 ? 0 : s;
	while (i < 3 && s < unit[i].s)
		i++;
	out_num(o, (uint64_t)(s / unit[i].s));
	out_byte(o, unit[i].name);
	if (i == 3)
		return;
	small = s % unit[i].s / unit[i + 1].s;
	out_byte(o, (char)('0' + small / 10));
	out_byte(o, (char)('0' + small % 10));
	out_byte(o, unit[i + 1].name);
}

void
put_field(struct out *o, const char *s, int width)
{
	int n = (int)strlen(s);

	for (; width > n; width--)
		out_byte(o, ' ');
	out_put(o, s, (size_t)n);
	for (; -width > n; width++)
		out_byte(o, ' ');
}

void
put_right(struct out *o, uint64_t n, int width)
{
	char text[NUM_TEXT];

	put_field(o, num_text(text, n), width);
}

/* ---- JSON */

static void
put_unit(struct out *o, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	out_puts(o, "\\u00");
	out_byte(o, hex[c >> 4]);
	out_byte(o, hex[c & 15]);
}

void
put_json(struct out *o, const char *s, size_t n)
{
	const char *end = s + n, *from;
	size_t used;

	out_byte(o, '"');
	while (s < end) {
		for (from = s; s < end && ascii_print(*s) && *s != '"' && *s != '\\'; s++)
			;
		out_put(o, from, (size_t)(s - from));
		if (s == end)
			break;
		used = 1;
		if (*s == '"' || *s == '\\') {
			out_byte(o, '\\');
			out_byte(o, *s);
		} else if ((unsigned char)*s >= 128 && (used = utf8_graphic(s, (size_t)(end - s))) > 1)
			out_put(o, s, used);
		else {
			used = 1;
			put_unit(o, (unsigned char)*s);
		}
		s += used;
	}
	out_byte(o, '"');
}

void
put_key(struct out *o, bool *first, const char *key)
{
	if (!*first)
		out_byte(o, ',');
	*first = false;
	if (key) {
		out_byte(o, '"');
		out_puts(o, key);
		out_put(o, "\":", 2);
	}
}

void
put_string_n(struct out *o, bool *first, const char *key, const char *s, size_t n)
{
	put_key(o, first, key);
	if (s)
		put_json(o, s, n);
	else
		out_puts(o, "null");
}

void
put_string(struct out *o, bool *first, const char *key, const char *s)
{
	put_string_n(o, first, key, s, s ? strlen(s) : 0);
}

void
put_number(struct out *o, bool *first, const char *key, uint64_t n)
{
	put_key(o, first, key);
	out_num(o, n);
}

void
put_bool(struct out *o, bool *first, const char *key, bool yes)
{
	put_key(o, first, key);
	out_puts(o, yes ? "true" : "false");
}
