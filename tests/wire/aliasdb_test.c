#include "wire/aliasdb.h"

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "mail/element.h"
#include "nameless.h"
#include "tap.h"

static bool
add(struct aliasdb_make *m, const char *name, uint64_t line, const char *elements, size_t n)
{
	struct buf b = BUF(ALIASDB_DATA);
	bool good = buf_put(&b, elements, n) && aliasdb_add(m, name, strlen(name), "/etc/aliases", line, &b);

	buf_free(&b);
	return good;
}

#define ADD(m, name, line, s) add((m), (name), (line), (s), sizeof (s))         /* the literal's own 0 is the last */

static const struct aliasdb_source sources[] = {
	{ "/etc/aliases", 1795338486123456789u, 10 },
	{ "/etc/more", 0, UINT64_MAX },
};

static int
sample(bool wild)
{
	int fd = nameless();
	struct aliasdb_make *m = aliasdb_make(fd);
	bool good = m && ADD(m, "Postmaster", 1, "Aroot") &&
	    ADD(m, "all", UINT64_MAX, "Aann@example.org\0Mann\0F/var/mail/all\0P/bin/prog a, b\0I/etc/list\0Xno\0Z\0D");

	if (good && wild)
		good = ADD(m, "@example.org", 3, "D");
	if (!m || !aliasdb_make_end(m, sources, 2) || !good)
		printf("# making it failed: %s\n", strerror(errno));
	return fd;
}

/* "file:line letter=text ..." */
static void
finds(int fd, const char *name, const char *want, const char *promise)
{
	struct buf b = BUF(0);
	struct aliasdb_entry e;
	char got[1000], letter;
	const char *text;
	size_t n = 0;

	switch (aliasdb_find(fd, name, strlen(name), &b, &e)) {
	case ALIASDB_FOUND:
		n = (size_t)snprintf(got, sizeof got, "%s:%llu", e.file, (unsigned long long)e.line);
		while (aliasdb_next(&e, &letter, &text))
			n += (size_t)snprintf(got + n, sizeof got - n, " %c=%s", letter, text);
		break;
	case ALIASDB_NONE:
		snprintf(got, sizeof got, "none");
		break;
	default:
		snprintf(got, sizeof got, "trouble %s", strerror(errno));
	}
	same(got, want, promise);
	buf_free(&b);
}

static void
lookups(void)
{
	int fd = sample(true);
	char longest[ALIASDB_NAME + 2];

	finds(fd, "postmaster", "/etc/aliases:1 A=root", "a name, with file and line");
	finds(fd, "POSTmaster", "/etc/aliases:1 A=root", "in any case");
	finds(fd, "all", "/etc/aliases:18446744073709551615 A=ann@example.org M=ann F=/var/mail/all P=/bin/prog a, b "
	    "I=/etc/list X=no Z= D=", "all kinds of elements, in their order");
	finds(fd, "@example.org", "/etc/aliases:3 D=", "a wildcard is a name like others");
	finds(fd, "nobody", "none", "no such name");
	finds(fd, "postmaste", "none", "half a name is none");
	finds(fd, "", "none", "the empty name is nobody's, though the database has that key");
	memset(longest, 'x', sizeof longest);
	longest[ALIASDB_NAME + 1] = 0;
	finds(fd, longest, "none", "a name that is too long is nobody's");
	close(fd);
}

static void
abouts(void)
{
	struct buf b = BUF(0);
	struct aliasdb_about a;
	struct aliasdb_source f;
	int fd = sample(true);

	ok(aliasdb_about(fd, &b, &a) == ALIASDB_FOUND && a.wild, "it tells that there are names with an '@'");
	ok(aliasdb_next_source(&a, &f) && strcmp(f.path, "/etc/aliases") == 0 && f.mtime_ns == 1795338486123456789u &&
	    f.size == 10, "and from what it was made");
	ok(aliasdb_next_source(&a, &f) && strcmp(f.path, "/etc/more") == 0 && f.mtime_ns == 0 && f.size == UINT64_MAX,
	    "all of it");
	ok(!aliasdb_next_source(&a, &f), "and no more");
	close(fd);
	fd = sample(false);
	ok(aliasdb_about(fd, &b, &a) == ALIASDB_FOUND && !a.wild, "or that there are none");
	close(fd);
	fd = nameless();
	ok(aliasdb_about(fd, &b, &a) == ALIASDB_TROUBLE, "an empty file is no database");
	ok(aliasdb_make_end(aliasdb_make(fd), 0, 0), "a database of nothing");
	ok(aliasdb_about(fd, &b, &a) == ALIASDB_FOUND && !a.wild && !aliasdb_next_source(&a, &f), "is one");
	finds(fd, "a", "none", "and has no names");
	close(fd);
	buf_free(&b);
}

