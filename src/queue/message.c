#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/fd.h"
#include "mail/dsn.h"
#include "queue/log.h"
#include "queue/retry.h"
#include "queue/runner.h"
#include "wire/spawner.h"

#define OPEN_A_TURN 64                  /* messages opened between two looks at everything else */
#define TROUBLE_RETRY_S 300             /* after an error of the disk or the system */
#define STUCK_RETRY_MS 30000
#define ORDERS_MOST 65536               /* bytes of what operators want of one message while it is being delivered */
#define HELD_PATH (9 + QID_TEXT)        /* hold/XX/ID */
#define ADDR_ROOM 4096                  /* an address may grow by routing */

static struct message *first;           /* active ones */
static size_t count, limit = 500;
static size_t stuck;                    /* how many could not be written */
static int64_t stuck_until_ms;

size_t
message_count(void)
{
	return count;
}

size_t
message_limit(void)
{
	return limit;
}

void
message_set_limit(size_t n)
{
	limit = n;
}

const char *
message_sender(const struct message *m)
{
	return qf_string(&m->file, m->file.sender);
}

const char *
message_rcpt(const struct message *m, size_t i)
{
	const struct qf_rcpt *r = &m->file.rcpt[i];

	if (r->kind == QF_FILE || r->kind == QF_PROGRAM || r->kind == QF_INCLUDE || r->kind == QF_NESTED)
		r = &m->file.rcpt[qf_root(&m->file, i)];
	return qf_string(&m->file, r->to ? r->to : r->addr);
}

struct message *
message_active(uint32_t slot)
{
	struct message *m;

	for (m = first; m && m->slot != slot; m = m->next)
		;
	return m;
}

static void
unload(struct message *m)
{
	if (m->next)
		m->next->prev = m->prev;
	if (m->prev)
		m->prev->next = m->next;
	else
		first = m->next;
	count--;
	if (m->fd >= 0)
		close(m->fd);
	if (m->copy >= 0)
		close(m->copy);
	qf_free(&m->file);
	buf_free(&m->history);
	buf_free(&m->orders);
	free(m);
}

/* back to the schedule; the file's mtime tells the next runner the same */
static void
put_back(struct message *m, int64_t due)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = due } };

	if (utimensat(AT_FDCWD, m->path, t, 0) != 0)
		log_say("warning", "unable to set the next attempt of ", m->id, errno);
	schedule_put(schedule, m->slot, due);
	unload(m);
}

static void
forget(struct message *m)
{
	await_gone(m);
	schedule_remove(schedule, m->slot);
	unload(m);
}

/* Out of the way, never deleted: someone may want to look. */
static void
set_aside(struct message *m, const char *why)
{
	char path[8 + QID_TEXT];

	snprintf(path, sizeof path, "bad/%s", m->id);
	if (rename(m->path, path) != 0) {
		log_say("alert", "unable to move a damaged message to bad/: ", m->id, errno);
		schedule_put(schedule, m->slot, now.wall_s + TROUBLE_RETRY_S);
		unload(m);
		return;
	}
	log_say("alert", why, m->id, 0);
	forget(m);
}

/* Append what happened to its file. Nothing is synced: a crash of the machine may repeat deliveries, it loses none. */
static bool
write_history_to(struct message *m, const char *path)
{
	if (m->history.len == 0)
		return true;
	if (!qf_append(&m->file, path, &m->history))
		return false;
	buf_clear(&m->history);
	m->found_again = 0;
	return true;
}

static bool
write_history(struct message *m)
{
	return write_history_to(m, m->path);
}

bool
message_record(struct message *m)
{
	return write_history(m);
}

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
	forget(m);
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
	forget(m);
}

static bool
move_to_hold(struct message *m, char path[HELD_PATH])
{
	snprintf(path, HELD_PATH, "hold/%s", m->path + 4);
	if (rename(m->path, path) == 0)
		return true;
	log_say("warning", "unable to hold ", m->id, errno);
	put_back(m, now.wall_s + TROUBLE_RETRY_S);
	return false;
}

static void
hold(struct message *m)
{
	char path[HELD_PATH];

	if (move_to_hold(m, path))
		forget(m);
}

/* Its envelope asks for it, and nothing has been done with it yet. The record that says so is written where it lies then:
 * a crash between the two never lets it go, at the worst it has to be released twice. */
