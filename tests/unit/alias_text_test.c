#include "alias/text.h"

#include <stdlib.h>

#include "tap.h"

/* everything a text says, as "line:col name=value ; line:col !why ; ..." */
static char *
told(const char *s, size_t n)
{
	static char got[4000];
	static struct text_entry e;
	struct text_error error;
	struct text t;
	enum text_result r;
	size_t len = 0;

	*got = 0;
	text_init(&t, s, n);
	while ((r = text_next(&t, &e, &error)) == TEXT_ENTRY || r == TEXT_BAD) {
		if (len)
			len += (size_t)snprintf(got + len, sizeof got - len, " ; ");
		if (r == TEXT_BAD)
			len += (size_t)snprintf(got + len, sizeof got - len, "%u:%u !%s", error.place.line, error.place.column, error.why);
		else
			len += (size_t)snprintf(got + len, sizeof got - len, "%u:%u %s=%.*s%s%s", e.place.line, e.place.column, e.name,
			    (int)e.value_len, e.value, e.warning ? " ?" : "", e.warning ? e.warning : "");
		if (len >= sizeof got)
			break;
	}
	text_free(&t);
	return got;
}

#define SAYS(text, want, promise) same(told((text), sizeof (text) - 1), (want), (promise))

static void
lines(void)
{
	SAYS("", "", "an empty file");
	SAYS("\n \t\n# c\n  # c\n", "", "blank lines and comments alone");
	SAYS("a: b\n", "1:1 a=b", "an entry");
	SAYS("a: b", "1:1 a=b", "a last line without newline counts");
	SAYS("a: b\r\nc: d\r\n", "1:1 a=b ; 2:1 c=d", "one CR before the newline is dropped");
	SAYS("a: b\r", "1:1 a=b", "at the end of the file too");
	SAYS("a: b,\n  c,\n\td\ne: f\n", "1:1 a=b, c, d ; 4:1 e=f", "indented lines continue; their blanks count as one");
	SAYS("a: b\n\n  \n# x\n  # y\n c\n", "1:1 a=b c", "blank lines and comments do not end an entry");
	SAYS("# x\n  y\n", "2:3 !an indented line that continues nothing", "an indented line after a comment continues nothing");
	SAYS(" a: b\n c: d\ne: f\n", "1:2 !an indented line that continues nothing ; 2:2 !an indented line that continues nothing ; "
	    "3:1 e=f", "nor at the beginning; each is told");
	SAYS("a: b,\\\nc\n", "1:1 a=b,c", "a backslash at the end joins the next line");
	SAYS("a: b, \\\r\n   c\n", "1:1 a=b,  c", "whose blanks count as one");
	SAYS("a: b\\\n\nc: d\n", "1:1 a=b ; 3:1 c=d", "it reaches no further than a blank line");
	SAYS("a: b\\\n# x\nc: d\n", "1:1 a=b ; 3:1 c=d", "or a comment");
	SAYS("# x \\\na: b\n", "2:1 a=b", "in a comment it does nothing");
	SAYS("a: b\\\\\nc: d\n", "1:1 a=b\\\\ ; 2:1 c=d", "two of them are a quoted backslash");
	SAYS("a: b\\", "1:1 a=b", "at the end of the file there is nothing to join");
	SAYS("a\n : b\n", "1:1 a=b", "the name is of the logical line");
	SAYS("#a: b\na: b # c\n", "2:1 a=b # c", "a '#' later in a line is not for this room");
	SAYS("a: \0b\n", "1:1 a=", "a NUL is the elements' trouble");
}

