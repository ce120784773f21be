/* instructions - which of the files of a user counts for an address of his: .qmail, .forward or neither
 *
 * In this order, in the working directory (the home):
 *   joe       .qmail, .forward, the administrator's instructions
 *   joe+tag   .qmail+tag (or one of its defaults), .forward+tag, then as joe
 *   joe-ext   .qmail-ext (or one of its defaults); if '-' is one of the separators, .forward-ext, then as joe; else nobody
 * A separator leads back to joe only where something stands before it: what falls to the user alias as a whole, because
 * nobody else has it, does not end in his mailbox. A .qmail without a byte counts as none; a .qmail+tag or .qmail-ext
 * without a byte stands for the administrator's instructions, as in qmail.
 * Manual: pneu-local(8) */
#ifndef RESOLVE_INSTRUCTIONS_H
#define RESOLVE_INSTRUCTIONS_H

#include <sys/types.h>

#include "mail/outcome.h"
#include "resolve/dotforward.h"
#include "resolve/dotqmail.h"

#define INSTRUCTIONS_SEPARATORS "+"     /* preset */

enum instructions {
	INSTRUCTIONS_QMAIL,             /* in the dotqmail */
	INSTRUCTIONS_FORWARD,           /* in the dotforward */
	INSTRUCTIONS_DEFAULT,           /* in the dotqmail: the administrator's */
	INSTRUCTIONS_NONE               /* the outcome says why: D, nobody has this address, or a deferral */
};

struct instructions_for {
	const char *local, *dash, *ext; /* the local part, and what it has beyond the user's name (resolve/account.h) */
	const char *separators;         /* "" none */
	const char *preset;             /* the administrator's instructions, lines separated by LF */
	uid_t owner;                    /* whose files these are */
};

/* both structs are zero at first, and may be used again and again */
enum instructions instructions_find(const struct instructions_for *, struct dotqmail *, struct dotforward *, struct outcome *);

#endif
