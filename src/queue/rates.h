/* rates - how much of what has happened since the runner began, and lately
 *
 * One for the process. Counted where the log tells of it; lately is by tens of seconds. */
#ifndef QUEUE_RATES_H
#define QUEUE_RATES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

enum rates_event {
	RATES_NEW,                      /* messages that came, */
	RATES_ENDED,                    /* and left, */
	RATES_BYTES,                    /* bytes of those that came (their first attempt) */
	RATES_DELIVERED, RATES_DEFERRED, RATES_FAILED,  /* recipients, by attempt */
	RATES_BOUNCED,                  /* bounces made */
	RATES_EVENTS
};

void rates_count(enum rates_event, uint64_t n);
/* a line for each: "rate NAME total N 1m N 5m N 15m N", the last ones in so many minutes; false as buf_put */
bool rates_put(struct buf *);

#endif
