/* header - looking for a line in a message's header, and taking a field out of it
 *
 * The header ends at the first empty line, or with the message. Lines end in LF. Both work on a message that comes
 * in pieces cut anywhere, of any size, and remember only where they are. */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

/* ---- is this line there? every byte the same; a last line without its LF counts */

enum header_seen {
	HEADER_MORE,            /* not so far; give the next piece */
	HEADER_FOUND,
	HEADER_OVER             /* no: the header ended */
};

struct header_find {
	const char *line;       /* what is looked for, without LF; the caller's */
	size_t len;
	size_t at;              /* bytes of this line seen, while they are those of what is looked for */
	bool differs;           /* this line is another one */
	enum header_seen seen;
};

void header_find_init(struct header_find *, const char *line, size_t len);
enum header_seen header_find(struct header_find *, const char *s, size_t n);
/* the message has ended: HEADER_FOUND or HEADER_OVER */
enum header_seen header_find_end(struct header_find *);

/* ---- the header without one field, wherever and however often it stands, folded lines and all */

struct header_strip {
	const char *field;      /* its name, no colon; the caller's. Case does not count; a blank may stand for the colon */
	size_t len;
	bool inside;            /* in the middle of a line */
	bool dropping;          /* the field we are in goes */
	bool over;              /* the header is over, everything stays */
};

void header_strip_init(struct header_strip *, const char *field, size_t len);
/* Moves what stays of s[0..n) to its front and returns how much that is. *taken bytes were looked at; the rest, fewer
 * than len + 1 of them, is undecided and must be at the front of the next piece. last: nothing follows, all is taken. */
size_t header_strip(struct header_strip *, char *s, size_t n, bool last, size_t *taken);

/* ---- trace fields of a final delivery (RFC 5321 4.4)
 * Control bytes in an address become '_', so that no address makes a second line. False as buf_put. */

bool header_return_path(struct buf *, const char *sender);      /* Return-Path: <sender quoted> LF */
bool header_delivered_to(struct buf *, const char *rcpt);       /* Delivered-To: rcpt LF, not quoted: as qmail */

/* What separates messages in an mbox: From sender date LF, in UTC. Blanks and controls in the sender become '-',
 * the null sender is MAILER-DAEMON. */
bool header_unix_from(struct buf *, const char *sender, int64_t when_s);

#endif