static void
hold_as_asked(struct message *m)
{
	const char *why = qf_string(&m->file, m->file.hold);
	char path[HELD_PATH];
	struct buf b = BUF(JOB_TEXT);

	if (!move_to_hold(m, path))
		return;
	log_held(m->id, why);
	m->wish = WISH_HOLD;
	await_round(m);
	if (!buf_puts(&b, "held: ") || !buf_puts(&b, why) || !qf_put_attempt(&m->history, 'z', 0, now.wall_s, "4.7.0", 0, b.s) ||
	    !write_history_to(m, path))
		log_say("warning", "unable to record why it is held: ", m->id, errno);
	buf_free(&b);
	forget(m);
}

/* What there is to tell is recorded. Closed, it keeps nobody else out while it waits for its report. */
static void
park_for_bounce(struct message *m)
{
	uint32_t slot = m->slot;

	unload(m);
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

/* what it may spend in the queue, seconds */
static int64_t
lifetime(const struct message *m)
{
	uint64_t own = m->file.lifetime_s;

	return (int64_t)(own && own < settings.queuelifetime ? own : settings.queuelifetime);
}

/* Who asked to wait is not bothered before; where several did, before the last of them wants it. Others of the message whom
 * that makes wait longer or shorter do so once. The last time is when its time is over. */
static int64_t
next_attempt(const struct message *m)
{
	int64_t birth = retry_born(&now, m->file.header.arrival_us), end = birth + lifetime(m) + 1;
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

/* Every recipient of this round has been heard of. */
static void
round_end(struct message *m)
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
	if (!write_history(m)) {
		stick(m, "unable to record deliveries of ", errno);
		return;
	}
	if (m->wish == WISH_DELETE)
		throw_away(m);
	else if (m->wish == WISH_HOLD && (m->report == OWED_NOTHING || bouncer_full()))
		hold(m);
	else if (m->report == OWED_NOTHING || alone)
		put_back(m, m->at_once ? now.wall_s : next_attempt(m));
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
	else if (!write_history(m))
		stick(m, "unable to record deliveries of ", errno);
	else if (m->wish == WISH_DELETE)
		throw_away(m);
	else if (m->wish == WISH_HOLD)
		hold(m);
	else
		put_back(m, now.wall_s + TROUBLE_RETRY_S);
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
		round_end(m);
	} else if (m->wish != WISH_NONE || m->orders.len)
		give_up_report(m);
	else if (m->report == OWED_DELAYED)
		put_back(m, next_attempt(m));
	else
		put_back(m, now.wall_s + TROUBLE_RETRY_S);      /* what became of them is recorded: the report stays owed */
}

/* Many words about many recipients must not make a file that is too long to read: then deferrals go unrecorded, and
 * what must be recorded is, without the words. */
static bool
record(struct message *m, size_t i, char letter, const char *status, const char *via, const char *text)
{
	bool much = m->file.size + m->history.len >= m->file.header.length + QF_RECORDS / 2;

	if (much && letter == 'z')
		return true;
	if (much) {
		text = "";
		via = job_via_duty(via) ? "/dsn" : "";
	}
	m->file.rcpt[i].tries += letter == 'z';
	if (qf_put_attempt(&m->history, letter, i, now.wall_s, status, via, text))
		return true;
	log_say("warning", "unable to record a delivery, it may be repeated: ", m->id, errno);
	return false;
}

/* the end of a site's patience, in the words of RFC 3463's 4.4.7 */
static bool
record_expired(struct message *m, size_t i, const char *via, const char *text)
{
	struct buf b = BUF(JOB_TEXT + 200);
	bool ok;

	if (buf_puts(&b, text) && buf_puts(&b, "\nThis message has been in the queue too long; it will not be tried again."))
		text = b.s;
	ok = record(m, i, 'd', "5.4.7", via, text);
	buf_free(&b);
	return ok;
}

/* A single recipient's file goes away instead of a record, if nothing has to be told. What cannot be recorded cannot be told
 * either: the message is delivered, that is worth more. */
static void
record_delivered(struct message *m, size_t i, const struct report *said)
{
	struct qf_rcpt *r = &m->file.rcpt[i];

	r->state = QF_DELIVERED;
	if (job_via_duty(said->via))
		r->dsn |= QF_TOLD_END;
	if (m->file.rcpts == 1 && !owed(&m->file, i, OWED_SUCCESS))
		return;
	if (!record(m, i, 'k', 0, said->via, said->text))
		r->dsn |= QF_TOLD_END;
	else if (owed(&m->file, i, OWED_SUCCESS) && *said->via)
		r->via = qf_keep(&m->file, said->via);
}

