/* rules - the databases of tcprules: who may connect, and with which variables
 *
 *   key     an address, part of one, or a host name; see rules_find
 *   data    any number of items, each ending in 0, in any order:
 *             D             refuse the connection
 *             +NAME=VALUE   set this variable
 *           no data: allow, nothing to set
 *   writer  pneu-tcprules, or the tcprules of ucspi-tcp; both write cdb
 *   limits  a database RULES_FILE_MAX bytes, a rule RULES_VARS variables; cdb itself ends at 4 GiB
 *   trust   every offset and length is checked; an item that is none of the two spoils its rule
 *   broken  a cut or damaged database is an error of its own, never "no rule" (EPROTO, RULES_DAMAGED)
 *   tests   tests/wire/rules_test.c    manual: pneu-tcprules(1)
 *
 * A loaded database is a copy in memory, so a file that is cut or overwritten in place harms nobody.
 * rules_load fills a struct rules that was all zero, rules_free empties it again; what a struct rule points to
 * lives until then. */
#ifndef WIRE_RULES_H
#define WIRE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/ip.h"

#define RULES_FILE_MAX (64u << 20)
#define RULES_VARS 64                   /* most variables of one rule */
#define RULES_KEY 600                   /* a longer key is never looked for */

struct rules {
	struct buf file;                /* s == 0: none loaded */
	bool length[IP_BITS + 1];       /* some key is an IPv6 network of this length */
};

struct rules_peer {
	const char *ip;                 /* as ip_text writes it */
	const char *host, *info;        /* 0: not known */
};

struct rule {
	char key[RULES_KEY];            /* which one it is */
	const char *var[RULES_VARS];    /* "NAME=VALUE"; of two with the same NAME the later one counts */
	size_t vars;
};

enum rules_result {
	RULES_NONE,                     /* nothing was said about this peer */
	RULES_ALLOW,
	RULES_DENY,
	RULES_DAMAGED                   /* the answer cannot be read; key says where */
};

/* false: errno is that of reading the file (ENOENT...), EMSGSIZE, or EPROTO: not a whole database */
bool rules_load(struct rules *, const char *path);
void rules_free(struct rules *);

/* The first of these keys that the database has decides:
 *   INFO@IP  INFO@=HOST  IP  =HOST
 *   an IPv4 address without its last number, last two, last three, each with its last dot
 *   an IPv6 network around the address, NETWORK/LENGTH, the longest first (only lengths that occur are tried)
 *   =.DOMAIN for shorter and shorter ends of HOST, then = if there is a HOST, then the empty key */
enum rules_result rules_find(const struct rules *, const struct rules_peer *, struct rule *);

#endif
