#include "resolve/dotqmail.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "scratch.h"
#include "tap.h"

static struct dotqmail d;
static struct outcome o;

/* "line:kind:text" of each instruction, between blanks */
static const char *
walked(void)
{
	static const char *const kinds[] = { "maildir", "mbox", "program", "forward", "list" };
	static char result[4000];
	struct dotqmail_instruction i;
	size_t n = 0;

	result[0] = 0;
	while (dotqmail_next(&d, &i))
		n += (size_t)snprintf(result + n, sizeof result - n, "%s%zu:%s:%s", n ? " " : "", i.line, kinds[i.kind], i.text);
	return result;
}

static bool
find(const char *dash, const char *ext)
{
	memset(&o, 0, sizeof o);
	return dotqmail_find(&d, dash, ext, "./Maildir/", &o);
}

static void
file(const char *name, const char *bytes)
{
	unlink(name);
	scratch_file(name, bytes, strlen(bytes));
}

static void
says(const char *bytes, const char *want, const char *promise)
{
	file(".qmail", bytes);
	same(find("", "") ? walked() : o.text, want, promise);
}

static void
test_lines(void)
{
	unlink(".qmail");
	ok(find("", "") && d.is_default && strcmp(d.name, "defaultdelivery") == 0, "no file: the administrator's instructions");
	same(walked(), "1:maildir:./Maildir/", "as they are");
	says("", "1:maildir:./Maildir/", "so with an empty one");
	says("# nothing", "", "but one of comments says nothing");
	ok(!d.is_default, "by itself");
	says("/m/\n./m/\n.m/\n/\n/b\n./b\n.\n", "1:maildir:/m/ 2:maildir:./m/ 3:maildir:.m/ 4:maildir:/ 5:mbox:/b 6:mbox:./b 7:mbox:.",
	    "files end in a slash or do not");
	says("|prog 'a, b' # c\n| x\n|\n", "1:program:prog 'a, b' # c 2:program: x 3:program:", "programs");
	says("&a@b\na@b\n\"x y\"@b\n1@b\n&\n", "1:forward:a@b 2:forward:a@b 3:forward:\"x y\"@b 4:forward:1@b 5:forward:", "addresses");
	says("#\n\n \na@b\n#c", "4:forward:a@b", "comments and empty lines");
	says("+list\na@b\n+other\n+list x\n", "1:list:+list 2:forward:a@b", "+list, and no other word");
	says("a@b \t \n./m/ \n|x \n", "1:forward:a@b 2:maildir:./m/ 3:program:x", "blanks at the end are none");
	says(" a@b\n", "1:forward: a@b", "at the beginning they are");
	says("a@b", "1:forward:a@b", "the last line needs no end");
	dotqmail_rewind(&d);
	same(walked(), "1:forward:a@b", "once more");
	says("\na@b\n", "the first line of .qmail is empty", "an empty first line is a deferral");
	ok(o.verdict == 'Z' && strcmp(o.status, "4.3.5") == 0, "with its status");
	says(" \na@b\n", "2:forward:a@b", "if it is empty to the last blank");
	unlink(".qmail");
	scratch_file(".qmail", "a@b\0\n", 5);
	ok(!find("", "") && o.verdict == 'Z' && strstr(o.text, "NUL"), "a NUL is a deferral");
	ok(dotqmail_default(&d, "|x\n./m/", &o) && d.is_default, "the administrator's instructions, whatever there is");
	same(walked(), "1:program:x 2:maildir:./m/", "line by line");
}

/* which file ext leads to, and where "default" begins; "-": none for ever */
static const char *
chosen(const char *ext)
{
	static char result[DOTQMAIL_NAME + 30];

	if (!find("-", ext))
		return o.verdict == 'D' ? "-" : o.text;
	if (d.default_at == (size_t)-1)
		snprintf(result, sizeof result, "%s", d.name);
	else
		snprintf(result, sizeof result, "%s %zu", d.name, d.default_at);
	return result;
}

