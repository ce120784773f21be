/* account - which user gets the mail for a local part
 *
 * In this order: the users database, etc/users.cdb (wire/users.h), if it is there; the system user whose login name
 * is the longest beginning of the local part that ends at its end or before a '-'; the user "alias".
 * A system user counts when uid is not 0 and the home directory exists and belongs to the uid (so root disables an account
 * by taking the home away). In one-user mode only the caller himself counts: nobody else's files could be written.
 * Calls getpwnam_r: only for programs linked with the system's libc. */
#ifndef RESOLVE_ACCOUNT_H
#define RESOLVE_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "mail/outcome.h"

#define ACCOUNT_NAME 31                 /* the longest login name looked for */

struct account {
	const char *user, *home, *dash, *ext;   /* strings inside the caller's buf, or that stay */
	uid_t uid;
	gid_t gid;
};

/* space is overwritten and keeps the account's strings. False: the outcome says why, D when there is no such user. */
bool account_find(const char *local, bool one_user, struct buf *space, struct account *, struct outcome *);

#endif
