/* message - the message of a job, read in pieces, without the Return-Path fields of others (RFC 5321 4.4)
 *
 * The descriptor's offset is shared with other processes: it is read with pread. A message that fits into the space
 * is read once, with one call, however often it is gone through. The space and the descriptor are the caller's. */
#ifndef DELIVER_MESSAGE_H
#define DELIVER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mail/header.h"

#define MESSAGE_SPACE (256u << 10)      /* good size of a space; it must be at least 4096 */

struct message {
	int fd;
	uint64_t start, end;            /* in the file */
	uint64_t at;                    /* what comes next, in the file */
	char *s;
	size_t size;
	size_t whole;                   /* bytes in s, when loaded */
	bool loaded;                    /* s holds all of it */
	bool ended;
	struct header_strip strip;
};

enum message_answer { MESSAGE_NO, MESSAGE_YES, MESSAGE_TROUBLE };

void message_init(struct message *, int fd, uint64_t offset, uint64_t length, char *space, size_t size);
/* from the beginning again */
void message_rewind(struct message *);
/* the next piece, inside the space until the next call; 0: the end; -1: errno, EIO when the file is too short */
ssize_t message_next(struct message *, char **s);
/* is this line (without LF) in the header? rewinds */
enum message_answer message_has_line(struct message *, const char *line, size_t len);

#endif