static void
test_names(void)
{
	char longest[DOTQMAIL_NAME + 100], name[DOTQMAIL_NAME];
	int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	same(chosen("a-b-c"), "-", "no file, no mailbox");
	same(o.status, "5.1.1", "for ever");
	file(".qmail-default", "x@y\n");
	same(chosen("a-b-c"), ".qmail-default 0", "the last resort");
	same(chosen(""), ".qmail-default 0", "also for nothing");
	file(".qmail-a-default", "x@y\n");
	same(chosen("a-b-c"), ".qmail-a-default 2", "a longer beginning goes before");
	file(".qmail-a-b-default", "x@y\n");
	same(chosen("A-b-c"), ".qmail-a-b-default 4", "the longest before all");
	same(chosen("a-b"), ".qmail-a-default 2", "up to a hyphen");
	same(chosen("a-b-"), ".qmail-a-b-default 4", "which may be the end");
	same(chosen("ab-c"), ".qmail-default 0", "and no other byte");
	file(".qmail-a-b-c", "x@y\n");
	same(chosen("a-B-c"), ".qmail-a-b-c", "the exact one is the first");
	same(chosen("a-default"), ".qmail-a-default", "a name that ends so is exact too");
	file(".qmail-a:b", "x@y\n");
	same(chosen("A.b"), ".qmail-a:b", "dots are colons");
	same(chosen("../../x"), ".qmail-default 0", "so that none leads up");
	mkdir(".qmail-dir", 0700);
	same(chosen("dir"), ".qmail-default 0", "what is no file is not there");
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = 0;
	same(chosen(longest), "-", "longer than any name");
	longest[1000] = 0;
	same(chosen(longest), ".qmail-default 0", "longer than the file system's: not there");
	ok(dotqmail_exists(home, "-", "a-x", name) == DOTQMAIL_THERE && strcmp(name, ".qmail-a-default") == 0, "the same by name alone");
	unlink(".qmail-default");
	ok(dotqmail_exists(home, "-", "dir", name) == DOTQMAIL_ABSENT && !*name, "and none");
	ok(dotqmail_exists(home, "", "", name) == DOTQMAIL_THERE && strcmp(name, ".qmail") == 0, "and the plain one");
	close(home);
}

static void
test_safety(void)
{
	char *s = malloc(DOTQMAIL_FILE_MAX + 1);

	if (!s)
		exit(1);
	file(".qmail", "x@y\n");
	chmod(".qmail", 0602);
	ok(!find("", "") && o.verdict == 'Z' && strcmp(o.status, "4.7.0") == 0, "a file others may write is a deferral");
	chmod(".qmail", 0660);
	ok(find("", "") && !d.only_forwards, "the group may");
	chmod(".qmail", 0700);
	ok(find("", "") && d.only_forwards, "the x bit is seen");
	chmod(".qmail", 0611);
	ok(find("", "") && !d.only_forwards, "the owner's only");
	memset(s, '#', DOTQMAIL_FILE_MAX + 1);
	scratch_file(".qmail", s, DOTQMAIL_FILE_MAX);
	ok(find("", "") && !*walked(), "a file of the most bytes");
	scratch_file(".qmail", s, DOTQMAIL_FILE_MAX + 1);
	ok(!find("", "") && o.verdict == 'Z' && strstr(o.text, "larger"), "and one byte more");
	unlink(".qmail");
	ok(mkfifo(".qmail", 0600) == 0 && find("", "") && d.is_default, "a FIFO is not there, and not waited for");
	free(s);
}

int
main(void)
{
	int descriptors;

	scratch();
	descriptors = scratch_descriptors();
	test_lines();
	test_names();
	test_safety();
	ok(scratch_descriptors() == descriptors, "no descriptor is left open");
	buf_free(&d.text);
	return done();
}