void
message_report(struct message *m, size_t i, uint64_t delivery, const struct report *said)
{
	struct qf_rcpt *r = &m->file.rcpt[i];
	const char *text = said->text;
	bool local = r->local;

	if (delivery)
		log_result(delivery, said->verdict, text, said->via);
	else
		log_skip(m->id, message_rcpt(m, i), text);
	if (said->verdict == 'K')
		record_delivered(m, i, said);
	else if (said->verdict == 'D') {        /* unrecorded it would not be in the bounce: then it waits */
		if (record(m, i, 'd', said->status, said->via, text))
			r->state = QF_FAILED;
	} else if (m->last && !stopping) {
		if (record_expired(m, i, said->via, text))
			r->state = QF_FAILED;
	} else {
		m->local_deferred |= local;
		if (said->wait_s > m->wait_s)
			m->wait_s = said->wait_s;
		if (delivery || !r->last)
			(void)record(m, i, 'z', said->status, said->via, text);
	}
	await_report(m, i, said);
}

void
message_answer(struct message *m, size_t i, char verdict, const char *status, const char *text)
{
	struct report r = { .verdict = verdict, .status = status, .via = "", .text = text };

	message_report(m, i, 0, &r);
}

void
message_task_done(struct message *m, size_t recipients)
{
	m->pending -= recipients;
	if (m->pending == 0)
		round_end(m);
	else if (!write_history(m))
		log_say("warning", "unable to record deliveries yet: ", m->id, errno);
}

/* ---- starting a round */

static struct buf route_addr = BUF(ADDR_ROOM), route_key = BUF(SPAWNER_KEY);

/* whose worker the alias user's programs and files, and mailboxes that nothing redirects, are asked of */
static bool
special_key(const struct message *m, size_t i)
{
	const char *text = qf_string(&m->file, m->file.rcpt[i].addr);
	size_t n = route_key.len;

	switch (m->file.rcpt[i].kind) {
	case QF_PROGRAM:
		return buf_byte(&route_key, SPAWNER_INSTRUCTION) && buf_byte(&route_key, '|') && buf_puts(&route_key, text);
	case QF_FILE:
		return buf_byte(&route_key, SPAWNER_INSTRUCTION) && buf_puts(&route_key, text);
	default:                                /* a mailbox, routed already */
		if (!buf_byte(&route_key, 0))
			return false;
		memmove(route_key.s + 1, route_key.s, n);
		route_key.s[0] = SPAWNER_MAILBOX;
		return true;
	}
}

/* the channel and the site's key for recipient i; false: it was answered here */
static bool
choose_way(struct message *m, size_t i, enum channel *channel)
{
	struct qf_rcpt *r = &m->file.rcpt[i];
	const char *why = 0;
	bool ok = true;

	buf_clear(&route_addr);
	buf_clear(&route_key);
	*channel = CHANNEL_LOCAL;
	if (r->kind != QF_PROGRAM && r->kind != QF_FILE)
		ok = buf_puts(&route_addr, qf_string(&m->file, r->addr)) &&
		    routing_find(routing, &route_addr, qf_sender(&m->file, i), channel, &route_key, &why);
	if (ok && route_key.len && (unsigned char)*route_key.s < ' ') { /* what an envelope says is never a command */
		why = "a local part cannot begin with a control byte";
		ok = false;
	}
	if (ok && *channel == CHANNEL_REMOTE && m->file.route) {        /* an operator knows better */
		buf_clear(&route_key);
		ok = buf_puts(&route_key, qf_string(&m->file, m->file.route));
	}
	if (ok && *channel == CHANNEL_LOCAL && (r->kind == QF_PROGRAM || r->kind == QF_FILE || r->kind == QF_MAILBOX))
		ok = special_key(m, i);
	if (ok)
		return true;
	if (why)
		message_answer(m, i, 'D', why == routing_no_return ? "5.1.1" : "5.1.2", why);
	else if (errno == EMSGSIZE)
		message_answer(m, i, 'D', "5.1.3", "address too long");
	else
		message_answer(m, i, 'Z', "4.3.0", strerror(errno));
	return false;
}

