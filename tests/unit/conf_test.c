#include "lib/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compat/compat.h"
#include "scratch.h"
#include "tap.h"

static struct conf_error e;
static int etc = -1;

static bool
load(const char *name, enum conf_kind kind, void *value, uint64_t min, uint64_t max)
{
	const struct conf c = { name, kind, value, 42, min, max };

	e.text[0] = 0;
	return conf_load(etc, &c, 1, &e);
}

/* the value that this file gives, or its error */
static const char *
number_in(const char *bytes, size_t n)
{
	static char said[400];
	uint64_t v = 7;

	scratch_file("number", bytes, n);
	if (load("number", CONF_NUMBER, &v, 10, 1000))
		snprintf(said, sizeof said, "%llu", (unsigned long long)v);
	else
		snprintf(said, sizeof said, "%s%s", e.text, v == 7 ? "" : ", but changed");
	return said;
}

#define NUMBER(literal) number_in(literal, sizeof(literal) - 1)
#define NOT "control/number: \""
#define FROM "\" is not a number from 10 to 1000"

static void
numbers(void)
{
	uint64_t v = 7;

	unlink("number");
	ok(load("number", CONF_NUMBER, &v, 10, 1000) && v == 42, "missing is the preset");
	same(NUMBER("17\n"), "17", "a number");
	same(NUMBER("17"), "17", "without a newline at the end");
	same(NUMBER("17 \t\r\nrest\n"), "17", "blanks and a CR behind it; further lines");
	same(NUMBER("10\n"), "10", "the least");
	same(NUMBER("1000\n"), "1000", "the most");
	same(NUMBER("9\n"), NOT "9" FROM, "one less");
	same(NUMBER("1001\n"), NOT "1001" FROM, "one more");
	same(NUMBER(""), NOT FROM, "an empty file is no number");
	same(NUMBER("\n17\n"), NOT FROM, "nor an empty line");
	same(NUMBER(" 17\n"), NOT " 17" FROM, "nor with a blank in front");
	same(NUMBER("7d\n"), NOT "7d" FROM, "nor with a unit");
	same(NUMBER("17\0\n"), NOT "17" FROM, "nor with a NUL");
	same(NUMBER("18446744073709551633\n"), NOT "18446744073709551633" FROM, "nor too large for any");
	same(NUMBER("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee\n"), NOT "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd" FROM,
	    "a long one is shown in part");
}

static const char *
line_in(const char *bytes, size_t n)
{
	static char said[400];
	struct buf b = BUF(0);

	scratch_file("line", bytes, n);
	if (load("line", CONF_LINE, &b, 0, 0))
		snprintf(said, sizeof said, b.s ? "[%s] %zu" : "missing", b.s, b.len);
	else
		snprintf(said, sizeof said, "%s%s", e.text, b.s ? ", but changed" : "");
	buf_free(&b);
	return said;
}

#define LINE(literal) line_in(literal, sizeof(literal) - 1)

static void
one_line(void)
{
	struct buf b = BUF(0);

	unlink("line");
	ok(load("line", CONF_LINE, &b, 0, 0) && !b.s && b.len == 0, "missing: no memory");
	same(LINE("mx.example\n"), "[mx.example] 10", "a line");
	same(LINE("mx.example"), "[mx.example] 10", "without a newline at the end");
	same(LINE(" a b \t\r\nsecond\n"), "[ a b] 4", "the first; blanks at its end removed, others kept");
	same(LINE(""), "[] 0", "an empty file is an empty line");
	same(LINE("\n\n"), "[] 0", "so is a newline");
	same(LINE("\r\n"), "[] 0", "so is CR LF");
	same(LINE("# no comment\n"), "[# no comment] 12", "a line knows no comments");
	same(LINE("a\0b\n"), "control/line: holds a NUL", "no NUL in it");
	same(LINE("a\n\0"), "[a] 1", "what comes later does not count");
}

static const char *
lines_in(const char *bytes, size_t n)
{
	static char said[400];
	struct buf b = BUF(0);
	const char *l;
	char *p = said;

	scratch_file("lines", bytes, n);
	if (!load("lines", CONF_LINES, &b, 0, 0)) {
		snprintf(said, sizeof said, "%s%s", e.text, b.s ? ", but changed" : "");
		return said;
	}
	p += sprintf(p, b.s ? "present" : "missing");
	for (l = 0; (l = conf_next(&b, l)); )
		p += sprintf(p, " [%s]", l);
	buf_free(&b);
	return said;
}

