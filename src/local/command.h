/* command - one command of a user or of an alias, run by /bin/sh to its end
 *
 * It runs in the working directory, with umask and uid as they are, as the leader of a session and process group of its own,
 * every signal at its default, with these descriptors and no others:
 *   fd 0     the input: its own open file, seekable, at its beginning. Not read to its end is fine
 *   fd 1, 2  one pipe to us. The first COMMAND_OUTPUT bytes are kept, the rest is read and dropped
 * It ends when the process that was started ends, whoever else still holds the pipe. After the time limit its whole process
 * group gets SIGTERM, and COMMAND_GRACE_S later, or when all of them have closed the pipe, SIGKILL.
 * SIGCHLD must be blocked and caught (command_prepare); no process stays behind unwaited for. */
#ifndef LOCAL_COMMAND_H
#define LOCAL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMMAND_OUTPUT 400
#define COMMAND_GRACE_S 5
#define COMMAND_LIMIT_S 1000            /* preset of the time limit, that of Postfix */

struct command_end {
	int code;                       /* exit code, or -1: a signal ended it */
	bool timed_out;                 /* the signal was ours */
	char output[COMMAND_OUTPUT + 4];/* printable ASCII and LF, none at its end; ends in 0; "..." where it was cut */
	size_t len;
	bool cut;
};

/* once, before the first */
void command_prepare(void);
/* input stays open here. False: it was not started (errno) */
bool command_run(const char *command, char *const envp[], int input, int64_t limit_ms, struct command_end *);

#endif
