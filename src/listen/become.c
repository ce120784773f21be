#include "listen/become.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "lib/drop.h"
#include "lib/num.h"

#define ID_MAX ((uint64_t)UINT32_MAX - 1)       /* the last one means "leave it alone" to chown and setreuid */

static bool
all_digits(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == 0;
}

static bool
parse_id(const char *s, uint64_t *id)
{
	return num_u64(s, 0, ID_MAX, id);
}

/* the user, and their own group */
static enum become_result
find_user(const char *user, bool need_group, struct become *b, const char **why)
{
	bool number = all_digits(user);
	const struct passwd *pw;
	uint64_t id = 0;

	if (number && !parse_id(user, &id)) {
		*why = "is no user number";
		return BECOME_WRONG;
	}
	b->uid = (uid_t)id;
	b->gid = 0;
	if (number && !need_group)
		return BECOME_FOUND;
	errno = 0;
	pw = number ? getpwuid((uid_t)id) : getpwnam(user);
	if (pw) {
		b->uid = pw->pw_uid;
		b->gid = pw->pw_gid;
		return BECOME_FOUND;
	}
	if (errno && errno != ENOENT && errno != ESRCH)
		return BECOME_TROUBLE;
	*why = number ? "is unknown to the system, so it needs its group: UID:GID" : "is no user";
	return BECOME_WRONG;
}

static enum become_result
find_group(const char *group, struct become *b, const char **why)
{
	const struct group *gr;
	uint64_t id;

	if (all_digits(group)) {
		if (parse_id(group, &id)) {
			b->gid = (gid_t)id;
			return BECOME_FOUND;
		}
		*why = "has no group number";
		return BECOME_WRONG;
	}
	errno = 0;
	if ((gr = getgrnam(group))) {
		b->gid = gr->gr_gid;
		return BECOME_FOUND;
	}
	if (errno && errno != ENOENT && errno != ESRCH)
		return BECOME_TROUBLE;
	*why = "names no group";
	return BECOME_WRONG;
}

enum become_result
become_find(const char *user, struct become *b, const char **why)
{
	const char *colon = strchr(user, ':');
	size_t len = colon ? (size_t)(colon - user) : strlen(user);
	enum become_result result;
	char name[256];

	if (len == 0 || len >= sizeof name) {
		*why = "is no user";
		return BECOME_WRONG;
	}
	memcpy(name, user, len);
	name[len] = 0;
	result = find_user(name, !colon, b, why);
	if (result == BECOME_FOUND && colon)
		result = find_group(colon + 1, b, why);
	if (result == BECOME_FOUND && (b->uid == 0 || b->gid == 0)) {
		*why = "is root";
		result = BECOME_WRONG;
	}
	return result;
}

static bool
is_now(const struct become *b)
{
	return getuid() == b->uid && geteuid() == b->uid && getgid() == b->gid && getegid() == b->gid;
}

bool
become(const struct become *b)
{
	if (geteuid() != 0 && is_now(b))
		return true;
	return drop_to(b->uid, b->gid);
}
