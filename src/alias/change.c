/* What would change: the installed database becomes a second table, and both are asked who gets the mail for each name.
 * An entry that says the same in both, and leads only to such entries, is not expanded: so a big file with few changes
 * costs little more than reading both. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alias/work.h"
#include "lib/ascii.h"
#include "lib/out.h"

#define STEPS 20000000u                 /* elements looked at in all expansions; beyond, only that there is a change is told */
#define SHOWN 100                       /* recipients in a line */

enum verb { ADDED = '+', REMOVED = '-', CHANGED = '~' };

struct side {
	struct table *t;
	uint32_t *stamp, now;           /* entries visited in this expansion */
	uint32_t *stack;
	const struct member **leaf;     /* its recipients, sorted, each once */
	size_t leaves, room;
};

struct line {
	const char *name;
	uint32_t old, new;              /* entries, or TABLE_NONE */
};

struct compare {
	struct side old, new;
	bool *dirty;                    /* of new entries */
	struct line *line;
	size_t lines;
	uint32_t steps;
	struct out out;
};

/* ---- the installed database as a table */

static bool
read_installed(struct table *t, int fd)
{
	static struct aliasdb_walk walk;        /* its space is large */
	struct text_place nowhere = { 0, 0 };
	struct buf space = BUF(ALIASDB_DATA);
	struct aliasdb_entry e;
	enum aliasdb_result r;
	const char *text;
	uint32_t index;
	char letter;
	bool ok = aliasdb_walk(&walk, fd);

	while (ok && (r = aliasdb_walk_next(&walk, &space, &e)) != ALIASDB_NONE) {
		ok = r == ALIASDB_FOUND;
		if (ok && entries_add(t, false, walk.name, walk.name_len, &index) != TABLE_NEW) {
			errno = EPROTO;
			ok = false;
		}
		while (ok && aliasdb_next(&e, &letter, &text))
			ok = entries_member(t, aliasdb_kind(letter), text, strlen(text), nowhere);
	}
	buf_free(&space);
	return ok;
}

/* ---- which entries say something else */

/* the alias that a member leads to; lists are recipients here */
static const struct entry *
alias_of(const struct table *t, const struct member *m)
{
	return m->to == TABLE_NONE || t->entry[m->to].list ? 0 : &t->entry[m->to];
}

/* how much of the text tells recipients apart, and whether case does: all names of this host are one */
static size_t
telling(const struct member *m, bool *fold)
{
	const char *at = m->local ? memrchr(m->text, '@', m->len) : 0;

	*fold = m->local;
	return at ? (size_t)(at - m->text) : m->len;
}

static int
compare_members(const struct member *a, const struct member *b)
{
	bool fold_a, fold_b;
	size_t n = telling(a, &fold_a), k = telling(b, &fold_b), i;
	int d = a->kind - b->kind;

	for (i = 0; d == 0 && i < n && i < k; i++)
		d = (unsigned char)(fold_a ? ascii_lower(a->text[i]) : a->text[i]) -
		    (unsigned char)(fold_b ? ascii_lower(b->text[i]) : b->text[i]);
	if (d == 0)
		d = n < k ? -1 : n > k;
	return d ? d : fold_a - fold_b;
}

static bool
same_target(const struct table *t, const struct member *a, const struct table *u, const struct member *b)
{
	const struct entry *x = alias_of(t, a), *y = alias_of(u, b);

	return x && y ? x->len == y->len && memcmp(x->name, y->name, x->len) == 0 : !x && !y;
}

/* a different order counts as different here; the recipients decide in the end */
static bool
says_the_same(const struct table *t, const struct entry *a, const struct table *u, const struct entry *b)
{
	uint32_t i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++) {
		const struct member *x = &t->member[a->first + i], *y = &u->member[b->first + i];

		if (compare_members(x, y) != 0 || !same_target(t, x, u, y))
			return false;
	}
	return true;
}

