/* The open messages: what is due is opened, given to those who deliver it, and closed again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "queue/log.h"
#include "queue/retry.h"
#include "queue/runner.h"

#define OPEN_A_TURN 64                  /* messages opened between two looks at everything else */
#define ORDERS_MOST 65536               /* bytes of what operators want of one message while it is being delivered */

static struct message *first;           /* active ones */
static size_t count, limit = 500;

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
message_first(void)
{
	return first;
}

struct message *
message_active(uint32_t slot)
{
	struct message *m;

	for (m = first; m && m->slot != slot; m = m->next)
		;
	return m;
}

void
message_unload(struct message *m)
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

void
message_put_back(struct message *m, int64_t due_s)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = due_s } };

	if (utimensat(AT_FDCWD, m->path, t, 0) != 0)
		log_say("warning", "unable to set the next attempt of ", m->id, errno);
	schedule_put(schedule, m->slot, due_s);
	message_unload(m);
}

void
message_forget(struct message *m)
{
	await_gone(m);
	schedule_remove(schedule, m->slot);
	message_unload(m);
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
		message_unload(m);
		return;
	}
	log_say("alert", why, m->id, 0);
	message_forget(m);
}

/* Nothing is synced: a crash of the machine may repeat deliveries, it loses none. */
bool
message_record(struct message *m)
{
	if (m->history.len == 0)
		return true;
	if (!qf_append(&m->file, m->path, &m->history))
		return false;
	buf_clear(&m->history);
	m->found_again = 0;
	return true;
}

bool
message_room(enum channel c)
{
	return count < (c == CHANNEL_LOCAL ? limit : limit / 8 * 7);
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
	message_unload(m);
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
		message_unload(m);
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

struct message *
message_open(uint32_t slot)
{
	struct message *m = new_message(slot, "msg", schedule_qid(schedule, slot));

	if (!m) {
		log_say("warning", "out of memory", "", 0);
		schedule_put(schedule, slot, now.wall_s + TROUBLE_RETRY_S);
		return 0;
	}
	if ((m->fd = compat_open_quiet(AT_FDCWD, m->path)) < 0) {
		if (errno == ENOENT) {
			message_forget(m);              /* removed by hand, or by its own injector whose sync failed */
			return 0;
		}
		log_say("warning", "unable to open ", m->id, errno);
		schedule_put(schedule, slot, now.wall_s + TROUBLE_RETRY_S);
		message_unload(m);
		return 0;
	}
	return load(m) ? m : 0;
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
	message_unload(m);
	errno = e;
	return 0;
}

bool
message_start(uint32_t slot, bool last)
{
	struct message *m = message_open(slot);

	if (!m)
		return false;
	if (last)                       /* it may yet have to wait, closed, for its site */
		schedule_flag(schedule, slot, SCHEDULE_LAST, 0);
	tell(m);
	if (m->file.hold && !m->file.history && !m->file.released) {
		message_hold_as_asked(m);
		return true;
	}
	if (m->file.lifetime_s)
		schedule_flag(schedule, slot, SCHEDULE_BRIEF, 0);
	m->last = (schedule_flags(schedule, slot) & SCHEDULE_LAST) || m->file.expired ||
	    now.wall_s - retry_born(&now, m->file.header.arrival_us) > message_lifetime_s(m);
	if (!message_distribute(m))
		return true;
	site_added();
	if (m->pending == 0)
		message_settle(m);
	return true;
}

void
message_bounce(uint32_t slot)
{
	struct message *m = message_open(slot);

	if (m)
		message_settle(m);
}

void
message_do(void)
{
	uint32_t slot;
	int n;

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

	if (stopping || pause_all() || count >= limit || !schedule_due(schedule, &due))
		return;
	want_until(w, due <= now.wall_s ? now.mono_ms : now.mono_ms + (due - now.wall_s) * 1000);
}
