/* What a person who watches wants to know: how old messages are, what is being delivered, and for which places messages wait,
 * with what was last heard of there.
 *
 * A message that is deferred carries the number of a place in its slot of the schedule, so all that this costs is counted by
 * looking through the slots, and that is done only when somebody asks, and seldom when they are many. */
#include <stdlib.h>
#include <string.h>

#include "lib/ascii.h"
#include "queue/site.h"
#include "wire/spawner.h"

#define PLACES 2048                     /* remembered at the most; 0 of the slots' marks is none of them */
#define HASH 1024
#define ERROR_TEXT 240                  /* of a server's words */
#define KEY_TEXT 300                    /* of a key or an address, in an answer */
#define DELIVERIES 100                  /* told in an answer: those that take longest, */
#define ROWS 200                        /* and the places with most to do */
#define PAUSED_BYTES 6000               /* of an answer, for what is paused, */
#define DELIVERIES_BYTES 24000          /* and for all before the places */
#define LINE_BYTES 1500                 /* no line is longer */
#define SLOTS_A_SECOND 100000           /* looked at on the average */
#define AGES 10

struct place {
	struct place *next;             /* same hash */
	enum channel channel;
	uint16_t number;
	uint32_t waiting;               /* slots in the heap that were marked when they were counted */
	bool marked;                    /* some slot may be */
	bool shown;                     /* in the answer at hand, as a site */
	int64_t error_ms;               /* when that was said, monotonic */
	char error[ERROR_TEXT];
	char key[];
};

static struct place *place[PLACES], *hashed[HASH];
static uint64_t age[AGES];              /* counted at counted_ms */
static uint64_t unplaced;
static int64_t counted_ms = -1, full_until_ms;

/* ---- places */

static size_t
hash(enum channel c, const char *key)
{
	uint32_t h = 0x811c9dc5u + (uint32_t)c;

	while (*key)
		h = (h ^ (unsigned char)*key++) * 0x01000193u;
	return (h ^ h >> 16) % HASH;
}

static struct place *
find(enum channel c, const char *key)
{
	struct place *p;

	for (p = hashed[hash(c, key)]; p && (p->channel != c || strcmp(p->key, key) != 0); p = p->next)
		;
	return p;
}

static void
forget(size_t i)
{
	struct place **at = &hashed[hash(place[i]->channel, place[i]->key)];

	while (*at != place[i])
		at = &(*at)->next;
	*at = place[i]->next;
	free(place[i]);
	place[i] = 0;
}

static const unsigned age_minutes[AGES - 1] = { 5, 10, 20, 40, 80, 160, 320, 640, 1280 };

static size_t
age_of(uint64_t arrival_us)
{
	int64_t minutes = (now.wall_s - retry_born(&now, arrival_us)) / 60;
	size_t i;

	for (i = 0; i < AGES - 1 && minutes >= (int64_t)age_minutes[i]; i++)
		;
	return i;
}

static void
count_slot(uint32_t slot)
{
	enum schedule_place where = schedule_place(schedule, slot);
	unsigned mark = schedule_mark(schedule, slot);

	if (where == SCHEDULE_FREE)
		return;
	age[age_of(schedule_qid(schedule, slot)->us)]++;
	if (mark && place[mark])
		place[mark]->marked = true;
	if (where != SCHEDULE_HEAP)
		return;
	if (mark && place[mark])
		place[mark]->waiting++;
	else
		unplaced++;
}

static void
count(void)
{
	int64_t pause = 900 + (int64_t)schedule_slots(schedule) * 1000 / SLOTS_A_SECOND;
	size_t i;

	if (counted_ms >= 0 && now.mono_ms < counted_ms + pause)
		return;
	counted_ms = now.mono_ms;
	memset(age, 0, sizeof age);
	unplaced = 0;
	for (i = 1; i < PLACES; i++)
		if (place[i]) {
			place[i]->waiting = 0;
			place[i]->marked = false;
		}
	for (i = 0; i < schedule_slots(schedule); i++)
		count_slot((uint32_t)i);
}

/* the one that was heard of least lately, of those that no message waits for; 0: there is none */
static size_t
oldest(void)
{
	size_t i, best = 0;

	for (i = 1; i < PLACES; i++)
		if (place[i] && !place[i]->marked && (!best || place[i]->error_ms < place[best]->error_ms))
			best = i;
	return best;
}

