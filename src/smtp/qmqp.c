#include "smtp/qmqp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/netstring.h"
#include "mail/received.h"
#include "mail/utf8.h"
#include "smtp/filter.h"
#include "wire/envelope.h"

/* Each step returns true to go on; false: the answer is there, or the client is gone. */

void
qmqp_answer(struct qmqp *q, char verdict, const char *text)
{
	q->verdict = verdict;
	snprintf(q->text, sizeof q->text, "%.350s [%s]", text, q->id);
}

static bool
refuse(struct qmqp *q, char verdict, const char *text)
{
	qmqp_answer(q, verdict, text);
	return false;
}

static bool
wrong(struct qmqp *q)
{
	return refuse(q, 'D', "5.5.2 this is not QMQP: a netstring is wrong");
}

static bool
too_big(struct qmqp *q)
{
	return refuse(q, 'D', "5.3.4 message too big");
}

static bool
more(struct qmqp *q)
{
	ssize_t r = in_fill(&q->in);

	if (r > 0)
		return true;
	if (r < 0 && errno == ETIMEDOUT)
		return refuse(q, 'Z', "4.4.2 you are too slow");
	q->error = r < 0 ? errno : 0;
	return false;
}

static size_t
least(uint64_t a, uint64_t b)
{
	return (size_t)(a < b ? a : b);
}

/* what is there and belongs to the outermost netstring */
static size_t
here(const struct qmqp *q)
{
	return least(q->in.end - q->in.pos, q->left);
}

static void
take(struct qmqp *q, size_t n)
{
	q->in.pos += n;
	q->left -= n;
}

/* LENGTH ':' ; large: over max. The bytes and a ',' fit in what is left. */
static bool
take_length(struct qmqp *q, uint64_t max, uint64_t *len, bool *large)
{
	size_t used;

	*large = false;
	for (;;) {
		switch (netstring_head(q->in.s + q->in.pos, here(q), max, len, &used)) {
		case NETSTRING_OK:
			take(q, used);
			return *len < q->left || wrong(q);
		case NETSTRING_LARGE:
			*large = true;
			return true;
		case NETSTRING_MORE:
			if (here(q) == q->left)
				return wrong(q);
			if (!more(q))
				return false;
			break;
		case NETSTRING_WRONG:
		default:
			return wrong(q);
		}
	}
}

static bool
take_comma(struct qmqp *q)
{
	if (q->left == 0)
		return wrong(q);
	if (here(q) == 0 && !more(q))
		return false;
	if (q->in.s[q->in.pos] != ',')
		return wrong(q);
	take(q, 1);
	return true;
}

static uint64_t
message_max(const struct qmqp *q)
{
	uint64_t n = q->set->databytes;

	return n && n < QMQP_MESSAGE ? n : QMQP_MESSAGE;
}

/* ---- the message */

static bool
put_received(struct qmqp *q)
{
	char space[RECEIVED_MAX];
	struct buf b = { space, 0, sizeof space, sizeof space - 1 };    /* never reallocated */
	struct received r = { "", q->peer->host, q->peer->ip, q->peer->info, q->set->me.s, "QMQP", clock_wall_s(), q->id, 0, 0 };

	return received_put(&b, &r) && inject_write(&q->inject, b.s, b.len);
}

static bool
conclude(struct qmqp *q)
{
	struct inject_result r;
	char text[350];

	q->open = false;
	inject_end(&q->inject, &q->envelope, &r);
	if (r.verdict == 'K') {
		memcpy(q->queued, r.text, sizeof q->queued);
		snprintf(text, sizeof text, "ok%s%s", *r.text ? " " : "", r.text);
	} else
		snprintf(text, sizeof text, "%s %s", r.status, r.text);
	qmqp_answer(q, r.verdict, text);
	return false;
}

static bool
begin(struct qmqp *q)
{
	const struct filter_facts facts = { q->peer, q->id, "", "QMQP", "", "", false };

	inject_begin(&q->inject);
	q->open = true;
	if (q->inject.error || !filter_tell(&facts))
		return refuse(q, 'Z', "4.3.0 unable to take a message now");
	return put_received(q) || conclude(q);
}

