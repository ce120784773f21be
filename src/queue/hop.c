#include <stdlib.h>
#include <string.h>

#include "queue/site.h"

#define WINDOW_FIRST 5
#define DEAD_FIRST_MS 60000
#define DEAD_MOST_MS 3600000
#define TABLE_SIZE 1024
#define SWEEP 8                         /* rows of the table a turn */
#define LATE_US 20000                   /* a turn of the loop may come so late, and nobody loses his time by it */

static struct hop *table[TABLE_SIZE];   /* those with a name */

/* ---- what control/destinations says; a site's own line goes before the preset, that of its hop counts for all its sites */

static uint64_t
first_said(uint64_t hop, uint64_t site, uint64_t preset)
{
	return hop ? hop : site ? site : preset;
}

unsigned
hop_most(const struct hop *h, const struct site *s)
{
	uint64_t n;

	if (h->channel == CHANNEL_LOCAL)
		return (unsigned)settings.concurrencysite;
	n = first_said(h->own ? h->own->concurrency : 0, s && s->own ? s->own->concurrency : 0,
	    destinations_preset(destinations)->concurrency);
	return (unsigned)(n ? n : settings.concurrencysite);
}

/* between two messages there; a site that is slower or faster by a line of its own is not held back by the preset */
static uint64_t
interval_us(const struct hop *h, const struct site *s)
{
	if (h->channel == CHANNEL_LOCAL)
		return 0;
	if (h->own && h->own->interval_us)
		return h->own->interval_us;
	return s && s->own && s->own->interval_us ? 0 : destinations_preset(destinations)->interval_us;
}

static uint64_t
site_interval_us(const struct site *s)
{
	return s->own ? s->own->interval_us : 0;
}

/* ---- the table */

/* the host in its name */
static size_t
host_len(const char *name)
{
	return strcspn(name, "/");
}

static struct hop **
row(const char *name)
{
	uint64_t h = 0xcbf29ce484222325u;

	while (*name)
		h = (h ^ (unsigned char)*name++) * 0x100000001b3u;
	return &table[(h ^ h >> 32) % TABLE_SIZE];
}

struct hop *
hop_new(enum channel c, const char *name)
{
	struct hop *h = calloc(1, sizeof *h + strlen(name) + 1);
	unsigned most;

	if (!h)
		return 0;
	h->channel = c;
	strcpy(h->name, name);
	if (*name) {
		h->own = destinations_find(destinations, name, host_len(name));
		h->next = *row(name);
		*row(name) = h;
	}
	most = hop_most(h, 0);
	h->window = WINDOW_FIRST < most ? WINDOW_FIRST : most;
	return h;
}

struct hop *
hop_named(const char *name)
{
	struct hop *h;

	for (h = *row(name); h && strcmp(h->name, name) != 0; h = h->next)
		;
	return h ? h : hop_new(CHANNEL_REMOTE, name);
}

void
hop_drop(struct hop *h)
{
	if (!h->sites && !h->workers && !*h->name)
		free(h);
}

/* nobody leads there, and there is nothing to remember of it */
static bool
is_over(const struct hop *h)
{
	return !h->sites && !h->workers && !hop_is_dead(h) && h->pace.next_us <= now.mono_ms * 1000;
}

void
hop_sweep(void)
{
	static size_t at;
	struct hop **p, *h;
	int n;

	for (n = 0; n < SWEEP; n++)
		for (p = &table[at++ % TABLE_SIZE]; (h = *p); ) {
			if (is_over(h)) {
				*p = h->next;
				free(h);
			} else
				p = &h->next;
		}
}

/* ---- who answers */

bool
hop_is_dead(const struct hop *h)
{
	return now.mono_ms < h->dead_ms;
}

void
hop_answers(struct hop *h, const struct site *s)
{
	unsigned most = hop_most(h, s);

	h->failures = 0;
	h->dead_ms = 0;
	if (h->window < most)
		h->window++;
}

