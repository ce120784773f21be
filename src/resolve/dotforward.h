/* dotforward - which ~/.forward counts for an address, and what it says to do
 *
 * dotforward_find chooses the file in the working directory (the home), checks it and reads it as a whole;
 * dotforward_next then goes through its elements (mail/element.h), as often as dotforward_rewind says. Each line is complete
 * in itself; lines that begin with '#' and empty ones are skipped. :include: is refused (a user who wants a list writes it
 * into the file), and so are the words that refuse or defer mail. A file without any element counts as not there: the mail
 * goes to the mailbox.
 *
 * Believed is only a regular file with one name, of the user or of root, that neither group nor others may write, in a home
 * that others may not write (pneu-local has looked at that already). A symbolic link is followed, and what it leads to is
 * judged; one that leads nowhere is no absent file. Everything odd about the file, and any line that cannot be
 * understood, is a deferral with the reason, file and line, before anything is done.
 * A struct dotforward is all zero at first and may be used again; the memory of its text lives as long as the process.
 *   tests   tests/unit/dotforward_test.c, tests/fuzz/dotforward_fuzz.c     manual  pneu-forward(5) */
#ifndef RESOLVE_DOTFORWARD_H
#define RESOLVE_DOTFORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "mail/element.h"
#include "mail/outcome.h"

#define DOTFORWARD_FILE_MAX (1u << 20)  /* a larger file is a deferral */
#define DOTFORWARD_NAME 1200

struct dotforward {
	struct buf text;
	size_t at, line;                /* of the walk */
	struct element_walk walk;       /* in the line */
	char name[DOTFORWARD_NAME];     /* ".forward" or ".forward+tag" */
	bool is_exact;                  /* the name has the extension */
};

enum dotforward_result { DOTFORWARD_FOUND, DOTFORWARD_ABSENT, DOTFORWARD_TROUBLE };     /* TROUBLE: the outcome is set */

/* separator and ext: ".forward" separator ext, in lower case and with ':' for '/', is looked for and nothing else (a name
 * longer than the file system has them is absent); "" "": ".forward" alone. owner: whose file it has to be, or root's. */
enum dotforward_result dotforward_find(struct dotforward *, const char *separator, const char *ext, uid_t owner,
    struct outcome *);
void dotforward_rewind(struct dotforward *);
/* the next element and the line it is on; false: there is none */
bool dotforward_next(struct dotforward *, struct element *, size_t *line);

#endif