/* "name" and the number of its elements, for all */
static void
walks(int fd, const char *want, const char *promise)
{
	static struct aliasdb_walk w;
	struct buf b = BUF(0);
	struct aliasdb_entry e;
	char got[1000] = "", letter;
	const char *text;
	size_t n = 0;
	enum aliasdb_result r = ALIASDB_TROUBLE;

	if (aliasdb_walk(&w, fd))
		while ((r = aliasdb_walk_next(&w, &b, &e)) == ALIASDB_FOUND) {
			int count = 0;

			while (aliasdb_next(&e, &letter, &text))
				count++;
			n += (size_t)snprintf(got + n, sizeof got - n, "%s %d ", w.name, count);
		}
	snprintf(got + n, sizeof got - n, "%s", r == ALIASDB_NONE ? "end" : errno == EIO ? "EIO" : errno == EPROTO ? "EPROTO" : strerror(errno));
	same(got, want, promise);
	buf_free(&b);
}

static void
walking(void)
{
	int fd = sample(true);
	unsigned char few[4] = { 0, 1, 0, 0 };

	walks(fd, "postmaster 1 all 8 @example.org 1 end", "a walk meets every entry");
	walks(fd, "postmaster 1 all 8 @example.org 1 end", "and another one too");
	ok(ftruncate(fd, 2100) == 0, "cut:");
	walks(fd, "postmaster 1 EIO", "it tells that there is no more");
	ok(ftruncate(fd, 1000) == 0, "cut further:");
	walks(fd, "EIO", "at once");
	ok(pwrite(fd, few, 4, 0) == 4 && ftruncate(fd, 4000) == 0, "nonsense:");
	walks(fd, "EPROTO", "is told");
	close(fd);
	fd = nameless();
	walks(fd, "EIO", "an empty file is no database");
	close(fd);
}

static void
limits(void)
{
	char name[ALIASDB_NAME + 2];
	struct buf b = BUF(ALIASDB_DATA), space = BUF(0);
	struct aliasdb_entry e;
	struct aliasdb_make *m;
	int fd = nameless();
	bool good;

	memset(name, 'n', sizeof name);
	buf_room(&b, ALIASDB_DATA);
	while (b.len + 600 < ALIASDB_DATA) {
		memset(b.s + b.len, 'a', 500);
		b.s[b.len] = 'A';
		b.s[b.len + 499] = 0;
		b.len += 500;
	}
	m = aliasdb_make(fd);
	ok(aliasdb_add(m, name, ALIASDB_NAME, "f", 1, &b), "the longest name, and 16 MiB of elements");
	ok(aliasdb_make_end(m, 0, 0), "are stored");
	ok(aliasdb_find(fd, name, ALIASDB_NAME, &space, &e) == ALIASDB_FOUND, "and found");
	close(fd);

	fd = nameless();
	m = aliasdb_make(fd);
	ok(!aliasdb_add(m, name, ALIASDB_NAME + 1, "f", 1, &b) && errno == EMSGSIZE, "a byte more of name is refused");
	good = aliasdb_make_end(m, 0, 0);
	ok(!good && errno == EMSGSIZE, "and remembered to the end");
	close(fd);

	fd = nameless();
	m = aliasdb_make(fd);
	b.len = ALIASDB_DATA;
	ok(!aliasdb_add(m, "n", 1, "f", 1, &b) && errno == EMSGSIZE, "and elements over 16 MiB");
	aliasdb_make_end(m, 0, 0);
	close(fd);
	m = aliasdb_make(fd = nameless());
	buf_clear(&b);
	ok(!aliasdb_add(m, "n", 1, "f", 1, &b) && errno == EINVAL, "and an entry without any");
	aliasdb_make_end(m, 0, 0);
	close(fd);
	m = aliasdb_make(fd = open("/dev/full", O_RDWR | O_CLOEXEC));
	good = m && ADD(m, "a", 1, "Ab");
	ok(m && (!aliasdb_make_end(m, 0, 0) || !good), "a full disk is told");
	close(fd);
	buf_free(&b);
	buf_free(&space);
}

