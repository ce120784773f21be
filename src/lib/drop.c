#include "lib/drop.h"

#include <errno.h>
#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/place.h"

/* the order matters: each step needs the rights that the next one gives away */
bool
drop_to(uid_t uid, gid_t gid)
{
	if (uid == 0) {
		errno = EPERM;
		return false;
	}
	if (setgroups(0, 0) != 0 || setgid(gid) != 0 || setuid(uid) != 0)
		return false;
	if (getuid() == uid && geteuid() == uid && getgid() == gid && getegid() == gid && getgroups(0, 0) == 0 &&
	    setuid(0) != 0)
		return true;
	errno = EPERM;
	return false;
}

bool
drop_powers(void)
{
	return (compat_no_new_privileges() && compat_forbid()) || errno == EOPNOTSUPP;
}

void
drop_core(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_CORE, &r) != 0)
		return;
	r.rlim_cur = 0;
	(void)setrlimit(RLIMIT_CORE, &r);
}

void
drop_sight(void)
{
	if (!place_private())
		compat_undumpable();
}
