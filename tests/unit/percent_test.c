#include "wire/percent.h"

#include <errno.h>

#include "tap.h"

static struct buf b = BUF(2000), back = BUF(2000);

static const char *
put(const char *s, bool also_space)
{
	buf_clear(&b);
	return percent_put(&b, s, also_space) ? b.len ? b.s : "" : "(refused)";
}

static const char *
get(const char *s)
{
	buf_clear(&back);
	errno = 0;
	return percent_get(&back, s, strlen(s)) ? back.len ? back.s : "" : errno == EBADMSG && back.len == 0 ? "(bad)" : "(?)";
}

static void
every_byte(void)
{
	char s[2] = "", all[256];
	bool same_back = true, as_said = true;
	int c, space;

	for (c = 1; c < 256; c++) {
		all[c - 1] = s[0] = (char)c;
		for (space = 0; space < 2; space++) {
			bool escaped = c < ' ' || c == '%' || c == 127 || (space && c == ' ');

			as_said &= strlen(put(s, space)) == (escaped ? 3 : 1);
			same_back &= strcmp(get(b.s), s) == 0;
		}
	}
	all[255] = 0;
	ok(as_said, "controls, % and 0x7f are written in three bytes, the space where asked, others as they are");
	ok(same_back, "each byte comes back");
	put(all, true);
	ok(strcmp(get(b.s), all) == 0, "and all of them together");
}

int
main(void)
{
	size_t max, n;
	bool whole = true;

	same(put("a b%c\nd\177\xc3\xa9", false), "a b%25c%0Ad%7F\xc3\xa9", "a line");
	same(put("a b", true), "a%20b", "a word");
	same(put("", true), "", "nothing");
	every_byte();
	same(get("x%41%7a"), "(bad)", "lower case hex is none");
	same(get("x%41%7A"), "xAz", "what need not be escaped may be");
	same(get("%"), "(bad)", "a % alone");
	same(get("%4"), "(bad)", "a % and one digit");
	same(get("%4%41"), "(bad)", "a digit and another %");
	same(get("%00"), "(bad)", "no NUL");
	same(get("abc%g0"), "(bad)", "no hex");
	same(get("%25%20"), "% ", "decoded once");
	buf_clear(&back);
	ok(percent_get(&back, "ab%41", 2) && strcmp(back.s, "ab") == 0, "no byte after n is looked at");
	for (max = 0; max < 9; max++) {
		struct buf little = BUF(max);

		errno = 0;
		whole &= percent_put(&little, "a\nbc\n", false) == false && errno == EMSGSIZE && little.len == 0;
		buf_free(&little);
	}
	ok(whole, "over the ceiling nothing is put");
	for (max = 0; max < 4; max++) {
		struct buf little = BUF(max);

		errno = 0;
		whole &= percent_get(&little, "a%41bc", 6) == false && errno == EMSGSIZE && little.len == 0;
		buf_free(&little);
	}
	ok(whole, "nor read");
	buf_clear(&b);
	for (n = 0; n < 3; n++)
		percent_put(&b, "x ", true);
	same(b.s, "x%20x%20x%20", "it is appended");
	buf_free(&b);
	buf_free(&back);
	return done();
}
