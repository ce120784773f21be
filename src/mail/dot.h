/* dot - a message as SMTP's DATA wants it (RFC 5321 2.3.8, 4.5.2), or BDAT (RFC 3030)
 *
 * In: a message as stored, lines ending in LF. Out: lines ending in CR LF, a dot put before each line that begins
 * with one, and at the end the line with the single dot. Whatever the bytes, the output holds CR and LF only as
 * CR LF, and the end of data only at its end, also for a receiver that drops NULs:
 *   CR LF, and a CR alone, are line ends like LF
 *   a last line without an end gets one
 *   a line that begins with NULs and then a dot gets its extra dot before the NULs
 * For BDAT (plain) the same without the dots and without the end.
 * A receiver that follows the standard gets every other byte back unchanged. */
#ifndef MAIL_DOT_H
#define MAIL_DOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOT_ROOM 16             /* least room for one call */
#define DOT_MOST(n) (2 * (n) + DOT_ROOM + 8)    /* room in which n bytes and the end surely fit at once */

struct dot {
	enum { DOT_START, DOT_AFTER_CR, DOT_LINE } at;
	uint64_t nuls;          /* read at the start of this line and not yet written */
	uint64_t owed;          /* of those, now to be written */
	uint64_t stuffed;       /* dots added so far, or left out because it is plain; the final one not counted */
	bool done;              /* the end has been written */
	bool plain;             /* for BDAT; set after dot_init */
};

void dot_init(struct dot *);
/* Encode the bytes from *from to end into out; how many bytes are in out. Moves *from: what is left there needs
 * another call. last: nothing follows these bytes; call until done. The state survives any cut. */
size_t dot_encode(struct dot *, const char **from, const char *end, bool last, char *out, size_t room);

#endif
