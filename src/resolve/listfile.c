#include "resolve/listfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/place.h"

#define NAME_ROOM 256                   /* of one name in a path, with its 0 */
#define NOBODY_ELSE 022                 /* bits that let others change it */
#define READ (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

#ifdef O_PATH
#define SEARCH O_PATH                   /* a directory may be open to be searched and not to be listed */
#else
#define SEARCH O_RDONLY
#endif

/* the next name of the path, without empty ones and "."; false: too long, or ".." */
static bool
next_name(const char **path, char name[NAME_ROOM])
{
	size_t n;

	do {
		*path += strspn(*path, "/");
		n = strcspn(*path, "/");
		if (n >= NAME_ROOM)
			return false;
		memcpy(name, *path, n);
		name[n] = 0;
		*path += n;
	} while (strcmp(name, ".") == 0);
	return strcmp(name, "..") != 0;
}

static bool
only_roots(int dir)
{
	struct stat st;

	return fstat(dir, &st) == 0 && st.st_uid == 0 && (!(st.st_mode & NOBODY_ELSE) || (st.st_mode & S_ISVTX));
}

/* The directory of the last name, which goes to name; -1: the path is not plain, or leads nowhere. */
static int
open_directory(const char *path, char name[NAME_ROOM], bool *roots)
{
	int dir = open("/", SEARCH | O_DIRECTORY | O_CLOEXEC), next;
	bool fine = dir >= 0 && next_name(&path, name);

	*roots = true;
	while (fine && *path) {
		*roots &= only_roots(dir);
		next = openat(dir, name, SEARCH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(dir);
		dir = next;
		fine = dir >= 0 && next_name(&path, name);
	}
	*roots &= dir >= 0 && only_roots(dir);
	if (dir >= 0 && !fine) {
		close(dir);
		dir = -1;
	}
	return dir;
}

/* seen: what has that name; it may have become something else since */
static bool
open_regular(struct listfile *l, int dir, const char *name, int flags)
{
	if (!S_ISREG(l->st.st_mode))
		return true;
	if ((l->fd = openat(dir, name, READ | flags)) < 0 || fstat(l->fd, &l->st) != 0) {
		int e = errno;

		if (l->fd >= 0)
			close(l->fd);
		l->fd = -1;
		errno = e;
		return false;
	}
	if (!S_ISREG(l->st.st_mode)) {
		close(l->fd);
		l->fd = -1;
	}
	return true;
}

bool
listfile_open(struct listfile *l, const char *path)
{
	char name[NAME_ROOM];
	bool roots, ok;
	int dir = open_directory(path, name, &roots);

	l->fd = -1;
	l->plain = l->roots = false;
	if (dir >= 0) {
		ok = fstatat(dir, name, &l->st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(l->st.st_mode) &&
		    open_regular(l, dir, name, O_NOFOLLOW) && l->fd >= 0;
		close(dir);
		if (ok) {
			l->plain = l->st.st_nlink <= 1; /* 0: replaced just now */
			l->roots = roots && l->plain && l->st.st_uid == 0 && !(l->st.st_mode & NOBODY_ELSE);
			return true;
		}
	}
	return stat(path, &l->st) == 0 && open_regular(l, AT_FDCWD, path, 0);
}

static bool
ours(const struct listfile *l)
{
	return place_private() && l->st.st_uid == geteuid();
}

const char *
listfile_odd(const struct listfile *l, bool by_root)
{
	if (l->fd < 0)
		return "is not a regular file";
	if (!ours(l) && !(by_root && l->plain) && !(l->st.st_mode & S_IROTH))
		return by_root ? "is not readable by everybody, but a link leads to it" :
		    "is not readable by everybody, but a list that is not root's alone names it";
	return l->st.st_size > (off_t)LISTFILE_MAX ? "is too large" : 0;
}

bool
listfile_programs(const struct listfile *l)
{
	return l->roots || (ours(l) && !(l->st.st_mode & NOBODY_ELSE));
}
