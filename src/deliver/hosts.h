/* hosts - the addresses to try for a route, best first (RFC 5321 5.1)
 *
 * Hosts in order of preference, in random order among equals; the addresses of one host in the order dns gives. A host's
 * addresses are looked up only when its turn comes. At most HOSTS_MX hosts and HOSTS_ADDRS addresses of each.
 * The struct is the caller's; nothing else is kept. */
#ifndef DELIVER_HOSTS_H
#define DELIVER_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deliver/dns.h"
#include "deliver/result.h"
#include "wire/route.h"

#define HOSTS_MX 20
#define HOSTS_ADDRS 16
#define HOSTS_FRESH_MS 60000    /* hosts_begin asks again for what is older */

struct hosts {
	struct route route;
	struct dns_mx mx[HOSTS_MX];
	size_t count, at;
	struct dns_addr addr[HOSTS_ADDRS];      /* of the host before at */
	size_t addrs, addr_at;
	bool is_mx;                             /* the hosts come from MX records */
	int64_t found_ms;                       /* when; 0: not yet */
};

enum hosts_result {
	HOSTS_ADDRESS,          /* here is one */
	HOSTS_TROUBLE,          /* this host has none, *why says how; go on */
	HOSTS_END               /* that was all */
};

/* start from the best; false: there is nobody, *why says how */
bool hosts_begin(struct hosts *, struct result *why);
enum hosts_result hosts_next(struct hosts *, struct dns_addr *, struct result *why);

#endif
