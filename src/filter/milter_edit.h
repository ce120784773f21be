/* milter_edit - what a milter wants changed, collected until it has said that it is done
 *
 * A milter that fails half-way changes nothing: its edits are kept as packets and carried out together, in its order.
 * Each is checked when it comes in.
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

struct milter_edits {
	struct buf b;
	size_t count;
	struct milter_store store;      /* the new body */
	const char *domain;             /* what an address without one gets */
};

enum milter_taken {
	MILTER_TAKEN,
	MILTER_NOT_AN_EDIT,
	MILTER_TAKE_TROUBLE             /* errno; EPROTO: nonsense */
};

/* space: as for milter_store_init. The edits are zeroed or were used before, their memory is kept */
void milter_edits_init(struct milter_edits *, char *space, const char *domain);
enum milter_taken milter_edits_take(struct milter_edits *, const struct milter_packet *);
/* carry them out. spaced: as in milter_put. False: errno */
bool milter_edits_apply(struct milter_edits *, struct milter_message *, struct milter_envelope *, bool spaced);
void milter_edits_drop(struct milter_edits *);

#endif
