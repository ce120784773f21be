/* maildir - messages into a Maildir, each whole and on disk before it has a name
 *
 * In order: maildir_open, then for each message maildir_write, then for each maildir_start if there are several, then for each
 * maildir_sync, then for each maildir_name, then one maildir_settle, and only then may any of them be reported. Doing each step
 * for all messages in hand lets them share disk flushes.
 *
 * Why the data is synced before the name and not after, which would save a journal commit: a crash between the two
 * would show a reader a file with a part of its text, and a reader cannot tell. (A queue file can, see
 * wire/queuefile.h.) Measured, flushes of the disk a message, 4.5 KB each, processes with a Maildir of their own:
 *                         ext4 with a journal             ext4 without
 *   processes, in hand    data first    name first        data first    name first
 *    1          1         4.0           2.0               2.0           2.0
 *    1          8         1.5           2.0               1.1           1.1
 *   10          1         0.9           0.8               0.8           1.1
 *   20          1         0.5           0.5               0.8           0.8
 *   20          8         0.2           0.3               0.5           0.5
 * Eight in hand are begun with maildir_start; without it data first took 2.3 and 0.3 on ext4 with a journal.
 * So under load, where it counts, it costs nothing. sync_file_range before the name and then only the directory's
 * fsync gave 0.3 (0.6) for twenty processes one by one, but no file system promises anything about it.
 *
 * Names are TIME.M<microseconds>P<pid>V<device>I<inode>Q<count>.HOST,S=<size>,W=<size with CR LF>: unique on every file
 * system by the inode alone as long as the file is there. The sizes, which Maildir++ has invented, spare POP3 and IMAP servers
 * a look into each file. */
#ifndef LOCAL_MAILDIR_H
#define LOCAL_MAILDIR_H

#include <stdbool.h>
#include <stdint.h>

#include "local/message.h"
#include "lib/buf.h"
#include "lib/file.h"
#include "mail/outcome.h"

#define MAILDIR_HOST 256
#define MAILDIR_NAME 200                /* longest name we make; hosts are cut to fit (uniqueness is not in them) */
#define MAILDIR_PATH 1024

struct maildir {
	int new_dir;
	int tmp_dir;                    /* -1 as long as nothing needs it */
	char path[MAILDIR_PATH];
};

struct maildir_entry {
	struct newfile file;
	bool named;
	uint64_t ends;                  /* lines that end in LF alone */
	char name[MAILDIR_NAME];
};

/* All return false with errno. */

/* path is relative to the working directory or absolute; EMSGSIZE: longer than MAILDIR_PATH.
 * create: make a Maildir that is not there (mode 0700, its parent must exist). */
bool maildir_open(struct maildir *, const char *path, bool create);
void maildir_close(struct maildir *);

/* trace, then the message, into a file that has no name yet; nothing is left behind when it fails */
bool maildir_write(struct maildir *, struct maildir_entry *, const struct buf *trace, struct message *);
/* Begin to write it to the disk. File systems choose a file's blocks only then, so files that are all begun before the first is
 * waited for share a journal commit: 24 instead of 170 for 160 messages, sixteen at a time, on ext4; 49 of 180, eight at a time. */
bool maildir_start(struct maildir_entry *);
bool maildir_sync(struct maildir_entry *);
bool maildir_name(struct maildir *, struct maildir_entry *);
bool maildir_settle(struct maildir *);
/* ends an entry. keep false: it is gone, whatever had been done with it. False: close(2) failed, and it is gone. */
bool maildir_end(struct maildir *, struct maildir_entry *, bool keep);

/* all of it for one message; false: the outcome says why */
bool maildir_deliver(const char *path, bool create, const struct buf *trace, struct message *, struct outcome *);
/* what a maildir_open that failed means (errno); false */
bool maildir_no_open(struct outcome *, const char *path);

#endif
