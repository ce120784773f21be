/* The control socket, wire/control.h: one request at a time from each of a few connections. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/fd.h"
#include "queue/log.h"
#include "queue/runner.h"
#include "wire/control.h"
#include "wire/fields.h"

struct client {
	int fd;                         /* -1: free */
	size_t poll;
	uid_t uid;
	bool trusted;                   /* may do more than look */
};

#define ACCEPT_PAUSE_MS 1000            /* after a failure: the listening socket stays ready, waiting for it would spin */

static int listener = -1;
static size_t listener_poll;
static int64_t listener_deaf_ms;        /* until then it is not listened to */
static struct client client[CONTROL_CLIENTS];
static struct buf answer = BUF(CONTROL_PACKET - 100);

bool
ctl_open(void)
{
	size_t i;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		client[i].fd = -1;
	return (listener = control_listen()) >= 0;
}

static void
drop(struct client *c)
{
	close(c->fd);
	c->fd = -1;
}

static void
welcome(void)
{
	struct client *c;
	gid_t gid;
	int fd = accept(listener, 0, 0);

	if (fd < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ECONNABORTED)
			log_say("warning", "unable to accept on queue/ctl", "", errno);
		listener_deaf_ms = now.mono_ms + ACCEPT_PAUSE_MS;
		return;
	}
	for (c = client; c < client + CONTROL_CLIENTS && c->fd >= 0; c++)
		;
	if (c == client + CONTROL_CLIENTS || !fd_cloexec(fd, true)) {
		close(fd);
		return;
	}
	c->fd = fd;
	c->poll = SIZE_MAX;
	c->uid = (uid_t)-1;
	/* where the system cannot tell who it is, the mode of the socket has let nobody else in */
	if (compat_peer(fd, &c->uid, &gid))
		c->trusted = c->uid == 0 || c->uid == geteuid();
	else
		c->trusted = errno == EOPNOTSUPP;
}

/* who gets mail, and how much, is not everybody's business: the sites are shown only to who may change them */
static const char *
status(bool sites)
{
	const struct { const char *name; uint64_t n; } list[] = {
		{ "messages", schedule_count(schedule) },
		{ "active", message_count() },
		{ "local", site_busy(CHANNEL_LOCAL) },
		{ "local-limit", site_limit(CHANNEL_LOCAL) },
		{ "remote", site_busy(CHANNEL_REMOTE) },
		{ "remote-limit", site_limit(CHANNEL_REMOTE) },
		{ "schedule-bytes", schedule_bytes(schedule) },
		{ "scanning", intake_scanning() },
		{ "stopping", stopping },
		{ "pid", (uint64_t)getpid() },
		{ "loaded-us", (uint64_t)loaded_us },
	};
	size_t i;

	for (i = 0; i < sizeof list / sizeof *list; i++)
		if (!buf_puts(&answer, list[i].name) || !buf_byte(&answer, ' ') || !buf_num(&answer, list[i].n) ||
		    !buf_byte(&answer, '\n'))
			return "out of memory";
	return !sites || site_status(&answer) ? 0 : "out of memory";
}

static const char *
release(const struct qid *id, const char *text)
{
	char from[10 + QID_TEXT], to[10 + QID_TEXT], xx[QID_DIR];

	qid_dir_text(xx, qid_dir(id));
	snprintf(from, sizeof from, "hold/%s/%s", xx, text);
	snprintf(to, sizeof to, "msg/%s/%s", xx, text);
	/* link and unlink, not rename: a file that has the name meanwhile must not be lost */
	if (link(from, to) != 0)
		return errno == ENOENT ? "not held" : "unable to release";
	(void)unlink(from);
	(void)schedule_add(schedule, id, now.wall_s);
	return 0;
}