/* the site for recipient i, or 0: it was answered here */
static struct site *
route(struct message *m, size_t i)
{
	enum channel channel;
	struct site *s = 0;
	struct qf_rcpt *r;

	if (expansion_do(m, i) == EXPANSION_DONE || !choose_way(m, i, &channel))
		return 0;
	r = &m->file.rcpt[i];
	r->local = channel == CHANNEL_LOCAL;
	r->to = 0;
	if (route_addr.len && strcmp(route_addr.s, qf_string(&m->file, r->addr)) != 0 &&
	    !(r->to = qf_keep(&m->file, route_addr.s))) {
		message_answer(m, i, 'Z', "4.3.0", strerror(errno));
		return 0;
	}
	if (!(s = site_get(channel, route_key.s)))
		message_answer(m, i, 'Z', "4.3.0", strerror(errno));
	return s;
}

bool
message_room(enum channel c)
{
	return count < (c == CHANNEL_LOCAL ? limit : limit / 8 * 7);
}

/* May it wait, closed, in the line of this its first site? One with a single recipient does when the site has enough to
 * do; one with several only when few places are left, which belong to those that a local user waits for. */
static bool
better_parked(const struct message *m, size_t i, const struct site *s)
{
	if (m->pending || m->history.len > m->found_again)
		return false;
	return i == m->file.rcpts - 1 ? site_full(s) : !message_room(CHANNEL_REMOTE);
}

/* all waiting recipients to their sites; false: it has been parked */
static bool
distribute(struct message *m)
{
	struct site *s;
	size_t i;

	if (!expansion_begin(m)) {
		log_say("warning", "unable to start on ", m->id, errno);
		return true;                    /* with nobody to wait for: it is put back */
	}
	for (i = 0; i < m->file.rcpts; i++) {   /* an expansion makes it longer */
		if (m->file.rcpt[i].state != QF_WAITING || m->file.rcpt[i].answered || !(s = route(m, i)))
			continue;
		if (better_parked(m, i, s)) {
			uint32_t slot = m->slot;

			unload(m);
			site_park(s, slot);
			return false;
		}
		if (site_paused(s))
			continue;               /* as if it had not been due; it does not fail for that, however old it is */
		if (!site_add(s, m, i)) {
			message_answer(m, i, 'Z', "4.3.0", strerror(errno));
			continue;
		}
		m->pending++;
	}
	return true;
}

static void
tell(struct message *m)
{
	if (m->file.history || (schedule_flags(schedule, m->slot) & SCHEDULE_TOLD))
		return;
	schedule_flag(schedule, m->slot, SCHEDULE_TOLD, 0);
	log_new(m->id);
	log_info(m->id, m->file.header.length, message_sender(m), m->file.header.pid, m->file.header.uid);
}

bool
message_is_address(const struct qf_rcpt *r)
{
	return r->kind != QF_PROGRAM && r->kind != QF_FILE && r->kind != QF_INCLUDE && r->kind != QF_NESTED;
}

bool
message_close(struct message *m, size_t recipients, uint32_t *slot)
{
	if (m->pending != recipients || m->wish != WISH_NONE || m->orders.len || m->last || m->stuck || m->history.len > m->found_again)
		return false;
	*slot = m->slot;
	unload(m);
	return true;
}

bool
message_too_old(uint64_t arrival_us)
{
	return now.wall_s - retry_born(&now, arrival_us) > (int64_t)settings.queuelifetime;
}

/* the file as a message; false: it has been dealt with */
static bool
load(struct message *m)
{
	switch (qf_load(&m->file, m->fd, schedule_flags(schedule, m->slot) & SCHEDULE_SCANNED)) {
	case QF_OK:
		schedule_flag(schedule, m->slot, 0, SCHEDULE_SCANNED);
		return true;
	case QF_INCOMPLETE:
		set_aside(m, "moved to bad/, incomplete and never acknowledged: ");
		return false;
	case QF_DAMAGED:
		set_aside(m, "moved to bad/, damaged: ");
		return false;
	case QF_TROUBLE:
	default:
		log_say("warning", "unable to read ", m->id, errno);
		schedule_put(schedule, m->slot, now.wall_s + TROUBLE_RETRY_S);
		unload(m);
		return false;
	}
}

static struct message *
new_message(uint32_t slot, const char *place, const struct qid *id)
{
	struct message *m = calloc(1, sizeof *m);
	char dir[QID_DIR];

	if (!m)
		return 0;
	m->slot = slot;
	m->fd = m->copy = -1;
	m->history.max = QF_RECORDS;
	m->orders.max = ORDERS_MOST;
	qid_text(m->id, id);
	qid_dir_text(dir, qid_dir(id));
	snprintf(m->path, sizeof m->path, "%s/%s/%s", place, dir, m->id);
	m->next = first;
	if (first)
		first->prev = m;
	first = m;
	count++;
	return m;
}

