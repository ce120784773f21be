/* spf - the terms of a domain's policy for its senders (SPF, RFC 7208), taken apart
 *
 * Nothing is looked up here. The words are not copied: a term points into the record.
 *   tests  tests/unit/spf_test.c */
#ifndef MAIL_SPF_H
#define MAIL_SPF_H

#include <stdbool.h>
#include <stddef.h>

enum spf_kind {
	SPF_ALL,
	SPF_IP,                 /* ip4, ip6 */
	SPF_A,
	SPF_MX,
	SPF_INCLUDE,
	SPF_REDIRECT,           /* a modifier: it counts when no mechanism has matched */
	SPF_OTHER,              /* a mechanism that depends on more than an address: ptr, exists, anything with a macro */
	SPF_IGNORED             /* another modifier */
};

struct spf_term {
	enum spf_kind kind;
	char qualifier;         /* + - ~ ?; of a mechanism */
	const char *domain;     /* of A MX INCLUDE REDIRECT, len bytes; 0: the domain whose record it is */
	size_t len;
	unsigned char ip[16];   /* of IP, see lib/ip.h */
	unsigned bits4, bits6;  /* of IP A MX: how many bits must agree, of the 128 of lib/ip.h, by the family of the address */
};

enum spf_result { SPF_TERM, SPF_END, SPF_BAD };

/* is this TXT record a policy? */
bool spf_is(const char *text);
/* The next term; *at begins as the record. BAD: not of the grammar (of what is evaluated), which spoils the whole record. */
enum spf_result spf_next(const char **at, struct spf_term *);

#endif
