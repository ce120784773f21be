#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ascii.h"
#include "tools/qstat.h"

#define DOMAIN 255

/* ---- tables */

static void
count_in(struct row *r, const struct look *l, uint64_t serial, size_t column)
{
	int64_t us = (int64_t)l->id.us;

	r->recipients++;
	r->age[column]++;
	if (r->seen != serial) {
		r->seen = serial;
		r->messages++;
		r->bytes += l->file.header.length;
	}
	if (!r->oldest_us || us < r->oldest_us)
		r->oldest_us = us;
}

/* the row of a domain, new or not; 0: ENOMEM */
static struct row *
find_row(struct table *t, const char *name, size_t n)
{
	uint32_t number;
	struct row *row;

	if (words_find(&t->words, name, n, &number))
		return &t->row[number];
	if (t->len == TABLE_ROWS)
		return &t->others;
	if (t->len == t->room) {
		size_t room = t->room ? t->room * 2 : 32;

		if (!(row = realloc(t->row, room * sizeof *row)))
			return 0;
		t->row = row;
		t->room = room;
	}
	if (!words_add(&t->words, name, n, &number))
		return 0;
	row = &t->row[t->len++];
	memset(row, 0, sizeof *row);
	row->name = number;
	return row;
}

/* the domain of an address in small letters; without one what stands there */
static size_t
domain_of(const char *address, char name[DOMAIN])
{
	const char *at = strrchr(address, '@');
	size_t n;

	address = at ? at + 1 : address;
	for (n = 0; address[n] && n < DOMAIN; n++)
		name[n] = ascii_lower(address[n]);
	return n;
}

static bool
count_domain(struct table *t, const char *address, const struct look *l, uint64_t serial, size_t column)
{
	char name[DOMAIN];
	struct row *row = find_row(t, name, domain_of(address, name));

	if (!row)
		return false;
	count_in(row, l, serial, column);
	count_in(&t->all, l, serial, column);
	return true;
}

static int
more_first(const void *a, const void *b, const struct table *t)
{
	const struct row *x = &t->row[*(const size_t *)a], *y = &t->row[*(const size_t *)b];

	if (x->recipients != y->recipients)
		return x->recipients > y->recipients ? -1 : 1;
	return strcmp(words_text(&t->words, x->name), words_text(&t->words, y->name));
}

static void
sink(const struct table *t, size_t len, size_t i)
{
	size_t moving = t->order[i], child;

	for (; (child = 2 * i + 1) < len; i = child) {
		if (child + 1 < len && more_first(&t->order[child + 1], &t->order[child], t) > 0)
			child++;
		if (more_first(&t->order[child], &moving, t) <= 0)
			break;
		t->order[i] = t->order[child];
	}
	t->order[i] = moving;
}

bool
table_sort(struct table *t)
{
	size_t i, n;

	if (!t->len)
		return true;
	if (!(t->order = malloc(t->len * sizeof *t->order)))
		return false;
	for (i = 0; i < t->len; i++)
		t->order[i] = i;
	for (i = t->len / 2; i-- > 0; )
		sink(t, t->len, i);
	for (n = t->len; n > 1; n--) {
		size_t last = t->order[0];

		t->order[0] = t->order[n - 1];
		t->order[n - 1] = last;
		sink(t, n - 1, 0);
	}
	return true;
}

/* ---- messages */

static bool
count_rcpts(struct stats *s, const struct look *l, uint64_t serial, size_t column)
{
	const struct qf *q = &l->file;
	const char *sender = qf_string(q, q->sender);
	bool ok = true;
	size_t i;

	for (i = 0; ok && i < q->rcpts; i++) {
		const struct qf_rcpt *r = &q->rcpt[i];

		s->state[r->state]++;
		s->deferred += r->state == QF_WAITING && r->tries > 0;
		if (!look_open(l, i) || r->state == QF_EXPANDED)
			continue;
		s->all.recipients++;
		if (s->by_rcpt)
			ok = count_domain(&s->rcpt, qf_address(q, i), l, serial, column);
		if (s->by_sender && ok)
			ok = count_domain(&s->sender, *sender ? sender : "<>", l, serial, column);
	}
	return ok;
}

static bool
count(struct stats *s, const struct look *l, uint64_t serial)
{
	int64_t age_s = s->now_s - (int64_t)(l->id.us / 1000000);
	size_t column = age_column(age_s);

	s->all.messages++;
	s->all.bytes += l->file.header.length;
	s->all.age[column]++;
	if (l->place == WALK_HOLD)
		s->held++;
	else if (l->next_s <= s->now_s)
		s->active++;
	else
		s->waiting++;
	if (!s->all.oldest_us || (int64_t)l->id.us < s->all.oldest_us) {
		s->all.oldest_us = (int64_t)l->id.us;
		s->oldest = l->id;
	}
	return count_rcpts(s, l, serial, column);
}

static void
name_it(const struct look *l, enum look_result result, void (*complain)(const char *, const char *))
{
	char id[QID_TEXT];

	if (result == LOOK_GONE || result == LOOK_OK)
		return;
	qid_text(id, &l->id);
	complain(id, look_reason(result));
}

bool
stats_collect(struct stats *s, const struct selector *sel, void (*complain)(const char *, const char *))
{
	static struct walk w;
	static struct look l;
	struct walk_item item;
	enum walk_next next;
	enum look_result result;
	uint64_t serial = 0;

	while ((next = walk_next(&w, &item)) == WALK_ITEM) {
		look_at(&l, &w, &item);
		if (selector_match(sel, &l, &result) != SELECTOR_YES || (result = look_deeper(&l, LOOK_ALL)) != LOOK_OK)
			name_it(&l, result, complain);
		else if (!count(s, &l, ++serial))
			return false;
	}
	look_away(&l);
	walk_again(&w);
	return next == WALK_END && table_sort(&s->rcpt) && table_sort(&s->sender);
}
