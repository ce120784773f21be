#include "wire/route.h"

#include <string.h>

#include "lib/num.h"

bool
route_put(struct buf *b, const struct route *r)
{
	size_t had = b->len;

	if (buf_puts(b, r->mx ? "mx " : "host ") && buf_puts(b, r->name) &&
	    (r->mx || (buf_byte(b, ' ') && buf_num(b, r->port))))
		return true;
	buf_cut(b, had);
	return false;
}

static bool
take_name(struct route *r, const char *s, size_t n)
{
	if (n == 0 || n > ROUTE_NAME || memchr(s, ' ', n))
		return false;
	memcpy(r->name, s, n);
	r->name[n] = 0;
	return true;
}

bool
route_get(const char *text, struct route *r)
{
	const char *space;
	uint64_t port;

	if (strncmp(text, "mx ", 3) == 0) {
		r->mx = true;
		r->port = 25;
		return take_name(r, text + 3, strlen(text + 3));
	}
	if (strncmp(text, "host ", 5) != 0 || !(space = strchr(text + 5, ' ')))
		return false;
	r->mx = false;
	if (!take_name(r, text + 5, (size_t)(space - text - 5)) || !num_u64(space + 1, 1, 65535, &port))
		return false;
	r->port = (uint16_t)port;
	return true;
}
