/* Any POSIX system: no nameless files, no wishes. */
#include "compat/compat.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef PIPE_BUF
#define PIPE_BUF 512            /* POSIX's least */
#endif

int
compat_nameless(int dir, mode_t mode)
{
	(void)dir;
	(void)mode;
	errno = EOPNOTSUPP;
	return -1;
}

bool
compat_name(int fd, int dir, const char *name)
{
	(void)fd;
	(void)dir;
	(void)name;
	errno = EOPNOTSUPP;
	return false;
}

int
compat_open_quiet(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

bool
compat_peer(int sock, uid_t *uid, gid_t *gid)
{
	(void)sock;
	(void)uid;
	(void)gid;
	errno = EOPNOTSUPP;     /* the control socket then trusts its file mode alone */
	return false;
}

size_t
compat_pipe_size(int fd)
{
	(void)fd;
	return PIPE_BUF;
}

void
compat_ack_now(int sock)
{
	(void)sock;
}

void
compat_undumpable(void)
{
	struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
}

void
compat_cloexec_from(int fd)
{
	(void)fd;               /* ours are anyway; what we inherited passes through */
}

void
compat_end_with(pid_t parent)
{
	(void)parent;
}

int
compat_memory_file(void)
{
	errno = EOPNOTSUPP;
	return -1;
}

bool
compat_write_behind(int fd)
{
	(void)fd;
	return true;
}

bool
compat_drop_setgid(void)
{
	gid_t real = getgid(), was = getegid();

	if (setregid(real, real) != 0)          /* the saved one becomes the effective one: POSIX */
		return false;
	if (getgid() == real && getegid() == real && (was == real || geteuid() == 0 || setegid(was) != 0))
		return true;
	errno = EPERM;
	return false;
}

bool
compat_no_new_privileges(void)
{
	errno = EOPNOTSUPP;
	return false;
}

bool
compat_forbid(void)
{
	errno = EOPNOTSUPP;
	return false;
}

ssize_t
compat_names(int dir, char *space, size_t size)
{
	(void)dir;
	(void)space;
	(void)size;
	errno = EOPNOTSUPP;
	return -1;
}

bool
compat_clock(clockid_t id, struct timespec *t)
{
	return clock_gettime(id, t) == 0;
}

bool
compat_elevated(void)
{
	return getuid() != geteuid() || getgid() != getegid();
}
