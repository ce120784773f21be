/* addr - addresses as SMTP writes them, and as the queue keeps them
 *
 * On the wire (RFC 5321 4.1.2): <local@domain>, <"quoted local"@domain>, <@route,@route:local@domain>, <>.
 * Inside: plain bytes local@domain, nothing quoted, the domain after the last '@'; "" is the null sender.
 * Only printable ASCII passes, and UTF-8 where asked, blanks only inside quotes. The route and one dot at the end of the domain are dropped,
 * everything else keeps its text and case. Beyond the grammar '_' may stand in a domain; a literal is an IPv4 or
 * an IPv6 address. */
#ifndef MAIL_ADDR_H
#define MAIL_ADDR_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"

#define ADDR_LOCAL 500          /* most bytes before the '@'; RFC 5321 4.5.3.1 asks for 64 */
#define ADDR_DOMAIN 255
#define ADDR_LABEL 63
#define ADDR_MAX (ADDR_LOCAL + 1 + ADDR_DOMAIN)

enum addr_result {
	ADDR_OK,
	ADDR_SYNTAX,            /* not of the grammar */
	ADDR_LONG,              /* a part is over its limit */
	ADDR_8BIT               /* a byte that is no ASCII (RFC 6531 would allow it) */
};

enum addr_style {               /* bits: what else may pass */
	ADDR_UTF8 = 1,          /* characters of mail/utf8.h, in the local part and in the domain (RFC 6531 3.3) */
	ADDR_BARE = 2           /* local@domain without < > and without a route, as old clients write it */
};

struct addr {
	char s[ADDR_MAX + 1];   /* ends in 0 */
	size_t len;
	size_t local;           /* bytes of the local part; local == len: no '@', no domain */
	bool literal;           /* the domain is [an address] */
};

/* The path at s, from '<' to '>', *used bytes of the n. On anything but ADDR_OK the addr holds nothing of use.
 * A local part alone, <Postmaster>, is ADDR_OK too: the caller decides. */
enum addr_result addr_path(struct addr *, const char *s, size_t n, size_t *used);
/* the same in other styles; a bare address ends where no more of it can be read */
enum addr_result addr_path_in(struct addr *, const char *s, size_t n, size_t *used, unsigned style);

/* Is this a domain (or literal) by the rules above, without a dot at the end? */
bool addr_domain(const char *s, size_t n);

/* Append an address of the inside form as the wire wants it, without < >: the local part is quoted where it must be.
 * False as buf_put, b unchanged. Bytes that may not stand on the wire at all (controls) are escaped as they are:
 * what came through addr_path has none. */
bool addr_quote(struct buf *, const char *address, size_t n);

#endif
