#include "mail/patterns.h"

#include <string.h>
#include <strings.h>

#include "lib/conf.h"

static bool
ends_in(const char *s, size_t len, const char *end, size_t n)
{
	return n < len && strncasecmp(s + (len - n), end, n) == 0;
}

bool
patterns_have(const struct buf *lines, const char *address, size_t len)
{
	const char *at = len ? memrchr(address, '@', len) : 0, *l;
	size_t domain = at ? len - (size_t)(at - address) : 0, n;       /* with its '@' */

	for (l = 0; len && (l = conf_next(lines, l)); ) {
		n = strlen(l);
		if (*l == '.' ? ends_in(address, len, l, n) && n + 1 < domain :
		    *l == '@' ? n == domain && strncasecmp(at, l, n) == 0 :
		    n == len && strncasecmp(address, l, n) == 0)
			return true;
	}
	return false;
}
