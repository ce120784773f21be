/* the sites: which there are, where they lead, what waits for them in tasks and parked, and what is said of them */
#include "queue/site.h"

#include <stdlib.h>
#include <string.h>

#include "queue/log.h"
#include "wire/envelope.h"
#include "wire/spawner.h"

#define AHEAD_LOCAL 16                  /* jobs a worker may have: it can sync several files at once */
#define AHEAD_REMOTE 2                  /* so that the next envelope travels with the end of the last message */
#define FULL_MANY 200                   /* open messages a hop may have while there is plenty of room */
#define REFILL 64                       /* parked messages opened a turn, */
#define REFILL_LOOK 256                 /* and sites looked at for them */
#define TABLE_SIZE 4096
#define KNOWING_MOST 20000              /* sites with nothing to do whose exchangers are remembered */
#define FAMILIES 1024                   /* two families may be taken for one, and then share what one may have */

struct channel_state channels[CHANNELS];
static struct family families[FAMILIES];
static struct site *table[TABLE_SIZE];
static struct site *building, **building_end = &building;      /* those with a task being filled */
static struct site *line, **line_end = &line;   /* those with parked messages; each in its turn */
static size_t knowing;                  /* sites that have nothing to do but to remember */

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

/* the domain, or the first relay or path, of a route */
static const char *
route_name(const char *key, size_t *len)
{
	key += strcspn(key, " ");
	key += *key == ' ';
	*len = strcspn(key, " ");
	return key;
}

static bool
is_mx(const struct site *s)
{
	return s->channel == CHANNEL_REMOTE && strncmp(s->key, "mx ", 3) == 0;
}

static void
find_own(struct site *s)
{
	size_t len;
	const char *name = route_name(s->key, &len);

	s->own = s->channel == CHANNEL_REMOTE ? destinations_find(destinations, name, len) : 0;
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
	if (!(s->hop = hop_new(c, ""))) {
		free(s);
		return 0;
	}
	s->hop->sites = 1;
	s->channel = c;
	s->family = family_of(c, key);
	s->task_end = &s->task;
	s->parked = (struct schedule_line)SCHEDULE_LINE;
	strcpy(s->key, key);
	find_own(s);
	*at = s;
	return s;
}

static void
site_free(struct site *s)
{
	s->hop->sites--;
	hop_drop(s->hop);
	free(s);
}

/* nothing to do, and nothing that another would have to know; but maybe its exchangers, which are worth the memory of some */
static bool
is_over(const struct site *s)
{
	if (s->open || s->busy || s->homes || s->listed || s->in_line || hop_is_dead(s->hop) ||
	    s->pace.next_us > now.mono_ms * 1000 || s->hop->pace.next_us > now.mono_ms * 1000)
		return false;
	return now.mono_ms >= s->known_ms || knowing >= KNOWING_MOST;
}

/* one row of the table a turn: forget who is idle and has nothing to remember */
void
site_sweep(void)
{
	static size_t at_row, seen;
	struct site **at, *s;

	for (at = &table[at_row % TABLE_SIZE]; (s = *at); ) {
		if (is_over(s)) {
			*at = s->next;
			site_free(s);
		} else {
			seen += !s->open && !s->homes;
			at = &s->next;
		}
	}
	if (++at_row % TABLE_SIZE == 0) {
		knowing = seen;
		seen = 0;
	}
	hop_sweep();
}

/* ---- where it leads */

static bool is_crowded(const struct site *);

/* Messages of a hop that has too many open ones, unless they wait for others too, are closed and stand in line again. */
static void
park_surplus(struct site *s)
{
	struct task **at = &s->task, *t;
	uint32_t slot;
	size_t i;

	while ((t = *at)) {
		if (!message_close(t->m, t->n, &slot)) {
			at = &t->next;
			continue;
		}
		for (i = 0; i < t->n && t->number; i++)
			log_result(t->number + i, 'Z', "it has to wait for its exchangers' turn", "");
		*at = t->next;
		s->tasks--;
		site_task_gone(s);
		free(t);
		site_park(s, slot);
	}
	s->task_end = at;
	if (!s->task)
		site_unready(s);
}

void
site_relieve(struct site *s)
{
	if (s->hop->open && !hop_is_dead(s->hop) && is_crowded(s))
		park_surplus(s);
}

static void
lead_to(struct site *s, struct hop *h)
{
	struct hop *old = s->hop;

	if (h == old)
		return;
	site_unready(s);
	old->open -= s->open;
	old->sites--;
	h->open += s->open;
	h->sites++;
	s->hop = h;
	hop_drop(old);
	site_ready(s);
	site_relieve(s);
}

struct hop *
site_learns(struct site *s, const char *name)
{
	struct hop *h = is_mx(s) ? hop_named(name) : 0;

	if (!h)
		return 0;
	lead_to(s, h);
	s->known_ms = now.mono_ms + SITE_KNOWS_MS;
	return h;
}

