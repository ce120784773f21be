/* filter - what a program in pneu-queue's place is told of the session, in the environment (wire/filter.h) */
#ifndef SMTP_FILTER_H
#define SMTP_FILTER_H

#include <stdbool.h>

#include "lib/buf.h"

struct peer;
struct session;

struct filter_facts {
	const struct peer *peer;
	const char *id;                 /* of the session */
	const char *helo, *protocol, *login, *tls;      /* "": not told */
	bool local;                     /* a program of this host, not a client */
};

/* The same for a session of another kind */
bool filter_tell(const struct filter_facts *);

/* Append who the client is, as parameters of the message (wire/envelope.h); nothing for a program of qmail's. False as buf_put */
bool filter_origin(const struct session *, struct buf *envelope);

/* For the message that begins; nothing to do where pneu-queue itself is run. False: errno, no memory */
bool filter_environment(const struct session *);

#endif
