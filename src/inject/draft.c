#include "inject/draft.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void
draft_init(struct draft *t, int fd, char *space, size_t size, bool dots)
{
	*t = (struct draft){ fd, space, size, dots, false, DRAFT_START };
}

/* the rest of a line, or what there is of it, from p to to; what follows p then */
static const char *
line(struct draft *t, const char *p, const char *end, char **to)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p)), *stop = lf ? lf + 1 : end;
	const char *cr = memchr(p, '\r', (size_t)(stop - p));
	size_t n;

	t->seen = cr ? DRAFT_CR : lf ? DRAFT_START : DRAFT_LINE;
	n = (size_t)((cr ? cr : stop) - p);
	memmove(*to, p, n);
	*to += n;
	return cr ? cr + 1 : stop;
}

/* a byte at which it is to be decided what was held before it means; false: the message ends here */
static bool
decide(struct draft *t, const char **p, char **to)
{
	char c = **p;

	switch (t->seen) {
	case DRAFT_START:
		t->seen = t->dots && c == '.' ? DRAFT_DOT : DRAFT_LINE;
		*p += t->seen == DRAFT_DOT;
		return true;
	case DRAFT_CR:
		*(*to)++ = c == '\n' ? '\n' : '\r';
		t->seen = c == '\n' ? DRAFT_START : c == '\r' ? DRAFT_CR : DRAFT_LINE;
		*p += t->seen != DRAFT_LINE;
		return true;
	case DRAFT_DOT:
		if (c == '\n')
			return false;
		if (c != '\r')
			*(*to)++ = '.';
		t->seen = c == '\r' ? DRAFT_DOT_CR : DRAFT_LINE;
		*p += c == '\r';
		return true;
	case DRAFT_DOT_CR:
		if (c == '\n')
			return false;
		*(*to)++ = '.';
		t->seen = DRAFT_CR;
		return true;
	case DRAFT_LINE:
	default:
		return true;
	}
}

/* end of file: a dot that was held ends the message too */
static size_t
finish(struct draft *t, char *to)
{
	char *from = to;

	if (t->seen == DRAFT_CR)
		*to++ = '\r';
	if (t->seen == DRAFT_LINE || t->seen == DRAFT_CR)
		*to++ = '\n';
	t->over = true;
	return (size_t)(to - from);
}

ssize_t
draft_next(struct draft *t, char **s)
{
	const char *p, *end;
	char *to = t->space;
	ssize_t r;

	*s = to;
	while (!t->over && to == t->space) {
		r = read(t->fd, t->space + DRAFT_HELD, t->size - DRAFT_HELD);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			return (ssize_t)finish(t, to);
		p = t->space + DRAFT_HELD;
		end = p + r;
		while (p < end && !t->over)
			if (t->seen == DRAFT_LINE)
				p = line(t, p, end, &to);
			else
				t->over = !decide(t, &p, &to);
	}
	return to - t->space;
}
