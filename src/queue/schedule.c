#include "queue/schedule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	struct qid id;
	union {
		int64_t due;
		struct { uint32_t line, before; };      /* PARKED: the number of the line, who stands in front of it */
	};
	uint32_t at;            /* HEAP: position there; PARKED: who stands behind it; FREE: the next free one */
	uint8_t place, flags;
	uint16_t mark;
};

_Static_assert(sizeof(struct slot) == 32, "what a waiting message costs");

struct schedule {
	struct slot *slot;
	uint32_t *heap;         /* slot numbers; parent of i is (i-1)/4: fewer cache lines than a binary heap */
	uint32_t *table;        /* slot number + 1, 0 empty; linear probing */
	size_t room, used, heap_len, count, table_size;
	uint32_t free;
	uint32_t lines;         /* that have a number */
};

struct schedule *
schedule_new(void)
{
	struct schedule *s = calloc(1, sizeof *s);

	if (!s)
		return 0;
	s->table_size = 1024;
	s->free = SLOT_NONE;
	if (!(s->table = calloc(s->table_size, sizeof *s->table))) {
		free(s);
		return 0;
	}
	return s;
}

static size_t
bucket(const struct schedule *s, const struct qid *id)
{
	uint64_t h = (id->us ^ id->ino << 32 ^ id->ino) * 0x9e3779b97f4a7c15u;

	return (size_t)(h >> 32) & (s->table_size - 1);
}

static bool
same_id(const struct qid *a, const struct qid *b)
{
	return a->us == b->us && a->ino == b->ino;
}

/* where it stands, or the empty place where it would */
static size_t
probe(const struct schedule *s, const struct qid *id)
{
	size_t i = bucket(s, id);

	while (s->table[i] && !same_id(&s->slot[s->table[i] - 1].id, id))
		i = (i + 1) & (s->table_size - 1);
	return i;
}

static bool
table_grow(struct schedule *s)
{
	uint32_t *old = s->table, *new = calloc(s->table_size * 2, sizeof *new);
	size_t n = s->table_size, i;

	if (!new)
		return false;
	s->table = new;
	s->table_size = n * 2;
	for (i = 0; i < n; i++)
		if (old[i])
			s->table[probe(s, &s->slot[old[i] - 1].id)] = old[i];
	free(old);
	return true;
}

/* Close the gap: whoever would be found earlier if it stood in the gap moves there. */
static void
table_remove(struct schedule *s, const struct qid *id)
{
	size_t gap = probe(s, id), i = gap, mask = s->table_size - 1;

	for (;;) {
		i = (i + 1) & mask;
		if (!s->table[i])
			break;
		if (((i - bucket(s, &s->slot[s->table[i] - 1].id)) & mask) >= ((i - gap) & mask)) {
			s->table[gap] = s->table[i];
			gap = i;
		}
	}
	s->table[gap] = 0;
}

static bool
slots_grow(struct schedule *s)
{
	size_t room = s->room + s->room / 4 + 256;      /* a quarter: the ceiling of 64 bytes includes what is unused */
	struct slot *slot;
	uint32_t *heap;

	if (room >= SLOT_NONE) {
		errno = ENOMEM;
		return false;
	}
	if (!(heap = realloc(s->heap, room * sizeof *heap)))
		return false;
	s->heap = heap;
	if (!(slot = realloc(s->slot, room * sizeof *slot)))
		return false;
	s->slot = slot;
	s->room = room;
	return true;
}

static void
heap_set(struct schedule *s, size_t i, uint32_t slot)
{
	s->heap[i] = slot;
	s->slot[slot].at = (uint32_t)i;
}

static bool
earlier(const struct schedule *s, uint32_t a, uint32_t b)
{
	const struct slot *x = &s->slot[a], *y = &s->slot[b];

	return x->due != y->due ? x->due < y->due : x->id.us < y->id.us;
}

static void
heap_up(struct schedule *s, size_t i, uint32_t slot)
{
	while (i > 0 && earlier(s, slot, s->heap[(i - 1) / 4])) {
		heap_set(s, i, s->heap[(i - 1) / 4]);
		i = (i - 1) / 4;
	}
	heap_set(s, i, slot);
}

static void
heap_down(struct schedule *s, size_t i, uint32_t slot)
{
	for (;;) {
		size_t child = 4 * i + 1, best = child, k;

		if (child >= s->heap_len)
			break;
		for (k = child + 1; k < child + 4 && k < s->heap_len; k++)
			if (earlier(s, s->heap[k], s->heap[best]))
				best = k;
		if (!earlier(s, s->heap[best], slot))
			break;
		heap_set(s, i, s->heap[best]);
		i = best;
	}
	heap_set(s, i, slot);
}

static void
heap_remove(struct schedule *s, uint32_t slot)
{
	size_t i = s->slot[slot].at;
	uint32_t last = s->heap[--s->heap_len];

	if (last == slot)
		return;
	if (i > 0 && earlier(s, last, s->heap[(i - 1) / 4]))
		heap_up(s, i, last);
	else
		heap_down(s, i, last);
}

