#include "alias/finding.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ascii.h"
#include "lib/out.h"

#define TEXT_ALL (1u << 30)

struct finding {
	uint32_t file, at, len;         /* at: of its text */
	struct text_place place;
	enum severity severity;
};

static bool
room(struct findings *f)
{
	size_t n = f->room ? f->room * 2 : 64;
	struct finding *p;

	if (f->count < f->room)
		return true;
	p = realloc(f->one, n * sizeof *p);
	if (!p)
		return false;
	f->one = p;
	f->room = n;
	return true;
}

void
findings_add(struct findings *f, enum severity severity, size_t file, struct text_place place, ...)
{
	size_t at = f->text.len;
	const char *s;
	bool ok;
	va_list ap;

	f->text.max = TEXT_ALL;
	f->errors += severity == ERROR;
	ok = room(f);
	va_start(ap, place);
	while (ok && (s = va_arg(ap, const char *)))
		ok = buf_puts(&f->text, s);
	va_end(ap);
	if (!ok) {
		f->failed = true;
		buf_cut(&f->text, at);
		return;
	}
	f->one[f->count++] = (struct finding){ (uint32_t)file, (uint32_t)at, (uint32_t)(f->text.len - at), place, severity };
}

/* texts are in the order they were found in */
static int
order(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->place.line != y->place.line)
		return x->place.line < y->place.line ? -1 : 1;
	if (x->place.column != y->place.column)
		return x->place.column < y->place.column ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void
masked(struct out *o, const char *s, size_t n)
{
	while (n--)
		out_byte(o, ascii_mask(*s++));
}

bool
findings_print(struct findings *f, int fd, const char *const *path)
{
	static char space[8192];
	struct out o;
	size_t i;

	out_init(&o, fd, space, sizeof space, -1);
	if (f->count)
		qsort(f->one, f->count, sizeof *f->one, order);
	for (i = 0; i < f->count; i++) {
		const struct finding *x = &f->one[i];

		masked(&o, path[x->file], strlen(path[x->file]));
		out_byte(&o, ':');
		out_num(&o, x->place.line);
		out_byte(&o, ':');
		out_num(&o, x->place.column);
		out_puts(&o, x->severity == ERROR ? ": error: " : ": warning: ");
		masked(&o, f->text.s + x->at, x->len);
		out_byte(&o, '\n');
	}
	if (!out_flush(&o))
		return false;
	if (f->failed) {
		errno = ENOMEM;
		return false;
	}
	return true;
}

void
findings_free(struct findings *f)
{
	free(f->one);
	buf_free(&f->text);
}
