#include "mail/element.h"

#include <stdlib.h>

#include "mail/addr.h"
#include "tap.h"

#define MEGA 1000000

static struct element e;

/* One line per element: letter, where it begins, text; '!' behind the letter: a warning. A bad one: '?', where. */
static const char *
parsed(const char *s)
{
	static const char letters[] = {
		[ELEMENT_ADDRESS] = 'A', [ELEMENT_MAILBOX] = 'M', [ELEMENT_FILE] = 'F', [ELEMENT_PROGRAM] = 'P',
		[ELEMENT_INCLUDE] = 'I', [ELEMENT_FAIL] = 'X', [ELEMENT_DEFER] = 'Z', [ELEMENT_DISCARD] = 'D',
	};
	static char result[20000];
	struct element_walk w;
	enum element_result r;
	size_t n = 0;

	result[0] = 0;
	for (element_walk(&w, s, strlen(s)); (r = element_next(&w, &e)) != ELEMENT_END && n < 9000; )
		if (r == ELEMENT_BAD)
			n += (size_t)sprintf(result + n, "%s?%zu", n ? "\n" : "", w.bad_at);
		else
			n += (size_t)sprintf(result + n, "%s%c%s%zu %s", n ? "\n" : "", letters[e.kind], e.warning ? "!" : "",
			    e.at, e.text);
	return result;
}

static void
is(const char *s, const char *want, const char *promise)
{
	same(parsed(s), want, promise);
}

/* why the first bad element is so */
static void
because(const char *s, const char *part, const char *promise)
{
	struct element_walk w;
	enum element_result r;

	element_walk(&w, s, strlen(s));
	while ((r = element_next(&w, &e)) == ELEMENT_GOT)
		;
	if (!ok(r == ELEMENT_BAD && strstr(w.why, part), promise))
		printf("# %s\n", r == ELEMENT_BAD ? w.why : "not bad");
}

static void
test_lists(void)
{
	is("", "", "nothing has no elements");
	is(" ,\t,, ", "", "nor have commas and blanks");
	is("(nobody), (here (or there))", "", "nor comments");
	is("joe", "A0 joe", "one name");
	is("joe,fred", "A0 joe\nA4 fred", "two");
	is(" joe ,\tfred\t, ,ann,", "A1 joe\nA7 fred\nA15 ann", "blanks and empty elements do not matter");
	is("joe fred\tann", "A0 joe\nA!4 fred\nA!9 ann", "blanks alone separate, with a warning");
	is("joe; fred;ann, bob", "A!0 joe\nA!5 fred\nA!10 ann\nA15 bob", "so do semicolons");
	is("joe fred, ann", "A0 joe\nA!4 fred\nA10 ann", "the comma ends that");
	is("joe \"|prog a, b\" \\ann", "A0 joe\nP!4 prog a, b\nM!17 ann", "what is quoted may stand among words");
	is("joe |prog, ann", "A0 joe\n?4\nA11 ann", "what is not, not: a command is no word");
	is("joe /file", "A0 joe\n?4", "nor is a path");
	is("joe :include:/x", "A0 joe\n?4", "nor a list");
}

static void
test_addresses(void)
{
	is("joe@example.org", "A0 joe@example.org", "an address");
	is("Joe@Example.ORG", "A0 Joe@Example.ORG", "keeps its case");
	is("joe@example.org.", "A0 joe@example.org", "loses the dot at its end");
	is("joe@[192.0.2.1], joe@[IPv6:2001:db8::1]", "A0 joe@[192.0.2.1]\nA17 joe@[IPv6:2001:db8::1]", "a literal");
	is("a+b-c_d.e!f%g@h", "A0 a+b-c_d.e!f%g@h", "all the characters of atoms");
	is("a..b@docomo.example", "A0 a..b@docomo.example", "two dots, as there are in the world");
	is("Phrase <a@b>", "A0 a@b", "a phrase is left out");
	is("<a@b>, J. \"Q, R\" Public (x) < a@b >(y)", "A0 a@b\nA7 a@b", "whatever it is made of");
	is("J\303\266rg <j@x>", "A0 j@x", "even of bytes that are not ASCII");
	is("a@b (comment), (one) a(two)@(three)b", "A0 a@b\nA21 a@b", "comments are left out");
	is("a@b (one (two) \\) \" x), joe", "A0 a@b\nA24 joe", "they nest and quote");
	is("<@one,@two:a@b>, <@one:joe>", "A0 a@b\nA17 joe", "a route is left out");
	is("\"quoted local\"@host", "A0 quoted local@host", "a quoted local part is unquoted");
	is("\"a\\\"b\\\\c\\d\"@host", "A0 a\"b\\cd@host", "all of it");
	is("\"a@b\"@c, \"a\".\"b\"@c", "A0 a@b@c\nA9 a.b@c", "an at sign may be quoted");
	is("\"joe\", \" joe@host \", \"two words\"", "A0 joe\nA7 joe@host\nA21 two words", "an address in quotes is one");
	is("\"#joe\", #joe", "A0 #joe\n?8", "a # in quotes is a character");
}

