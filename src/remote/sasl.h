/* sasl - log in at a relay (RFC 4954), as control/smtplogins has it for the route's login=
 *
 * Mechanisms: with a password PLAIN or else LOGIN, with a token XOAUTH2 or else OAUTHBEARER (RFC 7628). Never in clear text but
 * where remote/protection.h says it may be. A response that would make the line longer than the 512 bytes of a command waits for
 * the server's 334. No failure is a bounce, for the next attempt may find another password in the file.
 * Invariant: when it returns, no password or token is left in our memory, and none is in the result.
 *   tests  tests/program/remote_login.t, tests/fuzz/sasl_fuzz.c    manual: pneu-remote(8), pneu-control(5) */
#ifndef REMOTE_SASL_H
#define REMOTE_SASL_H

#include <stdbool.h>

#include "remote/client.h"
#include "remote/result.h"

#define SASL_COMMAND_MS 30000           /* so long may a command take for a password */
#define SASL_OUTPUT 16384               /* bytes that it may write; its first line has LOGINS_SECRET */

/* Is there such a login? false: why says what is wrong, with 4.3.5, before anybody is asked for a connection */
bool sasl_ready(const char *login, struct result *why);
/* Log in as c->login, after EHLO. false: why is a Z about the site: 4.3.5 if it is our fault, else the server's status if it is
 * one of class 4, or 4.7.8 */
bool sasl_login(struct client *, struct result *why);

#endif
