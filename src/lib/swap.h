/* swap - a file that replaces another whole: readers find the old one or the new one under its name, never a part
 *
 * It is written beside the other as PATH.tmp, one name for all runs, so that a killed one leaves one file. A lock keeps a
 * second run out, and goes with its holder. */
#ifndef LIB_SWAP_H
#define LIB_SWAP_H

#include <stdbool.h>
#include <sys/types.h>

#define SWAP_PATH 4096          /* bytes of PATH.tmp, with its 0 */

struct swap {
	const char *path;       /* the caller's, must outlive it */
	char tmp[SWAP_PATH];
	int fd;                 /* read and write, empty; the caller's to write */
};

enum swap_result {
	SWAP_OPEN,
	SWAP_TROUBLE,           /* errno; ENAMETOOLONG too */
	SWAP_BUSY,              /* errno: another run has the lock; EINTR: a signal ended the waiting */
	SWAP_LATE,              /* another run has just finished: try again */
	SWAP_IN_THE_WAY         /* what has the temporary name is no file of its own */
};

/* PATH.tmp, locked and empty, of this mode if it is new; without SWAP_OPEN nothing is left open */
enum swap_result swap_open(struct swap *, const char *path, mode_t);
/* The same, but another run is waited for, until a signal is caught; so it is never SWAP_LATE */
enum swap_result swap_wait(struct swap *, const char *path, mode_t);
/* give it its mode and its name, on disk; false: errno, and swap_drop is still to be called. *named: it has the name,
 * only that this survives a power cut could not be made sure */
bool swap_close(struct swap *, mode_t, bool *named);
/* give it up: the old file stays; errno is kept */
void swap_drop(struct swap *);

#endif
