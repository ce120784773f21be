/* environment - what a user's command finds in its environment, made from nothing
 *
 *   both       PATH HOME USER LOGNAME SHELL LANG; PNEU_ETC and PNEU_QUEUE in one-user mode;
 *              SENDER NEWSENDER RECIPIENT LOCAL EXT EXT2 EXT3 EXT4 HOST HOST2 HOST3 HOST4 DEFAULT (qmail-command's)
 *              EXTENSION DOMAIN ORIGINAL_RECIPIENT (Postfix's; the last is the alias that led here, else RECIPIENT;
 *              EXTENSION is not there when it is empty). For an alias's program EXT is what the recipient has behind a separator
 *   qmail's    DTLINE RPLINE UFLINE, each with its LF
 * Values that strangers choose hold no control byte ('_' instead), and none begins with "() {", which old shells took for code.
 * For the sendmail dialect each byte of theirs that is not a letter, a digit or one of !@%-_=+:,./ is '_' too, so that a
 * command line that forgets to quote them is no hole; in qmail's they are as they are. */
#ifndef LOCAL_ENVIRONMENT_H
#define LOCAL_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "local/exitcode.h"
#include "lib/buf.h"
#include "resolve/user.h"

#define ENVIRONMENT_VARS 40
#define ENVIRONMENT_MAX (128u << 10)

struct environment_of {
	const struct user *user;
	enum exitcode_dialect dialect;
	const char *sender, *new_sender, *rcpt;
	const char *via;                /* 0: no alias led here */
	const char *matched;            /* DEFAULT, 0: not set */
	const char *rpline, *dtline;    /* lines, n bytes each; without LF */
	size_t rpline_n, dtline_n;
	const struct buf *ufline;       /* with its LF */
};

struct environment {                    /* all zero at first; its memory is used again and again */
	char *envp[ENVIRONMENT_VARS + 1];
	size_t at[ENVIRONMENT_VARS], n;
	struct buf text;
};

/* false: errno */
bool environment_make(struct environment *, const struct environment_of *);

#endif
