#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/top.h"

#define SHORT_TEXT 24
#define DELIVERIES_FEW 5                /* shown beside places, where rows are few */
#define WORDS_ROWS 2                    /* at the bottom: words, keys */

const char *const sort_names[SORTS] = { "backlog", "active", "waiting", "dead", "name" };

/* ---- one row */

static bool
full(const struct screen *s)
{
	return s->used == s->rows;
}

__attribute__((format(printf, 3, 4))) static void
put(struct screen *s, enum look_of look, const char *format, ...)
{
	struct row *r = &s->row[s->used];
	va_list list;
	size_t n;
	int k;

	if (full(s))
		return;
	va_start(list, format);
	k = vsnprintf(r->text, s->cols + 1, format, list);
	va_end(list);
	n = k < 0 ? 0 : (size_t)k > s->cols ? s->cols : (size_t)k;
	if (look == LOOK_TURNED && s->cols < SCREEN_COLS)       /* the whole row, of a terminal */
		while (n < s->cols)
			r->text[n++] = ' ';
	else
		while (n && r->text[n - 1] == ' ')
			n--;
	r->text[n] = 0;
	r->look = look;
	s->used++;
}

/* ---- numbers for people */

/* at most 6 characters */
static const char *
short_number(char *out, double n)
{
	static const char units[] = { 0, 'k', 'M', 'G', 'T', 'P' };
	size_t u = 0;

	if (n < 1000000 && n == (double)(uint64_t)n) {
		snprintf(out, SHORT_TEXT, "%.0f", n);
		return out;
	}
	while (n >= 1000 && u < sizeof units - 1) {
		n /= 1000;
		u++;
	}
	snprintf(out, SHORT_TEXT, n < 100 ? "%.1f%c" : "%.0f%c", n, units[u]);
	return out;
}

static const char *
whole_number(char *out, uint64_t n)
{
	if (n < 10000000)
		snprintf(out, SHORT_TEXT, "%llu", (unsigned long long)n);
	else
		short_number(out, (double)n);
	return out;
}

static const char *
rate(char *out, uint64_t n, double seconds)
{
	double each = seconds > 0 ? (double)n / seconds : 0;
	const char *unit = "/s";
	char number[SHORT_TEXT];

	if (n == 0) {
		strcpy(out, "0");
		return out;
	}
	if (each < 1 && (unit = "/m", each *= 60) < 1) {
		unit = "/h";
		each *= 60;
	}
	if (each < 9.95)
		snprintf(number, sizeof number, "%.1f", each);
	else
		short_number(number, (double)(uint64_t)(each + 0.5));
	snprintf(out, SHORT_TEXT, "%.12s%s", number, unit);
	return out;
}

/* "0:59", "59:59", "23:59:59", "9d 23h" */
static const char *
clock_of(char *out, uint64_t s)
{
	unsigned d = (unsigned)(s / 86400 % 100000), h = (unsigned)(s / 3600 % 24), m = (unsigned)(s / 60 % 60);

	if (d)
		snprintf(out, SHORT_TEXT, "%ud %uh", d, h);
	else if (h)
		snprintf(out, SHORT_TEXT, "%u:%02u:%02u", h, m, (unsigned)(s % 60));
	else
		snprintf(out, SHORT_TEXT, "%u:%02u", m, (unsigned)(s % 60));
	return out;
}

/* "59s", "59m", "47h", "99d" */
static const char *
about(char *out, uint64_t s)
{
	unsigned long long n = s;

	if (s < 60)
		snprintf(out, SHORT_TEXT, "%llus", n);
	else if (s < 3600)
		snprintf(out, SHORT_TEXT, "%llum", n / 60);
	else if (s < 172800)
		snprintf(out, SHORT_TEXT, "%lluh", n / 3600);
	else
		snprintf(out, SHORT_TEXT, "%llud", n / 86400);
	return out;
}

/* ---- which place is chosen, and in which order they stand */

static enum sort order;

static uint64_t
weight(const struct place *p)
{
	switch (order) {
	case SORT_ACTIVE:
		return p->busy;
	case SORT_WAITING:
		return p->waiting;
	case SORT_DEAD:
		return p->dead + p->paused;
	case SORT_BACKLOG:
	case SORT_NAME:
	case SORTS:
	default:
		return p->busy + p->queued + p->waiting;
	}
}

static int
compare(const void *x, const void *y)
{
	const struct place *a = x, *b = y;
	uint64_t wa = weight(a), wb = weight(b);

	if (order != SORT_NAME && wa != wb)
		return wa > wb ? -1 : 1;
	if (a->local != b->local)
		return a->local ? -1 : 1;
	return strcmp(a->key, b->key);
}

