/* route - where mail for a domain goes, as send tells rspawn and rspawn tells remote
 *
 *   mx DOMAIN           the hosts in the domain's MX records, or its own addresses; port 25
 *   mx [ADDRESS]        the address literal of a recipient, "[192.0.2.1]" or "[IPv6:2001:db8::1]"
 *   host NAME PORT      this one host, no MX look-up; NAME may be an IPv4 or IPv6 address, without brackets
 *
 * The text is also the key under which send counts connections, so names are in lower case. */
#ifndef WIRE_ROUTE_H
#define WIRE_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

#define ROUTE_NAME 256

struct route {
	bool mx;
	char name[ROUTE_NAME + 1];
	uint16_t port;
};

bool route_put(struct buf *, const struct route *);             /* appends the text, no 0; false as buf_put */
bool route_get(const char *text, struct route *);               /* false: not a route */

#endif
