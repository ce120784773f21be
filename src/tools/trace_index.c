#include "tools/trace.h"

#include <stdlib.h>
#include <string.h>

#define KNOWN_MAX (4u << 20)            /* messages and sessions that are asked for or come with them */
#define LINKS_MAX (12u << 20)           /* 24 bytes each */
#define NUMBERS_MAX (1u << 20)          /* deliveries under way; the runner has thousands at the most */

struct trace_link {
	uint64_t parent, child;
	bool session;
};

struct trace_number {
	uint64_t key, value;            /* key 0: free */
};

/* ---- who is wanted */

static size_t
place(const struct trace_index *x, uint64_t hash)
{
	size_t at = (size_t)hash & (x->slots - 1);

	while (x->slot[at] && x->known[x->slot[at] - 1].hash != hash)
		at = (at + 1) & (x->slots - 1);
	return at;
}

static bool
more_slots(struct trace_index *x)
{
	size_t n = x->slots ? 2 * x->slots : 1024, i;
	uint64_t *slot = calloc(n, sizeof *slot);

	if (!slot)
		return false;
	free(x->slot);
	x->slot = slot;
	x->slots = n;
	for (i = 0; i < x->count; i++)
		x->slot[place(x, x->known[i].hash)] = i + 1;
	return true;
}

/* room for one more of what is size bytes large, of which there are count */
static bool
room(void **p, size_t *have, size_t count, size_t max, size_t size)
{
	size_t n = *have ? 2 * *have : 1024;
	void *q;

	if (count < *have)
		return true;
	if (count >= max || !(q = realloc(*p, n * size)))
		return false;
	*p = q;
	*have = n;
	return true;
}

struct trace_known *
trace_find(const struct trace_index *x, uint64_t hash)
{
	size_t at;

	if (!x->slots)
		return 0;
	at = place(x, hash);
	return x->slot[at] ? &x->known[x->slot[at] - 1] : 0;
}

bool
trace_want(struct trace_index *x, uint64_t hash, unsigned role)
{
	struct trace_known *k = trace_find(x, hash);
	void *p = x->known;

	if (k) {
		k->role |= role;
		return true;
	}
	if ((2 * x->count >= x->slots && !more_slots(x)) || !room(&p, &x->room, x->count, KNOWN_MAX, sizeof *x->known)) {
		x->full = true;
		return false;
	}
	x->known = p;
	x->known[x->count] = (struct trace_known){ .hash = hash, .role = role, .family = (uint32_t)x->count };
	x->slot[place(x, hash)] = ++x->count;
	return true;
}

/* ---- what leads to what */

void
trace_link(struct trace_index *x, uint64_t parent, uint64_t child, bool session)
{
	void *p = x->link;

	if (!room(&p, &x->links_room, x->links, LINKS_MAX, sizeof *x->link)) {
		x->full = true;
		return;
	}
	x->link = p;
	x->link[x->links++] = (struct trace_link){ parent, child, session };
}

uint32_t
trace_family(const struct trace_index *x, uint32_t i)
{
	while (x->known[i].family != i) {
		x->known[i].family = x->known[x->known[i].family].family;
		i = x->known[i].family;
	}
	return i;
}

static void
unite(struct trace_index *x, const struct trace_known *a, const struct trace_known *b)
{
	uint32_t i = trace_family(x, (uint32_t)(a - x->known)), j = trace_family(x, (uint32_t)(b - x->known));

	x->known[i < j ? j : i].family = i < j ? i : j;
}

static bool
gets(struct trace_index *x, uint64_t hash, unsigned role)
{
	const struct trace_known *k = trace_find(x, hash);

	return (!k || !(k->role & role)) && trace_want(x, hash, role);
}

static bool
is_whole(const struct trace_known *k)
{
	return k && (k->role & TRACE_WHOLE);
}

/* true: somebody is wanted more than before */
static bool
follow(struct trace_index *x, const struct trace_link *l)
{
	bool more = false;

	if (is_whole(trace_find(x, l->parent)))
		more = gets(x, l->child, TRACE_WHOLE);
	else if (is_whole(trace_find(x, l->child)))
		more = gets(x, l->parent, l->session ? TRACE_CONTEXT : TRACE_PARENT);
	return more;
}

/* Links come in the order of the logs, parents mostly before their children: a few rounds do. */
void
trace_follow(struct trace_index *x)
{
	bool more;
	size_t i;

	do {
		more = false;
		for (i = 0; i < x->links; i++)
			more |= follow(x, &x->link[i]);
	} while (more);
	for (i = 0; i < x->links; i++) {
		const struct trace_link *l = &x->link[i];
		const struct trace_known *parent = trace_find(x, l->parent), *child = trace_find(x, l->child);

		if (parent && is_whole(child) && (is_whole(parent) || !l->session))
			unite(x, parent, child);
	}
	free(x->link);
	x->link = 0;
	x->links = x->links_room = 0;
}

/* ---- deliveries under way */

static uint64_t
key_of(uint64_t origin, uint64_t number)
{
	uint64_t h = (origin ^ number * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xff51afd7ed558ccd);

	h ^= h >> 31;
	return h ? h : 1;
}

static size_t
number_place(const struct trace_index *x, uint64_t key)
{
	size_t at = (size_t)key & (x->numbers - 1);

	while (x->number[at].key && x->number[at].key != key)
		at = (at + 1) & (x->numbers - 1);
	return at;
}

static bool
more_numbers(struct trace_index *x)
{
	struct trace_number *old = x->number;
	size_t n = x->numbers, i;

	if (n >= 2 * NUMBERS_MAX || !(x->number = calloc(n ? 2 * n : 4096, sizeof *x->number))) {
		x->number = old;
		return false;
	}
	x->numbers = n ? 2 * n : 4096;
	for (i = 0; i < n; i++)
		if (old[i].key)
			x->number[number_place(x, old[i].key)] = old[i];
	free(old);
	return true;
}

/* those behind it that would no longer be found move up */
static void
forget(struct trace_index *x, size_t at)
{
	size_t mask = x->numbers - 1, next = at;

	x->number[at].key = 0;
	x->numbers_used--;
	while (x->number[next = (next + 1) & mask].key) {
		size_t home = (size_t)x->number[next].key & mask;

		if (((next - home) & mask) < ((next - at) & mask))
			continue;
		x->number[at] = x->number[next];
		x->number[next].key = 0;
		at = next;
	}
}

void
trace_number(struct trace_index *x, uint64_t origin, uint64_t number, uint64_t value)
{
	uint64_t key = key_of(origin, number);
	size_t at;

	if (2 * x->numbers_used >= x->numbers && !more_numbers(x)) {
		x->full = true;
		return;
	}
	at = number_place(x, key);
	if (!value) {
		if (x->number[at].key)
			forget(x, at);
		return;
	}
	x->numbers_used += !x->number[at].key;
	x->number[at] = (struct trace_number){ key, value };
}

uint64_t
trace_delivery(const struct trace_index *x, uint64_t origin, uint64_t number)
{
	size_t at;

	if (!x->numbers)
		return 0;
	at = number_place(x, key_of(origin, number));
	return x->number[at].key ? x->number[at].value : 0;
}

void
trace_numbers_forget(struct trace_index *x)
{
	free(x->number);
	x->number = 0;
	x->numbers = x->numbers_used = 0;
}
