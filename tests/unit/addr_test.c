/* addr: the grammar of paths, its limits, and the way back to the wire */
#include "mail/addr.h"

#include <stdlib.h>

#include "tap.h"

/* "=text" for ADDR_OK, else the name of the result. The path stands in memory of exactly its length. */
static const char *
path(const char *s, size_t n)
{
	static char text[ADDR_MAX + 20];
	struct addr a;
	char *exact = malloc(n ? n : 1);
	size_t used = 0;
	enum addr_result e;

	memcpy(exact, s, n);
	e = addr_path(&a, exact, n, &used);
	free(exact);
	if (e != ADDR_OK)
		return e == ADDR_LONG ? "long" : e == ADDR_8BIT ? "8bit" : "syntax";
	if (a.s[a.len] || a.len != strlen(a.s) || (a.local < a.len && a.s[a.local] != '@') || used > n || s[used - 1] != '>')
		return "inconsistent";
	snprintf(text, sizeof text, "=%s%s", a.s, used < n ? " more" : "");
	return text;
}

static void
check(const char *s, const char *want)
{
	same(path(s, strlen(s)), want, s);
}

static void
test_good(void)
{
	check("<>", "=");
	check("<a@b>", "=a@b");
	check("<a@b.example> SIZE=1", "=a@b.example more");
	check("<JoE.x@Example.ORG>", "=JoE.x@Example.ORG");
	check("<!#$%&'*+-/=?^_`{|}~@b>", "=!#$%&'*+-/=?^_`{|}~@b");
	check("<-f@b>", "=-f@b");
	check("<a@b.example.>", "=a@b.example");
	check("<a@1.x-y.z_1>", "=a@1.x-y.z_1");
	check("<\"a b\"@c>", "=a b@c");
	check("<\"a\\\"\\\\\\@\"@c>", "=a\"\\@@c");
	check("<\"joe\"@c>", "=joe@c");
	check("<\"a>b\"@c>", "=a>b@c");
	check("<@r.example,@s:a@b>", "=a@b");
	check("<@[1.2.3.4]:a@b>", "=a@b");
	check("<a@[192.0.2.1]>", "=a@[192.0.2.1]");
	check("<a@[IPv6:2001:db8::1]>", "=a@[IPv6:2001:db8::1]");
	check("<a@[ipv6:::ffff:1.2.3.4]>", "=a@[ipv6:::ffff:1.2.3.4]");
	check("<Postmaster>", "=Postmaster");
	check("<a%b@c>", "=a%b@c");
	check("<a!b@c>", "=a!b@c");
}

static void
test_bad(void)
{
	static const char *const bad[] = {
		"", "a@b", "<", "<a", "<a@", "<a@b", "a@b>", " <a@b>", "<a@b >", "< a@b>", "<a@>", "<@b>", "<@>", "<a@b@c>",
		"<a b@c>", "<a@b c>", "<.a@b>", "<a.@b>", "<a..b@c>", "<a@.b>", "<a@b..c>", "<a@b..>", "<a@-b>", "<a@b->",
		"<a@b.-c>", "<a@b-.c>", "<a,b@c>", "<a:b@c>", "<a;b@c>", "<(x)a@b>", "<a@b(x)>", "<a\\b@c>", "<a[@b>",
		"<\"a@b>", "<\"\"@b>", "<\"a\"b@c>", "<a\"b\"@c>", "<\"a\".b@c>", "<\"a\\\">", "<\"a\\", "<\"a\tb\"@c>",
		"<\"a\x7f\"@c>", "<a\tb@c>", "<a\x01@c>", "<a@b\x7f>", "<@r:>", "<@r,a@b>", "<@r a@b>", "<@:a@b>", "<@r,:a@b>",
		"<@r:@s:a@b>", "<a@[]>", "<a@[1.2.3]>", "<a@[1.2.3.4>", "<a@[1.2.3.4.5]>", "<a@[1.2.3.4]x>", "<a@[1.2.3.256]>",
		"<a@[ 1.2.3.4]>", "<a@[IPv6:]>", "<a@[IPv6:1.2.3.4]>", "<a@[::1]>", "<a@[IPv6:1:2:3:4:5:6:7:8:9]>",
		"<a@[foo:bar]>", "<a@[1.2.3.4].b>", "<a@b.[1.2.3.4]>", "<<a@b>>", "<a/@b", "<a@b/c>", "<a@b%c>",
	};
	size_t i;

	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		check(bad[i], "syntax");
	same(path("<a\0@b>", 6), "syntax", "NUL in a local part");
	same(path("<a@b\0>", 6), "syntax", "NUL in a domain");
	same(path("<\"a\0\"@b>", 8), "syntax", "NUL in quotes");
	same(path("<\"a\\\0\"@b>", 9), "syntax", "NUL after a backslash");
	same(path("<a@[1.2.3.4\0]>", 14), "syntax", "NUL in a literal");
	check("<\xc3\xa9@b>", "8bit");
	check("<a@\xc3\xa9>", "8bit");
	check("<a@b.\xc3\xa9>", "8bit");
	check("<\"\xff\"@b>", "8bit");
}

/* n bytes of x in the middle of a path */
static const char *
with(const char *before, size_t n, const char *after)
{
	char s[2000];
	size_t head = strlen(before), tail = strlen(after);

	memcpy(s, before, head);
	memset(s + head, 'x', n);
	memcpy(s + head + n, after, tail + 1);
	return path(s, head + n + tail);
}

