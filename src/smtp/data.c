/* DATA: from the wire into the queue program, in the input buffer itself */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "mail/hops.h"
#include "mail/received.h"
#include "mail/undot.h"
#include "smtp/command.h"
#include "smtp/answer.h"
#include "wire/envelope.h"
#include "wire/inject.h"

struct message {
	struct undot undot;
	struct hops hops;
	struct inject inject;
	bool dropped;                   /* it will be refused: the rest is only read */
	const char *refusal;            /* why, or 0 */
};

/* What forbids the message so far, or 0. Known as soon as it is true: a message without end is refused in memory
 * and disk that are bounded. */
static const char *
forbidden(const struct session *s, const struct message *m)
{
	if (m->undot.bare_lf || m->undot.bare_cr)
		return "554 5.6.0 a CR or LF stands alone in the message; lines must end in CR LF";
	if (s->set->databytes && m->undot.size > s->set->databytes)
		return "552 5.3.4 message too big";
	if (m->hops.count > s->set->maxhops)
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
	    s->set->me.s, s->extended ? "ESMTP" : "SMTP", clock_wall_s() };

	_Static_assert(RECEIVED_MAX <= SESSION_ROOM, "the field must fit before the input");
	if (!received_put(&b, &r))
		return 0;
	memcpy(from - b.len, b.s, b.len);
	return b.len;
}

static void
take(struct session *s, struct message *m, char *from, size_t made, bool first)
{
	size_t head = 0;

	if (m->dropped)
		return;
	hops_scan(&m->hops, from, made);
	if ((m->refusal = forbidden(s, m))) {
		m->dropped = true;
		inject_drop(&m->inject);
		return;
	}
	if (first)
		head = put_received(s, from);
	if (head + made)
		(void)inject_write(&m->inject, from - head, head + made);       /* inject_end says what failed */
}

/* false: the client is gone */
static bool
receive(struct session *s, struct message *m)
{
	bool ended, first = true;
	size_t used, made;

	do {
		char *from;

		if (s->in.pos == s->in.end && session_fill(s, !first, s->set->data_s, "in a message") != SESSION_MORE)
			return false;
		from = s->in.s + s->in.pos;
		ended = undot(&m->undot, from, s->in.end - s->in.pos, &used, &made);
		s->in.pos += used;
		take(s, m, from, made, first);
		first = false;
	} while (!ended);
	s->in.deadline_ms = 0;
	return true;
}

static void
conclude(struct session *s, const struct message *m, const struct inject_result *r)
{
	char text[400];

	if (r->verdict == 'K') {
		snprintf(text, sizeof text, "250 2.0.0 ok %s", r->text);
		log_accepted(s, r->text, m->undot.size);
		s->bad = s->idle = 0;
		answer_ok(s, text);
		return;
	}
	snprintf(text, sizeof text, "%s %s %s", r->verdict == 'D' ? "554" : "451", r->status, r->text);
	answer_refuse(s, text);
}

void
data_run(struct session *s, const char *arg)
{
	struct message m;
	struct inject_result r;

	(void)arg;
	s->command = "DATA";            /* for the log: where the line stood the message's text comes now */
	memset(&m, 0, sizeof m);
	inject_begin(&m.inject);
	if (m.inject.error || !envelope_end(&s->envelope)) {
		inject_drop(&m.inject);
		answer_refuse(s, "451 4.3.0 unable to take a message now");
		session_reset(s);
		return;
	}
	answer_ok(s, "354 end with a line that holds a dot alone");
	if (!receive(s, &m)) {
		if (!m.dropped)
			inject_drop(&m.inject);
		return;
	}
	if (m.dropped)
		answer_refuse(s, m.refusal);
	else {
		inject_end(&m.inject, &s->envelope, &r);
		conclude(s, &m, &r);
	}
	session_reset(s);
}
