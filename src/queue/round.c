/* The end of a round: every recipient has been heard of. What is left waits again, is told of, is held, or is over. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mail/dsn.h"
#include "queue/log.h"
#include "queue/runner.h"

#define STUCK_RETRY_MS 30000

static size_t stuck;                    /* how many could not be written */
static int64_t stuck_until_ms;

/* Keep it open, and its history in memory, until the disk takes it: written nowhere it would be delivered again. */
static void
stick(struct message *m, const char *why, int error)
{
	log_say("warning", why, m->id, error);
	m->stuck = true;
	if (stuck++ == 0)
		stuck_until_ms = now.mono_ms + STUCK_RETRY_MS;
}

static void
finish(struct message *m)
{
	if (unlink(m->path) != 0 && errno != ENOENT) {
		stick(m, "unable to remove ", errno);
		return;
	}
	log_end(m->id);
	await_end(m);
	message_forget(m);
}

/* What an operator does not want any more. What became of it is recorded, in case it comes back. */
static void
throw_away(struct message *m)
{
	if (!trash_put(m->path) && errno != ENOENT) {
		stick(m, "unable to move to the trash: ", errno);
		return;
	}
	log_end(m->id);
	await_end(m);
	message_forget(m);
}

static bool
move_to_hold(struct message *m)
{
	char path[sizeof m->path];

	snprintf(path, sizeof path, "hold/%s", m->path + 4);
	if (rename(m->path, path) == 0) {
		strcpy(m->path, path);
		return true;
	}
	log_say("warning", "unable to hold ", m->id, errno);
	message_put_back(m, now.wall_s + TROUBLE_RETRY_S);
	return false;
}

static void
hold(struct message *m)
{
	if (move_to_hold(m))
		message_forget(m);
}

/* Its envelope asks for it, and nothing has been done with it yet. The record that says so is written where it lies then:
 * a crash between the two never lets it go, at the worst it has to be released twice. */
void
message_hold_as_asked(struct message *m)
{
	const char *why = qf_string(&m->file, m->file.hold);
	struct buf b = BUF(JOB_TEXT);

	if (!move_to_hold(m))
		return;
	log_held(m->id, why);
	m->wish = WISH_HOLD;
	await_round(m);
	if (!buf_puts(&b, "held: ") || !buf_puts(&b, why) || !qf_put_attempt(&m->history, 'z', 0, now.wall_s, "4.7.0", 0, b.s) ||
	    !message_record(m))
		log_say("warning", "unable to record why it is held: ", m->id, errno);
	buf_free(&b);
	message_forget(m);
}

/* What there is to tell is recorded. Closed, it keeps nobody else out while it waits for its report. */
static void
park_for_bounce(struct message *m)
{
	uint32_t slot = m->slot;

	message_unload(m);
	bouncer_park(slot);
}

/* The sender said NOTIFY=NEVER, or named other events only (RFC 3461 4.1): the failure has been logged, and that is all. */
static void
spare_sender(struct message *m)
{
	size_t i;

	for (i = 0; i < m->file.rcpts; i++) {
		if (m->file.rcpt[i].state != QF_FAILED || dsn_failure(qf_notify(&m->file, i)))
			continue;
		m->file.rcpt[i].state = QF_BOUNCED;
		if (!qf_put_bounced(&m->history, i, now.wall_s, "unwanted"))
			log_say("warning", "unable to record that no bounce is wanted: ", m->id, errno);
	}
}

int64_t
message_lifetime_s(const struct message *m)
{
	uint64_t own = m->file.lifetime_s;

	return (int64_t)(own && own < settings.queuelifetime ? own : settings.queuelifetime);
}

/* Who asked to wait is not bothered before; where several did, before the last of them wants it. Others of the message whom
 * that makes wait longer or shorter do so once. The last time is when its time is over. */
static int64_t
next_attempt(const struct message *m)
{
	int64_t birth = retry_born(&now, m->file.header.arrival_us), end = birth + message_lifetime_s(m) + 1;
	int64_t due = m->wait_s ? retry_asked(birth, now.wall_s, m->wait_s) : retry_next(birth, now.wall_s, m->local_deferred);

	return end > now.wall_s && end < due ? end : due;
}

/* is it late enough for that, and something that may be told at all? */
static bool
warn_now(const struct message *m)
{
	return settings.delaywarning && !m->last && !stopping && m->wish == WISH_NONE &&
	    now.wall_s - retry_born(&now, m->file.header.arrival_us) >= (int64_t)settings.delaywarning;
}

