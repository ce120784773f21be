#include "lib/msg.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "lib/ascii.h"

static const char *name = "pneu";

struct line {
	char s[MSG_MAX + 4];            /* "..." and the newline */
	size_t len;
	int cut;
};

static void
add(struct line *l, const char *s)
{
	for (; *s; s++) {
		if (l->len == MSG_MAX) {
			l->cut = 1;
			return;
		}
		l->s[l->len++] = ascii_mask(*s);
	}
}

static void
emit(const char *kind, int error, const char *first, va_list rest)
{
	struct line l;
	const char *s;
	int was = errno;
	ssize_t r;

	l.len = 0;
	l.cut = 0;
	add(&l, name);
	add(&l, ": ");
	add(&l, kind);
	for (s = first; s; s = va_arg(rest, const char *))
		add(&l, s);
	if (error) {
		add(&l, ": ");
		add(&l, strerror(error));
	}
	if (l.cut) {
		memcpy(l.s + l.len, "...", 3);
		l.len += 3;
	}
	l.s[l.len++] = '\n';
	r = write(2, l.s, l.len);       /* a dead log reader must not stop mail */
	(void)r;
	errno = was;
}

void
msg_name(const char *program)
{
	name = program;
}

void
msg_say(const char *first, ...)
{
	va_list ap;

	va_start(ap, first);
	emit("", 0, first, ap);
	va_end(ap);
}

void
msg_warn(int error, const char *first, ...)
{
	va_list ap;

	va_start(ap, first);
	emit("warning: ", error, first, ap);
	va_end(ap);
}

void
msg_die(int code, int error, const char *first, ...)
{
	va_list ap;

	va_start(ap, first);
	emit("fatal: ", error, first, ap);
	va_end(ap);
	_exit(code);
}
