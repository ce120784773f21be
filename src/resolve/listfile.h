/* listfile - open the file of a :include: list without being led astray
 *
 * Who may write to the list's directory may also put a link there: to a file that we may read and he may not, whose
 * words would come back to him as the recipients of a bounce; or to a file of root's that he has got words into, which would
 * then be believed as root's. So it is said how the path led there.
 *   plain   no symbolic link and no ".." is in the path, and the file has no second name
 *   roots   it is plain, root's, and only root can change it or put another one there: no directory on the way is
 *           anybody else's or can be written to (those where only its owner can move a file, as /tmp, are fine)
 * What is no regular file is not opened: opening some devices does something.
 *   tests   tests/unit/expand_test.c, tests/unit/listfile_test.c */
#ifndef RESOLVE_LISTFILE_H
#define RESOLVE_LISTFILE_H

#include <stdbool.h>
#include <sys/stat.h>

#define LISTFILE_MAX (64u << 20)        /* bytes of a list */

struct listfile {
	int fd;                 /* close-on-exec; -1: it is no regular file */
	struct stat st;
	bool plain, roots;
};

/* path begins with /. false: errno */
bool listfile_open(struct listfile *, const char *path);
/* May this one be read as a list? 0, or why not, beginning with "is ". by_root: root has named it, or a list that is root's;
 * what anybody else names must be readable by everybody, and so must what a link leads to. In one-user mode the
 * caller's own files may be read. */
const char *listfile_odd(const struct listfile *, bool by_root);
/* may it name programs and files? */
bool listfile_programs(const struct listfile *);

#endif
