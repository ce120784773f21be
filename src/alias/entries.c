#include "alias/entries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK (1u << 20)
#define MOST (1u << 30)                 /* entries, and members: indexes and slots stay within 32 bits */

struct chunk {
	struct chunk *next;
	size_t used, size;
	char s[];
};

static const char *
keep(struct table *t, const char *s, size_t n)
{
	struct chunk *c = t->chunk;
	char *p;

	if (!c || c->size - c->used < n + 1) {
		size_t size = n + 1 > CHUNK ? n + 1 : CHUNK;

		if (!(c = malloc(sizeof *c + size)))
			return 0;
		c->next = t->chunk;
		c->used = 0;
		c->size = size;
		t->chunk = c;
	}
	p = c->s + c->used;
	memcpy(p, s, n);
	p[n] = 0;
	c->used += n + 1;
	return p;
}

static void *
grown(void *array, uint32_t count, uint32_t *room, size_t size)
{
	uint32_t more = *room ? *room * 2 : 256;
	void *p;

	if (count < *room)
		return array;
	if (count >= MOST) {
		errno = EMSGSIZE;
		return 0;
	}
	p = realloc(array, more * size);
	if (p)
		*room = more;
	return p;
}

static uint32_t
hash(bool list, const char *s, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u + list;

	for (; n; n--, s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return (uint32_t)(h ^ h >> 29);
}

/* where the name is, or the free slot where it would be */
static uint32_t
slot_of(const struct table *t, bool list, const char *s, size_t n)
{
	uint32_t i = hash(list, s, n) & (t->slots - 1);

	for (; t->slot[i]; i = (i + 1) & (t->slots - 1)) {
		const struct entry *e = &t->entry[t->slot[i] - 1];

		if (e->len == n && e->list == list && memcmp(e->name, s, n) == 0)
			break;
	}
	return i;
}

static bool
more_slots(struct table *t)
{
	uint32_t slots = t->slots ? t->slots * 2 : 1024, i;
	uint32_t *new;

	if (t->entries < t->slots / 2)
		return true;
	if (!(new = calloc(slots, sizeof *new)))
		return false;
	free(t->slot);
	t->slot = new;
	t->slots = slots;
	for (i = 0; i < t->entries; i++)
		new[slot_of(t, t->entry[i].list, t->entry[i].name, t->entry[i].len)] = i + 1;
	return true;
}

uint32_t
entries_find(const struct table *t, bool list, const char *name, size_t n)
{
	return t->slots ? t->slot[slot_of(t, list, name, n)] - 1 : TABLE_NONE;  /* a free one: 0 - 1 is TABLE_NONE */
}

enum table_result
entries_add(struct table *t, bool list, const char *name, size_t n, uint32_t *index)
{
	struct entry *array, *e;
	uint32_t slot;

	if (!more_slots(t))
		return TABLE_TROUBLE;
	slot = slot_of(t, list, name, n);
	if (t->slot[slot]) {
		*index = t->slot[slot] - 1;
		return TABLE_KNOWN;
	}
	if (!(array = grown(t->entry, t->entries, &t->entry_room, sizeof *array)))
		return TABLE_TROUBLE;
	t->entry = array;
	e = &array[t->entries];
	*e = (struct entry){ .len = (uint32_t)n, .first = t->members, .list = list };
	if (!(e->name = keep(t, name, n)))
		return TABLE_TROUBLE;
	if (!list && memchr(name, '@', n))
		t->wild = true;
	*index = t->entries++;
	t->slot[slot] = *index + 1;
	return TABLE_NEW;
}

bool
entries_member(struct table *t, enum element_kind kind, const char *text, size_t n, struct text_place place)
{
	struct member *array = grown(t->member, t->members, &t->member_room, sizeof *array), *m;

	if (!array)
		return false;
	t->member = array;
	m = &array[t->members];
	*m = (struct member){ .len = (uint32_t)n, .to = TABLE_NONE, .place = place, .kind = (uint8_t)kind };
	if (!(m->text = keep(t, text, n)))
		return false;
	t->members++;
	t->entry[t->entries - 1].count++;
	return true;
}

void
entries_free(struct table *t)
{
	struct chunk *c, *next;

	for (c = t->chunk; c; c = next) {
		next = c->next;
		free(c);
	}
	free(t->entry);
	free(t->member);
	free(t->slot);
	memset(t, 0, sizeof *t);
}