static bool
take_message(struct qmqp *q)
{
	uint64_t len;
	bool large;
	size_t n;

	if (!take_length(q, message_max(q), &len, &large))
		return false;
	if (large)
		return too_big(q);
	if (!begin(q))
		return false;
	for (q->bytes = len; len; len -= n) {
		if (here(q) == 0 && !more(q))
			return false;
		n = least(here(q), len);
		hops_scan(&q->hops, q->in.s + q->in.pos, n);
		if (q->hops.count > q->set->maxhops)
			return refuse(q, 'D', "5.4.6 too many Received fields: this message is in a loop");
		if (!inject_write(&q->inject, q->in.s + q->in.pos, n))
			return conclude(q);             /* which says why */
		take(q, n);
	}
	return take_comma(q);
}

/* ---- the envelope */

/* as pneu-queue wants it; text that is not ASCII must be UTF-8 */
static bool
good_address(struct qmqp *q, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 127)
			return false;
	if (utf8_ascii(s, n))
		return true;
	q->utf8 = true;
	return utf8_text(s, n);
}

/* the next netstring, which is an address, with a 0; room for ENVELOPE_ADDR bytes and the 0 */
static bool
take_address(struct qmqp *q, char *address)
{
	uint64_t len;
	bool large;

	if (!take_length(q, ENVELOPE_ADDR, &len, &large))
		return false;
	if (large)
		return refuse(q, 'D', "5.1.3 address too long");
	while (here(q) < len)
		if (!more(q))
			return false;
	memcpy(address, q->in.s + q->in.pos, (size_t)len);
	address[len] = 0;
	if (!good_address(q, address, (size_t)len))
		return refuse(q, 'D', "5.1.3 an address has a control character, or is neither ASCII nor UTF-8");
	take(q, (size_t)len);
	return take_comma(q);
}

static bool
put(struct qmqp *q, bool done)
{
	if (done)
		return true;
	if (errno == EMSGSIZE)
		return refuse(q, 'D', "5.5.3 too many recipients");
	return refuse(q, 'Z', "4.3.0 out of memory");
}

static bool
take_recipients(struct qmqp *q)
{
	char address[ENVELOPE_ADDR + 1];

	while (q->left) {
		if (!take_address(q, address))
			return false;
		if (!*address)
			return refuse(q, 'D', "5.1.3 a recipient is empty");
		if (strlen(address) + strlen(q->set->suffix) > ENVELOPE_ADDR)
			return refuse(q, 'D', "5.1.3 address too long");
		strcat(address, q->set->suffix);
		if (!put(q, envelope_rcpt(&q->envelope, address)))
			return false;
		q->rcpts++;
	}
	return q->rcpts || refuse(q, 'D', "5.5.1 no recipient");
}

/* parameters stand before the first recipient, and only after the last one is it known that one is needed */
static bool
insert_utf8(struct buf *b)
{
	static const char u[] = "U1";
	size_t sender = strlen(b->s) + 1;

	if (!buf_room(b, sizeof u))
		return false;
	memmove(b->s + sender + sizeof u, b->s + sender, b->len - sender);
	memcpy(b->s + sender, u, sizeof u);
	b->len += sizeof u;
	return true;
}

static bool
take_envelope(struct qmqp *q)
{
	char sender[ENVELOPE_ADDR + 1];

	q->envelope.max = QMQP_ENVELOPE;
	if (!take_address(q, sender) || !put(q, envelope_sender(&q->envelope, sender)) || !take_recipients(q))
		return false;
	return (!q->utf8 || put(q, insert_utf8(&q->envelope))) && put(q, envelope_end(&q->envelope));
}

/* ---- all of it */

static bool
receive(struct qmqp *q)
{
	uint64_t len;
	bool large;

	q->left = UINT64_MAX;
	if (!take_length(q, message_max(q) + 2 * NETSTRING_HEAD + 2 * (uint64_t)QMQP_ENVELOPE, &len, &large))
		return false;
	if (large)
		return too_big(q);
	q->left = len;
	if (!take_message(q) || !take_envelope(q))
		return false;
	q->left = 1;
	if (!take_comma(q))
		return false;
	q->whole = true;
	return conclude(q);
}

void
qmqp_receive(struct qmqp *q)
{
	(void)receive(q);
	if (q->open)
		inject_drop(&q->inject);
	q->open = false;
}
