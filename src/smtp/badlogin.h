/* badlogin - logins that may not send any more, control/badlogins: whose password is known to somebody else
 *
 * The file is read each time, so that a session which has logged in already is stopped at its next message. */
#ifndef SMTP_BADLOGIN_H
#define SMTP_BADLOGIN_H

#include "smtp/session.h"

/* 0: this one is not listed; else the refusal */
const char *badlogin_refusal(const struct session *, const char *login);

#endif
