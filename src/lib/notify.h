/* notify - telling a supervisor how we are
 *
 * systemd's way: datagrams to the socket in NOTIFY_SOCKET, see sd_notify(3). s6's way: a newline, once, on a descriptor that
 * we were told of. Nobody need listen; then nothing is said. The variables are taken out of the environment, so that no
 * child can speak for us. */
#ifndef LIB_NOTIFY_H
#define LIB_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#define NOTIFY_STATUS 200               /* bytes of a status that are passed on */

struct notify {
	char path[108];                 /* "": nobody there. It begins with '/', or with '@' for a name that is no file */
	int fd;                         /* -1: none, or it has got its newline */
	uint64_t watchdog_ms;           /* be heard so often, or be killed; 0: no need */
};

/* Once, before anything is opened. fd: -1, or the descriptor for the newline, which is ours from now on.
 * false: that is not open (EBADF), or NOTIFY_SOCKET is no address (EINVAL); the rest counts nevertheless */
bool notify_take(struct notify *, int fd);
/* before we become another program in this same process: what notify_take took is there for it; false: ENOMEM */
bool notify_give(const struct notify *);
/* All that follow: false, errno, if somebody listens and it did not get there. They do not wait. */
bool notify_ready(struct notify *, const char *status);        /* after the start, and after each reload */
bool notify_reloading(const struct notify *, const char *status);
bool notify_stopping(const struct notify *, const char *status);
bool notify_status(const struct notify *, const char *status);
bool notify_alive(const struct notify *);                      /* for the watchdog */

#endif
