/* tls - STARTTLS in a session; what does it is wire/tlswrap.h
 *
 * Invariant: what the client sent before the handshake is not there after it, nor is anything that it led to.
 *   manual  pneu-smtpd(8) */
#ifndef SMTP_TLS_H
#define SMTP_TLS_H

#include <stdbool.h>

#include "wire/tlswrap.h"

struct session;

void tls_start(struct session *, const char *arg);      /* the command STARTTLS, when tlswrap_offered */
/* Called at each command. false: it must have come alone and did not (tlswrap_first), and the session was ended. */
bool tls_first(struct session *);

#endif