static void
test_bad_addresses(void)
{
	is("<>, joe", "?1\nA4 joe", "<> is no recipient");
	is("@host, joe@, \"\"@host, \"\", \"\"", "?0\n?11\n?13\n?22\n?26", "nor are parts of addresses");
	is("joe@host!, joe@-a, joe@a..b, joe@a b", "?4\n?15\n?23\nA29 joe@a\nA!35 b", "the domain has to be one");
	is("a@b@c", "?3", "two at signs");
	is("<\"a@b\">, \"a@b\".c", "?1\n?9", "a quoted at sign begins no domain");
	is("a@b <c@d>, <a@b> <c@d>, <a@b> c, <a@b c>", "?1\n?17\n?30\n?38", "addresses before, behind or beside < >");
	is("a>b, c", "?1\nA5 c", "a lone >");
	is("j\303\266rg@x, j@\303\266.x, \"j\303\266\"", "?1\n?11\n?19", "bytes that are not ASCII, where they stand");
	is("jo\001e, \"jo\177\", a (\002) b, joe", "?2\n?9\n?16\nA22 joe", "control bytes, wherever they stand");
	is("a\\b, a[b, a)b", "?1\n?6\n?11", "specials need quotes");
	is("g: a, b;", "?1\nA!6 b", "a group");
	is("g: Joe <a@b>", "?1", "also of phrases");
	because("g:;", "groups", "is named as one");
	is("~/mail, ~joe/mail, ./x, ../x, .joe", "?0\n?8\n?19\n?24\n?30", "paths that other systems know");
	because("~/mail", "~ is not known", "say so");
	because("./mail", "relative path", "each in its way");
	because("maildir:/home/joe/Maildir", "maildir:", "OpenSMTPD's too");
	is("\"unclosed, joe", "?0", "an unclosed quote takes everything");
	is("joe \"@x, fred", "?4", "at its place");
	is("joe (x, fred", "?4", "so does a comment");
	is("(x", "?0", "even alone");
	is("joe <a@b, fred", "?4", "and a <");
	is("joe\"", "?3", "a quote as the last byte");
}

static void
test_mailboxes(void)
{
	is("\\joe", "M0 joe", "a backslash: the mailbox");
	is("\"\\joe\", \"\\\\joe\"", "M0 joe\nM8 joe", "also in quotes, once or twice");
	is("\\joe@host, \\\"two words\"@host", "M0 joe@host\nM11 two words@host", "with a domain");
	is("\\joe, fred@x", "M0 joe\nA6 fred@x", "in a list");
	is("\\, \\@x, \\<joe>, \\/x, \\#x", "?1\n?4\n?8\n?17\nM21 #x", "something has to follow");
}

