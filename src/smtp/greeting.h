/* greeting - the first words: who gets them, and when; and the waiting that abusers are made to do
 *
 * Waiting holds a session and nothing else; how many of them there are is limited by who starts us.
 *   tests   tests/program/smtpd_early.t        manual: pneu-smtpd(8) */
#ifndef SMTP_GREETING_H
#define SMTP_GREETING_H

#include "smtp/session.h"

/* The greeting, or the refusal that ends the session: of a client that speaks before it was greeted (control/greetdelay), or
 * by a policy server. */
void greeting_give(struct session *);

/* A recipient was refused and the reply is not given yet: perhaps the client is made to wait for it (control/tarpit). */
void greeting_tarpit(struct session *);

#endif
