/* nameless - an empty file for a C test, open for reading and writing, gone when it is closed */
#ifndef TESTS_NAMELESS_H
#define TESTS_NAMELESS_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline int
nameless(void)
{
	const char *tmp = getenv("TMPDIR");
	char name[200];
	int fd;

	snprintf(name, sizeof name, "%s/pneu-test.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if ((fd = mkstemp(name)) < 0) {
		perror("scratch file");
		exit(1);
	}
	unlink(name);
	return fd;
}

#endif
