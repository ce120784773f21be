/* One site per destination: a local user or a route. It has
 *   tasks    parts of messages (up to JOB_RECIPIENTS recipients) that wait for a worker, first come first served
 *   parked   messages beyond those, closed again, as slots of the schedule
 *   workers  processes that deliver there, each with the jobs given to it and not yet reported
 *   window   how many workers may be busy at once: opens with each success, halves when nobody answers
 *   dead     until when it is left alone because nobody answered; a growing while
 * Sites with something to do stand in a ring, one per channel; each turn of the ring starts one task of each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "queue/log.h"
#include "queue/runner.h"
#include "wire/spawner.h"

#define WINDOW_FIRST 5
#define AHEAD_LOCAL 16                  /* jobs a worker may have: it can sync several files at once */
#define AHEAD_REMOTE 2                  /* so that the next envelope travels with the end of the last message */
#define IDLE_MS 5000                    /* how long a worker without a job is kept */
#define DEAD_FIRST_MS 60000
#define DEAD_MOST_MS 3600000
#define FULL_MANY 200                   /* open messages a site may have while there is plenty of room */
#define REFILL 64                       /* parked messages opened a turn */
#define TABLE_SIZE 4096

struct task {
	struct task *next;
	struct message *m;
	uint64_t number;                /* delivery number of its first recipient, once a worker has it */
	size_t n, left, room;           /* recipients; of them not reported */
	unsigned refusals;              /* workers that could not be given it */
	uint32_t rcpt[];                /* indices in m->file; REPORTED once reported */
};

#define REPORTED UINT32_MAX

struct worker {
	struct worker *next;            /* of the site */
	struct site *site;
	struct task *task;              /* given, oldest first */
	size_t tasks;
	uint64_t request;               /* number of the unanswered question to the spawner */
	int fd;                         /* -1: still asked for */
	size_t poll;                    /* its place in this turn's wait */
	int64_t idle_ms;                /* since when it has no task */
};

struct site {
	struct site *next;              /* same hash */
	struct site *live_next;         /* all that have tasks, parked messages or workers */
	struct site *ring_next, *ring_prev, *building_next;
	enum channel channel;
	bool live, in_ring, listed;     /* listed: in the list of those being filled */
	struct task *task, **task_end;
	struct task *building;          /* being filled by site_add */
	size_t tasks, open;             /* tasks waiting; waiting or given */
	uint32_t parked, parked_last;
	size_t parked_count;
	struct worker *worker;
	unsigned workers, busy, window, failures;
	int64_t dead_ms;                /* left alone until then; 0 */
	char key[];
};

struct channel_state {
	int spawner;
	size_t poll;
	unsigned busy, workers, limit, ahead;
	struct site *ring;              /* the next one's turn */
};

static struct channel_state channels[CHANNELS];
static struct site *table[TABLE_SIZE];
static struct site *building;           /* those with a task being filled */
static struct site *live;
static uint64_t delivery = 1, request = 1;
static char packet[JOB_PACKET];

bool
site_open(int lspawn, int rspawn)
{
	channels[CHANNEL_LOCAL] = (struct channel_state){ .spawner = lspawn, .ahead = AHEAD_LOCAL };
	channels[CHANNEL_REMOTE] = (struct channel_state){ .spawner = rspawn, .ahead = AHEAD_REMOTE };
	return true;
}

unsigned
site_busy(enum channel c)
{
	return channels[c].busy;
}

unsigned
site_limit(enum channel c)
{
	return (unsigned)(c == CHANNEL_LOCAL ? settings.concurrencylocal : settings.concurrencyremote);
}

/* ---- the table */

static size_t
hash(enum channel c, const char *key)
{
	uint64_t h = 0xcbf29ce484222325u + c;

	while (*key)
		h = (h ^ (unsigned char)*key++) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32) % TABLE_SIZE;
}

