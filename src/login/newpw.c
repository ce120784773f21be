/* newpw - compile the database of hashed passwords, whole or not at all
 *   arguments  TEXT CDB; without them passwords and passwords.cdb in etc/
 *   exit       0 the new database is in place and on disk; 100 the text is wrong or the use is;
 *              111 trouble that may pass. On 100 and 111 the old database stays.    -> pneu-newpw(8)
 * Invariant: readers find the old database or the new one under its name, never a part of one; nobody may read it who may
 * not read the text. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/swap.h"
#include "wire/passwords.h"

#define TEXT_MAX (64u << 20)

static void
open_new(struct swap *new, const char *cdb)
{
	switch (swap_open(new, cdb, 0600)) {
	case SWAP_OPEN:
		return;
	case SWAP_BUSY:
		die_sys(EX_SOFT, "lock ", new->tmp, " (does another pneu-newpw run?)");
	case SWAP_LATE:
		die_say(EX_SOFT, "another pneu-newpw has just finished: try again");
	case SWAP_IN_THE_WAY:
		die_say(EX_HARD, new->tmp, " is in the way: not a file of its own");
	case SWAP_TROUBLE:
	default:
		if (errno == ENAMETOOLONG)
			die_say(EX_HARD, "the database's path is too long");
		die_sys(EX_SOFT, "create ", new->tmp);
	}
}

static void
read_text(const char *path, struct buf *text, struct stat *st)
{
	if (stat(path, st) == 0 && file_read(AT_FDCWD, path, text)) {
		if (st->st_mode & S_IROTH)
			warn_say("everybody may read the hashes in ", path);
		return;
	}
	if (errno == EMSGSIZE)
		die_say(EX_HARD, path, " is larger than 64 MiB");
	die_sys(errno == ENOENT ? EX_HARD : EX_SOFT, "read ", path);
}

/* the database is for the group of the text, if that may read the text */
static bool
share(int fd, const struct stat *text)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	return !(text->st_mode & S_IRGRP) || st.st_gid == text->st_gid || fchown(fd, (uid_t)-1, text->st_gid) == 0;
}

static void
compile(const char *path, const char *cdb)
{
	struct buf text = BUF(TEXT_MAX);
	struct passwords_error e;
	char line[NUM_TEXT];
	struct stat of_text;
	struct swap new;
	bool named = false;

	read_text(path, &text, &of_text);
	open_new(&new, cdb);
	if (!passwords_compile(text.s ? text.s : "", text.len, new.fd, &e)) {
		swap_drop(&new);
		if (e.line == 0)
			die_sys(EX_SOFT, "write ", new.tmp);
		die_say(EX_HARD, path, ":", num_text(line, e.line), ": ", e.why);
	}
	if (!share(new.fd, &of_text)) {
		swap_drop(&new);
		die_sys(EX_SOFT, "give ", new.tmp, " to the group of ", path);
	}
	if (!swap_close(&new, 0600 | (of_text.st_mode & S_IRGRP), &named)) {
		swap_drop(&new);
		die_sys(EX_SOFT, named ? "sync the directory of " : "replace ", cdb);
	}
	buf_free(&text);
}

int
main(int argc, char **argv)
{
	char text[SWAP_PATH], cdb[SWAP_PATH];

	msg_name("pneu-newpw");
	if (argc == 3)
		compile(argv[1], argv[2]);
	else if (argc == 1) {
		if ((size_t)snprintf(text, sizeof text, "%s/passwords", place_etc()) >= sizeof text ||
		    (size_t)snprintf(cdb, sizeof cdb, "%s/passwords.cdb", place_etc()) >= sizeof cdb)
			die_say(EX_HARD, "the path of etc is too long");
		compile(text, cdb);
	} else
		die_say(EX_HARD, "usage: pneu-newpw [TEXT CDB]");
	return 0;
}
