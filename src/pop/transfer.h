/* transfer - a message as POP3 sends it (RFC 1939 3): lines end in CR LF, a dot before each that begins with one
 *
 * An LF with no CR before it becomes CR LF, also at the end of a last line that has none. Every other byte, a lone CR too, passes
 * as it is. The message comes in pieces of any length; a zeroed struct is the beginning of one.
 *   tests  tests/unit/pop_transfer_test.c */
#ifndef POP_TRANSFER_H
#define POP_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/out.h"

struct transfer {
	bool top;                       /* the header and lines more, and no more; set by the caller */
	uint64_t lines;
	bool in_line;                   /* bytes of an unfinished line have passed */
	bool cr;                        /* the last of them was a CR */
	bool only_cr;                   /* and the only one */
	bool in_body;
};

/* false: TOP has all that it wants */
bool transfer_put(struct transfer *, struct out *, const char *, size_t n);
/* the end of the message and of the answer */
void transfer_end(struct transfer *, struct out *);

/* how many bytes that makes without the dots put in and the last line, that is, a message's size */
struct transfer_size {
	uint64_t bytes;
	bool in_line, cr;
};

void transfer_count(struct transfer_size *, const char *, size_t n);
uint64_t transfer_total(const struct transfer_size *);

#endif
