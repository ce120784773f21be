#include "mail/stamp.h"

#include <string.h>

#include "lib/ascii.h"

static void
note_name(struct stamp *t, size_t n)
{
	size_t kept = n < STAMP_NAME ? n : STAMP_NAME;

	t->date |= kept == 4 && memcmp(t->name, "date", 4) == 0;
	t->id |= kept == 10 && memcmp(t->name, "message-id", 10) == 0;
	t->rest = t->any = true;
}

/* a byte of what may be a field's name; false: it is no field */
static bool
name_byte(struct stamp *t, char c)
{
	size_t n = t->n;

	if (c == ':' && n) {
		while (n && n <= STAMP_NAME && (t->name[n - 1] == ' ' || t->name[n - 1] == '\t'))
			n--;            /* a blank before the colon was allowed once */
		note_name(t, n);
		return n > 0;
	}
	if ((c == ' ' || c == '\t') && n == 0 && t->any) {
		t->rest = true;         /* the field before goes on */
		return true;
	}
	if (c == ' ' || c == '\t' ? n == 0 : c < '!' || c > '~')
		return false;
	if (n < STAMP_NAME)
		t->name[n] = ascii_lower(c);
	t->n++;
	return true;
}

enum stamp_end
stamp_scan(struct stamp *t, const char *s, size_t n, size_t *at)
{
	size_t i, line = 0;
	bool whole = t->n == 0 && !t->rest;     /* this line began in this piece */
	const char *end;

	for (i = 0; i < n; i++) {
		if (t->rest) {
			if (!(end = memchr(s + i, '\n', n - i)))
				return STAMP_MORE;
			i = (size_t)(end - s);
			t->rest = false;
			t->n = 0;
			line = i + 1;
			whole = true;
		} else if ((s[i] == '\n' && t->n == 0) || !name_byte(t, s[i])) {
			t->over = true;
			*at = line;
			if (!whole)
				return STAMP_MORE;      /* its beginning has gone: nothing can be put before it */
			return s[i] == '\n' && t->n == 0 ? STAMP_HERE : STAMP_BARE;
		}
	}
	return STAMP_MORE;
}
