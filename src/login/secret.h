/* secret - does a password fit a hash, in a time that tells nothing
 *
 * Whatever is known of a login - no such one, locked, refused for another reason, in use - the password is hashed exactly
 * once: with the login's own hash, or, if that cannot be, with a model of the same kind. Who calls wipes the password. */
#ifndef LOGIN_SECRET_H
#define LOGIN_SECRET_H

#include <stdbool.h>
#include <stddef.h>

enum secret_result {
	SECRET_RIGHT,
	SECRET_WRONG,
	SECRET_TROUBLE          /* the system's crypt(3) cannot do this kind of hash */
};

/* crypt(3): the hash of the password in the manner of setting, or 0, or what begins with '*' */
typedef const char *secret_crypt(const char *password, const char *setting);

/* hash: the login's, or 0 or "" if it has none. One that begins with '!' or '*' is locked. An empty password is wrong. */
enum secret_result secret_check(const char *hash, const char *model, const char *password, secret_crypt *);

/* what shadow(5) says of an account, in days since 1970; -1: nothing */
struct secret_days {
	long changed, most, expires;
};

/* 0, or why nobody may use the account now: it has expired, its password has, or must be changed first */
const char *secret_expired(const struct secret_days *, long today);

#endif
