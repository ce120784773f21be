/* netstrings: one form each, and the ceiling is seen before the bytes are */
#include "lib/netstring.h"

#include <errno.h>

#include "tap.h"

static uint64_t len;
static size_t used;

static enum netstring_result
head(const char *s, uint64_t max)
{
	len = 77;
	used = 77;
	return netstring_head(s, strlen(s), max, &len, &used);
}

static bool
is(const char *s, uint64_t max, uint64_t want, size_t bytes)
{
	return head(s, max) == NETSTRING_OK && len == want && used == bytes;
}

static bool
not(const char *s, uint64_t max, enum netstring_result want)
{
	return head(s, max) == want && len == 77 && used == 77;
}

static bool
every_cut(const char *s)
{
	size_t n;

	for (n = 0; n < strlen(s); n++)
		if (netstring_head(s, n, UINT64_MAX, &len, &used) != NETSTRING_MORE)
			return false;
	return true;
}

static void
reading(void)
{
	ok(is("0:,", 100, 0, 2), "the empty one");
	ok(is("5:hello,", 100, 5, 2), "five bytes");
	ok(is("100:", 100, 100, 4), "as many as there may be");
	ok(is("10:", 10, 10, 3) && is("9:", 9, 9, 2) && is("0:", 0, 0, 2), "whatever that is");
	ok(is("18446744073709551615:", UINT64_MAX, UINT64_MAX, 21), "the largest number there is");
	ok(every_cut("18446744073709551615:"), "cut anywhere it needs more");
	ok(not("101:", 100, NETSTRING_LARGE) && not("101", 100, NETSTRING_LARGE), "one byte more, and before the colon is there");
	ok(not("1", 0, NETSTRING_LARGE) && not("9", 8, NETSTRING_LARGE), "under a small ceiling");
	ok(not("18446744073709551616:", UINT64_MAX, NETSTRING_LARGE), "a number that is none of 64 bits");
	ok(not("99999999999999999999999999", UINT64_MAX, NETSTRING_LARGE), "nor are many digits");
	ok(not("00:", 100, NETSTRING_WRONG) && not("05:hello,", 100, NETSTRING_WRONG), "zeros in front are wrong");
	ok(not("00000000000000000000000000", 100, NETSTRING_WRONG), "any number of them");
	ok(not(":", 100, NETSTRING_WRONG), "so is no number");
	ok(not("-1:", 100, NETSTRING_WRONG) && not("+1:", 100, NETSTRING_WRONG) && not(" 1:", 100, NETSTRING_WRONG), "a sign, a blank");
	ok(not("1 :", 100, NETSTRING_WRONG) && not("1,", 100, NETSTRING_WRONG) && not("0x1:", 100, NETSTRING_WRONG), "something else after it");
	ok(netstring_head("1\0:", 3, 100, &len, &used) == NETSTRING_WRONG, "a NUL");
}

static void
writing(void)
{
	char out[NETSTRING_HEAD];
	struct buf b = BUF(12);

	ok(netstring_begin(out, 0) == 2 && memcmp(out, "0:", 2) == 0, "the beginning of the empty one");
	ok(netstring_begin(out, UINT64_MAX) == NETSTRING_HEAD && memcmp(out, "18446744073709551615:", NETSTRING_HEAD) == 0, "of the longest");
	ok(netstring_size(0) == 3 && netstring_size(9) == 12 && netstring_size(10) == 14, "the size counts it all");
	ok(netstring_put(&b, "a,b", 3) && netstring_put(&b, "", 0), "two are put");
	same(b.s, "3:a,b,0:,", "one after the other");
	ok(!netstring_put(&b, "x", 1) && errno == EMSGSIZE && strcmp(b.s, "3:a,b,0:,") == 0, "what is over the ceiling leaves no part");
	buf_free(&b);
}

int
main(void)
{
	reading();
	writing();
	return done();
}
