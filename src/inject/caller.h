/* caller - who sends: the account whose uid we run with, as the local part and the full name of addresses
 *
 * The name is $QMAILUSER or $MAILUSER, said on purpose; else the account's: $LOGNAME or $USER if that has our uid, since several names
 * may share it, or if nobody has it; else the first with it; else "uid" and the number. Accounts are those of /etc/passwd and, if
 * none there has the uid, of pneu-getpw (resolve/passwd.h).
 * The full name is $QMAILNAME, $MAILNAME or $NAME, else of the account's gecos what is before the first comma, where '&' stands for the
 * login name with a capital. An environment that may not speak (compat_elevated) is not asked for anything.
 *   manual  pneu-inject(8) */
#ifndef INJECT_CALLER_H
#define INJECT_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/buf.h"

#define CALLER_NAME 200                 /* most bytes of a full name; a longer one is none */

struct caller {
	bool environment;               /* may it speak? */
	bool known;                     /* what follows has been looked up */
	uid_t uid;
	const char *login;              /* of the account */
	const char *home;               /* "" if not known */
	char full[CALLER_NAME + 1];     /* of the gecos; "" if not known */
	struct buf space;
};

void caller_init(struct caller *);
/* look the account up, the first time. SIGPIPE must be ignored */
void caller_account(struct caller *);
/* the first of these variables that is set and not empty, or 0; the list ends in (char *)0 */
const char *caller_variable(const struct caller *, const char *, ...);

#endif
