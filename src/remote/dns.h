/* dns - where a domain's mail goes and what addresses a host has, asked of the machine's resolvers
 *
 * A stub: the resolvers named in $DNSCACHEIP, else in /etc/resolv.conf, else 127.0.0.1 do the work and keep what they
 * learnt; nothing is remembered here but which of them answered last. UDP with EDNS0 (RFC 6891), TCP for what does not
 * fit (RFC 7766). $DNSCACHEIP holds up to DNSSERVER_MAX addresses separated by blanks, each with an optional port:
 * "127.0.0.1", "127.0.0.1:5353", "[::1]:5353". Names are always taken as they are: no search list, no /etc/hosts.
 *
 * A name is letters, digits, '-' and '_' in labels of 1 to 63 joined by dots, 253 bytes at the most; one dot at its end
 * and the case of letters are ignored. No other name is ever asked for: it is answered DNS_NXDOMAIN, and dns_why says
 * why. That goes for UTF-8 too: a domain with letters outside ASCII must come as its A-label ("xn--...", RFC 5891).
 *
 * A look-up takes at most DNS_TOTAL_S seconds (or what dns_limit said), whatever the servers do.
 *
 * Secure: the resolver says that it validated the answer by DNSSEC (the AD bit, RFC 4035 3.2.3, RFC 6840 5.7), every CNAME
 * on the way included, and the way from it to us is trusted: its address is a loopback one, or the word "trust-ad" stands
 * in $DNSCACHEIP or in an "options" line of resolv.conf. A NODATA or NXDOMAIN can be secure too. A bogus answer is DNS_TEMP:
 * a validating resolver says SERVFAIL, and dns_why says more where the resolver does (RFC 8914).
 * Not for threads: one process, one dns. tests: tests/unit/dns*_test.c, tests/program/dns.t, tests/fuzz/dns_fuzz.c */
#ifndef REMOTE_DNS_H
#define REMOTE_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

#define DNS_TOTAL_S 30
#define DNS_HOPS 10             /* CNAMEs followed, at the most */

enum dns_result {
	DNS_OK,
	DNS_NODATA,             /* the name exists and has no such record */
	DNS_NXDOMAIN,           /* the name, or what it is a CNAME of, does not exist, or can not (see above) */
	DNS_TEMP                /* SERVFAIL, REFUSED, no answer, nonsense, no memory: ask again later */
};

struct dns_mx {
	uint16_t preference;
	char name[256];         /* lower case, no dot at the end; "" is the root: a null MX (RFC 7505) */
};

struct dns_addr {
	int family;             /* AF_INET or AF_INET6 */
	unsigned char ip[16];   /* network order, 4 or 16 bytes of it; the rest is 0 */
};

/* find the resolvers; false: *why says what is wrong, in static memory. Look-ups call it themselves if nobody did. */
bool dns_init(const char **why);
/* seconds a whole look-up may take, at least 1 */
void dns_limit(unsigned total_s);
/* The MX records of domain, in no order; when there are more than max, the most preferred. With DNS_OK *n is at least 1,
 * otherwise 0. Records whose host is no name in the above sense are left out; DNS_TEMP if no other is there. */
enum dns_result dns_get_mx(const char *domain, struct dns_mx *list, size_t max, size_t *n);
/* The addresses of host, each once: A and AAAA are asked together and alternate in the list, IPv6 first, as far as both
 * last. DNS_OK with at least one (then the other's failure does not matter, and it is not waited for longer than
 * DNS_PATIENCE_S), DNS_TEMP with none if either failed for now, DNS_NXDOMAIN only if both say so. An IPv4 or IPv6 address
 * (no brackets, no zone) is answered as itself, "localhost" and names under it as the loopback addresses (RFC 6761), both
 * without a question to anybody. */
enum dns_result dns_get_addrs(const char *host, struct dns_addr *list, size_t max, size_t *n);

#define DNS_WHY 512             /* the longest reason, with its 0 */

/* one of several hosts whose addresses are looked up at once; name, list and what it points to are the caller's */
struct dns_host {
	const char *name;
	int family;             /* AF_INET or AF_INET6: only such addresses; 0: both */
	struct dns_addr *list;
	size_t max;             /* places in list */
	/* the answer, as dns_get_addrs would give it */
	enum dns_result result;
	size_t n;               /* with DNS_OK at least 1, otherwise 0 */
	bool secure;            /* with DNS_OK: every answer with an address was; otherwise: every answer was, and none failed */
	char canonical[256];    /* with DNS_OK from the DNS: where the CNAMEs led, lower case; "" if that cannot be written */
	char why[DNS_WHY];      /* otherwise the reason, as dns_why */
};

#define DNS_PATIENCE_S 5

/* The addresses of n hosts, all asked at the same time and with one time limit for all. Once one of the questions is answered
 * with an address the others have DNS_PATIENCE_S seconds more: one dead zone does not hold up mail that has another way. Who
 * was not waited for is DNS_TEMP. Takes about 6 KB of memory for each host while it runs, and 64 KB for an answer by TCP;
 * up to 2 n sockets, no more than 64. */
void dns_get_addrs_of(struct dns_host *, size_t n);

#define DNS_TXT_MAX 65535        /* the records of any answer fit into a buf of this ceiling */
/* The TXT records of name, appended to texts: the strings of each joined (RFC 7208 3.3) and followed by a 0, in no order. One
 * that holds a NUL is left out. *n: how many, at least 1 with DNS_OK, else 0. DNS_TEMP also: no memory, or over the ceiling */
enum dns_result dns_get_txt(const char *name, struct buf *texts, size_t *n);

#define DNS_TLSA_DATA 2048      /* the longest association data kept: a whole certificate; digests have 32 or 64 bytes */

/* a TLSA record (RFC 6698 2.1), nothing in it checked: whether these numbers can be used is the reader's to know */
struct dns_tlsa {
	uint8_t usage, selector, matching;
	uint16_t len;           /* of data; 0: none, or over DNS_TLSA_DATA: the record is there but of no use (RFC 7672 3.1) */
	unsigned char data[DNS_TLSA_DATA];
};

/* The TLSA records of _port._tcp.host, in no order, the first max of them. With DNS_OK *n is at least 1, otherwise 0.
 * They count only if dns_was_secure (RFC 7672 2.2); so does that there are none: after DNS_TEMP nobody knows. */
enum dns_result dns_get_tlsa(uint16_t port, const char *host, struct dns_tlsa *list, size_t max, size_t *n);
/* What name itself is a CNAME of, with no step further: lower case, "" if that cannot be written. To tell a secure alias
 * that leads into an insecure zone from an insecure one (RFC 7672 2.2.2). */
enum dns_result dns_get_cname(const char *name, char target[256]);
/* The names of an address (lib/ip.h), by its PTR records: lower case, each followed by a 0, appended to names, in no order. One
 * that cannot be written is left out. *n: how many, at least 1 with DNS_OK, else 0. DNS_TEMP also: as dns_get_txt */
enum dns_result dns_get_ptr(const unsigned char ip[16], struct buf *names, size_t *n);
/* Was the answer of the last look-up secure? Negative ones too; never after DNS_TEMP or what was answered without a question.
 * After dns_get_addrs_of each host has its own. */
bool dns_was_secure(void);
/* what the last look-up that was not DNS_OK has to say, printable ASCII, static memory: "192.0.2.53 said SERVFAIL for MX of a.example" */
const char *dns_why(void);

#endif
