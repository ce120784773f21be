/* hops - how many hosts a message says it has passed: its Received fields (RFC 5321 6.3)
 *
 * Only the header counts, up to the first empty line. Names are compared without case; blanks before the colon
 * count as in old mail (RFC 5322 4.5); a folded field is one field. Works on pieces cut anywhere, LF line ends. */
#ifndef MAIL_HOPS_H
#define MAIL_HOPS_H

#include <stddef.h>
#include <stdint.h>

enum hops_seen {
	HOPS_NAME,              /* "received" as far as matched says, at the start of a line */
	HOPS_BLANK,             /* all of it, then blanks */
	HOPS_REST,              /* the line is decided */
	HOPS_BODY               /* the header is over */
};

struct hops {                   /* all zero is the start */
	enum hops_seen seen;
	size_t matched;
	uint64_t count;
};

void hops_scan(struct hops *, const char *s, size_t n);

#endif
