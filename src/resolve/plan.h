/* plan - all that is to be done with a message for one recipient, checked before any of it is begun
 *
 * What fails half-way is done again, in part, at each attempt; so a line that cannot be carried out is found first.
 * The steps stand in the order of the file. Of a .forward each different one is kept once, and the user's own name in it has
 * become the administrator's instructions (the mailbox). Of an alias there is one step. */
#ifndef RESOLVE_PLAN_H
#define RESOLVE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "mail/outcome.h"
#include "resolve/dotforward.h"
#include "resolve/dotqmail.h"
#include "resolve/user.h"

#define PLAN_FORWARD_ELEMENTS 1000      /* of a .forward; more are a deferral */
#define PLAN_WHERE 1300

enum plan_kind { PLAN_MAILDIR, PLAN_MBOX, PLAN_PROGRAM, PLAN_FORWARD };

enum plan_source { PLAN_QMAIL, PLAN_DEFAULT, PLAN_DOTFORWARD, PLAN_ALIAS };

struct plan_step {
	const char *text;               /* path, command or address; inside the plan or the user */
	size_t line;                    /* of the source, from 1 */
	uint8_t kind, source;           /* the two enums */
};

struct plan {                           /* all zero at first; its memory is used again and again */
	struct plan_step *step;
	size_t steps, room;
	bool has_forwards;
	enum plan_source from;          /* which file counted; PLAN_DOTFORWARD may have steps of PLAN_DEFAULT */
	const char *matched;            /* what "default" in the file's name stands for; 0: it has none */
	struct dotqmail qmail;
	struct dotforward forward;
	struct buf text;                /* of the elements of a .forward */
};

/* for the recipient rcpt, in the home directory. False: the outcome says why */
bool plan_make(struct plan *, const struct user *, const char *rcpt, struct outcome *);
/* where a step is written, for messages: "/home/joe/.qmail line 3"; returns space */
const char *plan_where(const struct plan *, const struct user *, const struct plan_step *, char space[PLAN_WHERE]);

#endif
