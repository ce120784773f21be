/* hosts - the addresses to try for a route, best first (RFC 5321 5.1)
 *
 * Hosts in order of preference, in random order among equals; the addresses of one host in the order dns gives. A host's
 * addresses are looked up only when its turn comes. At most HOSTS_MX hosts and HOSTS_ADDRS addresses of each. An address
 * that failed a short while ago comes after the others: a worker that has to connect often does not wait for the same
 * dead host each time.
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
#define HOSTS_SHUN_MS 300000    /* how long a failure is remembered */
#define HOSTS_SHUNNED 8         /* how many are */

struct hosts {
	struct route route;
	struct dns_mx mx[HOSTS_MX];
	size_t count, at;
	struct dns_addr addr[HOSTS_ADDRS];      /* of the host before at */
	size_t addrs, addr_at;
	bool is_mx;                             /* the hosts come from MX records */
	int64_t found_ms;                       /* when; 0: not yet */
	int64_t begun_ms;
	bool passed_over, second_round;         /* now come those that were passed over */
	struct hosts_failure {
		struct dns_addr addr;
		int64_t at_ms;                  /* 0: none */
	} failure[HOSTS_SHUNNED];
	unsigned failures;                      /* counted on and on: the oldest is overwritten */
};

enum hosts_result {
	HOSTS_ADDRESS,          /* here is one */
	HOSTS_TROUBLE,          /* this host has none, *why says how; go on */
	HOSTS_END               /* that was all */
};

/* Start from the best; false: there is nobody, *why says how. Before the first time all is 0 but the route. */
bool hosts_begin(struct hosts *, struct result *why);
enum hosts_result hosts_next(struct hosts *, struct dns_addr *, struct result *why);
/* this one did not take mail just now */
void hosts_failed(struct hosts *, const struct dns_addr *);

#endif
