#include "queue/site.h"

#include <stdlib.h>
#include <string.h>

#include "wire/envelope.h"
#include "wire/spawner.h"

#define WINDOW_FIRST 5
#define AHEAD_LOCAL 16                  /* jobs a worker may have: it can sync several files at once */
#define FEW_LOCAL 2                     /* workers of a user before each must have its fill */
#define AHEAD_REMOTE 2                  /* so that the next envelope travels with the end of the last message */
#define DEAD_FIRST_MS 60000
#define DEAD_MOST_MS 3600000
#define FULL_MANY 200                   /* open messages a site may have while there is plenty of room */
#define SHORT_MS 200                    /* when to try again what could not be asked for or handed over */
#define REFILL 64                       /* parked messages opened a turn, */
#define REFILL_LOOK 256                 /* and sites looked at for them */
#define TABLE_SIZE 4096
#define FAMILIES 1024                   /* two families may be taken for one, and then share what one may have */

struct family {
	unsigned busy;                  /* workers with tasks, */
	size_t open;                    /* and tasks, of all its sites */
};

struct channel_state channels[CHANNELS];
static struct family families[FAMILIES];
static struct site *table[TABLE_SIZE];
static struct site *building, **building_end = &building;      /* those with a task being filled */
static struct site *line, **line_end = &line;   /* those with parked messages; each in its turn */
static int64_t again_ms;                /* when to dispatch again though nothing may be heard; 0 */

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
hash(enum channel c, const char *key, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u + c;

	while (n--)
		h = (h ^ (unsigned char)*key++) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32);
}

/* Whose site is it? Only lspawn knows for sure. */
static struct family *
family_of(enum channel c, const char *key)
{
	size_t n = 1;

	if (c != CHANNEL_LOCAL)
		return 0;
	if (*key == SPAWNER_MAILBOX)
		key++;
	if (*key != SPAWNER_INSTRUCTION)
		for (n = 0; key[n] && key[n] != '-' && !strchr(routing_separators(routing), key[n]); )
			n++;
	return &families[hash(c, key, n) % FAMILIES];
}

struct site *
site_get(enum channel c, const char *key)
{
	struct site **at = &table[hash(c, key, strlen(key)) % TABLE_SIZE], *s;

	for (; *at; at = &(*at)->next)
		if ((*at)->channel == c && strcmp((*at)->key, key) == 0)
			return *at;
	if (!(s = calloc(1, sizeof *s + strlen(key) + 1)))
		return 0;
	s->channel = c;
	s->family = family_of(c, key);
	s->task_end = &s->task;
	s->parked = (struct schedule_line)SCHEDULE_LINE;
	s->window = WINDOW_FIRST < settings.concurrencysite ? WINDOW_FIRST : (unsigned)settings.concurrencysite;
	strcpy(s->key, key);
	*at = s;
	return s;
}

