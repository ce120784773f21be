/* milter_envelope - who gets a message and from whom, while milters change that
 *
 * The envelope is that of wire/envelope.h, checked; as long as nothing is changed it goes on byte for byte. Addresses are
 * of the inside form (mail/addr.h). */
#ifndef FILTER_MILTER_ENVELOPE_H
#define FILTER_MILTER_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"

#define MILTER_REASON 200               /* most bytes of why a message is held */

struct milter_envelope {
	struct buf b;                   /* as read; what was removed has the letter MILTER_GONE */
	char *sender;                   /* 0, or what it became */
	char hold[MILTER_REASON + 1];   /* why; "": it is not held */
	size_t rcpts;
	bool changed;
};

enum milter_envelope_read { MILTER_ENVELOPE_OK, MILTER_ENVELOPE_TROUBLE, MILTER_ENVELOPE_CUT, MILTER_ENVELOPE_LONG,
	MILTER_ENVELOPE_BAD };

/* Read fd to its end. TROUBLE: errno; the rest as envelope_check says it */
enum milter_envelope_read milter_envelope_read(struct milter_envelope *, int fd);
const char *milter_sender(const struct milter_envelope *);
/* Append the ESMTP parameters (each ended by 0) of the message, or of the recipient whose record ended at at */
bool milter_sender_parameters(const struct milter_envelope *, struct buf *);
bool milter_rcpt_parameters(const char *at, struct buf *);
bool milter_utf8(const struct milter_envelope *);       /* SMTPUTF8 was with the sender */
/* The next recipient; *at begins as 0. Afterwards *at is behind its record, where its parameters are. 0: no more */
const char *milter_rcpt_next(const struct milter_envelope *, const char **at);

/* false: ENOMEM or EMSGSIZE */
bool milter_set_sender(struct milter_envelope *, const char *);
/* Not if it is there already. notify, orcpt: as in the envelope, or 0 */
bool milter_add_rcpt(struct milter_envelope *, const char *, const char *notify, const char *orcpt);
void milter_delete_rcpt(struct milter_envelope *, const char *);        /* the domain in letters of any case */
void milter_hold(struct milter_envelope *, const char *why);            /* masked and cut */

/* as the queue program wants it; 0: ENOMEM or EMSGSIZE */
const struct buf *milter_envelope_end(struct milter_envelope *);

#endif
