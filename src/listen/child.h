/* child - from a connection to the program that serves it
 *
 *   a client's own connection   a new process becomes the program at once
 *   a trusted proxy's           a fork of ours reads the proxy's header, asks the rules about the client that it names,
 *                               asks us whether that client may have one more session, and becomes the program
 *   the question                over a SOCK_SEQPACKET pair: one struct endpoint there, one enum verdict back. A child asks
 *                               once or not at all; what does not come whole counts for nothing.
 * The program has the connection as 0 and 1, our 2, nothing else. */
#ifndef LISTEN_CHILD_H
#define LISTEN_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "listen/admit.h"
#include "listen/door.h"
#include "listen/listener.h"
#include "listen/options.h"
#include "listen/ucspi.h"

/* what a start needs; all of it outlives every call */
struct child {
	const struct options *option;
	const struct admit *admit;
	struct ucspi *ucspi;            /* is about the connection */
	const char *path;               /* of the program */
};

/* one whose header is being read: a child that may ask */
struct asking {
	int fd;                         /* our end of the pair */
	pid_t pid;
};

/* the pid, or -1 with errno */
pid_t child_start(const struct child *, const struct connection *, const struct rule *);
/* In a fork of ours that has only the descriptors it needs: become the session of whom the proxy (its address as text)
 * names. parent: its end of the pair. */
_Noreturn void child_relay(const struct child *, const struct connection *, const char *proxy, int parent);
/* In the parent: the child's question; false: it does not ask. Neither call waits. */
bool child_asks(int fd, struct endpoint *client);
void child_answer(int fd, enum verdict);

#endif