void
site_leaves(struct site *s)
{
	struct hop *h;

	if (!*s->hop->name || !(h = hop_new(s->channel, "")))
		return;
	s->known_ms = 0;
	lead_to(s, h);
}

bool
site_knows(const struct site *s)
{
	return now.mono_ms < s->known_ms;
}

static uint64_t
least_said(uint64_t hop, uint64_t site, uint64_t preset)
{
	if (hop && site)
		return hop < site ? hop : site;
	return hop ? hop : site ? site : preset;
}

static const struct destination nothing;

uint64_t
site_recipients(const struct site *s)
{
	const struct destination *h = s->hop->own ? s->hop->own : &nothing, *o = s->own ? s->own : &nothing;
	uint64_t n = s->channel == CHANNEL_LOCAL ? 0 :
	    least_said(h->recipients, o->recipients, destinations_preset(destinations)->recipients);

	return n ? n : JOB_RECIPIENTS;
}

uint64_t
site_per_connection(const struct site *s)
{
	const struct destination *h = s->hop->own ? s->hop->own : &nothing, *o = s->own ? s->own : &nothing;

	return s->channel == CHANNEL_LOCAL ? 0 :
	    least_said(h->per_connection, o->per_connection, destinations_preset(destinations)->per_connection);
}

/* ---- the rings: a channel's of hops, a hop's of sites */

static void
hop_ready(struct hop *h)
{
	struct hop **ring = &channels[h->channel].ring;

	if (h->in_ring)
		return;
	h->in_ring = true;
	if (!*ring)
		*ring = h->ring_next = h->ring_prev = h;
	else {                                  /* last: before the one whose turn it is */
		h->ring_next = *ring;
		h->ring_prev = (*ring)->ring_prev;
		h->ring_prev->ring_next = h;
		h->ring_next->ring_prev = h;
	}
}

static void
hop_unready(struct hop *h)
{
	struct hop **ring = &channels[h->channel].ring;

	if (!h->in_ring)
		return;
	h->in_ring = false;
	if (h->ring_next == h)
		*ring = 0;
	else {
		h->ring_next->ring_prev = h->ring_prev;
		h->ring_prev->ring_next = h->ring_next;
		if (*ring == h)
			*ring = h->ring_next;
	}
}

void
site_ready(struct site *s)
{
	struct site **ring = &s->hop->ring;

	if (s->in_ring || !s->task)
		return;
	s->in_ring = true;
	if (!*ring)
		*ring = s->ring_next = s->ring_prev = s;
	else {
		s->ring_next = *ring;
		s->ring_prev = (*ring)->ring_prev;
		s->ring_prev->ring_next = s;
		s->ring_next->ring_prev = s;
	}
	hop_ready(s->hop);
}

