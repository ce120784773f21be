/* out - buffered writing that remembers its first error
 *
 * The space is the caller's and must outlive the out. A dozen puts need one check, that of out_flush.
 * SIGPIPE should be ignored by the program. */
#ifndef LIB_OUT_H
#define LIB_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

struct out {
	int fd;
	char *s;
	size_t size, len;
	int timeout_ms;         /* for one wait; 0 does not wait, -1 waits for ever */
	int error;              /* first errno; nothing is written after it */
	bool polls;             /* the descriptor keeps no time limit itself: wait with poll(2) */
};

void out_init(struct out *, int fd, char *space, size_t size, int timeout_ms);
void out_put(struct out *, const void *, size_t n);
void out_puts(struct out *, const char *);
void out_byte(struct out *, char);
void out_num(struct out *, uint64_t);
void out_buf(struct out *, const struct buf *);
/* everything given to the kernel; false: errno is the first error (ETIMEDOUT, EPIPE, ENOSPC...) */
bool out_flush(struct out *);

#endif
