/* compose - from what a program here has written to a message that may travel: its recipients, its sender, its header
 *
 * What is missing of Date, From and Message-ID is added at the end of the header; if the message has Resent- fields, what is missing of
 * Resent-Date, Resent-From and Resent-Message-ID is put before the first of them instead. Addresses without a host are completed
 * (names.h) and nothing else of a field is touched. Bcc, Resent-Bcc, Return-Path and Content-Length go.
 *   tests   tests/unit/compose_test.c, tests/fuzz/compose_fuzz.c    manual: pneu-inject(8) */
#ifndef INJECT_COMPOSE_H
#define INJECT_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inject/caller.h"
#include "inject/head.h"
#include "inject/names.h"
#include "lib/buf.h"
#include "wire/envelope.h"

#define COMPOSE_HEADER (8u << 20)       /* most bytes of a header, as written */
#define COMPOSE_WHY 400

enum compose_result {
	COMPOSE_OK,
	COMPOSE_BAD,                    /* why: it will never be a message */
	COMPOSE_TROUBLE                 /* why: of memory, of settings */
};

struct compose {
	/* what is wanted; compose_init is a beginning */
	bool from_header;               /* recipients in the header count */
	bool as_is;                     /* of the header only Bcc and Return-Path go: it comes through a gateway */
	bool comment_style;             /* From: joe@host (Joe) */
	bool own_from, own_id;          /* these fields of the message do not count */
	bool take_return_path;          /* a Return-Path is the sender, if none is set */
	bool mention_nobody;            /* without To and Cc say that the recipients are not shown */
	bool author_is_sender;          /* an added From names a sender that was set, unless that is null */
	bool verp, stamped;             /* VERP: a sender for each recipient, for each message */
	const char *full_name;          /* for From; 0: the caller's */
	struct buf lists;               /* lines, each with its 0: a message to one of these addresses gets a Mail-Followup-To */
	int64_t now_us;
	struct caller caller;
	struct names names;
	bool names_known;               /* looked for when wanted first */

	/* what came of it */
	struct buf sender;              /* s == 0: not set; "" is the null sender */
	struct buf rcpts;               /* addresses, each with its 0, in order; some perhaps twice */
	size_t rcpt_count;
	bool utf8;                      /* an address is not ASCII */
	struct buf followup;            /* inside: who is in To and Cc, if there are lists */
	bool to_list;                   /* one of them is a list */
	unsigned long seen;             /* HEAD_BITs of the message as it came */
	size_t received;                /* how many of these it has */
	struct buf header;              /* without the empty line behind it */
	char why[COMPOSE_WHY];          /* printable */
};

void compose_init(struct compose *);
void compose_free(struct compose *);
/* what $QMAILINJECT wants: c s f i r m, as in pneu-inject(8); other letters are ignored. And the lists of $QMAILMFTFILE; false: errno,
 * it cannot be read */
bool compose_variables(struct compose *);
/* the settings, if they have not been read yet; the others do it themselves */
enum compose_result compose_names(struct compose *);
/* the sender from an argument or a variable: an address in any form, "" and "<>" the null sender; pre@host-@[] and #@[] as they are */
enum compose_result compose_sender(struct compose *, const char *);
/* recipients from an argument, a list of addresses; <> is none */
enum compose_result compose_rcpts(struct compose *, const char *);
/* All of it, from the header h of the text s. Before it compose_sender and compose_rcpts, if any. */
enum compose_result compose_header(struct compose *, const struct head *h, const char *s);
/* The envelope without its sender's parameters: they are put by each call of the caller's between these two. ENOMEM, EMSGSIZE.
 * Recipients that are the same byte by byte come once; notify: the value of N for each, or 0 */
bool compose_envelope(const struct compose *, struct buf *envelope, const char *notify);

#endif
