#include "resolve/user.h"

#include <sys/stat.h>
#include <unistd.h>

#define HOME_WRITABLE 002               /* by others: qmail's preset. 022 would refuse homes with a group of their own */

bool
user_enter_home(const struct user *u, struct outcome *o)
{
	struct stat st;

	if (chdir(u->home) != 0)
		return outcome_trouble(o, "switch to the home directory", u->home);
	if (stat(".", &st) != 0)
		return outcome_trouble(o, "look at", u->home);
	if (st.st_mode & S_ISVTX)
		return outcome_later(o, "4.2.1", "the home directory is sticky: its owner holds his mail back", (char *)0);
	if (st.st_mode & HOME_WRITABLE)
		return outcome_later(o, "4.7.0", "others may write to the home directory", (char *)0);
	return true;
}
