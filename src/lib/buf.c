#include "lib/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/num.h"

bool
buf_room(struct buf *b, size_t n)
{
	size_t cap;
	char *s;

	if (b->max > SIZE_MAX / 4 || n > b->max || b->len > b->max - n) {
		errno = EMSGSIZE;
		return false;
	}
	if (b->len + n < b->cap)                /* strictly less: one byte is kept for the 0 */
		return true;
	cap = b->len + n;
	cap += cap / 2 + 16;                    /* cannot wrap: max is at most SIZE_MAX / 4 */
	if (!(s = realloc(b->s, cap)))
		return false;
	b->s = s;
	b->cap = cap;
	b->s[b->len] = 0;
	return true;
}

bool
buf_put(struct buf *b, const void *p, size_t n)
{
	if (!buf_room(b, n))
		return false;
	if (n)
		memcpy(b->s + b->len, p, n);
	b->len += n;
	b->s[b->len] = 0;
	return true;
}

bool
buf_puts(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

bool
buf_byte(struct buf *b, char c)
{
	return buf_put(b, &c, 1);
}

bool
buf_num(struct buf *b, uint64_t n)
{
	char dec[NUM_DEC];

	return buf_put(b, dec, num_dec(dec, n));
}

void
buf_clear(struct buf *b)
{
	buf_cut(b, 0);
}

void
buf_cut(struct buf *b, size_t len)
{
	if (len < b->len)
		b->len = len;
	if (b->s)
		b->s[b->len] = 0;
}

void
buf_free(struct buf *b)
{
	free(b->s);
	b->s = 0;
	b->len = b->cap = 0;
}