static void
test_programs(void)
{
	is("|prog", "P0 prog", "a program");
	is("\"|prog a, b\", |\"prog a, b\", joe", "P0 prog a, b\nP14 prog a, b\nA28 joe", "quotes around it or behind the bar");
	is("|prog a b, joe", "P0 prog a b\nA11 joe", "it runs to the comma");
	is("| \t/bin/prog \t,joe", "P0 /bin/prog\nA15 joe", "without blanks around it");
	is("|prog \"a, b\" c\\,d # e, joe", "P0 prog \"a, b\" c\\,d # e\nA23 joe", "quotes inside stay");
	is("|\"prog\" \"a, b\", joe", "P0 \"prog\" \"a, b\"\nA16 joe", "also if the first word has them");
	is("\"|prog \\\"a b\\\" \\\\ \\$x \\.\"", "P0 prog \"a b\" \\ \\$x \\.", "only \\\" and \\\\ are for us");
	is("|a@b, \"|a@b\"", "P0 a@b\nP6 a@b", "an at sign makes it no address");
	is("|\303\266\t1", "P0 \303\266\t1", "any byte but control bytes");
	is("|a\001b, joe", "?2\nA6 joe", "not those");
	is("\\|prog, \"\\|prog a\", joe", "P!0 prog\nP!8 prog a\nA20 joe", "a backslash before the bar, with a warning");
	is("\"|IFS=' ' && exec /usr/bin/procmail -f- || exit 75 #joe\"",
	    "P0 IFS=' ' && exec /usr/bin/procmail -f- || exit 75 #joe", "procmail's own line");
	is("\\joe, \"|/usr/bin/vacation -a joe.bloggs joe\"", "M0 joe\nP6 /usr/bin/vacation -a joe.bloggs joe", "and vacation's");
	is("|, | ,\"|\",|\"\",joe", "?0\n?3\n?6\n?10\nA14 joe", "without a command it is none");
	is("|sed 's/a,b/c/', joe", "?9\nA10 b/c/'\nA17 joe", "a comma between apostrophes has cut it");
	is("|echo don't", "P0 echo don't", "an apostrophe alone is the shell's");
	is("|prog \"a, b", "?6", "an unclosed quote");
	is("|prog \\", "P0 prog \\", "a backslash as the last byte");
}

static void
test_files(void)
{
	is("/path, /dir/", "F0 /path\nF7 /dir/", "a file, a Maildir");
	is("\"/path with, blanks\", joe", "F0 /path with, blanks\nA22 joe", "in quotes with anything");
	is("/path joe, fred", "?6\nA11 fred", "a blank needs quotes");
	is("/pa\"th, fred\", joe", "?3\n?12", "a quote inside does not do");
	is("/a@b, \"/a@b\"", "F0 /a@b\nF6 /a@b", "an at sign makes it no address");
	is("/\303\266", "F0 /\303\266", "any byte but control bytes");
	is("/a\001, \"/a\001\"", "?2\n?8", "not those");
	is("/dev/null, \"/dev/null\", /dev/nul", "D0 /dev/null\nD11 /dev/null\nF24 /dev/nul", "/dev/null discards");
}

static void
test_directives(void)
{
	is(":include:/x, :include: /x,joe", "I0 /x\nI13 /x\nA26 joe", "a list");
	is("\":include: /x y\", :include:\"/x, y\", :Include:/z", "I0 /x y\nI18 /x, y\nI36 /z", "in quotes, in any case");
	is(":include:x, :include:, :include:/x y, \":include:\", joe", "?0\n?12\n?35\n?38\nA51 joe", "needs a path");
	is(":fail: no, never", "X0 no, never", ":fail: has words to the end");
	is("joe, :defer: later, \"please\"", "A0 joe\nZ5 later, \"please\"", ":defer: likewise");
	is("\":fail: no, never\", joe", "X0 no, never\nA20 joe", "in quotes to their end");
	is(":fail:, joe", "X0 , joe", "that may be odd");
	is(":fail:", "X0 ", "and nothing at all");
	is(":FAIL: 550 gone", "X0 gone", "a code is left out");
	is(":fail: 550 5.1.6 gone", "X0 5.1.6 gone", "an enhanced one is kept");
	is(":fail: 450 no", "?0", "one of the other kind is a contradiction");
	is(":defer: 4.2.0 no", "Z0 4.2.0 no", "for both");
	is(":blackhole:, joe, :BLACKHOLE:", "D0 \nA13 joe\nD18 ", ":blackhole:");
	is(":blackhole: x, joe", "?12\nA15 joe", "stands alone");
	is(":unknown:, \":unknown: x\"", "X0 5.1.1 no such mailbox here\n?11", "so does :unknown:");
	is(":nonsense: x", "?0", "no other word");
	is(":", "?0", "nor none");
	is("error:550 no, never", "X0 no, never", "OpenSMTPD's words");
	is("error:450 later", "Z0 later", "for both");
	is("Error:5.1.1 gone", "X0 5.1.1 gone", "with an enhanced code");
	is("error:550 5.1.1 gone", "X0 5.1.1 gone", "with both");
	is("error:5.1.1:550 gone", "X0 5.1.1 gone", "either way round");
	is("error:5.1.1", "X0 5.1.1", "without words");
	is("\"error:550 no, never\", joe", "X0 no, never\nA23 joe", "in quotes");
	is("error:gone", "?0", "not without a code");
	is("error:250 fine", "?0", "not with one that is no error");
	is("error:450 5.1.1 x", "?0", "nor with two that disagree");
	is("error:5.1.1:450 x", "?0", "either way round");
	is(":fail: a\001b", "?8", "no control bytes");
	is("error, fail", "A0 error\nA7 fail", "the words alone are names");
}

