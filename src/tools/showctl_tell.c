#include "lib/conf.h"
#include "tools/put.h"
#include "tools/showctl.h"

void
tell_begin(struct tell *t)
{
	out_byte(&t->out, '{');
	t->first = true;
}

void
tell_bytes(struct tell *t, const char *key, const char *value, size_t n)
{
	put_string_n(&t->out, &t->first, key, value, n);
}

void
tell_string(struct tell *t, const char *key, const char *value)
{
	put_string(&t->out, &t->first, key, value);
}

void
tell_number(struct tell *t, const char *key, uint64_t n)
{
	put_number(&t->out, &t->first, key, n);
}

void
tell_bool(struct tell *t, const char *key, bool is)
{
	put_bool(&t->out, &t->first, key, is);
}

void
tell_list(struct tell *t, const char *key, const struct buf *lines)
{
	const char *s;
	bool first = true;

	put_key(&t->out, &t->first, key);
	out_byte(&t->out, '[');
	for (s = 0; (s = conf_next(lines, s)); )
		put_string(&t->out, &first, 0, s);
	out_byte(&t->out, ']');
}

void
tell_end(struct tell *t)
{
	out_puts(&t->out, "}\n");
}
