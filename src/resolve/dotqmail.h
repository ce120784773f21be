/* dotqmail - which .qmail file counts for an address, and what it says to do
 *
 * dotqmail_find chooses the file in the working directory (the home), reads and checks it as a whole; dotqmail_next
 * then goes through its instructions, as often as dotqmail_rewind says. A struct dotqmail is all zero at first and may be
 * used again and again; the memory of its text lives as long as the process. */
#ifndef RESOLVE_DOTQMAIL_H
#define RESOLVE_DOTQMAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "mail/outcome.h"

#define DOTQMAIL_FILE_MAX (1u << 20)    /* a larger file is a deferral */
#define DOTQMAIL_NAME 1200              /* a longer file name counts as not there */

enum dotqmail_kind {
	DOTQMAIL_MAILDIR,
	DOTQMAIL_MBOX,
	DOTQMAIL_PROGRAM,       /* | */
	DOTQMAIL_FORWARD,       /* & or anything else: the address */
	DOTQMAIL_LIST           /* +list: only forwards from here on */
};

struct dotqmail_instruction {
	enum dotqmail_kind kind;
	const char *text;       /* file, command or address, inside the struct */
	size_t line;            /* from 1 */
};

struct dotqmail {
	struct buf text;        /* lines, each ended by 0 */
	size_t at, line;        /* of the walk */
	char name[DOTQMAIL_NAME]; /* of the file; "defaultdelivery" for the administrator's instructions */
	size_t default_at;      /* what the file's "default" stands for begins there in ext; (size_t)-1: no such file */
	bool is_default;        /* the administrator's instructions, no file */
	bool only_forwards;     /* the owner's execute bit is set */
};

/* dash and ext as users have them; instructions: the administrator's, lines separated by LF.
 * False: the outcome says why (a deferral, or for ever: no such mailbox). */
bool dotqmail_find(struct dotqmail *, const char *dash, const char *ext, const char *instructions, struct outcome *);
/* the same with the administrator's instructions, whatever the user has */
bool dotqmail_default(struct dotqmail *, const char *instructions, struct outcome *);
/* Only by name, and the file is not opened: which one would be chosen in home, a directory's descriptor. Its name, or "" if
 * ABSENT. UNKNOWN: it could not be looked at, errno (EACCES: the home is closed to us). */
enum dotqmail_seen { DOTQMAIL_THERE, DOTQMAIL_ABSENT, DOTQMAIL_UNKNOWN };
enum dotqmail_seen dotqmail_exists(int home, const char *dash, const char *ext, char name[DOTQMAIL_NAME]);
void dotqmail_rewind(struct dotqmail *);                /* the first instruction comes next */
/* the next instruction, comments and unknown +words left out; false: there is none */
bool dotqmail_next(struct dotqmail *, struct dotqmail_instruction *);

#endif
