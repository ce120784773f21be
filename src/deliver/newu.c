/* newu - compile the users database, whole or not at all
 *   arguments  TEXT CDB; without them users and users.cdb in etc/
 *   exit       0 the new database is in place and on disk; 100 the text is wrong or the use is;
 *              111 trouble that may pass. On 100 and 111 the old database stays.    -> pneu-newu(8)
 * Invariant: readers find the old database or the new one under its name, never a part of one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "lib/buf.h"
#include "lib/file.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/place.h"
#include "lib/swap.h"
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

static void
open_new(struct swap *new, const char *cdb)
{
	switch (swap_open(new, cdb, 0644)) {
	case SWAP_OPEN:
		return;
	case SWAP_BUSY:
		die_sys(EX_SOFT, "lock ", new->tmp, " (does another pneu-newu run?)");
	case SWAP_LATE:
		die_say(EX_SOFT, "another pneu-newu has just finished: try again");
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
compile(const char *path, const char *cdb)
{
	struct buf text = BUF(TEXT_MAX);
	struct users_error e;
	char line[NUM_TEXT];
	struct swap new;
	bool named;

	read_text(path, &text);
	open_new(&new, cdb);
	if (!users_compile(text.s ? text.s : "", text.len, new.fd, &e)) {
		swap_drop(&new);
		if (e.line == 0)
			die_sys(EX_SOFT, "write ", new.tmp);
		die_say(EX_HARD, path, ":", num_text(line, e.line), ": ", e.why);
	}
	if (!swap_close(&new, 0644, &named)) {
		swap_drop(&new);
		die_sys(EX_SOFT, named ? "sync the directory of " : "replace ", cdb);
	}
	buf_free(&text);
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
