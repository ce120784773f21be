/* secretline - the first line that a command writes: a password or a token */
#ifndef REMOTE_SECRETLINE_H
#define REMOTE_SECRETLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secretline {
	const char *command;            /* for sh -c */
	const char *name, *user;        /* LOGIN_NAME and LOGIN_USER of its environment */
	uint64_t limit_ms;              /* for all of it */
};

/* Run it, in a session of its own, with nothing to read, our descriptor 2, and no environment but LOGIN_NAME, LOGIN_USER, PATH and
 * HOME. Its first line, without blanks at its end, goes to out, whose size is also the limit of all that it may write, with a 0.
 * 0: it exited 0 and has one; else what went wrong, fit for "the command " and a message; out then holds nothing of it. */
const char *secretline_get(const struct secretline *, char *out, size_t size);

#endif
