/* envelope - who injects -> pneu-queue, on descriptor 1 of the latter (the qmail-queue interface)
 *
 *   F sender 0  (letter value 0)*  (T recipient 0 (letter value 0)*)+  0
 *
 * Addresses are plain bytes, not quoted; "" is the null sender. No value holds a control byte (0x01 to 0x1f, 0x7f), so
 * none can begin another line or command further on; a parameter's, but A's and H's, holds no space either. A letter between F and the
 * first T is a parameter of the message, one after a T is of that recipient; each stands once at the most:
 *   message    B body type (RFC 6152)   E ENVID, as xtext   R RET, FULL or HDRS (RFC 3461)   U "1": SMTPUTF8 (RFC 6531)
 *              H why it is to be held: the runner does not begin with it until an operator releases it
 *              A the login that was authenticated, C the address of the client: what is known of where it comes from. Anybody
 *                may write them, so who reads them looks at the uid that injected the message (qf_believed, wire/queuefile.h)
 *              L seconds, 1 to ENVELOPE_LIFETIME: after so many it is not tried any more, nor when queuelifetime is over
 *              W "1": a user here has forwarded it, so the runner makes it a job that is FORWARDED (wire/job.h)
 *   recipient  N NOTIFY, words with commas between them   O ORCPT, TYPE;xtext (RFC 3461)
 * qmail-queue's own callers send none of them, so each side works with qmail's.
 *   limits  an address or value ENVELOPE_ADDR bytes (else exit 11), ENVELOPE_RCPTS recipients, the whole ENVELOPE_MAX
 *   broken  end of file before the last 0: nothing is queued (exit 54); anything else odd: exit 91
 *   tests   tests/wire/envelope_test.c    manual: pneu-queue(8) */
#ifndef WIRE_ENVELOPE_H
#define WIRE_ENVELOPE_H

#include <stdbool.h>

#include "lib/buf.h"

#define ENVELOPE_ADDR 1002              /* with its letter 1003, qmail-queue's limit */
#define ENVELOPE_MAX (64u << 20)
#define ENVELOPE_RCPTS 1000000          /* the runner keeps 48 bytes and the address of each in memory */
#define ENVELOPE_LIFETIME 31536000      /* a year */

/* building one, in order; all append to b, which should have the ceiling ENVELOPE_MAX */
bool envelope_sender(struct buf *, const char *sender);
bool envelope_param(struct buf *, char letter, const char *value);
bool envelope_rcpt(struct buf *, const char *rcpt);
bool envelope_end(struct buf *);

enum envelope_result { ENVELOPE_OK, ENVELOPE_CUT, ENVELOPE_LONG, ENVELOPE_BAD, ENVELOPE_TROUBLE };
/* check all n bytes against the grammar above */
enum envelope_result envelope_check(const char *, size_t n);
/* read the descriptor to its end into b, which is empty and has the ceiling ENVELOPE_MAX + 1, and check that; more is BAD.
 * TROUBLE: errno, ENOMEM for want of memory */
enum envelope_result envelope_read(struct buf *, int fd);
/* walk a checked one: the record at *at (letter, then value, then 0); moves *at; false at the last 0 */
bool envelope_next(const char **at, char *letter, const char **value);

#endif
