/* authorize - a POP3 client before it has logged in: the AUTHORIZATION state of RFC 1939
 *
 * Invariant: a password stands in the line until it is answered, and in the question; never in a log line. Not a byte behind
 * the line that logs in is read: what the client says next is for the program that serves its mail. */
#ifndef POP_AUTHORIZE_H
#define POP_AUTHORIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pop/dialog.h"
#include "wire/credentials.h"
#include "wire/peer.h"
#include "wire/tlswrap.h"

#define AUTHORIZE_BANNER 300
#define AUTHORIZE_COMMAND_S 60
#define AUTHORIZE_S 300                 /* from the greeting to the login */

struct authorize {
	struct dialog *d;
	struct peer *peer;
	struct tls tls;
	const char *host, *id;
	bool apop;                      /* the program knows passwords in clear, so APOP works */
	int keeper;                     /* keeper.h */
	uint64_t without_tls, most_wrong, delay_s;
	char banner[AUTHORIZE_BANNER];  /* with apop: the timestamp, <...> */
	char login[CREDENTIALS_LOGIN + 1];      /* of USER; "" none */
	uint64_t wrong, bad, commands;
	bool over;
};

/* greeting to end; who fills in the struct has set what the keeper and the settings say, the rest is zero */
void authorize_run(struct authorize *);

#endif
