/* delivery - one job in pneu-remote's hands: what is known of each recipient, and the message as SMTP wants it
 *
 * With the job's parameter VIA the text begins with a Delivered-To field of that address, so that a message that an alias sent
 * away is known if it comes back; the message itself stays as it is.
 * Invariant: each recipient of a job is reported exactly once. A delivery can be begun again, for those not yet reported, on the
 * same connection or another, as often as need be: its text starts anew each time. */
#ifndef REMOTE_DELIVERY_H
#define REMOTE_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "remote/result.h"
#include "lib/buf.h"
#include "mail/dot.h"
#include "wire/job.h"

#define DELIVERY_CHUNK 131072           /* bytes of message read at once */
#define DELIVERY_HEAD 40                /* "BDAT n LAST" and CR LF */

enum delivery_recipient {
	DELIVERY_WAITS,                 /* for a transaction */
	DELIVERY_ASKED,                 /* its RCPT is part of this one */
	DELIVERY_TAKEN,                 /* and the server has accepted it */
	DELIVERY_ELSEWHERE,             /* this host has trouble of its own: it waits for another one */
	DELIVERY_REPORTED
};

enum delivery_way {
	DELIVERY_DATA,                  /* asked with DATA, with the dots */
	DELIVERY_CHUNKS,                /* with BDAT when the recipients have been answered */
	DELIVERY_AT_ONCE                /* with BDAT LAST, right behind the recipients */
};

struct delivery {
	struct job job;
	const char *sender;             /* what MAIL says: the job's, unless the program has put another one here */
	int reports;                    /* socket for them */
	bool held;                      /* a job is in here */
	bool sent;                      /* its envelope is on its way, with DELIVERY_AT_ONCE its text too */
	bool rset;                      /* with an RSET before it */
	bool alone;                     /* nobody was accepted, but the server waits for text: it gets the dot alone */
	enum delivery_recipient rcpt[JOB_RECIPIENTS];
	enum delivery_way way;          /* of this transaction */
	uint64_t chunks;                /* accepted of it */
	struct result elsewhere;        /* what the host said first of those that wait for another; verdict 0: nobody does */
	bool utf8, utf8_text;           /* declared SMTPUTF8; and its header is not all ASCII */
	bool eightbit;                  /* declared BODY=8BITMIME */
	uint64_t size;                  /* as RFC 1870 counts; of a large message only its stored bytes */
	struct buf front;               /* goes before the message, LF line ends */
	bool begun;                     /* front, if any, is encoded */
	uint64_t at;                    /* bytes of the message read so far */
	struct dot dot;
	bool fresh;                     /* text holds the start of the message */
	const char *piece;              /* what is to be sent next */
	size_t piece_len;
	size_t text_len;                /* encoded, behind the DELIVERY_HEAD bytes */
	char packet[JOB_PACKET];
	char text[DELIVERY_HEAD + DOT_MOST(DELIVERY_CHUNK)];
};

/* A job just came into d->job and nothing is known of it yet. */
void delivery_begin(struct delivery *);
/* The same, and look at its addresses, read and encode the start of the message. What can be said without a server is
 * reported, and if that is all, the job is over: d->held is false. */
void delivery_take(struct delivery *);
void delivery_report(struct delivery *, size_t recipient, const struct result *);
/* the same result for all recipients not yet reported; the job is over */
void delivery_over(struct delivery *, const struct result *);
/* a transaction is over: the result for those it had asked; if nobody waits for another one, so is the job */
void delivery_settle(struct delivery *, const struct result *);
/* those it had asked, and with all those that wait too, shall go to another host; false: there are none, nor were there before.
 * Once nobody waits for this host delivery_return is owed. */
bool delivery_elsewhere(struct delivery *, const struct result *, bool all);
/* there is another host: who waits for one waits for a transaction now */
void delivery_return(struct delivery *);
/* how many recipients are so */
size_t delivery_count(const struct delivery *, enum delivery_recipient);
/* no transaction after all: those of it that are neither reported nor to go elsewhere wait again */
void delivery_again(struct delivery *);

/* Make the first piece of the text ready: for DATA, the final dot included if this is all of it, or for BDAT. False: errno */
bool delivery_text(struct delivery *, bool bdat);
/* and the next one, after d->dot.done is false. False: errno */
bool delivery_next(struct delivery *);
/* put BDAT before the piece, LAST if it is */
void delivery_head(struct delivery *);

#endif
