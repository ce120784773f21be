/* seen - a set of strings that can forget the latest
 *
 * Each string is kept once, in strings, which ends it in 0 and whose offset 0 is ""; others may keep theirs there too, so that
 * all of them together can be cut back to where they were. The set owns strings. All zero, but for strings.max, is an
 * empty one. */
#ifndef RESOLVE_SEEN_H
#define RESOLVE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

struct seen {
	struct buf strings;
	uint32_t *slot;                 /* a hash table of offsets; 0: free */
	size_t count, room;
};

enum seen_result { SEEN_NEW, SEEN_BEFORE, SEEN_TROUBLE };       /* TROUBLE: errno ENOMEM or EMSGSIZE */

enum seen_result seen_put(struct seen *, const char *);
/* a string that is not in the set; its offset, 0: no memory */
uint32_t seen_keep(struct seen *, const char *);
const char *seen_string(const struct seen *, uint32_t at);      /* valid until something is put or kept */
/* forget what was put or kept since strings.len was mark; false: no memory, and the set still has it */
bool seen_cut(struct seen *, size_t mark);
/* nothing is in it; the memory of a large one is given back */
void seen_clear(struct seen *);
void seen_free(struct seen *);

#endif