/* an OUT slot, opened and replayed; 0: it has been dealt with */
static struct message *
open_slot(uint32_t slot)
{
	struct message *m = new_message(slot, "msg", schedule_qid(schedule, slot));

	if (!m) {
		log_say("warning", "out of memory", "", 0);
		schedule_put(schedule, slot, now.wall_s + TROUBLE_RETRY_S);
		return 0;
	}
	if ((m->fd = compat_open_quiet(AT_FDCWD, m->path)) < 0) {
		if (errno == ENOENT) {
			forget(m);              /* removed by hand, or by its own injector whose sync failed */
			return 0;
		}
		log_say("warning", "unable to open ", m->id, errno);
		schedule_put(schedule, slot, now.wall_s + TROUBLE_RETRY_S);
		unload(m);
		return 0;
	}
	return load(m) ? m : 0;
}

struct message *
message_open(uint32_t slot)
{
	return open_slot(slot);
}

struct message *
message_open_held(const struct qid *id)
{
	struct message *m = new_message(SLOT_NONE, "hold", id);
	enum qf_result r = QF_TROUBLE;
	int e;

	if (!m)
		return 0;
	if ((m->fd = compat_open_quiet(AT_FDCWD, m->path)) >= 0 && (r = qf_load(&m->file, m->fd, false)) == QF_OK)
		return m;
	e = r == QF_TROUBLE ? errno : EBADMSG;
	unload(m);
	errno = e;
	return 0;
}

void
message_close_held(struct message *m)
{
	unload(m);
}

void
message_put_back(struct message *m, int64_t due_s)
{
	put_back(m, due_s);
}

void
message_settle(struct message *m)
{
	round_end(m);
}

bool
message_start(uint32_t slot, bool last)
{
	struct message *m = open_slot(slot);

	if (!m)
		return false;
	if (last)                       /* it may yet have to wait, closed, for its site */
		schedule_flag(schedule, slot, SCHEDULE_LAST, 0);
	tell(m);
	if (m->file.hold && !m->file.history && !m->file.released) {
		hold_as_asked(m);
		return true;
	}
	if (m->file.lifetime_s)
		schedule_flag(schedule, slot, SCHEDULE_BRIEF, 0);
	m->last = (schedule_flags(schedule, slot) & SCHEDULE_LAST) || m->file.expired ||
	    now.wall_s - retry_born(&now, m->file.header.arrival_us) > lifetime(m);
	if (!distribute(m))
		return true;
	site_added();
	if (m->pending == 0)
		round_end(m);
	return true;
}

void
message_bounce(uint32_t slot)
{
	struct message *m = open_slot(slot);

	if (m)
		round_end(m);
}

static void
try_stuck(void)
{
	struct message *m, *next;

	stuck = 0;
	for (m = first; m; m = next) {
		next = m->next;
		if (m->stuck) {
			m->stuck = false;
			round_end(m);
		}
	}
}

void
message_retry_stuck(void)
{
	stuck_until_ms = now.mono_ms;
}

void
message_do(void)
{
	uint32_t slot;
	int n;

	if (stuck && now.mono_ms >= stuck_until_ms)
		try_stuck();

	for (n = 0; n < OPEN_A_TURN && count < limit && !stopping && !pause_all(); n++) {
		if ((slot = schedule_take(schedule, now.wall_s)) == SLOT_NONE)
			break;
		(void)message_start(slot, false);
	}
}

uint64_t
message_overdue_s(void)
{
	uint64_t line_s, due_s = 0;
	int64_t due;

	if (stopping || pause_all())
		return 0;
	if (schedule_due(schedule, &due) && due < now.wall_s)
		due_s = (uint64_t)(now.wall_s - due);
	line_s = site_waits_s();
	return line_s > due_s ? line_s : due_s;
}

void
message_want(struct wait *w)
{
	int64_t due;

	if (stuck)
		want_until(w, stuck_until_ms);
	if (stopping || pause_all() || count >= limit || !schedule_due(schedule, &due))
		return;
	want_until(w, due <= now.wall_s ? now.mono_ms : now.mono_ms + (due - now.wall_s) * 1000);
}
