/* dotforward_fuzz - what a user may have written into ~/.forward
 *   input   the file
 * It is refused as a whole with a reason, or counts as not there, or gives the elements that its lines have, one by one
 * (mail/element.h), the same on each walk.
 * sources: src/resolve/dotforward.c src/mail/element.c src/mail/addr.c src/mail/utf8.c src/mail/outcome.c src/lib/buf.c src/lib/clock.c src/lib/fd.c src/lib/num.c src/compat/linux/system.c
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolve/dotforward.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())
#define MOST 20000

static struct dotforward d;
static struct outcome o;
static const char file_name[] = ".forward";

/* a directory of our own, gone at the end; the fuzzer keeps its working directory, which its files are in */
static char home_path[] = "/tmp/pneu-fuzz.XXXXXX";
static int home = -1, back = -1;

static void
leave_nothing(void)
{
	(void)unlinkat(home, file_name, 0);
	(void)rmdir(home_path);
}

static void
write_file(const void *bytes, size_t n)
{
	static int fd = -1;

	if (fd < 0) {
		must(mkdtemp(home_path) && atexit(leave_nothing) == 0);
		home = open(home_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		fd = openat(home, file_name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		must(home >= 0 && back >= 0 && fd >= 0);
	}
	must(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, n, 0) == (ssize_t)n);
}

/* the elements of line n, said another way: 0 it is no line, and the walk holds them */
static bool
line_of(const char *s, size_t n, size_t number, struct element_walk *w)
{
	const char *end = s + n, *nl;
	size_t len, i;

	for (; s < end && --number; s = nl ? nl + 1 : end)
		nl = memchr(s, '\n', (size_t)(end - s));
	if (s == end)
		return false;
	nl = memchr(s, '\n', (size_t)(end - s));
	len = (size_t)((nl ? nl : end) - s);
	len -= len && s[len - 1] == '\r';
	i = 0;
	while (i < len && (s[i] == ' ' || s[i] == '\t'))
		i++;
	element_walk(w, s, i < len && s[i] == '#' ? 0 : len);
	return true;
}

static size_t
compare(const char *s, size_t n)
{
	struct element_walk w = { 0 };
	struct element got, want;
	size_t line, last = 0, count = 0;

	dotforward_rewind(&d);
	while (dotforward_next(&d, &got, &line)) {
		must(line >= last && line > 0);
		for (; last < line; last++) {
			must(element_next(&w, &want) == ELEMENT_END);
			must(line_of(s, n, last + 1, &w));
		}
		must(element_next(&w, &want) == ELEMENT_GOT && want.kind == got.kind && strcmp(want.text, got.text) == 0);
		must(got.kind != ELEMENT_INCLUDE && got.kind != ELEMENT_FAIL && got.kind != ELEMENT_DEFER);
		count++;
	}
	do
		must(element_next(&w, &want) == ELEMENT_END);
	while (line_of(s, n, ++last, &w));
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum dotforward_result r;
	struct element e;
	size_t line, count;

	if (n > MOST)
		return 0;
	write_file(data, n);
	memset(&o, 0, sizeof o);
	must(fchdir(home) == 0);
	r = dotforward_find(&d, "", "", geteuid(), &o);
	must(fchdir(back) == 0);
	switch (r) {
	case DOTFORWARD_FOUND:
		count = compare((const char *)data, n);
		must(count > 0 && compare((const char *)data, n) == count && !o.verdict);
		break;
	case DOTFORWARD_ABSENT:
		must(!o.verdict && compare((const char *)data, n) == 0);
		break;
	default:
		must(o.verdict == 'Z' && *o.text && !dotforward_next(&d, &e, &line));
	}
	return 0;
}
