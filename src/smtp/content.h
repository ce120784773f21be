/* content - the text of one message, from the client into the queue program, whichever command carries it
 *
 * DATA and BDAT find where the text ends and make its lines those of a file (mail/undot.h); all the rest is here. The
 * bytes are handed on from the input buffer itself, so nothing of a message is ever kept, however it is cut.
 * Invariant: between content_begin and content_end or content_drop the content is open and the envelope is complete.
 * A refusal, once there, stays: the rest is read and thrown away, and the queue program has been given up. */
#ifndef SMTP_CONTENT_H
#define SMTP_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail/hops.h"
#include "mail/undot.h"
#include "wire/inject.h"

struct session;

struct content {                        /* of a session; all zero: none is open */
	bool open;
	bool traced;                    /* our Received field is on its way */
	const char *refusal;            /* the reply that refuses it, or 0 */
	struct undot lines;             /* the caller's framing */
	int64_t deadline_ms;            /* BDAT's: all of it must be there at this clock_mono_ms */
	struct hops hops;
	struct inject inject;
};

void content_begin(struct session *);   /* what fails here is a refusal */
/* The next n bytes, lines ending in LF, which stand in the input buffer before its unread bytes. */
void content_take(struct session *, char *from, size_t n);
void content_refuse(struct session *, const char *reply);
void content_end(struct session *);     /* all of it was taken: queued or refused, answered, and the transaction is over */
void content_drop(struct session *);    /* it will not be complete; harmless when none is open */

#endif
