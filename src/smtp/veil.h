/* veil - a session of SMTP as text, its secrets hidden: pneu-record -> pneu-replay, people
 *
 * Lines "MARK MILLISECONDS TEXT": MARK is '>' from the client, '<' from the server; or "# cut". MILLISECONDS since the
 * beginning. TEXT is one line with its end, or a part of it: printable ASCII as it is, but \ as \\; CR \r, LF \n, all other
 * bytes \xHH. Consecutive lines of one MARK are one stream of bytes.
 * What follows the mechanism in AUTH, and all lines after it until the server has answered 235, 4xx or 5xx, is recorded as '*',
 * as many as there were bytes; so is, after the first AUTH, each line that begins with no command: a client that has not
 * seen its AUTH refused goes on with what was meant for it. The text of a message, and chunks of BDAT, are no lines.
 *   limits  VEIL_MAX bytes, then "# cut"
 *   tests   tests/unit/veil_test.c, tests/program/record.t     manual: pneu-record(8) */
#ifndef SMTP_VEIL_H
#define SMTP_VEIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

#define VEIL_MAX (1u << 20)

#define VEIL_HELD 16                    /* more than any command's name */

enum veil_line { VEIL_UNKNOWN, VEIL_SHOWN, VEIL_HIDDEN, VEIL_AUTH, VEIL_LIKE_AUTH, VEIL_BDAT };

struct veil {                           /* all zero at first */
	char held[VEIL_HELD];           /* the beginning of the client's line, until its first word is known */
	size_t holds;
	enum veil_line line;            /* UNKNOWN as long as that lasts */
	unsigned words;                 /* of the line so far */
	bool in_word;
	bool secret;                    /* AUTH goes on */
	bool wary;                      /* there was one */
	uint64_t chunk;                 /* bytes of BDAT: as the line tells, then as many as are still to come */
	bool in_chunk;
	bool text;                      /* 354 was said: the text of a message */
	unsigned dot;                   /* bytes of CR LF . CR LF seen */
	char code[4];                   /* of the server's line */
	size_t code_at;
};

void veil_server(struct veil *, const char *, size_t n);
/* What is to be recorded now that this byte came: how many bytes of out, which has room for VEIL_HELD. What is held back
 * comes with a later byte of its line, or with veil_rest, when there is none. */
size_t veil_client(struct veil *, char, char *out);
size_t veil_rest(struct veil *, char *out);
/* append n bytes as TEXT; false as buf_put */
bool veil_write(struct buf *, const char *, size_t n);
/* the reverse, in place; how many bytes, or -1: it is none */
long veil_read(char *text);

#endif
