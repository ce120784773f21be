/* look - one message of the queue, read only as deep as somebody asks
 *
 * Zeroed before its first use, then given one message after another: nothing is allocated for each. The caller's walk must
 * outlive it. look_away ends the look at a message; look_at does so too. */
#ifndef TOOLS_LOOK_H
#define TOOLS_LOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/walk.h"
#include "wire/qid.h"
#include "wire/queuefile.h"

enum look_depth {
	LOOK_NAME,                      /* id, place: nothing has been opened */
	LOOK_HEADER,                    /* and file.header, next_s */
	LOOK_ALL                        /* and the rest of file: envelope and history */
};

struct look {
	struct walk *walk;
	struct qid id;
	enum walk_place place;
	enum look_depth depth;
	int fd;                         /* open if depth is more than LOOK_NAME */
	int64_t next_s;                 /* its next attempt, seconds since 1970; of no meaning when it is held */
	struct qf file;
};

enum look_result {
	LOOK_OK,
	LOOK_GONE,                      /* delivered or bounced meanwhile: not worth a word */
	LOOK_INCOMPLETE,                /* never acknowledged */
	LOOK_DAMAGED,
	LOOK_TROUBLE                    /* errno */
};

void look_at(struct look *, struct walk *, const struct walk_item *);
/* the same for one that is open already; the descriptor is the look's from then on */
void look_at_open(struct look *, struct walk *, const struct walk_item *, int fd);
/* at least so deep; on anything but LOOK_OK no deeper than it was */
enum look_result look_deeper(struct look *, enum look_depth);
void look_away(struct look *);
/* "damaged", "incomplete, never acknowledged", or what errno says */
const char *look_reason(enum look_result);

/* ---- of one that has been looked at to LOOK_ALL */

/* Is there anything left to do for recipient i: does it wait, has it failed and not been bounced, or does it stand for such
 * ones? Remembered in the recipient's "local". */
bool look_open(const struct look *, size_t i);
/* how often the recipient that was deferred most often was */
uint32_t look_tries(const struct look *);
/* Are its login and client more than somebody's claim? qf_believed; the server's account is looked for in /etc/passwd once. */
bool look_believed(const struct look *);
/* host or address of the last connection for recipient i, n bytes of the name that it went to; 0: there was none */
const char *look_host(const struct look *, size_t i, size_t *n);
const char *look_address(const struct look *, size_t i, size_t *n);

#endif
