/* commands - the commands of one transaction: who goes into it, and what is said of them
 *
 * No parameter is used that the server does not offer (remote/offers.h). */
#ifndef REMOTE_COMMANDS_H
#define REMOTE_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "remote/delivery.h"
#include "remote/offers.h"
#include "lib/buf.h"

/* Whose RCPT goes into the next transaction: DELIVERY_ASKED, in the job's order, as many as LIMITS allow; the others wait. */
void commands_pick(struct delivery *, const struct offers *);
/* needs a sender or a recipient, who is not reported, SMTPUTF8? */
bool commands_need_utf8(const struct delivery *);

/* one command, its CR LF too, appended; false as buf_put */
bool commands_mail(struct buf *, const struct delivery *, const struct offers *);
bool commands_rcpt(struct buf *, const struct delivery *, size_t recipient, const struct offers *);

#endif
