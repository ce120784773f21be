/* install - the database, made beside the old one and put in its place
 *
 * etc/aliases.cdb.tmp is the file being made and, by its lock, what keeps a second run waiting. The lock is taken before
 * any text is read, so what is installed last has read last. A killed run leaves that file; the next one uses it. */
#ifndef ALIAS_INSTALL_H
#define ALIAS_INSTALL_H

#include <stdbool.h>

#include "alias/work.h"
#include "lib/swap.h"

#define INSTALL_WAIT_S 60               /* for another run */

struct install {
	char live[SWAP_PATH];           /* the database's name */
	struct swap file;
};

/* These do not return on trouble: they say what it is, take the new file away and end with a code of sysexits.h. */
void install_begin(struct install *);           /* creates and locks it; 73, 75 or 77 */
void install_end(struct install *, struct work *);      /* writes, syncs, renames, syncs the directory; 73 or 75 */
void install_drop(struct install *);            /* not this time: the new file goes */

#endif
