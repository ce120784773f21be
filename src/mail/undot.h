/* undot - from the lines of SMTP's DATA to the lines of a file
 *
 * CR LF becomes LF, the dot that a sender put before a line that begins with one is taken away, and
 * CR LF . CR LF, nothing else, is the end (RFC 5321 4.5.2). Works in place, on pieces cut anywhere.
 * A CR without LF after it and an LF without CR before it (RFC 5321 2.3.8) are never a line end here: they are
 * remembered, and what is made from then on is not the message. Any other byte, NUL too, passes unchanged.
 * Only where lf is set, for programs of this host, an LF alone ends a line like CR LF, and so the message. */
#ifndef MAIL_UNDOT_H
#define MAIL_UNDOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum undot_seen {
	UNDOT_LINE_START,       /* nothing yet, or CR LF */
	UNDOT_TEXT,             /* something of a line */
	UNDOT_CR,               /* CR inside or at the end of a line */
	UNDOT_DOT,              /* a dot at the start of a line */
	UNDOT_DOT_CR,           /* that, then CR */
	UNDOT_END               /* that, then LF */
};

struct undot {                  /* all zero is the start */
	enum undot_seen seen;
	bool lf;                /* set by the caller */
	bool bare_cr, bare_lf;  /* seen so far: the message is not to be accepted */
	uint64_t size;          /* bytes of the message as RFC 1870 counts: each line end is two, no stuffing, no end */
};

/* Take bytes from the n at s, to the end of the message at most: *used of them. What they mean stands at s
 * afterwards: *made bytes, *made <= *used. True: the end was among them; s + *used is what follows it. */
bool undot(struct undot *, char *s, size_t n, size_t *used, size_t *made);

/* The same for text without such dots and without an end, of BDAT (RFC 3030): all n bytes are taken. How many were made.
 * seen tells how it stands: UNDOT_LINE_START after whole lines, UNDOT_TEXT in a line, UNDOT_CR after a CR. */
size_t undot_plain(struct undot *, char *s, size_t n);

#endif
