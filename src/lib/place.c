#include "lib/place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "compat/compat.h"

#ifndef PNEU_ETC_DIR
#define PNEU_ETC_DIR "/etc/pneu"
#endif
#ifndef PNEU_QUEUE_DIR
#define PNEU_QUEUE_DIR "/var/spool/pneu"
#endif
#ifndef PNEU_BIN_DIR
#define PNEU_BIN_DIR "/usr/local/lib/pneu"
#endif

static const char *
from_environment(const char *variable)
{
	const char *s;

	if (compat_elevated())
		return 0;
	s = getenv(variable);
	return s && *s ? s : 0;
}

bool
place_private(void)
{
	return from_environment("PNEU_ETC") || from_environment("PNEU_QUEUE");
}

const char *
place_etc(void)
{
	const char *s = from_environment("PNEU_ETC");

	return s ? s : PNEU_ETC_DIR;
}

const char *
place_queue(void)
{
	const char *s = from_environment("PNEU_QUEUE");

	return s ? s : PNEU_QUEUE_DIR;
}

bool
place_program(char *path, size_t size, const char *name)
{
	int n = snprintf(path, size, "%s%s", place_private() ? "" : PNEU_BIN_DIR "/", name);

	if (n < 0 || (size_t)n >= size) {
		errno = EMSGSIZE;
		return false;
	}
	return true;
}
