/* fields - packets made of fields, each ending in 0
 *
 * The form that job, spawner and control share. Reading checks that the packet ends with a 0. */
#ifndef WIRE_FIELDS_H
#define WIRE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

struct fields {
	const char *at, *end;
};

bool fields_put(struct buf *, const char *);            /* false as buf_put */
bool fields_put_num(struct buf *, uint64_t);
bool fields_open(struct fields *, const char *packet, size_t n);        /* false: no fields, or the last is cut */
const char *fields_next(struct fields *);               /* the next string, inside the packet; 0: no more */
bool fields_next_num(struct fields *, uint64_t min, uint64_t max, uint64_t *);

#endif
