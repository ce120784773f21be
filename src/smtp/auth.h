/* auth - who the client is: AUTH (RFC 4954) with PLAIN and LOGIN, decided by a checkpassword program
 *
 * Invariant: a password stands in the input buffer until its line is answered, and in the pipe; never in a log line. */
#ifndef SMTP_AUTH_H
#define SMTP_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/credentials.h"

#define AUTH_LINE 12288                 /* bytes of the command, and of an answer to a challenge, with its end: RFC 4954 4 */

struct auth {
	char login[CREDENTIALS_LOGIN + 1];      /* "" nobody yet */
	const char *method;             /* how, PLAIN or LOGIN */
	uint64_t wrong;                 /* times, in the whole session */
	bool read;                      /* the settings below are there */
	uint64_t without_tls, most_wrong, delay_s, timeout_s;
};

struct session;

bool auth_configured(const struct session *);   /* there is a program that decides */
bool auth_offered(struct session *);            /* and AUTH makes sense now */
void auth_run(struct session *, const char *arg);       /* the command AUTH; arg is overwritten */
void auth_forget(struct session *);             /* nobody is logged in; wrong passwords stay counted */
/* 0: the login is not in control/badlogins; else the refusal, `blocked` or, if that cannot be told, `untold` */
const char *auth_blocked(const struct session *, const char *login, const char *blocked, const char *untold);

enum login_result { LOGIN_RIGHT, LOGIN_WRONG, LOGIN_TROUBLE };
/* login.c: ask the program. What does not fit into a question is wrong. Trouble is logged. */
enum login_result login_check(struct session *, const char *login, const char *password);

#endif
