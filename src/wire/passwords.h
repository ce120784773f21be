/* passwords - the database of hashed passwords, as pneu-newpw writes it and pneu-checkpw reads it
 *
 * The text, one login a line:
 *   login:hash[:anything]       empty lines and lines that begin with '#' do not count
 *   login   1 to PASSWORDS_LOGIN bytes of printable ASCII without ':'; case counts, each login is there once
 *   hash    as crypt(3) makes it, beginning with '$'; with a '!' or '*' before it, or only that, the login is locked
 * The cdb:
 *   key   login       data  hash
 *         ""                the model: the first hash in the text that is not locked, or nothing
 *   limits  a login PASSWORDS_LOGIN bytes, a hash PASSWORDS_HASH
 *   trust   the reader maps nothing, so a file cut under its hands is an error and no signal; each length is checked
 *   broken  a damaged file, or one without a model's record: PASSWORDS_TROUBLE with EPROTO or EIO, never "no such login"
 *   tests   tests/wire/passwords_test.c    manual: pneu-passwords(5) */
#ifndef WIRE_PASSWORDS_H
#define WIRE_PASSWORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/compile.h"

#define PASSWORDS_LOGIN 255
#define PASSWORDS_HASH 383              /* what libxcrypt makes at most */

enum passwords_result {
	PASSWORDS_FOUND,
	PASSWORDS_NONE,
	PASSWORDS_TROUBLE               /* errno */
};

struct passwords_entry {
	char hash[PASSWORDS_HASH + 1];  /* of the login; "" after NONE */
	char model[PASSWORDS_HASH + 1]; /* what a login that is not there is measured with; "": there is none */
};

/* may this be a login? */
bool passwords_login(const char *);
/* the login's hash; fd is the open cdb, whose offset moves. A login that cannot be one is NONE. */
enum passwords_result passwords_find(int fd, const char *login, struct passwords_entry *);

/* compile a whole text into the empty file fd (read and write), without syncing it */
bool passwords_compile(const char *text, size_t n, int fd, struct compile_error *);

#endif
