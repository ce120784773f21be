/* schedule: against a model that is slow and plain, at random; then a million messages */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "queue/schedule.h"
#include "tap.h"

#define MODEL 600                       /* messages there can be */
#define STEPS 200000

struct model {
	struct qid id;
	int64_t due;
	uint32_t slot;
	enum schedule_place place;
	unsigned flags;
};

static struct model model[MODEL];
static uint64_t seed = 88172645463325252u;

static uint32_t
random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 32) % n;
}

/* some share their time, some their inode, and many a bucket */
static struct qid
qid_of(uint32_t i)
{
	return (struct qid){ 1700000000000000u + i / 2 * 1024, i % 2 ? 4096 * (i / 2) + 1 : i };
}

static size_t
model_count(void)
{
	size_t i, n = 0;

	for (i = 0; i < MODEL; i++)
		n += model[i].place != SCHEDULE_FREE;
	return n;
}

/* the earliest in the heap, 0: empty */
static struct model *
model_first(void)
{
	struct model *m, *best = 0;

	for (m = model; m < model + MODEL; m++)
		if (m->place == SCHEDULE_HEAP && (!best || m->due < best->due ||
		    (m->due == best->due && m->id.us < best->id.us)))
			best = m;
	return best;
}

static bool
add(struct schedule *s, struct model *m)
{
	int64_t due = random_below(50);
	uint32_t slot;

	errno = 0;
	slot = schedule_add(s, &m->id, due);
	if (m->place != SCHEDULE_FREE)
		return slot == SLOT_NONE && errno == EEXIST;
	m->due = due;
	m->slot = slot;
	m->place = SCHEDULE_HEAP;
	m->flags = 0;
	return slot != SLOT_NONE && schedule_flags(s, slot) == 0;
}

static bool
take(struct schedule *s)
{
	struct model *want = model_first(), *m;
	int64_t now = random_below(60), due;
	uint32_t slot;

	if (schedule_due(s, &due) != (want != 0) || (want && due != want->due))
		return false;
	slot = schedule_take(s, now);
	if (!want || want->due > now)
		return slot == SLOT_NONE;
	for (m = model; m < model + MODEL && !(m->place == SCHEDULE_HEAP && m->slot == slot); m++)
		;
	if (m == model + MODEL || m->due != want->due || m->id.us != want->id.us)
		return false;           /* of two with the same time and arrival either may come */
	m->place = SCHEDULE_OUT;
	return true;
}

/* who is parked, in order, by the model and by the schedule */
static struct model *order[MODEL];
static size_t parked;
static struct schedule_line line = SCHEDULE_LINE;

static void
leave_order(const struct model *m)
{
	size_t i;

	for (i = 0; order[i] != m; i++)
		;
	memmove(order + i, order + i + 1, (--parked - i) * sizeof *order);
}

static bool
unpark_first(struct schedule *s)
{
	struct model *m = order[0];

	if (schedule_unpark(s, &line) != m->slot)
		return false;
	leave_order(m);
	m->place = SCHEDULE_OUT;
	return true;
}

static bool
pull(struct schedule *s, struct model *m)
{
	if (!schedule_pull(s, &line, m->slot) || schedule_pull(s, &line, m->slot))
		return false;
	leave_order(m);
	m->place = SCHEDULE_OUT;
	return true;
}

static bool
move(struct schedule *s, struct model *m)
{
	uint32_t n = random_below(1000);

	switch (m->place) {
	case SCHEDULE_HEAP:
		m->place = SCHEDULE_OUT;
		return schedule_take_one(s, m->slot);
	case SCHEDULE_OUT:
		if (schedule_take_one(s, m->slot) || schedule_pull(s, &line, m->slot))
			return false;
		if (n % 2) {
			schedule_park(s, &line, m->slot);
			order[parked++] = m;
			m->place = SCHEDULE_PARKED;
		} else {
			schedule_put(s, m->slot, m->due = n % 50);
			m->place = SCHEDULE_HEAP;
		}
		return line.count == parked;
	case SCHEDULE_PARKED:
		if (schedule_take_one(s, m->slot) || line.count != parked)
			return false;
		return n % 2 ? pull(s, m) : unpark_first(s);
	case SCHEDULE_FREE:
	default:
		return parked || schedule_unpark(s, &line) == SLOT_NONE;
	}
}

static bool
remove_one(struct schedule *s, struct model *m)
{
	if (m->place == SCHEDULE_FREE)
		return schedule_find(s, &m->id) == SLOT_NONE;
	if (m->place == SCHEDULE_PARKED && !pull(s, m))
		return false;
	schedule_remove(s, m->slot);
	m->place = SCHEDULE_FREE;
	return schedule_find(s, &m->id) == SLOT_NONE;
}

