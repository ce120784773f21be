/* transaction - messages through one SMTP or LMTP connection: envelope, text, what became of each recipient
 *
 * In order: transaction_envelope, transaction_answers, transaction_text, transaction_end. On a connection with PIPELINING the next
 * delivery's envelope may leave together with the end of this one's text (RFC 2920 3.1); its answers are read after this
 * one's. A delivery that is still held when its transaction is over wants another one, for the recipients that are left: the
 * server takes no more at once (RFC 9422, RFC 5321 4.5.3.1.10), or did not know BDAT. Each transaction reports somebody, but for
 * the one time that BDAT is given up, so they come to an end.
 * A message of one DELIVERY_CHUNK goes with BDAT where CHUNKING is offered and wanted, and if it is small and PIPELINING is
 * offered, in the same breath as its envelope: one round trip for all. */
#ifndef REMOTE_TRANSACTION_H
#define REMOTE_TRANSACTION_H

#include <stdbool.h>

#include "remote/client.h"
#include "remote/delivery.h"
#include "remote/result.h"
#include "lib/buf.h"

#define TRANSACTION_COMMANDS 400000     /* more than any job's envelope takes */
#define TRANSACTION_AT_ONCE 16384       /* what a new connection sends without waiting (RFC 6928), and no great loss if unwanted */
#define TRANSACTION_AHEAD 8             /* chunks on their way without an answer */

enum transaction_result {
	TRANSACTION_GO,         /* next step, please */
	TRANSACTION_OVER,       /* of this transaction all are reported; the connection is good for another, unless its fd is -1 */
	TRANSACTION_NOTHING     /* the server said nothing about this delivery and is gone; *why says how, nothing is reported */
};

/* Put d's commands into b: with PIPELINING all, without the first; with d->way DELIVERY_AT_ONCE d->piece is to follow them.
 * false: no memory, or the server cannot take this message; d is over */
bool transaction_envelope(struct client *, struct delivery *, struct buf *b);
/* d's envelope was sent: take the answers (and send the other commands, without PIPELINING) */
enum transaction_result transaction_answers(struct client *, struct delivery *, struct result *why);
/* Send the text but for its last piece, which with the end is left in d->piece: send that with whatever follows, if
 * d->piece_len is not 0. A server that accepted nobody but wants the text gets the dot alone. */
enum transaction_result transaction_text(struct client *, struct delivery *);
/* the last piece could not be sent (error) */
void transaction_unsent(struct client *, struct delivery *, int error);
/* the last piece was sent: hear what becomes of the message */
void transaction_end(struct client *, struct delivery *);

#endif