static size_t
remark(const char *s)
{
	struct element_walk w;

	for (element_walk(&w, s, strlen(s)); element_next(&w, &e) == ELEMENT_GOT; )
		;
	return w.remark;
}

static void
test_hash(void)
{
	is("# all", "?0", "an element does not begin with #");
	is("joe, #fred, ann", "A0 joe\n?5", "not the second one either; what follows is not guessed");
	is("joe # the boss", "A!0 joe", "behind an element it is ignored, with a warning");
	is("joe (x) # y, z", "?8", "but not if it hides a comma");
	is("joe # was fred@x", "?4", "or an address");
	is("Joe #1 <joe@x>", "?4", "of whatever form");
	is("Joe #1 (x", "A!0 Joe", "its quotes and parentheses mean nothing");
	is("Joe <joe@x> # boss", "A!0 joe@x", "behind < >");
	is("\"|prog #1\" # a", "P!0 prog #1", "behind quotes");
	is("/file # a", "F!0 /file", "behind a path");
	is("/file # a, joe", "?6", "by the same rule");
	is(":include:/list # a", "I!0 /list", "behind a list");
	ok(remark("joe # x") == 4 && remark("joe, /file # x") == 11 && remark("Joe <joe@x> # x") == 12 && remark("joe#x") == 0,
	    "where it begins is known");
	is("a#b@x, \"# x\"@y, Phrase <a#b@x>", "A0 a#b@x\nA7 # x@y\nA16 a#b@x", "inside a word it is a character");
}

/* head, n times 'x', tail */
static char *
stretched(const char *head, size_t n, char x, const char *tail)
{
	size_t h = strlen(head), t = strlen(tail);
	char *s = malloc(h + n + t + 1);

	if (!s)
		exit(1);
	memcpy(s, head, h);
	memset(s + h, x, n);
	memcpy(s + h + n, tail, t + 1);
	return s;
}

/* so many x fit between head and tail, and not one more; the walk goes on behind */
static void
fits(const char *head, size_t n, const char *tail, const char *promise)
{
	struct element_walk w;
	char *s = stretched(head, n, 'x', tail);
	bool good;

	element_walk(&w, s, strlen(s));
	good = element_next(&w, &e) == ELEMENT_GOT && strlen(e.text) == e.len;
	free(s);
	s = stretched(head, n + 1, 'x', tail);
	element_walk(&w, s, strlen(s));
	good &= element_next(&w, &e) == ELEMENT_BAD && strstr(w.why, "too long") && element_next(&w, &e) == ELEMENT_GOT &&
	    strcmp(e.text, "joe") == 0;
	ok(good, promise);
	free(s);
}

