#include "wire/textdb.h"

#include <errno.h>
#include <string.h>

bool
textdb_begin(struct textdb *t, int fd, struct compile_error *error)
{
	t->error = error;
	error->line = 1;
	error->why = 0;
	return cdb_make_start(&t->cdb, fd) == 0 || textdb_trouble(t);
}

bool
textdb_end(struct textdb *t, bool ok)
{
	return cdb_make_finish(&t->cdb) == 0 ? ok : ok && textdb_trouble(t);
}

bool
textdb_bad(struct textdb *t, const char *why)
{
	t->error->why = why;
	errno = EINVAL;
	return false;
}

bool
textdb_trouble(struct textdb *t)
{
	t->error->line = 0;
	t->error->why = 0;
	return false;
}

bool
textdb_put(struct textdb *t, const char *key, size_t n)
{
	return cdb_make_put(&t->cdb, key, (unsigned)n, "", 0, CDB_PUT_INSERT) >= 0 || textdb_trouble(t);
}

bool
textdb_lines(struct textdb *t, const char *s, const char *end, bool (*line)(struct textdb *, const char *s, size_t n))
{
	for (; s < end; t->error->line++) {
		const char *nl = memchr(s, '\n', (size_t)(end - s)), *stop = nl ? nl : end;

		while (stop > s && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r'))
			stop--;
		if (s < stop && *s != '#' && !line(t, s, (size_t)(stop - s)))
			return false;
		s = nl ? nl + 1 : end;
	}
	return true;
}
