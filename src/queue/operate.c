/* What operators want done with single messages. One that waits or is held is changed here and now; one that is being delivered
 * gets the order when its deliveries of now have ended, and what is then left of it is what the order means. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/num.h"
#include "queue/log.h"
#include "queue/runner.h"
#include "wire/envelope.h"
#include "wire/fields.h"
#include "wire/route.h"

#define PLACE_PATH (10 + QID_TEXT)      /* trash/XX/ID */

static const char no_such[] = "no such message";

static bool
is(const struct order *o, const char *verb)
{
	return strcmp(o->verb, verb) == 0;
}

static void
path_of(char path[PLACE_PATH], const char *place, const struct qid *id)
{
	char xx[QID_DIR], text[QID_TEXT];

	qid_dir_text(xx, qid_dir(id));
	qid_text(text, id);
	snprintf(path, PLACE_PATH, "%s/%s/%s", place, xx, text);
}

/* ---- are the words fit? */

static bool
is_address(const char *s)
{
	size_t n = strlen(s);

	return n && n <= ENVELOPE_ADDR && (unsigned char)*s > ' ' && !strpbrk(s, "\r\n");
}

const char *
operate_check(const struct order *o)
{
	struct route r;

	if (is(o, "redirect")) {
		if (!o->word[0] || !o->word[1] || !is_address(o->word[0]) || !is_address(o->word[1]))
			return "from which address to which?";
		if (*o->word[1] == '@' && *o->word[0] != '@')
			return "a new domain alone needs an old one alone";
		return strcasecmp(o->word[0], o->word[1]) == 0 ? "that is the same address" : 0;
	}
	if (is(o, "reroute"))
		return o->word[0] && (!*o->word[0] || route_get(o->word[0], &r)) ? 0 : "not a route";
	return 0;
}

/* ---- changing an open message, nothing of which is being delivered */

static bool
put_operator(struct message *m, const struct order *o, const char *text)
{
	return qf_put_operator(&m->history, now.wall_s, o->uid, o->verb, text);
}

/* does recipient i still wait, under the address or in the domain that is meant? */
static bool
is_meant(const struct message *m, size_t i, const char *from)
{
	const struct qf_rcpt *r = &m->file.rcpt[i];
	const char *address = qf_string(&m->file, r->addr), *at = strrchr(address, '@');

	if (r->state != QF_WAITING || !message_is_address(r))
		return false;
	return *from == '@' ? at && strcasecmp(at, from) == 0 : strcasecmp(address, from) == 0;
}

static bool
new_address(struct buf *b, const char *old, const char *to)
{
	const char *at = strrchr(old, '@');

	buf_clear(b);
	return (*to != '@' || !at || buf_put(b, old, (size_t)(at - old))) && buf_puts(b, to);
}

/* As if the old address were an alias of the new one. */
static bool
redirect_one(struct message *m, size_t i, const struct order *o)
{
	static struct buf to = BUF(2 * ENVELOPE_ADDR);
	char why[NUM_DEC + 20];
	size_t had = m->history.len, first = m->file.rcpts;

	snprintf(why, sizeof why, "operator uid %ju", (uintmax_t)o->uid);
	if (new_address(&to, qf_string(&m->file, m->file.rcpt[i].addr), o->word[1]) && to.len <= ENVELOPE_ADDR &&
	    qf_put_expansion(&m->history, i, now.wall_s, 1, why) && qf_put_child(&m->history, QF_NAME, to.s) &&
	    qf_add_child(&m->file, i, QF_NAME, m->file.rcpt[i].sender, to.s)) {
		m->file.rcpt[i].state = QF_EXPANDED;
		log_expansion(m->id, qf_string(&m->file, m->file.rcpt[i].addr), why, 1);
		return true;
	}
	buf_cut(&m->history, had);
	qf_drop_children(&m->file, i, first);
	return false;
}

