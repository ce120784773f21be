/* Where each recipient of a message goes: a site, unless it is answered here. */
#include <errno.h>
#include <string.h>

#include "queue/log.h"
#include "queue/runner.h"
#include "wire/spawner.h"

static struct buf route_addr = BUF(ROUTED_ROOM), route_key = BUF(SPAWNER_KEY);

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

/* May it wait, closed, in the line of this its first site? One with a single recipient does when the site has enough to
 * do; one with several only when few places are left, which belong to those that a local user waits for. */
static bool
better_parked(const struct message *m, size_t i, const struct site *s)
{
	if (m->pending || m->history.len > m->found_again)
		return false;
	return i == m->file.rcpts - 1 ? site_full(s) : !message_room(CHANNEL_REMOTE);
}

bool
message_distribute(struct message *m)
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

			message_unload(m);
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
