/* offers - what a server said it can do, after EHLO or LHLO
 *
 * One struct for one connection. What is not offered is never used (RFC 5321 4.1.1.1). */
#ifndef REMOTE_OFFERS_H
#define REMOTE_OFFERS_H

#include <stdbool.h>
#include <stdint.h>

#include "mail/reply.h"

enum offers_auth { OFFERS_PLAIN = 1, OFFERS_LOGIN = 2, OFFERS_XOAUTH2 = 4, OFFERS_OAUTHBEARER = 8 };

struct offers {
	bool pipelining;                /* RFC 2920 */
	bool eightbit;                  /* 8BITMIME, RFC 6152 */
	bool utf8;                      /* SMTPUTF8, RFC 6531 */
	bool dsn;                       /* RFC 3461 */
	bool chunking;                  /* RFC 3030; it may have been taken out since: remote/transaction.h */
	bool starttls;                  /* RFC 3207 */
	unsigned auth;                  /* RFC 4954: those of the mechanisms below, as bits */
	bool sized;                     /* SIZE, RFC 1870 */
	uint64_t size_max;              /* with sized; 0: no limit given */
	/* LIMITS, RFC 9422; 0: no limit said */
	uint64_t mail_max;              /* transactions of one connection */
	uint64_t rcpt_max;              /* recipients of one transaction */
	uint64_t domain_max;            /* domains among them */
};

/* from a reply to EHLO with a 2xx code */
void offers_read(struct offers *, const struct reply *);
/* from one to HELO: none */
void offers_none(struct offers *);

#endif