static const char *
redirect(struct message *m, const struct order *o)
{
	size_t i, n = m->file.rcpts, found = 0;

	if (m->file.size + m->history.len > m->file.header.length + QF_RECORDS / 2)
		return "its history is too long already";
	for (i = 0; i < n; i++) {
		if (!is_meant(m, i, o->word[0]))
			continue;
		if (!redirect_one(m, i, o))
			return "no memory, or an address too long";
		found++;
	}
	m->at_once = true;
	return found ? 0 : "no such recipient waiting";
}

static const char *
reroute(struct message *m, const struct order *o)
{
	uint32_t route = 0;

	if ((*o->word[0] && !(route = qf_keep(&m->file, o->word[0]))) || !qf_put_operator(&m->history, now.wall_s, o->uid, "route", o->word[0]))
		return "no memory";
	m->file.route = route;
	m->at_once = true;
	return 0;
}

static const char *
bounce(struct message *m, const struct order *o)
{
	size_t i, n = 0;

	if (!put_operator(m, o, ""))
		return "no memory";
	for (i = 0; i < m->file.rcpts; i++)
		if (m->file.rcpt[i].state == QF_WAITING) {
			message_answer(m, i, 'D', "5.4.7", "the operator of this mail system returned the message; it will not be tried again");
			n++;
		}
	m->at_once = true;
	return n ? 0 : "nobody waits for it";
}

static const char *
expire(struct message *m, const struct order *o)
{
	if (!put_operator(m, o, ""))
		return "no memory";
	m->file.expired = m->last = m->at_once = true;
	return 0;
}

/* 0: done; else why not, and nothing has changed that matters */
static const char *
change(struct message *m, const struct order *o)
{
	if (is(o, "redirect"))
		return redirect(m, o);
	if (is(o, "reroute"))
		return reroute(m, o);
	if (is(o, "bounce"))
		return bounce(m, o);
	if (is(o, "expire"))
		return expire(m, o);
	m->wish = is(o, "hold") ? WISH_HOLD : is(o, "purge") ? WISH_PURGE : WISH_DELETE;
	if (!put_operator(m, o, ""))
		log_say("warning", "unable to record what an operator did with ", m->id, errno);
	return 0;
}

/* ---- one that is being delivered */

static const char *
keep(struct message *m, const struct order *o)
{
	size_t i, had = m->orders.len;
	bool ok = fields_put(&m->orders, o->verb) && fields_put_num(&m->orders, o->uid);

	for (i = 0; ok && i < ORDER_WORDS; i++)
		ok = fields_put(&m->orders, o->word[i] ? o->word[i] : "");
	if (ok)
		return 0;
	buf_cut(&m->orders, had);
	return "too much is wanted of it already";
}

static bool
next_kept(struct fields *f, struct order *o)
{
	return (o->verb = fields_next(f)) && fields_next_num(f, 0, UINT64_MAX, &o->uid) && (o->word[0] = fields_next(f)) &&
	    (o->word[1] = fields_next(f));
}

void
operate_orders(struct message *m)
{
	struct buf orders = m->orders;
	struct fields f;
	struct order o;
	const char *why;

	m->orders = (struct buf)BUF(orders.max);
	if (orders.len && fields_open(&f, orders.s, orders.len))
		while (next_kept(&f, &o))
			if ((why = change(m, &o)))
				log_say("warning", why, m->id, 0);
	buf_free(&orders);
}

/* these are known at once: nothing more is begun for it */
static void
foresee(struct message *m, const struct order *o)
{
	if (is(o, "hold"))
		m->wish = WISH_HOLD;
	else if (is(o, "delete") || is(o, "purge"))
		m->wish = is(o, "delete") ? WISH_DELETE : WISH_PURGE;
}

/* An order that waits for the end of a delivery is taken back by what would undo it afterwards; else it would be carried out
 * though somebody has said otherwise since. none: the answer if there is no such order */
