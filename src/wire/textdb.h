/* textdb - what users, passwords, recipientdb and domaindb share: a text becomes a cdb, or a line of it is said to be wrong
 *
 * textdb_begin, then lines, then textdb_end, also after a line was wrong: it frees what the cdb holds. error->line is the line that
 * is looked at, and 0 for trouble that is not the text's (lib/compile.h).
 *   tests   tests/wire/users_test.c, passwords_test.c, recipientdb_test.c */
#ifndef WIRE_TEXTDB_H
#define WIRE_TEXTDB_H

#include <cdb.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/compile.h"

struct textdb {
	struct cdb_make cdb;
	struct compile_error *error;
};

/* into the empty file fd, which stays the caller's. false: trouble, and there is nothing to end */
bool textdb_begin(struct textdb *, int fd, struct compile_error *);
/* ok: all went well so far. Does it still? */
bool textdb_end(struct textdb *, bool ok);
/* false, for the caller to return: the line is wrong, EINVAL; */
bool textdb_bad(struct textdb *, const char *why);
/* or errno says what is */
bool textdb_trouble(struct textdb *);
/* a key without data, as often as one likes */
bool textdb_put(struct textdb *, const char *key, size_t n);
/* Each line of a list, without the blanks at its end, up to the first with which line fails. Empty ones and those that begin with
 * '#' do not count. */
bool textdb_lines(struct textdb *, const char *s, const char *end, bool (*line)(struct textdb *, const char *s, size_t n));

#endif
