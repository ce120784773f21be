/* reach - a connection to a host that takes mail for the route: one host after the other, all addresses of one at a time
 *
 * In order: reach_begin, reach_next, and when that host then takes no mail after all, reach_failed and reach_next again. What
 * each of them said is collected in all, and one "later" makes it "later". A host that cannot be protected as it must be takes no
 * mail; where clear text will do, TLS that fails is followed by a second connection without it.
 * A search takes no longer than REACH_ROUNDS times the time limit of one connection. */
#ifndef REMOTE_REACH_H
#define REMOTE_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "remote/client.h"
#include "remote/hosts.h"
#include "remote/protection.h"
#include "remote/result.h"

#define REACH_ROUNDS 5

struct reach {
	struct hosts hosts;
	struct tlslevel_settings tls; /* filled in before */
	struct host *host;              /* the one whose turn it is; 0: none yet */
	struct protection protection;   /* what it needs */
	struct connect_address left[HOSTS_ADDRS];       /* its addresses not tried so far */
	size_t count;
	struct dns_addr peer;           /* where the connection leads */
	struct result why, all;         /* the last trouble; all of a search (verdict 0: none) */
	bool spoke;                     /* one of the hosts was heard about the message: it is no silent place */
	int64_t until_ms;
};

/* A new search; false: there is no host, and all says why. Before the first time all is 0 but hosts.route and hosts.me. */
bool reach_begin(struct reach *, const struct client *);
/* A connection that has greeted us, or false: all of them have been tried */
bool reach_next(struct reach *, struct client *);
/* Another message over the connection that is there: nothing is collected of it yet, and there is time to go on from here. */
void reach_renew(struct reach *, const struct client *);
/* the host, to which the connection is closed, does not take this message now, because of why: reach_next goes on behind it */
void reach_leave(struct reach *);
/* the connection of reach_next, which the caller closes, took no mail, because of why */
void reach_failed(struct reach *);

#endif
