#include "wire/fields.h"

#include <string.h>

#include "lib/num.h"

bool
fields_put(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s) + 1);
}

bool
fields_put_num(struct buf *b, uint64_t n)
{
	char dec[NUM_TEXT];

	return fields_put(b, num_text(dec, n));
}

bool
fields_open(struct fields *f, const char *packet, size_t n)
{
	f->at = packet;
	f->end = packet + n;
	return n > 0 && packet[n - 1] == 0;
}

const char *
fields_next(struct fields *f)
{
	const char *s = f->at;

	if (s >= f->end)
		return 0;
	f->at += strlen(s) + 1;         /* the packet ends with a 0: never past the end */
	return s;
}

bool
fields_next_num(struct fields *f, uint64_t min, uint64_t max, uint64_t *n)
{
	const char *s = fields_next(f);

	return s && num_u64(s, min, max, n);
}
