/* heir - pneu-tcpd begins anew, with its program file as that is now, in the same process
 *
 * The listening sockets stay open, so the port answers all the time, and the sessions stay our children. What must not be
 * forgotten goes over in a file without a name: PNEU_TCPD_HEIR is "PID DESCRIPTOR", and with another process's number it
 * is nothing. Lines of words, decimal numbers:
 *   pneu-tcpd 1 LISTENERS SESSIONS ASKINGS
 *   listener DESCRIPTOR
 *   session PID KEY                     whom it counts for
 *   asking DESCRIPTOR PID
 *   rules ERROR                         what is wrong with them and in the log already; 0: nothing
 *   each KEY BEGAN_MS COUNT             new connections of a client, see rate.h; the clock is the system's, not ours
 *   network KEY BEGAN_MS COUNT
 *   end
 * Whoever does not understand all of it starts nothing: so it is tried in a child first, and we go on if that fails. */
#ifndef LISTEN_HEIR_H
#define LISTEN_HEIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "listen/child.h"
#include "listen/listener.h"
#include "listen/rate.h"
#include "listen/table.h"

#define HEIR_VARIABLE "PNEU_TCPD_HEIR"
#define HEIR_TRIAL "PNEU_TCPD_TRIAL"    /* set: start as far as anything can go wrong, then end */

/* all that goes over; the parts are the caller's */
struct estate {
	struct listener *listener;
	size_t *listeners;
	struct asking **asking;
	size_t *askings;
	struct table *sessions, *peers;
	struct rate *each, *networks;
	int *rules_error;               /* what admit.h has logged */
};

struct heir {
	struct buf text;                /* text.s == 0: nobody left anything */
	size_t listeners, sessions, askings;
};

/* What was left for us; the variable is taken out of the environment. false: errno, EPROTO if it makes no sense */
bool heir_find(struct heir *);
/* Fill the estate, whose parts have room for as many as h says; false: EPROTO, or errno of a descriptor */
bool heir_read(const struct heir *, const struct estate *);
void heir_free(struct heir *);

/* Become file with these arguments and the estate. Returns only if that failed, errno; then all is as it was, and what
 * the estate has is close-on-exec again. */
void heir_exec(const struct estate *, const char *file, char *const argv[]);

#endif
