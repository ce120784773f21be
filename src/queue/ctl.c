/* The control socket, wire/control.h: one request at a time from each of a few connections. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "queue/log.h"
#include "queue/rates.h"
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

const char *
ctl_numbers(struct buf *b)
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
		{ "overdue", message_overdue_s() },
	};
	size_t i;

	for (i = 0; i < sizeof list / sizeof *list; i++)
		if (!buf_puts(b, list[i].name) || !buf_byte(b, ' ') || !buf_num(b, list[i].n) || !buf_byte(b, '\n'))
			return "out of memory";
	return rates_put(b) ? 0 : "out of memory";
}

/* ---- verbs: 0 done, else why not; what there is to say is put into the answer */

typedef const char *verb_do(const struct client *, const char *word);

/* who gets mail, and how much, is not everybody's business: the sites are shown only to who may change them */
static const char *
do_status(const struct client *c, const char *word)
{
	const char *why = ctl_numbers(&answer);

	(void)word;
	return why || !c->trusted || site_status(&answer) ? why : "out of memory";
}

static const char *
do_live(const struct client *c, const char *word)
{
	const char *why = ctl_numbers(&answer);

	(void)word;
	return why || (live_ages(&answer) && (!c->trusted || live_lists(&answer))) ? why : "out of memory";
}

static const char *
do_flush(const struct client *c, const char *word)
{
	(void)c, (void)word;
	runner_flush();
	return 0;
}

static const char *
do_reload(const struct client *c, const char *word)
{
	(void)c, (void)word;
	return runner_reload() ? 0 : "unable to reload, see the log";
}

static const char *
do_retry_site(const struct client *c, const char *word)
{
	(void)c;
	if (!word || !*word)
		return "which one?";
	return search_begin(word) ? 0 : "too long, or too many at a time";
}

static const char *
do_pause(const struct client *c, const char *word)
{
	return pause_begin(word, c->uid);
}

static const char *
do_resume(const struct client *c, const char *word)
{
	(void)c;
	return pause_end(word);
}

static const struct verb {
	const char *name;
	verb_do *run;                   /* 0: it is about messages, see operate.c */
	unsigned words;                 /* beside IDs */
	bool alone;                     /* can it be done where no runner is? */
} verbs[] = {
	{ "status", do_status, 0, false },
	{ "live", do_live, 0, false },
	{ "flush", do_flush, 0, false },
	{ "reload", do_reload, 0, false },
	{ "retry-site", do_retry_site, 1, false },
	{ "pause", do_pause, 1, true },
	{ "resume", do_resume, 1, true },
	{ "retry", 0, 0, true }, { "hold", 0, 0, true }, { "release", 0, 0, true }, { "expire", 0, 0, true }, { "bounce", 0, 0, true },
	{ "delete", 0, 0, true }, { "purge", 0, 0, true }, { "undo", 0, 0, true }, { "redirect", 0, 2, true }, { "reroute", 0, 1, true },
};

static bool
only_looks(const struct verb *v)
{
	return v->run == do_status || v->run == do_live;
}

static const struct verb *
find_verb(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return 0;
}

/* ---- orders for messages */

static const char *
one_message(const struct order *o, const char *id)
{
	const char *why = operate(o, id);

	if (!why)
		log_operator(id, o->verb, o->uid);
	return why;
}

/* several: the answer names those with whom it was not done */
static const char *
many_messages(const struct order *o, const char *id, struct fields *f)
{
	const char *why;

	for (; id; id = fields_next(f)) {
		if (strlen(id) >= QID_TEXT)
			return "not an ID; those after it have not been looked at";
		if ((why = one_message(o, id)) && (!buf_puts(&answer, id) || !buf_byte(&answer, ' ') || !buf_puts(&answer, why) ||
		    !buf_byte(&answer, '\n')))
			return "out of memory; some have not been looked at";
	}
	return 0;
}

static const char *
on_messages(const struct client *c, const struct verb *v, struct fields *f)
{
	struct order o = { .verb = v->name, .uid = c->uid };
	const char *id, *why;
	size_t i;

	for (i = 0; i < v->words; i++)
		o.word[i] = fields_next(f);
	if ((why = operate_check(&o)))
		return why;
	if (!(id = fields_next(f)))
		return "not an ID";
	return f->at == f->end ? one_message(&o, id) : many_messages(&o, id, f);
}

/* 0: done; else why not. *broken: nothing to answer, this is no request */
static const char *
obey(const struct client *c, const char *name, struct fields *f, bool *broken)
{
	const struct verb *v = find_verb(name);
	const char *word = 0, *why;

	if (v && v->run) {
		word = v->words ? fields_next(f) : 0;
		*broken = fields_next(f) != 0;
		if (*broken)
			return 0;
	}
	if (!c->trusted && (!v || !only_looks(v)))
		return "not allowed";
	if (!v)
		return "no such verb";
	if (alone && !v->alone)
		return "no runner";
	if (!v->run)
		return on_messages(c, v, f);
	if (!(why = v->run(c, word)) && !only_looks(v))
		log_operator(word ? word : "", v->name, c->uid);
	return why;
}

static bool
reply(struct client *c, const char *why, int flags)
{
	struct buf b = BUF(CONTROL_PACKET);
	bool ok;

	log_flush();                            /* whoever has an answer finds in the log what was done */
	ok = fields_put(&b, why ? "E" : "K") && fields_put(&b, why ? why : answer.len ? answer.s : "") && fd_send(c->fd, b.s, b.len, -1, flags);
	buf_free(&b);
	return ok;
}

/* one packet; a malformed one ends the connection. false: it has ended */
static bool
serve(struct client *c, int flags)
{
	static char packet[CONTROL_PACKET];
	struct fields f;
	const char *verb, *why;
	bool broken = false;
	int pass;
	ssize_t n = fd_receive(c->fd, packet, sizeof packet, &pass, flags);

	if (pass >= 0)
		close(pass);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return true;
	if (n <= 0 || pass >= 0 || !fields_open(&f, packet, (size_t)n) || !(verb = fields_next(&f)))
		return false;
	buf_clear(&answer);
	why = obey(c, verb, &f, &broken);
	return !broken && reply(c, why, flags); /* who does not read its answer goes without */
}

int
ctl_alone(int fd)
{
	struct client c = { .fd = fd, .trusted = true };
	gid_t gid;

	if (!compat_peer(fd, &c.uid, &gid))
		c.uid = getuid();
	do {
		now.wall_s = clock_wall_s();
		now.mono_ms = clock_mono_ms();
	} while (serve(&c, 0));
	log_flush();
	return 0;
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
			(void)(serve(&client[i], MSG_DONTWAIT) || (drop(&client[i]), true));
	if (listener_poll < w->len && w->fd[listener_poll].revents)
		welcome();
}
