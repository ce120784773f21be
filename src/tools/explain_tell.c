#include "tools/explain.h"

#include <stdarg.h>

#include "tools/put.h"

void
explain_tell(struct explain *e, size_t depth, const char *word, ...)
{
	const char *s, *sep = ": ";
	va_list ap;

	for (; depth; depth--)
		out_puts(&e->out, "  ");
	put_masked(&e->out, word);
	va_start(ap, word);
	for (; (s = va_arg(ap, const char *)); sep = "") {
		out_puts(&e->out, sep);
		put_masked(&e->out, s);
	}
	va_end(ap);
	out_byte(&e->out, '\n');
}

static int
badness(enum explain_exit x)
{
	return x == EXPLAIN_GOOD ? 0 : x == EXPLAIN_LATER ? 1 : x == EXPLAIN_NEVER ? 2 : 3;
}

void
explain_worst(struct explain *e, enum explain_exit x)
{
	if (badness(x) > badness(e->exit))
		e->exit = x;
}

void
explain_outcome(struct explain *e, size_t depth, const struct outcome *o)
{
	if (o->verdict == 'K')
		return;
	tell(e, depth, o->verdict == 'D' ? "refused" : "later", o->status, " ", o->text);
	explain_worst(e, o->verdict == 'D' ? EXPLAIN_NEVER : EXPLAIN_LATER);
}