struct site *
site_get(enum channel c, const char *key)
{
	struct site **at = &table[hash(c, key)], *s;

	for (; *at; at = &(*at)->next)
		if ((*at)->channel == c && strcmp((*at)->key, key) == 0)
			return *at;
	if (!(s = calloc(1, sizeof *s + strlen(key) + 1)))
		return 0;
	s->channel = c;
	s->task_end = &s->task;
	s->parked = s->parked_last = SLOT_NONE;
	s->window = WINDOW_FIRST < settings.concurrencysite ? WINDOW_FIRST : (unsigned)settings.concurrencysite;
	strcpy(s->key, key);
	*at = s;
	return s;
}

static void
enliven(struct site *s)
{
	if (s->live)
		return;
	s->live = true;
	s->live_next = live;
	live = s;
}

/* Who has nothing to do leaves the list; what it knows of a silent host stays in the table for a while. */
static void
prune(void)
{
	struct site **at = &live;

	while (*at) {
		struct site *s = *at;

		if (!s->open && !s->parked_count && !s->worker) {
			s->live = false;
			*at = s->live_next;
		} else
			at = &s->live_next;
	}
}

/* one row of the table a turn: forget who is idle and has nothing to remember */
static void
sweep(void)
{
	static size_t row;
	struct site **at = &table[row++ % TABLE_SIZE];

	while (*at) {
		struct site *s = *at;

		if (!s->live && !s->listed && now.mono_ms >= s->dead_ms) {
			*at = s->next;
			free(s);
		} else
			at = &s->next;
	}
}

/* ---- the ring */

static void
ring_add(struct site *s)
{
	struct site **ring = &channels[s->channel].ring;

	if (s->in_ring || !s->task)
		return;
	s->in_ring = true;
	if (!*ring)
		*ring = s->ring_next = s->ring_prev = s;
	else {                                  /* last: before the one whose turn it is */
		s->ring_next = *ring;
		s->ring_prev = (*ring)->ring_prev;
		s->ring_prev->ring_next = s;
		s->ring_next->ring_prev = s;
	}
}

static void
ring_remove(struct site *s)
{
	struct site **ring = &channels[s->channel].ring;

	if (!s->in_ring)
		return;
	s->in_ring = false;
	if (s->ring_next == s)
		*ring = 0;
	else {
		s->ring_next->ring_prev = s->ring_prev;
		s->ring_prev->ring_next = s->ring_next;
		if (*ring == s)
			*ring = s->ring_next;
	}
}

/* ---- tasks */

bool
site_full(const struct site *s)
{
	size_t few = 2 * s->window * (s->channel == CHANNEL_LOCAL ? 4 : AHEAD_REMOTE);

	if (now.mono_ms < s->dead_ms)
		return false;                   /* it will be answered at once */
	return s->open >= (message_count() < message_limit() / 2 && few < FULL_MANY ? FULL_MANY : few);
}

void
site_park(struct site *s, uint32_t slot)
{
	enliven(s);
	schedule_park(schedule, slot, SLOT_NONE);
	if (s->parked == SLOT_NONE)
		s->parked = slot;
	else
		schedule_set_link(schedule, s->parked_last, slot);
	s->parked_last = slot;
	s->parked_count++;
}

static uint32_t
unpark(struct site *s)
{
	uint32_t slot = s->parked;

	s->parked = schedule_link(schedule, slot);
	if (s->parked == SLOT_NONE)
		s->parked_last = SLOT_NONE;
	s->parked_count--;
	schedule_unpark(schedule, slot);
	return slot;
}

/* an operator's wish, so looking for it in all lines is no matter; what came first, and is likely meant, stands in front */
void
site_unpark(uint32_t slot)
{
	struct site *s;
	uint32_t at, before;

	for (s = live; s; s = s->live_next)
		for (before = SLOT_NONE, at = s->parked; at != SLOT_NONE; before = at, at = schedule_link(schedule, at)) {
			if (at != slot)
				continue;
			if (before == SLOT_NONE)
				s->parked = schedule_link(schedule, slot);
			else
				schedule_set_link(schedule, before, schedule_link(schedule, slot));
			if (s->parked_last == slot)
				s->parked_last = before;
			s->parked_count--;
			schedule_put(schedule, slot, now.wall_s);
			return;
		}
}

