/* tlslevel - what a route and the settings demand of its connections, before the DNS or a policy raises it
 *
 * An exact word of the route (tls=), or of control/tlslevel, is obeyed; without either it is "may", and for LMTP "no". Without
 * control/tlsclient "may" is "no", and what is more cannot be done. A login= makes it "must" at the least, but where the route
 * itself says tls=no, and on this host: a unix socket, or a relay given as an address of the loopback.
 * Control files: tlsclient tlslevel. */
#ifndef RESOLVE_TLSLEVEL_H
#define RESOLVE_TLSLEVEL_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "wire/route.h"

struct tlslevel_settings {              /* all zero at first */
	struct buf tlsclient;           /* a command; s == 0: there is none */
	enum route_tls preset;
};

/* false: the error says why, and nothing is changed */
bool tlslevel_load(int dir, struct tlslevel_settings *, struct conf_error *);

struct tlslevel {
	enum route_tls level;           /* NO, MAY, MUST, VERIFY or DANE */
	bool implicit;                  /* TLS from the first byte */
	bool login_in_clear;            /* a password may go over this connection without TLS */
	const char *because;            /* of MUST and more: "tls=verify", "login="; else "" */
};

/* for one host of the route, by the name that the route or an MX record gives it */
struct tlslevel tlslevel_of(const struct tlslevel_settings *, const struct route *, const char *host);

#endif
