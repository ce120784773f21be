/* protection - what a connection to one host must be protected with, and that it is not less
 *
 * What the route and the settings say (resolve/tlslevel.h) is obeyed. "may" and "must" are raised by what the domain
 * has published: DANE (RFC 7672) if the answers that lead to the host and its TLSA records are secure, else MTA-STS
 * (RFC 8461) in mode enforce, if the domain's policy is in etc/mtasts. Without control/tlsclient there is no TLS, and what
 * the route demands waits. Control files: tlsclient tlslevel mtasts.
 *   tests  tests/unit/protection_test.c, tests/program/remote_tls*.t, tests/system/remote_dane.t */
#ifndef REMOTE_PROTECTION_H
#define REMOTE_PROTECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "remote/dns.h"
#include "remote/result.h"
#include "lib/buf.h"
#include "lib/conf.h"
#include "resolve/tlslevel.h"
#include "wire/route.h"

#define PROTECTION_TLSA 20              /* records used of a host */
#define PROTECTION_HOST 256

enum protection_level {
	PROTECTION_NO,
	PROTECTION_MAY,                 /* clear text if TLS fails */
	PROTECTION_MUST,                /* from here on never */
	PROTECTION_VERIFY,
	PROTECTION_DANE
};

/* a host and how we came to know of it */
struct protection_host {
	const char *name;               /* of the route or of the MX record; or an address */
	const char *canonical;          /* where its CNAMEs led; "" or 0: itself, or not known */
	uint16_t port;
	bool mx_secure;                 /* the MX answer, or that there is none, was; true if the route names the host */
	bool addr_secure;               /* the answers with its addresses were */
};

struct protection {                     /* of one host; all zero at first, its memory is used again and again */
	enum protection_level level;
	bool implicit;                  /* TLS from the first byte */
	const char *word;               /* the level as TLS_LEVEL says it (remote/tlsclient.h) */
	const char *command;            /* of the settings; 0: none */
	bool login_in_clear;            /* a password may go over this connection without TLS */
	const char *because;            /* "tls=verify", "DANE", "MTA-STS", "login=", for messages; "" with NO and MAY */
	char host[PROTECTION_HOST];     /* the name to ask for and to check */
	struct buf tlsa;                /* lines "USAGE SELECTOR MATCHING HEX" with DANE */
};

/* What a domain of this route has published for itself, not for its hosts: two domains with the same hosts may share a connection
 * only if this is the same, too. Text, "" most often; into salt, which is overwritten. False as buf_put */
bool protection_salt(const struct tlslevel_settings *, const struct route *, struct buf *salt);
/* False: this host is not to be used now, *why says so. DNS is asked for TLSA records only. */
bool protection_decide(struct protection *, const struct tlslevel_settings *, const struct route *,
    const struct protection_host *, struct result *why);

#endif
