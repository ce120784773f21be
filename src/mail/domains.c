#include "mail/domains.h"

#include <string.h>
#include <strings.h>

#include "lib/conf.h"

bool
domains_has(const struct buf *lines, const char *domain, size_t len)
{
	const char *l;
	size_t n;

	if (len == 0)
		return false;
	for (l = 0; (l = conf_next(lines, l)); ) {
		n = strlen(l);
		if (n == len || (*l == '.' && n < len))
			if (strncasecmp(l, domain + (len - n), n) == 0)
				return true;
	}
	return false;
}
