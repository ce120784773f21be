#include "pop/dialog.h"

#include <errno.h>

#include "lib/clock.h"

void
dialog_init(struct dialog *d, int in, int out, unsigned timeout_s, bool ahead)
{
	int timeout_ms = (int)timeout_s * 1000;

	d->timeout_s = timeout_s;
	d->deadline_ms = 0;
	in_init(&d->in, in, d->input, ahead ? sizeof d->input : 1, timeout_ms);
	out_init(&d->out, out, d->output, sizeof d->output, timeout_ms);
}

/* false: *got says why */
static bool
fill(struct dialog *d, enum dialog_got *got)
{
	ssize_t n;

	if (!out_flush(&d->out)) {
		*got = DIALOG_GONE;
		return false;
	}
	if ((n = in_fill(&d->in)) > 0)
		return true;
	*got = n < 0 && errno == ETIMEDOUT ? DIALOG_LATE : DIALOG_GONE;
	if (n == 0)
		errno = 0;
	return false;
}

enum dialog_got
dialog_line(struct dialog *d, size_t *n)
{
	enum dialog_got got = DIALOG_COMMAND;
	size_t len = 0;
	char c;

	d->in.deadline_ms = clock_mono_ms() + (int64_t)d->timeout_s * 1000;
	if (d->deadline_ms && d->deadline_ms < d->in.deadline_ms)
		d->in.deadline_ms = d->deadline_ms;
	for (;;) {
		if (d->in.pos == d->in.end && !fill(d, &got))
			return got;
		c = d->in.s[d->in.pos++];
		if (c == '\n')
			break;
		if (len == DIALOG_LINE - 1)
			return DIALOG_LONG;
		d->line[len++] = c;
	}
	if (len && d->line[len - 1] == '\r')
		len--;
	d->line[len] = 0;
	*n = len;
	return DIALOG_COMMAND;
}

void
dialog_say(struct dialog *d, const char *status, const char *text)
{
	out_puts(&d->out, status);
	if (*text) {
		out_byte(&d->out, ' ');
		out_puts(&d->out, text);
	}
	out_put(&d->out, "\r\n", 2);
}
