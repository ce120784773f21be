/* verdict - what policy servers want done with a message that is not refused: fields before it, and who gets it
 *
 * Kept in the order in which it was said. What was said when the client connected holds for the session, what was said to its
 * HELO until the next one, all else for the transaction: so going back is forgetting the end.
 *   limits   VERDICT_BYTES in all
 *   tests    tests/program/smtpd_policy.t      manual: pneu-smtpd(8) */
#ifndef SMTP_VERDICT_H
#define SMTP_VERDICT_H

#include <stdbool.h>

#include "lib/buf.h"
#include "wire/inject.h"
#include "wire/policy.h"

#define VERDICT_BYTES 4096

enum verdict_span { VERDICT_SESSION, VERDICT_HELO, VERDICT_SPANS };

/* PREPEND, HOLD, DISCARD, REDIRECT or BCC, with its text; false: no room for it. Said again it does not count again, but for PREPEND. */
bool verdict_add(const struct policy_action *);
/* what has been said up to now holds for that long, and for longer spans what held before */
void verdict_keep(enum verdict_span);
/* forget what does not hold for that long */
void verdict_return(enum verdict_span);

bool verdict_has_fields(void);
void verdict_fields(struct inject *);           /* put them before the message; what fails inject_end says */
bool verdict_discards(void);                    /* the message is to be accepted and thrown away */
/* an envelope that is complete but for this; false: no room */
bool verdict_envelope(struct buf *envelope);

#endif
