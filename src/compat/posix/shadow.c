#include "compat/compat.h"

#include <errno.h>

int
compat_shadow(const char *login, struct compat_shadow *s)
{
	(void)login;
	(void)s;
	errno = EOPNOTSUPP;
	return -1;
}