/* one row of the table a turn: forget who is idle and has nothing to remember */
static void
sweep(void)
{
	static size_t row;
	struct site **at = &table[row++ % TABLE_SIZE];

	while (*at) {
		struct site *s = *at;

		if (!s->open && !s->worker && !s->listed && !s->in_line && now.mono_ms >= s->dead_ms) {
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

/* Destinations where nobody hurries must not take every open message: remote ones leave a quarter to local ones. */
static bool
channel_full(enum channel c)
{
	return c == CHANNEL_REMOTE && channels[c].open >= message_limit() / 4 * 3;
}

/* tasks of its family that wait or are given */
static size_t
open_tasks(const struct site *s)
{
	return s->family ? s->family->open : s->open;
}

bool
site_full(const struct site *s)
{
	size_t few = 2 * s->window * (s->channel == CHANNEL_LOCAL ? 4 : AHEAD_REMOTE);

	if (now.mono_ms < s->dead_ms)
		return false;                   /* it will be answered at once */
	return channel_full(s->channel) ||
	    open_tasks(s) >= (message_count() < message_limit() / 2 && few < FULL_MANY ? FULL_MANY : few);
}

static void
line_put(struct site *s)
{
	s->in_line = true;
	s->line_next = 0;
	*line_end = s;
	line_end = &s->line_next;
}

void
site_park(struct site *s, uint32_t slot)
{
	schedule_park(schedule, &s->parked, slot);
	if (!s->in_line)
		line_put(s);
}

/* an operator's wish, so looking for it in all lines is no matter */
bool
site_unpark(uint32_t slot)
{
	struct site *s;

	for (s = line; s; s = s->line_next)
		if (schedule_pull(schedule, &s->parked, slot))
			return true;
	return false;
}

static void
queue_task(struct site *s, struct task *t)
{
	t->left = t->n;
	*s->task_end = t;
	s->task_end = &t->next;
	s->tasks++;
	s->open++;
	if (s->family)
		s->family->open++;
	channels[s->channel].open++;
	site_ready(s);
}

void
site_task_gone(struct site *s)
{
	s->open--;
	if (s->family)
		s->family->open--;
	channels[s->channel].open--;
	site_ready(s);
}

static size_t
rcpt_bytes(const struct message *m, size_t rcpt)
{
	bool plain = !qf_notify(&m->file, rcpt) && !qf_orcpt(&m->file, rcpt);

	return JOB_RCPT_BYTES(strlen(message_rcpt(m, rcpt)), plain ? 0 : JOB_RCPT_PARAMS);
}

bool
site_add(struct site *s, struct message *m, size_t rcpt)
{
	struct task *t = s->building;
	size_t room = t ? t->room * 4 : 1, bytes = rcpt_bytes(m, rcpt);

	if (t && (t->n == JOB_RECIPIENTS || t->bytes + bytes > JOB_PACKET || !message_same_job(m, t->rcpt[0], rcpt))) {
		queue_task(s, t);
		t = 0;
		room = 1;
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
			grown->bytes = JOB_FIXED_BYTES(2 * ENVELOPE_ADDR, JOB_PARAMS);
		}
		if (!s->listed) {
			s->building_next = 0;
			*building_end = s;
			building_end = &s->building_next;
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
	building_end = &building;
}

/* ---- giving work */

void
site_busy_more(struct site *s)
{
	s->busy++;
	if (s->family)
		s->family->busy++;
	channels[s->channel].busy++;
}

void
site_busy_less(struct site *s)
{
	s->busy--;
	if (s->family)
		s->family->busy--;
	channels[s->channel].busy--;
}

/* May it have a worker more? The last quarter is for families with fewer than are left. */
static bool
has_share(const struct site *s)
{
	const struct channel_state *c = &channels[s->channel];

	return c->busy < c->limit && (!s->family || c->busy < c->limit * 3 / 4 || s->family->busy < c->limit - c->busy);
}

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
site_put_first(struct site *s, struct task *t, bool at_once)
{
	t->next = s->task;
	if (!s->task)
		s->task_end = &t->next;
	s->task = t;
	s->tasks++;
	site_ready(s);
	again_ms = now.mono_ms + (at_once ? 0 : SHORT_MS);
}

void
site_defer(struct site *s, struct task *t, const char *status, const char *text)
{
	task_verdict(t, 'Z', status, text);
	site_task_gone(s);
	message_task_done(t->m, t->n);
	free(t);
}

/* Nobody answers there: no attempt is made. What is parked need not even be opened, but for what is too old: it is
 * due now, finds nobody here, and bounces. Else only as much as is in tasks would, once in a pause. */
static void
leave_alone(struct site *s)
{
	int64_t later = now.wall_s + (s->dead_ms - now.mono_ms) / 1000 + 1;
	uint32_t slot;

	while ((slot = schedule_unpark(schedule, &s->parked)) != SLOT_NONE)
		schedule_put(schedule, slot, message_too_old(schedule_qid(schedule, slot)->us) ? now.wall_s : later);
	while (s->task)
		site_defer(s, next_task(s), "4.4.1", "nobody answered there shortly before; not tried this time");
	ring_remove(s);
}

/* Who shall have the next task of this site? 0: nobody now. A local worker does several jobs with the disk flushes of
 * one, so there the workers of a user fill up before there is a third. */
static struct worker *
choose(struct site *s)
{
	struct channel_state *c = &channels[s->channel];
	struct worker *w = 0;
	/* a worker's queue must not keep its place from a site that has none */
	bool ahead = c->busy < c->limit || !c->ring || c->ring == s;

	if (s->channel == CHANNEL_LOCAL && s->busy >= FEW_LOCAL && ahead)
		w = worker_least_busy(s, AHEAD_LOCAL / 2);
	if (!w && s->busy < s->window && has_share(s)) {
		if (!(w = worker_idle(s)) && !(w = worker_new(s)))
			again_ms = now.mono_ms + SHORT_MS;      /* no memory, or the spawner is behind */
	} else if (!w && ahead)
		w = worker_least_busy(s, c->ahead);
	return w;
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

/* site_full begins further up, so what is opened here is not parked again at once */
static bool
wants_more(const struct site *s)
{
	return s->parked.count && open_tasks(s) < 3 * s->window && !channel_full(s->channel) && message_room(s->channel);
}

/* each site in its turn */
static void
refill(void)
{
	struct site *s;
	int n, looked;

	for (n = looked = 0; (s = line) && n < REFILL && looked < REFILL_LOOK; looked++) {
		if (!(line = s->line_next))
			line_end = &line;
		s->in_line = false;
		if (s->parked.count)
			line_put(s);
		if (wants_more(s)) {
			(void)message_start(schedule_unpark(schedule, &s->parked), false);
			n++;
		}
	}
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
	int c;

	for (c = 0; c < CHANNELS; c++)
		channels[c].poll = want_fd(wait, channels[c].spawner, POLLIN);
	if (again_ms)
		want_until(wait, again_ms);
	again_ms = 0;
	worker_want(wait);
}

bool
site_do(const struct wait *wait)
{
	int c;

	for (c = 0; c < CHANNELS; c++) {
		channels[c].limit = site_limit((enum channel)c);
		if (channels[c].poll < wait->len && wait->fd[channels[c].poll].revents && !worker_hear_spawner((enum channel)c))
			return false;
	}
	worker_do(wait);
	if (!stopping)
		refill();
	for (c = 0; c < CHANNELS && !stopping; c++)
		dispatch(&channels[c]);
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
			    buf_puts(b, " parked ") && buf_num(b, s->parked.count) && buf_puts(b, " busy ") &&
			    buf_num(b, s->busy) && buf_puts(b, " window ") && buf_num(b, s->window) &&
			    buf_puts(b, " dead ") && buf_num(b, (uint64_t)dead) && buf_byte(b, '\n');
		}
	return ok;
}