/* for the verbs that take an ID: 0 done, else why not */
static const char *
on_message(const char *verb, const char *text)
{
	struct qid id;
	struct message *m;
	uint32_t slot;
	bool started, parked;

	if (!text || !qid_parse(text, &id))
		return "not an ID";
	if (strcmp(verb, "release") == 0)
		return release(&id, text);
	if ((slot = schedule_find(schedule, &id)) == SLOT_NONE)
		return "no such message waiting";
	m = message_active(slot);
	parked = schedule_place(schedule, slot) == SCHEDULE_PARKED;
	if (strcmp(verb, "hold") == 0 || strcmp(verb, "delete") == 0) {
		if (parked && (site_unpark(slot) || bouncer_unpark(slot)))
			schedule_put(schedule, slot, now.wall_s);
		return message_wish(slot, *verb == 'h' ? WISH_HOLD : WISH_DELETE) ? 0 : "unable to do it, see the log";
	}
	if (parked && strcmp(verb, "expire") == 0)
		return schedule_flag(schedule, slot, SCHEDULE_LAST, 0), (const char *)0;
	if (parked)
		return "it waits for its destination's turn";
	if (m)
		return strcmp(verb, "expire") == 0 ? (m->last = true, (const char *)0) : "being delivered now";
	started = schedule_take_one(schedule, slot) && message_start(slot, strcmp(verb, "expire") == 0);
	return started ? 0 : "unable to start it, see the log";
}

static bool
is_message_verb(const char *verb)
{
	static const char *const verbs[] = { "retry", "hold", "release", "expire", "delete" };
	size_t i;

	for (i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verb, verbs[i]) == 0)
			return true;
	return false;
}

static const char *
retry_site(const char *pattern, uid_t uid)
{
	if (!pattern || !*pattern)
		return "which one?";
	if (!search_begin(pattern))
		return "too long, or too many at a time";
	log_operator(pattern, "retry-site", uid);
	return 0;
}

static const char *
obey(const struct client *c, const char *verb, const char *argument)
{
	const char *why;

	if (strcmp(verb, "status") == 0)
		return status(c->trusted);
	if (!c->trusted)
		return "not allowed";
	if (strcmp(verb, "flush") == 0)
		return runner_flush(), (const char *)0;
	if (strcmp(verb, "reload") == 0)
		return runner_reload() ? 0 : "unable to reload, see the log";
	if (strcmp(verb, "retry-site") == 0)
		return retry_site(argument, c->uid);
	if (!is_message_verb(verb))
		return "no such verb";
	why = on_message(verb, argument);
	if (!why)
		log_operator(argument, verb, c->uid);
	return why;
}

/* one packet; a malformed one ends the connection */
static void
serve(struct client *c)
{
	static char packet[CONTROL_PACKET];
	struct buf reply = BUF(CONTROL_PACKET);
	struct fields f;
	const char *verb, *argument, *why;
	int pass;
	ssize_t n = fd_receive(c->fd, packet, sizeof packet, &pass, MSG_DONTWAIT);

	if (pass >= 0)
		close(pass);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	if (n <= 0 || pass >= 0 || !fields_open(&f, packet, (size_t)n) || !(verb = fields_next(&f))) {
		drop(c);
		return;
	}
	argument = fields_next(&f);
	if (fields_next(&f)) {
		drop(c);
		return;
	}
	buf_clear(&answer);
	why = obey(c, verb, argument);
	if (!fields_put(&reply, why ? "E" : "K") || !fields_put(&reply, why ? why : answer.s ? answer.s : "") ||
	    !fd_send(c->fd, reply.s, reply.len, -1, MSG_DONTWAIT))
		drop(c);                        /* who does not read its answer goes without */
	buf_free(&reply);
}

void
ctl_want(struct wait *w)
{
	size_t i;

	listener_poll = SIZE_MAX;
	if (now.mono_ms >= listener_deaf_ms)
		listener_poll = want_fd(w, listener, POLLIN);
	else
		want_until(w, listener_deaf_ms);
	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (client[i].fd >= 0)
			client[i].poll = want_fd(w, client[i].fd, POLLIN);
}

void
ctl_do(const struct wait *w)
{
	size_t i;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (client[i].fd >= 0 && client[i].poll < w->len && w->fd[client[i].poll].revents)
			serve(&client[i]);
	if (listener_poll < w->len && w->fd[listener_poll].revents)
		welcome();
}
