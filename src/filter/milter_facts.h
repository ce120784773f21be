/* milter_facts - what a milter is told about the session, from the environment (wire/filter.h)
 *
 * Mail that no client brought over a network is said to come from localhost, 127.0.0.1, so that a milter takes it for our
 * own. All words are printable ASCII, and bounded. */
#ifndef FILTER_MILTER_FACTS_H
#define FILTER_MILTER_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/ip.h"
#include "wire/filter.h"

struct milter_facts {
	bool remote;                    /* a client brought it: our server has put a Received field on top */
	char family;                    /* of the protocol: '4' '6', 'U' not known */
	uint16_t port;
	char ip[8 + IP_TEXT];           /* "192.0.2.1", "IPv6:2001:db8::1"; "" with 'U' */
	char host[FILTER_WORD + 1];     /* its name, else [ip] */
	char helo[FILTER_WORD + 1], protocol[FILTER_WORD + 1], login[FILTER_WORD + 1], session[FILTER_WORD + 1];
	char tls[FILTER_WORD + 1];
	const char *tls_version, *cipher, *cipher_bits; /* in tls; "" not known */
	char local_ip[8 + IP_TEXT];     /* of ours that it came to, or "" */
	const char *me;                 /* our name, the caller's */
};

void milter_facts(struct milter_facts *, const char *me);

#endif
