#include "wire/domaindb.h"

#include <cdb.h>
#include <errno.h>
#include <string.h>

#include "lib/ascii.h"
#include "mail/addr.h"

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
line(struct cdb_make *c, const char *s, size_t n, struct compile_error *e)
{
	size_t dot = n && *s == '.';
	char key[KEY];

	if (!addr_domain(s + dot, n - dot)) {
		e->why = "this is not a domain";
		return false;
	}
	lower(key, s, n);
	if (cdb_make_put(c, key, (unsigned)n, "", 0, CDB_PUT_INSERT) >= 0)      /* twice does no harm */
		return true;
	e->line = 0;
	return false;
}

static bool
lines(struct cdb_make *c, const char *s, const char *end, struct compile_error *e)
{
	for (; s < end; e->line++) {
		const char *nl = memchr(s, '\n', (size_t)(end - s)), *stop = nl ? nl : end;

		while (stop > s && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
			stop--;
		if (s < stop && *s != '#' && !line(c, s, (size_t)(stop - s), e))
			return false;
		s = nl ? nl + 1 : end;
	}
	return true;
}

bool
domaindb_compile(const char *text, size_t n, int fd, struct compile_error *e)
{
	struct cdb_make c;
	bool ok;

	e->line = 1;
	e->why = 0;
	if (cdb_make_start(&c, fd) != 0) {
		e->line = 0;
		return false;
	}
	ok = lines(&c, text, text + n, e);
	if (cdb_make_finish(&c) != 0 && ok) {           /* also frees what it holds */
		e->line = 0;
		return false;
	}
	return ok;
}
