#include <string.h>

#include "lib/ascii.h"
#include "lib/num.h"
#include "tools/top.h"

/* the word at *s, which ends in 0 then; *s is behind it */
static char *
word(char **s)
{
	char *w = *s, *e;

	if (!w)
		return 0;
	if ((e = strchr(w, ' '))) {
		*e = 0;
		*s = e + 1;
	} else
		*s = 0;
	return *w ? w : 0;
}

static bool
number(char **s, uint64_t *n)
{
	const char *w = word(s);

	return w && num_u64(w, 0, UINT64_MAX, n);
}

/* up to the next tab, or the end */
static char *
part(char **s)
{
	static char empty[1];
	char *w = *s, *e;

	if (!w)
		return empty;
	if ((e = strchr(w, '\t'))) {
		*e = 0;
		*s = e + 1;
	} else
		*s = 0;
	return w;
}

struct field {
	const char *name;
	uint64_t *n;
};

static void
store(const struct field *f, size_t n, const char *name, uint64_t value)
{
	for (; n--; f++)
		if (strcmp(f->name, name) == 0)
			*f->n = value;
}

/* "rate NAME total N 1m N 5m N 15m N" */
static void
read_rate(struct live *l, char *s)
{
	static const char *const names[LIVE_RATES] = { "new", "ended", "delivered", "deferred", "failed", "bounced", "bytes" };
	const char *name = word(&s), *span;
	uint64_t n;
	size_t i;

	for (i = 0; i < LIVE_RATES && (!name || strcmp(name, names[i]) != 0); i++)
		;
	if (i == LIVE_RATES)
		return;
	while ((span = word(&s)) && number(&s, &n)) {
		const struct field f[] = {
			{ "total", &l->rate[i][SPAN_ALL] }, { "1m", &l->rate[i][SPAN_1M] }, { "5m", &l->rate[i][SPAN_5M] },
			{ "15m", &l->rate[i][SPAN_15M] },
		};

		store(f, sizeof f / sizeof *f, span, n);
	}
}

static void
read_age(struct live *l, char *s)
{
	const char *minutes = word(&s);
	uint64_t n, m = 0;

	if (l->ages == LIVE_AGES || !minutes || !number(&s, &n))
		return;
	if (strcmp(minutes, "-") != 0 && !num_u64(minutes, 1, 1000000, &m))
		return;
	l->age_minutes[l->ages] = m;
	l->age[l->ages++] = n;
}

/* "NUMBER ID CHANNEL SECONDS RECIPIENTS", then parts */
static void
read_delivery(struct live *l, char *s)
{
	struct delivery *d = &l->delivery[l->deliveries];
	char *numbers = part(&s), *channel;

	if (l->deliveries == LIVE_DELIVERIES || !number(&numbers, &d->number) || !(d->id = word(&numbers)) ||
	    !(channel = word(&numbers)) || !number(&numbers, &d->seconds) || !number(&numbers, &d->rcpts))
		return;
	d->local = strcmp(channel, "local") == 0;
	d->key = part(&s);
	d->rcpt = part(&s);
	l->deliveries++;
}

/* "CHANNEL NAME N NAME N ...", then parts */
static void
read_place(struct live *l, char *s)
{
	struct place *p = &l->place[l->places];
	uint64_t n, paused = 0;
	const struct field f[] = {
		{ "busy", &p->busy }, { "queued", &p->queued }, { "waiting", &p->waiting }, { "window", &p->window }, { "most", &p->most },
		{ "dead", &p->dead }, { "paused", &paused }, { "ago", &p->ago },
	};
	char *numbers = part(&s);
	const char *name = word(&numbers);

	if (l->places == LIVE_PLACES || !name)
		return;
	memset(p, 0, sizeof *p);
	p->local = strcmp(name, "local") == 0;
	while ((name = word(&numbers)) && number(&numbers, &n))
		store(f, sizeof f / sizeof *f, name, n);
	p->paused = paused != 0;
	p->key = part(&s);
	p->rate = part(&s);
	p->exchangers = part(&s);
	p->error = part(&s);
	l->places++;
}

/* "WHAT since WHEN uid UID" */
static void
read_paused(struct live *l, char *s)
{
	struct paused *p = &l->paused[l->pauses];

	if (l->pauses == LIVE_PAUSES || !(p->what = word(&s)) || !word(&s) || !number(&s, &p->since_s) || !word(&s) || !number(&s, &p->uid))
		return;
	l->pauses++;
}

static void
read_line(struct live *l, char *s)
{
	const struct field f[] = {
		{ "messages", &l->messages }, { "active", &l->active }, { "local", &l->local }, { "local-limit", &l->local_limit },
		{ "remote", &l->remote }, { "remote-limit", &l->remote_limit }, { "scanning", &l->scanning },
		{ "stopping", &l->stopping }, { "unplaced", &l->unplaced }, { "overdue", &l->overdue },
	};
	const char *name = word(&s);
	uint64_t n;

	if (!name || !s)
		return;
	if (strcmp(name, "rate") == 0)
		read_rate(l, s);
	else if (strcmp(name, "age") == 0)
		read_age(l, s);
	else if (strcmp(name, "delivery") == 0)
		read_delivery(l, s);
	else if (strcmp(name, "place") == 0)
		read_place(l, s);
	else if (strcmp(name, "paused") == 0)
		read_paused(l, s);
	else if (number(&s, &n))
		store(f, sizeof f / sizeof *f, name, n);
}

void
live_read(struct live *l, struct buf *text)
{
	char *s = text->s, *nl;
	size_t i;

	memset(l, 0, sizeof *l);
	for (i = 0; i < text->len; i++)
		if (s[i] != '\n' && s[i] != '\t')
			s[i] = ascii_mask(s[i]);
	for (; s && *s; s = nl ? nl + 1 : 0) {
		if ((nl = strchr(s, '\n')))
			*nl = 0;
		read_line(l, s);
	}
}

const char *
place_name(const struct place *p, char *space, size_t n)
{
	const char *s = p->key, *e;

	if (!p->local) {
		if (!(s = strchr(s, ' ')))
			return 0;
		s++;
	} else if (*s == '\\' || *s == '|' || *s == '/')
		return 0;                       /* a mailbox, a program or a file of the alias user's */
	e = s + strcspn(s, " ");
	if (e == s || (size_t)(e - s) >= n || memchr(s, '?', (size_t)(e - s)) || (p->local && *e))
		return 0;                       /* '?': who knows what it was */
	memcpy(space, s, (size_t)(e - s));
	space[e - s] = 0;
	return space;
}
