/* forward - the addresses that a user forwards a message to, and the one injection that does it
 *
 * forward_sender says who it then comes from; forward_begin, forward_to for each address, forward_send. What is sent is the
 * trace (Delivered-To lines) and the message, every byte as it came; the envelope has the body type, says
 * that a user here forwarded it (wire/envelope.h, W), and what the sender wants to hear (RFC 3461 5.2.7). It is done when the
 * outcome is K: then it is on disk in the queue. */
#ifndef LOCAL_FORWARD_H
#define LOCAL_FORWARD_H

#include <stdbool.h>
#include <stddef.h>

#include "local/message.h"
#include "lib/buf.h"
#include "mail/outcome.h"
#include "wire/inject.h"

/* The envelope sender of what is forwarded, appended to the empty buf: sender; but where .qmail DASH EXT -owner is in the
 * working directory, local-owner@domain of the recipient, and where -owner-default is there too, local-owner-@domain-@[]
 * (VERP: the runner makes a sender of each recipient of it). "" and "#@[]" stay. False: the outcome says why */
bool forward_sender(struct buf *, const char *sender, const char *rcpt, const char *dash, const char *ext, struct outcome *);

/* what the sender wants to hear of a message, as he said it; zero: nothing said */
struct forward_wishes {
	const char *ret, *envid;        /* 0: not given */
	const char *orcpt;              /* likewise; of the recipient */
	unsigned notify;                /* enum dsn bits (mail/dsn.h) */
};

/* the envelope so far; false: errno. body: "" none; utf8: it was declared SMTPUTF8 */
bool forward_begin(struct buf *envelope, const char *sender, const char *body, bool utf8, const struct forward_wishes *);
bool forward_to(struct buf *envelope, const char *address, const struct forward_wishes *);
/* trace: n bytes of lines. The result is as inject_end gives it */
void forward_send(struct buf *envelope, const char *trace, size_t n, struct message *, struct inject_result *);

#endif
