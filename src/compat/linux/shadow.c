/* A file of its own: what is linked statically must not meet the name service, not even in an object it needs. */
#include "compat/compat.h"

#include <errno.h>
#include <shadow.h>
#include <string.h>

int
compat_shadow(const char *login, struct compat_shadow *s)
{
	const struct spwd *sp;
	size_t n;

	errno = 0;
	sp = getspnam(login);
	if (!sp)
		return errno == 0 || errno == ENOENT || errno == ESRCH ? 0 : -1;
	n = strlen(sp->sp_pwdp);
	if (n >= sizeof s->hash) {
		errno = EPROTO;
		return -1;
	}
	memcpy(s->hash, sp->sp_pwdp, n + 1);
	s->changed = sp->sp_lstchg;
	s->most = sp->sp_max;
	s->expires = sp->sp_expire;
	return 1;
}
