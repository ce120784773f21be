/* await - what becomes of a message that has just been queued
 *
 * For sendmail --wait, after inject_end has said K and the ID:
 *
 *	struct await a;
 *	enum await_result r = await_message(&a, id, limit_s);
 *	while (await_reply(&a, &reply))
 *		... reply.rcpt, reply.text
 *	await_free(&a);
 *
 * The runner answers when each recipient has been heard of once, be that a deferral: who waits wants to know how the first attempt
 * went, and later ones come minutes apart. So an answer does not take longer than the first attempt, and is there at once if that is
 * over. A message whose destination is busy or paused has no attempt yet: then the limit ends the wait.
 * Only who injected the message may ask, and root. In all cases but DELIVERED, FAILED and DELETED the message is safe in the queue
 * and nothing needs to be done.
 *
 *   result             means                                                   sendmail --wait exits with
 *   AWAIT_DELIVERED    delivered to all recipients                             0
 *   AWAIT_FAILED       not to one of them at the least; a bounce is on its way 69
 *   AWAIT_DELETED      an operator deleted it before it was delivered          69
 *   AWAIT_QUEUED       one was deferred, or the limit was reached: it is       75
 *                      tried again
 *   AWAIT_HELD         an operator or a filter holds it                        75
 *   AWAIT_NO_RUNNER    it waits until there is one                             75
 *   AWAIT_UNKNOWN      why says why: the runner does not know, or does not     75
 *                      answer, or too many wait. It may be delivered already
 *
 *   limits   limit_s 0 to AWAIT_MOST_S seconds; a runner that hangs may add CONTROL_TIMEOUT_S. Replies as many as fit a packet
 *            (wire/control.h), those that failed first; texts of 1000 bytes; for a message of more than 100 recipients there may
 *            be none
 *   memory   all is freed by await_free; replies last until then. No descriptor stays open
 *   tests    tests/program/await.t      manual: pneu-job(5) */
#ifndef INJECT_AWAIT_H
#define INJECT_AWAIT_H

#include <stdbool.h>

#include "lib/buf.h"
#include "wire/fields.h"

#define AWAIT_MOST_S 86400

enum await_result {
	AWAIT_DELIVERED, AWAIT_FAILED, AWAIT_DELETED, AWAIT_QUEUED, AWAIT_HELD, AWAIT_NO_RUNNER, AWAIT_UNKNOWN
};

struct await {
	enum await_result result;
	const char *why;                /* the result in words, one line, printable: "delivered", "no answer within the time" */
	struct buf answer;              /* inside */
	struct fields rest;
};

struct await_reply {                    /* of one recipient; printable, one line each */
	char verdict;                   /* K delivered, Z deferred or not tried yet, D failed */
	const char *status;             /* enhanced status code, or "" */
	const char *rcpt;               /* as it was written to; twice if an alias stands for two */
	const char *text;               /* what was said last; "" where nothing was, and of deliveries on this host */
};

/* SIGPIPE must be ignored. The await is the caller's, and needs no preparation. */
enum await_result await_message(struct await *, const char *id, unsigned limit_s);
bool await_reply(struct await *, struct await_reply *);         /* the next one; false: no more */
void await_free(struct await *);

#endif
