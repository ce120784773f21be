#include "mail/undot.h"

#include <string.h>

#include "lib/word.h"

/* Move bytes from p to w <= p until a CR, an LF or the end; both pointers move on. One pass both looks and copies.
 * A word is stored whole when the gap is wide enough for that not to touch what is still to be read. */
static void
run(char **to, char **from, const char *end)
{
	char *w = *to, *p = *from;

	while ((size_t)(end - p) >= WORD) {
		uint64_t x, hit;
		size_t n;

		memcpy(&x, p, WORD);
		hit = word_line_end(x);
		if (!hit) {
			memcpy(w, &x, WORD);
			w += WORD;
			p += WORD;
			continue;
		}
		n = word_first(hit);
		if ((size_t)(p - w) >= WORD)
			memcpy(w, &x, WORD);
		else
			memmove(w, p, n);
		*to = w + n;
		*from = p + n;
		return;
	}
	while (p < end && *p != '\r' && *p != '\n')
		*w++ = *p++;
	*to = w;
	*from = p;
}

bool
undot(struct undot *u, char *s, size_t n, size_t *used, size_t *made)
{
	char *p = s, *w = s, *end = s + n;
	uint64_t lines = 0;

	while (p < end && u->seen != UNDOT_END)
		switch (u->seen) {
		case UNDOT_LINE_START:
			if (*p == '.') {
				p++;
				u->seen = UNDOT_DOT;
				break;
			}
			u->seen = UNDOT_TEXT;
			/* fall through */
		case UNDOT_TEXT:
			run(&w, &p, end);
			if (p == end)
				break;
			if (*p++ == '\r')
				u->seen = UNDOT_CR;
			else if (u->lf) {
				*w++ = '\n';
				lines++;
				u->seen = UNDOT_LINE_START;
			} else
				u->bare_lf = true;
			break;
		case UNDOT_CR:
			if (*p == '\n') {
				*w++ = *p++;
				lines++;
				u->seen = UNDOT_LINE_START;
			} else {
				u->bare_cr = true;
				u->seen = UNDOT_TEXT;
			}
			break;
		case UNDOT_DOT:
			if (*p == '\r') {
				p++;
				u->seen = UNDOT_DOT_CR;
			} else if (*p == '\n' && u->lf) {
				p++;
				u->seen = UNDOT_END;
			} else
				u->seen = UNDOT_TEXT;   /* the dot was stuffing, whatever follows it */
			break;
		case UNDOT_DOT_CR:
			if (*p == '\n') {
				p++;
				u->seen = UNDOT_END;
			} else {
				u->bare_cr = true;
				u->seen = UNDOT_TEXT;
			}
			break;
		case UNDOT_END:
			break;
		}
	*used = (size_t)(p - s);
	*made = (size_t)(w - s);
	u->size += *made + lines;
	return u->seen == UNDOT_END;
}

size_t
undot_plain(struct undot *u, char *s, size_t n)
{
	char *p = s, *w = s, *end = s + n;
	size_t made;
	uint64_t lines = 0;

	while (p < end) {
		if (u->seen == UNDOT_CR && *p == '\n') {
			*w++ = *p++;
			lines++;
			u->seen = UNDOT_LINE_START;
			continue;
		}
		u->bare_cr |= u->seen == UNDOT_CR;
		u->seen = UNDOT_TEXT;
		run(&w, &p, end);
		if (p == end)
			break;
		if (*p++ == '\r')
			u->seen = UNDOT_CR;
		else
			u->bare_lf = true;
	}
	made = (size_t)(w - s);
	u->size += made + lines;
	return made;
}
