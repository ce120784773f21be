/* expand - an alias, all the way down: which recipients stand for one
 *
 * One struct expand serves the recipients of one message, so that nobody gets it twice: what an expansion yields that was
 * yielded or noted before is left out. expand() follows names through aliases and :include: lists until it finds
 *   an address that is no alias, or that is the name of the very alias it stands in (so joe: joe, ann@x reaches joe),
 *   \name, a file, a program.
 * Each branch is followed to its end before the next: so a name that was followed before is either done with, and yields
 * nothing new, or further up, and then it is a loop; that branch fails, the others count. A list is opened anew
 * each time; one that cannot be read is a child of its own that waits. A program or file in a list is refused unless the list
 * is root's alone (in one-user mode the caller's), see resolve/listfile.h. What is named by a list that is not, or is behind
 * a link, has to be readable by everybody: our own rights are not for who may write lists.
 * owner-NAME, if there is such an alias, is the envelope sender of what comes through NAME; but the senders "" and "#@[]" stay.
 *   limits  EXPAND_DEPTH aliases and lists inside one another; of one expansion EXPAND_MOST recipients, EXPAND_LISTS lists and
 *           EXPAND_ELEMENTS elements in them; EXPAND_LIST_BYTES of a list, and of all lists of one message in one round
 *   tests   tests/unit/expand_test.c    manual: pneu-aliases(5), EXPANSION */
#ifndef RESOLVE_EXPAND_H
#define RESOLVE_EXPAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "mail/outcome.h"
#include "resolve/aliases.h"
#include "resolve/listfile.h"
#include "resolve/routing.h"
#include "resolve/seen.h"
#include "wire/queuefile.h"

#define EXPAND_DEPTH 50
#define EXPAND_MOST 250000
#define EXPAND_LIST_BYTES LISTFILE_MAX
#define EXPAND_LISTS 1000
#define EXPAND_ELEMENTS (4 * EXPAND_MOST)       /* those count, too, that yield nothing */
#define EXPAND_OWNER "owner-"

struct expand_child {
	char kind;                      /* as enum qf_kind */
	char verdict;                   /* 0; D: it has failed already; Z: not now */
	char status[ALIASES_STATUS];    /* of a verdict */
	uint32_t text, sender, why;     /* offsets in strings; sender 0: that of the recipient expanded */
};

struct expand_item {                    /* a name or list that was followed */
	uint32_t text, sender;
	uint32_t parent;                /* 1 more than the index; 0: the root */
	uint32_t alias;                 /* the name it was found by; 0: a list */
	uint32_t next;                  /* the one to follow after it, 1 more than the index; 0: that was all */
	unsigned depth;
	char kind;
};

struct expand {
	const struct routing *routing;
	struct aliases *aliases;
	const char *separators;
	struct seen seen;               /* and all strings */
	struct expand_child *child;     /* of the last expand() */
	size_t children, child_room;
	struct expand_item *item;
	size_t items, item_room;
	size_t last;                    /* behind this one the next item is followed */
	size_t listed;                  /* bytes of lists read since expand_begin() */
	size_t lists, elements;         /* of the last expand() */
	size_t bad_lines;               /* of the list being read */
	size_t mark;                    /* bytes of strings before the last expand() */
	bool broken;                    /* what was seen could not be put back: nothing more is expanded */
	struct buf root;                /* the address of the last expand(), completed */
	struct buf address, key, entry, list;   /* for the moment */
	struct buf why;                 /* of the last expand(): file and line of its alias */
	struct outcome outcome;         /* of the last one that failed */
	char status[ALIASES_STATUS];    /* the outcome's, perhaps */
};

enum expand_result {
	EXPAND_NOT,             /* it is no alias: deliver to it */
	EXPAND_DONE,            /* the children stand for it */
	EXPAND_LATER,           /* the outcome says why */
	EXPAND_NEVER            /* likewise */
};

/* The next message: nothing has been seen. A struct expand is all zero at first; the three are the caller's and stay. */
void expand_begin(struct expand *, const struct routing *, struct aliases *, const char *separators);
void expand_free(struct expand *);
/* A recipient the message goes to anyway, of any kind but names and lists. EXPAND_DONE: known already; EXPAND_NOT: it was not;
 * EXPAND_LATER: no memory */
enum expand_result expand_note(struct expand *, char kind, const char *text);
/* Expand one recipient: QF_INJECTED or QF_NAME and an address; QF_INCLUDE or QF_NESTED and a path. sender is its envelope sender.
 * Of what was not done (LATER, NEVER) nothing counts as seen. */
enum expand_result expand(struct expand *, char kind, const char *text, const char *sender);
/* what the last expand() yielded will not be used: it counts as not seen */
void expand_undo(struct expand *);
const char *expand_string(const struct expand *, uint32_t);

#endif
