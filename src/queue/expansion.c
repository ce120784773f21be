/* Replaces a recipient that is an alias by the recipients it stands for, in the message's own history (resolve/expand.h).
 * A message seen to have gone through the alias before is looping. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fd.h"
#include "mail/header.h"
#include "queue/log.h"
#include "queue/runner.h"
#include "resolve/aliases.h"
#include "resolve/expand.h"

#define LOOK_MOST (1u << 20)            /* bytes of a header searched for a loop */
#define RECORDS_MOST (QF_RECORDS / 2)   /* bytes of records; what becomes of so many recipients needs room too */
#define STALE_LOOK_MS 60000             /* how often to look whether the text is newer than the database */
#define STALE_SAY_MS 3600000            /* and how often to say so */

static struct aliases aliases = { .fd = -1 };
static struct expand x;
static bool unreadable;                 /* there is a database, and nothing can be known */
static bool complained;                 /* of what is there now */
static int64_t refreshed_ms, stale_look_ms, stale_say_ms;

/* ---- the database */

static void
look_again(void)
{
	if (refreshed_ms == now.mono_ms)
		return;
	refreshed_ms = now.mono_ms;
	if (aliases_refresh(&aliases)) {
		unreadable = complained = false;
		return;
	}
	unreadable = aliases.fd < 0;
	if (!complained)
		log_say("alert", unreadable ? "unable to read aliases.cdb, local mail waits" :
		    "unable to read the new aliases.cdb, the old one stays", "", errno);
	complained = true;
}

static void
say_if_stale(void)
{
	const char *path;

	if (aliases.fd < 0 || now.mono_ms < stale_look_ms)
		return;
	stale_look_ms = now.mono_ms + STALE_LOOK_MS;
	if (!(path = aliases_stale(&aliases))) {
		stale_say_ms = 0;
		return;
	}
	if (now.mono_ms < stale_say_ms)
		return;
	stale_say_ms = now.mono_ms + STALE_SAY_MS;
	log_say("warning", "changed since newaliases was run: ", path, 0);
}

/* ---- a message */

/* those that certainly got it, or will, as themselves */
static bool
final(const struct qf_rcpt *r)
{
	switch (r->kind) {
	case QF_INJECTED:
		return r->state == QF_DELIVERED || r->state == QF_FAILED || r->state == QF_BOUNCED;
	case QF_NAME:
	case QF_INCLUDE:
	case QF_NESTED:
		return false;
	default:
		return true;
	}
}

/* what it is called from now on: in Delivered-To, in jobs */
static bool
keep_address(struct message *m, size_t i)
{
	struct qf_rcpt *r = &m->file.rcpt[i];
	uint32_t at;

	if (x.root.len == 0 || r->kind != QF_INJECTED || strcmp(x.root.s, qf_string(&m->file, r->addr)) == 0)
		return true;
	if (!(at = qf_keep(&m->file, x.root.s)))
		return false;
	r->to = at;
	return true;
}

/* what was expanded in an earlier round is called as it was then */
static bool
name_roots(struct message *m)
{
	const char *why = 0;
	enum routing_class class;
	size_t i;

	for (i = 0; i < m->file.injected; i++) {
		if (m->file.rcpt[i].state != QF_EXPANDED)
			continue;
		buf_clear(&x.root);
		if (!buf_puts(&x.root, qf_string(&m->file, m->file.rcpt[i].addr)) ||
		    (!routing_class(routing, &x.root, &class, &why) && !why))
			return false;
		if (!why && !keep_address(m, i))        /* why: then as it was written */
			return false;
	}
	return true;
}

bool
expansion_begin(struct message *m)
{
	size_t i;

	look_again();
	say_if_stale();
	expand_begin(&x, routing, &aliases, routing_separators(routing));
	if (!name_roots(m))
		return false;
	if (m->file.rcpts == (aliases.fd < 0 ? m->file.injected : 1))
		return true;
	for (i = 0; i < m->file.rcpts; i++)
		if (final(&m->file.rcpt[i]) &&
		    expand_note(&x, (char)m->file.rcpt[i].kind, qf_string(&m->file, m->file.rcpt[i].addr)) == EXPAND_LATER)
			return false;
	return true;
}

/* has it gone through this address before? */
static bool
looping(const struct message *m, const char *address)
{
	struct buf line = BUF(4096);
	struct header_find find;
	enum header_seen seen = HEADER_MORE;
	char space[8192];
	uint64_t at = 0, end = m->file.header.length < LOOK_MOST ? m->file.header.length : LOOK_MOST;

	if (!header_delivered_to(&line, address))
		return false;
	header_find_init(&find, line.s, line.len - 1);
	while (seen == HEADER_MORE && at < end) {
		size_t want = end - at < sizeof space ? (size_t)(end - at) : sizeof space;
		ssize_t n = fd_pread(m->fd, space, want, (off_t)(QF_HEADER + at));

		if (n <= 0)
			break;
		at += (uint64_t)n;
		seen = header_find(&find, space, (size_t)n);
	}
	if (seen == HEADER_MORE)
		seen = header_find_end(&find);
	buf_free(&line);
	return seen == HEADER_FOUND;
}

/* ---- writing it down */

