/* lists - senders and recipients that the administrator refuses, and domains that he serves beyond rcpthosts
 *
 * control/badmailfrom, badrcptto and morercpthosts.cdb, each opened when it is first needed in a session. What cannot be read
 * is logged and refuses for now: a list that is damaged lets nobody through.
 *   tests   tests/program/smtpd_badlists.t     manual: pneu-smtpd(8) */
#ifndef SMTP_LISTS_H
#define SMTP_LISTS_H

#include <stddef.h>

#include "smtp/session.h"

/* 0: not refused; else the reply. The address is of the inside form (mail/addr.h). */
const char *lists_sender(const struct session *, const char *address);
const char *lists_recipient(const struct session *, const char *address);

/* 0: mail for this domain is taken; else the reply */
const char *lists_domain(const struct session *, const char *domain, size_t n);

#endif
