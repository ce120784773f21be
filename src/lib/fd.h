/* fd - descriptors: flags, whole writes, and passing them between processes */
#ifndef LIB_FD_H
#define LIB_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

bool fd_cloexec(int fd, bool on);
bool fd_nonblock(int fd, bool on);
bool fd_write(int fd, const void *, size_t n);          /* all of it, or errno */
bool fd_pwrite(int fd, const void *, size_t n, off_t at);
/* up to n bytes, fewer only at end of file; -1 errno */
ssize_t fd_read(int fd, void *, size_t n);
ssize_t fd_pread(int fd, void *, size_t n, off_t at);
/* bytes from..from+n of the file in to the position of out; false with errno (EIO: the file is shorter) */
bool fd_copy(int out, int in, off_t from, size_t n);
/* Until one of the events of poll(2) is there, whatever signals come, or clock_mono_ms is until_ms; at least one look.
 * What is there (POLLHUP and POLLERR come unasked), 0 when time is up, -1 errno */
int fd_wait(int fd, short events, int64_t until_ms);
bool fd_pipe(int p[2]);                                 /* both close-on-exec */
/* A pipe that holds these bytes, PIPE_BUF of them at most, and then ends, so that nobody need write while another reads.
 * Where to read from, close-on-exec, the caller's; -1 errno */
int fd_filled_pipe(const void *, size_t n);
bool fd_pair(int p[2]);                                 /* SOCK_SEQPACKET pair, both close-on-exec */

/* One packet with at most one descriptor attached (pass -1 for none).
 * Receiving: *pass is -1 or a new close-on-exec descriptor that is the caller's, also when the result is -1;
 * a packet larger than n is an error (EMSGSIZE), never a cut one; more than one descriptor likewise. */
bool fd_send(int sock, const void *, size_t n, int pass, int flags);
ssize_t fd_receive(int sock, void *, size_t n, int *pass, int flags);

#endif
