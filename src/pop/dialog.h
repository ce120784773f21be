/* dialog - lines from a POP3 client, answers to it
 *
 * Answers go out when no more input is there (RFC 2449 6.6). A client has timeout_s for each command, from the answer before it
 * to its last byte, and until then for ever. A line has DIALOG_LINE bytes at the most; a longer one ends the session at once, so
 * that nobody has to read to an end that never comes. */
#ifndef POP_DIALOG_H
#define POP_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/in.h"
#include "lib/out.h"

#define DIALOG_LINE 1024                /* with its end; RFC 2449 4 asks for 255, a response of AUTH may be longer */
#define DIALOG_INPUT 4096
#define DIALOG_OUTPUT 8192

struct dialog {
	struct in in;
	struct out out;
	unsigned timeout_s;
	int64_t deadline_ms;            /* clock_mono_ms at which all waiting ends; 0 none */
	char line[DIALOG_LINE + 1];
	char input[DIALOG_INPUT], output[DIALOG_OUTPUT];
};

enum dialog_got {
	DIALOG_COMMAND,
	DIALOG_LONG,
	DIALOG_LATE,
	DIALOG_GONE                     /* errno; 0: end of file */
};

/* ahead false: not a byte beyond the line is read, so that another program may go on with the next */
void dialog_init(struct dialog *, int in, int out, unsigned timeout_s, bool ahead);
/* The next line stands in d->line, n bytes without its end */
enum dialog_got dialog_line(struct dialog *, size_t *n);
/* status and text are one line without its end: "+OK", "-ERR" */
void dialog_say(struct dialog *, const char *status, const char *text);

#endif
