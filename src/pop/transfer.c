#include "pop/transfer.h"

#include <string.h>

/* bytes of one line, none of them LF; *end: LF follows. False: TOP has enough */
static bool
put_line(struct transfer *t, struct out *o, const char *s, size_t n, bool end)
{
	bool cr = n ? s[n - 1] == '\r' : t->cr;
	bool only_cr = t->in_line ? t->only_cr && n == 0 : n == 1 && cr;

	if (t->top && t->in_body && t->lines == 0)
		return false;
	if (!t->in_line && n && *s == '.')
		out_byte(o, '.');
	out_put(o, s, n);
	if (!end) {
		t->in_line |= n > 0;
		t->cr = cr;
		t->only_cr = only_cr;
		return true;
	}
	if (cr)
		out_byte(o, '\n');
	else
		out_put(o, "\r\n", 2);
	if (t->in_body && t->top)
		t->lines--;
	t->in_body |= only_cr || (!t->in_line && n == 0);
	t->in_line = t->cr = t->only_cr = false;
	return true;
}

bool
transfer_put(struct transfer *t, struct out *o, const char *s, size_t n)
{
	const char *end = s + n, *nl;

	while (s < end) {
		nl = memchr(s, '\n', (size_t)(end - s));
		if (!put_line(t, o, s, (size_t)((nl ? nl : end) - s), nl))
			return false;
		s = nl ? nl + 1 : end;
	}
	return true;
}

void
transfer_end(struct transfer *t, struct out *o)
{
	if (t->in_line)
		(void)put_line(t, o, "", 0, true);
	out_put(o, ".\r\n", 3);
}

void
transfer_count(struct transfer_size *t, const char *s, size_t n)
{
	const char *at = s, *end = s + n;

	for (; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
		t->bytes += at > s ? at[-1] != '\r' : !t->cr;
	t->bytes += n;
	if (n) {
		t->cr = end[-1] == '\r';
		t->in_line = end[-1] != '\n';
	}
}

uint64_t
transfer_total(const struct transfer_size *t)
{
	return t->bytes + (t->in_line ? t->cr ? 1 : 2 : 0);
}
