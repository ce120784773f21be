/* recipient - is there anybody of this name?
 *
 * Asked of resolve/resolve.h, as delivery does it; nothing of that is opened before the first recipient of a session. */
#ifndef SMTP_RECIPIENT_H
#define SMTP_RECIPIENT_H

#include "smtp/session.h"

/* 0: whoever may send here may send there; else the reply, which lives until the next call. What could not be told is logged. */
const char *recipient_refusal(const struct session *, const char *address);

/* No more of them: pneu-getpw, if it was started, ends and is waited for, so that nobody inherits it. */
void recipient_end(void);

#endif
