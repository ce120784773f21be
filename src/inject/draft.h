/* draft - a message as programs write it on a descriptor, in pieces of any size, with the line ends of ours
 *
 * CR LF becomes LF; a CR alone stays. If dots count, a line with a single dot ends the message, and nothing behind it
 * is read (but what came with the same read). A last line without an end gets one. NULs pass. */
#ifndef INJECT_DRAFT_H
#define INJECT_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define DRAFT_HELD 2                     /* most bytes that wait for what follows them */

struct draft {
	int fd;
	char *space;                    /* the caller's */
	size_t size;
	bool dots;                      /* a line with a dot ends it */
	bool over;
	enum { DRAFT_START, DRAFT_LINE, DRAFT_CR, DRAFT_DOT, DRAFT_DOT_CR } seen;
};

void draft_init(struct draft *, int fd, char *space, size_t size, bool dots);
/* The next bytes, which are in the space until the next call. How many, 0: the message has ended, -1: errno */
ssize_t draft_next(struct draft *, char **s);

#endif
