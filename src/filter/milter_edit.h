/* milter_edit - what a milter wants changed, collected until it has said that it is done
 *
 * A milter that fails half-way changes nothing: its edits are kept as packets and carried out together, in its order.
 * Each is checked when it comes in. NOTIFY and ORCPT of a new recipient must be as in SMTP (mail/dsn.h), other parameters, and
 * these twice, are ignored: they say how he is written to, not who he is.
 *   limits  MILTER_EDITS of them, MILTER_EDIT_BYTES in all, beside the body
 *   tests   tests/program/milter.t, tests/fuzz/milter_fuzz.c */
#ifndef FILTER_MILTER_EDIT_H
#define FILTER_MILTER_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "filter/milter_envelope.h"
#include "filter/milter_message.h"
#include "filter/milter_wire.h"
#include "lib/buf.h"

#define MILTER_EDITS 4000
#define MILTER_EDIT_BYTES (2u << 20)
#define MILTER_IGNORED 80               /* most bytes shown of a parameter */

struct milter_edits {
	struct buf b;
	size_t count;
	struct milter_store store;      /* the new body */
	const char *domain;             /* what an address without one gets */
	bool utf8;                      /* the message is one of SMTPUTF8: so may be an ORCPT */
	char ignored[MILTER_IGNORED + 1];       /* "", or the first parameter of a recipient that makes no sense */
};

enum milter_taken {
	MILTER_TAKEN,
	MILTER_NOT_AN_EDIT,
	MILTER_TAKE_TROUBLE             /* errno; EPROTO: nonsense */
};

/* space: as for milter_store_init. The edits are zeroed or were used before, their memory is kept */
void milter_edits_init(struct milter_edits *, char *space, const char *domain, bool utf8);
enum milter_taken milter_edits_take(struct milter_edits *, const struct milter_packet *);
/* carry them out. spaced: as in milter_put. False: errno */
bool milter_edits_apply(struct milter_edits *, struct milter_message *, struct milter_envelope *, bool spaced);
void milter_edits_drop(struct milter_edits *);

#endif
