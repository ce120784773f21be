/* reply - an SMTP server's answer, taken apart as it comes in (RFC 5321 4.2, RFC 2034)
 *
 * Whatever a server sends, a reply takes no more memory than this struct: a line's bytes after REPLY_LINE and a
 * reply's after REPLY_TEXT are read and dropped, a reply of more than REPLY_LINES lines or REPLY_BYTES bytes is bad.
 * Invariant: text[len] is 0; text is printable ASCII and LF. */
#ifndef MAIL_REPLY_H
#define MAIL_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#define REPLY_LINE 4096
#define REPLY_LINES 200
#define REPLY_TEXT 8192
#define REPLY_BYTES (1u << 20)
#define REPLY_STATUS 12         /* "5.123.123" and a 0 */

struct reply {
	int code;               /* 200 to 599 */
	size_t len;
	char text[REPLY_TEXT + 1];      /* the lines as sent, codes included, LF between them */
	/* the parser's own */
	size_t lines, bytes, at;        /* text begins a line at at */
	size_t in_line;                 /* bytes of this line seen */
	char head[4];                   /* its first ones */
	char last_byte;
};

enum reply_result {
	REPLY_DONE,
	REPLY_MORE,             /* all bytes taken, the reply goes on */
	REPLY_BAD               /* not SMTP, codes that contradict one another, or over a limit */
};

void reply_init(struct reply *);
/* take up to n bytes; *used tells how many belonged to this reply */
enum reply_result reply_take(struct reply *, const char *, size_t n, size_t *used);
/* the enhanced status code at the start of its text, if there is one and its class is that of the code */
bool reply_status(const struct reply *, char status[REPLY_STATUS]);
/* Bytes of the enhanced status code that the string begins with, fewer than REPLY_STATUS; 0: none of this class, '2' '4' '5' */
size_t reply_status_length(const char *, char class);
/* A refusal of a RCPT that only says "no more of them in this transaction" (RFC 5321 4.5.3.1.10)? 452, for old servers 552, with
 * the status 4.5.3 or 5.5.3, without a status if it is 452, or any code of these two kinds with words to that effect. Only to be
 * asked when others were accepted before it. */
bool reply_too_many(const struct reply *);
/* an EHLO reply: does it offer this keyword? *value: its parameters, ending at LF or 0, "" if none (may be 0) */
bool reply_offers(const struct reply *, const char *keyword, const char **value);

#endif
