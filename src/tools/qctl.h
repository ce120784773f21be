/* qctl - what the parts of pneu-qctl share
 *
 * Which messages are meant is found out first, by reading the queue; only their IDs are kept. Then the runner is asked, many IDs
 * a packet, and where no runner is, pneu-send -o, which this program starts for itself. */
#ifndef TOOLS_QCTL_H
#define TOOLS_QCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/out.h"
#include "tools/walk.h"
#include "wire/qid.h"

#define QCTL_MSG 1                      /* bits: where a verb finds its messages */
#define QCTL_HOLD 2
#define QCTL_TRASH 4

struct verb {
	const char *name;
	unsigned words;                 /* beside IDs */
	unsigned places;                /* QCTL_ bits; 0: it is not about messages */
	const char *done;               /* "held": what has become of them */
};

struct options {
	bool dry_run;                   /* only show what would be done */
	bool yes;                       /* never ask */
	bool all;                       /* show each, not a sample */
	bool trash;                     /* look there instead */
};

struct picked {
	struct qid *id;
	size_t n, room;
	bool by_name;                   /* IDs were given: each has a line of its own in the answer */
};

/* ---- qctl_pick.c */
/* The functions below read the queue, so it is the working directory meanwhile; settings may name it by a relative path, so
 * for everything else it is not. */
void pick_enter(void);
void pick_leave(void);
/* The messages that are meant by the words: IDs, "-" for IDs on fd 0, "all", or a selector. It dies with a word on nonsense. */
void pick(struct picked *, const struct verb *, const struct options *, char **words, size_t n);
void pick_forget(struct picked *);              /* none; its memory is free */
bool pick_add(struct picked *, const struct qid *);
/* on fd 1: what would be done with them */
void pick_show(struct out *, const struct picked *, const struct verb *, const struct options *);
/* May it be done? If both fd 0 and fd 2 are terminals and there are many, somebody is asked. */
bool pick_confirmed(const struct picked *, const struct verb *, const struct options *);
/* a line about one message; false: it is not there, or cannot be read */
bool pick_line(struct out *, const struct qid *, bool trash);

/* ---- qctl_ask.c */
/* a connection to the runner, or to one that this program has started to do it without; it dies with a word if there is none.
 * live: only to a runner */
void ask_open(bool live);
void ask_close(void);
/* One request that is about no message. The answer's words go to out; false: refused */
bool ask_plain(struct out *, const char *verb, const char *word);
/* do it with all of them; word: what the verb needs besides. false: with some it was not done, and out says why */
bool ask_messages(struct out *, const struct verb *, char *const *word, const struct picked *);
void ask_words(struct out *, const char *);     /* masked, with a newline at the end */
_Noreturn void ask_failed(void);                /* errno, in words */

/* ---- qctl_drain.c */
bool drain(struct out *, const struct options *, char **words, size_t n);       /* words: login=X. false: not all was done */

/* ---- qctl_mine.c */
bool mine(struct out *);
bool cancel(struct out *, char **ids, size_t n);

/* ---- qctl_move.c */
void move(struct out *, const char *dir);       /* dies with a word if it cannot be done as a whole */

#endif
