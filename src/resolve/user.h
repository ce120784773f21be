/* user - for whom pneu-local delivers, and how: its arguments */
#ifndef RESOLVE_USER_H
#define RESOLVE_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "mail/outcome.h"

#define USER_DELIVERY "./Maildir/"      /* control/defaultdelivery's preset */

enum user_mode {
	USER_ALL,               /* whatever .qmail, .forward or the administrator say */
	USER_MAILBOX,           /* -m: what the administrator says, and nothing else */
	USER_INSTRUCTION        /* -a: instructions is "|command" or "/file" of an alias */
};

struct user {
	enum user_mode mode;
	const char *separators; /* -s */
	unsigned limit_s;       /* -t: how long the programs of one delivery may take */
	const char *name, *home, *local, *dash, *ext, *instructions;
	uid_t owner;            /* whose the files in his home have to be */
};

/* The home becomes the working directory, unless its owner or its mode says not to deliver now. False: the outcome */
bool user_enter_home(const struct user *, struct outcome *);

#endif
