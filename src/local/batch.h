/* batch - deliveries that wait for one another, so that their Maildir files share disk flushes, then their reports
 *
 * A recipient is added with its outcome, or added and left to the Maildir, and batch_settle does the rest: begin to write
 * every file to the disk, sync every file, name every file, sync the directory once, report every recipient (see local/maildir.h). */
#ifndef LOCAL_BATCH_H
#define LOCAL_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "local/maildir.h"
#include "local/message.h"
#include "lib/buf.h"
#include "mail/outcome.h"
#include "wire/job.h"

#define BATCH_RCPTS 64                  /* each may hold a file open */

struct batch_rcpt {
	uint64_t number, index;         /* as the report names it */
	struct outcome outcome;
	const char *via;                /* what the report says of it, a string that stays; 0 at first: "" */
	char status[JOB_STATUS + 1];    /* of a decided one: its own copy */
	bool pending;                   /* written, not synced or named: settling decides the outcome */
	struct maildir_entry entry;
};

struct batch {                          /* all zero is an empty one; big: not for the stack */
	struct batch_rcpt rcpt[BATCH_RCPTS];
	size_t rcpts;
	bool opened;                    /* the one Maildir that this batch's files go to */
	struct maildir maildir;
};

/* there must be room: rcpts < BATCH_RCPTS. What it returns lives until the batch is settled. */
struct batch_rcpt *batch_add(struct batch *, uint64_t number, uint64_t index);
/* the same with an outcome that is decided; it is copied, status and all */
struct batch_rcpt *batch_decided(struct batch *, uint64_t number, uint64_t index, const struct outcome *);
/* The delivery is the message in this Maildir and nothing else. The outcome is decided now, or by batch_settle.
 * create: see maildir_open */
void batch_maildir(struct batch *, struct batch_rcpt *, const char *path, bool create, const struct buf *trace,
    struct message *);
/* everything as above; the batch is empty then. False: the reports cannot be given (errno) */
bool batch_settle(struct batch *, int sock);

#endif
