/* Loops are the strongly connected components of the graph "leads to", found by Tarjan's algorithm with a stack of its own:
 * each entry and each element is looked at once, and a chain of a million aliases needs no deeper C stack than one. */
#include <stdlib.h>

#include "alias/work.h"
#include "lib/num.h"
#include "resolve/expand.h"

#define SHOWN 12                        /* names of a loop that are printed; longer ones are cut in the middle */
#define TOO_HIGH (EXPAND_DEPTH + 2)     /* aliases and lists on a way, the first one included: the last is refused */

struct frame {
	uint32_t node, next;            /* the member to look at */
};

struct graph {
	struct work *w;
	const struct table *t;
	uint32_t *order, *low;          /* order: 0 not seen yet */
	uint32_t *part;                 /* component + 1; 0: not decided */
	uint32_t *height;               /* of the component: entries on the longest way, itself included */
	bool *ends;                     /* of the component: some way leads out */
	uint32_t *stack;                /* Tarjan's */
	struct frame *frame;
	uint32_t *from;                 /* of the search for a way round: entry + 1 */
	uint32_t *via;                  /* and the member */
	uint32_t seen, stacked, depth, parts;
};

static bool
allocate(struct graph *g, uint32_t n)
{
	g->order = calloc(n, sizeof *g->order);
	g->low = calloc(n, sizeof *g->low);
	g->part = calloc(n, sizeof *g->part);
	g->height = calloc(n, sizeof *g->height);
	g->ends = calloc(n, sizeof *g->ends);
	g->stack = calloc(n, sizeof *g->stack);
	g->frame = calloc(n, sizeof *g->frame);
	g->from = calloc(n, sizeof *g->from);
	g->via = calloc(n, sizeof *g->via);
	return g->order && g->low && g->part && g->height && g->ends && g->stack && g->frame && g->from && g->via;
}

static void
release(struct graph *g)
{
	free(g->order);
	free(g->low);
	free(g->part);
	free(g->height);
	free(g->ends);
	free(g->stack);
	free(g->frame);
	free(g->from);
	free(g->via);
}

/* joe in joe's own entry is the user; a list in itself is a loop */
static bool
is_self(const struct graph *g, uint32_t node, uint32_t member)
{
	return g->t->member[member].to == node && !g->t->entry[node].list;
}

/* ---- telling */

static void
put_name(struct buf *b, const struct entry *e)
{
	(void)((!e->list || buf_puts(b, ":include:")) && buf_puts(b, e->name));
}

/* the way from the node found last back to start, which is the whole loop but its last step */
static void
put_loop(const struct graph *g, struct buf *b, uint32_t start, uint32_t last, uint32_t *way)
{
	uint32_t n = 0, i, v;

	for (v = last; v != start; v = g->from[v] - 1)
		way[n++] = v;
	put_name(b, &g->t->entry[start]);
	for (i = 0; i < n; i++) {
		if (n > SHOWN && i == SHOWN / 2) {
			uint32_t skipped = n - SHOWN;

			(void)(buf_puts(b, " -> (") && buf_num(b, skipped) && buf_puts(b, " more)"));
			i += skipped;
		}
		(void)buf_puts(b, " -> ");
		put_name(b, &g->t->entry[way[n - 1 - i]]);
	}
	(void)buf_puts(b, " -> ");
	put_name(b, &g->t->entry[start]);
}

/* the shortest way from start back to it, all inside the component; breadth first. *last: the entry before start */
static bool
go_round(struct graph *g, uint32_t start, uint32_t *queue, uint32_t *last, uint32_t *closing)
{
	uint32_t head = 0, tail = 0, j;

	queue[tail++] = start;
	while (head < tail) {
		uint32_t v = queue[head++];
		const struct entry *e = &g->t->entry[v];

		for (j = e->first; j < e->first + e->count; j++) {
			uint32_t to = g->t->member[j].to;

			if (to == TABLE_NONE || g->part[to] != g->part[start] || is_self(g, v, j))
				continue;
			if (to == start) {
				*last = v;
				*closing = j;
				return true;
			}
			if (g->from[to])
				continue;
			g->from[to] = v + 1;
			g->via[to] = j;
			queue[tail++] = to;
		}
	}
	return false;
}

/* where in start's entry the loop begins */
static struct text_place
first_step(const struct graph *g, uint32_t start, uint32_t last, uint32_t closing)
{
	uint32_t v = last, j = closing;

	while (v != start) {
		j = g->via[v];
		v = g->from[v] - 1;
	}
	return g->t->member[j].place;
}

static bool
earlier(const struct graph *g, uint32_t a, uint32_t b)
{
	const struct entry *x = &g->t->entry[a], *y = &g->t->entry[b];

	if (x->list != y->list)
		return y->list;
	if (x->file != y->file)
		return x->file < y->file;
	return x->place.line < y->place.line || (x->place.line == y->place.line && a < b);
}

