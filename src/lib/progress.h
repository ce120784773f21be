/* progress - how far long work has come, for a person who watches
 *
 * One line on descriptor 2, "what: 45%", written over itself, and taken away at the end. Only if that is a terminal, and
 * not before PROGRESS_FIRST_MS, so quick work shows nothing. */
#ifndef LIB_PROGRESS_H
#define LIB_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#define PROGRESS_FIRST_MS 700
#define PROGRESS_EACH_MS 200

struct progress {
	const char *what;
	uint64_t total;
	int64_t next_ms;
	unsigned calls;
	bool watched, shown;
};

/* what is kept, not copied; total 0 counts as all done */
void progress_begin(struct progress *, const char *what, uint64_t total);
/* so much of the total is done. Cheap: the clock is read once in 64 times */
void progress_at(struct progress *, uint64_t done);
/* before anything else is said on descriptor 2 */
void progress_end(struct progress *);

#endif
