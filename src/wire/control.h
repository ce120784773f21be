/* control - a tool <-> send, over the SOCK_SEQPACKET socket queue/ctl
 *
 *   from   fields, each ending in 0     meaning
 *   tool   verb [argument]              see below
 *   send   "K" text                     done; text may be lines
 *   send   "E" text                     not done, because of text
 *
 *   status              numbers, one "name value" a line, then one line a busy site:
 *                       site CHANNEL KEY queued N parked N busy N window N dead SECONDS [rate R] [exchangers NAME]
 *                       and one line for exchangers that workers have told of:
 *                       exchangers NAME sites N open N busy N window N most N dead SECONDS rate R
 *   flush               try everything now
 *   retry ID            try this one now
 *   retry-site NAME     try now what waits for a domain, a relay or an exchanger of this name; with a dot before it, for
 *                       what is below it too; or for a local user. Answered before it is done: the log tells
 *   hold ID             out of the way until released (hold/XX/ID)
 *   release ID          back again
 *   expire ID           one last attempt; what fails then bounces
 *   delete ID           gone, no bounce
 *   reload              read the control files again, as SIGHUP does
 *
 *   who    root and the runner's own user may do all, others only the numbers of status
 *   broken a malformed packet ends that connection and nothing else
 *   limits CONTROL_PACKET bytes a packet, CONTROL_CLIENTS connections
 *   tests  tests/program/send_ctl.t    manual: pneu-job(5), pneu-qctl(8) */
#ifndef WIRE_CONTROL_H
#define WIRE_CONTROL_H

#include <stdbool.h>

#include "lib/buf.h"

#define CONTROL_PACKET 65536
#define CONTROL_CLIENTS 16
#define CONTROL_TIMEOUT_S 30            /* how long a tool waits for an answer */

/* For tools: ask and wait. true: answered, *done says K or E, text holds the words.
 * false: errno (ENOENT, ECONNREFUSED: no runner; ETIMEDOUT: it is silent). argument may be 0. */
bool control_ask(const char *verb, const char *argument, bool *done, struct buf *text);
/* A listening socket at queue/ctl, or -1. The working directory is the queue. */
int control_listen(void);

#endif