static const char *
take_back(struct message *m, const char *verb, const char *none)
{
	struct buf orders;
	enum wish wish;
	struct fields f;
	struct order o;
	bool found = false, ok = true;

	if (!m || !m->orders.len || !fields_open(&f, m->orders.s, m->orders.len))
		return none;
	orders = m->orders;
	wish = m->wish;
	m->orders = (struct buf)BUF(orders.max);
	m->wish = WISH_NONE;
	while (ok && next_kept(&f, &o))
		if (is(&o, verb))
			found = true;
		else {
			foresee(m, &o);
			ok = !keep(m, &o);
		}
	if (!ok) {
		buf_free(&m->orders);
		m->orders = orders;
		m->wish = wish;
		return "no memory";
	}
	buf_free(&orders);
	return found ? 0 : none;
}

static const char *
on_active(struct message *m, const struct order *o)
{
	bool found = false;
	size_t i;

	if (is(o, "retry"))
		return "being delivered now";
	if (is(o, "release"))
		return take_back(m, "hold", "not held");
	if (is(o, "expire")) {
		m->last = true;
		return put_operator(m, o, "") ? 0 : "no memory";
	}
	foresee(m, o);
	for (i = 0; is(o, "redirect") && i < m->file.rcpts; i++)
		found |= is_meant(m, i, o->word[0]);
	return !is(o, "redirect") || found ? keep(m, o) : "no such recipient waiting";
}

/* ---- one that waits */

/* What was to leave msg/ has done so? A bounce may have to come before it is held. */
static bool
is_gone(const struct order *o, const struct qid *id)
{
	char path[PLACE_PATH];
	uint32_t slot;

	if (!is(o, "hold") && !is(o, "delete") && !is(o, "purge"))
		return true;
	path_of(path, "msg", id);
	if (access(path, F_OK) != 0)
		return true;
	slot = schedule_find(schedule, id);
	return !alone && slot != SLOT_NONE && schedule_place(schedule, slot) == SCHEDULE_OUT;
}

static const char *
on_waiting(uint32_t slot, const struct order *o)
{
	struct message *m;
	struct qid id;
	const char *why;

	if (!schedule_take_one(schedule, slot))
		return "unable to do it now, try again";
	if (is(o, "retry") && !alone) {
		schedule_put(schedule, slot, now.wall_s);
		return 0;
	}
	if (!(m = message_open(slot)))
		return "unable to open it, see the log";
	why = is(o, "retry") ? 0 : change(m, o);
	if (!m->history.len && (why || is(o, "retry"))) {
		message_put_back(m, why ? m->file.mtime_s : now.wall_s);
		return why;
	}
	id = *schedule_qid(schedule, slot);
	message_settle(m);
	return why ? why : is_gone(o, &id) ? 0 : "unable to do it, see the log";
}

static const char *
on_parked(uint32_t slot, const struct order *o)
{
	if (is(o, "retry"))
		return "it waits for its destination's turn";
	if (is(o, "expire")) {
		schedule_flag(schedule, slot, SCHEDULE_LAST, 0);
		return 0;
	}
	if (!site_unpark(slot) && !bouncer_unpark(slot))
		return "unable to do it now, try again";
	schedule_put(schedule, slot, now.wall_s);
	return on_waiting(slot, o);
}

/* ---- one that is held, or in the trash */

/* One rename, so that it never has two names: a crash between link and unlink would leave it to be delivered from both. Nobody
 * else takes the new name after the look: what arrives now is named after the time of now. */
static const char *
put_back(const struct qid *id, const char *from, const char *to)
{
	char a[PLACE_PATH], b[PLACE_PATH];

	path_of(a, from, id);
	path_of(b, to, id);
	if (access(b, F_OK) == 0)
		return "there is one already";
	if (rename(a, b) != 0)
		return errno == ENOENT ? no_such : "unable to bring it back";
	if (*to == 'm')
		(void)schedule_add(schedule, id, now.wall_s);
	return 0;
}

