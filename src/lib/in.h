/* in - buffered reading with a time limit
 *
 * The space is the caller's and must outlive the in. Bytes pos..end of s are read and not yet taken;
 * parsers that scan for themselves use them directly and move pos. */
#ifndef LIB_IN_H
#define LIB_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"

enum in_result {
	IN_LINE,                /* a whole line, terminator taken and not stored */
	IN_END,                 /* end of file before any byte of a line */
	IN_CUT,                 /* end of file inside a line; what there was is stored */
	IN_LONG,                /* line longer than line->max; it was read to its end and dropped */
	IN_TROUBLE              /* errno: ETIMEDOUT, ENOMEM, or what read(2) said */
};

struct in {
	int fd;
	char *s;
	size_t size, pos, end;
	int timeout_ms;         /* for one wait; 0 does not wait, -1 waits for ever */
	int64_t deadline_ms;    /* clock_mono_ms at which every wait ends; 0 none */
	bool polls;             /* the descriptor keeps no time limit itself: wait with poll(2) */
};

void in_init(struct in *, int fd, char *space, size_t size, int timeout_ms);
/* change the time limit of one wait */
void in_timeout(struct in *, int timeout_ms);
/* make room and read once: bytes added, 0 end of file, -1 errno (ETIMEDOUT; ENOBUFS: pos..end fills the space) */
ssize_t in_fill(struct in *);
enum in_result in_line(struct in *, struct buf *line, char terminator);

#endif
