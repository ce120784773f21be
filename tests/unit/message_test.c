#include "local/message.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "nameless.h"
#include "tap.h"

static const char text[] = "Received: a\nReturn-Path: <x@y>\n\t(folded)\nSubject: hi\nRETURN-PATH : z\n\nReturn-Path: stays\nbody";
static const char stripped[] = "Received: a\nSubject: hi\n\nReturn-Path: stays\nbody";
static char space[8192];

/* an unlinked file */
static int
file_with(const void *s, size_t n)
{
	int fd = nameless();

	return fd_write(fd, s, n) ? fd : -1;
}

static bool
is_next(struct message *m, const char *want, size_t n)
{
	size_t at = 0;
	ssize_t r;
	char *s;

	while ((r = message_next(m, &s)) > 0) {
		if ((size_t)r > n - at || memcmp(s, want + at, (size_t)r) != 0)
			return false;
		at += (size_t)r;
	}
	return r == 0 && at == n;
}

static void
as_it_is_or_not(void)
{
	struct message m;
	int fd = file_with(text, sizeof text - 1);

	message_init(&m, fd, 0, sizeof text - 1, space, sizeof space);
	ok(is_next(&m, stripped, sizeof stripped - 1), "without the Return-Path fields of its header");
	message_rewind(&m);
	ok(is_next(&m, stripped, sizeof stripped - 1), "again");
	message_original(&m);
	ok(is_next(&m, text, sizeof text - 1), "the original, after it");
	message_rewind(&m);
	ok(is_next(&m, stripped, sizeof stripped - 1), "and without them once more");
	message_init(&m, fd, 0, sizeof text - 1, space, sizeof space);
	message_original(&m);
	ok(is_next(&m, text, sizeof text - 1), "the original at first");
	message_original(&m);
	ok(is_next(&m, text, sizeof text - 1), "twice");
	message_rewind(&m);
	ok(is_next(&m, stripped, sizeof stripped - 1), "then without them");
	message_init(&m, fd, 12, 28, space, sizeof space);
	message_original(&m);
	ok(is_next(&m, text + 12, 28), "a slice of the file");
	message_init(&m, fd, 0, sizeof text, space, sizeof space);
	message_original(&m);
	ok(!is_next(&m, text, sizeof text), "a file that is too short is seen");
	close(fd);
}

static void
large(void)
{
	size_t n = 100000, head = sizeof "Return-Path: x\n" - 1;
	char *s = malloc(n);
	struct message m;
	int fd;

	memset(s, 'a', n);
	memcpy(s, "Return-Path: x\n", head);
	fd = file_with(s, n);
	message_init(&m, fd, 0, n, space, 4096);
	ok(is_next(&m, s + head, n - head), "larger than the space: without");
	message_original(&m);
	ok(is_next(&m, s, n), "and the original");
	message_rewind(&m);
	ok(is_next(&m, s + head, n - head), "and without");
	close(fd);
	free(s);
}

/* a copy with lines before it, in a file of its own */
static void
copies(void)
{
	struct buf first = BUF(100), none = BUF(100);
	struct message m;
	struct stat st;
	char got[300];
	int fd = file_with(text, sizeof text - 1), copy, again;

	message_init(&m, fd, 0, sizeof text - 1, space, sizeof space);
	buf_puts(&first, "From x\n");
	copy = message_file(&m, &first);
	again = message_file(&m, &none);
	ok(copy >= 0 && again >= 0 && fd_read(copy, got, sizeof got) == (ssize_t)(7 + sizeof stripped - 1) &&
	    memcmp(got, "From x\n", 7) == 0 && memcmp(got + 7, stripped, sizeof stripped - 1) == 0, "a file with a line before it");
	ok(fd_read(again, got, sizeof got) == (ssize_t)sizeof stripped - 1 && memcmp(got, stripped, sizeof stripped - 1) == 0, "another, with nothing");
	ok(fstat(copy, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0, "it has no name");
	ok(fcntl(copy, F_GETFD) & FD_CLOEXEC, "and goes to no program by itself");
	ok(lseek(copy, 0, SEEK_SET) == 0 && lseek(fd, 0, SEEK_CUR) == (off_t)sizeof text - 1, "nor does it share its place with anybody");
	close(copy);
	close(again);
	message_init(&m, fd, 0, sizeof text, space, sizeof space);
	ok(message_file(&m, &none) < 0, "a message that is too short is none");
	close(fd);
	buf_free(&first);
	buf_free(&none);
}

int
main(void)
{
	as_it_is_or_not();
	large();
	copies();
	return done();
}
