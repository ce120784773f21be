/* compiled - for tests of what makes a database of a text (lib/compile.h): define COMPILE, the function, before this */
#ifndef TESTS_COMPILED_H
#define TESTS_COMPILED_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/compile.h"
#include "nameless.h"
#include "tap.h"

static inline int
compiled(const char *text)
{
	struct compile_error error;
	int fd = nameless();

	if (!COMPILE(text, strlen(text), fd, &error))
		printf("# line %zu: %s\n", error.line, error.why ? error.why : strerror(errno));
	return fd;
}

/* the n bytes are refused because of this line, in words that have these among them */
static inline void
wrong(const char *text, size_t n, size_t line, const char *why)
{
	struct compile_error error;
	char promise[300];
	int fd = nameless();
	bool good = COMPILE(text, n, fd, &error);

	snprintf(promise, sizeof promise, "line %zu: %s", line, why);
	if (!ok(!good && error.line == line && error.why && strstr(error.why, why), promise))
		printf("# %s, line %zu: %s\n", good ? "good" : "bad", error.line, error.why ? error.why : "-");
	close(fd);
}

#define WRONG(text, line, why) wrong((text), sizeof(text) - 1, (line), (why))

#endif
