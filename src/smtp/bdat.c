/* BDAT: the text in chunks of a told length (RFC 3030)
 *
 * Invariant: the bytes of a chunk are never commands. Whatever the answer will be, all of them are read before it; a chunk
 * whose length is no number ends the session. */
#include <string.h>
#include <strings.h>

#include "lib/clock.h"
#include "lib/num.h"
#include "smtp/answer.h"
#include "smtp/command.h"
#include "smtp/content.h"

struct chunk {
	uint64_t size;
	bool last;
};

static bool
read_chunk(struct chunk *c, const char *arg)
{
	size_t n = strcspn(arg, " ");

	if (!num_span(arg, n, 0, INT64_MAX, &c->size))
		return false;
	arg += n + strspn(arg + n, " ");
	c->last = strcasecmp(arg, "LAST") == 0;
	return c->last || !*arg;
}

/* A client that pipelines sends its chunks before it knows what became of the transaction: no fault of its own. */
static const char *
why_not_now(const struct session *s)
{
	if (s->state == SESSION_RCPT || s->state == SESSION_BDAT)
		return s->extended ? 0 : "503 5.5.1 BDAT needs EHLO";
	return s->refused ? "554 5.5.1 no valid recipients" : "503 5.5.1 MAIL and RCPT come first";
}

static void
begin(struct session *s)
{
	content_begin(s);
	s->content.deadline_ms = clock_mono_ms() + (int64_t)s->set->data_s * 1000;
	s->state = SESSION_BDAT;
}

/* false: the client is gone, or slow */
static bool
receive(struct session *s, uint64_t left)
{
	while (left) {
		size_t n;
		char *from;

		if (s->in.pos == s->in.end && session_fill(s, true, s->set->data_s, "in a message") != SESSION_MORE)
			return false;
		from = s->in.s + s->in.pos;
		n = s->in.end - s->in.pos;
		n = n < left ? n : (size_t)left;
		s->in.pos += n;
		left -= n;
		if (s->content.open && !s->content.refusal)
			content_take(s, from, undot_plain(&s->content.lines, from, n));
	}
	s->in.deadline_ms = 0;
	return true;
}

/* The last line gets its end if it has none. It is put in the place of a byte that has been read. */
static void
finish(struct session *s)
{
	struct undot *lines = &s->content.lines;
	char *end = s->in.s + s->in.pos - 1;
	bool open_line = lines->seen == UNDOT_TEXT;

	lines->bare_cr |= lines->seen == UNDOT_CR;
	if (open_line) {
		*end = '\n';
		lines->size += 2;
	}
	content_take(s, end, open_line);
	content_end(s);
}

static void
answer(struct session *s, const struct chunk *c)
{
	if (s->content.refusal)
		content_end(s);         /* the chunks that may follow find no transaction */
	else if (c->last)
		finish(s);
	else if (c->size == 0 && ++s->idle > s->set->maxidle)
		answer_close(s, "4.7.0", "too many commands without a message");
	else
		answer_ok(s, "250 2.0.0 chunk taken");
}

/* Some of it is taken: does the whole still keep its limits? */
static bool
in_time(struct session *s)
{
	if (clock_mono_ms() < s->content.deadline_ms)
		return true;
	answer_close(s, "4.4.2", "timeout, closing connection");
	return false;
}

void
bdat_run(struct session *s, const char *arg)
{
	const char *wrong = why_not_now(s);
	struct content *m = &s->content;
	struct chunk c;

	s->command = "BDAT";            /* for the log: where the line stood the message's text comes now */
	if (!read_chunk(&c, arg)) {
		answer_senseless(s, "501 5.5.4 BDAT needs the chunk's size in bytes, then LAST or nothing; closing connection");
		s->over = true;         /* text of a length that nobody knows comes now */
		return;
	}
	if (!wrong && !m->open)
		begin(s);
	if (m->open && !in_time(s))
		return;
	if (m->open && s->set->databytes && c.size > s->set->databytes - m->lines.size)
		content_refuse(s, "552 5.3.4 message too big");
	s->in.deadline_ms = m->open ? m->deadline_ms : 0;
	if (!receive(s, c.size))
		return;
	if (wrong)
		answer_refuse(s, wrong);
	else
		answer(s, &c);
}
