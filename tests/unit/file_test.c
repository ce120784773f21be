#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compat/compat.h"
#include "lib/fd.h"
#include "scratch.h"
#include "tap.h"

static char big[20000];

/* sizes around the 4096 bytes of one read, ceilings around the sizes, in an empty and in a filled buf */
static void
every_size(void)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 8192, 20000 };
	size_t i, had, n, max;
	bool read_all = true, refused = true;

	for (i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (had = 0; had <= 3; had += 3)
			for (n = sizes[i], max = had + n - (n > 0); max <= had + n + 1; max++) {
				struct buf b = BUF(max);

				scratch_file("f", big, n);
				buf_put(&b, "pre", had);
				errno = 0;
				if (max >= had + n)
					read_all &= file_read(AT_FDCWD, "f", &b) && b.len == had + n && b.s &&
					    memcmp(b.s + had, big, n) == 0 && b.s[b.len] == 0;
				else
					refused &= !file_read(AT_FDCWD, "f", &b) && errno == EMSGSIZE && b.len == had;
				buf_free(&b);
			}
	ok(read_all, "files of all sizes, also as large as the ceiling");
	ok(refused, "one byte above the ceiling: EMSGSIZE, and the buf holds what it held");
}

static void
reading(void)
{
	struct buf b = BUF(100);
	int before = scratch_descriptors(), dir;
	char path[5000];

	errno = 0;
	ok(!file_read(AT_FDCWD, "missing", &b) && errno == ENOENT, "a missing file: ENOENT");
	errno = 0;
	ok(!file_read(AT_FDCWD, "/", &b) && errno == EISDIR, "a directory: EISDIR");
	mkfifo("fifo", 0600);
	ok(file_read(AT_FDCWD, "fifo", &b) && b.len == 0, "a FIFO that nobody writes to does not hold us");
	mkdir("d", 0700);
	scratch_file("d/f", "inside", 6);
	dir = open("d", O_RDONLY | O_DIRECTORY);
	ok(file_read(dir, "f", &b) && b.len == 6 && memcmp(b.s, "inside", 6) == 0, "a file in an open directory");
	ok(file_sync_dir(dir, ".") && file_sync_dir(AT_FDCWD, "d"), "a directory is synced");
	errno = 0;
	ok(!file_sync_dir(AT_FDCWD, "missing") && errno == ENOENT, "a missing one is not");
	errno = 0;
	ok(!file_sync_dir(dir, "f") && errno == ENOTDIR, "nor is a file");
	ok(file_sync_parent("f") && file_sync_parent("d/x") && file_sync_parent("/x") && file_sync_parent("d/"),
	    "nor need the file be there whose directory is synced");
	errno = 0;
	ok(!file_sync_parent("missing/x") && errno == ENOENT, "but its directory must");
	errno = 0;
	ok(!file_sync_parent("d/f/x") && errno == ENOTDIR, "and be one");
	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 2] = '/';
	path[sizeof path - 1] = 0;
	errno = 0;
	ok(!file_sync_parent(path) && errno == ENAMETOOLONG, "a path is refused, not cut");
	close(dir);
	ok(scratch_descriptors() == before, "no descriptor is left open");
	buf_free(&b);
}

static bool
contains(const char *path, const char *want)
{
	struct buf b = BUF(1000);
	bool good = file_read(AT_FDCWD, path, &b) && strcmp(b.s, want) == 0;

	buf_free(&b);
	return good;
}

/* how: 0 as this system likes, 1 with a temporary name */
static bool
open_new(struct newfile *f, int dir, int tmp, int how)
{
	if (how == 0)
		return newfile_open(f, dir, tmp, 0640);
	f->tmp_dir = tmp;
	snprintf(f->tmp, sizeof f->tmp, "waiting");
	f->fd = openat(tmp, f->tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	return f->fd >= 0;
}

static void
making(int how)
{
	struct newfile f;
	struct stat st;
	int before = scratch_descriptors(), dir, tmp;

	mkdir("new", 0700), mkdir("tmp", 0700);
	dir = open("new", O_RDONLY | O_DIRECTORY);
	tmp = open("tmp", O_RDONLY | O_DIRECTORY);
	ok(open_new(&f, dir, tmp, how) && fcntl(f.fd, F_GETFD) == FD_CLOEXEC, "a new file");
	ok(fstat(f.fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0640 && st.st_size == 0, "with the mode asked for");
	ok(scratch_names("new") == 0, "has no name where it will be named");
	ok(fd_write(f.fd, "whole", 5), "is written");
	scratch_file("new/taken", "other", 5);
	errno = 0;
	ok(!newfile_name(&f, dir, "taken") && errno == EEXIST && contains("new/taken", "other"), "a name that is taken: EEXIST");
	ok(newfile_name(&f, dir, "name") && contains("new/name", "whole"), "another name makes it appear whole");
	ok(fstat(f.fd, &st) == 0 && st.st_nlink == 1 && scratch_names("tmp") == 0, "under that name only");
	ok(newfile_close(&f) && f.fd == -1 && contains("new/name", "whole"), "closing leaves it");
	errno = 0;
	ok(!newfile_close(&f) && errno == EBADF, "closing twice is refused");
	ok(open_new(&f, dir, tmp, how) && fd_write(f.fd, "x", 1) && newfile_close(&f) && scratch_names("new") == 2 &&
	    scratch_names("tmp") == 0, "closed without a name it is gone");
	unlink("new/name"), unlink("new/taken"), rmdir("new");
	errno = 0;
	ok(!newfile_open(&f, dir, tmp, 0600) || (!newfile_name(&f, dir, "late") && newfile_close(&f)), "a directory that is gone takes none");
	close(dir), close(tmp);
	ok(scratch_descriptors() == before && scratch_names("tmp") == 0, "nothing is left open, nothing behind");
	rmdir("tmp");
}

/* killed before naming: a nameless file leaves nothing, a temporary one only what is in tmp */
static void
crash(void)
{
	struct newfile f;
	int dir, tmp, status;
	pid_t pid;

	mkdir("new", 0700), mkdir("tmp", 0700);
	dir = open("new", O_RDONLY | O_DIRECTORY);
	tmp = open("tmp", O_RDONLY | O_DIRECTORY);
	if ((pid = fork()) == 0) {
		if (newfile_open(&f, dir, tmp, 0600) && fd_write(f.fd, "half", 4))
			_exit(0);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	ok(status == 0 && scratch_names("new") == 0, "a program that dies before naming leaves no name");
	ok(newfile_open(&f, dir, -1, 0600) ? newfile_close(&f) : errno == EBADF, "without a temporary directory: nameless or EBADF");
	errno = 0;
	ok(!newfile_open(&f, 199, 199, 0600) && errno == EBADF, "closed directories: EBADF");
	close(dir), close(tmp);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof big; i++)
		big[i] = (char)(i * 7 + i / 251);
	umask(0);
	scratch();
	every_size();
	reading();
	making(0);
	making(1);
	crash();
	return done();
}
