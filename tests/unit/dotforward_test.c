#include "resolve/dotforward.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "scratch.h"
#include "tap.h"

static struct dotforward d;
static struct outcome o;
static struct element e;

static enum dotforward_result
find(const char *separator, const char *ext)
{
	memset(&o, 0, sizeof o);
	return dotforward_find(&d, separator, ext, geteuid(), &o);
}

static void
forward(const char *bytes)
{
	unlink(".forward");
	scratch_file(".forward", bytes, strlen(bytes));
}

/* "line:kind:text" of each element, between blanks */
static const char *
walked(void)
{
	static char result[4000];
	size_t line, n = 0;

	result[0] = 0;
	while (dotforward_next(&d, &e, &line))
		n += (size_t)snprintf(result + n, sizeof result - n, "%s%zu:%s:%s", n ? " " : "", line, element_kind_name(e.kind), e.text);
	return result;
}

static void
says(const char *bytes, const char *want, const char *promise)
{
	forward(bytes);
	if (find("", "") == DOTFORWARD_FOUND)
		same(walked(), want, promise);
	else
		same(o.text, "found", promise);
}

static void
is_absent(const char *bytes, const char *promise)
{
	size_t line;

	forward(bytes);
	ok(find("", "") == DOTFORWARD_ABSENT && !o.verdict && !dotforward_next(&d, &e, &line), promise);
}

/* deferred, with this in the reason, and nothing to carry out */
static void
deferred(const char *part, const char *promise)
{
	enum dotforward_result r = find("", "");
	size_t line;

	if (!ok(r == DOTFORWARD_TROUBLE && o.verdict == 'Z' && o.status[0] == '4' && strstr(o.text, part) &&
	    !dotforward_next(&d, &e, &line), promise))
		printf("# result %d verdict %c: %s\n", (int)r, o.verdict ? o.verdict : '-', o.text);
}

static void
defers(const char *bytes, const char *part, const char *promise)
{
	forward(bytes);
	deferred(part, promise);
}

static void
test_lines(void)
{
	unlink(".forward");
	ok(find("", "") == DOTFORWARD_ABSENT && !o.verdict, "no file: absent, and nobody is told");
	says("fred@example.net\n", "1:address:fred@example.net", "one line");
	same(d.name, ".forward", "of the file");
	ok(!d.is_exact, "which has no extension");
	dotforward_rewind(&d);
	same(walked(), "1:address:fred@example.net", "once more");
	says("\\joe, fred, \"|prog a, b\",\n/file\n", "1:mailbox:joe 1:address:fred 1:program:prog a, b 2:file:/file", "lists and lines");
	says("fred", "1:address:fred", "the last line needs no end");
	says("fred\r\n\r\nann\r\n", "1:address:fred 3:address:ann", "lines may end in CR LF");
	says("# x, \"\n\n \t\n\t # y\nfred\n#\n", "5:address:fred", "comments and empty lines");
	says("fred,\n  ann\n", "1:address:fred 2:address:ann", "a line that begins with blanks is one of its own");
	says("fred ann\n", "1:address:fred 1:address:ann", "blanks alone separate");
	says(":blackhole:\n/dev/null\n", "1:discard: 2:discard:/dev/null", "mail may be thrown away");
	says("fred\n#", "1:address:fred", "a comment without an end");
	is_absent("", "an empty file is as good as none");
	is_absent("# nobody\n\n,,\n(nor here)\n", "so is one without any element");
}

static void
test_lines_refused(void)
{
	defers("fred\n\njoe, <>\nann\n", ".forward line 3: an empty address", "a bad element, with its line, stops it all");
	defers("|\"prog\n", "line 1: a \" that", "an unclosed quote");
	defers("\"one\ntwo\"\n", "line 1: a \" that", "quotes do not go over lines");
	defers("fred\n:include:/list\n", "line 2: list is only for alias files", "a list");
	defers(":fail: no\n", "line 1: refusal", ":fail:");
	defers("error:450 no\n", "line 1: deferral", "error:");
	defers("fred\rann\n", "control byte", "a CR elsewhere");
	defers("~/mbox\n", "~ is not known", "~/");
	unlink(".forward");
	scratch_file(".forward", "fred\0\n", 6);
	deferred("NUL", "a NUL");
	scratch_file(".forward", "# \0\nfred\n", 9);
	deferred("NUL", "even in a comment");
}

static void
test_names(void)
{
	char longest[DOTFORWARD_NAME + 100];

	forward("fred\n");
	ok(find("+", "tag") == DOTFORWARD_ABSENT, "with an extension .forward is not looked for");
	same(d.name, ".forward+tag", "but this");
	scratch_file(".forward+tag", "ann\n", 4);
	ok(find("+", "tag") == DOTFORWARD_FOUND && d.is_exact, "which counts where it is");
	same(walked(), "1:address:ann", "and is what is read");
	ok(find("+", "TAG") == DOTFORWARD_FOUND, "capitals are none");
	ok(find("", "") == DOTFORWARD_FOUND && !d.is_exact, "the same struct looks at .forward again");
	same(walked(), "1:address:fred", "and forgets the other one");
	mkdir(".forward+a", 0700);
	scratch_file(".forward+a/b", "bad\n", 4);
	scratch_file("up", "bad\n", 4);
	ok(find("+", "a/b") == DOTFORWARD_ABSENT && find("+", "a/../up") == DOTFORWARD_ABSENT && find("/", "../up") == DOTFORWARD_ABSENT,
	    "no extension leads into another directory");
	same(d.name, ".forward:..:up", "because of its colons");
	scratch_file(".forward+a:b", "ok\n", 3);
	ok(find("+", "A/B") == DOTFORWARD_FOUND, "they stand for the slashes");
	scratch_file(".forward+", "x\n", 2);
	ok(find("+", "") == DOTFORWARD_FOUND && d.is_exact, "an empty extension is one");
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = 0;
	ok(find("+", longest) == DOTFORWARD_ABSENT, "longer than any name: absent");
	ok(find(longest, "") == DOTFORWARD_ABSENT, "on either side");
	longest[DOTFORWARD_NAME - 10] = 0;
	ok(find("+", longest) == DOTFORWARD_ABSENT && strlen(d.name) == DOTFORWARD_NAME - 1, "longer than the file system's: absent");
}