static const char *
throw_away(struct message *m, const struct order *o)
{
	char path[sizeof m->path];
	bool ok;

	strcpy(path, m->path);
	if (is(o, "purge"))
		ok = unlink(path) == 0;
	else
		ok = put_operator(m, o, "held") && message_record(m) && trash_put(path);
	return ok ? 0 : errno == ENOSPC ? "no space left to record it; purge does without" :
	    errno == EXDEV ? "the trash is on another file system; purge does without" : "unable to delete it";
}

static const char *
on_held(struct message *m, const struct qid *id, const struct order *o)
{
	const char *why;

	if (is(o, "hold") || is(o, "retry"))
		return *o->verb == 'h' ? "held already" : "it is held; release it first";
	if (is(o, "delete") || is(o, "purge"))
		return throw_away(m, o);
	if (!is(o, "release") && (why = change(m, o)))
		return why;
	/* where there is no space for words it is let go all the same */
	if (is(o, "release"))
		return (put_operator(m, o, "") && message_record(m)) || !m->file.hold ? put_back(id, "hold", "msg") :
		    "unable to record it";
	if (!message_record(m))
		return "unable to record it";
	return is(o, "bounce") || is(o, "expire") ? put_back(id, "hold", "msg") : 0;
}

/* where it was when it was deleted; a file that does not say so goes where nothing happens with it */
static const char *
undo(const struct qid *id, const struct order *o)
{
	static struct qf q;
	struct buf b = BUF(200);
	char path[PLACE_PATH];
	bool held = true;
	const char *why;
	int fd;

	path_of(path, "trash", id);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) < 0)
		return errno == ENOENT ? "not in the trash" : "unable to read it";
	if (qf_load(&q, fd, false) == QF_OK) {
		held = q.deleted_held;
		if (!qf_put_operator(&b, now.wall_s, o->uid, o->verb, "") || !qf_append(&q, path, &b))
			log_say("warning", "unable to record what an operator did with ", path + 9, errno);
	}
	close(fd);
	buf_free(&b);
	why = put_back(id, "trash", held ? "hold" : "msg");
	return why == no_such ? "not in the trash" : why;
}

static const char *
on_absent(const struct qid *id, const struct order *o)
{
	struct message *m;
	char path[PLACE_PATH];
	const char *why;

	if (!(m = message_open_held(id))) {
		if (errno != ENOENT)
			return errno == EBADMSG ? "damaged" : "unable to read it";
		path_of(path, "trash", id);
		if (is(o, "purge") && unlink(path) == 0)
			return 0;
		return is(o, "release") ? "not held" : no_such;
	}
	why = on_held(m, id, o);
	message_unload(m);
	return why;
}

/* The schedule knows what waits; but for what a scan has not come to yet, and what nobody has scanned. */
static uint32_t
find(const struct qid *id)
{
	uint32_t slot = schedule_find(schedule, id);
	char path[PLACE_PATH];
	struct stat st;

	if (slot != SLOT_NONE || (!alone && !intake_scanning()))
		return slot;
	path_of(path, "msg", id);
	if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || (slot = schedule_add(schedule, id, (int64_t)st.st_mtime)) == SLOT_NONE)
		return SLOT_NONE;
	schedule_flag(schedule, slot, SCHEDULE_SCANNED, 0);
	return slot;
}

const char *
operate(const struct order *o, const char *text)
{
	struct message *m;
	struct qid id;
	uint32_t slot;

	if (!qid_parse(text, &id))
		return "not an ID";
	slot = find(&id);
	m = slot != SLOT_NONE && schedule_place(schedule, slot) == SCHEDULE_OUT ? message_active(slot) : 0;
	if (is(o, "undo"))
		return m ? take_back(m, "delete", "not in the trash") : undo(&id, o);
	if (slot == SLOT_NONE)
		return on_absent(&id, o);
	if (is(o, "release") && !m)
		return "not held";
	switch (schedule_place(schedule, slot)) {
	case SCHEDULE_OUT:
		return m ? on_active(m, o) : "unable to do it now, try again";
	case SCHEDULE_PARKED:
		return on_parked(slot, o);
	default:
		return on_waiting(slot, o);
	}
}