/* a number for a new place; 0: for now there is no room */
static size_t
make_room(void)
{
	size_t i;

	for (i = 1; i < PLACES && place[i]; i++)
		;
	if (i < PLACES)
		return i;
	if (now.mono_ms < full_until_ms)
		return 0;
	count();
	if ((i = oldest()))
		forget(i);
	else
		full_until_ms = now.mono_ms + 10000;
	return i;
}

static size_t
new_place(enum channel c, const char *key)
{
	struct place *p;
	size_t i = make_room(), row = hash(c, key);

	if (!i || !(p = calloc(1, sizeof *p + strlen(key) + 1)))
		return 0;
	p->channel = c;
	p->number = (uint16_t)i;
	strcpy(p->key, key);
	p->next = hashed[row];
	hashed[row] = place[i] = p;
	return i;
}

static void
keep_error(struct place *p, const char *status, const char *text)
{
	size_t n = 0;

	for (; *status && n < 10; status++)
		p->error[n++] = ascii_mask(*status);
	if (n)
		p->error[n++] = ' ';
	for (; *text && n < ERROR_TEXT - 1; text++)
		p->error[n++] = *text == '\n' ? '/' : ascii_mask(*text);
	p->error[n] = 0;
	p->error_ms = now.mono_ms;
}

void
live_trouble(const struct message *m, const struct site *s, const struct report *r, bool tried)
{
	unsigned mark = m->slot == SLOT_NONE ? 0 : schedule_mark(schedule, m->slot);
	struct place *p = mark ? place[mark] : 0;
	size_t i = mark;

	if (!p || p->channel != s->channel || strcmp(p->key, s->key) != 0) {
		p = find(s->channel, s->key);
		i = p ? p->number : new_place(s->channel, s->key);
	}
	if (!i)
		return;
	p = place[i];
	if (tried || !*p->error)
		keep_error(p, r->status, r->text);
	if (r->verdict != 'Z' || m->slot == SLOT_NONE)
		return;
	p->marked = true;
	schedule_set_mark(schedule, m->slot, p->number);
}

/* ---- the answer */

static bool
put(struct buf *b, const char *name, uint64_t n)
{
	return buf_puts(b, name) && buf_byte(b, ' ') && buf_num(b, n);
}

static bool
put_masked(struct buf *b, const char *s, size_t most)
{
	for (; *s && most--; s++)
		if (!buf_byte(b, ascii_mask(*s)))
			return false;
	return true;
}

/* a local user, what the alias user runs, or a route */
static bool
put_key(struct buf *b, const char *key)
{
	if (*key == SPAWNER_MAILBOX)
		return buf_byte(b, '\\') && put_masked(b, key + 1, KEY_TEXT);
	return put_masked(b, key + (*key == SPAWNER_INSTRUCTION), KEY_TEXT);
}

bool
live_ages(struct buf *b)
{
	size_t i;

	count();
	for (i = 0; i < AGES - 1; i++)
		if (!put(b, "age", age_minutes[i]) || !buf_byte(b, ' ') || !buf_num(b, age[i]) || !buf_byte(b, '\n'))
			return false;
	return buf_puts(b, "age - ") && buf_num(b, age[i]) && put(b, "\nunplaced", unplaced) && buf_byte(b, '\n');
}

/* the first that do fit, of those that were found: the longest or largest first */
struct found {
	const void *what;
	uint64_t weight;
};

static void
insert(struct found *list, size_t *n, size_t most, const void *what, uint64_t weight)
{
	size_t i;

	if (*n == most && weight <= list[most - 1].weight)
		return;
	if (*n < most)
		++*n;
	for (i = *n - 1; i > 0 && list[i - 1].weight < weight; i--)
		list[i] = list[i - 1];
	list[i] = (struct found){ what, weight };
}

static struct found task[DELIVERIES];
static size_t tasks;

static void
note_task(const struct task *t)
{
	insert(task, &tasks, DELIVERIES, t, (uint64_t)(now.mono_ms - t->began_ms) + 1);
}