static void
names(void)
{
	char longest[ALIASDB_NAME + 10];

	SAYS("a15 : x\n", "1:1 a15=x", "blanks around the name are dropped");
	SAYS("Joe.DOE: Joe\n", "1:1 joe.doe=Joe", "the name is folded, the value is not");
	SAYS("a@Example.ORG: x\n@b.example: x\nc@: x\n", "1:1 a@example.org=x ; 2:1 @b.example=x ; 3:1 c@=x", "all kinds of names");
	SAYS("\"two Words\": x\n", "1:2 two words=x", "quotes keep blanks");
	SAYS("\"a:b\": x\n", "1:2 a:b=x", "and colons");
	SAYS("\"a\\\"b\\\\c\": x\n", "1:2 a\"b\\c=x", "with escapes");
	SAYS("\"a@b\"@c.example: x\n", "1:2 a@b@c.example=x", "and an '@', if a domain follows");
	SAYS("\"a@b\": x\n", "1:2 !a name with a quoted '@' needs a domain", "else it would be taken for one");
	SAYS("a(b): x\n(b)c: x\nd (e (f) :) : x\n", "1:1 a=x ; 2:4 c=x ; 3:1 d=x", "comments in a name go");
	SAYS("\\a: x\n", "1:2 a=x", "so does a backslash: as Postfix and fastforward read it");
	SAYS("a b: x\n", "1:2 !a blank in the name, not in quotes", "a blank in a name is an error");
	SAYS("a\n b: x\n", "2:1 !a blank in the name, not in quotes", "on whichever line");
	SAYS("abc def\n", "1:1 !no colon after a name", "no colon is told first");
	SAYS("\"abc: def\n", "1:1 !a quote that is not closed", "a quote has an end");
	SAYS("a(bc: def\n", "1:2 !a comment that is not closed", "a comment too");
	SAYS(": x\n", "1:1 !no name before the colon", "an empty name is none");
	SAYS("\"\": x\n", "1:1 !no name before the colon", "nor is one in quotes");
	SAYS(":include:/x\n", "1:1 !no name before the colon", "nor an element where a name should be");
	SAYS("@: x\n", "1:1 !neither a user nor a domain at the '@'", "a bare '@'");
	SAYS("a@b@c: x\n", "1:4 !a second '@' in the name, not in quotes", "two of them");
	SAYS("a@b_c..d: x\n", "1:1 !what follows the '@' is no domain", "a domain that is none");
	SAYS("a@[192.0.2.1]: x\n", "1:1 a@[192.0.2.1]=x", "an address literal is one");
	SAYS("|/bin/x: y\n", "1:1 !a program or a file cannot be a name", "programs are no names");
	SAYS("/x: y\n", "1:1 !a program or a file cannot be a name", "nor are files");
	SAYS("a,b: y\n", "1:2 !a byte in the name that must be in quotes", "two names are no name");
	SAYS("a\001b: y\n", "1:2 !a control byte in the name", "control bytes");
	SAYS("\"a\tb\": y\n", "1:3 !a control byte in the name", "in quotes too");
	SAYS("a:\nb: \n\nc: x\n", "1:2 !nothing follows the colon ; 2:2 !nothing follows the colon ; 4:1 c=x", "empty values");
	SAYS("J\303\266rg: x\n", "1:1 j\303\266rg=x ?no address can have this name: it is not ASCII", "UTF-8 is kept, with a warning");
	SAYS("*: x\n", "1:1 *=x ?'*' is no wildcard; @domain is one", "'*' looks like more than it is");
	memset(longest, 'a', sizeof longest);
	memcpy(longest + ALIASDB_NAME, ":b\n", 4);
	ok(strstr(told(longest, ALIASDB_NAME + 3), "=b ?no address"), "the longest name, which no address has");
	memset(longest, 'a', sizeof longest);
	memcpy(longest + ALIASDB_NAME + 1, ":b\n", 4);
	same(told(longest, ALIASDB_NAME + 4), "1:1003 !the name is longer than 1002 bytes", "a byte more is an error");
}

/* where each byte of a joined line was */
static void
places(void)
{
	static const char s[] = "\nall: a,\n# c\n   b,\\\nc, \\\n  d\n";
	static const struct { char c; uint32_t line, column; } want[] = { { 'a', 2, 6 }, { 'b', 4, 4 }, { 'c', 5, 1 }, { 'd', 6, 3 } };
	static struct text_entry e;
	struct text_error error;
	struct text t;
	size_t i;

	text_init(&t, s, sizeof s - 1);
	ok(text_next(&t, &e, &error) == TEXT_ENTRY, "an entry on four lines");
	for (i = 0; i < sizeof want / sizeof *want; i++) {
		const char *p = memchr(e.value, want[i].c, e.value_len);
		struct text_place at = text_where(&t, e.value_at + (size_t)(p - e.value));
		char promise[] = "where x is";

		promise[6] = want[i].c;
		if (!ok(at.line == want[i].line && at.column == want[i].column, promise))
			printf("# %u:%u\n", at.line, at.column);
	}
	text_free(&t);
}

static void
large(void)
{
	size_t n = TEXT_LINE + 100000, i;
	char *s = malloc(n);

	memset(s, 'x', n);
	memcpy(s, "a: ", 3);
	memcpy(s + TEXT_LINE, "\nb: c\n", 6);
	ok(strncmp(told(s, TEXT_LINE + 6), "1:1 a=xxx", 9) == 0, "the longest line");
	memset(s, 'x', n);
	memcpy(s, "a: ", 3);
	memcpy(s + TEXT_LINE + 1, "\n d\nb: c\n", 9);
	same(told(s, TEXT_LINE + 10), "1:1 !the entry is longer than 16777216 bytes ; 3:1 b=c", "a longer one is an error, with all of it");
	for (i = 0; i < n; i++)
		s[i] = i % 1000 == 999 ? '\n' : i % 1000 ? 'y' : ' ';
	memcpy(s, "a: ", 3);
	memcpy(s + n - 6, "\nb: c\n", 6);
	ok(strncmp(told(s, n), "1:1 !the entry is longer than 16777216 bytes ; ", 47) == 0 && strstr(told(s, n), ":1 b=c"),
	    "so is one of many lines");
	free(s);
}

int
main(void)
{
	lines();
	names();
	places();
	large();
	return done();
}
