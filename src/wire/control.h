/* control - a tool <-> send, over the SOCK_SEQPACKET sockets queue/ctl and queue/pub/ctl
 *
 *   from   fields, each ending in 0     meaning
 *   tool   verb [word...] [ID...]       see below
 *   send   "K" text                     done; text may be lines
 *   send   "E" text                     not done, because of text
 * A tool may send the next requests before it has the answers, which come in order.
 *
 *   status              numbers, one "name value" a line, and "rate NAME total N 1m N 5m N 15m N" (queue/rates.h), then lines of what an operator paused:
 *                       paused WHAT since WHEN uid UID
 *                       then one line for exchangers that workers have told of:
 *                       exchangers NAME sites N open N busy N window N most N dead SECONDS rate R
 *                       and one line a busy site:
 *                       site CHANNEL KEY queued N parked N busy N window N dead SECONDS [rate R] [exchangers NAME]
 *   live                for a person who watches: the numbers and rates of status, then
 *                       age MINUTES N   messages younger than that, and no younger than the one before; "-": the rest
 *                       unplaced N      messages that wait for their time, and have not been tried since the start
 *                       paused WHAT since WHEN uid UID
 *                       delivery NUMBER ID CHANNEL SECONDS RECIPIENTS <tab> KEY <tab> ADDRESS
 *                       place CHANNEL busy N queued N waiting N window N most N dead SECONDS paused 0|1 ago SECONDS
 *                             <tab> KEY <tab> RATE <tab> EXCHANGERS <tab> what was said so long ago, when something went wrong
 *                       Control bytes are masked. Messages are counted once in a while, so waiting, age and unplaced may be
 *                       some seconds old. The lists end where the packet does: the longest delivery and the place with most
 *                       to do come first
 *   flush               try everything now
 *   retry-site NAME     try now what waits for a domain, a relay or an exchanger of this name; with a dot before it, for
 *                       what is below it too; or for a local user. Answered before it is done: the log tells
 *   reload              read the control files again, as SIGHUP does
 *   pause WHAT          begin no delivery there until resumed, also by the next runner; WHAT is all, local, remote, or as
 *                       retry-site has it
 *   resume WHAT         the same WHAT; what waits for it is tried now
 *
 * and those for messages. With one ID the answer is K or E for it; with more it is K, and the text has a line "ID reason" for
 * each with which it was not done. E then: for none, or the text says how far it went.
 *   retry ID...         try these now
 *   hold ID...          out of the way until released (hold/XX/ID)
 *   release ID...       back again
 *   expire ID...        one last attempt; what fails then bounces. One that is held is released for that
 *   bounce ID...        back to the sender without another attempt, held or not
 *   delete ID...        into the trash, no bounce, held or not
 *   purge ID...         gone at once, from the trash too
 *   undo ID...          out of the trash, where it was
 *   redirect FROM TO ID...   the recipient FROM becomes TO; "@old" and "@new": all recipients of a domain
 *   reroute ROUTE ID... its remote recipients go by this route (wire/route.h); "": by the rules again
 * What is being delivered goes on; hold, delete, purge, expire, bounce, redirect and reroute are for what is then left.
 *
 *   queue/pub/ctl is for all users of the host, and knows the numbers of status, and
 *   mine                what is waiting of that which this user has injected, held or not: a packet for each
 *                       "M" ID PLACE ARRIVAL BYTES SENDER {STATE RECIPIENT}...
 *                       (PLACE msg or hold, ARRIVAL seconds since 1970, STATE a letter as pneu-qread -1 has it, recipients as
 *                       injected and no more than fit), then the K; its text is their number. E: try again later
 *   cancel ID           delete, if this user has injected it, and it is not held
 *   await ID            what becomes of it, if this user has injected it or is root: once each recipient has been heard of, at once if that
 *                       has happened, also shortly after it is gone
 *                       "K" STATE {VERDICT STATUS RECIPIENT TEXT}...
 *                       (STATE delivered, failed, queued, held or deleted; VERDICT D, Z or K as in wire/job.h, in that order, recipients as
 *                       injected and as many as fit, TEXT what was said last; STATUS and TEXT may be ""). Then the connection ends;
 *                       until then nothing else may be sent. E: that is not known, or too many wait
 *
 *   who    on queue/ctl root and the runner's own user may do all, others only the numbers of status and live
 *   broken a malformed packet ends that connection and nothing else
 *   limits CONTROL_PACKET bytes a packet, CONTROL_IDS IDs, CONTROL_CLIENTS connections
 *   tests  tests/program/send_ctl.t, qctl.t, qctl_users.t, await.t    manual: pneu-job(5), pneu-qctl(8) */
#ifndef WIRE_CONTROL_H
#define WIRE_CONTROL_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/buf.h"

#define CONTROL_PACKET 65536
#define CONTROL_CLIENTS 16
#define CONTROL_IDS 500                 /* in a packet; their answers fit one */
#define CONTROL_TIMEOUT_S 30            /* how long a tool waits for an answer */

/* For tools: ask at queue/ctl, or with users at queue/pub/ctl, and wait. true: answered, *done says K or E, text holds the words.
 * false: errno (ENOENT, ECONNREFUSED: no runner; ETIMEDOUT: it is silent). argument may be 0. */
bool control_ask(bool users, const char *verb, const char *argument, bool *done, struct buf *text);
/* The same in pieces, for many requests over one connection. A socket, the caller's, or -1 with errno as above; users: that of
 * queue/pub/ctl. It waits no longer than CONTROL_TIMEOUT_S for anything. */
int control_connect(bool users);
/* a request, or an answer, that has been built; false: errno, ETIMEDOUT as above */
bool control_send(int sock, const struct buf *packet);
bool control_receive(int sock, bool *done, struct buf *text);   /* EPROTO: not an answer */
/* The next packet into the CONTROL_PACKET bytes of space, fields that end in 0; 0: the other end is gone; -1: errno */
ssize_t control_packet(int sock, char *space);
/* A listening socket at queue/ctl, or -1. The working directory is the queue. */
int control_listen(void);
/* ... and at queue/pub/ctl, which everybody may reach who may reach the queue directory */
int control_listen_users(void);

#endif
