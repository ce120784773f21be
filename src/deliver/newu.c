/* newu - compile the users database, whole or not at all
 *   arguments  TEXT CDB; without them users and users.cdb in etc/
 *   exit       0 the new database is in place and on disk; 100 the text is wrong or the use is;
 *              111 trouble that may pass. On 100 and 111 the old database stays.    -> pneu-newu(8)
 * Invariant: readers find the old database or the new one under its name, never a part of one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "wire/users.h"

#define TEXT_MAX (256u << 20)
#define PATH_SIZE 4096

static void
read_text(const char *path, struct buf *text)
{
	if (file_read(AT_FDCWD, path, text))
		return;
	if (errno == EMSGSIZE)
		die_say(EX_HARD, path, " is larger than 256 MiB");
	die_sys(errno == ENOENT ? EX_HARD : EX_SOFT, "read ", path);
}

/* beside the database, so that rename can put it in place; one name for all, so that a killed run leaves one file.
 * The lock keeps a second run out, and goes with its holder. */
static int
open_new(const char *path)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	struct stat ours, named;

	if (fd < 0)
		die_sys(EX_SOFT, "create ", path);
	if (fcntl(fd, F_SETLK, &l) != 0)
		die_sys(EX_SOFT, "lock ", path, " (does another pneu-newu run?)");
	/* whoever held it before us may have renamed it meanwhile: then this is the live database */
	if (fstat(fd, &ours) != 0 || lstat(path, &named) != 0 || ours.st_ino != named.st_ino ||
	    ours.st_dev != named.st_dev)
		die_say(EX_SOFT, "another pneu-newu has just finished: try again");
	if (!S_ISREG(ours.st_mode) || ours.st_nlink != 1)
		die_say(EX_HARD, path, " is in the way: not a file of its own");
	if (ftruncate(fd, 0) != 0)
		die_sys(EX_SOFT, "empty ", path);
	return fd;
}

static _Noreturn void
say_error(const char *path, const char *new, const struct users_error *e)
{
	char line[NUM_TEXT];
	int cause = errno;

	(void)unlink(new);
	errno = cause;
	if (e->line == 0)
		die_sys(EX_SOFT, "write ", new);
	die_say(EX_HARD, path, ":", num_text(line, e->line), ": ", e->why);
}

static void
compile(const char *path, const char *cdb)
{
	struct buf text = BUF(TEXT_MAX);
	struct users_error e;
	char new[PATH_SIZE];
	int fd;

	if ((size_t)snprintf(new, sizeof new, "%s.tmp", cdb) >= sizeof new)
		die_say(EX_HARD, "the database's path is too long");
	read_text(path, &text);
	fd = open_new(new);
	if (!users_compile(text.s ? text.s : "", text.len, fd, &e))
		say_error(path, new, &e);
	if (fchmod(fd, 0644) != 0 || fsync(fd) != 0 || rename(new, cdb) != 0) {
		e.line = 0;
		say_error(path, new, &e);
	}
	if (!file_sync_parent(cdb))
		die_sys(EX_SOFT, "sync the directory of ", cdb);
	buf_free(&text);
	if (close(fd) != 0)
		die_sys(EX_SOFT, "close ", cdb);
}

int
main(int argc, char **argv)
{
	char text[PATH_SIZE], cdb[PATH_SIZE];

	msg_name("pneu-newu");
	if (argc == 3)
		compile(argv[1], argv[2]);
	else if (argc == 1) {
		if ((size_t)snprintf(text, sizeof text, "%s/users", place_etc()) >= sizeof text ||
		    (size_t)snprintf(cdb, sizeof cdb, "%s/users.cdb", place_etc()) >= sizeof cdb)
			die_say(EX_HARD, "the path of etc is too long");
		compile(text, cdb);
	} else
		die_say(EX_HARD, "usage: pneu-newu [TEXT CDB]");
	return 0;
}