void
hop_silent(struct hop *h)
{
	int64_t pause = DEAD_FIRST_MS;
	unsigned i;

	if (hop_is_dead(h))
		return;                         /* others of the same moment */
	for (i = 0; i < h->failures && pause < DEAD_MOST_MS; i++)
		pause *= 2;
	h->failures++;
	h->dead_ms = now.mono_ms + (pause < DEAD_MOST_MS ? pause : DEAD_MOST_MS);
	h->window = h->window > 1 ? h->window / 2 : 1;
}

void
hop_wake(struct hop *h)
{
	h->dead_ms = 0;
	h->failures = 0;
}

bool
hop_matches(const struct hop *h, const char *pattern)
{
	return *h->name && destinations_match(pattern, h->name, host_len(h->name));
}

void
hop_wake_named(const char *pattern)
{
	struct hop *h;
	size_t i;

	for (i = 0; i < TABLE_SIZE; i++)
		for (h = table[i]; h; h = h->next)
			if (!*pattern || hop_matches(h, pattern))
				hop_wake(h);
}

void
hop_reload(void)
{
	struct hop *h;
	size_t i;

	for (i = 0; i < TABLE_SIZE; i++)
		for (h = table[i]; h; h = h->next)
			h->own = destinations_find(destinations, h->name, host_len(h->name));
}

/* ---- room and time */

bool
hop_has_room(const struct hop *h, const struct site *s, unsigned others)
{
	return !hop_is_dead(h) && others < h->window && others < hop_most(h, s);
}

static bool
has_come(const struct pace *p, uint64_t interval, int64_t *again_ms)
{
	int64_t ms = (p->next_us + 999) / 1000;

	if (!interval || p->next_us <= now.mono_ms * 1000)
		return true;
	if (!*again_ms || ms < *again_ms)
		*again_ms = ms;
	return false;
}

bool
hop_in_time(const struct hop *h, const struct site *s, int64_t *again_ms)
{
	return has_come(&h->pace, interval_us(h, s), again_ms) && has_come(&s->pace, site_interval_us(s), again_ms);
}

static void
step(struct pace *p, uint64_t interval)
{
	int64_t now_us = now.mono_ms * 1000;

	if (interval)
		p->next_us = (p->next_us > now_us - LATE_US ? p->next_us : now_us) + (int64_t)interval;
}

void
hop_pace(struct hop *h, struct site *s)
{
	step(&h->pace, interval_us(h, s));
	step(&s->pace, site_interval_us(s));
}

void
hop_unpace(struct hop *h, struct site *s)
{
	h->pace.next_us -= (int64_t)interval_us(h, s);
	s->pace.next_us -= (int64_t)site_interval_us(s);
}

/* ---- for people */

const char *
hop_rate(const struct hop *h, const struct site *s)
{
	const struct destination *preset = destinations_preset(destinations);

	if (h->channel == CHANNEL_LOCAL)
		return "";
	if (s->own && s->own->interval_us && (!h->own || h->own->interval_us < s->own->interval_us))
		return s->own->rate;
	return h->own && h->own->interval_us ? h->own->rate : preset->rate;
}

static bool
put_number(struct buf *b, const char *name, uint64_t n)
{
	return buf_byte(b, ' ') && buf_puts(b, name) && buf_byte(b, ' ') && buf_num(b, n);
}

static bool
put_line(struct buf *b, const struct hop *h)
{
	const char *rate = h->own && *h->own->rate ? h->own->rate : destinations_preset(destinations)->rate;
	int64_t dead = hop_is_dead(h) ? (h->dead_ms - now.mono_ms) / 1000 : 0;

	return buf_puts(b, "exchangers ") && buf_puts(b, h->name) && put_number(b, "sites", h->sites) &&
	    put_number(b, "open", h->open) && put_number(b, "busy", h->busy) && put_number(b, "window", h->window) &&
	    put_number(b, "most", hop_most(h, 0)) && put_number(b, "dead", (uint64_t)dead) && buf_puts(b, " rate ") &&
	    buf_puts(b, *rate ? rate : "-") && buf_byte(b, '\n');
}

bool
hop_status(struct buf *b)
{
	struct hop *h;
	size_t i;
	bool ok = true;

	for (i = 0; ok && i < TABLE_SIZE; i++)
		for (h = table[i]; ok && h && b->len < b->max - 2000; h = h->next)
			ok = put_line(b, h);
	return ok;
}
