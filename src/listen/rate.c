#include "listen/rate.h"

#include <stdlib.h>
#include <unistd.h>

bool
rate_init(struct rate *r, uint64_t limit, uint64_t seconds)
{
	if (!(r->slot = calloc(RATE_KEYS, sizeof *r->slot)))    /* pages of it become memory when they are used */
		return false;
	if (getentropy(r->seed, sizeof r->seed) != 0) {
		r->seed[0] = (uint64_t)(uintptr_t)r->slot;      /* a weaker secret; sets stay as small */
		r->seed[1] = (uint64_t)(uintptr_t)&r;
	}
	r->limit = (uint32_t)limit;
	r->time_ms = (int64_t)seconds * 1000;
	return true;
}

void
rate_free(struct rate *r)
{
	free(r->slot);
	r->slot = 0;
}

/* where the key's set begins */
static struct rate_slot *
set_of(const struct rate *r, uint64_t key)
{
	uint64_t h = (key ^ r->seed[0]) * 0x9e3779b97f4a7c15u;

	h = (h ^ h >> 32 ^ r->seed[1]) * 0xd6e8feb86659fd93u;
	h = (h ^ h >> 32 ^ r->seed[0]) * 0xd6e8feb86659fd93u;
	return r->slot + (size_t)(h >> 32) % RATE_SETS * RATE_SET;
}

static bool
counts(const struct rate *r, const struct rate_slot *s, int64_t now_ms)
{
	return s->count && now_ms - s->began_ms < r->time_ms;
}

/* the key's slot, or 0 */
static struct rate_slot *
find(const struct rate *r, uint64_t key, int64_t now_ms)
{
	struct rate_slot *s = set_of(r, key), *end = s + RATE_SET;

	for (; s < end; s++)
		if (s->key == key && counts(r, s, now_ms))
			return s;
	return 0;
}

/* one that is free or forgotten, else the lowest count, of equal ones the oldest */
static struct rate_slot *
find_place(const struct rate *r, uint64_t key, int64_t now_ms)
{
	struct rate_slot *s = set_of(r, key), *end = s + RATE_SET, *best = s;

	for (; s < end; s++) {
		if (!counts(r, s, now_ms))
			return s;
		if (s->count < best->count || (s->count == best->count && s->began_ms < best->began_ms))
			best = s;
	}
	return best;
}

bool
rate_within(const struct rate *r, uint64_t key, int64_t now_ms)
{
	const struct rate_slot *s = r->slot ? find(r, key, now_ms) : 0;

	return !s || s->count < r->limit;
}

void
rate_count(struct rate *r, uint64_t key, int64_t now_ms)
{
	struct rate_slot *s;

	if (!r->slot)
		return;
	if (!(s = find(r, key, now_ms))) {
		s = find_place(r, key, now_ms);
		*s = (struct rate_slot){ .key = key, .began_ms = now_ms };
	}
	if (s->count < RATE_MOST)
		s->count++;
}

void
rate_recall(struct rate *r, uint64_t key, int64_t began_ms, uint32_t count)
{
	if (r->slot)
		*find_place(r, key, began_ms) = (struct rate_slot){ .key = key, .began_ms = began_ms, .count = count };
}
