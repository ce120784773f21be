/* retry - when a message is tried again: quadratic in its age, as qmail-send does it, or when the server wants it; and how old
 * it is, whatever becomes of the clock */
#ifndef QUEUE_RETRY_H
#define QUEUE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/* birth + (floor(sqrt(age)) + c)^2 with c 10 for local and 20 for remote mail; always later than now.
 * All in seconds since 1970; an arrival in the future counts as just now. */
int64_t retry_next(int64_t birth_s, int64_t now_s, bool local);

/* When a server asked to wait so long: then, but in no less than RETRY_LEAST_S or an eighth of the message's age, so that
 * nobody makes us come every moment for a week, and in no more than RETRY_MOST_S. Always later than now. */
#define RETRY_LEAST_S 10
#define RETRY_MOST_S 14400
int64_t retry_asked(int64_t birth_s, int64_t now_s, uint64_t wait_s);

/* The two clocks, read once a turn of the loop */
struct clockwork {
	int64_t wall_s, mono_ms;        /* 0 at first */
	int64_t skew_s;                 /* forward jumps of the wall clock, which age no message... */
	int64_t jumped_s;               /* ...that came before this wall time, when the last one was over; 0: never */
};
#define CLOCK_JUMP_S 60                 /* what counts as having been set */
/* what the clocks say now; by how many seconds the wall clock has been set meanwhile, 0: it has not */
int64_t retry_clock(struct clockwork *, int64_t wall_s, int64_t mono_ms);
/* when a message came, by the clock as it is now: one that began in 1970 and was then set must not have aged what came
 * before, nor keep young for ever what came later */
int64_t retry_born(const struct clockwork *, uint64_t arrival_us);

#endif
