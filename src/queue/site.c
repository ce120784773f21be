#include "queue/site.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW_FIRST 5
#define AHEAD_LOCAL 16                  /* jobs a worker may have: it can sync several files at once */
#define AHEAD_REMOTE 2                  /* so that the next envelope travels with the end of the last message */
#define IDLE_MS 5000                    /* how long a worker without a job is kept */
#define DEAD_FIRST_MS 60000
#define DEAD_MOST_MS 3600000
#define FULL_MANY 200                   /* open messages a site may have while there is plenty of room */
#define SHORT_MS 200                    /* when to ask again for a worker that could not be asked for */
#define REFILL 64                       /* parked messages opened a turn */
#define TABLE_SIZE 4096

struct channel_state channels[CHANNELS];
static struct site *table[TABLE_SIZE];
static struct site *building;           /* those with a task being filled */
static struct site *live;
static bool short_of_workers;            /* one could not be asked for */

void
site_open(int lspawn, int rspawn)
{
	channels[CHANNEL_LOCAL] = (struct channel_state){ .spawner = lspawn, .ahead = AHEAD_LOCAL };
	channels[CHANNEL_REMOTE] = (struct channel_state){ .spawner = rspawn, .ahead = AHEAD_REMOTE };
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

struct site *
site_first(void)
{
	return live;
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

void
site_ready(struct site *s)
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
	site_ready(s);
}

bool
site_add(struct site *s, struct message *m, size_t rcpt)
{
	struct task *t = s->building;
	size_t room = t ? t->room * 4 : 1, bytes = JOB_RCPT_BYTES(strlen(message_rcpt(m, rcpt)));

	if (t && (t->n == JOB_RECIPIENTS || t->bytes + bytes > JOB_PACKET)) {
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
		if (!t) {
			memset(grown, 0, sizeof *grown);
			grown->bytes = JOB_FIXED_BYTES(strlen(message_sender(m)), sizeof EIGHT_BIT);
		}
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
	t->bytes += bytes;
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

void
site_put_first(struct site *s, struct task *t)
{
	t->next = s->task;
	if (!s->task)
		s->task_end = &t->next;
	s->task = t;
	s->tasks++;
	site_ready(s);
}

static void
defer_task(struct site *s, struct task *t, const char *status, const char *text)
{
	task_verdict(t, 'Z', status, text);
	s->open--;
	message_task_done(t->m, t->n);
	free(t);
}

/* Nobody answers there: no attempt is made. What is parked need not even be opened, but for what is too old: it is
 * due now, finds nobody here, and bounces. Else only as much as is in tasks would, once in a pause. */
static void
leave_alone(struct site *s)
{
	int64_t later = now.wall_s + (s->dead_ms - now.mono_ms) / 1000 + 1;

	ring_remove(s);
	while (s->parked_count) {
		uint32_t slot = unpark(s);

		schedule_put(schedule, slot, message_too_old(schedule_qid(schedule, slot)->us) ? now.wall_s : later);
	}
	while (s->task)
		defer_task(s, next_task(s), "4.4.1", "nobody answered there shortly before; not tried this time");
}

/* Who shall have the next task of this site? 0: nobody now. */
static struct worker *
choose(struct site *s)
{
	struct channel_state *c = &channels[s->channel];
	struct worker *w;
	bool others = c->ring && c->ring != s;

	if (s->busy < s->window && c->busy < c->limit) {
		if (!(w = worker_idle(s)) && !(w = worker_new(s)))
			short_of_workers = true;        /* no memory, or the spawner is behind: soon again */
		return w;
	}
	/* a worker's queue must not keep its place from a site that has none */
	return c->busy < c->limit || !others ? worker_least_busy(s, c->ahead) : 0;
}

static void
start_one(struct site *s)
{
	struct worker *w = choose(s);

	if (w)
		worker_start(w, next_task(s));
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

void
site_answers(struct site *s)
{
	s->failures = 0;
	s->dead_ms = 0;
	if (s->window < settings.concurrencysite)
		s->window++;
}

void
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

/* ---- the loop's two halves */

void
site_want(struct wait *wait)
{
	struct site *s;
	struct worker *w;
	int c;

	for (c = 0; c < CHANNELS; c++)
		channels[c].poll = want_fd(wait, channels[c].spawner, POLLIN);
	if (short_of_workers)
		want_until(wait, now.mono_ms + SHORT_MS);
	short_of_workers = false;
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
		if (w->fd >= 0 && heard && !worker_hear(w))
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
		if (channels[c].poll < wait->len && wait->fd[channels[c].poll].revents && !worker_hear_spawner((enum channel)c))
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
