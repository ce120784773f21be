/* listfile - open the file of a :include: list without being led astray
 *
 * Who may write to the list's directory may also put a link there: to a file that we may read and he may not, whose
 * words would come back to him as the recipients of a bounce; or to a file of root's that he has got words into, which would
 * then be believed as root's. So it is said how the path led there.
 *   plain   no symbolic link and no ".." is in the path, and the file has no second name
 *   roots   it is plain, root's, and only root can change it or put another one there: no directory on the way is
 *           anybody else's or can be written to (those where only its owner can move a file, as /tmp, are fine)
 * What is no regular file is not opened: opening some devices does something.
 *   tests   tests/unit/expand_test.c */
#ifndef RESOLVE_LISTFILE_H
#define RESOLVE_LISTFILE_H

#include <stdbool.h>
#include <sys/stat.h>

struct listfile {
	int fd;                 /* close-on-exec; -1: it is no regular file */
	struct stat st;
	bool plain, roots;
};

/* path begins with /. false: errno */
bool listfile_open(struct listfile *, const char *path);

#endif
