/* retry: when a message is tried again, and clocks that are set meanwhile */
#include <stdint.h>

#include "queue/retry.h"
#include "tap.h"

#define DAY 86400
#define T INT64_C(1700000000)           /* some time */

static uint64_t
us(int64_t s)
{
	return (uint64_t)s * 1000000;
}

static void
pauses(void)
{
	int64_t t, n;

	ok(retry_next(T, T, false) == T + 400 && retry_next(T, T, true) == T + 100, "at first 400 seconds, or 100");
	ok(retry_next(T, T + 400, false) == T + 1600, "then the next square");
	ok(retry_next(T + 50, T, false) == T + 400, "what comes from the future has just come");
	for (t = T, n = 0; t < T + 7 * DAY; n++)
		t = retry_next(T, t, false);
	ok(n == 39, "39 times in seven days");
	ok(retry_asked(T, T, 300) == T + 301, "a pause that was asked for, and a second");
	ok(retry_asked(T, T, 1) == T + RETRY_LEAST_S, "but no less than some seconds");
	ok(retry_asked(T - DAY, T, 300) == T + DAY / 8, "or a part of its age");
	ok(retry_asked(T, T, UINT64_MAX) == T + RETRY_MOST_S, "and no more than some hours");
	ok(retry_asked(T + 99, T, 300) == T + 301, "from the future too");
	for (t = T, n = 0; t < T + 7 * DAY; n++)
		t = retry_asked(T, t, 1);
	ok(n < 100, "who always wants a second has us come less than a hundred times in a week");
}

/* a message that came s seconds before the wall clock said T: how old is it? */
static void
clocks(void)
{
	struct clockwork c = { 0 };

	ok(retry_clock(&c, T, 5000) == 0 && c.wall_s == T && c.mono_ms == 5000, "the first look is no jump");
	ok(retry_clock(&c, T + 10, 15000) == 0 && retry_clock(&c, T + 70, 15000) == 0 && retry_clock(&c, T + 40, 15000) == 0,
	    "nor is time that passes, nor a minute more or less");
	ok(retry_born(&c, us(T)) == T, "a message is as old as it is");

	c = (struct clockwork){ 0 };
	(void)retry_clock(&c, T, 1000);
	ok(retry_clock(&c, T + 10 * DAY, 2000) == 10 * DAY - 1, "a step forward is seen");
	ok(c.wall_s - retry_born(&c, us(T - 100)) == 101, "and makes no message older");
	(void)retry_clock(&c, T + 10 * DAY + 50, 52000);
	ok(c.wall_s - retry_born(&c, us(T + 10 * DAY + 20)) == 30, "nor those younger that come after it");
	(void)retry_clock(&c, T + 20 * DAY, 53000);
	ok(c.wall_s - retry_born(&c, us(T - 100)) == 152, "a second one does neither");

	c = (struct clockwork){ 0 };
	(void)retry_clock(&c, T, 1000);
	ok(retry_clock(&c, T - 3 * DAY, 2000) == -3 * DAY - 1, "a step back is seen");
	ok(c.wall_s - retry_born(&c, us(T - 100)) <= 101, "and makes no message older");
	ok(c.wall_s - retry_born(&c, us(T - 4 * DAY)) <= 4 * DAY + 1, "no old one either");
	ok(retry_clock(&c, T + 1, 3000) == 3 * DAY, "and back again");
	ok(c.wall_s - retry_born(&c, us(T - 100)) <= 102, "still makes none older");

	c = (struct clockwork){ 0 };
	(void)retry_clock(&c, 100, 1000);
	(void)retry_clock(&c, T, 60000);
	ok(c.wall_s - retry_born(&c, us(90)) == 69, "a clock that began in 1970 and was set: what came before is young");
}

int
main(void)
{
	pauses();
	clocks();
	return done();
}
