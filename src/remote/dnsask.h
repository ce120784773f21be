/* dnsask - questions on their way to the resolvers, several at once
 *
 * Each question is sent to one server at a time from a socket of its own, with a random port and id, connected so that
 * the kernel drops what comes from elsewhere. Who is silent for DNSASK_WAIT gets no second chance before the others
 * had theirs; who answers with an error or with nonsense is not asked again for this question. */
#ifndef REMOTE_DNSASK_H
#define REMOTE_DNSASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "remote/dns.h"
#include "remote/dnspacket.h"
#include "remote/dnsserver.h"

#define DNSASK_FLIGHT 64                                /* questions at once; the others wait their turn */
#define DNSASK_ROUNDS 3                                 /* how often a silent server is asked */
#define DNSASK_WAIT_MS { 1000, 3000, 11000 }            /* for its answer, by round */
#define DNSASK_PLAIN_ROUND 1                            /* without EDNS: some old forwarder may drop what it does not know */
#define DNSASK_TCP_MS 10000                             /* for connecting and the whole answer */

struct dnsask_servers {
	struct dnsserver list[DNSSERVER_MAX];
	size_t n;               /* at least 1 */
	size_t first;           /* who answered last: asked first */
	int64_t limit_ms;       /* for all questions of a run with all their tries */
};

enum dnsask_state { DNSASK_NEW, DNSASK_UDP, DNSASK_TCP_WRITE, DNSASK_TCP_READ, DNSASK_DONE };

struct dnsask {
	struct dnspacket_question question;
	/* the outcome */
	enum dns_result result;
	struct dnspacket_answer answer;         /* with DNS_OK; points into space or packet: do not move the question */
	bool secure;                            /* unless DNS_TEMP: a trusted server validated every step of it */
	char why[DNS_WHY];                      /* otherwise */
	/* the way there */
	enum dnsask_state state;
	int fd;
	bool plain;                             /* EDNS was refused */
	unsigned hops;                          /* CNAMEs that may still be followed */
	unsigned tries;                         /* servers asked so far, or passed over */
	unsigned out;                           /* bit n: server n has said what it has to say */
	size_t server;
	int64_t deadline_ms, end_ms;            /* clock_mono_ms: of this try, of the whole */
	unsigned char query[2 + DNSPACKET_QUERY];       /* its length, for TCP, then the query */
	size_t len, done;                       /* bytes to go through the TCP connection next, and those that have */
	unsigned char prefix[2];                /* the answer's length by TCP */
	unsigned char *packet;                  /* the answer by TCP, else 0 */
	unsigned char space[DNSPACKET_EDNS + 1];        /* the answer by UDP; what fills it was cut */
};

void dnsask_set(struct dnsask *, const struct dnsname *, enum dns_type);
/* All n to their end; the servers' "first" moves to one that answers. Once one is DNS_OK the others have DNS_PATIENCE_S more. */
void dnsask_run(struct dnsask_servers *, struct dnsask *, size_t n);
void dnsask_free(struct dnsask *);      /* owed after DNS_OK */

#endif