static bool
put_task(struct buf *b, const struct task *t)
{
	size_t i;

	for (i = 0; i < t->n - 1 && t->rcpt[i] == REPORTED; i++)
		;
	return buf_puts(b, "delivery ") && buf_num(b, t->number + i) && buf_byte(b, ' ') && buf_puts(b, t->m->id) &&
	    buf_puts(b, t->site->channel == CHANNEL_LOCAL ? " local " : " remote ") &&
	    buf_num(b, (uint64_t)(now.mono_ms - t->began_ms) / 1000) && buf_byte(b, ' ') && buf_num(b, t->left) && buf_byte(b, '\t') &&
	    put_key(b, t->site->key) && buf_byte(b, '\t') &&
	    (t->rcpt[i] == REPORTED || put_masked(b, message_rcpt(t->m, t->rcpt[i]), KEY_TEXT)) && buf_byte(b, '\n');
}

static struct found site[ROWS], resting[ROWS];
static size_t sites, restings;

static void
note_site(const struct site *s)
{
	struct place *p;

	if (!s->open && !s->parked.count && !s->busy && !hop_is_dead(s->hop))
		return;
	if ((p = find(s->channel, s->key)))
		p->shown = true;
	insert(site, &sites, ROWS, s, s->tasks + s->parked.count + s->busy + (p ? p->waiting : 0) + 1);
}

static bool
put_row(struct buf *b, const struct site *s, const struct place *p)
{
	enum channel c = s ? s->channel : p->channel;
	const char *key = s ? s->key : p->key;
	int64_t dead = s && hop_is_dead(s->hop) ? (s->hop->dead_ms - now.mono_ms) / 1000 + 1 : 0;

	return buf_puts(b, c == CHANNEL_LOCAL ? "place local " : "place remote ") && put(b, "busy", s ? s->busy : 0) &&
	    put(b, " queued", s ? s->tasks + s->parked.count : 0) && put(b, " waiting", p ? p->waiting : 0) &&
	    put(b, " window", s ? s->hop->window : 0) && put(b, " most", s ? hop_most(s->hop, s) : 0) &&
	    put(b, " dead", (uint64_t)dead) && put(b, " paused", pause_hits(c, key)) &&
	    put(b, " ago", p ? (uint64_t)(now.mono_ms - p->error_ms) / 1000 : 0) && buf_byte(b, '\t') && put_key(b, key) &&
	    buf_byte(b, '\t') && put_masked(b, s ? hop_rate(s->hop, s) : "", 40) && buf_byte(b, '\t') &&
	    put_masked(b, s ? s->hop->name : "", 100) && buf_byte(b, '\t') && (!p || buf_puts(b, p->error)) && buf_byte(b, '\n');
}

static bool
put_deliveries(struct buf *b)
{
	size_t i;
	bool ok = true;

	tasks = 0;
	worker_each_task(note_task);
	for (i = 0; ok && i < tasks && b->len < DELIVERIES_BYTES; i++)
		ok = put_task(b, task[i].what);
	return ok;
}

/* sites that have something to do, and places that only wait, merged */
static bool
put_places(struct buf *b)
{
	size_t i, k;
	bool ok = true;

	sites = restings = 0;
	for (i = 1; i < PLACES; i++)
		if (place[i])
			place[i]->shown = false;
	site_each(note_site);
	for (i = 1; i < PLACES; i++)
		if (place[i] && !place[i]->shown && place[i]->waiting)
			insert(resting, &restings, ROWS, place[i], place[i]->waiting);
	for (i = k = 0; ok && (i < sites || k < restings) && b->len + LINE_BYTES < b->max; ) {
		if (k == restings || (i < sites && site[i].weight >= resting[k].weight)) {
			const struct site *s = site[i++].what;

			ok = put_row(b, s, find(s->channel, s->key));
		} else
			ok = put_row(b, 0, resting[k++].what);
	}
	return ok;
}

bool
live_lists(struct buf *b)
{
	size_t before = b->len;

	if (!pause_status(b))
		return false;
	if (b->len > before + PAUSED_BYTES) {           /* whole lines */
		for (before += PAUSED_BYTES; b->s[before - 1] != '\n'; before--)
			;
		buf_cut(b, before);
	}
	return put_deliveries(b) && put_places(b);
}
