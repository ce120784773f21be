/* dotqmail_fuzz - what a user may have written into a .qmail file, and what an extension may be
 *   input   the extension, a NUL, the file
 * Each instruction is the rest of one line of the file; the extension names a file in this directory and none elsewhere.
 * sources: src/resolve/dotqmail.c src/mail/outcome.c src/lib/buf.c src/lib/clock.c src/lib/fd.c src/lib/num.c src/compat/linux/system.c
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolve/dotqmail.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define must(x) ((x) ? (void)0 : abort())
#define MOST 20000

static struct dotqmail d;
static struct outcome o;
static const char file_name[] = ".qmail-default";

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

/* the line of that number, blanks at its end left out */
static const char *
line_of(const char *s, size_t n, size_t number, size_t *len)
{
	const char *end = s + n, *nl;

	for (; --number; s = nl + 1) {
		nl = memchr(s, '\n', (size_t)(end - s));
		must(nl);
	}
	must(s < end);
	nl = memchr(s, '\n', (size_t)(end - s));
	for (*len = (size_t)((nl ? nl : end) - s); *len && (s[*len - 1] == ' ' || s[*len - 1] == '\t'); )
		--*len;
	return s;
}

static size_t
walk(const char *s, size_t n)
{
	struct dotqmail_instruction i;
	size_t count = 0, last = 0, len, text;
	const char *line;

	for (dotqmail_rewind(&d); dotqmail_next(&d, &i); count++) {
		must(i.line > last);
		last = i.line;
		line = line_of(s, n, i.line, &len);
		text = strlen(i.text);
		must(i.text >= d.text.s && i.text + text < d.text.s + d.text.len && text <= len && len > 0 && *line != '#');
		must(memcmp(line + len - text, i.text, text) == 0);
		switch (i.kind) {
		case DOTQMAIL_MAILDIR:
		case DOTQMAIL_MBOX:
			must(text == len && strchr("./", *line) && (line[len - 1] == '/') == (i.kind == DOTQMAIL_MAILDIR));
			break;
		case DOTQMAIL_PROGRAM:
			must(*line == '|' && text == len - 1);
			break;
		case DOTQMAIL_FORWARD:
			must(!strchr("./|+", *line) && text == len - (*line == '&'));
			break;
		case DOTQMAIL_LIST:
			must(len == 5 && memcmp(line, "+list", 5) == 0);
			break;
		default:
			abort();
		}
	}
	return count;
}

/* the name never leads up; default_at is a place in ext behind a hyphen, or its start */
static void
check_name(const char *ext)
{
	size_t n = strlen(ext);

	must(strncmp(d.name, ".qmail-", 7) == 0 && !strchr(d.name + 1, '.'));
	must(d.default_at == (size_t)-1 || (d.default_at <= n && (d.default_at == 0 || ext[d.default_at - 1] == '-')));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *ext = (const char *)data, *nul = n ? memchr(data, 0, n) : 0, *s;
	size_t len, count;
	bool found;

	if (!nul || n > MOST)
		return 0;
	s = nul + 1;
	len = n - (size_t)(s - ext);
	write_file(s, len);
	memset(&o, 0, sizeof o);
	must(fchdir(home) == 0);
	found = dotqmail_find(&d, "-", ext, "./Maildir/", &o);
	must(fchdir(back) == 0);
	if (found) {
		must(!o.verdict);
		if (d.is_default) {
			must(len == 0 && walk("./Maildir/", 10) == 1);
			return 0;
		}
		check_name(ext);
		count = walk(s, len);
		must(walk(s, len) == count);
	} else {
		must((o.verdict == 'Z' || o.verdict == 'D') && *o.text);
		must(o.verdict == 'Z' || strlen(ext) > DOTQMAIL_NAME - 20);
	}
	return 0;
}
