/* keeper - the two processes of pneu-popup, and what they say to each other
 *
 * One speaks to the client and, where there is root, is not root. The other waits, parses nothing, and starts the checkpassword
 * program, with the client's descriptors, when it is told a login and a password; it is the one that may become the user.
 *   speaker -> keeper   KEEPER_CLEAR or KEEPER_UCSPI, then what goes to the program's descriptor 3, CREDENTIALS_ASKED bytes at most
 *   keeper  -> speaker  enum keeper_answer, a byte
 * Over a SOCK_SEQPACKET pair; the end of either is the end of both. */
#ifndef POP_KEEPER_H
#define POP_KEEPER_H

#include <stddef.h>

#include "wire/credentials.h"

#define KEEPER_CLEAR 'c'                /* the client is at descriptors 0 and 1 */
#define KEEPER_UCSPI 'u'                /* it is at those that UCSPI-TLS gave for the encrypted connection */

enum keeper_answer {
	KEEPER_DONE = 'D',              /* the program, or what it became, has ended well: the session is over */
	KEEPER_WRONG = 'W',             /* it says that the password is wrong */
	KEEPER_TROUBLE = 'T'            /* all else; it has been logged */
};

/* for the speaker */
enum keeper_answer keeper_ask(int sock, char where, const char *question, size_t n);
/* the keeper, to the end. argv: the checkpassword program and its arguments; id: for the log */
void keeper_run(int sock, char **argv, const char *id);

#endif
