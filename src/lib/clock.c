#include "lib/clock.h"

#include <time.h>

#include "compat/compat.h"

static int64_t
read_us(clockid_t id)
{
	struct timespec t;

	(void)compat_clock(id, &t);     /* cannot fail for the two clocks used here */
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_wall_s(void)
{
	return read_us(CLOCK_REALTIME) / 1000000;
}

int64_t
clock_wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t
clock_mono_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}
