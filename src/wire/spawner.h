/* spawner - send <-> lspawn, send <-> rspawn: asking for a worker
 *
 *   from     fields, each ending in 0          with it       meaning
 *   send     number key                        -             a worker for key, please
 *   spawner  number "K" "" ""                  job socket    here it is: jobs go straight to it (wire/job.h)
 *   spawner  number "Z"|"D" status text        -             none, for now or for ever, because of text
 *
 *   number   decimal, chosen by send, echoed
 *   key      rspawn: a route as wire/route.h writes it. lspawn: a local part, after virtualdomains; or
 *            SPAWNER_MAILBOX and a local part: that user's mailbox, whatever his .qmail or .forward says; or
 *            SPAWNER_INSTRUCTION and one line, "|command" or "/file": for the alias user to carry out
 *   status   as in wire/job.h; text at most JOB_TEXT bytes, a longer one ends in "..."
 *   limits   SPAWNER_KEY bytes of key, SPAWNER_PACKET in all, SPAWNER_WORKERS workers at once ("Z" beyond)
 *   order    one answer to each request, in any order; end of file ends the spawner, its workers go on
 *            until their own sockets end
 *   trust    send treats what it cannot read as "Z"; a spawner that dies ends the whole house (pneu-start)
 *   tests    tests/wire/spawner_test.c    manual: pneu-job(5) */
#ifndef WIRE_SPAWNER_H
#define WIRE_SPAWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/job.h"

#define SPAWNER_KEY 1100
#define SPAWNER_MAILBOX '\1'            /* no local part begins with these */
#define SPAWNER_INSTRUCTION '\2'
#define PROGRAM_TIMEOUT_S 1000          /* control/programtimeout, which send waits for and lspawn hands on: preset, */
#define PROGRAM_TIMEOUT_MOST_S 86400    /* and most */
#define SPAWNER_PACKET 6000
#define SPAWNER_WORKERS 2000            /* that a spawner has at once at the most; send keeps well below */

struct spawner_request {
	uint64_t number;
	const char *key;
};

struct spawner_answer {
	uint64_t number;
	char verdict;                   /* K Z D */
	const char *status, *text;      /* inside the packet; "" with K */
	int worker;                     /* with K the caller's socket, else -1 */
};

/* flags: 0 or MSG_DONTWAIT; space has SPAWNER_PACKET bytes and keeps what the result points into */
bool spawner_ask(int sock, const struct spawner_request *, int flags);
enum job_result spawner_asked(int sock, char *space, struct spawner_request *, int flags);
bool spawner_answer(int sock, const struct spawner_answer *, int flags);
enum job_result spawner_answered(int sock, char *space, struct spawner_answer *, int flags);

#endif