/* node[0..n) is a component whose entries lead to each other */
static bool
tell_loop(struct graph *g, const uint32_t *node, uint32_t n, bool ends)
{
	struct buf text = BUF(1u << 20);
	uint32_t start = node[0], last, closing, i, *space = malloc(n * sizeof *space);
	struct findings *f = &g->w->findings;

	if (!space)
		return false;
	for (i = 1; i < n; i++)
		if (earlier(g, node[i], start))
			start = node[i];
	if (go_round(g, start, space, &last, &closing)) {
		struct text_place place = first_step(g, start, last, closing);

		put_loop(g, &text, start, last, space);
		if (ends)
			found_warning(f, g->t->entry[start].file, place, "a loop: ", text.s ? text.s : "", "; that way fails");
		else
			found_error(f, g->t->entry[start].file, place, "a loop that no mail leaves: ", text.s ? text.s : "");
	}
	buf_free(&text);
	free(space);
	return true;
}

static void
tell_dead_end(struct graph *g, uint32_t node)
{
	const struct entry *e = &g->t->entry[node];

	if (!e->list)
		found_error(&g->w->findings, e->file, e->place, e->name, " leads only into a loop that no mail leaves");
}

static void
tell_height(struct graph *g, uint32_t node)
{
	const struct entry *e = &g->t->entry[node];
	char most[NUM_TEXT];

	found_warning(&g->w->findings, e->file, e->place, "more than ", num_text(most, EXPAND_DEPTH),
	    " aliases or lists inside one another from ", e->name, " on; the last ones are not reached");
}

/* ---- one component, complete; those it leads to are done */

static bool
component(struct graph *g, const uint32_t *node, uint32_t n)
{
	uint32_t me = g->parts, i, j, aliases = 0, height = 0;
	bool ends = false, round = n > 1, self = false;

	for (i = 0; i < n; i++)
		g->part[node[i]] = me + 1;
	g->parts++;
	for (i = 0; i < n; i++) {
		const struct entry *e = &g->t->entry[node[i]];

		aliases += !e->list;
		if (e->count == 0)
			ends = true;            /* a list: empty today, or not readable; an entry: that is an error already */
		for (j = e->first; j < e->first + e->count; j++) {
			uint32_t to = g->t->member[j].to;

			if (to == TABLE_NONE || is_self(g, node[i], j)) {
				ends = true;
				continue;
			}
			if (g->part[to] == me + 1) {
				self |= to == node[i];
				continue;
			}
			ends |= g->ends[g->part[to] - 1];
			if (g->height[g->part[to] - 1] > height)
				height = g->height[g->part[to] - 1];
		}
	}
	/* one alias and its own lists: in them it means the user, as in its entry */
	if (round && aliases == 1)
		ends = true;
	g->ends[me] = ends;
	g->height[me] = height + 1;
	if ((round && aliases != 1) || self) {
		if (!tell_loop(g, node, n, ends))
			return false;
	} else if (!ends)
		tell_dead_end(g, node[0]);
	if (height + 1 == TOO_HIGH)
		tell_height(g, node[0]);
	return true;
}

/* ---- Tarjan */

static void
enter(struct graph *g, uint32_t node)
{
	g->order[node] = g->low[node] = ++g->seen;
	g->stack[g->stacked++] = node;
	g->frame[g->depth++] = (struct frame){ node, g->t->entry[node].first };
}

static bool
leave(struct graph *g)
{
	uint32_t node = g->frame[--g->depth].node, at = g->stacked, n;

	if (g->depth && g->low[node] < g->low[g->frame[g->depth - 1].node])
		g->low[g->frame[g->depth - 1].node] = g->low[node];
	if (g->low[node] != g->order[node])
		return true;
	while (g->stack[--at] != node)
		;
	n = g->stacked - at;
	g->stacked = at;
	return component(g, g->stack + at, n);
}

static bool
walk(struct graph *g, uint32_t root)
{
	enter(g, root);
	while (g->depth) {
		struct frame *f = &g->frame[g->depth - 1];
		const struct entry *e = &g->t->entry[f->node];
		uint32_t to;

		if (f->next == e->first + e->count) {
			if (!leave(g))
				return false;
			continue;
		}
		to = g->t->member[f->next++].to;
		if (to == TABLE_NONE)
			continue;
		if (!g->order[to])
			enter(g, to);
		else if (!g->part[to] && g->order[to] < g->low[f->node])
			g->low[f->node] = g->order[to];
	}
	return true;
}

bool
loops_find(struct work *w)
{
	struct graph g = { .w = w, .t = &w->table };
	uint32_t i, n = w->table.entries;
	bool ok = n == 0 || allocate(&g, n);

	for (i = 0; ok && i < n; i++)
		if (!g.order[i])
			ok = walk(&g, i);
	release(&g);
	return ok;
}
