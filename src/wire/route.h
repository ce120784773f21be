/* route - where mail for a domain goes, as send tells rspawn and rspawn tells remote
 *
 *   mx DOMAIN                       the hosts in the domain's MX records, or its own addresses; port 25
 *   mx [ADDRESS]                    the address literal of a recipient, "[192.0.2.1]" or "[IPv6:2001:db8::1]"
 *   host NAME PORT [NAME PORT]...   these hosts one after the other, no MX look-up; NAME may be an IPv4 or IPv6 address,
 *                                   without brackets
 *   lmtp NAME PORT [NAME PORT]...   the same by LMTP (RFC 2033)
 *   lmtp PATH                       LMTP through the unix socket of this absolute path, which has no space
 *
 * and after that words in this order, each at most once:
 *
 *   tls=LEVEL     no, may, must, verify, dane: of STARTTLS; smtps, smtps-verify: TLS from the first byte
 *   login=NAME    the line of control/smtplogins to log in with; not with mx, where anybody may say who the hosts are
 *   family=WHICH  4, 6: only these addresses; 46, 64: these first
 *   bind=ADDRESS  our end of the connection; once for IPv4, once for IPv6
 *
 * The text is also the key under which send counts connections, so names are in lower case. */
#ifndef WIRE_ROUTE_H
#define WIRE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

#define ROUTE_NAME 256
#define ROUTE_HOPS 8
#define ROUTE_LOGIN 100

enum route_way { ROUTE_MX, ROUTE_HOST, ROUTE_LMTP, ROUTE_LMTP_UNIX };

enum route_tls {
	ROUTE_TLS_PRESET,       /* nothing said: as the settings of pneu-remote have it */
	ROUTE_TLS_NO,
	ROUTE_TLS_MAY,          /* if the server offers it, unverified */
	ROUTE_TLS_MUST,         /* or no mail, unverified */
	ROUTE_TLS_VERIFY,       /* and the certificate holds for the host's name */
	ROUTE_TLS_DANE,         /* and it is what the DNS says (RFC 7672) */
	ROUTE_TLS_SMTPS,
	ROUTE_TLS_SMTPS_VERIFY
};

enum route_family { ROUTE_FAMILY_ANY, ROUTE_FAMILY_4, ROUTE_FAMILY_6, ROUTE_FAMILY_46, ROUTE_FAMILY_64 };

struct route {
	enum route_way way;
	struct route_hop {
		char name[ROUTE_NAME + 1];      /* the domain of ROUTE_MX, the path of ROUTE_LMTP_UNIX */
		uint16_t port;                  /* 25 for ROUTE_MX, 0 for ROUTE_LMTP_UNIX */
	} hop[ROUTE_HOPS];
	size_t hops;                            /* at least 1; 1 for ROUTE_MX and ROUTE_LMTP_UNIX */
	enum route_tls tls;
	char login[ROUTE_LOGIN + 1];            /* "": none */
	enum route_family family;
	bool bound[2];                          /* has it a bind? IPv4, IPv6 */
	unsigned char bind[2][16];              /* as lib/ip.h has them */
};

bool route_put(struct buf *, const struct route *);             /* appends the text, no 0; false as buf_put */
bool route_get(const char *text, struct route *);               /* false: not a route */
/* One of the words above into the route; false: it is none, or the route has one. For text that people write, too */
bool route_word(struct route *, const char *word, size_t len);
/* may a login be called so? letters, digits and "-._+@" */
bool route_login(const char *name, size_t len);

#endif
