/* percent - bytes written %XX, so that a line stays one line and a word one word
 *
 * Written so are control bytes, '%' and 0x7f, and where asked the space; hex digits are upper case. All else, bytes from
 * 0x80 on too, stands for itself. For wire/queuefile.c and wire/job.c.
 *   tests  tests/unit/percent_test.c */
#ifndef WIRE_PERCENT_H
#define WIRE_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"

/* append the string; false as buf_put, b unchanged */
bool percent_put(struct buf *b, const char *s, bool also_space);
/* Append what the n bytes at s stand for, without a 0; s is not part of b. What need not have been written %XX is taken
 * too. False as buf_put, or EBADMSG: a '%' without two of 0-9 A-F, or %00; b unchanged */
bool percent_get(struct buf *b, const char *s, size_t n);

#endif
