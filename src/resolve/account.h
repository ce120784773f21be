/* account - which user gets the mail for a local part
 *
 * In this order: the users database, etc/users.cdb (wire/users.h), if it is there; the system user whose login name
 * is the longest beginning of the local part that ends at its end, before a '-' or before a separator; the alias user.
 * A system user counts when uid is not 0 and the home directory exists and belongs to the uid (so root disables an account
 * by taking the home away). In one-user mode only the caller himself counts: nobody else's files could be written.
 *   tests    tests/unit/account_test.c, tests/program/lspawn.t      manual: pneu-lspawn(8), pneu-users(5) */
#ifndef RESOLVE_ACCOUNT_H
#define RESOLVE_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "mail/outcome.h"
#include "resolve/passwd.h"

#define ACCOUNT_NAME 31                 /* the longest login name looked for */

enum account_source {
	ACCOUNT_ASSIGNED,       /* the users database says so */
	ACCOUNT_LOGIN,          /* a system user */
	ACCOUNT_ALIAS           /* nobody else: the alias user, for his .qmail-* files */
};

struct account {
	const char *user, *home, *dash, *ext;   /* strings inside the space, or in the local part, or that stay */
	uid_t uid;
	gid_t gid;
	enum account_source source;
	bool separated;         /* dash is a separator: without a file for ext the mail is the user's as if ext were not there */
	bool unseen;            /* the home directory could not be looked at (accounts.guess) */
	bool unsure;            /* without asking (accounts.ask) a login name that fits better cannot be excluded */
};

struct accounts {                       /* how to look; accounts_load fills settings, the rest is the caller's */
	struct passwd_source logins;
	struct buf separators;          /* control/separators, preset "+"; s is never 0 */
	struct buf aliasuser;           /* control/aliasuser, preset "alias" */
	const struct conf_view *etc;    /* where it is, or 0: etc/ is opened by its name each time */
	int users;                      /* users.cdb, open; or ACCOUNTS_EACH: opened at each look-up; ACCOUNTS_NONE: not there */
	bool one_user;
	bool guess;                     /* a home that we may not look at (EACCES) is believed in; else that is a deferral */
	bool ask;                       /* see passwd_source.find */
};

#define ACCOUNTS_EACH (-1)
#define ACCOUNTS_NONE (-2)

/* The settings separators and aliasuser, and place_private(); what it allocates is the caller's until accounts_free.
 * users becomes ACCOUNTS_EACH, ask true, guess false; logins stays as it is. False: why is in the error */
bool accounts_load(struct accounts *, struct conf_error *);
/* the same, and later the users database, from etc/ as it was looked at; that has to live as long */
bool accounts_load_from(struct accounts *, const struct conf_view *etc, struct conf_error *);
/* keep the users database open from now on; false: the outcome says why */
bool accounts_hold_users(struct accounts *, struct outcome *);
void accounts_free(struct accounts *);

/* space is overwritten and keeps the account's strings. False: the outcome says why, D when there is no such user (then,
 * without accounts.ask, account.unsure is set like with true). */
bool account_find(const struct accounts *, const char *local, struct buf *space, struct account *, struct outcome *);
/* The alias user, whose programs and files those of the alias file are; in one-user mode the caller. dash and ext are "".
 * False: the outcome says why and what to do (Z 4.3.5). */
bool account_alias(const struct accounts *, struct buf *space, struct account *, struct outcome *);

#endif