void
site_unready(struct site *s)
{
	struct site **ring = &s->hop->ring;

	if (!s->in_ring)
		return;
	s->in_ring = false;
	if (s->ring_next == s) {
		*ring = 0;
		hop_unready(s->hop);
	} else {
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

/* tasks of its family or hop that wait or are given */
static size_t
open_tasks(const struct site *s)
{
	return s->family ? s->family->open : s->hop->open;
}

/* enough to do, while there are so many open messages? */
static bool
is_crowded(const struct site *s)
{
	size_t few = 2 * s->hop->window * (s->channel == CHANNEL_LOCAL ? 4 : AHEAD_REMOTE);

	return open_tasks(s) >= (message_count() < message_limit() / 2 && few < FULL_MANY ? FULL_MANY : few);
}

bool
site_full(const struct site *s)
{
	if (site_paused(s))
		return true;
	if (hop_is_dead(s->hop))
		return false;                   /* it will be answered at once */
	return channel_full(s->channel) || is_crowded(s);
}

static void
line_put(struct site *s)
{
	s->in_line = true;
	s->line_next = 0;
	*line_end = s;
	line_end = &s->line_next;
}

/* before something is put behind what waits here */
static void
first_waits(struct site *s)
{
	if (!s->tasks && !s->parked.count)
		s->moved_ms = now.mono_ms;
}

void
site_park(struct site *s, uint32_t slot)
{
	first_waits(s);
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

void
site_task_counts(struct site *s)
{
	s->open++;
	s->hop->open++;
	if (s->family)
		s->family->open++;
	channels[s->channel].open++;
}

static void
queue_task(struct site *s, struct task *t)
{
	first_waits(s);
	t->left = t->n;
	t->site = s;
	*s->task_end = t;
	s->task_end = &t->next;
	s->tasks++;
	site_task_counts(s);
	site_ready(s);
}

void
site_task_gone(struct site *s)
{
	s->open--;
	s->hop->open--;
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

	if (t && (t->n >= site_recipients(s) || t->bytes + bytes > JOB_PACKET || !message_same_job(m, t->rcpt[0], rcpt))) {
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

/* ---- counting */

void
site_busy_more(struct site *s, struct hop *h)
{
	s->busy++;
	h->busy++;
	if (s->family)
		s->family->busy++;
	channels[s->channel].busy++;
}

void
site_busy_less(struct site *s, struct hop *h)
{
	s->busy--;
	h->busy--;
	if (s->family)
		s->family->busy--;
	channels[s->channel].busy--;
}

/* ---- opening what is parked */

/* site_full begins further up, so what is opened here is not parked again at once */
static bool
wants_more(const struct site *s)
{
	return s->parked.count && !site_paused(s) && open_tasks(s) < 3 * s->hop->window && !channel_full(s->channel) && message_room(s->channel);
}

/* each site in its turn */
void
site_refill(void)
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

/* ---- what an operator wants */

void
site_wake(const char *pattern)
{
	struct site *s;
	size_t i;

	for (i = 0; i < TABLE_SIZE; i++)
		for (s = table[i]; s; s = s->next)
			if (!*pattern || site_matches(s->channel, s->key, pattern))
				hop_wake(s->hop);
	hop_wake_named(pattern);
}

void
site_wake_one(enum channel c, const char *key)
{
	struct site *s;

	for (s = table[hash(c, key, strlen(key)) % TABLE_SIZE]; s; s = s->next)
		if (s->channel == c && strcmp(s->key, key) == 0)
			hop_wake(s->hop);
}

bool
site_paused(const struct site *s)
{
	return pause_hits(s->channel, s->key);
}

/* What waits for nothing else is closed and stands in line; the rest has its other recipients' round, and then another one. */
static void
put_off(struct site *s)
{
	struct task *t;
	size_t i;

	park_surplus(s);
	while (s->task) {
		t = site_next_task(s);
		for (i = 0; i < t->n && t->number; i++)
			log_result(t->number + i, 'Z', "its destination is paused by an operator", "");
		site_task_gone(s);
		message_task_done(t->m, t->n);
		free(t);
	}
}

void
site_pause(void)
{
	struct site *s;
	size_t i;

	for (i = 0; i < TABLE_SIZE; i++)
		for (s = table[i]; s; s = s->next)
			if (s->task && site_paused(s))
				put_off(s);
}

bool
site_matches(enum channel c, const char *key, const char *pattern)
{
	struct site *s;
	const char *name;
	size_t len;

	if (c == CHANNEL_LOCAL)
		return strcmp(key, pattern) == 0;
	name = route_name(key, &len);
	if (destinations_match(pattern, name, len))
		return true;
	for (s = table[hash(c, key, strlen(key)) % TABLE_SIZE]; s; s = s->next)
		if (s->channel == c && strcmp(s->key, key) == 0)
			return hop_matches(s->hop, pattern);
	return false;
}

void
site_reload(void)
{
	struct site *s;
	size_t i;

	for (i = 0; i < TABLE_SIZE; i++)
		for (s = table[i]; s; s = s->next)
			find_own(s);
	hop_reload();
}

void
site_each(void (*one)(const struct site *))
{
	struct site *s;
	size_t i;

	for (i = 0; i < TABLE_SIZE; i++)
		for (s = table[i]; s; s = s->next)
			one(s);
}

uint64_t
site_waits_s(void)
{
	const struct site *s;
	int64_t most = 0;
	size_t i;

	for (i = 0; i < TABLE_SIZE; i++)
		for (s = table[i]; s; s = s->next)
			if ((s->tasks || s->parked.count) && now.mono_ms - s->moved_ms > most && site_limit(s->channel) &&
			    !site_paused(s) && !hop_is_dead(s->hop) && (!s->own || !*s->own->rate))
				most = now.mono_ms - s->moved_ms;
	return (uint64_t)most / 1000;
}

static bool
put_line(struct buf *b, const struct site *s)
{
	const struct hop *h = s->hop;
	int64_t dead = hop_is_dead(h) ? (h->dead_ms - now.mono_ms) / 1000 : 0;

	return buf_puts(b, s->channel == CHANNEL_LOCAL ? "site local " : "site remote ") &&
	    buf_puts(b, s->key) && buf_puts(b, " queued ") && buf_num(b, s->tasks) &&
	    buf_puts(b, " parked ") && buf_num(b, s->parked.count) && buf_puts(b, " busy ") &&
	    buf_num(b, s->busy) && buf_puts(b, " window ") && buf_num(b, h->window) &&
	    buf_puts(b, " dead ") && buf_num(b, (uint64_t)dead) &&
	    (!s->own || !*s->own->rate || (buf_puts(b, " rate ") && buf_puts(b, s->own->rate))) &&
	    (!*h->name || (buf_puts(b, " exchangers ") && buf_puts(b, h->name))) && buf_byte(b, '\n');
}

bool
site_status(struct buf *b)
{
	struct site *s;
	size_t i;
	bool ok = pause_status(b) && hop_status(b);

	for (i = 0; ok && i < TABLE_SIZE; i++)
		for (s = table[i]; ok && s && b->len < b->max - 2000; s = s->next)
			ok = put_line(b, s);
	return ok;
}
