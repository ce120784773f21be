/* compile - a text file becomes a database, which replaces the old one whole; if it cannot, why
 *
 * What pneu-newu, pneu-newpw, pneu-newrcpt and pneu-newmrh have in common. The database is written beside the old one (lib/swap.h), synced
 * and renamed; whatever fails, the old one stays.
 *   tests   tests/program/newu.t, newpw.t, smtpd_badlists.t */
#ifndef LIB_COMPILE_H
#define LIB_COMPILE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/swap.h"

#define COMPILE_WHY 1001                /* as much as a message has (lib/msg.h), and a 0 */

/* What is wrong with a text. line counts from 1; 0: errno tells, writing the database failed */
struct compile_error {
	size_t line;
	const char *why;
};

struct compile {
	const char *program;            /* by its name another run of it is told of */
	const char *text, *database;    /* paths; the strings are the caller's, or those of compile_in_etc */
	unsigned text_mib;              /* how large the text may be */
	bool secret;                    /* the database is for its owner and, if it may read the text, the text's group */
	/* the n bytes of a text into the empty file fd (read and write), without syncing it */
	bool (*make)(const char *text, size_t n, int fd, struct compile_error *);
	char space[2][SWAP_PATH];
};

/* text and database are NAME and NAME.cdb in etc/. False: the path is too long */
bool compile_in_etc(struct compile *, const char *name);
/* As the arguments of the program say: TEXT and DATABASE, or without any those in etc/. 0, or why not, in one line */
const char *compile_choose(struct compile *, int argc, char **argv, const char *name);
/* 0: the new database is in place and on disk. EX_HARD (lib/msg.h): the text is wrong, EX_SOFT: trouble that may pass; then
 * why, in one line ("users:7: the uid is not a number"). */
int compile_run(const struct compile *, char why[COMPILE_WHY]);

#endif
