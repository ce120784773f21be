/* who gets what to do, and when: the rings of channels and hops turn, and each site has its turn */
#include <stdlib.h>
#include <string.h>

#include "queue/site.h"

#define FEW_LOCAL 2                     /* workers of a user before each must have its fill */
#define SHORT_MS 200                    /* when to try again what could not be asked for or handed over */

static int64_t again_ms;                /* when to dispatch again though nothing may be heard; 0 */

/* May it have a worker more? The last quarter is for families, and for hops, with fewer than are left: a host that takes an
 * hour for each message does not keep others waiting for it. */
static bool
has_share(const struct site *s)
{
	const struct channel_state *c = &channels[s->channel];
	unsigned has = s->family ? s->family->busy : s->hop->busy;

	return c->busy < c->limit && (c->busy < c->limit * 3 / 4 || has < c->limit - c->busy);
}

/* What is beyond so many recipients becomes a task of its own, the next one. Without memory for it nothing changes. */
static void
split(struct site *s, struct task *t, size_t most)
{
	struct task *rest;

	if (t->n <= most || t->left != t->n || !(rest = malloc(sizeof *rest + (t->n - most) * sizeof rest->rcpt[0])))
		return;
	*rest = *t;                             /* the message, the site, and how many bytes at the most */
	rest->n = rest->left = rest->room = t->n - most;
	rest->number = t->number ? t->number + most : 0;
	memcpy(rest->rcpt, t->rcpt + most, rest->n * sizeof rest->rcpt[0]);
	t->n = t->left = most;
	t->next = rest;
	if (!rest->next)
		s->task_end = &rest->next;
	s->tasks++;
	site_task_counts(s);
}

struct task *
site_next_task(struct site *s)
{
	struct task *t = s->task;

	split(s, t, site_recipients(s));
	s->task = t->next;
	if (!s->task) {
		s->task_end = &s->task;
		site_unready(s);
	}
	s->tasks--;
	s->moved_ms = now.mono_ms;
	t->next = 0;
	return t;
}

static void
again_at(int64_t mono_ms)
{
	if (!again_ms || mono_ms < again_ms)
		again_ms = mono_ms;
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
	again_at(now.mono_ms + (at_once ? 0 : SHORT_MS));
}

void
site_defer(struct site *s, struct task *t, const char *status, const char *text)
{
	task_verdict(t, 'Z', status, text);
	site_task_gone(s);
	message_task_done(t->m, t->n);
	free(t);
}

/* Nobody answers there: no attempt is made. What is parked need not even be opened, but for what is or may be too
 * old: it is due now, finds nobody here, and bounces. Else only as much as is in tasks would, once in a pause. */
static void
leave_alone(struct site *s)
{
	int64_t later = now.wall_s + (s->hop->dead_ms - now.mono_ms) / 1000 + 1;
	uint32_t slot;

	while ((slot = schedule_unpark(schedule, &s->parked)) != SLOT_NONE) {
		bool open = message_too_old(schedule_qid(schedule, slot)->us) || (schedule_flags(schedule, slot) & SCHEDULE_BRIEF);

		schedule_put(schedule, slot, open ? now.wall_s : later);
	}
	while (s->task)
		site_defer(s, site_next_task(s), "4.4.1", "nobody answered there shortly before; not tried this time");
	site_unready(s);
}

/* A worker that has no task but may have its next one, or a new one; 0: none, for now */
static struct worker *
another(struct site *s)
{
	struct worker *w = worker_idle(s);

	if (!w && !(w = worker_new(s)))
		again_at(now.mono_ms + SHORT_MS);       /* no memory, or the spawner is behind */
	return w;
}

/* Does what control/destinations says of the site itself leave it room? */
static bool
has_own_room(const struct site *s)
{
	return !s->own || !s->own->concurrency || s->busy < s->own->concurrency;
}

/* What the sites of a hop have in common: may one more worker have something, and may a busy one have more? */
struct room {
	bool another, ahead;
};

static struct room
room_at(const struct hop *h)
{
	const struct channel_state *c = &channels[h->channel];
	struct room r;

	/* a worker's queue must not keep its place from a hop that has none */
	r.ahead = h->busy && (c->busy < c->limit || h->ring_next == h);
	r.another = h->busy < h->window && c->busy < c->limit;
	return r;
}

/* Who shall have the next task of this site? 0: nobody now. A local worker does several jobs with the disk flushes of
 * one, so there the workers of a user fill up before there is a third. */
static struct worker *
choose(struct site *s, const struct room *r)
{
	struct hop *h = s->hop;
	struct worker *w = 0;

	if (site_paused(s) || !hop_in_time(h, s, &again_ms))
		return 0;
	if (s->channel == CHANNEL_LOCAL && s->busy >= FEW_LOCAL && r->ahead)
		w = worker_least_busy(s, channels[CHANNEL_LOCAL].ahead / 2);
	if (!w && r->another && hop_has_room(h, s, h->busy) && has_own_room(s) && has_share(s))
		return another(s);
	if (!w && r->ahead)
		w = worker_least_busy(s, channels[s->channel].ahead);
	return w;
}

/* one task of one of its sites, each in its turn; false: nobody can start anything */
static bool
start_one(struct hop *h)
{
	const struct room r = room_at(h);
	struct site *s = h->ring, *first = s;
	struct worker *w = 0;

	if (!r.another && !r.ahead)
		return false;
	do {
		if ((w = choose(s, &r)))
			break;
		s = s->ring_next;
	} while (s != first);
	if (!w)
		return false;
	h->ring = s->ring_next;
	worker_start(w, site_next_task(s));
	return true;
}

static void
leave_hop_alone(struct hop *h)
{
	while (h->ring)
		leave_alone(h->ring);
}

/* one turn of the ring after another, until nobody can start anything */
static void
dispatch(struct channel_state *c)
{
	struct hop *h, *stop = 0;

	while ((h = c->ring) && h != stop) {
		if (hop_is_dead(h)) {
			leave_hop_alone(h);
			stop = 0;
		} else if (!start_one(h)) {
			if (!stop)
				stop = h;
			c->ring = h->ring_next;
		} else {
			stop = 0;
			if (c->ring == h)
				c->ring = h->ring_next;
		}
	}
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
		site_refill();
	for (c = 0; c < CHANNELS && !stopping; c++)
		dispatch(&channels[c]);
	site_sweep();
	return true;
}

