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
