/* loops_find against the plain definition, on many small random graphs of aliases */
#include <stdlib.h>
#include <unistd.h>

#include "alias/work.h"
#include "tap.h"

#define NODES 7
#define OUT (-1)                /* a recipient */

struct graph {
	int n, degree[NODES], to[NODES][4];
};

static uint32_t state = 12345;

static unsigned
dice(unsigned n)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 8) % n;
}

static void
throw_graph(struct graph *g)
{
	int i, j;

	g->n = 1 + (int)dice(NODES);
	for (i = 0; i < g->n; i++) {
		g->degree[i] = 1 + (int)dice(3);
		for (j = 0; j < g->degree[i]; j++)
			g->to[i][j] = dice(5) == 0 ? OUT : (int)dice((unsigned)g->n);
	}
}

static void
build(struct work *w, const struct graph *g)
{
	struct text_place p = { 1, 1 };
	uint32_t index;
	int i, j;

	for (i = 0; i < g->n; i++) {
		char name[2] = { (char)('a' + i), 0 };

		entries_add(&w->table, false, name, 1, &index);
		w->table.entry[index].place.line = (uint32_t)i + 1;
		for (j = 0; j < g->degree[i]; j++) {
			p.line = (uint32_t)i + 1;
			p.column = (uint32_t)j + 1;
			entries_member(&w->table, ELEMENT_ADDRESS, "x", 1, p);
			w->table.member[w->table.members - 1].to = g->to[i][j] == OUT ? TABLE_NONE : (uint32_t)g->to[i][j];
		}
	}
}

/* reach[a][b]: over at least one alias; own name in the own entry is the user, so no step */
static void
reachable(const struct graph *g, bool reach[NODES][NODES], bool ends[NODES])
{
	int i, j, k;

	memset(reach, 0, NODES * sizeof reach[0]);
	for (i = 0; i < g->n; i++) {
		ends[i] = false;
		for (j = 0; j < g->degree[i]; j++)
			if (g->to[i][j] == OUT || g->to[i][j] == i)
				ends[i] = true;
			else
				reach[i][g->to[i][j]] = true;
	}
	for (k = 0; k < g->n; k++)
		for (i = 0; i < g->n; i++)
			for (j = 0; j < g->n; j++)
				reach[i][j] |= reach[i][k] && reach[k][j];
	for (i = 0; i < g->n; i++)
		for (j = 0; j < g->n; j++)
			if (reach[i][j] && ends[j])
				ends[i] |= ends[j];
}

/* the lines that findings_print writes */
static char *
printed(struct findings *f)
{
	static const char *const path[] = { "f" };
	static char text[8192];
	FILE *out = tmpfile();
	size_t n;

	if (!out || !findings_print(f, fileno(out), path))
		return strcpy(text, "trouble");
	rewind(out);
	n = fread(text, 1, sizeof text - 1, out);
	text[n] = 0;
	fclose(out);
	return text;
}

static int
count(const char *text, const char *what)
{
	int n = 0;

	while ((text = strstr(text, what))) {
		n++;
		text++;
	}
	return n;
}

/* each loop that is told is one: every name leads to the next */
static bool
true_loops(const struct graph *g, const char *text)
{
	const char *s;
	int j;

	for (s = text; (s = strstr(s, " -> ")); s += 4) {
		int from = s[-1] - 'a', to = s[4] - 'a';
		bool found = false;

		for (j = 0; j < g->degree[from]; j++)
			found |= g->to[from][j] == to;
		if (!found || from == to)
			return false;
	}
	return true;
}

static bool
one(void)
{
	bool reach[NODES][NODES], ends[NODES], good;
	int i, j, dead_loops = 0, live_loops = 0, dead_ends = 0;
	struct work w = { .files = 0 };
	struct graph g;
	const char *text;

	throw_graph(&g);
	reachable(&g, reach, ends);
	for (i = 0; i < g.n; i++) {
		bool first = reach[i][i];

		for (j = 0; j < i; j++)
			first &= !(reach[i][j] && reach[j][i]);
		live_loops += first && ends[i];
		dead_loops += first && !ends[i];
		dead_ends += !reach[i][i] && !ends[i];
	}
	build(&w, &g);
	good = loops_find(&w);
	text = printed(&w.findings);
	good = good && count(text, "error: a loop") == dead_loops && count(text, "warning: a loop") == live_loops &&
	    count(text, "leads only into") == dead_ends && true_loops(&g, text);
	if (!good) {
		for (i = 0; i < g.n; i++) {
			printf("# %c:", 'a' + i);
			for (j = 0; j < g.degree[i]; j++)
				printf(" %c", g.to[i][j] == OUT ? '.' : 'a' + g.to[i][j]);
			printf("\n");
		}
		printf("# %d %d %d\n# %s", dead_loops, live_loops, dead_ends, text);
	}
	findings_free(&w.findings);
	entries_free(&w.table);
	return good;
}

int
main(void)
{
	struct work w = { .files = 0 };
	int i;
	bool good = true;

	ok(loops_find(&w) && w.findings.count == 0, "no aliases, no loops");
	for (i = 0; i < 3000 && good; i++)
		good = one();
	ok(good, "3000 random sets of aliases: each loop is told once, is one, and is an error where nothing leads out");
	return done();
}