static void
choose(struct view *v, const struct live *l, size_t at)
{
	v->at = at;
	snprintf(v->chosen, sizeof v->chosen, "%s", l->place[at].key);
	v->chosen_local = l->place[at].local;
}

void
view_arrange(struct view *v, struct live *l)
{
	size_t i;

	order = v->sort;
	qsort(l->place, l->places, sizeof *l->place, compare);
	for (i = 0; i < l->places; i++)
		if (l->place[i].local == v->chosen_local && strcmp(l->place[i].key, v->chosen) == 0)
			break;
	if (i < l->places)
		v->at = i;
	else {                                  /* it has nothing to do any more: nobody else is chosen in its stead */
		v->at = 0;
		*v->chosen = 0;
	}
}

void
view_move(struct view *v, struct live *l, int by)
{
	size_t most, *at = v->mode == MODE_DELIVERIES ? &v->delivery_top : &v->at, n;

	n = v->mode == MODE_DELIVERIES ? l->deliveries : l->places;
	if (n == 0)
		return;
	most = n - 1;
	if (v->mode != MODE_DELIVERIES && !*v->chosen) {
		choose(v, l, by < 0 ? most : 0);
		return;
	}
	if (by < 0)
		*at = *at < (size_t)-by ? 0 : *at - (size_t)-by;
	else
		*at = most - *at < (size_t)by ? most : *at + (size_t)by;
	if (v->mode != MODE_DELIVERIES)
		choose(v, l, *at);
}

/* ---- parts */

static void
put_title(struct screen *s, const struct view *v, const struct live *l)
{
	char host[64] = "", when[SHORT_TEXT], n[SHORT_TEXT], numbers[200] = "";
	time_t t = time(0);
	struct tm tm;

	(void)gethostname(host, sizeof host - 1);
	if (!localtime_r(&t, &tm) || !strftime(when, sizeof when, "%H:%M:%S", &tm))
		*when = 0;
	if (l && !v->trouble)
		snprintf(numbers, sizeof numbers, "messages %s  local %llu/%llu  remote %llu/%llu%s%s%s", whole_number(n, l->messages),
		    (unsigned long long)l->local, (unsigned long long)l->local_limit, (unsigned long long)l->remote,
		    (unsigned long long)l->remote_limit, l->scanning ? "  scanning" : "", l->stopping ? "  STOPPING" : "",
		    l->pauses ? "  PAUSED" : "");
	put(s, LOOK_TURNED, "%.20s %s  %s", host, when, numbers);
}

static void
put_rates(struct screen *s, const struct view *v, const struct live *l)
{
	static const struct { const char *name; enum live_span span; double seconds; bool always; } rows[] = {
		{ "10 s", SPAN_10S, 10, true }, { "1 min", SPAN_1M, 60, true }, { "5 min", SPAN_5M, 300, false },
		{ "15 min", SPAN_15M, 900, true }, { "in all", SPAN_ALL, 0, false },
	};
	char t[LIVE_RATES][SHORT_TEXT];
	size_t i, k;

	put(s, LOOK_STRONG, "%-7s%10s%10s%10s%10s%10s%10s%10s", "", "in", "bytes in", "out", "delivered", "deferred", "failed", "bounced");
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		if ((!rows[i].always && s->rows < 30) || (v->snapshot && rows[i].span == SPAN_10S))
			continue;
		for (k = 0; k < LIVE_RATES; k++)
			if (rows[i].seconds > 0)
				rate(t[k], l->rate[k][rows[i].span], rows[i].seconds);
			else
				whole_number(t[k], l->rate[k][rows[i].span]);
		put(s, LOOK_PLAIN, "%-7s%10s%10s%10s%10s%10s%10s%10s", rows[i].name, t[RATE_NEW], t[RATE_BYTES], t[RATE_ENDED],
		    t[RATE_DELIVERED], t[RATE_DEFERRED], t[RATE_FAILED], t[RATE_BOUNCED]);
	}
}

