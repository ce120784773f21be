/* The queue to another directory. Within a file system each file is renamed; to another one all are copied and synced first, and
 * only then the old ones go: a crash before that leaves both, after it the next try goes on where it was. No runner may work on
 * either, so both locks are held. */
#include "tools/qctl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/drop.h"
#include "lib/fd.h"
#include "lib/file.h"
#include "lib/msg.h"

#define PATH 64                         /* msg/XX/ID */

static int from = -1, to = -1;          /* the directories */
static uint64_t moved;
static bool copied;                     /* the old ones are still there */

static void
lock(int dir, const char *which)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = openat(dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		die_sys(EX_SOFT, "open lock in ", which);
	if (fcntl(fd, F_SETLK, &l) != 0)        /* held to the end */
		die_say(EX_SOFT, "pneu-send is running on ", which, "; stop it first");
}

/* as the old one is */
static void
make_dir(const char *path)
{
	struct stat st;

	if (fstatat(from, path, &st, 0) != 0)
		die_sys(EX_SOFT, "look at ", path);
	if (mkdirat(to, path, st.st_mode & 0777) != 0 && errno != EEXIST)
		die_sys(EX_SOFT, "make ", path);
}

static bool
copy_to(int out, int in, const struct stat *st)
{
	const struct timespec t[2] = { { .tv_nsec = UTIME_OMIT }, st->st_mtim };
	struct stat got;

	return fd_copy(out, in, 0, (size_t)st->st_size) && fchmod(out, st->st_mode & 0777) == 0 && futimens(out, t) == 0 &&
	    fsync(out) == 0 && fstat(out, &got) == 0 && got.st_size == st->st_size;
}

/* under a name that no runner looks at, until it is whole */
static void
copy(const char *path, const struct stat *st)
{
	int in = openat(from, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int out = openat(to, "moving", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (in < 0 || out < 0 || !copy_to(out, in, st) || close(out) != 0 || renameat(to, "moving", to, path) != 0)
		die_sys(EX_SOFT, "copy ", path);
	close(in);
	copied = true;
}

static void
move_file(const char *path)
{
	struct stat st, there;

	if (fstatat(from, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		die_sys(EX_SOFT, "look at ", path);
	if (!S_ISREG(st.st_mode))
		return;
	moved++;
	if (fstatat(to, path, &there, AT_SYMLINK_NOFOLLOW) == 0) {      /* an earlier try */
		if (there.st_size != st.st_size || there.st_mtim.tv_sec != st.st_mtim.tv_sec)
			die_say(EX_HARD, path, " is in both, and not the same");
		copied = true;
	} else if (renameat(from, path, to, path) != 0) {
		if (errno != EXDEV)
			die_sys(EX_SOFT, "move ", path);
		copy(path, &st);
	}
}

static void
remove_file(const char *path)
{
	struct stat st;

	if (fstatat(to, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && unlinkat(from, path, 0) != 0)
		die_sys(EX_SOFT, "remove ", path);
}

/* each file of a directory that exists; to is synced afterwards */
static void
each(const char *dir, void (*what)(const char *path))
{
	int fd = openat(from, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : 0;
	const struct dirent *e;
	char path[PATH];

	if (!d)
		die_sys(EX_SOFT, "read ", dir);
	for (errno = 0; (e = readdir(d)); errno = 0)
		if (e->d_name[0] != '.' && (size_t)snprintf(path, sizeof path, "%s/%s", dir, e->d_name) < sizeof path)
			what(path);
	if (errno)
		die_sys(EX_SOFT, "read ", dir);
	closedir(d);
	if (!file_sync_dir(to, dir))
		die_sys(EX_SOFT, "sync ", dir);
}

static void
each_dir(void (*what)(const char *path), bool make)
{
	static const char *const places[] = { "msg", "hold", "trash" };
	char path[PATH], xx[QID_DIR];
	unsigned n;
	size_t i;

	for (i = 0; i < sizeof places / sizeof *places; i++) {
		if (faccessat(from, places[i], F_OK, 0) != 0)
			continue;
		if (make)
			make_dir(places[i]);
		for (n = 0; n < QID_DIRS; n++) {
			qid_dir_text(xx, n);
			snprintf(path, sizeof path, "%s/%s", places[i], xx);
			if (faccessat(from, path, F_OK, 0) != 0)
				continue;
			if (make)
				make_dir(path);
			each(path, what);
		}
	}
	if (faccessat(from, "bad", F_OK, 0) == 0) {
		if (make)
			make_dir("bad");
		each("bad", what);
	}
}

void
move(struct out *o, const char *dir)
{
	struct stat st;

	pick_enter();
	from = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pick_leave();
	if (from < 0 || fstat(from, &st) != 0)
		die_sys(EX_SOFT, "open the queue");
	if (mkdir(dir, st.st_mode & 0777) != 0 && errno != EEXIST)
		die_sys(EX_SOFT, "make ", dir);
	if ((to = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		die_sys(EX_SOFT, "open ", dir);
	if (geteuid() == 0 && (fchown(to, st.st_uid, st.st_gid) != 0 || fchmod(to, st.st_mode & 0777) != 0))
		die_sys(EX_SOFT, "give away ", dir);
	/* what is in the queue is its user's to arrange, links as well: root must not be led by them to anything else */
	if (geteuid() == 0 && st.st_uid != 0 && !drop_to(st.st_uid, st.st_gid))
		die_sys(EX_SOFT, "become the queue's user");
	lock(from, "the queue");
	lock(to, dir);
	each_dir(move_file, true);
	if (faccessat(from, "paused", F_OK, 0) == 0) {
		move_file("paused");
		moved--;
	}
	if (!file_sync_dir(to, "."))
		die_sys(EX_SOFT, "sync ", dir);
	if (copied) {
		each_dir(remove_file, false);
		if (faccessat(from, "paused", F_OK, 0) == 0)
			remove_file("paused");
	}
	out_num(o, moved);
	out_puts(o, moved == 1 ? " message moved to " : " messages moved to ");
	out_puts(o, dir);
	out_byte(o, '\n');
}
