#include "listen/find.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
find_program(const char *name, char *path, size_t size)
{
	const char *dir = getenv("PATH");
	size_t len;
	int n;

	if (strchr(name, '/')) {
		n = snprintf(path, size, "%s", name);
		return n > 0 && (size_t)n < size && access(path, X_OK) == 0;
	}
	for (dir = dir ? dir : "/bin:/usr/bin"; dir; dir = dir[len] ? dir + len + 1 : 0) {
		len = strcspn(dir, ":");
		n = snprintf(path, size, "%.*s/%s", len ? (int)len : 1, len ? dir : ".", name);
		if (n > 0 && (size_t)n < size && access(path, X_OK) == 0)
			return true;
	}
	errno = ENOENT;
	return false;
}
