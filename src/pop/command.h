/* command - a line of a POP3 client, taken apart (RFC 1939 3, RFC 2449 4)
 *
 * A keyword of letters and digits, then blanks and words. Nothing is copied but the keyword; the strings stand in the line. */
#ifndef POP_COMMAND_H
#define POP_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMMAND_VERB 8                  /* no keyword that we know is longer */
#define COMMAND_WORDS 2                 /* most words behind one */

struct command {
	char verb[COMMAND_VERB + 1];    /* in capitals; "" if it is none, or too long */
	char *rest;                     /* behind the first blank, to the end of the line: PASS takes it whole; ends in 0 */
};

/* line has n bytes without its end and a byte more, which becomes 0. False: a NUL or CR stands in it. */
bool command_parse(char *line, size_t n, struct command *);
/* Cut the rest into words, in place. How many; COMMAND_WORDS + 1: more than there may be */
size_t command_words(struct command *, char *word[COMMAND_WORDS]);

#endif
