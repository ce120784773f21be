#include "wire/users.h"

#include <cdb.h>
#include <errno.h>
#include <unistd.h>

#define COMPILE users_compile
#include "compiled.h"

static const char text[] =
    "=joe:joe:1000:100:/home/joe:::\n"
    "+joe-:joe:1000:100:/home/joe:-::\n"
    "=Joe:second:1:1:/x:::\n"
    "=joe-exact:exact:7:8:/e:+:E:ignored:too\n"
    "+joe-list-:lists:9:9:/l:-:pre.:\n"
    "+sub=:subs:3:3:/s:::\n"
    "+:alias:1001:1002:/var/alias:-::\n"
    "=max:max:4294967294:4294967294:/m:::\n"
    ".\nwhat follows the dot does not count\n";

/* "user uid gid home dash ext" */
static void
finds(int fd, const char *local, const char *want, const char *promise)
{
	struct buf b = BUF(USERS_LOCAL + USERS_DATA);
	struct users_entry e;
	char got[4096];

	switch (users_find(fd, local, &b, &e)) {
	case USERS_FOUND:
		snprintf(got, sizeof got, "%s %lu %lu %s %s %s", e.user, (unsigned long)e.uid, (unsigned long)e.gid, e.home,
		    e.dash, e.ext);
		break;
	case USERS_NONE:
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
	int fd = compiled(text);

	finds(fd, "joe", "joe 1000 100 /home/joe  ", "an exact name; the first of equal ones");
	finds(fd, "JOE", "joe 1000 100 /home/joe  ", "in any case");
	finds(fd, "Joe-Abc.D", "joe 1000 100 /home/joe - Abc.D", "a prefix; ext keeps its case");
	finds(fd, "joe-", "joe 1000 100 /home/joe - ", "a prefix and nothing more");
	finds(fd, "joe-exact", "exact 7 8 /e + E", "exact before prefix");
	finds(fd, "joe-list-x", "lists 9 9 /l - pre.x", "the longer prefix wins, its own ext comes first");
	finds(fd, "joe-lis", "joe 1000 100 /home/joe - lis", "else the shorter");
	finds(fd, "sub=x=y", "subs 3 3 /s  x=y", "a prefix may end in any byte");
	finds(fd, "nobody", "alias 1001 1002 /var/alias - nobody", "the empty prefix takes the rest");
	finds(fd, "", "alias 1001 1002 /var/alias - ", "even the empty name");
	finds(fd, "max", "max 4294967294 4294967294 /m  ", "the largest numbers");
	close(fd);
	fd = compiled("=a:a:1:1:/a:::\n.");
	finds(fd, "b", "none", "nobody");
	finds(fd, "a\0b", "a 1 1 /a  ", "an exact name");
	close(fd);
	fd = compiled(".\n");
	finds(fd, "a", "none", "an empty table has nobody");
	close(fd);
}

/* the same, and after it the tag */
static void
finds_base(int fd, const char *local, const char *separators, const char *want, const char *promise)
{
	struct buf b = BUF(USERS_LOCAL + USERS_DATA);
	struct users_entry e;
	char got[4096];

	switch (users_find_base(fd, local, separators, &b, &e)) {
	case USERS_FOUND:
		snprintf(got, sizeof got, "%s %s %s %s", e.user, e.dash, e.ext, e.tag ? e.tag : "none");
		break;
	case USERS_NONE:
		snprintf(got, sizeof got, "none");
		break;
	default:
		snprintf(got, sizeof got, "trouble %s", strerror(errno));
	}
	same(got, want, promise);
	buf_free(&b);
}

static void
bases(void)
{
	int fd = compiled("=joe:joe:1:1:/j:::\n+joe-:dash:1:1:/j:-::\n+j:short:1:1:/j:-:j:\n+bob:any:1:1:/b:::\n"
	    "=bob:bob:1:1:/b:::\n+ann+:plus:1:1:/a:-::\n=ann:ann:1:1:/a:::\n=list:list:1:1:/l:-:ext:\n=me+it:exact:1:1:/m:::\n"
	    "=me:me:1:1:/m:::\n=:nobody:1:1:/:::\n.\n");

	finds_base(fd, "joe", "+", "joe   none", "an exact name has no tag");
	finds_base(fd, "joe+Tag", "+", "joe + Tag +Tag", "joe+tag is joe's, the separator is the dash");
	finds_base(fd, "JOE+", "+", "joe +  +", "an empty tag");
	finds_base(fd, "joe=tag", "+=", "joe = tag =tag", "any separator");
	finds_base(fd, "joe+tag", "", "short - joe+tag none", "no separators, no bases");
	finds_base(fd, "joe+a+b", "+", "joe + a+b +a+b", "the base may end before any of them");
	finds_base(fd, "me+it+x", "+", "exact + x +x", "the longest base counts");
	finds_base(fd, "joe-ext", "+", "dash - ext none", "a hyphen is qmail's");
	finds_base(fd, "joe-ext", "+-", "dash - ext none", "also where it is a separator: the longer match is the prefix");
	finds_base(fd, "joe-a+b", "+", "dash - a+b none", "a longer prefix wins over a shorter base");
	finds_base(fd, "ann+x", "+", "plus - x none", "also one that ends in the separator");
	finds_base(fd, "bob+x", "+", "bob + x +x", "of equal length the exact name wins");
	finds_base(fd, "bobby", "+", "any  by none", "a base ends before a separator");
	finds_base(fd, "list+x", "+", "list - ext none", "an entry with a dash of its own stays as it is");
	finds_base(fd, "+x", "+", "none", "there is no empty base");
	close(fd);
}

static void
bad_text(void)
{
	char longest[USERS_LOCAL + 100], over[USERS_DATA + 100];
	struct buf b = BUF(USERS_LOCAL + USERS_DATA);
	struct users_entry e;
	int fd;

	WRONG("", 1, "no line with a dot");
	WRONG("=a:a:1:1:/a:::\n", 2, "no line with a dot");
	WRONG("=a:a:1:1:/a:::", 1, "the line does not end");
	WRONG("=a:a:1:1:/a:::\n=b:b:1:1:/b::\n.\n", 2, "fewer than six fields");
	WRONG("=a:a:1:1:/a::\0:\n.\n", 1, "a NUL byte");
	WRONG("\n.\n", 1, "neither =");
	WRONG("=a:a:x:1:/a:::\n.\n", 1, "the uid is not a number");
	WRONG("=a:a:1::/a:::\n.\n", 1, "the gid is not a number");
	WRONG("=a:a:4294967295:1:/a:::\n.\n", 1, "the uid is not a number");
	WRONG("=a:a:1:1:a:::\n.\n", 1, "the home directory does not begin");
	WRONG("=a::1:1:/a:::\n.\n", 1, "no user");
	WRONG("=a\n.\n", 1, "no colon");
	WRONG("#x\n.\n", 1, "neither =");
	memset(longest, 'x', sizeof longest);
	longest[0] = '=';
	memcpy(longest + 1 + USERS_LOCAL, ":u:1:1:/h:::\n.\n", 16);
	fd = compiled(longest);
	longest[USERS_LOCAL + 1] = 0;
	finds(fd, longest + 1, "u 1 1 /h  ", "the longest name");
	close(fd);
	longest[USERS_LOCAL + 1] = 'x';
	memcpy(longest + 1 + USERS_LOCAL + 1, ":u:1:1:/h:::\n.\n", 16);
	wrong(longest, strlen(longest), 1, "the name is too long");
	memset(over, 'x', sizeof over);
	memcpy(over, "=a:u:1:1:/", 10);
	memcpy(over + USERS_DATA + 1, ":::\n.\n", 7);
	fd = compiled(over);                    /* the name, its colon and = are not of the data; two 0 are */
	ok(users_find(fd, "a", &b, &e) == USERS_FOUND, "the longest fields");
	close(fd);
	buf_free(&b);
	memcpy(over + USERS_DATA + 1, "x:::\n.\n", 8);
	wrong(over, strlen(over), 1, "the entry is too long");
}

/* every length a database can be cut to, and every byte of its tables turned: an answer or trouble, never a crash */
static void
damaged(void)
{
	struct buf b = BUF(USERS_LOCAL + USERS_DATA);
	struct users_entry e;
	int whole = compiled(text), fd = nameless();
	static char image[1 << 16], copy[1 << 16];
	ssize_t n = pread(whole, image, sizeof image, 0), i;
	bool cut_found = false, good = true;

	for (i = 0; i < n; i++) {
		if (ftruncate(fd, 0) != 0 || pwrite(fd, image, (size_t)i, 0) != i)
			good = false;
		/* the last table is that of a hash nobody asks for: some cuts do not hurt */
		cut_found |= i < 2048 && users_find(fd, "joe", &b, &e) != USERS_TROUBLE;
		users_find(fd, "joe-list-x", &b, &e);
	}
	ok(good && !cut_found, "a database cut inside its first table is trouble");
	for (i = 0; i < n; i++) {
		memcpy(copy, image, (size_t)n);
		copy[i] = (char)(copy[i] ^ 0xff);
		if (pwrite(fd, copy, (size_t)n, 0) != n)
			good = false;
		users_find(fd, "joe", &b, &e);
		users_find(fd, "joe-list-x", &b, &e);
		users_find(fd, "zzz", &b, &e);
	}
	ok(good, "any damaged byte is survived");
	buf_free(&b);
	close(fd);
	close(whole);
}

static void
entry(const char *data, unsigned n, bool ends, const char *promise)
{
	struct buf b = BUF(USERS_LOCAL + USERS_DATA);
	struct users_entry e;
	struct cdb_make c;
	int fd = nameless();

	cdb_make_start(&c, fd);
	cdb_make_add(&c, "!a", 3, data, n);
	if (ends)
		cdb_make_add(&c, "", 0, "", 0);
	cdb_make_finish(&c);
	ok(users_find(fd, ends ? "a" : "b", &b, &e) == USERS_TROUBLE && errno == EPROTO, promise);
	buf_free(&b);
	close(fd);
}

static void
strange(void)
{
	static char big[USERS_DATA + 1];

	entry("a\0001\0001\0/a\0", 9, true, "an entry of five fields is trouble");
	entry("a\0001\0001\0/a\0\0\0", 11, true, "one of seven too");
	entry("a\0x\0001\0/a\0\0", 10, true, "and one without a number");
	entry("", 0, true, "and an empty one");
	entry(big, sizeof big, true, "and one that is too long");
	entry("a\0001\0001\0/a\0\0", 10, false, "a database without the key \"\" is damaged");
}

int
main(void)
{
	lookups();
	bases();
	bad_text();
	damaged();
	strange();
	return done();
}
