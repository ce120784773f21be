/* scratch - an empty directory for a C test: the current one from now on, gone at the end */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch_path[200];
static pid_t scratch_owner;

static inline void
scratch_gone(void)
{
	char command[500];

	if (getpid() != scratch_owner || chdir("/") != 0)
		return;                 /* a child that ends is not the end */
	snprintf(command, sizeof command, "chmod -R u+rwx '%s'; rm -rf '%s'", scratch_path, scratch_path);
	if (system(command) != 0)
		fprintf(stderr, "# cannot remove %s\n", scratch_path);
}

static inline void
scratch(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(scratch_path, sizeof scratch_path, "%s/pneu-test.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	scratch_owner = getpid();
	if (!mkdtemp(scratch_path) || chdir(scratch_path) != 0) {
		perror("scratch directory");
		exit(1);
	}
	atexit(scratch_gone);
}

/* a file with these bytes */
static inline void
scratch_file(const char *name, const void *bytes, size_t n)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || close(fd) != 0) {
		perror(name);
		exit(1);
	}
}

/* what the test inherited, whoever runs it, does not pass to the programs that it starts */
static inline void
scratch_keep_own(void)
{
	int fd;

	for (fd = 3; fd < 1000; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* how many descriptors this process has open: a leak shows as a difference */
static inline int
scratch_descriptors(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 200; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* how many names a directory holds */
static inline int
scratch_names(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	if (!d)
		return -1;
	while ((e = readdir(d)))
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

#endif