static void
queue_task(struct site *s, struct task *t)
{
	enliven(s);
	t->left = t->n;
	*s->task_end = t;
	s->task_end = &t->next;
	s->tasks++;
	s->open++;
	ring_add(s);
}

bool
site_add(struct site *s, struct message *m, size_t rcpt)
{
	struct task *t = s->building;
	size_t room = t ? t->room * 4 : 1;

	if (t && t->n == JOB_RECIPIENTS) {
		queue_task(s, t);
		t = 0;
		room = JOB_RECIPIENTS;
	}
	if (!t || t->n == t->room) {
		struct task *grown;

		room = room < JOB_RECIPIENTS ? room : JOB_RECIPIENTS;
		if (!(grown = realloc(t, sizeof *t + room * sizeof t->rcpt[0]))) {
			if (!t)
				s->building = 0;
			return false;
		}
		if (!t)
			memset(grown, 0, sizeof *grown);
		if (!s->listed) {
			s->building_next = building;
			building = s;
			s->listed = true;
		}
		grown->m = m;
		grown->room = room;
		s->building = t = grown;
	}
	t->rcpt[t->n++] = (uint32_t)rcpt;
	return true;
}

void
site_added(void)
{
	struct site *s;

	while ((s = building)) {
		building = s->building_next;
		s->listed = false;
		if (s->building)
			queue_task(s, s->building);
		s->building = 0;
	}
}

/* ---- workers */

static void
worker_free(struct worker *w)
{
	struct worker **at = &w->site->worker;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	if (w->tasks) {
		w->site->busy--;
		channels[w->site->channel].busy--;
	}
	w->site->workers--;
	channels[w->site->channel].workers--;
	if (w->fd >= 0)
		close(w->fd);
	ring_add(w->site);
	free(w);
}

/* a task is over: all its recipients have been reported */
static void
task_end(struct worker *w, struct task *t)
{
	struct task **at = &w->task;
	struct site *s = w->site;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (--w->tasks == 0) {
		w->idle_ms = now.mono_ms;
		s->busy--;
		channels[s->channel].busy--;
	}
	s->open--;
	ring_add(s);
	message_task_done(t->m, t->n);
	free(t);
}

/* everything not yet reported of a task gets this verdict */
static void
task_verdict(struct task *t, char verdict, const char *status, const char *text)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (t->rcpt[i] == REPORTED)
			continue;
		message_report(t->m, t->rcpt[i], t->number ? t->number + i : 0, verdict, status, text);
		t->rcpt[i] = REPORTED;
	}
	t->left = 0;
}

static void
worker_lost(struct worker *w, char verdict, const char *status, const char *text)
{
	struct task *t;

	while ((t = w->task)) {
		task_verdict(t, verdict, status, text);
		if (w->tasks == 1 && w->fd >= 0) {      /* its last: nothing more may be given to it */
			close(w->fd);
			w->fd = -1;
		}
		task_end(w, t);
	}
	worker_free(w);
}

static bool
ask_for_worker(struct worker *w)
{
	struct spawner_request r = { w->request = request++, w->site->key };

	return spawner_ask(channels[w->site->channel].spawner, &r, MSG_DONTWAIT);
}

static struct worker *
worker_new(struct site *s)
{
	struct worker *w = calloc(1, sizeof *w);

	if (!w)
		return 0;
	w->site = s;
	w->fd = -1;
	w->poll = SIZE_MAX;
	if (!ask_for_worker(w)) {
		free(w);
		return 0;
	}
	w->next = s->worker;
	s->worker = w;
	s->workers++;
	channels[s->channel].workers++;
	return w;
}

/* false: the worker cannot be reached */
static bool
give(struct worker *w, struct task *t)
{
	struct job j = { .params = "", .offset = QF_HEADER, .length = t->m->file.header.length };
	size_t i;

	if (t->m->file.body && strcmp(qf_string(&t->m->file, t->m->file.body), "8BITMIME") == 0)
		j.params = "BODY=8BITMIME";
	j.number = t->number;
	j.sender = message_sender(t->m);
	j.message = w->site->channel == CHANNEL_LOCAL ? message_local_fd(t->m, &j.offset) : t->m->fd;
	for (i = 0; i < t->n; i++)
		j.rcpt[j.rcpts++] = message_rcpt(t->m, t->rcpt[i]);
	return j.message >= 0 && job_put(w->fd, &j, MSG_DONTWAIT);
}