static void
put_ages(struct screen *s, const struct live *l)
{
	char names[16 * LIVE_AGES] = "", counts[16 * LIVE_AGES] = "", bars[16 * LIVE_AGES] = "", t[SHORT_TEXT];
	uint64_t most = 1;
	size_t i, n = 0;

	for (i = 0; i < l->ages; i++)
		if (l->age[i] > most)
			most = l->age[i];
	for (i = 0; i < l->ages; i++, n += 7) {
		const uint64_t m = l->age_minutes[i];
		char name[SHORT_TEXT] = "older";

		if (m)
			snprintf(name, sizeof name, m < 120 ? "<%llum" : "<%lluh", (unsigned long long)(m < 120 ? m : (m + 30) / 60));
		snprintf(names + n, 8, "%7.7s", name);
		snprintf(counts + n, 8, "%7.7s", l->age[i] < 100000 ? whole_number(t, l->age[i]) : short_number(t, (double)l->age[i] + 0.1));
		/* whoever is there has a mark */
		snprintf(bars + n, 8, " %6.*s", (int)(l->age[i] ? 1 + l->age[i] * 5 / most : 0), "######");
	}
	put(s, LOOK_STRONG, "%-7s%s", "age", names);
	put(s, LOOK_PLAIN, "%-7s%s", "", counts);
	put(s, LOOK_PLAIN, "%-7s%s", "", bars);
}

/* of a column that grows with the terminal */
static int
width(const struct screen *s, int at_80)
{
	int w = at_80 + ((int)s->cols - 80) / 4;

	return w < 8 ? 8 : w > 40 ? 40 : w;
}

static const char *
shown_key(char *out, size_t size, const char *key, bool local)
{
	snprintf(out, size, "%s%s", local ? "local " : "", !local && strncmp(key, "mx ", 3) == 0 ? key + 3 : key);
	return out;
}

static void
put_delivery(struct screen *s, const struct delivery *d)
{
	char key[400], t[SHORT_TEXT], more[2 * SHORT_TEXT] = "";
	int w = width(s, 22);

	if (d->rcpts > 1)
		snprintf(more, sizeof more, " and %llu more", (unsigned long long)d->rcpts - 1);
	put(s, LOOK_PLAIN, "%9llu %-17s %9s %-*.*s %s%s", (unsigned long long)d->number, d->id, clock_of(t, d->seconds), w, w,
	    shown_key(key, sizeof key, d->key, d->local), d->rcpt, more);
}

/* so many rows for the list; 0: none */
static void
put_deliveries(struct screen *s, struct view *v, const struct live *l, size_t most)
{
	int w = width(s, 22);
	size_t i;

	if (v->mode != MODE_DELIVERIES || v->delivery_top >= l->deliveries)
		v->delivery_top = 0;
	put(s, LOOK_STRONG, "%9s %-17s %9s %-*s %s", "DELIVERY", "MESSAGE", "TIME", w, "DESTINATION", "RECIPIENT");
	for (i = v->delivery_top; i < l->deliveries && most--; i++)
		put_delivery(s, &l->delivery[i]);
}

static const char *
state_of(char *out, const struct place *p)
{
	char t[SHORT_TEXT];

	if (p->paused)
		strcpy(out, "paused");
	else if (p->dead)
		snprintf(out, SHORT_TEXT, "dead %s", clock_of(t, p->dead));
	else
		snprintf(out, SHORT_TEXT, "%.11s", p->rate);
	return out;
}

static void
put_place(struct screen *s, const struct place *p, enum look_of look)
{
	char key[400], busy[2 * SHORT_TEXT] = "", queued[SHORT_TEXT], waiting[SHORT_TEXT], state[SHORT_TEXT], ago[SHORT_TEXT] = "";
	int w = width(s, 23);

	if (p->window)
		snprintf(busy, sizeof busy, "%llu/%llu", (unsigned long long)p->busy, (unsigned long long)p->window);
	if (*p->error)
		about(ago, p->ago);
	put(s, look, " %-*.*s %7s %7s %7s %-11s %s%s%s", w, w, shown_key(key, sizeof key, p->key, p->local), busy,
	    whole_number(queued, p->queued), whole_number(waiting, p->waiting), state_of(state, p), ago, *ago ? " " : "", p->error);
}

static void
put_places(struct screen *s, struct view *v, const struct live *l, size_t most)
{
	int w = width(s, 23);
	size_t i;

	if (v->at < v->top)
		v->top = v->at;
	if (most && v->at >= v->top + most)
		v->top = v->at - most + 1;
	if (v->top + most > l->places)
		v->top = l->places > most ? l->places - most : 0;
	put(s, LOOK_STRONG, " %-*s %7s %7s %7s %-11s %s", w, "DESTINATION", "ACT/WIN", "QUEUED", "WAITING", "STATE", "LAST ERROR");
	for (i = v->top; i < l->places && most--; i++)
		put_place(s, &l->place[i], *v->chosen && i == v->at && !v->snapshot ? LOOK_TURNED : LOOK_PLAIN);
	if (i == l->places && l->unplaced && most)
		put(s, LOOK_PLAIN, " %-*s %7s %7s %7llu", w, "(not tried since start)", "", "", (unsigned long long)l->unplaced);
}

