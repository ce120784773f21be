/* file - whole small files, and files that appear complete or not at all */
#ifndef LIB_FILE_H
#define LIB_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/buf.h"

/* append the whole file to b; false: errno (ENOENT, EMSGSIZE over b's ceiling, EACCES, EISDIR...), b holds what it
 * held. An empty file, too, gives b its memory (b->s is not 0). A FIFO is not waited for. */
bool file_read(int dir, const char *name, struct buf *b);
bool file_sync_dir(int dir, const char *name);          /* fsync of a directory given by name; false: errno */
/* the directory that a path's last part is in: makes a new or changed name durable; ENAMETOOLONG over 4095 bytes */
bool file_sync_parent(const char *path);

/* A file being made. It gets its name only when it is complete: nameless where the system can
 * (a crash leaves nothing), else under a temporary name in another directory of the same file system. */
struct newfile {
	int fd;                 /* read and write; the caller's to write; newfile_close ends it */
	int tmp_dir;            /* -1: nameless */
	char tmp[64];           /* "" or the temporary name */
};

/* dir: where it will be named. tmp_dir: where it waits if it must have a name meanwhile; -1: none, then false with EBADF
 * tells that it must. */
bool newfile_open(struct newfile *, int dir, int tmp_dir, mode_t mode);
/* name it in dir; false with EEXIST: taken, try another name. Durable only after fsync of fd and dir. */
bool newfile_name(struct newfile *, int dir, const char *name);
/* close it; without a name it is gone, and fd is -1. false: close(2) failed, do not call it written */
bool newfile_close(struct newfile *);

/* An empty file for this process alone, read and write, mode 0600, close-on-exec, in the directory dir; 0: in $TMPDIR or /tmp.
 * It has no name, so nothing of it is left when the process dies. -1: errno */
int file_nameless(const char *dir);

#endif
