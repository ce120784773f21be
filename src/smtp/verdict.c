#include "smtp/verdict.h"

#include <string.h>

#include "wire/envelope.h"

/* The process has one session. Records: a byte, the kind; its text; a 0. */
static char said[VERDICT_BYTES];
static size_t now, kept[VERDICT_SPANS];

void
verdict_keep(enum verdict_span span)
{
	int i;

	for (i = span; i < VERDICT_SPANS; i++)
		kept[i] = now;
}

void
verdict_return(enum verdict_span span)
{
	now = kept[span];
}

/* the next text of this kind from *at on, which moves behind it; 0 at the end */
static const char *
next(size_t *at, enum policy_kind kind)
{
	const char *text;
	size_t from;

	while ((from = *at) < now) {
		text = said + from + 1;
		*at += strlen(text) + 2;
		if ((enum policy_kind)said[from] == kind)
			return text;
	}
	return 0;
}

static const char *
last(enum policy_kind kind)
{
	const char *text, *found = 0;
	size_t at = 0;

	while ((text = next(&at, kind)))
		found = text;
	return found;
}

/* a server that is asked about each recipient says the same of each: once is enough, and a copy for each nobody wants */
static bool
holds_already(const struct policy_action *a)
{
	const char *text;
	size_t at = 0;

	switch (a->kind) {
	case POLICY_PREPEND:
		return false;
	case POLICY_BCC:
		while ((text = next(&at, a->kind)) && strcmp(text, a->text) != 0)
			;
		return text;
	default:
		return (text = last(a->kind)) && strcmp(text, a->text) == 0;
	}
}

bool
verdict_add(const struct policy_action *a)
{
	size_t n = strlen(a->text) + 1;

	if (holds_already(a))
		return true;
	if (n + 1 > sizeof said - now)
		return false;
	said[now] = (char)a->kind;
	memcpy(said + now + 1, a->text, n);
	now += n + 1;
	return true;
}

bool
verdict_has_fields(void)
{
	return last(POLICY_PREPEND);
}

void
verdict_fields(struct inject *i)
{
	const char *text;
	size_t at = 0;

	while ((text = next(&at, POLICY_PREPEND))) {
		(void)inject_write(i, text, strlen(text));
		(void)inject_write(i, "\n", 1);
	}
}

bool
verdict_discards(void)
{
	return last(POLICY_DISCARD);
}

/* behind the sender's record */
static bool
hold(struct buf *envelope, const char *why)
{
	size_t at = strlen(envelope->s) + 1, n;

	why = *why ? why : "held by policy";
	n = strlen(why) + 2;
	if (!buf_room(envelope, n))
		return false;
	memmove(envelope->s + at + n, envelope->s + at, envelope->len - at + 1);
	envelope->s[at] = 'H';
	memcpy(envelope->s + at + 1, why, n - 1);
	envelope->len += n;
	return true;
}

/* one address in place of all recipients */
static bool
redirect(struct buf *envelope, const char *address)
{
	const char *at = envelope->s, *record = at, *value;
	char letter;

	while (envelope_next(&at, &letter, &value) && letter != 'T')
		record = at;
	buf_cut(envelope, (size_t)(record - envelope->s));
	return envelope_rcpt(envelope, address) && envelope_end(envelope);
}

static bool
add(struct buf *envelope, const char *address)
{
	buf_cut(envelope, envelope->len - 1);           /* the end, which comes again */
	return envelope_rcpt(envelope, address) && envelope_end(envelope);
}

bool
verdict_envelope(struct buf *envelope)
{
	const char *why = last(POLICY_HOLD), *address = last(POLICY_REDIRECT);
	size_t at = 0;

	if (address)
		return redirect(envelope, address) && (!why || hold(envelope, why));
	while ((address = next(&at, POLICY_BCC)))
		if (!add(envelope, address))
			return false;
	return !why || hold(envelope, why);
}
