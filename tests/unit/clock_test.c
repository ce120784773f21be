#include "lib/clock.h"

#include <time.h>

#include "tap.h"

int
main(void)
{
	int64_t before = time(0), us = clock_wall_us(), s = clock_wall_s(), after = time(0), last = clock_mono_ms(), now;
	bool all = true;
	int i;

	/* time(2) may lag behind by the length of a tick */
	ok(s >= before && s <= after + 1, "the wall clock says what time(2) says, in seconds");
	ok(us / 1000000 >= before && us / 1000000 <= after + 1, "and in microseconds");
	for (i = 0; i < 100000; i++, last = now)
		all &= (now = clock_mono_ms()) >= last;
	ok(all, "the monotonic clock never goes back");
	ok(last > 0, "and is not 0, which means none in a deadline");
	return done();
}
