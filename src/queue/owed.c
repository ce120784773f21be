#include "queue/owed.h"

#include <string.h>

#include "mail/dsn.h"

static const char *const names[] = { [OWED_NOTHING] = "nothing", [OWED_FAILED] = "failed", [OWED_SUCCESS] = "success",
	[OWED_DELAYED] = "delayed" };

const char *
owed_name(enum owed what)
{
	return names[what];
}

bool
owed_parse(const char *s, enum owed *what)
{
	for (*what = OWED_FAILED; *what <= OWED_DELAYED; (*what)++)
		if (strcmp(s, names[*what]) == 0)
			return true;
	return false;
}

/* the null senders of a bounce, and of a bounce of a bounce */
static bool
is_nobody(const char *sender)
{
	return !*sender || strcmp(sender, "#@[]") == 0;
}

static bool
is_verp(const char *sender)
{
	size_t n = strlen(sender);

	return n > 4 && strcmp(sender + n - 4, "-@[]") == 0;
}

static bool
owed_success(const struct qf *q, size_t i)
{
	const struct qf_rcpt *r = &q->rcpt[i];

	if (r->dsn & QF_TOLD_END || (r->state != QF_DELIVERED && (r->state != QF_EXPANDED || r->into == 1)))
		return false;
	return qf_notify(q, i) & DSN_SUCCESS && !is_nobody(qf_sender(q, i));
}

static bool
owed_delay(const struct qf *q, size_t i)
{
	const struct qf_rcpt *r = &q->rcpt[i];
	unsigned notify;

	if (r->state != QF_WAITING || !r->tries || r->dsn & QF_TOLD_DELAY || qf_of_list(q, i))
		return false;
	notify = qf_notify(q, i);
	return (!notify || notify & DSN_DELAY) && !is_nobody(qf_sender(q, i)) && !is_verp(qf_sender(q, i));
}

bool
owed(const struct qf *q, size_t i, enum owed what)
{
	switch (what) {
	case OWED_FAILED:
		return q->rcpt[i].state == QF_FAILED;
	case OWED_SUCCESS:
		return owed_success(q, i);
	case OWED_DELAYED:
		return owed_delay(q, i);
	case OWED_NOTHING:
	default:
		return false;
	}
}

/* RFC 3461 5.2.7.2: what a list gets has been delivered, to the list */
static bool
is_list(const struct qf *q, size_t i)
{
	size_t c;

	for (c = i + 1; c < q->rcpts; c++)
		if (q->rcpt[c].parent == i + 1)
			return qf_of_list(q, c);
	return false;
}

const char *
owed_action(const struct qf *q, size_t i, enum owed what)
{
	const struct qf_rcpt *r = &q->rcpt[i];
	const char *via = qf_string(q, r->via);

	if (what != OWED_SUCCESS)
		return names[what];
	if (r->state == QF_EXPANDED)
		return is_list(q, i) ? "delivered" : "expanded";
	return strcmp(via, "/expanded") == 0 ? "expanded" : *via ? "relayed" : "delivered";
}
