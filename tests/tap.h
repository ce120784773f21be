/* tap - what a C test says, in the Test Anything Protocol (read by prove)
 *
 * A test calls ok() for each promise and ends with return done(). */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

static inline bool
ok(bool good, const char *promise)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tap_count, promise);
	tap_failed += !good;
	fflush(stdout);
	return good;
}

static inline bool
same(const char *got, const char *want, const char *promise)
{
	bool good = got && strcmp(got, want) == 0;

	if (!good)
		printf("# got:  %s\n# want: %s\n", got ? got : "(null)", want);
	return ok(good, promise);
}

static inline int
done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
