#include <string.h>

#include "lib/ascii.h"
#include "lib/conf.h"
#include "mail/utf8.h"
#include "tools/showctl.h"

void
tell_text(struct tell *t, const char *s)
{
	for (; *s; s++)
		out_byte(&t->out, ascii_mask(*s));
}

static void
put_unit(struct tell *t, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";

	out_puts(&t->out, "\\u00");
	out_byte(&t->out, digits[c >> 4]);
	out_byte(&t->out, digits[c & 15]);
}

/* a byte that is not of UTF-8 becomes the character of that number, so that the line stays JSON */
static void
put_json(struct tell *t, const char *s, size_t n)
{
	size_t used;

	out_byte(&t->out, '"');
	for (; n; s += used, n -= used) {
		used = 1;
		if (*s == '"' || *s == '\\') {
			out_byte(&t->out, '\\');
			out_byte(&t->out, *s);
		} else if (ascii_print(*s))
			out_byte(&t->out, *s);
		else if ((used = utf8_graphic(s, n)) > 1)
			out_put(&t->out, s, used);
		else {
			used = 1;
			put_unit(t, (unsigned char)*s);
		}
	}
	out_byte(&t->out, '"');
}

void
tell_begin(struct tell *t)
{
	out_byte(&t->out, '{');
	t->begun = false;
}

static void
put_key(struct tell *t, const char *key)
{
	if (t->begun)
		out_byte(&t->out, ',');
	t->begun = true;
	put_json(t, key, strlen(key));
	out_byte(&t->out, ':');
}

void
tell_bytes(struct tell *t, const char *key, const char *value, size_t n)
{
	put_key(t, key);
	put_json(t, value, n);
}

void
tell_string(struct tell *t, const char *key, const char *value)
{
	put_key(t, key);
	if (value)
		put_json(t, value, strlen(value));
	else
		out_puts(&t->out, "null");
}

void
tell_number(struct tell *t, const char *key, uint64_t n)
{
	put_key(t, key);
	out_num(&t->out, n);
}

void
tell_bool(struct tell *t, const char *key, bool is)
{
	put_key(t, key);
	out_puts(&t->out, is ? "true" : "false");
}

void
tell_list(struct tell *t, const char *key, const struct buf *lines)
{
	const char *s, *sep = "";

	put_key(t, key);
	out_byte(&t->out, '[');
	for (s = 0; (s = conf_next(lines, s)); sep = ",") {
		out_puts(&t->out, sep);
		put_json(t, s, strlen(s));
	}
	out_byte(&t->out, ']');
}

void
tell_end(struct tell *t)
{
	out_puts(&t->out, "}\n");
}
