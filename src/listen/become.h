/* become - give up being root for good
 *
 * A user is NAME, NAME:GROUP, UID:GID or UID (then the system must know the user, for the group).
 * Numbers are whole decimal numbers; 0 is refused for both. */
#ifndef LISTEN_BECOME_H
#define LISTEN_BECOME_H

#include <stdbool.h>
#include <sys/types.h>

struct become {
	uid_t uid;
	gid_t gid;
};

enum become_result {
	BECOME_FOUND,
	BECOME_WRONG,           /* *why says what is wrong */
	BECOME_TROUBLE          /* errno: the look-up failed */
};

enum become_result become_find(const char *user, struct become *, const char **why);
/* Become it, with no other groups, and check that it took and cannot be undone; false: errno, EPERM if it did not take.
 * For one who is that user already it does nothing. */
bool become(const struct become *);

#endif
