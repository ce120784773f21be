#include "mail/outcome.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

static void
add(struct outcome *o, size_t *len, const char *s)
{
	size_t n = strlen(s), room = sizeof o->text - 1 - *len;

	if (n > room) {
		memcpy(o->text + *len, s, room);
		memcpy(o->text + sizeof o->text - 4, "...", 4);
		*len = sizeof o->text - 1;
		return;
	}
	memcpy(o->text + *len, s, n + 1);
	*len += n;
}

static void
decide(struct outcome *o, char verdict, const char *status, va_list text)
{
	const char *s;
	size_t len = 0;

	o->verdict = verdict;
	o->status = status;
	o->text[0] = 0;
	while ((s = va_arg(text, const char *)))
		add(o, &len, s);
}

void
outcome_delivered(struct outcome *o, const char *text)
{
	size_t len = 0;

	o->verdict = 'K';
	o->status = "2.1.5";
	add(o, &len, text);
}

bool
outcome_later(struct outcome *o, const char *status, ...)
{
	va_list ap;

	va_start(ap, status);
	decide(o, 'Z', status, ap);
	va_end(ap);
	return false;
}

bool
outcome_never(struct outcome *o, const char *status, ...)
{
	va_list ap;

	va_start(ap, status);
	decide(o, 'D', status, ap);
	va_end(ap);
	return false;
}

bool
outcome_trouble(struct outcome *o, const char *what, const char *whom)
{
	int e = errno;
	const char *status = e == ENOSPC ? "4.3.1" : e == EDQUOT ? "4.2.2" : "4.3.0";

	return outcome_later(o, status, "unable to ", what, whom ? " " : "", whom ? whom : "", ": ", strerror(e), (char *)0);
}
