/* Linux 3.11 and later; what an older kernel refuses falls back to the portable way. */
#include "compat/compat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

bool
compat_name(int fd, int dir, const char *name)
{
	char path[40];

	/* Linux 6.10 lets the opener do it by descriptor; before that it takes CAP_DAC_READ_SEARCH */
	if (linkat(fd, "", dir, name, AT_EMPTY_PATH) == 0)
		return true;
	if (errno != ENOENT)
		return false;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW) == 0)
		return true;
	if (errno == ENOENT)
		errno = EOPNOTSUPP;     /* no /proc here */
	return false;
}

int
compat_nameless(int dir, mode_t mode)
{
	int fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);

	if (fd < 0) {
		if (errno == EISDIR || errno == ENOENT || errno == EINVAL)
			errno = EOPNOTSUPP;     /* what kernels and file systems without it answer */
		return -1;
	}
	/* Could it be named? "." is taken, so EEXIST means yes. An old kernel in a chroot without /proc says no, and
	 * better now, while there is another way, than when the message is written. */
	if (!compat_name(fd, dir, ".") && errno == EEXIST)
		return fd;
	close(fd);
	errno = EOPNOTSUPP;
	return -1;
}

int
compat_open_quiet(int dir, const char *name)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(dir, name, flags | O_NOATIME);

	/* only the owner and root may leave the access time alone */
	return fd < 0 && errno == EPERM ? openat(dir, name, flags) : fd;
}

bool
compat_peer(int sock, uid_t *uid, gid_t *gid)
{
	struct ucred c;
	socklen_t n = sizeof c;

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &c, &n) != 0)
		return false;
	*uid = c.uid;
	*gid = c.gid;
	return true;
}

size_t
compat_pipe_size(int fd)
{
	int n = fcntl(fd, F_GETPIPE_SZ);

	return n > PIPE_BUF ? (size_t)n : PIPE_BUF;
}

void
compat_ack_now(int sock)
{
	int on = 1;

	(void)setsockopt(sock, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

void
compat_undumpable(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void
compat_cloexec_from(int fd)
{
#ifdef SYS_close_range
	(void)syscall(SYS_close_range, (unsigned)fd, ~0u, 4u);  /* CLOSE_RANGE_CLOEXEC: Linux 5.11; musl has no name for it */
#else
	(void)fd;
#endif
}

void
compat_end_with(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	if (getppid() != parent)
		(void)raise(SIGTERM);   /* it was quicker */
}

int
compat_memory_file(void)
{
	return (int)syscall(SYS_memfd_create, "message", 1u);  /* MFD_CLOEXEC: Linux 3.17 */
}

/* where there is no such call, or not for such a file, fsync does it all */
bool
compat_write_behind(int fd)
{
	return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE) == 0 || errno == ENOSYS || errno == EPERM || errno == EINVAL ||
	    errno == ESPIPE;
}

bool
compat_drop_setgid(void)
{
	gid_t real = getgid(), was = getegid(), r, e, saved;

	if (setresgid(real, real, real) != 0 || getresgid(&r, &e, &saved) != 0)
		return false;
	if (r == real && e == real && saved == real && (was == real || geteuid() == 0 || setegid(was) != 0))
		return true;
	errno = EPERM;
	return false;
}

#define FEW 64                  /* what finding the vDSO costs, in system calls */

/* The vDSO saves the system call, but its first use reads its symbols and touches pages, 5 us: too much for a process that
 * asks ten times. */
bool
compat_clock(clockid_t id, struct timespec *t)
{
#if defined SYS_clock_gettime && defined __LP64__
	static unsigned asked;

	if (asked < FEW) {
		asked++;
		return syscall(SYS_clock_gettime, id, t) == 0;
	}
#endif
	return clock_gettime(id, t) == 0;
}

/* the kernel compared the four numbers at exec, and knows of file capabilities too */
bool
compat_elevated(void)
{
	return getauxval(AT_SECURE);
}

/* The kernel's records become names in place: each is at most as long as its record. A second call, which may have missed a
 * rename, must find nothing. */
ssize_t
compat_names(int dir, char *space, size_t size)
{
	const size_t head = offsetof(struct dirent, d_name);
	long n = syscall(SYS_getdents64, dir, space, size), at = 0;
	char more[sizeof(struct dirent)], *out = space;
	unsigned short length;
	size_t name;

	if (n < 0 || syscall(SYS_getdents64, dir, more, sizeof more) != 0)
		return -1;
	for (; at < n; at += length) {
		memcpy(&length, space + at + offsetof(struct dirent, d_reclen), sizeof length);
		name = strlen(space + at + head) + 1;
		memmove(out, space + at + head, name);
		out += name;
	}
	return out - space;
}
