#include "queue/retry.h"

static int64_t
square_root(int64_t n)
{
	int64_t root = 0, bit;

	for (bit = (int64_t)1 << 30; bit; bit >>= 1)
		if ((root + bit) * (root + bit) <= n)
			root += bit;
	return root;
}

int64_t
retry_next(int64_t birth, int64_t now, bool local)
{
	int64_t age = now > birth ? now - birth : 0;
	int64_t n = square_root(age) + (local ? 10 : 20);

	return now - age + n * n;
}

int64_t
retry_asked(int64_t birth, int64_t now, uint64_t wait)
{
	int64_t age = now > birth ? now - birth : 0;
	int64_t least = age / 8 > RETRY_LEAST_S ? age / 8 : RETRY_LEAST_S;
	int64_t s = wait < RETRY_MOST_S ? (int64_t)wait + 1 : RETRY_MOST_S;       /* this second may be over in a moment */

	return now + (s > least ? s : least);
}

int64_t
retry_clock(struct clockwork *c, int64_t wall, int64_t mono)
{
	int64_t jump = 0;

	if (c->mono_ms)
		jump = wall - c->wall_s - (mono - c->mono_ms) / 1000;
	c->wall_s = wall;
	c->mono_ms = mono;
	if (jump <= CLOCK_JUMP_S && jump >= -CLOCK_JUMP_S)
		return 0;
	c->skew_s = c->skew_s + jump > 0 ? c->skew_s + jump : 0;
	c->jumped_s = wall;
	return jump;
}

int64_t
retry_born(const struct clockwork *c, uint64_t arrival_us)
{
	int64_t s = (int64_t)(arrival_us / 1000000);

	return s < c->jumped_s ? s + c->skew_s : s;
}
