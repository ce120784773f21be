#include "mail/dot.h"

#include <string.h>

#include "lib/word.h"

void
dot_init(struct dot *d)
{
	memset(d, 0, sizeof *d);
	d->at = DOT_START;
}

/* Copy up to the next CR or LF, a word at a time: looking and copying in one pass costs less than memchr and
 * memcpy, whose set-up is paid for each line. May store a word at *to while *to < stop. */
static void
copy_line(const char **from, const char *end, char **to, const char *stop)
{
	const char *p = *from;
	char *o = *to;

	while ((size_t)(end - p) >= WORD && o < stop) {
		uint64_t x, hit;

		memcpy(&x, p, WORD);
		memcpy(o, &x, WORD);
		if ((hit = word_line_end(x))) {
			*from = p + word_first(hit);
			*to = o + word_first(hit);
			return;
		}
		p += WORD;
		o += WORD;
	}
	while (p < end && o < stop && *p != '\n' && *p != '\r')
		*o++ = *p++;
	*from = p;
	*to = o;
}

/* the first byte of a line decides whether the line needs a dot; NULs wait for what follows them */
static void
begin_line(struct dot *d, const char **from, char **to)
{
	char c = **from;

	if (d->at == DOT_AFTER_CR && c == '\n') {
		d->at = DOT_START;
		++*from;
	} else if (c == 0) {
		d->at = DOT_START;
		d->nuls++;
		++*from;
	} else {
		if (c == '.') {
			d->stuffed++;
			if (!d->plain)
				*(*to)++ = '.';
		}
		d->owed = d->nuls;
		d->nuls = 0;
		d->at = DOT_LINE;
	}
}

static void
pay_nuls(struct dot *d, char **to, const char *stop)
{
	size_t n = (size_t)(stop - *to);

	if (n > d->owed)
		n = (size_t)d->owed;
	memset(*to, 0, n);
	*to += n;
	d->owed -= n;
}

static void
put(char **to, const char *s)
{
	while (*s)
		*(*to)++ = *s++;
}

static void
finish(struct dot *d, char **to)
{
	if (d->nuls) {
		d->owed = d->nuls;
		d->nuls = 0;
		d->at = DOT_LINE;
		return;
	}
	if (d->at == DOT_LINE)
		put(to, "\r\n");
	if (!d->plain)
		put(to, ".\r\n");
	d->done = true;
}

size_t
dot_encode(struct dot *d, const char **from, const char *end, bool last, char *out, size_t room)
{
	const char *stop = out + room - DOT_ROOM + 1;   /* before it, any one step below has room */
	char *o = out;

	while (o < stop && !d->done) {
		if (d->owed)
			pay_nuls(d, &o, stop);
		else if (*from == end) {
			if (!last)
				break;
			finish(d, &o);
		} else if (d->at != DOT_LINE)
			begin_line(d, from, &o);
		else {
			copy_line(from, end, &o, stop);
			if (*from == end || o >= stop)
				continue;
			d->at = *(*from)++ == '\r' ? DOT_AFTER_CR : DOT_START;
			put(&o, "\r\n");
		}
	}
	return (size_t)(o - out);
}
