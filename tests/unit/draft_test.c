/* draft and head: a message as programs write it, cut anywhere */
#include "inject/draft.h"
#include "inject/head.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "tap.h"

static char got[4000];
static size_t got_n;

/* through a pipe, with room for so many bytes at a time */
static bool
through(const char *s, size_t n, size_t room, bool dots)
{
	char space[4000], *piece;
	struct draft d;
	ssize_t r;
	int p[2];

	if (!fd_pipe(p) || !fd_write(p[1], s, n))
		return false;
	close(p[1]);
	draft_init(&d, p[0], space, room + DRAFT_HELD, dots);
	for (got_n = 0; (r = draft_next(&d, &piece)) > 0; got_n += (size_t)r)
		memcpy(got + got_n, piece, (size_t)r);
	got[got_n] = 0;
	close(p[0]);
	return r == 0 && draft_next(&d, &piece) == 0;
}

static void
draft(const char *s, size_t n, bool dots, const char *want, size_t want_n, const char *promise)
{
	size_t room;
	bool good = true;

	for (room = 1; good && room <= n + 2; room++)
		good = through(s, n, room, dots) && got_n == want_n && memcmp(got, want, want_n) == 0;
	if (!ok(good, promise))
		printf("# with room for %zu: %s\n", room - 1, got);
}

#define DRAFT(in, dots, out, promise) draft(in, sizeof in - 1, dots, out, sizeof out - 1, promise)

static char told[2000];

/* what there is, when one byte after the other comes, and all at once */
static const char *
header(const char *s)
{
	size_t n = strlen(s), i = 0, at, w;
	struct head once = { 0 }, bits = { 0 };
	struct head_field f;
	bool whole = head_scan(&once, s, n, true);

	while (i < n && !head_scan(&bits, s, i, false))
		i++;
	if (i == n && !head_scan(&bits, s, n, false))
		(void)head_scan(&bits, s, n, true);
	if (!whole || once.start != bits.start || once.end != bits.end || once.body != bits.body)
		return "it depends on where it is cut";
	w = (size_t)snprintf(told, sizeof told, "%.*s", 0, s);
	for (at = once.start; head_field(&once, s, &at, &f); )
		w += (size_t)snprintf(told + w, sizeof told - w, "%d<%.*s>", (int)f.kind, (int)(f.n - f.value), f.s + f.value);
	snprintf(told + w, sizeof told - w, "|%s", s + once.body);
	return told;
}

int
main(void)
{
	char long_name[700];

	DRAFT("", true, "", "nothing");
	DRAFT("a\nb\n", true, "a\nb\n", "lines");
	DRAFT("a\r\nb\r\n\r\n", true, "a\nb\n\n", "CR LF");
	DRAFT("a\rb\r\r\n\r", true, "a\rb\r\n\r\n", "CR alone");
	DRAFT("a", true, "a\n", "a line that does not end");
	DRAFT("a\n.\nb\n", true, "a\n", "a dot");
	DRAFT("a\n.\r\nb\n", true, "a\n", "a dot and CR LF");
	DRAFT("a\n.", true, "a\n", "a dot at the end");
	DRAFT("a\n.\r", true, "a\n", "and its CR");
	DRAFT(".\n", true, "", "nothing but a dot");
	DRAFT("a\n..\n.b\n. \n.\rc\n.\r\r\n", true, "a\n..\n.b\n. \n.\rc\n.\r\n", "more than a dot");
	DRAFT("a\n.\n\n.\r\n", false, "a\n.\n\n.\n", "dots that do not count");
	DRAFT("\0\n.\0\n\0.\n", true, "\0\n.\0\n\0.\n", "NULs");

	same(header(""), "|", "no message");
	same(header("a: b\n\nc\n"), "0< b\n>|c\n", "a header and a body");
	same(header("To: b\n c\n\td\nFROM : e\n"), "4< b\n c\n\td\n>1< e\n>|", "folded fields, a blank before the colon");
	same(header("a: b\nc d\ne: f\n"), "0< b\n>|c d\ne: f\n", "a line that is no field");
	same(header("\na: b\n"), "|a: b\n", "an empty line first");
	same(header(" a: b\n"), "| a: b\n", "a blank first");
	same(header("From x\n>From y\na: b\nFrom z\n\n"), "0< b\n>|From z\n\n", "mbox lines");
	same(header("From x\n"), "|", "nothing else");
	same(header("a: b\n \n\t\nc:d\n\n \n"), "0< b\n \n\t\n>0<d\n>| \n", "lines of blanks");
	same(header("a:\nb:c"), "0<\n>0<c>|", "no end of line");
	same(header(": b\n"), "|: b\n", "no name");
	same(header("a\303\266: b\n"), "|a\303\266: b\n", "a name that is not ASCII");
	memset(long_name, 'a', sizeof long_name);
	strcpy(long_name + 600, ": b\n");
	ok(strcmp(header(long_name) + 1, long_name) == 0, "a name that is too long");
	return done();
}
