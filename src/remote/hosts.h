/* hosts - the hosts to try for a route, best first, with their addresses (RFC 5321 5.1)
 *
 * Hosts in order of preference, in random order among equals; the addresses of all are looked up together. Of one host those
 * come first that did not fail lately (remote/tcpto.h), and IPv6 and IPv4 alternate as dns gives them or the route's family
 * wants; a host that has only addresses that failed lately comes after all others. A host that is ourselves is cut, and with
 * it all that are no better (RFC 5321 5.1): by name here, by address once hosts_ourselves is told.
 * At most HOSTS_MX hosts and HOSTS_ADDRS addresses of each. The struct is the caller's; nothing else is kept. */
#ifndef REMOTE_HOSTS_H
#define REMOTE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "remote/connect.h"
#include "remote/dns.h"
#include "remote/result.h"
#include "lib/buf.h"
#include "wire/route.h"

#define HOSTS_MX 20
#define HOSTS_ADDRS CONNECT_MOST
#define HOSTS_FRESH_MS 60000    /* hosts_begin asks again for what is older */

struct host {
	char name[ROUTE_NAME + 1];
	uint16_t preference, port;
	bool visited;           /* in this search */
	bool is_secure;         /* the DNS said its addresses and they are authentic */
	enum dns_result result;
	size_t addrs;
	struct connect_address addr[HOSTS_ADDRS];
	char canonical[256];    /* where its CNAMEs led; "" */
	char why[DNS_WHY];      /* with addrs 0 */
};

struct hosts {
	struct route route;
	const char *me;         /* our name in MX records; 0: we have none */
	struct host host[HOSTS_MX];
	size_t count, cut;      /* those that were ours, or no better, are not counted; how many there were */
	bool is_mx;             /* the hosts come from MX records */
	bool is_secure;         /* and the DNS says those are authentic */
	int64_t found_ms;       /* when; 0: not yet */
};

/* Start from the best; false: there is nobody, *why says how. Before the first time all is 0 but route and me. */
bool hosts_begin(struct hosts *, struct result *why);
/* The next host, or 0: that was all. With addrs 0 it has none, and *why says how. */
struct host *hosts_next(struct hosts *, struct result *why);
/* is there one more in this search that has not failed lately? */
bool hosts_left(const struct hosts *);
/* This host turned out to be ourselves: it and all that are no better are no hosts any more; *why is what is to be said of it */
void hosts_ourselves(struct hosts *, struct host *, struct result *why);
/* One word that is the same for all MX routes with the same hosts, preferences and words (wire/job.h), appended; after
 * hosts_begin. salt: what else must be the same. Where no host was found it is the domain's own. False as buf_put */
bool hosts_word(const struct hosts *, const char *salt, struct buf *);

#endif
