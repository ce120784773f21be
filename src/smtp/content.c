#include "smtp/content.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "mail/received.h"
#include "smtp/answer.h"
#include "smtp/filter.h"
#include "smtp/policy.h"
#include "smtp/session.h"
#include "smtp/verdict.h"
#include "wire/envelope.h"

/* What forbids the message so far, or 0. Known as soon as it is true: a message without end is refused in memory
 * and disk that are bounded. */
static const char *
forbidden(const struct session *s, const struct content *c)
{
	if (c->lines.bare_lf || c->lines.bare_cr)
		return "554 5.6.0 a CR or LF stands alone in the message; lines must end in CR LF";
	if (s->set->databytes && c->lines.size > s->set->databytes)
		return "552 5.3.4 message too big";
	if (c->hops.count > s->set->maxhops)
		return "554 5.4.6 too many Received fields: this message is in a loop";
	return 0;
}

/* Our trace field, written into the free bytes before from: one write takes both. How many bytes. */
static size_t
put_received(struct session *s, char *from)
{
	char space[RECEIVED_MAX];
	struct buf b = { space, 0, sizeof space, sizeof space - 1 };    /* never reallocated */
	struct received r = { s->helo, s->peer.host, s->peer.ip, s->peer.info,
	    s->set->me.s, submission_protocol(s), clock_wall_s(), s->id, 0, 0 };

	_Static_assert(RECEIVED_MAX <= SESSION_ROOM, "the field must fit before the input");
	submission_trace(s, &r);
	if (!received_put(&b, &r))
		return 0;
	memcpy(from - b.len, b.s, b.len);
	return b.len;
}

/* It, and below it what policy servers want there. How many bytes before from are still to be written. */
static size_t
put_trace(struct session *s, char *from)
{
	size_t n = put_received(s, from);

	if (!verdict_has_fields())
		return n;
	(void)inject_write(&s->content.inject, from - n, n);
	verdict_fields(&s->content.inject);
	return 0;
}

void
content_begin(struct session *s)
{
	struct content *c = &s->content;
	const char *refusal;

	memset(c, 0, sizeof *c);
	c->open = true;
	c->lines.lf = s->set->local;
	submission_message(s);
	inject_begin(&c->inject);
	if (c->inject.error || !filter_environment(s) || !envelope_end(&s->envelope))
		content_refuse(s, "451 4.3.0 unable to take a message now");
	else if ((refusal = policy_begin(s)))
		content_refuse(s, refusal);
}

void
content_refuse(struct session *s, const char *reply)
{
	if (s->content.refusal)
		return;
	s->content.refusal = reply;
	inject_drop(&s->content.inject);
}

void
content_take(struct session *s, char *from, size_t n)
{
	struct content *c = &s->content;
	const char *refusal;
	size_t head = 0;

	if (c->refusal)
		return;
	hops_scan(&c->hops, from, n);
	if ((refusal = forbidden(s, c))) {
		content_refuse(s, refusal);
		return;
	}
	if (!c->traced)
		head = put_trace(s, from);
	c->traced = true;
	if (submission_stamps(s)) {
		submission_put(s, from, head, n);
		return;
	}
	if (head + n)
		(void)inject_write(&c->inject, from - head, head + n);  /* inject_end says what failed */
}

static void
conclude(struct session *s, const struct inject_result *r)
{
	char text[400];

	if (r->verdict == 'K') {
		snprintf(text, sizeof text, "250 2.0.0 ok %s", r->text);
		log_accepted(s, r->text, s->content.lines.size);
		s->bad = s->idle = 0;
		answer_ok(s, text);
		return;
	}
	snprintf(text, sizeof text, "%s %s %s", r->verdict == 'D' ? "554" : "451", r->status, r->text);
	answer_refuse(s, text);
}

void
content_end(struct session *s)
{
	struct content *c = &s->content;
	struct inject_result r;
	const char *refusal;

	submission_end(s);
	if (!c->refusal && (refusal = policy_data(s, c->lines.size)))
		content_refuse(s, refusal);
	if (!verdict_envelope(&s->envelope))
		content_refuse(s, "452 4.5.3 too many recipients");
	if (c->refusal)
		answer_refuse(s, c->refusal);
	else if (verdict_discards()) {
		inject_drop(&c->inject);
		log_accepted(s, "discarded", c->lines.size);
		s->bad = s->idle = 0;
		answer_ok(s, "250 2.0.0 ok");
	} else {
		inject_end(&c->inject, &s->envelope, &r);
		conclude(s, &r);
	}
	c->open = false;
	session_reset(s);
}

void
content_drop(struct session *s)
{
	if (s->content.open && !s->content.refusal)
		inject_drop(&s->content.inject);
	s->content.open = false;
}