uint32_t
schedule_add(struct schedule *s, const struct qid *id, int64_t due)
{
	uint32_t n;
	size_t at;

	if (s->count + 1 > s->table_size / 4 * 3 && !table_grow(s))
		return SLOT_NONE;
	at = probe(s, id);
	if (s->table[at]) {
		errno = EEXIST;
		return SLOT_NONE;
	}
	if (s->free != SLOT_NONE) {
		n = s->free;
		s->free = s->slot[n].at;
	} else {
		if (s->used == s->room && !slots_grow(s))
			return SLOT_NONE;
		n = (uint32_t)s->used++;
	}
	memset(&s->slot[n], 0, sizeof s->slot[n]);
	s->slot[n].id = *id;
	s->slot[n].place = SCHEDULE_OUT;
	s->table[at] = n + 1;
	s->count++;
	schedule_put(s, n, due);
	return n;
}

uint32_t
schedule_find(const struct schedule *s, const struct qid *id)
{
	size_t at = probe(s, id);

	return s->table[at] ? s->table[at] - 1 : SLOT_NONE;
}

void
schedule_remove(struct schedule *s, uint32_t slot)
{
	if (s->slot[slot].place == SCHEDULE_HEAP)
		heap_remove(s, slot);
	table_remove(s, &s->slot[slot].id);
	s->slot[slot].place = SCHEDULE_FREE;
	s->slot[slot].at = s->free;
	s->free = slot;
	s->count--;
}

uint32_t
schedule_take(struct schedule *s, int64_t now)
{
	uint32_t slot;

	if (s->heap_len == 0 || s->slot[s->heap[0]].due > now)
		return SLOT_NONE;
	slot = s->heap[0];
	heap_remove(s, slot);
	s->slot[slot].place = SCHEDULE_OUT;
	return slot;
}

bool
schedule_take_one(struct schedule *s, uint32_t slot)
{
	if (s->slot[slot].place != SCHEDULE_HEAP)
		return false;
	heap_remove(s, slot);
	s->slot[slot].place = SCHEDULE_OUT;
	return true;
}

void
schedule_put(struct schedule *s, uint32_t slot, int64_t due)
{
	s->slot[slot].due = due;
	s->slot[slot].place = SCHEDULE_HEAP;
	heap_up(s, s->heap_len++, slot);
}

void
schedule_park(struct schedule *s, struct schedule_line *l, uint32_t slot)
{
	if (!l->number)
		l->number = ++s->lines;
	s->slot[slot].place = SCHEDULE_PARKED;
	s->slot[slot].at = SLOT_NONE;
	s->slot[slot].line = l->number;
	s->slot[slot].before = l->last;
	if (l->last == SLOT_NONE)
		l->first = slot;
	else
		s->slot[l->last].at = slot;
	l->last = slot;
	l->count++;
}

static void
leave_line(struct schedule *s, struct schedule_line *l, uint32_t slot)
{
	uint32_t before = s->slot[slot].before, behind = s->slot[slot].at;

	if (before == SLOT_NONE)
		l->first = behind;
	else
		s->slot[before].at = behind;
	if (behind == SLOT_NONE)
		l->last = before;
	else
		s->slot[behind].before = before;
	l->count--;
	s->slot[slot].place = SCHEDULE_OUT;
}

uint32_t
schedule_unpark(struct schedule *s, struct schedule_line *l)
{
	uint32_t slot = l->first;

	if (slot != SLOT_NONE)
		leave_line(s, l, slot);
	return slot;
}

bool
schedule_pull(struct schedule *s, struct schedule_line *l, uint32_t slot)
{
	if (s->slot[slot].place != SCHEDULE_PARKED || s->slot[slot].line != l->number)
		return false;
	leave_line(s, l, slot);
	return true;
}

/* With equal times the heap orders by arrival, so it is built anew, bottom up. */
void
schedule_all_due(struct schedule *s, int64_t now)
{
	size_t i;

	for (i = 0; i < s->heap_len; i++)
		if (s->slot[s->heap[i]].due > now)
			s->slot[s->heap[i]].due = now;
	for (i = s->heap_len / 4 + 1; i-- > 0; )
		if (i < s->heap_len)
			heap_down(s, i, s->heap[i]);
}

bool
schedule_due(const struct schedule *s, int64_t *due)
{
	if (s->heap_len == 0)
		return false;
	*due = s->slot[s->heap[0]].due;
	return true;
}

size_t
schedule_slots(const struct schedule *s)
{
	return s->used;
}

bool
schedule_waits(const struct schedule *s, uint32_t slot, int64_t now)
{
	return s->slot[slot].place == SCHEDULE_HEAP && s->slot[slot].due > now;
}

const struct qid *
schedule_qid(const struct schedule *s, uint32_t slot)
{
	return &s->slot[slot].id;
}

enum schedule_place
schedule_place(const struct schedule *s, uint32_t slot)
{
	return s->slot[slot].place;
}

unsigned
schedule_flags(const struct schedule *s, uint32_t slot)
{
	return s->slot[slot].flags;
}

void
schedule_flag(struct schedule *s, uint32_t slot, unsigned set, unsigned clear)
{
	s->slot[slot].flags = (uint8_t)((s->slot[slot].flags | set) & ~clear);
}

unsigned
schedule_mark(const struct schedule *s, uint32_t slot)
{
	return s->slot[slot].mark;
}

void
schedule_set_mark(struct schedule *s, uint32_t slot, uint16_t mark)
{
	s->slot[slot].mark = mark;
}

size_t
schedule_count(const struct schedule *s)
{
	return s->count;
}

size_t
schedule_bytes(const struct schedule *s)
{
	return s->room * (sizeof *s->slot + sizeof *s->heap) + s->table_size * sizeof *s->table;
}
