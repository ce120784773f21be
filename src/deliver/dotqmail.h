/* dotqmail - which .qmail file counts for an address, and what it says to do
 *
 * dot_find chooses the file in the working directory (the home), reads and checks it as a whole;
 * dot_next then goes through its instructions, as often as dot_rewind says. A struct dot is all zero at first, may be
 * used again and again, and is freed with dot_free. */
#ifndef DELIVER_DOTQMAIL_H
#define DELIVER_DOTQMAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "deliver/outcome.h"
#include "lib/buf.h"

#define DOT_FILE_MAX (1u << 20)         /* a larger file is a deferral */
#define DOT_NAME 1200                   /* a longer file name counts as not there */

enum dot_kind {
	DOT_MAILDIR,
	DOT_MBOX,
	DOT_PROGRAM,            /* | */
	DOT_FORWARD,            /* & or anything else: the address */
	DOT_LIST                /* +list: only forwards from here on */
};

struct dot_instruction {
	enum dot_kind kind;
	const char *text;       /* file, command or address, inside the dot */
	size_t line;            /* from 1 */
};

struct dot {
	struct buf text;        /* lines, each ended by 0 */
	size_t at, line;        /* of the walk */
	char name[DOT_NAME];    /* of the file; "defaultdelivery" for the administrator's instructions */
	size_t default_at;      /* what the file's "default" stands for begins there in ext; (size_t)-1: no such file */
	bool is_default;        /* the administrator's instructions, no file */
	bool only_forwards;     /* the owner's execute bit is set */
};

/* dash and ext as users have them; instructions: the administrator's, lines separated by LF.
 * False: the outcome says why (a deferral, or for ever: no such mailbox). */
bool dot_find(struct dot *, const char *dash, const char *ext, const char *instructions, struct outcome *);
void dot_rewind(struct dot *);
bool dot_next(struct dot *, struct dot_instruction *);
void dot_free(struct dot *);

#endif
