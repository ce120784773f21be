/* rate: the limit at its edge, the end of a time, and who is forgotten when there are too many */
#include "listen/rate.h"

#include "tap.h"

#define MINUTE 60000

static struct rate r;

static bool
enter(uint64_t key, int64_t now_ms)
{
	if (!rate_within(&r, key, now_ms))
		return false;
	rate_count(&r, key, now_ms);
	return true;
}

static void
test_limit(void)
{
	ok(rate_init(&r, 3, 60), "3 a minute");
	ok(enter(1, 1000) && enter(1, 2000) && enter(1, 3000), "three are let in");
	ok(!enter(1, 3000), "a fourth is not");
	ok(enter(2, 3000), "somebody else is");
	ok(!enter(1, 1000 + MINUTE - 1), "until the minute that began with the first is over");
	ok(enter(1, 1000 + MINUTE), "then it is");
	ok(enter(1, 1000 + MINUTE) && enter(1, 2000 + MINUTE) && !enter(1, 2000 + MINUTE), "three times");
	ok(enter(0, 0) && enter(0, 0) && enter(0, 0) && !enter(0, 0), "key 0 at time 0 is counted too");
	rate_free(&r);
	ok(rate_init(&r, 1, 1), "1 a second");
	ok(enter(1, 5) && !enter(1, 1004) && enter(1, 1005), "is one, and one more when it is over");
	rate_free(&r);
	ok(enter(1, 5) && enter(1, 5), "without a limit there is none");
}

/* a crowd of ten times as many keys as there are places, each once */
static void
test_crowd(void)
{
	uint64_t key;
	bool in = true;

	if (!ok(rate_init(&r, 2, 60), "2 a minute"))
		return;
	in = enter(7, 0) && enter(7, 0);
	for (key = 1000; key < 1000 + 10 * RATE_KEYS; key++)
		in &= enter(key, 1);
	ok(in, "a crowd keeps nobody out");
	ok(!enter(7, 2), "and does not make those forgotten who are at their limit");
	ok(enter(8, 2) && enter(8, 2) && !enter(8, 2), "a newcomer is counted all the same");
	rate_free(&r);
}

/* all places taken by keys at their limit */
static void
test_full(void)
{
	size_t used = 0, i;
	uint64_t key;
	bool in = true;

	if (!ok(rate_init(&r, 2, 60), "2 a minute"))
		return;
	for (key = 0; key < 10 * RATE_KEYS; key++)
		in &= enter(key, (int64_t)(key / RATE_KEYS)) && enter(key, (int64_t)(key / RATE_KEYS));
	ok(in, "ten times as many as can be remembered, each at its limit, keep no newcomer out");
	for (i = 0; i < RATE_KEYS; i++)
		used += r.slot[i].count == 2;
	ok(used > RATE_KEYS / 2, "and most places hold one that is");
	ok(!enter(key - 1, 20), "the last one is remembered");
	rate_free(&r);
}

static void
test_seed(void)
{
	struct rate other = { .slot = 0 };

	if (!ok(rate_init(&r, 1, 1) && rate_init(&other, 1, 1), "two tables"))
		return;
	ok(r.seed[0] != other.seed[0] && r.seed[1] != other.seed[1] && r.seed[0] && r.seed[1], "have secrets of their own");
	rate_free(&r);
	rate_free(&other);
}

int
main(void)
{
	test_limit();
	test_crowd();
	test_full();
	test_seed();
	return done();
}