#define LINES(literal) lines_in(literal, sizeof(literal) - 1)

static void
many_lines(void)
{
	struct buf b = BUF(0);

	unlink("lines");
	ok(load("lines", CONF_LINES, &b, 0, 0) && !b.s && !conf_next(&b, 0), "missing: no memory, no lines");
	same(LINES("a\nb\n"), "present [a] [b]", "lines");
	same(LINES("a\nb"), "present [a] [b]", "without a newline at the end");
	same(LINES("\n \n#c\n# d\r\n\t#e \n\r\na b \r\n"), "present [\t#e] [a b]", "empty lines and comments left out, blanks removed");
	same(LINES(""), "present", "an empty file has none");
	same(LINES("\n\n"), "present", "nor have empty lines");
	same(LINES("#"), "present", "nor a comment");
	same(LINES("#\0\na\n"), "present [a]", "a NUL in a comment does not count");
	same(LINES("a\nb\0c\n"), "control/lines: holds a NUL", "in a line it does");
	same(LINES("\0\n"), "control/lines: holds a NUL", "even alone");
}

/* a line of each of these lengths comes whole */
static void
lengths(size_t from, size_t to, const char *what)
{
	struct buf b = BUF(0);
	char line[2000];
	size_t n, good = 0;

	memset(line, 'x', sizeof line);
	for (n = from; n <= to; n++) {
		scratch_file("line", line, n);
		good += load("line", CONF_LINE, &b, 0, 0) && b.len == n && memcmp(b.s, line, n) == 0;
	}
	ok(good == to - from + 1, what);
	buf_free(&b);
}

static void
sizes(void)
{
	struct buf b = BUF(0);
	size_t n;
	int fd;

	for (n = CONF_FILE_MAX; n <= CONF_FILE_MAX + 1; n++) {
		fd = open("large", O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fd < 0 || write(fd, "a\n", 2) != 2 || ftruncate(fd, (off_t)n - 2) != 0 || lseek(fd, 0, SEEK_END) < 0 ||
		    write(fd, "\nb", 2) != 2 || close(fd) != 0)
			return;
		if (n == CONF_FILE_MAX)
			ok(load("large", CONF_LINE, &b, 0, 0) && strcmp(b.s, "a") == 0, "a file at the limit");
		else
			ok(!load("large", CONF_LINE, &b, 0, 0) && strncmp(e.text, "control/large: ", 15) == 0 && strcmp(b.s, "a") == 0,
			    "one byte more is an error, and the value stays");
	}
	buf_free(&b);
}

static void
trouble(void)
{
	struct buf a = BUF(0), b = BUF(0);
	uint64_t n = 7;
	const struct conf all[] = { { "a", CONF_LINE, &a, 0, 0, 0 }, { "n", CONF_NUMBER, &n, 5, 0, 100 }, { "b", CONF_LINES, &b, 0, 0, 0 } };
	char *had;
	int before;

	mkdir("dir", 0700);
	ok(!load("dir", CONF_LINE, &a, 0, 0) && strcmp(e.text, "control/dir: Is a directory") == 0, "a directory is an error with its reason");
	if (geteuid() != 0) {
		scratch_file("secret", "1\n", 2);
		chmod("secret", 0);
		ok(!load("secret", CONF_NUMBER, &n, 0, 100) && strcmp(e.text, "control/secret: Permission denied") == 0, "so is a file that is not ours to read");
	}
	scratch_file("a", "one\n", 4), scratch_file("n", "50\n", 3), scratch_file("b", "two\n", 4);
	before = scratch_descriptors();
	ok(conf_load(etc, all, 3, &e) && strcmp(a.s, "one") == 0 && n == 50 && strcmp(b.s, "two") == 0, "several at once");
	had = a.s;
	scratch_file("a", "three\n", 6), scratch_file("n", "60\n", 3), scratch_file("b", "fo\0r\n", 5);
	ok(!conf_load(etc, all, 3, &e) && strcmp(e.text, "control/b: holds a NUL") == 0, "the last one is bad");
	ok(a.s == had && strcmp(a.s, "one") == 0 && n == 50 && b.len == 4 && strcmp(b.s, "two") == 0, "then none is changed");
	unlink("a"), unlink("n"), unlink("b");
	ok(conf_load(etc, all, 3, &e) && !a.s && n == 5 && !b.s, "all removed: presets");
	ok(conf_load(etc, all, 0, &e), "no settings at all");
	ok(scratch_descriptors() == before, "no descriptor is left open");
}