static void
test_limits(void)
{
	char *s;

	fits("|", ELEMENT_TEXT - 1, ", joe", "a command of the most bytes");    /* the bar counts */
	fits("\"|", ELEMENT_TEXT - 1, "\", joe", "in quotes");
	fits("/", ELEMENT_TEXT - 1, ", joe", "a path");
	fits("\"/", ELEMENT_TEXT - 1, "\", joe", "in quotes");
	fits(":include:/", ELEMENT_TEXT - 10, ", joe", "a list");
	fits("\":fail:", ELEMENT_TEXT - 6, "\", joe", "words");
	fits("", ADDR_LOCAL, "@x, joe", "a local part");
	fits("\\", ADDR_LOCAL, ", joe", "of a mailbox");
	fits("\"", ADDR_LOCAL, "\"@x, joe", "in quotes");
	fits("(x) Phrase <", ADDR_LOCAL, "@x> (y), joe", "in < >");
	s = stretched("joe@", ADDR_LABEL, 'x', "");
	ok(parsed(s)[0] == 'A', "a label of the most bytes");
	free(s);
	s = stretched("joe@", ADDR_LABEL + 1, 'x', ", joe");
	is(s, "?4\nA70 joe", "and one more");
	free(s);
	s = stretched("(", 5000, 'x', ") Phrase <joe@x>");
	is(s, "A5003 joe@x", "what is left out may be of any length");
	free(s);
}

/* No promise about time: if one of these were quadratic, nobody would wait for the end. */
static void
test_linear(void)
{
	static const char *const units[] = { "(", "\"", "\\", "<", "a ", "~ ", "~a/", "\"a\" ", "a;", "()", "\"\"", "a(", "|\"", "|',", "# ",
	    "a,", "/\"", ":", "a #", "a # ,", "a@b ", "<a@b>", "\\|\"", "a<", "@", "@a:", "(\\", "~\"a\"(b) ", "/ #,", "/ #", ":include:/x #," };
	struct element_walk w;
	enum element_result r;
	size_t i, k, before;
	bool good = true;
	char *s = malloc(MEGA);

	for (k = 0; s && k < sizeof units / sizeof units[0]; k++) {
		size_t len = strlen(units[k]);

		for (i = 0; i < MEGA; i++)
			s[i] = units[k][i % len];
		element_walk(&w, s, MEGA);
		for (before = 0; (r = element_next(&w, &e)) != ELEMENT_END; before = w.at)
			good &= w.at > before && w.at <= MEGA && (r == ELEMENT_BAD ? w.bad_at <= MEGA : e.at >= before);
		good &= w.at == MEGA;
	}
	ok(s && good, "a million bytes of each kind of trouble end");
	free(s);
}

static void
test_ends(void)
{
	struct element_walk w;

	element_walk(&w, "joe, fred", 3);
	ok(element_next(&w, &e) == ELEMENT_GOT && element_next(&w, &e) == ELEMENT_END && element_next(&w, &e) == ELEMENT_END,
	    "the length counts, and the end stays the end");
	element_walk(&w, "a\0b", 3);
	ok(element_next(&w, &e) == ELEMENT_BAD && w.bad_at == 1 && element_next(&w, &e) == ELEMENT_END, "a NUL is a control byte");
	same(element_kind_name(ELEMENT_PROGRAM), "program", "the kinds have names");
	same(element_kind_name(ELEMENT_DISCARD), "discard", "to the last one");
}

static void
test_lines(void)
{
	static const char *const table[][2] = {
		{ "", "-" }, { " \t", "-" }, { "\r", "-" }, { " \r", "-" }, { "#x", "-" }, { "\t # x", "-" }, { "x", "x" },
		{ " x \r", "x " }, { "x\r\r", "x\r" }, { "\rx", "\rx" }, { "x # y", "x # y" },
	};
	char got[20];
	size_t i, n;

	for (i = 0; i < sizeof table / sizeof *table; i++) {
		const char *s = table[i][0];

		n = strlen(s);
		if (element_line(&s, &n))
			snprintf(got, sizeof got, "%.*s", (int)n, s);
		else
			strcpy(got, "-");
		same(got, table[i][1], "a line of a list");
	}
}

int
main(void)
{
	test_lines();
	test_lists();
	test_addresses();
	test_bad_addresses();
	test_mailboxes();
	test_programs();
	test_files();
	test_directives();
	test_hash();
	test_limits();
	test_linear();
	test_ends();
	return done();
}
