/* newmrh - compile the long list of domains that mail is taken for, whole or not at all
 *   arguments  none: morercpthosts in etc/ becomes morercpthosts.cdb
 *   exit       0 the new database is in place and on disk; 100 the text is wrong or the use is;
 *              111 trouble that may pass. On 100 and 111 the old database stays.    -> pneu-newmrh(8)
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
#include "wire/domaindb.h"

#define TEXT_MAX (256u << 20)

static void
open_new(struct swap *new, const char *cdb)
{
	switch (swap_open(new, cdb, 0644)) {
	case SWAP_OPEN:
		return;
	case SWAP_BUSY:
		die_sys(EX_SOFT, "lock ", new->tmp, " (does another pneu-newmrh run?)");
	case SWAP_LATE:
		die_say(EX_SOFT, "another pneu-newmrh has just finished: try again");
	case SWAP_IN_THE_WAY:
		die_say(EX_HARD, new->tmp, " is in the way: not a file of its own");
	case SWAP_TROUBLE:
	default:
		die_sys(EX_SOFT, "create ", new->tmp);
	}
}

static void
compile(const char *path, const char *cdb)
{
	struct buf text = BUF(TEXT_MAX);
	struct domaindb_error e;
	char line[NUM_TEXT];
	struct swap new;
	bool named = false;

	if (!file_read(AT_FDCWD, path, &text))
		die_sys(errno == ENOENT || errno == EMSGSIZE ? EX_HARD : EX_SOFT, "read ", path);
	open_new(&new, cdb);
	if (!domaindb_compile(text.s, text.len, new.fd, &e)) {
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
	char text[SWAP_PATH], cdb[SWAP_PATH];

	(void)argv;
	msg_name("pneu-newmrh");
	if (argc != 1)
		die_say(EX_HARD, "usage: pneu-newmrh");
	if ((size_t)snprintf(text, sizeof text, "%s/morercpthosts", place_etc()) >= sizeof text ||
	    (size_t)snprintf(cdb, sizeof cdb, "%s/morercpthosts.cdb", place_etc()) >= sizeof cdb)
		die_say(EX_HARD, "the path of etc is too long");
	compile(text, cdb);
	return 0;
}
