/* stamp - where Date and Message-ID belong that a message from its author's program lacks (RFC 6409 section 8)
 *
 * They are put at the end of the header, so a message passes through in pieces cut anywhere and nothing of it is held.
 * Lines end in LF. A header ends before the first line that is empty or no field. */
#ifndef MAIL_STAMP_H
#define MAIL_STAMP_H

#include <stdbool.h>
#include <stddef.h>

#define STAMP_NAME 12                   /* as long as "message-id:" and a 0 */

struct stamp {                          /* all zero at the start of a message */
	bool date, id;                  /* seen */
	bool over;                      /* the header has ended, or is too strange to be added to */
	bool rest;                      /* in a line whose name is known */
	bool any;                       /* there was a field */
	size_t n;                       /* bytes of this line so far, unless rest */
	char name[STAMP_NAME];          /* its first ones, in lower case */
};

enum stamp_end {
	STAMP_MORE,                     /* the header goes on */
	STAMP_HERE,                     /* it ends in this piece: what is missing goes to *at */
	STAMP_BARE                      /* so, and an empty line must follow what is added: the text has begun without one */
};

/* The next n bytes; not to be called again after it said HERE or BARE, or when over is true. */
enum stamp_end stamp_scan(struct stamp *, const char *s, size_t n, size_t *at);

#endif
