/* table: the same answers as an array that is searched from end to end, and never more than its bound */
#include "listen/table.h"

#include "tap.h"

#define KEYS 40
#define MOST 16

static uint64_t random_state = 1;

static unsigned
random_below(unsigned n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % n;
}

struct model {
	bool used[KEYS];
	uint64_t value[KEYS];
	size_t count;
};

static uint64_t
key_of(unsigned i)
{
	return i % 2 ? (uint64_t)i << 32 : i;           /* 0 is a key like any other */
}

static bool
agrees(const struct table *t, const struct model *m)
{
	const uint64_t *v;
	unsigned i;

	for (i = 0; i < KEYS; i++) {
		v = table_find(t, key_of(i));
		if ((v != 0) != m->used[i] || (v && *v != m->value[i]))
			return false;
	}
	return t->count == m->count;
}

static bool
step(struct table *t, struct model *m, uint64_t value)
{
	unsigned i = random_below(KEYS);
	uint64_t *v;

	if (random_below(2)) {
		table_drop(t, key_of(i));
		m->count -= m->used[i];
		m->used[i] = false;
		return true;
	}
	v = table_add(t, key_of(i));
	if (!v)
		return !m->used[i] && m->count == MOST;
	if (*v != (m->used[i] ? m->value[i] : 0))
		return false;
	m->count += !m->used[i];
	m->used[i] = true;
	*v = m->value[i] = value;
	return true;
}

static void
test_model(uint64_t seed, const char *promise)
{
	struct model m = { .count = 0 };
	bool good = true;
	struct table t;
	uint64_t n;

	if (!ok(table_init(&t, MOST), "a table is made"))
		return;
	if (seed)
		t.seed = seed;
	for (n = 1; n < 20000 && good; n++)
		good = step(&t, &m, n) && agrees(&t, &m);
	ok(good, promise);
	table_free(&t);
}

static void
test_bound(size_t max)
{
	struct table t;
	size_t i, added = 0;

	if (!ok(table_init(&t, max), "a table is made"))
		return;
	for (i = 0; i < max; i++)
		added += table_add(&t, i) != 0;
	ok(added == max, "as many entries as asked for");
	ok(table_add(&t, i) == 0, "not one more");
	ok(table_add(&t, 0) != 0, "an entry that is there is found also then");
	table_drop(&t, 0);
	ok(table_add(&t, i) != 0, "room again after a drop");
	ok(t.count == max, "they are counted");
	table_free(&t);
}

int
main(void)
{
	test_model(0, "20000 random steps agree with a plain array");
	test_model(0x123456789, "and with another seed");
	test_bound(1);
	test_bound(MOST);
	test_bound(100);
	return done();
}