/* every length a database can be cut to, and every byte of it turned: an answer or trouble, never a crash, never a
 * wrong "no such alias" for a cut one */
static void
damaged(void)
{
	static char image[1 << 16], copy[1 << 16];
	static struct aliasdb_walk w;
	struct buf b = BUF(0);
	struct aliasdb_entry e;
	struct aliasdb_about a;
	int whole = sample(true), fd = nameless();
	ssize_t n = pread(whole, image, sizeof image, 0), i;
	bool cut_found = false, good = true;

	for (i = 0; i < n; i++) {
		if (ftruncate(fd, 0) != 0 || pwrite(fd, image, (size_t)i, 0) != i)
			good = false;
		cut_found |= i < 2048 && aliasdb_find(fd, "all", 3, &b, &e) != ALIASDB_TROUBLE;
		good &= aliasdb_find(fd, "all", 3, &b, &e) != ALIASDB_NONE;
		aliasdb_about(fd, &b, &a);
	}
	ok(good && !cut_found, "a cut database is trouble and never \"no such alias\"");
	for (i = 0; i < n; i++) {
		memcpy(copy, image, (size_t)n);
		copy[i] = (char)(copy[i] ^ 0xff);
		if (pwrite(fd, copy, (size_t)n, 0) != n)
			good = false;
		aliasdb_find(fd, "all", 3, &b, &e);
		aliasdb_find(fd, "zzz", 3, &b, &e);
		aliasdb_about(fd, &b, &a);
		if (aliasdb_walk(&w, fd))
			while (aliasdb_walk_next(&w, &b, &e) == ALIASDB_FOUND)
				;
	}
	ok(good, "any damaged byte is survived");
	buf_free(&b);
	close(fd);
	close(whole);
}

static void
entry(const char *key, const char *data, size_t n, const char *promise)
{
	struct buf b = BUF(0);
	struct aliasdb_entry e;
	struct aliasdb_about a;
	struct cdb_make c;
	int fd = nameless();
	enum aliasdb_result r;

	cdb_make_start(&c, fd);
	cdb_make_add(&c, key, (unsigned)strlen(key), data, (unsigned)n);
	cdb_make_finish(&c);
	r = *key ? aliasdb_find(fd, key + 1, strlen(key + 1), &b, &e) : aliasdb_about(fd, &b, &a);
	ok(r == ALIASDB_TROUBLE && errno == EPROTO, promise);
	buf_free(&b);
	close(fd);
}

#define ENTRY(key, data, promise) entry((key), (data), sizeof (data) - 1, (promise))

static void
strange(void)
{
	static char big[ALIASDB_DATA + 1], text[ELEMENT_TEXT + 10];

	ENTRY(":a", "", "an empty entry is trouble");
	ENTRY(":a", "f\0001\0Ab", "and one whose end is not marked");
	ENTRY(":a", "f\0", "and one without a line");
	ENTRY(":a", "f\0001\0", "and one without elements");
	ENTRY(":a", "\0001\0Ab\0", "and one without a file");
	ENTRY(":a", "f\000x\0Ab\0", "and one whose line is no number");
	ENTRY(":a", "f\0000\0Ab\0", "or is 0");
	ENTRY(":a", "f\0001\0Qb\0", "and a letter that nobody knows");
	ENTRY(":a", "f\0001\0\0", "and no letter at all");
	ENTRY(":a", "f\0001\0A\0", "and an address without text");
	entry(":a", big, sizeof big, "and one that is too long");
	memcpy(text, "f\0001\0A", 5);
	memset(text + 5, 'x', sizeof text - 6);
	entry(":a", text, sizeof text, "and an element that is too long");
	ENTRY("", "pneu-aliases0\0\0", "another version is not this one's to read");
	ENTRY("", "pneu-aliases1\0", "what is said of the whole must be whole");
	ENTRY("", "pneu-aliases1\0x\0", "and known");
	ENTRY("", "pneu-aliases1\0@\0/f\0001\0", "a text file has a size");
	ENTRY("", "pneu-aliases1\0@\0/f\0x\0001\0", "and a time");
}

int
main(void)
{
	lookups();
	abouts();
	walking();
	limits();
	damaged();
	strange();
	return done();
}
