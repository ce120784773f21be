/* recipientdb: every kind of line and how it is found, every limit, every damage */
#include "wire/recipientdb.h"

#include <cdb.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "mail/addr.h"

#define COMPILE recipientdb_compile
#include "compiled.h"

static void
finds(int fd, enum recipientdb_result want, const char *address)
{
	static const char *const word[] = { "not listed", "there", "nobody", "trouble" };
	enum recipientdb_result r = recipientdb_find(fd, address, strlen(address), "+=");
	char promise[1000];

	snprintf(promise, sizeof promise, "%.100s: %s", address, word[want]);
	if (!ok(r == want, promise))
		printf("# %s\n", word[r]);
}

static const char text[] =
    "# who there is\n\n"
    "Ann@Example.org \t\r\n"
    "joe+x@example.org\n"
    "list-*@example.org\n"
    "box+*@example.org\n"
    "j\xc3\xbcrgen@example.org\n"
    "a@b@example.org\n"
    "@all.example\n"
    "ann@all.example\n"
    ".below.example\n"
    "ann@named.below.example\n"
    "ann@example.org\n"
    "empty.example\n"
    "x@[192.0.2.1]";

static void
test_find(void)
{
	int fd = compiled(text);

	finds(fd, RECIPIENTDB_FOUND, "ann@example.org");
	finds(fd, RECIPIENTDB_FOUND, "ANN@EXAMPLE.ORG");
	finds(fd, RECIPIENTDB_FOUND, "ann+tag@example.org");
	finds(fd, RECIPIENTDB_FOUND, "ann=tag+more@example.org");
	finds(fd, RECIPIENTDB_NOBODY, "ann-tag@example.org");
	finds(fd, RECIPIENTDB_NOBODY, "annx@example.org");
	finds(fd, RECIPIENTDB_NOBODY, "+ann@example.org");
	finds(fd, RECIPIENTDB_NOBODY, "@example.org");
	finds(fd, RECIPIENTDB_FOUND, "joe+x@example.org");
	finds(fd, RECIPIENTDB_NOBODY, "joe@example.org");
	finds(fd, RECIPIENTDB_FOUND, "list-@example.org");
	finds(fd, RECIPIENTDB_FOUND, "list-subscribe-x=y@example.org");
	finds(fd, RECIPIENTDB_NOBODY, "list@example.org");
	finds(fd, RECIPIENTDB_NOBODY, "listx-y@example.org");
	finds(fd, RECIPIENTDB_FOUND, "box+y@example.org");
	finds(fd, RECIPIENTDB_NOBODY, "box-y@example.org");
	finds(fd, RECIPIENTDB_FOUND, "j\xc3\xbcrgen@example.org");
	finds(fd, RECIPIENTDB_FOUND, "a@b@example.org");
	finds(fd, RECIPIENTDB_UNLISTED, "ann@sub.example.org");
	finds(fd, RECIPIENTDB_UNLISTED, "ann@org");
	finds(fd, RECIPIENTDB_FOUND, "who@all.example");
	finds(fd, RECIPIENTDB_UNLISTED, "who@x.all.example");
	finds(fd, RECIPIENTDB_FOUND, "who@a.b.below.example");
	finds(fd, RECIPIENTDB_FOUND, "who@named.below.example");
	finds(fd, RECIPIENTDB_UNLISTED, "who@below.example");
	finds(fd, RECIPIENTDB_NOBODY, "who@empty.example");
	finds(fd, RECIPIENTDB_FOUND, "x@[192.0.2.1]");
	finds(fd, RECIPIENTDB_UNLISTED, "x");
	finds(fd, RECIPIENTDB_UNLISTED, "");
	finds(fd, RECIPIENTDB_UNLISTED, "x@");
	finds(fd, RECIPIENTDB_UNLISTED, "@");
	close(fd);
	fd = compiled("list-x@example.org\n");
	finds(fd, RECIPIENTDB_NOBODY, "list-*@example.org");
	finds(fd, RECIPIENTDB_NOBODY, "list-y@example.org");
	close(fd);
	fd = compiled("");
	finds(fd, RECIPIENTDB_UNLISTED, "x@example.org");
	close(fd);
}

static void
test_text(void)
{
	WRONG("ann@example.org # or not\n", 1, "not a domain");
	WRONG("\n# x\nann@example.org:\n", 3, "not a domain");
	WRONG("ann@\n", 1, "not a domain");
	WRONG("@\n", 1, "not a domain");
	WRONG("@.example.org\n", 1, "not a domain");
	WRONG("ann at example.org\n", 1, "neither an address nor a domain");
	WRONG("..example.org\n", 1, "neither");
	WRONG(".\n", 1, "neither");
	WRONG("a\0b.example\n", 1, "neither");
	WRONG("a\0@b.example\n", 1, "control character");
	WRONG("a\x7f@b.example\n", 1, "control character");
	WRONG("*@b.example\n", 1, "'*'");
	WRONG("ann*@b.example\n", 1, "'*'");
	WRONG("a-*-b@b.example\n", 1, "'*'");
	WRONG("a-**@b.example\n", 1, "'*'");
}

static void
test_limits(void)
{
	char line[ADDR_MAX + 10];
	int fd;

	memset(line, 'x', sizeof line);
	strcpy(line + ADDR_LOCAL, "@example.org");
	fd = compiled(line);
	finds(fd, RECIPIENTDB_FOUND, line);
	memcpy(line + ADDR_LOCAL - 10, "-12345678-", 10);
	finds(fd, RECIPIENTDB_NOBODY, line);
	close(fd);
	memset(line, 'x', sizeof line);
	strcpy(line + ADDR_LOCAL + 1, "@example.org");
	wrong(line, strlen(line), 1, "too long");
	memset(line, 'x', sizeof line);
	wrong(line, sizeof line, 1, "too long");
}

static void
test_damage(void)
{
	struct cdb_make c;
	char half[100];
	ssize_t n;
	int fd = compiled(text), cut = nameless(), other = nameless();

	if (ftruncate(fd, 2100) != 0)
		exit(111);
	finds(fd, RECIPIENTDB_TROUBLE, "ann@example.org");
	n = pread(fd, half, sizeof half, 0);
	if (write(cut, half, (size_t)n) != n)
		exit(111);
	finds(cut, RECIPIENTDB_TROUBLE, "ann@example.org");
	cdb_make_start(&c, other);
	cdb_make_add(&c, "ann@example.org", 15, "", 0);
	cdb_make_finish(&c);
	finds(other, RECIPIENTDB_TROUBLE, "ann@example.org");
	ok(errno == EPROTO, "some other database is told from an empty list");
	close(fd);
	close(cut);
	close(other);
}

int
main(void)
{
	test_find();
	test_text();
	test_limits();
	test_damage();
	return done();
}
