/* credentials - smtpd, popup -> a checkpassword program: a login and a password, and what guessing them costs
 *
 *   from    on descriptor 3                                       exit code
 *   server  login 0 password 0 stamp 0, then the end              0 right, 1 wrong, all else trouble
 *
 *   stamp    the time in seconds; with APOP the greeting's words, of which the password is the digest
 *   login    1 to CREDENTIALS_LOGIN bytes, no controls; what is none is wrong, and nobody is asked
 *   limits   CREDENTIALS_ASKED bytes in all: what does not fit is wrong, too
 *   trust    the program is the administrator's; login and password are strangers' words
 *   tests    tests/wire/credentials_test.c    manual: pneu-checkpw(8) */
#ifndef WIRE_CREDENTIALS_H
#define WIRE_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/conf.h"

#define CREDENTIALS_LOGIN 255           /* bytes of a login */
#define CREDENTIALS_ASKED 512           /* what a checkpassword program reads at most */
#define CREDENTIALS_DELAY_S 30          /* no wrong password is answered later */

/* may this be a login? */
bool credentials_sane(const char *login);
/* The question; how many bytes, or 0: it does not fit. The caller wipes it. */
size_t credentials_put(char asked[CREDENTIALS_ASKED], const char *login, const char *password, const char *stamp);
/* Take the n bytes at asked apart where they stand. False: there are not two strings that end in 0. */
bool credentials_get(const char *asked, size_t n, const char **login, const char **password);
/* Seconds until the wrong-th wrong password of a session is answered: delay_s, doubled for each before it, up to
 * CREDENTIALS_DELAY_S */
uint64_t credentials_delay(uint64_t delay_s, uint64_t wrong);
/* and the waiting: nothing else happens meanwhile */
void credentials_wait(uint64_t delay_s, uint64_t wrong);

/* Is it in control/badlogins: logins whose password is known to somebody else? The file is read each time, so that who has
 * logged in already is stopped too. dir: etc/, open, or -1: it is opened. Case does not count. */
enum credentials_block {
	CREDENTIALS_FREE,
	CREDENTIALS_BLOCKED,
	CREDENTIALS_UNTOLD              /* the file cannot be read: why is in the error */
};
enum credentials_block credentials_blocked(int dir, const char *login, struct conf_error *);

#endif
