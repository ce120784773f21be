/* logins - control/smtplogins: who we are at a relay that asks for a login
 *
 *   NAME:USER:PASSWORD      the route's login=NAME (wire/route.h)
 *   NAME:USER:|COMMAND      the password is the first line that the command writes
 *   NAME:USER:!COMMAND      that line is an OAuth 2.0 bearer token
 * Lines that are empty or begin with '#' do not count, nor do blanks at the end of one. USER and what follows are not empty and
 * have no control bytes; USER has no colon. The first line for a name counts.
 *   limits  the file LOGINS_FILE bytes, USER LOGINS_USER, the rest LOGINS_SECRET
 *   trust   nobody may read the file but its owner, so a file with any other mode is no file for us
 *   tests   tests/wire/logins_test.c    manual: pneu-control(5) */
#ifndef WIRE_LOGINS_H
#define WIRE_LOGINS_H

#include <stdbool.h>

#include "lib/conf.h"

#define LOGINS_FILE 65536
#define LOGINS_USER 255
#define LOGINS_SECRET 8000      /* with a user it fits one line of SASL (RFC 4954 4.: 12288 letters) */

enum logins_kind {
	LOGINS_PASSWORD,
	LOGINS_COMMAND,         /* writes a password */
	LOGINS_TOKEN            /* a command that writes a token */
};

struct login {
	enum logins_kind kind;
	char user[LOGINS_USER + 1];
	char secret[LOGINS_SECRET + 1];         /* or the command */
};

/* The login of that name. false: the error says why, without a word of the file's text; nothing is left in memory. */
bool logins_find(int etc, const char *name, struct login *, struct conf_error *);
/* overwrite it: a password is in memory no longer than it is needed */
void logins_forget(struct login *);

#endif
