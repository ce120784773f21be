/* walk - going through the queue beside the runner, without a lock and without its help
 *
 * The working directory is the queue (walk_enter). The runner works on meanwhile: a name that is gone when it is opened
 * is no error, and a message that is held or released during the walk may be seen twice or not at all.
 * The walk is the caller's, zeroed before its first use; its memory and descriptors last as long as the process. It takes no
 * more memory for a million messages than for WALK_CHUNK of them: what is to come in order is picked out of the directories in
 * several rounds. */
#ifndef TOOLS_WALK_H
#define TOOLS_WALK_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/qid.h"

#define WALK_CHUNK (256u << 10)                         /* 16 bytes each, twice */

enum walk_place { WALK_MSG, WALK_HOLD, WALK_PLACES };   /* live messages; those held by an operator */

struct walk_item {
	struct qid id;
	enum walk_place place;
};

enum walk_order { WALK_UNSORTED, WALK_OLDEST, WALK_NEWEST };    /* as the directories are; by arrival */

struct walk_key { uint64_t us, ino; };                  /* an item; its place in the highest bit of us */

struct walk {
	enum walk_order order;                  /* the caller's to set, before the first walk_next */
	size_t chunk;                           /* likewise, fewer than WALK_CHUNK; 0: WALK_CHUNK */
	bool trash;                             /* likewise: not msg/ and hold/, but trash/; the place of each is WALK_MSG then */
	int dir[WALK_PLACES][QID_DIRS];         /* open directory + 1; 0: not open */
	DIR *stream;                            /* being read; its place and number: */
	enum walk_place place;
	unsigned n;
	bool began, ended;
	struct walk_key *key;                   /* a chunk in order: those from at to len are still to come */
	size_t at, len, room;
	struct walk_key last;                   /* where the chunk before ended */
	bool later;                             /* there has been one */
};

bool walk_enter(void);                                  /* chdir to the queue; false: errno */

enum walk_next { WALK_ITEM, WALK_END, WALK_TROUBLE };   /* TROUBLE: errno (ENOENT: no queue there; ENOMEM) */
/* the next message; after WALK_END walk_again begins once more, the order may be another one then */
enum walk_next walk_next(struct walk *, struct walk_item *);
void walk_again(struct walk *);

/* the queue file, open for reading: the caller's to close; -1: errno (ENOENT: gone) */
int walk_open(struct walk *, enum walk_place, const struct qid *);
/* the same wherever it is; *place says where that was. ENOENT: there is no such message */
int walk_find(struct walk *, const struct qid *, enum walk_place *);

/* how many names a place holds, and how many bad/ does; by readdir alone. false: errno */
bool walk_count(enum walk_place, uint64_t *n);
bool walk_count_bad(uint64_t *n);

#endif
