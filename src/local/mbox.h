/* mbox - append a message to an mbox file, whole or not at all
 *
 * The file is a regular file of ours with one name, never reached through a symbolic link. It is locked in both ways of
 * Debian Policy 11.6: fcntl(2) on the file, and FILE.lock, made with O_EXCL and holding our process number. Both are
 * tried without waiting while none is held, so that no order of locks can block two programs for ever; after
 * MBOX_LOCK_S the message is deferred. Where FILE.lock may not be made (EACCES, EPERM, EROFS) fcntl alone must do.
 * A FILE.lock older than MBOX_STALE_S is taken for the leftover of a crash and removed (our own deliveries also
 * exclude each other with fcntl, so a slow one of ours is not disturbed by that).
 *
 * Written are: an empty line where the file does not end in one (somebody else's crash), a From_ line in UTC, the trace
 * lines, the message with one '>' more before each line that is "From " after any number of '>' (mboxrd), an LF if the
 * last line has none, an empty line. Then fsync. On any failure the file is cut back to its length before. A crash in the
 * middle leaves a part at the end of the file and no report: the message comes again. */
#ifndef LOCAL_MBOX_H
#define LOCAL_MBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "local/message.h"
#include "lib/buf.h"
#include "lib/out.h"
#include "mail/outcome.h"

#define MBOX_LOCK_S 30
#define MBOX_STALE_S 300
#define MBOX_PATH 1024

/* from and trace: whole lines, each ending in LF. false: the outcome says why */
bool mbox_deliver(const char *path, const struct buf *from, const struct buf *trace, struct message *,
    struct outcome *);

/* ">From " quoting of text that comes in pieces cut anywhere; all zero is the start of a line */
struct mbox_quote {
	bool begun;                     /* the line has bytes */
	bool inside;                    /* and is decided */
	unsigned matched;               /* bytes of "From " seen after the line's '>'s, not yet put out */
};

void mbox_quote(struct mbox_quote *, struct out *, const char *s, size_t n);
/* the text has ended: puts out what was held back, and the LF of a last line without one */
void mbox_quote_end(struct mbox_quote *, struct out *);

#endif