/* in a child, which root makes another user: root may read everything */
static bool
unreadable_is_deferred(void)
{
	int status = -1;
	pid_t pid;

	chmod(".forward", 0200);
	if (geteuid() == 0 && (chown(".", 65534, 65534) != 0 || chown(".forward", 65534, 65534) != 0))
		return false;
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && (setegid(65534) != 0 || seteuid(65534) != 0))
			_exit(1);
		_exit(find("", "") == DOTFORWARD_TROUBLE && o.verdict == 'Z' && strstr(o.text, "unable to open .forward") ? 0 : 1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || chown(".", geteuid(), getegid()) != 0 ||
	    chown(".forward", geteuid(), getegid()) != 0)
		return false;
	return status == 0;
}

static void
test_modes(void)
{
	static const struct { mode_t mode; bool good; } modes[] = {
		{ 0600, true }, { 0644, true }, { 0400, true }, { 0755, true }, { 0620, false }, { 0602, false }, { 0666, false },
		{ 0660, false }, { 0402, false },
	};
	char promise[60];
	size_t i;

	forward("fred\n");
	for (i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		chmod(".forward", modes[i].mode);
		snprintf(promise, sizeof promise, "mode %04o is %s", (unsigned)modes[i].mode, modes[i].good ? "believed" : "not");
		if (modes[i].good)
			ok(find("", "") == DOTFORWARD_FOUND, promise);
		else
			deferred((modes[i].mode & 002) ? "others may write to .forward; chmod go-w makes it count" :
			    "its group may write to .forward; chmod go-w makes it count", promise);
	}
	ok(unreadable_is_deferred(), "a file that cannot be read is not passed over");
	chmod(".forward", 0600);
	memset(&o, 0, sizeof o);
	ok((geteuid() != 0 || chown(".forward", 65534, 65534) == 0) &&
	    dotforward_find(&d, "", "", geteuid() + 1, &o) == DOTFORWARD_TROUBLE && o.verdict == 'Z' && strstr(o.text, "somebody else"),
	    "nor is one of another user believed");
	unlink(".forward");
	ok(symlink("/etc/passwd", ".forward") == 0, "a link to a file of root");
	deferred(".forward line 1: a :", "is: what is wrong with it is what it says");
}

static void
test_kinds(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = ".forward" };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	scratch_file("own", "fred\n", 5);
	unlink(".forward");
	ok(symlink("own", ".forward") == 0 && find("", "") == DOTFORWARD_FOUND, "a symbolic link to an own file is followed");
	same(d.name, ".forward", "under its own name");
	chmod("own", 0622);
	deferred("others may write", "what it leads to is judged");
	unlink("own");
	deferred("unable to follow the link .forward", "one that leads nowhere is not absent");
	unlink(".forward");
	ok(symlink(".forward", ".forward") == 0, "one that leads to itself");
	deferred("unable to follow", "neither");
	forward("fred\n");
	ok(link(".forward", "second") == 0, "with a second name");
	deferred("second name", "it may be anybody's");
	unlink("second");
	ok(find("", "") == DOTFORWARD_FOUND, "without it, it is the user's");
	unlink(".forward");
	ok(mkfifo(".forward", 0600) == 0, "a FIFO");
	deferred("not a regular file", "is not waited for");
	unlink(".forward");
	ok(mkdir(".forward", 0700) == 0, "a directory");
	deferred("not a regular file", "is none either");
	rmdir(".forward");
	ok(s >= 0 && bind(s, (struct sockaddr *)&name, sizeof name) == 0, "a socket");
	deferred("unable to open", "nor that");
	close(s);
	unlink(".forward");
	ok(symlink("/dev/null", ".forward") == 0, "a link to a device");
	deferred("not a regular file", "nor that");
	unlink(".forward");
}

static void
test_size(void)
{
	char *s = malloc(DOTFORWARD_FILE_MAX + 1);
	size_t line, n;

	if (!s)
		exit(1);
	memset(s, 'x', DOTFORWARD_FILE_MAX + 1);
	for (n = 1; n < DOTFORWARD_FILE_MAX; n += 2)
		s[n] = '\n';
	scratch_file(".forward", s, DOTFORWARD_FILE_MAX);
	for (n = 0; n == 0 && find("", "") == DOTFORWARD_FOUND; )
		while (dotforward_next(&d, &e, &line))
			n++;
	ok(n == DOTFORWARD_FILE_MAX / 2 && line == n, "a file of the most bytes, to its last line");
	scratch_file(".forward", s, DOTFORWARD_FILE_MAX + 1);
	deferred("larger than", "and one byte more");
	free(s);
}

int
main(void)
{
	int descriptors;

	scratch();
	descriptors = scratch_descriptors();
	test_lines();
	test_lines_refused();
	test_names();
	test_modes();
	test_kinds();
	test_size();
	ok(scratch_descriptors() == descriptors, "no descriptor is left open");
	buf_free(&d.text);
	return done();
}
