#include "wire/domaindb.h"

#include <cdb.h>
#include <errno.h>
#include <string.h>

#include "lib/ascii.h"
#include "mail/addr.h"
#include "wire/textdb.h"

#define KEY (ADDR_DOMAIN + 1)           /* with a dot before it */

static enum domaindb_result
get(int fd, const char *key, size_t n)
{
	unsigned len;
	int r = cdb_seek(fd, key, (unsigned)n, &len);

	return r > 0 ? DOMAINDB_FOUND : r == 0 ? DOMAINDB_NONE : DOMAINDB_TROUBLE;
}

static void
lower(char *out, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = ascii_lower(s[i]);
}

/* the domain, then each of its ends that begins with a dot */
enum domaindb_result
domaindb_find(int fd, const char *domain, size_t n)
{
	enum domaindb_result r;
	char key[KEY];
	size_t i;

	if (n == 0 || n > ADDR_DOMAIN)
		return DOMAINDB_NONE;
	lower(key, domain, n);
	r = get(fd, key, n);
	for (i = 1; r == DOMAINDB_NONE && i < n; i++)
		if (key[i] == '.')
			r = get(fd, key + i, n - i);
	return r;
}

static bool
line(struct textdb *t, const char *s, size_t n)
{
	size_t dot = n && *s == '.';
	char key[KEY];

	if (!addr_domain(s + dot, n - dot))
		return textdb_bad(t, "this is not a domain");
	lower(key, s, n);
	return textdb_put(t, key, n);
}

bool
domaindb_compile(const char *text, size_t n, int fd, struct compile_error *e)
{
	struct textdb t;

	return textdb_begin(&t, fd, e) && textdb_end(&t, textdb_lines(&t, text, text + n, line));
}
