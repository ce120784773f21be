/* maildrop - the messages of a Maildir as they were when the session began (RFC 1939 3, 5, 6)
 *
 * Other programs go on with the Maildir meanwhile. A message is known by the part of its file's name before the ':', which no
 * program changes; if its file is not where it was, both directories are read again. Nothing is changed before maildrop_update.
 * Two files with the same such part are one message: that in cur/, or the first.
 * Numbers count from 0 here. Order: by the time that the names begin with, then by name; so it stays when messages come.
 *   memory   16 bytes and its file's name for each message, DROP_MESSAGES at the most: about 10 MB for 100,000
 *   sizes    as sent: ",W=" in the name tells, as pneu-local, Dovecot and Courier write it; what has none is read once and
 *            remembered in the file pneu-pop3d.sizes of the Maildir
 *   trust    nobody's: links are not followed, what is no regular file is no message */
#ifndef POP_MAILDROP_H
#define POP_MAILDROP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

#define DROP_MESSAGES 500000            /* more are not shown until some of these are gone */
#define DROP_UID 70                     /* bytes of a unique id, RFC 1939 7 */

enum drop_flag {
	DROP_NEW = 1,                   /* the file is in new/ */
	DROP_DELETED = 2,               /* marked: gone with maildrop_update */
	DROP_RETRIEVED = 4,
	DROP_GONE = 8                   /* another program has removed it */
};

struct drop_message {
	uint64_t size;                  /* bytes as sent */
	uint32_t name;                  /* of the file, in names */
	uint16_t unique;                /* bytes of it before the ':' */
	uint8_t flags;
};

struct maildrop {
	int dir, new_dir, cur_dir;
	struct buf names;
	struct drop_message *message;
	size_t count, room;
	bool more;                      /* there are more messages than DROP_MESSAGES */
	bool missing;                   /* there is no Maildir yet: no messages */
};

/* Relative to the working directory or absolute. Also removes what has been lying in tmp/ for 36 hours. False: errno;
 * maildrop_close is owed all the same */
bool maildrop_open(struct maildrop *, const char *path);
void maildrop_close(struct maildrop *);
/* The file, open for reading, the caller's; -1: errno, ENOENT: it is gone, and so marked */
int maildrop_read(struct maildrop *, size_t i);
/* The unique id: the name's part before ':' if it is printable and fits, else a hash of it. Ends in 0 */
void maildrop_uid(const struct maildrop *, size_t i, char uid[DROP_UID + 1]);
/* Removes what is marked, moves what was in new/ to cur/, gives what was retrieved the flag S. *left: marked messages that
 * could not be removed; then false, and errno of the first */
bool maildrop_update(struct maildrop *, size_t *left);

/* sizes.c: fill in the size of each message whose name does not tell. False: errno; messages that are not there any more are
 * marked DROP_GONE */
bool maildrop_sizes(struct maildrop *);
/* for sort and search: the order above, of two names without what follows ':' */
int maildrop_compare(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