static bool
flag(struct schedule *s, struct model *m)
{
	unsigned set = random_below(4), clear = random_below(4) & ~set;

	if (m->place == SCHEDULE_FREE)
		return true;
	schedule_flag(s, m->slot, set, clear);
	m->flags = (m->flags | set) & ~clear;
	return schedule_flags(s, m->slot) == m->flags;
}

static void
all_due(struct schedule *s)
{
	int64_t now = random_below(50);
	struct model *m;

	schedule_all_due(s, now);
	for (m = model; m < model + MODEL; m++)
		if (m->place == SCHEDULE_HEAP && m->due > now)
			m->due = now;
}

static bool
agrees(const struct schedule *s)
{
	struct model *m;

	for (m = model; m < model + MODEL; m++) {
		uint32_t slot = schedule_find(s, &m->id);

		if ((slot == SLOT_NONE) != (m->place == SCHEDULE_FREE))
			return false;
		if (slot != SLOT_NONE && (slot != m->slot || schedule_place(s, slot) != m->place ||
		    schedule_qid(s, slot)->us != m->id.us || schedule_qid(s, slot)->ino != m->id.ino ||
		    schedule_flags(s, slot) != m->flags))
			return false;
	}
	return schedule_count(s) == model_count();
}

static bool
step(struct schedule *s)
{
	struct model *m = &model[random_below(MODEL)];

	switch (random_below(16)) {
	case 0: case 1: case 2: case 3: case 4:
		return add(s, m);
	case 5: case 6: case 7:
		return take(s);
	case 8: case 9: case 10:
		return move(s, m);
	case 11: case 12: case 13:
		return remove_one(s, m);
	case 14:
		return flag(s, m);
	default:
		if (random_below(100) == 0)
			all_due(s);
		return true;
	}
}

static void
at_random(void)
{
	struct schedule *s = schedule_new();
	bool good = s != 0;
	uint32_t i;

	for (i = 0; i < MODEL; i++)
		model[i] = (struct model){ .id = qid_of(i), .place = SCHEDULE_FREE };
	for (i = 0; i < STEPS && good; i++) {
		good = step(s);
		if (good && i % 500 == 0)
			good = agrees(s);
	}
	if (!good)
		printf("# step %u\n", (unsigned)i);
	ok(good, "at random it does what a plain model does");
	ok(agrees(s), "and holds what it holds");
}

static void
in_order(void)
{
	struct schedule *s = schedule_new();
	struct qid id = { .ino = 7 };
	uint64_t last = 0;
	uint32_t slot;
	bool good = true;
	int n;

	for (n = 0; n < 5000; n++) {
		id.us = (uint64_t)n * 7919 % 5000;
		good = good && schedule_add(s, &id, 100) != SLOT_NONE;
	}
	for (n = 0; n < 5000 && good; n++) {
		slot = schedule_take(s, 100);
		good = slot != SLOT_NONE && (n == 0 || schedule_qid(s, slot)->us == last + 1);
		last = slot != SLOT_NONE ? schedule_qid(s, slot)->us : 0;
	}
	ok(good, "what is due at the same time comes in the order of arrival");
	ok(schedule_take(s, INT64_MAX) == SLOT_NONE, "and each comes once");
	ok(schedule_count(s) == 5000, "taken out they are still known");
}

static void
a_million(void)
{
	struct schedule *s = schedule_new();
	struct qid id;
	uint32_t i, slot;
	int64_t due, last = 0;
	bool good = true;
	size_t bytes, most = 0;

	for (i = 0; i < 1000000 && good; i++) {
		id = (struct qid){ 1700000000000000u + (uint64_t)i * 137, 5000 + i * 3 % 70000 };
		good = schedule_add(s, &id, random_below(1000000)) != SLOT_NONE;
		bytes = schedule_bytes(s);
		if (i >= 100000 && bytes / (i + 1) > most)
			most = bytes / (i + 1);
	}
	ok(good && schedule_count(s) == 1000000, "a million messages wait");
	printf("# %zu bytes each, never more than %zu\n", schedule_bytes(s) / 1000000, most);
	ok(schedule_bytes(s) < 64000000u, "each costs less than 64 bytes");
	ok(most < 64, "at every size from 100,000 on, growth included");
	for (i = 0; i < 1000000 && good; i++) {
		good = schedule_due(s, &due) && due >= last && (slot = schedule_take(s, due)) != SLOT_NONE;
		last = due;
		if (good)
			schedule_remove(s, slot);
	}
	ok(good, "all come out in the order of their times");
	ok(schedule_count(s) == 0 && !schedule_due(s, &due), "and none is left");
	bytes = schedule_bytes(s);
	for (i = 0; i < 1000000 && good; i++) {
		id = (struct qid){ 1800000000000000u + i, 1 };
		good = schedule_add(s, &id, 1) != SLOT_NONE;
	}
	ok(good && schedule_bytes(s) == bytes, "the memory of those that left is used again");
}

int
main(void)
{
	at_random();
	in_order();
	a_million();
	return done();
}
