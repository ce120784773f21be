/* walk - going through the queue beside the runner, without a lock and without its help
 *
 * The working directory is the queue (walk_enter). The runner works on meanwhile: a name that is gone when it is opened
 * is no error, and a message that is held or released during the walk may be seen twice or not at all.
 * The walk is the caller's, zeroed before its first use; its memory and descriptors last as long as the process. */
#ifndef TOOLS_WALK_H
#define TOOLS_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/qid.h"

enum walk_place { WALK_MSG, WALK_HOLD, WALK_PLACES };   /* live messages; those held by an operator */

struct walk_item {
	struct qid id;
	enum walk_place place;
};

struct walk {
	struct walk_item *item;
	size_t len, room;
	int dir[WALK_PLACES][QID_DIRS];         /* open directory + 1; 0: not open */
};

bool walk_enter(void);                                  /* chdir to the queue; false: errno */
/* append the IDs of a place, in the order of the directories; false: errno (ENOENT: no such place, ENOMEM) */
bool walk_list(struct walk *, enum walk_place);
bool walk_sort(struct walk *);                          /* by arrival; false: ENOMEM, order unchanged */
/* the queue file, open for reading: the caller's to close; -1: errno (ENOENT: gone) */
int walk_open(struct walk *, enum walk_place, const struct qid *);

/* how many names a place holds, and how many bad/ does; by readdir alone. false: errno */
bool walk_count(enum walk_place, uint64_t *n);
bool walk_count_bad(uint64_t *n);

#endif