/* whatever leads to a dirty entry is dirty; the edges are turned round in two arrays */
static bool
spread(struct compare *c, uint32_t *todo, uint32_t count)
{
	const struct table *t = c->new.t;
	uint32_t *head = calloc(t->entries + 1, sizeof *head), *next = calloc(t->members + 1, sizeof *next);
	uint32_t *owner = calloc(t->members + 1, sizeof *owner), i, j;
	bool ok = head && next && owner;

	for (i = 0; ok && i < t->entries; i++)
		for (j = t->entry[i].first; j < t->entry[i].first + t->entry[i].count; j++) {
			owner[j] = i;
			if (!alias_of(t, &t->member[j]))
				continue;
			next[j] = head[t->member[j].to];
			head[t->member[j].to] = j + 1;
		}
	while (ok && count) {
		for (j = head[todo[--count]]; j; j = next[j - 1])
			if (!c->dirty[owner[j - 1]]) {
				c->dirty[owner[j - 1]] = true;
				todo[count++] = owner[j - 1];
			}
	}
	free(head);
	free(next);
	free(owner);
	return ok;
}

static bool
find_dirty(struct compare *c)
{
	const struct table *old = c->old.t, *new = c->new.t;
	uint32_t i, was, count = 0, *todo = calloc(new->entries + 1, sizeof *todo);
	bool ok;

	for (i = 0; todo && i < new->entries; i++) {
		const struct entry *e = &new->entry[i];

		if (e->list)
			continue;
		was = entries_find(old, false, e->name, e->len);
		if (was != TABLE_NONE && says_the_same(old, &old->entry[was], new, e))
			continue;
		c->dirty[i] = true;
		todo[count++] = i;
	}
	ok = todo && spread(c, todo, count);
	free(todo);
	return ok;
}

/* ---- who gets it */

static int
by_recipient(const void *a, const void *b)
{
	return compare_members(*(const struct member *const *)a, *(const struct member *const *)b);
}

static bool
add_leaf(struct side *s, const struct member *m)
{
	if (s->leaves == s->room) {
		size_t room = s->room ? s->room * 2 : 64;
		const struct member **p = realloc(s->leaf, room * sizeof *p);

		if (!p)
			return false;
		s->leaf = p;
		s->room = room;
	}
	s->leaf[s->leaves++] = m;
	return true;
}

/* into s->leaf; when the steps are used up it is not complete */
static bool
recipients(struct compare *c, struct side *s, uint32_t root)
{
	const struct table *t = s->t;
	uint32_t n = 0, j;
	size_t i, kept = 0;

	s->leaves = 0;
	s->now++;
	s->stamp[root] = s->now;
	s->stack[n++] = root;
	while (n && c->steps < STEPS) {
		const struct entry *e = &t->entry[s->stack[--n]];

		for (j = e->first; j < e->first + e->count; j++) {
			const struct member *m = &t->member[j];
			const struct entry *to = alias_of(t, m);

			c->steps++;
			if (!to || to == e) {
				if (!add_leaf(s, m))
					return false;
			} else if (s->stamp[m->to] != s->now) {
				s->stamp[m->to] = s->now;
				s->stack[n++] = m->to;
			}
		}
	}
	if (s->leaves)
		qsort(s->leaf, s->leaves, sizeof *s->leaf, by_recipient);
	for (i = 0; i < s->leaves; i++)
		if (kept == 0 || by_recipient(&s->leaf[kept - 1], &s->leaf[i]) != 0)
			s->leaf[kept++] = s->leaf[i];
	s->leaves = kept;
	return true;
}

static bool
same_recipients(const struct side *a, const struct side *b)
{
	size_t i;

	if (a->leaves != b->leaves)
		return false;
	for (i = 0; i < a->leaves; i++)
		if (compare_members(a->leaf[i], b->leaf[i]) != 0)
			return false;
	return true;
}

/* ---- telling */

static void
put_masked(struct out *o, const char *s)
{
	for (; *s; s++)
		out_byte(o, ascii_mask(*s));
}

