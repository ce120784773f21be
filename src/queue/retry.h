/* retry - when a message is tried again: quadratic in its age, as qmail-send does it */
#ifndef QUEUE_RETRY_H
#define QUEUE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/* birth + (floor(sqrt(age)) + c)^2 with c 10 for local and 20 for remote mail; always later than now.
 * All in seconds since 1970; an arrival in the future counts as just now. */
int64_t retry_next(int64_t birth_s, int64_t now_s, bool local);

#endif
