#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/clock.h"
#include "lib/fd.h"

/* A control file is a line or two: malloc gives that much without asking the kernel for pages. Steps double. */
#define STEP_MIN 400

bool
file_read(int dir, const char *name, struct buf *b)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t had = b->len;
	ssize_t r;
	char more;
	int e;

	if (fd < 0)
		return false;
	do {
		size_t step = b->len - had > STEP_MIN ? b->len - had : STEP_MIN;
		size_t left = b->len < b->max ? b->max - b->len : 0, want = left < step ? left : step;

		if (!buf_room(b, want))
			r = -1;
		else if (want == 0) {           /* at the ceiling: is this the end? */
			if ((r = read(fd, &more, 1)) > 0) {
				errno = EMSGSIZE;
				r = -1;
			}
		} else if ((r = read(fd, b->s + b->len, want)) > 0) {
			b->len += (size_t)r;
			b->s[b->len] = 0;
		}
	} while (r > 0 || (r < 0 && errno == EINTR));
	e = errno;
	if (r < 0)
		buf_cut(b, had);
	close(fd);
	errno = e;
	return r == 0;
}

bool
file_sync_dir(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok;
	int e;

	if (fd < 0)
		return false;
	ok = fsync(fd) == 0;
	e = errno;
	close(fd);
	errno = e;
	return ok;
}

bool
file_sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) + 1 : 0;
	char dir[4096];

	if (n >= sizeof dir) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(dir, path, n);
	dir[n] = 0;
	return file_sync_dir(AT_FDCWD, n ? dir : ".");
}

/* time, pid and a counter: the name is only tried, O_EXCL decides */
static bool
open_named(struct newfile *f, int tmp_dir, mode_t mode)
{
	static unsigned count;
	int tries;

	f->tmp_dir = tmp_dir;
	for (tries = 0; tries < 100; tries++) {
		snprintf(f->tmp, sizeof f->tmp, "%lld.%ld.%u", (long long)clock_wall_us(), (long)getpid(), count++);
		f->fd = openat(tmp_dir, f->tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
		if (f->fd >= 0)
			return true;
		if (errno != EEXIST)
			break;
	}
	f->tmp[0] = 0;
	return false;
}

bool
newfile_open(struct newfile *f, int dir, int tmp_dir, mode_t mode)
{
	f->tmp[0] = 0;
	f->tmp_dir = -1;
	f->fd = compat_nameless(dir, mode);
	if (f->fd >= 0)
		return true;
	return errno == EOPNOTSUPP && open_named(f, tmp_dir, mode);
}

bool
newfile_name(struct newfile *f, int dir, const char *name)
{
	if (f->tmp_dir < 0)
		return compat_name(f->fd, dir, name);
	if (linkat(f->tmp_dir, f->tmp, dir, name, 0) != 0)
		return false;
	(void)unlinkat(f->tmp_dir, f->tmp, 0);  /* a second name in tmp harms nothing */
	f->tmp[0] = 0;
	return true;
}

bool
newfile_close(struct newfile *f)
{
	int fd;

	if (f->tmp[0])
		(void)unlinkat(f->tmp_dir, f->tmp, 0);
	f->tmp[0] = 0;
	fd = f->fd;
	f->fd = -1;
	return close(fd) == 0;
}

int
file_nameless(const char *dir)
{
	const char *tmp = getenv("TMPDIR");
	struct newfile f;
	int at = open(dir ? dir : tmp && *tmp ? tmp : "/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1, e;

	if (at < 0)
		return -1;
	if (newfile_open(&f, at, at, 0600)) {
		fd = f.fd;
		if (*f.tmp && unlinkat(at, f.tmp, 0) != 0) {
			e = errno;
			close(fd);
			errno = e;
			fd = -1;
		}
	}
	e = errno;
	close(at);
	errno = e;
	return fd;
}