/* From here on it is a delivery with a number in the log, also if the spawner finds nobody to do it. */
static void
worker_take(struct worker *w, struct task *t)
{
	struct task **end = &w->task;
	size_t i;

	if (!t->number) {
		t->number = delivery;
		delivery += t->n;
		for (i = 0; i < t->n; i++)
			log_start(t->number + i, t->m->id, w->site->channel, message_rcpt(t->m, t->rcpt[i]));
	}
	while (*end)
		end = &(*end)->next;
	*end = t;
	t->next = 0;
	if (w->tasks++ == 0) {
		w->site->busy++;
		channels[w->site->channel].busy++;
	}
}

/* ---- giving work */

static struct task *
next_task(struct site *s)
{
	struct task *t = s->task;

	s->task = t->next;
	if (!s->task)
		s->task_end = &s->task;
	s->tasks--;
	t->next = 0;
	return t;
}

static void
put_first(struct site *s, struct task *t)
{
	t->next = s->task;
	if (!s->task)
		s->task_end = &t->next;
	s->task = t;
	s->tasks++;
	ring_add(s);
}

static void
defer_task(struct site *s, struct task *t, const char *status, const char *text)
{
	task_verdict(t, 'Z', status, text);
	s->open--;
	message_task_done(t->m, t->n);
	free(t);
}

/* Nobody answers there: no attempt is made. What is parked need not even be opened. */
static void
leave_alone(struct site *s)
{
	ring_remove(s);
	while (s->parked_count)
		schedule_put(schedule, unpark(s), now.wall_s + (s->dead_ms - now.mono_ms) / 1000 + 1);
	while (s->task)
		defer_task(s, next_task(s), "4.4.1", "nobody answered there shortly before; not tried this time");
}

/* the idle worker that was busy last: its memory is warm */
static struct worker *
idle_worker(const struct site *s)
{
	struct worker *w, *best = 0;

	for (w = s->worker; w; w = w->next)
		if (w->tasks == 0 && w->fd >= 0 && (!best || w->idle_ms > best->idle_ms))
			best = w;
	return best;
}

/* a busy worker that may have one job more */
static struct worker *
least_busy(const struct site *s, size_t most)
{
	struct worker *w, *best = 0;

	for (w = s->worker; w; w = w->next)
		if (w->tasks && w->tasks < most && w->fd >= 0 && (!best || w->tasks < best->tasks))
			best = w;
	return best;
}

/* Who shall have the next task of this site? 0 with *wait: nobody now. */
static struct worker *
choose(struct site *s, bool *wait)
{
	struct channel_state *c = &channels[s->channel];
	struct worker *w = 0;
	bool others = c->ring && c->ring != s;

	*wait = false;
	if (s->busy < s->window && c->busy < c->limit) {
		w = idle_worker(s);
		if (!w && !(w = worker_new(s)))
			*wait = true;           /* no memory, or the spawner is behind: soon again */
		return w;
	}
	/* a worker's queue must not keep its place from a site that has none */
	if (c->busy < c->limit || !others)
		w = least_busy(s, c->ahead);
	*wait = !w;
	return w;
}

static void
start_one(struct site *s)
{
	struct worker *w;
	struct task *t;
	bool wait;

	if (!(w = choose(s, &wait)))
		return;
	t = next_task(s);
	worker_take(w, t);
	if (w->fd < 0 || give(w, t))
		return;
	if (w->tasks == 1 && t->refusals++ < 2) {       /* it ended while it was idle: another may have the task */
		w->task = 0;
		w->tasks = 0;
		s->busy--;
		channels[s->channel].busy--;
		worker_free(w);
		put_first(s, t);
	} else
		worker_lost(w, 'Z', "4.3.0", "unable to hand the message to a worker");
}

