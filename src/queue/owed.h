/* owed - what the sender of a message is to be told of a recipient, and has not been: for the runner, which says when, and for
 * pneu-bounce, which says it
 *
 * RFC 3461: NOTIFY names the events. Without it we tell of failures, and of a delay (4.1 leaves that to us). A null sender
 * hears of failures only, which its postmaster gets; so does who has an address for each recipient (VERP), and the owner of
 * a list: their mail goes to many. That NOTIFY does not want a failure reported is recorded by the runner before it asks here. */
#ifndef QUEUE_OWED_H
#define QUEUE_OWED_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/queuefile.h"

enum owed { OWED_NOTHING, OWED_FAILED, OWED_SUCCESS, OWED_DELAYED };

const char *owed_name(enum owed);               /* "failed", "success", "delayed": as pneu-bounce's argument has it */
bool owed_parse(const char *, enum owed *);
/* of a delay: is he to hear of it, should it have been long enough? */
bool owed(const struct qf *, size_t rcpt, enum owed);
/* RFC 3464 2.3.3 */
const char *owed_action(const struct qf *, size_t rcpt, enum owed);

#endif
