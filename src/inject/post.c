#include "inject/post.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/fd.h"

static char space[POST_PIECE + DRAFT_HELD];

enum post_result
post_read(struct post *p, int fd, bool dots)
{
	ssize_t r;
	char *s;

	memset(p, 0, sizeof *p);
	p->held.max = COMPOSE_HEADER + POST_PIECE;
	draft_init(&p->draft, fd, space, sizeof space, dots);
	for (;;) {
		if ((r = draft_next(&p->draft, &s)) < 0)
			return POST_TROUBLE;
		if (p->n == 0) {                /* most headers end here */
			p->s = s;
			p->n = (size_t)r;
			if (head_scan(&p->head, p->s, p->n, r == 0))
				break;
			if (!buf_put(&p->held, s, p->n))
				return POST_TROUBLE;
		} else if (!buf_put(&p->held, s, (size_t)r))
			return errno == EMSGSIZE ? POST_LONG : POST_TROUBLE;
		p->s = p->held.s;
		p->n = p->held.len;
		if (head_scan(&p->head, p->s, p->n, r == 0))
			break;
		if (p->n > COMPOSE_HEADER)
			return POST_LONG;
	}
	return p->head.end > COMPOSE_HEADER ? POST_LONG : POST_OK;
}

struct sink {
	int fd;                         /* or -1: the queue */
	struct inject inject;
	bool eightbit;                  /* something was */
};

static bool
put(struct sink *k, const char *s, size_t n)
{
	unsigned char all = 0;
	size_t i;

	for (i = 0; i < n; i++)
		all |= (unsigned char)s[i];
	k->eightbit |= all >= 128;
	return k->fd < 0 ? inject_write(&k->inject, s, n) : fd_write(k->fd, s, n);
}

/* header, empty line, and what has been read of the rest, with one write if that is small */
static bool
put_start(struct sink *k, const struct post *p, const struct buf *header, const char *before)
{
	size_t from = before ? p->head.start : p->head.body;
	struct buf all = BUF(2 * POST_PIECE);
	bool ok;

	if (header->len < POST_PIECE && p->n - from < POST_PIECE && buf_room(&all, header->len + 1 + p->n - from) && !before) {
		ok = buf_put(&all, header->s, header->len) && buf_byte(&all, '\n') && buf_put(&all, p->s + from, p->n - from) &&
		    put(k, all.s, all.len);
		buf_free(&all);
		return ok;
	}
	buf_free(&all);
	return put(k, header->s, header->len) && put(k, "\n", 1) && (!before || put(k, before, strlen(before))) &&
	    put(k, p->s + from, p->n - from);
}

/* the rest of the body; *trouble: it could not be read */
static bool
put_rest(struct sink *k, struct post *p, bool *trouble)
{
	ssize_t r;
	char *s;

	while ((r = draft_next(&p->draft, &s)) > 0)
		if (!put(k, s, (size_t)r))
			return false;
	*trouble = r < 0;
	return r == 0;
}

static bool
make_envelope(struct buf *b, const struct compose *c, const struct post_wishes *w, bool eightbit)
{
	return envelope_sender(b, c->sender.s) &&
	    (eightbit ? envelope_param(b, 'B', "8BITMIME") : !w->says_7bit || envelope_param(b, 'B', "7BIT")) &&
	    (!w->envid || envelope_param(b, 'E', w->envid)) && (!w->ret || envelope_param(b, 'R', w->ret)) &&
	    (!(w->utf8 || c->utf8) || envelope_param(b, 'U', "1")) && (!w->hold || envelope_param(b, 'H', w->hold)) &&
	    compose_envelope(c, b, w->notify);
}

static void
later(struct inject_result *r, const char *what)
{
	memset(r, 0, sizeof *r);
	r->verdict = 'Z';
	strcpy(r->status, "4.3.0");
	snprintf(r->text, sizeof r->text, "unable to %s: %s", what, strerror(errno));
}

void
post_send(struct post *p, const struct compose *c, const struct post_wishes *w, const char *before, struct inject_result *result)
{
	struct buf envelope = BUF(ENVELOPE_MAX);
	struct sink k = { .fd = -1 };
	bool unread = false;

	inject_begin(&k.inject);
	/* when the queue fails, what is left is not read: whoever writes it learns that there is an end */
	if (put_start(&k, p, &c->header, before))
		(void)put_rest(&k, p, &unread);
	if (unread) {
		later(result, "read the message");
		inject_drop(&k.inject);
	} else if (!make_envelope(&envelope, c, w, k.eightbit)) {
		later(result, "hold the envelope");
		inject_drop(&k.inject);
	} else
		inject_end(&k.inject, &envelope, result);
	buf_free(&envelope);
}

bool
post_print(struct post *p, const struct compose *c, int fd)
{
	struct sink k = { .fd = fd };
	bool unread = false;

	return put_start(&k, p, &c->header, 0) && put_rest(&k, p, &unread);
}