/* the records of the expansion of i: lines are counted before they are written */
static bool
put_records(struct message *m, size_t i)
{
	uint32_t sender = 0;
	size_t c, lines = x.children;

	for (c = 0; c < x.children; c++)
		if (x.child[c].sender != sender) {
			sender = x.child[c].sender;
			lines++;
		}
	sender = 0;
	if (!qf_put_expansion(&m->history, i, now.wall_s, lines, x.why.len ? x.why.s : ""))
		return false;
	for (c = 0; c < x.children; c++) {
		const struct expand_child *child = &x.child[c];

		if (child->sender != sender && !qf_put_child_sender(&m->history,
		    child->sender ? expand_string(&x, child->sender) : qf_sender(&m->file, i)))
			return false;
		sender = child->sender;
		if (!qf_put_child(&m->history, child->kind, expand_string(&x, child->text)))
			return false;
	}
	if (x.children && m->file.size + m->history.len > m->file.header.length + RECORDS_MOST) {
		errno = EMSGSIZE;
		return false;
	}
	return true;
}

static bool
add_children(struct message *m, size_t i)
{
	uint32_t sender = 0, kept = m->file.rcpt[i].sender;
	size_t c;

	for (c = 0; c < x.children; c++) {
		const struct expand_child *child = &x.child[c];

		if (child->sender != sender) {
			sender = child->sender;
			kept = sender ? qf_keep(&m->file, expand_string(&x, sender)) : m->file.rcpt[i].sender;
			if (sender && !kept)
				return false;
		}
		if (!qf_add_child(&m->file, i, child->kind, kept, expand_string(&x, child->text)))
			return false;
	}
	return true;
}

/* What waits is not looked at again in this round: it has been seen, so it would stand for nobody. */
static void
give_verdicts(struct message *m, size_t first)
{
	size_t c;

	for (c = 0; c < x.children; c++) {
		if (!x.child[c].verdict)
			continue;
		message_answer(m, first + c, x.child[c].verdict, x.child[c].status, expand_string(&x, x.child[c].why));
		m->file.rcpt[first + c].answered = true;
	}
}

static void
replace(struct message *m, size_t i)
{
	size_t had = m->history.len, first = m->file.rcpts;
	bool again = m->found_again == had;

	if (!keep_address(m, i) || !put_records(m, i) || !add_children(m, i)) {
		int e = errno;

		buf_cut(&m->history, had);
		qf_drop_children(&m->file, i, first);
		expand_undo(&x);
		if (e == EMSGSIZE)
			message_answer(m, i, 'D', "5.2.4", "the aliases behind the addresses of this message name too many recipients");
		else
			message_answer(m, i, 'Z', "4.3.0", strerror(e));
		return;
	}
	m->file.rcpt[i].state = QF_EXPANDED;
	if (again)
		m->found_again = m->history.len;
	log_expansion(m->id, message_rcpt(m, i), x.why.len ? x.why.s : "list", x.children);
	give_verdicts(m, first);
}

/* it is one of ours and nothing is known of the aliases */
static bool
must_wait(const struct message *m, size_t i)
{
	struct buf b = BUF(4096);
	enum routing_class class = ROUTING_REMOTE;
	const char *why;
	bool ok = buf_puts(&b, qf_string(&m->file, m->file.rcpt[i].addr)) && routing_class(routing, &b, &class, &why);

	buf_free(&b);
	return ok && class != ROUTING_REMOTE;
}

/* it is no alias; but did an alias lead here before? */
static enum expansion
only_once(struct message *m, size_t i)
{
	if (m->file.rcpts == 1 ||
	    expand_note(&x, QF_ADDRESS, qf_string(&m->file, m->file.rcpt[i].addr)) != EXPAND_DONE)
		return EXPANSION_NOT;
	x.children = 0;
	buf_clear(&x.root);
	buf_clear(&x.why);
	(void)buf_puts(&x.why, "another recipient");
	replace(m, i);
	return EXPANSION_DONE;
}

enum expansion
expansion_do(struct message *m, size_t i)
{
	const struct qf_rcpt *r = &m->file.rcpt[i];
	bool list = r->kind == QF_INCLUDE || r->kind == QF_NESTED;

	if (r->kind != QF_INJECTED && r->kind != QF_NAME && !list)
		return EXPANSION_NOT;
	if (unreadable && (list || must_wait(m, i))) {
		message_answer(m, i, 'Z', "4.3.0", "unable to read the alias database");
		return EXPANSION_DONE;
	}
	if (!list && aliases.fd < 0)
		return m->file.rcpts == m->file.injected ? EXPANSION_NOT : only_once(m, i);
	switch (expand(&x, (char)r->kind, qf_string(&m->file, r->addr), qf_sender(&m->file, i))) {
	case EXPAND_NOT:
		return only_once(m, i);
	case EXPAND_DONE:
		if (r->kind == QF_INJECTED && looping(m, x.root.s)) {
			expand_undo(&x);
			message_answer(m, i, 'D', "5.4.6",
			    "mail loop: the header has the Delivered-To line of this alias already");
		} else
			replace(m, i);
		return EXPANSION_DONE;
	case EXPAND_NEVER:
		message_answer(m, i, 'D', x.outcome.status, x.outcome.text);
		return EXPANSION_DONE;
	case EXPAND_LATER:
	default:
		message_answer(m, i, 'Z', x.outcome.status, x.outcome.text);
		return EXPANSION_DONE;
	}
}