static void
opening(void)
{
	struct buf me = BUF(0);
	const struct conf setting = { .name = "me", .kind = CONF_LINE, .value = &me };
	int before = scratch_descriptors(), fd;
	char host[256];

	setenv("PNEU_ETC", scratch_path, 1);
	fd = conf_open();
	ok(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC, "etc/ is opened where the instance says");
	close(fd);
	scratch_file("me", "mail.example\n", 13);
	ok(conf_read(&setting, 1, &e) && scratch_descriptors() == before, "read, and closed again");
	same(me.s, "mail.example", "a setting from there");
	ok(conf_host_name(&me) && strcmp(me.s, "mail.example") == 0, "which goes before the host's own name");
	scratch_file("me", "\n", 1);
	gethostname(host, sizeof host);
	ok(conf_read(&setting, 1, &e) && conf_host_name(&me) && strcmp(me.s, host) == 0, "that stands in where it is empty");
	unlink("me");
	ok(conf_read(&setting, 1, &e) && !me.s && conf_host_name(&me) && strcmp(me.s, host) == 0, "or missing");
	buf_free(&me);
	setenv("PNEU_ETC", "/nonexistent/etc", 1);
	errno = 0;
	ok(conf_open() == -1 && errno == ENOENT, "or is missing");
	ok(!conf_read(&setting, 1, &e) && strstr(e.text, "directory of control files: No such file"), "which is said");
}

/* a number that is 42 when its file is not there, from a look at etc/ */
static uint64_t
taken(const struct conf_view *v, const char *name)
{
	uint64_t n = 7;
	const struct conf c = { name, CONF_NUMBER, &n, 42, 0, 1000 };

	return conf_take(v, &c, 1, &e) ? n : 0;
}

/* files named fNUMBER with their number in it; how many of them a look misses */
static int
missed(int files)
{
	struct conf_view v;
	char name[20];
	int i, n = 0;

	for (i = 0; i < files; i++) {
		snprintf(name, sizeof name, "f%d", i);
		scratch_file(name, name + 1, strlen(name + 1));
	}
	if (!conf_look(&v, &e))
		return -1;
	for (i = 0; i < files; i++) {
		snprintf(name, sizeof name, "f%d", i);
		n += !conf_may_have(&v, name) || taken(&v, name) != (uint64_t)i;
		unlink(name);
	}
	close(v.dir);
	return n;
}

static void
looking(void)
{
	struct conf_view v, later;
	char names[4096];
	bool listed;
	int before = scratch_descriptors();

	setenv("PNEU_ETC", scratch_path, 1);
	scratch_file("n", "17\n", 3);
	ok(conf_look(&v, &e) && fcntl(v.dir, F_GETFD) == FD_CLOEXEC && taken(&v, "n") == 17, "a look at etc/, and a setting from there");
	ok(taken(&v, "x") == 42, "what is not there has its preset");
	scratch_file("x", "18\n", 3);
	lseek(v.dir, 0, SEEK_SET);
	listed = compat_names(v.dir, names, sizeof names) > 0;
	ok(!listed || taken(&v, "x") == 42, "also if it comes later");
	ok(conf_look(&later, &e) && taken(&later, "x") == 18 && taken(&later, "n") == 17, "another look finds it");
	close(later.dir);
	unlink("n");
	ok(taken(&v, "n") == 42, "what goes later is not there");
	scratch_file("n", "7d\n", 3);
	ok(taken(&v, "n") == 0 && strstr(e.text, "control/n: \"7d\""), "an error is one");
	close(v.dir);
	unlink("n"), unlink("x");
	ok(missed(1) == 0 && missed(60) == 0, "none of 60 files is missed");
	ok(missed(900) == 0, "none of 900, which are more than it can list");
	ok(scratch_descriptors() == before, "no descriptor is left open");
	setenv("PNEU_ETC", "/nonexistent/etc", 1);
	ok(!conf_look(&v, &e) && strstr(e.text, "directory of control files: No such file"), "no etc/ is said");
}

int
main(void)
{
	scratch();
	etc = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	numbers();
	one_line();
	many_lines();
	lengths(395, 405, "lines of 395 to 405 bytes");
	lengths(505, 520, "lines of 505 to 520 bytes");
	lengths(1015, 1030, "lines of 1015 to 1030 bytes");
	sizes();
	trouble();
	opening();
	looking();
	return done();
}
