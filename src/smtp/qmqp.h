/* qmqp - one message from a client over QMQP, into pneu-queue or what stands in its place
 *
 *   client   one netstring of netstrings: the message (LF line ends), the sender, each recipient
 *   server   one netstring: K taken, Z not now, D never, for all recipients, and a text
 * The message goes to the queue program while it comes; it is queued only after the last ',' has come.
 * An address holds no control byte. One that is not ASCII must be UTF-8, and gives the message the parameter U.
 *   limits   the message databytes or QMQP_MESSAGE; sender and recipients together QMQP_ENVELOPE, an address ENVELOPE_ADDR
 *   broken   cut anywhere or not such netstrings: nothing is queued
 *   tests    tests/program/qmqpd.t, tests/fuzz/qmqp.t        manual: pneu-qmqpd(8) */
#ifndef SMTP_QMQP_H
#define SMTP_QMQP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/in.h"
#include "mail/hops.h"
#include "wire/peer.h"
#include "wire/inject.h"
#include "wire/qid.h"

#define QMQP_MESSAGE ((uint64_t)1 << 31)        /* where databytes is 0 or more */
#define QMQP_ENVELOPE (4u << 20)
#define QMQP_INPUT 65536

struct qmqp_settings {
	struct buf me;
	uint64_t databytes, maxhops;
	uint64_t timeout_s;             /* for one read or write */
	uint64_t data_s;                /* for all of it */
	const char *suffix;             /* appended to each recipient */
};

struct qmqp {                           /* the first four are the caller's, the rest zero */
	const struct qmqp_settings *set;
	const struct peer *peer;
	char id[QID_TEXT];              /* the session's */
	struct in in;
	uint64_t left;                  /* bytes of the outermost netstring that are still to come */
	struct inject inject;
	bool open;                      /* inject has begun */
	struct hops hops;
	struct buf envelope;
	bool utf8;
	uint64_t bytes, rcpts;          /* of the message; recipients */
	bool whole;                     /* nothing more is to come */
	char verdict;                   /* the answer; 0: none, the client is gone */
	int error;                      /* where verdict is 0: the errno, 0 end of file */
	char queued[256];               /* K: the ID of the message */
	char text[400];                 /* what follows the verdict */
};

/* From the first byte to the answer, which is not sent */
void qmqp_receive(struct qmqp *);
/* Verdict and text of this answer; the text is given the id of the session */
void qmqp_answer(struct qmqp *, char verdict, const char *text);

#endif
