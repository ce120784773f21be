#include "mail/header.h"

#include <string.h>
#include <strings.h>

#include "mail/addr.h"
#include "mail/date.h"

void
header_find_init(struct header_find *h, const char *line, size_t len)
{
	h->line = line;
	h->len = len;
	h->at = 0;
	h->differs = false;
	h->seen = HEADER_MORE;
}

/* n more bytes of one line */
static void
compare(struct header_find *h, const char *s, size_t n)
{
	if (h->differs || n > h->len - h->at || memcmp(s, h->line + h->at, n) != 0)
		h->differs = true;
	if (h->differs)
		h->at = 1;              /* only "not empty" is still of interest */
	else
		h->at += n;
}

enum header_seen
header_find(struct header_find *h, const char *s, size_t n)
{
	const char *end = s + n;

	while (h->seen == HEADER_MORE && s < end) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));
		size_t len = (size_t)((nl ? nl : end) - s);

		if (len)
			compare(h, s, len);
		if (!nl)
			break;
		if (!h->differs && h->at == h->len && h->len)
			h->seen = HEADER_FOUND;
		else if (h->at == 0)
			h->seen = HEADER_OVER;
		h->at = 0;
		h->differs = false;
		s = nl + 1;
	}
	return h->seen;
}

enum header_seen
header_find_end(struct header_find *h)
{
	if (h->seen == HEADER_MORE)
		h->seen = !h->differs && h->at == h->len && h->len ? HEADER_FOUND : HEADER_OVER;
	return h->seen;
}

void
header_strip_init(struct header_strip *h, const char *field, size_t len)
{
	h->field = field;
	h->len = len;
	h->inside = h->dropping = h->over = false;
}

static bool
ends_name(char c)
{
	return c == ':' || c == ' ' || c == '\t';
}

/* the line at s begins: does it stay? false: n bytes are too few to tell */
static bool
decide(struct header_strip *h, const char *s, size_t n, bool last)
{
	if (*s == '\n') {
		h->over = true;
		return true;
	}
	if (*s == ' ' || *s == '\t')    /* goes on with what went before */
		return true;
	if (n > h->len)
		h->dropping = strncasecmp(s, h->field, h->len) == 0 && ends_name(s[h->len]);
	else if (last || strncasecmp(s, h->field, n) != 0 || memchr(s, '\n', n))
		h->dropping = false;
	else
		return false;
	return true;
}

size_t
header_strip(struct header_strip *h, char *s, size_t n, bool last, size_t *taken)
{
	size_t at = 0, kept = 0;

	while (at < n && !h->over) {
		const char *nl;
		size_t len;

		if (!h->inside && !decide(h, s + at, n - at, last))
			break;
		if (h->over)
			break;
		nl = memchr(s + at, '\n', n - at);
		len = nl ? (size_t)(nl - (s + at)) + 1 : n - at;
		h->inside = !nl;
		if (!h->dropping) {
			if (kept != at)
				memmove(s + kept, s + at, len);
			kept += len;
		}
		at += len;
	}
	if (h->over) {
		if (kept != at)
			memmove(s + kept, s + at, n - at);
		kept += n - at;
		at = n;
	}
	*taken = at;
	return kept;
}

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == 127;
}

/* the address, with '_' for controls; false as buf_put */
static bool
put_clean(struct buf *b, const char *address)
{
	size_t i = b->len;

	if (!buf_puts(b, address))
		return false;
	for (; i < b->len; i++)
		if (is_control(b->s[i]))
			b->s[i] = '_';
	return true;
}

bool
header_return_path(struct buf *b, const char *sender)
{
	struct buf clean = BUF(b->max);
	size_t was = b->len;
	bool ok = put_clean(&clean, sender) && buf_puts(b, "Return-Path: <") && addr_quote(b, clean.s, clean.len) &&
	    buf_puts(b, ">\n");

	if (!ok)
		buf_cut(b, was);
	buf_free(&clean);
	return ok;
}

bool
header_delivered_to(struct buf *b, const char *rcpt)
{
	size_t was = b->len;
	bool ok = buf_puts(b, "Delivered-To: ") && put_clean(b, rcpt) && buf_byte(b, '\n');

	if (!ok)
		buf_cut(b, was);
	return ok;
}

bool
header_unix_from(struct buf *b, const char *sender, int64_t when_s)
{
	char date[DATE_MBOX];
	size_t was = b->len, i;

	date_mbox(date, when_s);
	if (buf_puts(b, "From ") && buf_puts(b, *sender ? sender : "MAILER-DAEMON")) {
		for (i = was + 5; i < b->len; i++)
			if (b->s[i] == ' ' || is_control(b->s[i]))
				b->s[i] = '-';
		if (buf_byte(b, ' ') && buf_puts(b, date) && buf_byte(b, '\n'))
			return true;
	}
	buf_cut(b, was);
	return false;
}
