/* destinations - control/destinations: what single next hops take, and how fast
 *
 * A line is NAME:WORDS. NAME is the domain of a recipient, the first host of a route of smtproutes, or a host that MX records
 * name; with a dot before it, it and all below. The line without a name is the preset of all others. WORDS, blanks between:
 *   concurrency=N     connections at once, 1 to CONCURRENCY_MOST
 *   rate=N/m, N/h     messages a minute or an hour, evenly spaced
 *   perconnection=N   messages over one connection
 *   recipients=N      recipients of one transaction, 1 to JOB_RECIPIENTS
 * What a line does not say the preset says, and what that does not say has no limit, or that of control/concurrencysite.
 * Only pneu-send reads it. Manual: pneu-control(5) */
#ifndef QUEUE_DESTINATIONS_H
#define QUEUE_DESTINATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/conf.h"

struct destination {
	const char *name;               /* of a line, lower case or as written; "" is the preset */
	uint64_t concurrency, per_connection, recipients;       /* 0: nothing said */
	uint64_t interval_us;           /* from one message to the next; 0: nothing said */
	const char *rate;               /* the same as it was written, "30/m"; "" */
};

struct destinations;

/* the caller's, ended by destinations_free; 0: why is in the error */
struct destinations *destinations_load(struct conf_error *);
void destinations_free(struct destinations *);
/* the line for a name, of n bytes and in any case: its own, else the nearest with a dot; 0: none. They live as long as the
 * whole. */
const struct destination *destinations_find(const struct destinations *, const char *name, size_t n);
const struct destination *destinations_preset(const struct destinations *);    /* all 0 if there is no such line */
/* is a name one that a pattern, with or without a dot before it, stands for? */
bool destinations_match(const char *pattern, const char *name, size_t n);

#endif
