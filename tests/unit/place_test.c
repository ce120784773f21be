#include "lib/place.h"

#include <errno.h>
#include <stdlib.h>

#include "tap.h"

int
main(void)
{
	char path[300];
	size_t n;

	unsetenv("PNEU_ETC");
	unsetenv("PNEU_QUEUE");
	ok(!place_private(), "without the variables this is the installation");
	same(place_etc(), PNEU_ETC_DIR, "its settings");
	same(place_queue(), PNEU_QUEUE_DIR, "its queue");
	ok(place_program(path, sizeof path, "pneu-queue"), "its programs");
	same(path, PNEU_BIN_DIR "/pneu-queue", "by their path");
	n = strlen(path);
	ok(place_program(path, n + 1, "pneu-queue"), "in just enough space");
	errno = 0;
	ok(!place_program(path, n, "pneu-queue") && errno == EMSGSIZE, "not in less");
	setenv("PNEU_ETC", "", 1);
	setenv("PNEU_QUEUE", "", 1);
	ok(!place_private(), "empty variables do not count");
	same(place_etc(), PNEU_ETC_DIR, "for the settings");
	same(place_queue(), PNEU_QUEUE_DIR, "nor the queue");
	setenv("PNEU_QUEUE", "/q", 1);
	ok(place_private(), "a queue of its own is an instance");
	same(place_queue(), "/q", "there");
	same(place_etc(), PNEU_ETC_DIR, "the other place stays");
	ok(place_program(path, sizeof path, "pneu-queue"), "its programs");
	same(path, "pneu-queue", "are searched in PATH");
	unsetenv("PNEU_QUEUE");
	setenv("PNEU_ETC", "etc", 1);
	ok(place_private(), "settings of its own are an instance");
	same(place_etc(), "etc", "there");
	return done();
}
