/* aliases - which alias an address of ours meets
 *
 * etc/aliases.cdb (wire/aliasdb.h), kept open; aliases_refresh takes over a new one, whole, when it was renamed there.
 * No database: no aliases. For an address local@domain the first of these names that there is counts:
 *   local@domain   base@domain     base is local up to the first separator (control/separators), if it has one
 *   local          base            only where the domain is in locals
 *   local@         base@           @domain
 * Those with an '@' are for locals and for virtual domains, by their name before virtualdomains rewrites the address. */
#ifndef RESOLVE_ALIASES_H
#define RESOLVE_ALIASES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "wire/aliasdb.h"

struct aliases {                        /* aliases_open fills it; or all zero with fd -1, and then aliases_refresh */
	int fd;                         /* -1: there is none */
	dev_t dev;
	ino_t ino;
	int64_t mtime_ns;
	bool wild;
	const char *etc;                /* the directory it is in, asked for once; 0: not yet */
	struct buf space, name;         /* of the last entry found */
};

/* false: errno; ENOENT is no error */
bool aliases_open(struct aliases *);
/* the same in an open etc/, for a start; aliases_refresh opens it by its name */
bool aliases_open_in(struct aliases *, int etc);
/* the new one, if it has been replaced; costs one stat. False: errno, the old one stays */
bool aliases_refresh(struct aliases *);
void aliases_close(struct aliases *);
/* local: the domain is in locals. separators: the characters that may end a base, "" none. The entry lives until the
 * next call; *name (if not 0) is the name it was found by, in lower case, likewise. */
enum aliasdb_result aliases_find(struct aliases *, const char *address, bool local, const char *separators,
    struct aliasdb_entry *, const char **name);
/* What an element X or Z says: its words, and in status the code that begins them or the preset of the letter. The words are
 * never empty; they stay as long as text. */
#define ALIASES_STATUS 10               /* "5.123.123" and its 0 */
const char *aliases_words(char letter, const char *text, char status[ALIASES_STATUS]);
/* the first text file that is newer than the database, or not what it was; 0: none. Lives as above. */
const char *aliases_stale(struct aliases *);

#endif