static void
test_limits(void)
{
	char labels[400] = "<a@";
	int i;

	ok(*with("<", ADDR_LOCAL, "@b>") == '=', "the longest local part");
	same(with("<", ADDR_LOCAL + 1, "@b>"), "long", "one more");
	ok(*with("<\"", ADDR_LOCAL, "\"@b>") == '=', "the longest quoted one");
	same(with("<\"", ADDR_LOCAL + 1, "\"@b>"), "long", "one more in quotes");
	ok(*with("<a@", ADDR_LABEL, ">") == '=', "the longest label");
	same(with("<a@", ADDR_LABEL + 1, ">"), "long", "one more in a label");
	for (i = 0; i < 84; i++)
		strcat(labels, "xx.");                          /* 252 bytes */
	ok(*with(labels, 3, ">") == '=', "the longest domain");
	ok(*with(labels, 3, ".>") == '=', "and a dot after it");
	same(with(labels, 4, ">"), "long", "one more in a domain");
	same(with("<@", 300, ":a@b>"), "long", "a route is held to the same");
}

static const char *
quoted(const char *s)
{
	static char text[2000];
	struct buf b = BUF(sizeof text - 1);
	bool good = addr_quote(&b, s, strlen(s));

	snprintf(text, sizeof text, "%s", !good ? "failed" : b.s ? b.s : "");
	buf_free(&b);
	return text;
}

static void
test_quote(void)
{
	static const char *const there_and_back[] = {
		"a@b", "a b@c", "a\"\\@@c", " @c", "a..b@c", ".a@c", "a.@c", "a@b@c", "<>@c", "a,b@[1.2.3.4]", "-x@y",
	};
	struct buf tiny = BUF(5);
	char s[200];
	size_t i;

	same(quoted(""), "", "the null sender");
	same(quoted("a.b+c@d"), "a.b+c@d", "nothing to quote");
	same(quoted("a b@c"), "\"a b\"@c", "a blank");
	same(quoted("a\"\\b@c"), "\"a\\\"\\\\b\"@c", "a quote and a backslash");
	same(quoted("a@b@c"), "\"a@b\"@c", "an @ in the local part");
	same(quoted("@c"), "\"\"@c", "an empty local part");
	same(quoted("joe"), "joe", "no domain");
	same(quoted("\xc3\xa9@c"), "\xc3\xa9@c", "UTF-8 stands as it is");
	for (i = 0; i < sizeof there_and_back / sizeof *there_and_back; i++) {
		snprintf(s, sizeof s, "<%s>", quoted(there_and_back[i]));
		same(path(s, strlen(s)) + 1, there_and_back[i], "what is quoted reads back the same");
	}
	ok(!addr_quote(&tiny, "a b@c", 5) && tiny.len == 0, "no room: nothing is added");
	buf_free(&tiny);
}

/* the other styles */
static const char *
in_style(const char *s, unsigned style)
{
	static char text[ADDR_MAX + 20];
	struct addr a;
	size_t n = strlen(s), used = 0;
	char *exact = malloc(n ? n : 1);
	enum addr_result e;

	memcpy(exact, s, n);
	e = addr_path_in(&a, exact, n, &used, style);
	free(exact);
	if (e != ADDR_OK)
		return e == ADDR_LONG ? "long" : e == ADDR_8BIT ? "8bit" : "syntax";
	snprintf(text, sizeof text, "=%s%s", a.s, used < n ? " more" : "");
	return text;
}

static void
test_styles(void)
{
	char s[600];

	same(in_style("<j\xc3\xbcrgen@b\xc3\xbc""cher.example>", ADDR_UTF8), "=j\xc3\xbcrgen@b\xc3\xbc""cher.example", "UTF-8");
	same(in_style("<\"\xc3\xbc \\\xe2\x82\xac\"@a.example.>", ADDR_UTF8), "=\xc3\xbc \xe2\x82\xac@a.example", "quoted");
	same(in_style("<\xe2\x82\xac.\xf0\x9f\x93\xa8@a>", ADDR_UTF8), "=\xe2\x82\xac.\xf0\x9f\x93\xa8@a", "after a dot");
	same(in_style("<a@\xc3\xbc>", 0), "8bit", "not unless asked for");
	same(in_style("<\xc3>", ADDR_UTF8), "syntax", "a cut character");
	same(in_style("<\xc2\x85@a>", ADDR_UTF8), "syntax", "a control");
	same(in_style("<a@b\xff>", ADDR_UTF8), "syntax", "no UTF-8");
	memset(s, 'a', sizeof s);
	memcpy(s, "<", 1);
	memcpy(s + 500, "\xc3\xbc@b>", 6);
	same(in_style(s, ADDR_UTF8), "long", "a character across the limit");
	same(in_style("a@b.example", ADDR_BARE), "=a@b.example", "bare");
	same(in_style("a@b.example SIZE=1", ADDR_BARE), "=a@b.example more", "with something behind");
	same(in_style("\"a b\"@c", ADDR_BARE), "=a b@c", "quoted");
	same(in_style("a", ADDR_BARE), "syntax", "only whole ones");
	same(in_style("@a:b@c", ADDR_BARE), "syntax", "without a route");
	same(in_style("", ADDR_BARE), "syntax", "nothing is none");
	same(in_style("<>", ADDR_BARE), "=", "others as ever");
	same(in_style(">", ADDR_BARE), "syntax", "half of one");
	same(in_style("a@b", 0), "syntax", "and only where asked for");
}

int
main(void)
{
	test_good();
	test_bad();
	test_limits();
	test_quote();
	test_styles();
	ok(addr_domain("a.b", 3) && addr_domain("[1.2.3.4]", 9), "domains and literals");
	ok(!addr_domain("", 0) && !addr_domain("a.", 2) && !addr_domain("a b", 3) && !addr_domain("a/b", 3), "and not");
	return done();
}
