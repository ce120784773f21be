#include "resolve/aliases.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "tap.h"

static struct aliases a;

/* aliases.cdb of these names, ended by 0, each an alias for "x-NAME"; renamed into place */
static void
database(const struct aliasdb_source *source, size_t sources, ...)
{
	struct aliasdb_make *m;
	const char *name;
	va_list ap;
	int fd = open("new", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool good = fd >= 0 && (m = aliasdb_make(fd));

	va_start(ap, sources);
	while (good && (name = va_arg(ap, const char *))) {
		struct buf b = BUF(2000);

		good = buf_puts(&b, "Ax-") && buf_put(&b, name, strnlen(name, 900)) && buf_byte(&b, 0) && aliasdb_add(m, name, strlen(name), "text", 1, &b);
		buf_free(&b);
	}
	va_end(ap);
	if (!good || !aliasdb_make_end(m, source, sources) || close(fd) != 0 || rename("new", "aliases.cdb") != 0) {
		perror("aliases.cdb");
		exit(1);
	}
}

/* the name of the alias, "none", or the errno */
static const char *
find(const char *address, bool local, const char *separators)
{
	static char got[2000];
	struct aliasdb_entry e;
	const char *name, *text;
	char letter;

	switch (aliases_find(&a, address, local, separators, &e, &name)) {
	case ALIASDB_FOUND:
		if (!aliasdb_next(&e, &letter, &text) || strncmp(text + 2, name, 900) != 0)
			return "another entry";
		snprintf(got, sizeof got, "%s", name);
		return got;
	case ALIASDB_NONE:
		return "none";
	case ALIASDB_TROUBLE:
	default:
		return strerror(errno);
	}
}

static void
order(void)
{
	char longest[1003], whole[2000];

	database(0, 0, "joe", "joe+tag", "ann@v.test", "@v.test", "list@", "ann+x@v.test", "p-q", (char *)0);
	ok(aliases_open(&a) && a.fd >= 0 && a.wild, "a database with names that have an '@'");
	same(find("joe@here.test", true, "+"), "joe", "a name, where the domain is local");
	same(find("joe@here.test", false, "+"), "none", "but not in a virtual domain");
	same(find("JoE@Here.Test", true, "+"), "joe", "case does not count, and the name is in lower case");
	same(find("joe", true, "+"), "joe", "an address without a domain");
	same(find("joe+tag@here.test", true, "+"), "joe+tag", "the whole local part before its base");
	same(find("joe+tag+more@here.test", true, "+"), "joe", "the base ends at the first separator");
	same(find("joe+@here.test", true, "+"), "joe", "an empty extension");
	same(find("+joe@here.test", true, "+"), "none", "an empty base is none");
	same(find("joe+other@here.test", true, ""), "none", "no separators, no base");
	same(find("joe-other@here.test", true, "+-"), "joe", "two separators");
	same(find("p-q-r@here.test", true, "+-"), "none", "only the first one counts");
	same(find("ann@v.test", false, "+"), "ann@v.test", "an address before its domain");
	same(find("ann+y@v.test", false, "+"), "ann@v.test", "and by its base");
	same(find("ANN+X@V.test", false, "+"), "ann+x@v.test", "and whole first");
	same(find("list@v.test", false, "+"), "list@", "name@ before @domain");
	same(find("list+y@v.test", false, "+"), "list@", "its base too");
	same(find("bob@v.test", false, "+"), "@v.test", "then @domain");
	same(find("bob@sub.v.test", false, "+"), "none", "which is not for what is below it");
	same(find("list@here.test", true, "+"), "list@", "name@ where the domain is local");
	same(find("joe@v.test", true, "+"), "joe", "and there a bare name before @domain");
	same(find("@v.test", false, "+"), "@v.test", "an empty local part");
	same(find("", true, "+"), "none", "nothing at all");
	same(find("a@b@v.test", false, "+"), "@v.test", "the domain is behind the last '@'");
	memset(longest, 'l', 1002);
	longest[1002] = 0;
	database(0, 0, longest, (char *)0);
	ok(aliases_refresh(&a) && !a.wild, "a new database, without an '@'");
	snprintf(whole, sizeof whole, "%s@here.test", longest);
	same(find(whole, true, "+"), longest, "the longest name");
	snprintf(whole, sizeof whole, "%sl@here.test", longest);
	same(find(whole, true, "+"), "none", "a longer one is none");
	same(find("bob@v.test", false, "+"), "none", "the old names are gone");
	aliases_close(&a);
}

static void
comes_and_goes(void)
{
	struct stat st;
	int had;

	unlink("aliases.cdb");
	a = (struct aliases){ .fd = -1 };
	ok(aliases_refresh(&a) && a.fd < 0, "no database is no trouble");
	same(find("joe@here.test", true, "+"), "none", "and no alias");
	database(0, 0, "joe", (char *)0);
	ok(aliases_refresh(&a) && a.fd >= 0, "it appears");
	same(find("joe@here.test", true, "+"), "joe", "and is used by who never opened it");
	had = scratch_descriptors();
	ok(aliases_refresh(&a) && scratch_descriptors() == had, "the same again");
	database(0, 0, "ann", (char *)0);
	same(find("joe@here.test", true, "+"), "joe", "a new one counts only from the next refresh on");
	ok(aliases_refresh(&a) && scratch_descriptors() == had, "which takes it over and closes the old one");
	same(find("ann@here.test", true, "+"), "ann", "its names are found");
	same(find("joe@here.test", true, "+"), "none", "and only they");
	scratch_file("new", "not a database", 14);
	rename("new", "aliases.cdb");
	ok(!aliases_refresh(&a) && a.fd >= 0 && scratch_descriptors() == had, "a damaged one is refused");
	same(find("ann@here.test", true, "+"), "ann", "and the old one stays in force");
	ok(!aliases_refresh(&a), "and refused again");
	unlink("aliases.cdb");
	mkdir("aliases.cdb", 0755);
	ok(!aliases_refresh(&a) && a.fd >= 0, "so is a directory");
	rmdir("aliases.cdb");
	ok(symlink("aliases.cdb", "aliases.cdb") == 0 && !aliases_refresh(&a) && a.fd >= 0, "and a name that leads nowhere for ever");
	unlink("aliases.cdb");
	ok(aliases_refresh(&a) && a.fd < 0 && scratch_descriptors() == had - 1, "it is removed: no aliases any more");
	same(find("ann@here.test", true, "+"), "none", "none at all");
	database(0, 0, "joe", "@v.test", (char *)0);
	ok(aliases_refresh(&a) && stat("aliases.cdb", &st) == 0 && truncate("aliases.cdb", 2048) == 0, "one that is cut while it is open");
	ok(strcmp(find("joe@here.test", true, "+"), "none") != 0, "is trouble and not an empty one");
	aliases_close(&a);
	scratch_file("aliases.cdb", "", 0);
	ok(!aliases_refresh(&a) && a.fd < 0, "an empty file is none");
	aliases_close(&a);
	ok(!aliases_open(&a) && a.fd < 0, "for aliases_open likewise");
	aliases_close(&a);
}

/* every length a write that was cut may leave, and every byte changed, alone */
static void
damaged(void)
{
	static char whole[10000], cut[10000];
	ssize_t n, i;
	int fd, lost = 0;
	bool wrong = false;

	unlink("aliases.cdb");
	database(0, 0, "joe", "@v.test", (char *)0);
	fd = open("aliases.cdb", O_RDONLY | O_CLOEXEC);
	n = read(fd, whole, sizeof whole);
	close(fd);
	for (i = 0; i < n; i++) {
		scratch_file("aliases.cdb", whole, (size_t)i);
		if (aliases_open(&a) && strcmp(find("joe@here.test", true, "+"), "none") == 0)
			lost++;
		aliases_close(&a);
	}
	ok(lost == 0, "cut at any byte it never says that there is no such alias");
	for (i = 0; i < n; i++) {
		memcpy(cut, whole, (size_t)n);
		cut[i] ^= 0x40;
		scratch_file("aliases.cdb", cut, (size_t)n);
		if (aliases_open(&a)) {
			const char *got = find("joe@here.test", true, "+");

			wrong |= strcmp(got, "another entry") != 0 && strstr(got, "joe") && strcmp(got, "joe") != 0;
		}
		aliases_close(&a);
	}
	ok(!wrong, "a changed byte crashes nothing");
	scratch_file("aliases.cdb", whole, (size_t)n);
	ok(aliases_open(&a), "whole it is good again");
	same(find("joe@here.test", true, "+"), "joe", "and finds");
	aliases_close(&a);
}

static void
stale(void)
{
	struct aliasdb_source s[2] = { { .path = "text1" }, { .path = "text2" } };
	struct stat st;
	int i;

	for (i = 0; i < 2; i++) {
		scratch_file(s[i].path, "joe: x", 6);
		stat(s[i].path, &st);
		s[i].mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
		s[i].size = 6;
	}
	database(s, 2, "joe", (char *)0);
	ok(aliases_open(&a) && !aliases_stale(&a), "the texts are as they were compiled");
	scratch_file("text2", "joe: xy", 7);
	same(aliases_stale(&a), "text2", "one has been changed");
	unlink("text2");
	ok(!aliases_stale(&a), "one that is gone is no news");
	utimensat(AT_FDCWD, "text1", (struct timespec[2]){ { .tv_sec = 5 }, { .tv_sec = 5 } }, 0);
	same(aliases_stale(&a), "text1", "an older one has been put there");
	aliases_close(&a);
	ok(!aliases_stale(&a), "without a database nothing is stale");
}

static void
words(void)
{
	char status[ALIASES_STATUS];

	same(aliases_words('X', "", status), "no such mailbox here", "the preset words of :fail:");
	same(status, "5.1.1", "and code");
	same(aliases_words('Z', "", status), "try again later", "of :defer:");
	same(status, "4.3.0", "and code");
	same(aliases_words('X', "5.7.1  gone away", status), "gone away", "words with a code");
	same(status, "5.7.1", "which counts");
	same(aliases_words('X', "4.7.1 gone away", status), "4.7.1 gone away", "a code of the other class is a word");
	same(status, "5.1.1", "and the preset stays");
	same(aliases_words('Z', "4.2.123", status), "try again later", "a code and no words");
	same(status, "4.2.123", "the code");
	same(aliases_words('Z', "4.1234.1 x", status), "4.1234.1 x", "what is no code");
	same(aliases_words('X', "5.123.1234 x", status), "5.123.1234 x", "what is too long for one");
	same(status, "5.1.1", "is a word too");
}

int
main(void)
{
	scratch();
	setenv("PNEU_ETC", scratch_path, 1);
	order();
	comes_and_goes();
	damaged();
	stale();
	words();
	return done();
}