/* the first thing that the sender must hear of */
static enum owed
choose_report(const struct message *m)
{
	enum owed what = OWED_NOTHING;
	bool warn = warn_now(m);
	size_t i;

	for (i = 0; i < m->file.rcpts; i++) {
		if (owed(&m->file, i, OWED_FAILED))
			return OWED_FAILED;
		if (owed(&m->file, i, OWED_SUCCESS))
			what = OWED_SUCCESS;
		else if (warn && what == OWED_NOTHING && owed(&m->file, i, OWED_DELAYED))
			what = OWED_DELAYED;
	}
	return what;
}

void
message_settle(struct message *m)
{
	size_t i, waiting = 0;

	if (m->orders.len)
		operate_orders(m);
	spare_sender(m);
	for (i = 0; i < m->file.rcpts; i++)
		waiting += m->file.rcpt[i].state == QF_WAITING;
	await_round(m);
	m->report = choose_report(m);
	if (m->wish == WISH_PURGE || (!waiting && m->report == OWED_NOTHING)) {
		finish(m);
		return;
	}
	if (!message_record(m)) {
		stick(m, "unable to record deliveries of ", errno);
		return;
	}
	if (m->wish == WISH_DELETE)
		throw_away(m);
	else if (m->wish == WISH_HOLD && (m->report == OWED_NOTHING || bouncer_full()))
		hold(m);
	else if (m->report == OWED_NOTHING || alone)
		message_put_back(m, m->at_once ? now.wall_s : next_attempt(m));
	else if (bouncer_full())
		park_for_bounce(m);
	else
		bouncer_add(m);
}

/* recipient i is told of in this report, so it need not be again */
static void
record_told(struct message *m, size_t i, const char *report_id)
{
	struct qf_rcpt *r = &m->file.rcpt[i];
	bool ok;

	if (m->report == OWED_FAILED)
		ok = qf_put_bounced(&m->history, i, now.wall_s, report_id);
	else
		ok = qf_put_told(&m->history, i, now.wall_s, owed_action(&m->file, i, m->report), report_id);
	if (!ok)
		log_say("warning", "unable to record a report, it may come twice: ", m->id, errno);
	if (m->report == OWED_FAILED)
		r->state = QF_BOUNCED;
	else
		r->dsn |= m->report == OWED_DELAYED ? QF_TOLD_DELAY : QF_TOLD_END;
}

/* its report could not be made now; an operator wants something else of it, and hears that it is done */
static void
give_up_report(struct message *m)
{
	operate_orders(m);
	if (m->wish == WISH_PURGE)
		finish(m);
	else if (!message_record(m))
		stick(m, "unable to record deliveries of ", errno);
	else if (m->wish == WISH_DELETE)
		throw_away(m);
	else if (m->wish == WISH_HOLD)
		hold(m);
	else
		message_put_back(m, now.wall_s + TROUBLE_RETRY_S);
}

void
message_bounced(struct message *m, bool queued, const char *qp, const char *report_id)
{
	const char *whom = 0;
	size_t i;

	for (i = 0; queued && i < m->file.rcpts; i++) {
		if (!owed(&m->file, i, m->report))
			continue;
		if (!whom)
			whom = qf_sender(&m->file, i);
		if (strcmp(qf_sender(&m->file, i), whom) == 0)  /* else its report goes to somebody else, and comes next */
			record_told(m, i, report_id);
	}
	if (queued) {
		if (*qp && m->report == OWED_FAILED)
			log_bounce(m->id, qp, report_id);
		else if (*qp)
			log_told(m->id, owed_name(m->report), qp, report_id);
		message_settle(m);
	} else if (m->wish != WISH_NONE || m->orders.len)
		give_up_report(m);
	else if (m->report == OWED_DELAYED)
		message_put_back(m, next_attempt(m));
	else
		message_put_back(m, now.wall_s + TROUBLE_RETRY_S);      /* what became of them is recorded: the report stays owed */
}

void
message_task_done(struct message *m, size_t recipients)
{
	m->pending -= recipients;
	if (m->pending == 0)
		message_settle(m);
	else if (!message_record(m))
		log_say("warning", "unable to record deliveries yet: ", m->id, errno);
}

void
round_retry_stuck(void)
{
	stuck_until_ms = now.mono_ms;
}

void
round_want(struct wait *w)
{
	if (stuck)
		want_until(w, stuck_until_ms);
}

void
round_do(void)
{
	struct message *m, *next;

	if (!stuck || now.mono_ms < stuck_until_ms)
		return;
	stuck = 0;
	for (m = message_first(); m; m = next) {
		next = m->next;
		if (m->stuck) {
			m->stuck = false;
			message_settle(m);
		}
	}
}