/* one turn of the ring after another, until nobody can start anything */
static void
dispatch(struct channel_state *c)
{
	struct site *s, *stop = 0;
	size_t had;

	while ((s = c->ring) && s != stop) {
		if (now.mono_ms < s->dead_ms) {
			leave_alone(s);
			stop = 0;
			continue;
		}
		had = s->tasks;
		start_one(s);
		if (s->tasks != had)
			stop = 0;
		else if (!stop)
			stop = s;
		if (!s->task)
			ring_remove(s);
		else if (c->ring == s)
			c->ring = s->ring_next;
	}
}

static void
refill(struct site *s)
{
	int n;

	/* site_full begins further up, so what is opened here is not parked again at once */
	for (n = 0; n < REFILL && s->parked_count && !stopping && message_count() < message_limit() &&
	    s->open < 3 * s->window; n++)
		(void)message_start(unpark(s), false);
}

/* ---- hearing of it */

static void
site_answers(struct site *s)
{
	s->failures = 0;
	s->dead_ms = 0;
	if (s->window < settings.concurrencysite)
		s->window++;
}

static void
site_silent(struct site *s)
{
	int64_t pause = DEAD_FIRST_MS;
	unsigned i;

	if (now.mono_ms < s->dead_ms)
		return;                         /* others of the same moment */
	for (i = 0; i < s->failures && pause < DEAD_MOST_MS; i++)
		pause *= 2;
	s->failures++;
	s->dead_ms = now.mono_ms + (pause < DEAD_MOST_MS ? pause : DEAD_MOST_MS);
	s->window = s->window > 1 ? s->window / 2 : 1;
}

static struct task *
find_task(const struct worker *w, uint64_t number)
{
	struct task *t;

	for (t = w->task; t; t = t->next)
		if (t->number == number)
			return t;
	return 0;
}

/* a worker is not believed: what it may not say is a deferral of what it has */
static void
take_report(struct worker *w, const struct report *r)
{
	struct task *t = find_task(w, r->number);

	if (!t || r->index >= t->n || t->rcpt[r->index] == REPORTED) {
		log_mangled(r->number);
		return;
	}
	if (r->site && r->verdict == 'Z')
		site_silent(w->site);
	else
		site_answers(w->site);
	message_report(t->m, t->rcpt[r->index], t->number + r->index, r->verdict, r->status, r->text);
	t->rcpt[r->index] = REPORTED;
	if (--t->left == 0)
		task_end(w, t);
}

/* false: the worker is gone */
static bool
hear_worker(struct worker *w)
{
	struct report r;

	for (;;) {
		switch (report_get(w->fd, packet, &r, MSG_DONTWAIT)) {
		case JOB_GOT:
			take_report(w, &r);
			if (w->tasks == 0)
				return true;    /* nothing more can come: save the call that would say so */
			break;
		case JOB_NONE:
			return true;
		case JOB_BAD:
			log_mangled(w->task ? w->task->number : 0);
			/* fall through */
		case JOB_END:
		case JOB_TROUBLE:
		default:
			worker_lost(w, 'Z', "4.3.0", "the delivery program ended without a report");
			return false;
		}
	}
}

static struct worker *
find_request(enum channel c, uint64_t number)
{
	struct site *s;
	struct worker *w;

	for (s = live; s; s = s->live_next)
		for (w = s->channel == c ? s->worker : 0; w; w = w->next)
			if (w->fd < 0 && w->request == number)
				return w;
	return 0;
}

static void
worker_arrives(struct worker *w, int fd)
{
	struct task *t;

	w->fd = fd;
	for (t = w->task; t; t = t->next)
		if (!give(w, t)) {
			worker_lost(w, 'Z', "4.3.0", "unable to hand the message to a worker");
			return;
		}
}

/* Nobody knows which request an answer was for that could not be read, or whose socket could not be taken for want of
 * descriptors. All that are open are given up: a worker that comes nevertheless is sent home. */
static void
forget_requests(enum channel c)
{
	struct worker *w, *next;
	struct site *s;

	for (s = live; s; s = s->live_next)
		for (w = s->channel == c ? s->worker : 0; w; w = next) {
			next = w->next;
			if (w->fd < 0)
				worker_lost(w, 'Z', "4.3.0", "the spawner's answer could not be read");
		}
}

