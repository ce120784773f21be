/* users - the users database: who gets mail for a local part, as pneu-newu writes it and pneu-lspawn reads it
 *
 * The text (qmail's users/assign), one assignment a line, ended by a line that begins with a dot:
 *   =local:user:uid:gid:home:dash:ext:          this local part
 *   +prefix:user:uid:gid:home:dash:pre:         every local part that begins with prefix; ext is pre and the rest
 * What follows the sixth field is ignored. Case of ASCII letters does not count. The first of equal names wins,
 * an exact name before a prefix, a longer prefix before a shorter one.
 *
 * The cdb (qmail's users/cdb):
 *   key   "!" local 0           for =           data  user 0 uid 0 gid 0 home 0 dash 0 ext
 *         "!" prefix            for +           the same with pre
 *         ""                    always there    the last byte of every prefix, each once: a reader tries no others
 *   names are in lower case; uid and gid are decimal
 *   limits  a local part USERS_LOCAL bytes, the fields of one entry USERS_DATA bytes
 *   trust   the reader maps nothing, so a file cut under its hands is an error and no signal; each length is checked
 *   broken  a cut or damaged file, or an entry with other than six fields or no numbers: USERS_TROUBLE with EPROTO or
 *           EIO, never "nobody"
 *   tests   tests/wire/users_test.c    manual: pneu-users(5) */
#ifndef WIRE_USERS_H
#define WIRE_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/compile.h"

#define USERS_LOCAL 1100                /* not less than SPAWNER_KEY: each key can be looked for */
#define USERS_DATA 4096
#define USERS_ID_MAX 4294967294u        /* (uid_t)-1 means "leave it" to the kernel */

struct users_entry {
	const char *user, *home, *dash, *ext;   /* strings inside the caller's buf */
	uid_t uid;
	gid_t gid;
	const char *tag;                /* 0, or dash and ext are from here: the separator and what follows it, in the caller's local */
};

enum users_result {
	USERS_FOUND,
	USERS_NONE,
	USERS_TROUBLE           /* errno */
};

/* who gets mail for local; fd is the open cdb, whose offset moves. space is overwritten and keeps what the entry
 * points into; its ceiling should be at least USERS_LOCAL + USERS_DATA. ext keeps the case of local. */
enum users_result users_find(int fd, const char *local, struct buf *space, struct users_entry *);
/* The same where joe+tag may be joe's: a beginning of local that ends before one of the separators ("" none) also counts,
 * as an exact name. After the exact name of all of local the longest match wins, an exact name before a prefix of the same
 * length: =joe takes joe+tag, unless there is +joe+. An entry found by its base without a dash gets dash (the separator) and
 * ext (what follows it); one with a dash is left as it stands. */
enum users_result users_find_base(int fd, const char *local, const char *separators, struct buf *space, struct users_entry *);

/* compile a whole text into the empty file fd (read and write), without syncing it */
bool users_compile(const char *text, size_t n, int fd, struct compile_error *);

#endif
