/* transaction - one message through one SMTP connection: envelope, text, what became of each recipient
 *
 * In order: delivery_take (a job is there), transaction_envelope, transaction_answers, transaction_text,
 * transaction_end. On a connection with PIPELINING the next delivery's envelope may leave together with the end of
 * this one's text (RFC 2920 3.1); its answers are read after this one's.
 * With the job's parameter VIA the text begins with a Delivered-To field of that address, so that a message that an alias sent
 * away is known if it comes back; the message itself stays as it is.
 * Invariant: each recipient of a job is reported exactly once; a delivery with nothing reported can be begun again
 * on another connection. */
#ifndef DELIVER_TRANSACTION_H
#define DELIVER_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deliver/client.h"
#include "deliver/result.h"
#include "lib/buf.h"
#include "mail/dot.h"
#include "wire/job.h"

#define TRANSACTION_CHUNK 131072        /* bytes of message read at once */
#define TRANSACTION_COMMANDS 400000     /* more than any job's envelope takes */

struct delivery {
	struct job job;
	const char *sender;             /* what MAIL says: the job's, unless the program has put another one here */
	int reports;                    /* socket for them */
	bool held;                      /* a job is in here */
	bool sent;                      /* its envelope is on its way */
	bool rset;                      /* with an RSET before it */
	bool alone;                     /* nobody was accepted, but the server waits for text: it gets the dot alone */
	bool reported[JOB_RECIPIENTS];
	bool asked[JOB_RECIPIENTS];     /* a RCPT is sent for this one */
	bool taken[JOB_RECIPIENTS];     /* the server accepted it */
	bool utf8, utf8_text;           /* declared SMTPUTF8; and its header is not all ASCII */
	uint64_t size;                  /* as RFC 1870 counts; of a large message only its stored bytes */
	struct buf front;               /* goes before the message; what is in it, LF line ends, has still to go */
	uint64_t at;                    /* bytes of the message read so far */
	struct dot dot;
	size_t text_len;                /* encoded and not yet sent */
	char packet[JOB_PACKET];
	char text[DOT_MOST(TRANSACTION_CHUNK)];
};

/* A job just came into d->job: look at its addresses, read and encode the start of the message. What can be said
 * without a server is reported, and if that is all, the job is over: d->held is false. */
void delivery_take(struct delivery *);
/* the same result for all recipients not yet reported; the job is over */
void delivery_over(struct delivery *, const struct result *);

enum transaction_result {
	TRANSACTION_GO,         /* next step, please */
	TRANSACTION_OVER,       /* all reported; the connection is good for another, unless its fd is -1 */
	TRANSACTION_NOTHING     /* the server said nothing about this delivery and is gone; *why says how, nothing is reported */
};

/* put d's commands into b: with PIPELINING all, without the first. false: no memory, or it was already over the
 * server's size limit; d is over */
bool transaction_envelope(struct client *, struct delivery *, struct buf *b);
/* d's envelope was sent: take the answers (and send the other commands, without PIPELINING) */
enum transaction_result transaction_answers(struct client *, struct delivery *, struct result *why);
/* Send the text but for its last piece, which with the final dot is left in d->text: send that with whatever follows.
 * A server that accepted nobody but wants the text gets the dot alone. */
enum transaction_result transaction_text(struct client *, struct delivery *);
/* the last piece could not be sent (error) */
void transaction_unsent(struct client *, struct delivery *, int error);
/* the last piece was sent: hear what becomes of the message */
void transaction_end(struct client *, struct delivery *);

#endif
