/* submission - mail from the users of this host: who must be logged in, under which name, and what is done for their mail
 *
 * A session is one of submission if $SUBMISSION is set (587, 465) and neither empty nor 0; mail is a user's own in such a
 * session, and in any in which somebody has logged in. The settings are read when the first such mail begins. */
#ifndef SMTP_SUBMISSION_H
#define SMTP_SUBMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "mail/stamp.h"

struct received;
struct session;

struct submission {
	bool required;                  /* nobody sends without AUTH */
	bool read;                      /* the settings below are there */
	struct buf senders;             /* CONF_LINES LOGIN:SENDER; not there: any */
	struct buf limits;              /* CONF_LINES, see rate.h */
	uint64_t hide, show;            /* the client's address, the login, in the trace field */
	uint64_t message;               /* number of this message in the session */
	struct stamp stamp;
};

void submission_learn(struct session *);
/* 0, or the reply to MAIL: TLS or AUTH is missing */
const char *submission_may_begin(struct session *);
/* the same for a sender, "local@domain" or ""; the last question before a message begins, for it is counted then */
const char *submission_sender(struct session *, const char *address);
/* the same for a recipient: there are limits */
const char *submission_recipient(struct session *);

void submission_message(struct session *);      /* a message begins */
bool submission_stamps(const struct session *); /* may its header still lack something that we add? */
/* hand on n bytes from from and the head bytes before them, and what the header lacks where it ends */
void submission_put(struct session *, char *from, size_t head, size_t n);
void submission_end(struct session *);          /* the message is complete: was there only a header? */
const char *submission_protocol(const struct session *);        /* RFC 3848, 6531: SMTP, ESMTPSA... */
void submission_trace(const struct session *, struct received *);

#endif
