/* veil - a session of SMTP as text, its secrets hidden: pneu-record -> pneu-replay, people
 *
 * Lines "MARK MILLISECONDS TEXT": MARK is '>' from the client, '<' from the server; or "# cut". MILLISECONDS since the
 * beginning. TEXT is one line with its end, or a part of it: printable ASCII as it is, but \ as \\; CR \r, LF \n, all other
 * bytes \xHH. Consecutive lines of one MARK are one stream of bytes.
 * What follows the mechanism in AUTH, and all lines after it until the server has answered 235, 4xx or 5xx, is recorded as '*',
 * as many as there were bytes.
 *   limits  VEIL_MAX bytes, then "# cut"
 *   tests   tests/program/record.t     manual: pneu-record(8) */
#ifndef SMTP_VEIL_H
#define SMTP_VEIL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"

#define VEIL_MAX (1u << 20)

struct veil {                           /* all zero at first */
	char verb[5];                   /* of the client's line, in lower case */
	size_t at, blanks;              /* bytes and blanks of it so far */
	bool secret;                    /* AUTH goes on */
	bool text;                      /* 354 was said: the text of a message, until the server speaks */
	char code[4];                   /* of the server's line */
	size_t code_at;
};

void veil_server(struct veil *, const char *, size_t n);
char veil_client(struct veil *, char);                  /* what is to be recorded for this byte */
/* append n bytes as TEXT; false as buf_put */
bool veil_write(struct buf *, const char *, size_t n);
/* the reverse, in place; how many bytes, or -1: it is none */
long veil_read(char *text);

#endif
