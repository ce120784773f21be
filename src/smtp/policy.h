/* policy - what policy servers say to a client, a recipient, a message (wire/policy.h, control/policy)
 *
 * A line of control/policy is STAGE ADDRESS WORD...
 *   STAGE    connect, helo, mail, rcpt, begin: when the message begins, or data: at its end
 *   ADDRESS  as lib/dial.h has it
 *   WORDs    timeout=SECONDS, default=tempfail or default=dunno (the server is in trouble), clients=strangers or clients=all
 * The servers of a stage are asked in this order, until one refuses or says ok. A connection is kept for the session,
 * but given up after any answer that was late, no answer, or one too many: the next question gets its own answer.
 * What is to be done with the message is in smtp/verdict.h.
 *   limits   POLICY_SERVERS lines
 *   tests    tests/program/smtpd_policy.t      manual: pneu-smtpd(8) */
#ifndef SMTP_POLICY_H
#define SMTP_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtp/session.h"

#define POLICY_SERVERS 8
#define POLICY_TIMEOUT_S 20

/* from settings.policy; false: why is in the error. Nothing is opened. */
bool policy_load(const struct settings *, struct conf_error *);

/* Each: 0, or the reply that refuses; it lives until the next call. */
const char *policy_connect(struct session *);
const char *policy_helo(struct session *);
const char *policy_mail(struct session *);
const char *policy_rcpt(struct session *, const char *address);
const char *policy_begin(struct session *);
const char *policy_data(struct session *, uint64_t size);

void policy_forget(void);                       /* the transaction is over */

#endif
