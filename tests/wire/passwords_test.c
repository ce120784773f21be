/* passwords: the text and the database, every limit, every damage */
#include "wire/passwords.h"

#include <cdb.h>
#include <errno.h>
#include <unistd.h>

#define COMPILE passwords_compile
#include "compiled.h"

static struct passwords_entry e;

static void
test_text(void)
{
	WRONG("ann\n", 1, "no colon");
	WRONG("# x\n\nann:$6$a$b\nbob", 4, "no colon");
	WRONG(":$6$a$b\n", 1, "the login");
	WRONG("a\x01:$6$a$b\n", 1, "the login");
	WRONG("\xc3\xa4:$6$a$b\n", 1, "the login");
	WRONG("ann:\n", 1, "not a hash");
	WRONG("ann:secret\n", 1, "not a hash");
	WRONG("ann:abJnggxhB/yWI\n", 1, "not a hash");
	WRONG("ann:$6\n", 1, "not a hash");
	WRONG("ann:$6$\n", 1, "not a hash");
	WRONG("ann:$$6$x\n", 1, "not a hash");
	WRONG("ann:$6$a b$c\n", 1, "not a hash");
	WRONG("ann:$6$a\0$c\n", 1, "NUL");
	WRONG("ann:$6$a$c\nbob:!\nann:$6$a$d\n", 3, "twice");
	WRONG("ann:$6$a$c\r\n", 1, "not a hash");
}

static void
test_limits(void)
{
	char login[PASSWORDS_LOGIN + 2], hash[PASSWORDS_HASH + 2], text[1000];
	int fd, n;

	memset(login, 'l', sizeof login);
	memset(hash, 'h', sizeof hash);
	memcpy(hash, "$6$", 3);
	n = snprintf(text, sizeof text, "%.*s:%.*s\n", PASSWORDS_LOGIN, login, PASSWORDS_HASH, hash);
	fd = compiled(text);
	login[PASSWORDS_LOGIN] = 0;
	ok(passwords_find(fd, login, &e) == PASSWORDS_FOUND && strlen(e.hash) == PASSWORDS_HASH, "the longest login and hash");
	close(fd);
	login[PASSWORDS_LOGIN] = 'l';
	n = snprintf(text, sizeof text, "%.*s:$6$a$b\n", PASSWORDS_LOGIN + 1, login);
	wrong(text, (size_t)n, 1, "the login");
	n = snprintf(text, sizeof text, "a:%.*s\n", PASSWORDS_HASH + 1, hash);
	wrong(text, (size_t)n, 1, "too long");
}

static void
test_find(void)
{
	int fd = compiled("x:!\n");

	ok(passwords_find(fd, "x", &e) == PASSWORDS_FOUND && !e.model[0], "if all are locked there is no model");
	close(fd);
	fd = compiled("");
	ok(passwords_find(fd, "x", &e) == PASSWORDS_NONE && !e.model[0], "an empty text is a database too");
	close(fd);
	fd = compiled("locked:!$6$l$l:no more\nnever:*\nann:$y$j9T$x$h1:Ann: of here\nbob@example.org:$6$s$h2\n"
	    "# x\n\nwith space:$2b$05$x\nlast:$5$r=1,2$x_-");
	ok(passwords_find(fd, "ann", &e) == PASSWORDS_FOUND && strcmp(e.hash, "$y$j9T$x$h1") == 0, "a login has its hash");
	same(e.model, "$y$j9T$x$h1", "the first that is not locked is the model");
	ok(passwords_find(fd, "bob@example.org", &e) == PASSWORDS_FOUND && strcmp(e.hash, "$6$s$h2") == 0, "an address");
	ok(passwords_find(fd, "locked", &e) == PASSWORDS_FOUND && strcmp(e.hash, "!$6$l$l") == 0, "a locked one is there");
	ok(passwords_find(fd, "never", &e) == PASSWORDS_FOUND && strcmp(e.hash, "*") == 0, "also without a hash");
	ok(passwords_find(fd, "with space", &e) == PASSWORDS_FOUND, "a blank inside");
	ok(passwords_find(fd, "last", &e) == PASSWORDS_FOUND && strcmp(e.hash, "$5$r=1,2$x_-") == 0, "a last line without its end");
	ok(passwords_find(fd, "Ann", &e) == PASSWORDS_NONE && !e.hash[0] && e.model[0], "case counts; the model is there for who is not");
	ok(passwords_find(fd, "an", &e) == PASSWORDS_NONE, "a beginning is no login");
	ok(passwords_find(fd, "# x", &e) == PASSWORDS_NONE, "nor is a remark");
	ok(passwords_find(fd, "", &e) == PASSWORDS_NONE && !e.hash[0], "nor is nothing, though the model stands there");
	ok(passwords_find(fd, "a:b", &e) == PASSWORDS_NONE, "nor what could not be one");
	close(fd);
}

/* cut at every byte, each answer is trouble or what it was; and never a hash that it was not */
static void
test_damage(void)
{
	struct cdb_make made;
	int fd = compiled("ann:$6$salt$hash\nbob:$6$salt$other\n");
	bool good = true;
	off_t size = lseek(fd, 0, SEEK_END);

	for (; size-- > 0;) {
		if (ftruncate(fd, size) != 0)
			break;
		switch (passwords_find(fd, "ann", &e)) {
		case PASSWORDS_FOUND:
			good &= strcmp(e.hash, "$6$salt$hash") == 0;
			break;
		case PASSWORDS_NONE:
			good = false;
			break;
		default:
			break;
		}
	}
	ok(good && size < 0, "cut anywhere it is never another answer");
	close(fd);
	fd = nameless();
	ok(cdb_make_start(&made, fd) == 0 && cdb_make_add(&made, "ann", 3, "$6$a$b", 6) == 0 && cdb_make_finish(&made) == 0,
	    "a database of another kind");
	ok(passwords_find(fd, "ann", &e) == PASSWORDS_TROUBLE && errno == EPROTO, "is trouble");
	close(fd);
	fd = nameless();
	ok(cdb_make_start(&made, fd) == 0 && cdb_make_add(&made, "ann", 3, "$6$a\0b", 6) == 0 &&
	    cdb_make_add(&made, "", 0, "", 0) == 0 && cdb_make_finish(&made) == 0, "a hash with a NUL");
	ok(passwords_find(fd, "ann", &e) == PASSWORDS_TROUBLE && errno == EPROTO, "is trouble");
	close(fd);
}

int
main(void)
{
	test_text();
	test_limits();
	test_find();
	test_damage();
	return done();
}
