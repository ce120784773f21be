/* netstring - bytes with their number before them: LENGTH ':' BYTES ','
 *
 * LENGTH is decimal, without zeros before it that mean nothing. Nothing else has two forms, so what is read is either
 * right or wrong. https://cr.yp.to/proto/netstrings.txt */
#ifndef LIB_NETSTRING_H
#define LIB_NETSTRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/num.h"

#define NETSTRING_HEAD (NUM_DEC + 1)    /* most bytes of LENGTH and ':' */

enum netstring_result {
	NETSTRING_OK,
	NETSTRING_MORE,                 /* right so far */
	NETSTRING_WRONG,
	NETSTRING_LARGE                 /* more than max: known before ':' is seen */
};

/* What the n bytes at s begin with. OK: *len of at most max bytes follow s + *used, and after them comes a ','. */
enum netstring_result netstring_head(const char *s, size_t n, uint64_t max, uint64_t *len, size_t *used);
/* Write LENGTH and ':' of one of n bytes; how many bytes */
size_t netstring_begin(char out[NETSTRING_HEAD], uint64_t n);
/* bytes of the whole, LENGTH and marks too; n at most UINT64_MAX - NETSTRING_HEAD - 1 */
uint64_t netstring_size(uint64_t n);
bool netstring_put(struct buf *, const void *, size_t n);       /* append a whole one; false as buf_put, and b unchanged */

#endif
