#include "listen/table.h"

#include <stdlib.h>
#include <unistd.h>

bool
table_init(struct table *t, size_t max)
{
	size_t slots = 2;

	while (slots / 2 < max)
		slots *= 2;
	if (!(t->slot = calloc(slots, sizeof *t->slot)))
		return false;
	t->mask = slots - 1;
	t->count = 0;
	t->max = max;
	if (getentropy(&t->seed, sizeof t->seed) != 0)
		t->seed = (uint64_t)(uintptr_t)t->slot; /* a weaker secret; the search stays bounded */
	return true;
}

void
table_free(struct table *t)
{
	free(t->slot);
	t->slot = 0;
	t->count = t->max = 0;
}

/* where the search for this key begins */
static size_t
home(const struct table *t, uint64_t key)
{
	uint64_t h = (key ^ t->seed) * 0x9e3779b97f4a7c15u;

	h = (h ^ h >> 32 ^ t->seed) * 0xd6e8feb86659fd93u;
	return (size_t)(h >> 32) & t->mask;
}

/* the slot that has the key, or the free one where it would go; at most half of the slots are used, so there is one */
static size_t
seek(const struct table *t, uint64_t key)
{
	size_t i = home(t, key);

	while (t->slot[i].used && t->slot[i].key != key)
		i = (i + 1) & t->mask;
	return i;
}

uint64_t *
table_find(const struct table *t, uint64_t key)
{
	struct table_slot *s = &t->slot[seek(t, key)];

	return s->used ? &s->value : 0;
}

uint64_t *
table_add(struct table *t, uint64_t key)
{
	struct table_slot *s = &t->slot[seek(t, key)];

	if (s->used)
		return &s->value;
	if (t->count == t->max)
		return 0;
	t->count++;
	s->used = true;
	s->key = key;
	s->value = 0;
	return &s->value;
}

/* What follows the hole moves into it, unless its own search begins behind the hole: no search ever meets a gap. */
void
table_drop(struct table *t, uint64_t key)
{
	size_t hole = seek(t, key), i = hole;

	if (!t->slot[hole].used)
		return;
	t->count--;
	for (;;) {
		i = (i + 1) & t->mask;
		if (!t->slot[i].used)
			break;
		if (((i - home(t, t->slot[i].key)) & t->mask) < ((i - hole) & t->mask))
			continue;
		t->slot[hole] = t->slot[i];
		hole = i;
	}
	t->slot[hole].used = false;
}