/* what there is to say of the chosen one, or to the person */
static void
put_words(struct screen *s, const struct view *v, const struct live *l)
{
	const struct place *p = l && *v->chosen && v->at < l->places ? &l->place[v->at] : 0;
	char key[400];

	if (*v->words)
		put(s, LOOK_STRONG, "%s", v->words);
	else if (p && *p->error)
		put(s, LOOK_PLAIN, "%s: %s", shown_key(key, sizeof key, p->key, p->local), p->error);
	else if (p && *p->exchangers)
		put(s, LOOK_PLAIN, "%s: by %s, window %llu of %llu", shown_key(key, sizeof key, p->key, p->local), p->exchangers,
		    (unsigned long long)p->window, (unsigned long long)p->most);
	else if (l && l->pauses)
		put(s, LOOK_PLAIN, "paused: %s%s", l->paused[0].what, l->pauses > 1 ? " and others; pneu-qctl status lists them" : "");
	else
		put(s, LOOK_PLAIN, "%s", "");
}

static void
put_help(struct screen *s)
{
	static const char *const lines[] = {
		"arrows, j k     choose a destination (or scroll the deliveries)",
		"page up, down   the same, ten at a time",
		"p               pause the chosen destination, or resume it",
		"P               pause all delivery, or resume it; asks first",
		"r               try the chosen destination now",
		"f               try everything now; asks first",
		"s               the next order: backlog, active, waiting, dead, name",
		"d               deliveries and destinations, deliveries only, destinations only",
		"space           ask the runner now",
		"control-L       draw the screen anew",
		"h, ?            this, or back",
		"q               end",
		"",
		"ACT/WIN  workers that have something to do there, and how many may at most",
		"QUEUED   messages due and in line       WAITING  tried, and not due yet",
		"STATE    dead: nobody answered, left alone so long; paused; or its pace",
	};
	size_t i;

	for (i = 0; i < sizeof lines / sizeof *lines; i++)
		put(s, LOOK_PLAIN, "%s", lines[i]);
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* what is left between the numbers and the last rows */
static void
put_lists(struct screen *s, struct view *v, const struct live *l)
{
	size_t left = s->rows > s->used + WORDS_ROWS + 1 ? s->rows - s->used - WORDS_ROWS - 1 : 0, few;

	if (v->mode == MODE_DELIVERIES)
		put_deliveries(s, v, l, left);
	else if (v->mode == MODE_PLACES || left < 6)
		put_places(s, v, l, left);
	else {
		left--;                         /* two headings */
		few = smaller(l->deliveries, left / 3 > DELIVERIES_FEW ? left / 3 : smaller(DELIVERIES_FEW, left / 2));
		put_deliveries(s, v, l, few);
		put_places(s, v, l, left - few);
	}
}

static void
put_all(struct screen *s, struct view *v, const struct live *l)
{
	put_title(s, v, l);
	put_rates(s, v, l);
	put_ages(s, l);
	put_deliveries(s, v, l, LIVE_DELIVERIES);
	put_places(s, v, l, LIVE_PLACES + 1);
}

static void
put_keys(struct screen *s, const struct view *v)
{
	s->used = s->rows - 1;
	put(s, LOOK_TURNED, "q end  arrows choose  p pause  r retry  s sort: %s  d deliveries  h help", sort_names[v->sort]);
}

void
view_draw(struct screen *s, struct view *v, const struct live *l)
{
	size_t i;

	s->used = 0;
	if (v->snapshot) {
		put_all(s, v, l);
		return;
	}
	put_title(s, v, l);
	if (v->mode == MODE_HELP)
		put_help(s);
	else if (v->trouble)
		put(s, LOOK_STRONG, "%s", v->trouble);
	else if (l) {
		put_rates(s, v, l);
		put_ages(s, l);
		put_lists(s, v, l);
	}
	for (i = s->used; i < s->rows; i++) {
		s->row[i].look = LOOK_PLAIN;
		*s->row[i].text = 0;
	}
	if (s->rows < WORDS_ROWS + 1)
		return;
	s->used = s->rows - WORDS_ROWS;
	put_words(s, v, l);
	put_keys(s, v);
}