/* false: the spawner is gone */
static bool
hear_spawner(enum channel c)
{
	static char space[SPAWNER_PACKET];
	struct spawner_answer a;
	struct worker *w;

	for (;;) {
		switch (spawner_answered(channels[c].spawner, space, &a, MSG_DONTWAIT)) {
		case JOB_GOT:
			if (!(w = find_request(c, a.number))) {
				if (a.worker >= 0)
					close(a.worker);
				log_say("warning", "a spawner answered what nobody asked", "", 0);
			} else if (a.verdict == 'K')
				worker_arrives(w, a.worker);
			else
				worker_lost(w, a.verdict, a.status, a.text);
			break;
		case JOB_NONE:
			return true;
		case JOB_BAD:
			log_say("warning", "a spawner's answer is mangled", "", 0);
			forget_requests(c);
			break;
		case JOB_TROUBLE:
			log_say("alert", "unable to hear a spawner", "", errno);
			return false;
		case JOB_END:
		default:
			log_say("alert", "a spawner is gone", "", 0);
			return false;
		}
	}
}

/* ---- the loop's two halves */

void
site_want(struct wait *wait)
{
	struct site *s;
	struct worker *w;
	int c;

	for (c = 0; c < CHANNELS; c++)
		channels[c].poll = want_fd(wait, channels[c].spawner, POLLIN);
	for (s = live; s; s = s->live_next)
		for (w = s->worker; w; w = w->next) {
			w->poll = SIZE_MAX;
			if (w->fd < 0)
				continue;
			w->poll = want_fd(wait, w->fd, POLLIN);
			if (!w->tasks)
				want_until(wait, w->idle_ms + IDLE_MS);
		}
}

static void
look_after(struct site *s, const struct wait *wait)
{
	struct worker *w, *next;

	for (w = s->worker; w; w = next) {
		bool heard = w->poll < wait->len && wait->fd[w->poll].revents;

		next = w->next;
		w->poll = SIZE_MAX;
		if (w->fd >= 0 && heard && !hear_worker(w))
			continue;
		if (w->fd >= 0 && !w->tasks && now.mono_ms >= w->idle_ms + IDLE_MS)
			worker_free(w);
	}
	refill(s);
}

bool
site_do(const struct wait *wait)
{
	struct site *s;
	int c;

	for (c = 0; c < CHANNELS; c++) {
		channels[c].limit = site_limit((enum channel)c);
		if (channels[c].poll < wait->len && wait->fd[channels[c].poll].revents && !hear_spawner((enum channel)c))
			return false;
	}
	for (s = live; s; s = s->live_next)
		look_after(s, wait);
	for (c = 0; c < CHANNELS && !stopping; c++)
		dispatch(&channels[c]);
	prune();
	sweep();
	return true;
}

void
site_wake_all(void)
{
	struct site *s;
	size_t i;

	for (i = 0; i < TABLE_SIZE; i++)
		for (s = table[i]; s; s = s->next)
			s->dead_ms = 0;
}

bool
site_status(struct buf *b)
{
	struct site *s;
	size_t i;
	bool ok = true;

	for (i = 0; ok && i < TABLE_SIZE; i++)
		for (s = table[i]; ok && s && b->len < b->max - 2000; s = s->next) {
			int64_t dead = s->dead_ms > now.mono_ms ? (s->dead_ms - now.mono_ms) / 1000 : 0;

			ok = buf_puts(b, s->channel == CHANNEL_LOCAL ? "site local " : "site remote ") &&
			    buf_puts(b, s->key) && buf_puts(b, " queued ") && buf_num(b, s->tasks) &&
			    buf_puts(b, " parked ") && buf_num(b, s->parked_count) && buf_puts(b, " busy ") &&
			    buf_num(b, s->busy) && buf_puts(b, " window ") && buf_num(b, s->window) &&
			    buf_puts(b, " dead ") && buf_num(b, (uint64_t)dead) && buf_byte(b, '\n');
		}
	return ok;
}
