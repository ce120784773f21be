#include "mail/hops.h"

#include <string.h>

#include "lib/ascii.h"

static const char field[] = "received";

/* one byte at the start of a line; the rest of the line is passed over with memchr */
static void
name_byte(struct hops *h, char c)
{
	char lower = ascii_lower(c);

	if (c == '\n')
		h->seen = h->seen == HOPS_NAME && h->matched == 0 ? HOPS_BODY : HOPS_NAME;
	else if (h->seen == HOPS_NAME && field[h->matched] && lower == field[h->matched]) {
		h->matched++;
		return;
	} else if (field[h->matched] || (c != ':' && c != ' ' && c != '\t'))
		h->seen = HOPS_REST;
	else if (c == ':') {
		h->count++;
		h->seen = HOPS_REST;
	} else {
		h->seen = HOPS_BLANK;
		return;
	}
	h->matched = 0;
}

void
hops_scan(struct hops *h, const char *s, size_t n)
{
	const char *end = s + n;

	while (s < end && h->seen != HOPS_BODY) {
		if (h->seen != HOPS_REST) {
			name_byte(h, *s++);
			continue;
		}
		s = memchr(s, '\n', (size_t)(end - s));
		if (!s)
			return;
		s++;
		h->seen = HOPS_NAME;
		h->matched = 0;
	}
}
