#include "lib/swap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"

static enum swap_result
claim(struct swap *s, int how)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct stat ours, named;

	if (fcntl(s->fd, how, &l) != 0)
		return errno == EAGAIN || errno == EACCES || errno == EINTR ? SWAP_BUSY : SWAP_TROUBLE;
	/* whoever held it before us may have renamed it meanwhile: then this is the live file */
	if (fstat(s->fd, &ours) != 0 || lstat(s->tmp, &named) != 0 || ours.st_ino != named.st_ino ||
	    ours.st_dev != named.st_dev)
		return SWAP_LATE;
	if (!S_ISREG(ours.st_mode) || ours.st_nlink != 1)
		return SWAP_IN_THE_WAY;
	return ftruncate(s->fd, 0) == 0 ? SWAP_OPEN : SWAP_TROUBLE;
}

static enum swap_result
take(struct swap *s, const char *path, mode_t mode, int how)
{
	enum swap_result r;
	int e;

	s->path = path;
	s->fd = -1;
	if ((size_t)snprintf(s->tmp, sizeof s->tmp, "%s.tmp", path) >= sizeof s->tmp) {
		errno = ENAMETOOLONG;
		return SWAP_TROUBLE;
	}
	s->fd = open(s->tmp, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode);
	if (s->fd < 0)
		return SWAP_TROUBLE;
	if ((r = claim(s, how)) != SWAP_OPEN) {
		e = errno;
		close(s->fd);
		s->fd = -1;
		errno = e;
	}
	return r;
}

enum swap_result
swap_open(struct swap *s, const char *path, mode_t mode)
{
	return take(s, path, mode, F_SETLK);
}

enum swap_result
swap_wait(struct swap *s, const char *path, mode_t mode)
{
	enum swap_result r;

	while ((r = take(s, path, mode, F_SETLKW)) == SWAP_LATE)
		;
	return r;
}

void
swap_drop(struct swap *s)
{
	int e = errno;

	if (s->fd >= 0) {
		(void)unlink(s->tmp);
		close(s->fd);
		s->fd = -1;
	}
	errno = e;
}

bool
swap_close(struct swap *s, mode_t mode, bool *named)
{
	int fd = s->fd;

	*named = false;
	if (fchmod(s->fd, mode) != 0 || fsync(s->fd) != 0 || rename(s->tmp, s->path) != 0)
		return false;
	*named = true;
	s->tmp[0] = 0;                  /* that name may be another run's from here on */
	if (!file_sync_parent(s->path))
		return false;
	s->fd = -1;                     /* whatever close says, it is closed */
	return close(fd) == 0;
}
