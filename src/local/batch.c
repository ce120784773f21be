#include "local/batch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct batch_rcpt *
batch_add(struct batch *b, uint64_t number, uint64_t index)
{
	struct batch_rcpt *r = &b->rcpt[b->rcpts++];

	r->number = number;
	r->index = index;
	r->outcome.verdict = 0;
	r->via = 0;
	r->pending = false;
	return r;
}

struct batch_rcpt *
batch_decided(struct batch *b, uint64_t number, uint64_t index, const struct outcome *o)
{
	struct batch_rcpt *r = batch_add(b, number, index);

	r->outcome = *o;
	snprintf(r->status, sizeof r->status, "%s", o->status);
	r->outcome.status = r->status;
	return r;
}

void
batch_maildir(struct batch *b, struct batch_rcpt *r, const char *path, bool create, const struct buf *trace,
    struct message *m)
{
	if (b->opened && strcmp(b->maildir.path, path) != 0) {  /* the user changed his mind between two jobs */
		if (maildir_deliver(path, create, trace, m, &r->outcome))
			outcome_delivered(&r->outcome, "did 1+0+0");
		return;
	}
	if (!b->opened && !maildir_open(&b->maildir, path, create)) {
		maildir_no_open(&r->outcome, path);
		return;
	}
	b->opened = true;
	r->pending = maildir_write(&b->maildir, &r->entry, trace, m);
	if (!r->pending)
		outcome_trouble(&r->outcome, "write to", path);
}

/* errno says why; no trace of it stays in the Maildir */
static void
fail(struct batch *b, struct batch_rcpt *r, const char *what)
{
	outcome_trouble(&r->outcome, what, b->maildir.path);
	r->pending = false;
	(void)maildir_end(&b->maildir, &r->entry, false);
}

static void
make_durable(struct batch *b)
{
	struct batch_rcpt *r, *end = b->rcpt + b->rcpts;
	int cause;

	for (r = b->rcpt; b->rcpts > 1 && r < end; r++)
		if (r->pending && !maildir_start(&r->entry))
			fail(b, r, "write a file in");
	for (r = b->rcpt; r < end; r++)
		if (r->pending && !maildir_sync(&r->entry))
			fail(b, r, "sync a file for");
	for (r = b->rcpt; r < end; r++)
		if (r->pending && !maildir_name(&b->maildir, &r->entry))
			fail(b, r, "name a file in");
	if (maildir_settle(&b->maildir))
		return;
	cause = errno;
	for (r = b->rcpt; r < end; r++)
		if (r->pending) {
			errno = cause;
			fail(b, r, "sync the names in");
		}
}

static void
finish(struct batch *b)
{
	struct batch_rcpt *r, *end = b->rcpt + b->rcpts;

	for (r = b->rcpt; r < end; r++) {
		if (!r->pending)
			continue;
		r->pending = false;
		if (maildir_end(&b->maildir, &r->entry, true))
			outcome_delivered(&r->outcome, "did 1+0+0");
		else
			outcome_trouble(&r->outcome, "close a file in", b->maildir.path);
	}
	maildir_close(&b->maildir);
	b->opened = false;
}

bool
batch_settle(struct batch *b, int sock)
{
	bool ok = true;
	size_t i;

	if (b->opened) {
		make_durable(b);
		finish(b);
	}
	for (i = 0; ok && i < b->rcpts; i++) {
		struct batch_rcpt *r = &b->rcpt[i];
		struct report report = { .number = r->number, .index = r->index, .verdict = r->outcome.verdict, .status = r->outcome.status,
		    .via = r->via, .text = r->outcome.text };

		ok = report_put(sock, &report, 0);      /* delivered, not reported: a crash here delivers twice */
	}
	b->rcpts = 0;
	return ok;
}
