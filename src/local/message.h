/* message - the message of a job, read in pieces, without the Return-Path fields of others (RFC 5321 4.4)
 *
 * The descriptor's offset is shared with other processes: it is read with pread. A message that fits into the space
 * is read once, with one call, however often it is gone through. The space and the descriptor are the caller's.
 * message_original goes through every byte as it is, for what is forwarded. */
#ifndef LOCAL_MESSAGE_H
#define LOCAL_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "mail/header.h"

#define MESSAGE_SPACE (256u << 10)      /* good size of a space; it must be at least 4096 */
#define MESSAGE_MEMORY (16u << 20)      /* a larger one is not copied to memory */

struct message {
	int fd;
	uint64_t start, end;            /* in the file */
	uint64_t at;                    /* what comes next, in the file */
	char *s;
	size_t size;
	size_t whole;                   /* bytes in s, when loaded */
	bool loaded;                    /* s holds all of it */
	bool ended;
	bool original;                  /* nothing is left out this time */
	struct header_strip strip;
};

enum message_answer { MESSAGE_NO, MESSAGE_YES, MESSAGE_TROUBLE };

void message_init(struct message *, int fd, uint64_t offset, uint64_t length, char *space, size_t size);
/* from the beginning again */
void message_rewind(struct message *);
/* the same, Return-Path fields and all */
void message_original(struct message *);
/* the next piece, inside the space until the next call; 0: the end; -1: errno, EIO when the file is too short */
ssize_t message_next(struct message *, char **s);
/* is this line (without LF) in the header? rewinds */
/* A file of its own, unlinked, open for reading and writing at its beginning: first, then the message. In memory if the system
 * can and it is not larger than MESSAGE_MEMORY, else in the working directory, else in /tmp. The caller's to close;
 * -1: errno. rewinds */
int message_file(struct message *, const struct buf *first);
enum message_answer message_has_line(struct message *, const char *line, size_t len);

#endif