static void
put_recipients(struct out *o, const struct side *s)
{
	static const char *const before[] = {
		[ELEMENT_MAILBOX] = "\\", [ELEMENT_PROGRAM] = "|", [ELEMENT_INCLUDE] = ":include:", [ELEMENT_FAIL] = ":fail: ",
		[ELEMENT_DEFER] = ":defer: ", [ELEMENT_DISCARD] = ":blackhole:", [ELEMENT_ADDRESS] = "", [ELEMENT_FILE] = "",
	};
	size_t i;

	for (i = 0; i < s->leaves && i < SHOWN; i++) {
		out_puts(o, i ? ", " : "");
		out_puts(o, before[s->leaf[i]->kind]);
		if (s->leaf[i]->kind != ELEMENT_DISCARD)
			put_masked(o, s->leaf[i]->text);
	}
	if (s->leaves == 0)
		out_puts(o, "nobody");
	if (s->leaves > SHOWN) {
		out_puts(o, ", ... (");
		out_num(o, s->leaves);
		out_puts(o, " in all)");
	}
}

static bool
tell(struct compare *c, const struct line *l)
{
	enum verb verb = l->old == TABLE_NONE ? ADDED : l->new == TABLE_NONE ? REMOVED : CHANGED;

	c->old.leaves = c->new.leaves = 0;
	if ((verb != ADDED && !recipients(c, &c->old, l->old)) || (verb != REMOVED && !recipients(c, &c->new, l->new)))
		return false;
	if (verb == CHANGED && c->steps < STEPS && same_recipients(&c->old, &c->new))
		return true;
	out_byte(&c->out, (char)verb);
	put_masked(&c->out, l->name);
	if (c->steps >= STEPS)
		out_puts(&c->out, verb == CHANGED ? ": something behind it changes" : "");
	else {
		out_puts(&c->out, verb == ADDED ? ": will be " : ": was ");
		put_recipients(&c->out, verb == ADDED ? &c->new : &c->old);
		if (verb == CHANGED) {
			out_puts(&c->out, "; will be ");
			put_recipients(&c->out, &c->new);
		}
	}
	out_byte(&c->out, '\n');
	return true;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->name, ((const struct line *)b)->name);
}

static void
collect(struct compare *c)
{
	const struct table *old = c->old.t, *new = c->new.t;
	uint32_t i;

	for (i = 0; i < new->entries; i++)
		if (c->dirty[i] && !new->entry[i].list)
			c->line[c->lines++] = (struct line){ new->entry[i].name,
				entries_find(old, false, new->entry[i].name, new->entry[i].len), i };
	for (i = 0; i < old->entries; i++)
		if (entries_find(new, false, old->entry[i].name, old->entry[i].len) == TABLE_NONE)
			c->line[c->lines++] = (struct line){ old->entry[i].name, i, TABLE_NONE };
	if (c->lines)
		qsort(c->line, c->lines, sizeof *c->line, by_name);
}

static bool
side_init(struct side *s, struct table *t)
{
	s->t = t;
	s->stamp = calloc(t->entries + 1, sizeof *s->stamp);
	s->stack = calloc(t->entries + 1, sizeof *s->stack);
	return s->stamp && s->stack;
}

static void
side_free(struct side *s)
{
	free(s->stamp);
	free(s->stack);
	free(s->leaf);
}

bool
change_print(struct work *w, int fd)
{
	static char space[8192];
	static struct compare c;
	struct table old = { .entry = 0 };
	size_t i;
	bool ok = (fd < 0 || read_installed(&old, fd)) && host_resolve(&w->host, &old);

	ok = ok && side_init(&c.old, &old) && side_init(&c.new, &w->table) &&
	    (c.dirty = calloc(w->table.entries + 1, sizeof *c.dirty)) &&
	    (c.line = calloc((size_t)w->table.entries + old.entries + 1, sizeof *c.line)) && find_dirty(&c);
	out_init(&c.out, 1, space, sizeof space, -1);
	if (ok)
		collect(&c);
	for (i = 0; ok && i < c.lines; i++)
		ok = tell(&c, &c.line[i]);
	ok = ok && out_flush(&c.out);
	side_free(&c.old);
	side_free(&c.new);
	free(c.dirty);
	free(c.line);
	entries_free(&old);
	return ok;
}
