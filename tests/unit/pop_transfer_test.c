/* messages as POP3 sends them: line ends, dots, TOP, and that a size is what is sent; cut into pieces in every way */
#include "pop/transfer.h"

#include <stdlib.h>

#include "lib/out.h"
#include "pop/command.h"

#include "tap.h"

static char sent[4096], space[4096];

/* in pieces of so many bytes */
static const char *
send_pieces(struct transfer t, const char *message, size_t n, size_t piece)
{
	struct out o;
	size_t at;

	memset(sent, 0, sizeof sent);
	out_init(&o, -1, space, sizeof space, -1);
	for (at = 0; at < n; at += piece)
		if (!transfer_put(&t, &o, message + at, n - at < piece ? n - at : piece))
			break;
	transfer_end(&t, &o);
	memcpy(sent, space, o.len);
	return sent;
}

static bool
is_sent(struct transfer t, const char *message, const char *want)
{
	size_t piece, n = strlen(message);

	for (piece = 1; piece <= n + 1; piece++)
		if (strcmp(send_pieces(t, message, n, piece), want) != 0) {
			printf("# in pieces of %zu: %s\n", piece, sent);
			return false;
		}
	return true;
}

static bool
whole(const char *message, const char *want)
{
	struct transfer t = { 0 };

	return is_sent(t, message, want);
}

static bool
top(uint64_t lines, const char *message, const char *want)
{
	struct transfer t = { .top = true, .lines = lines };

	return is_sent(t, message, want);
}

/* counted in pieces, and as it is sent, without what is put before dots and the end */
static bool
is_size(const char *message, size_t want)
{
	size_t piece, at, n = strlen(message);

	for (piece = 1; piece <= n + 1; piece++) {
		struct transfer_size s = { 0 };

		for (at = 0; at < n; at += piece)
			transfer_count(&s, message + at, n - at < piece ? n - at : piece);
		if (transfer_total(&s) != want)
			return false;
	}
	send_pieces((struct transfer){ 0 }, message, n, n + 1);
	return strlen(sent) == want + 3;
}

static bool
parses(const char *line, size_t n, const char *verb, const char *rest)
{
	struct command c;
	char copy[100];

	memcpy(copy, line, n);
	return command_parse(copy, n, &c) && strcmp(c.verb, verb) == 0 && strcmp(c.rest, rest) == 0;
}

int
main(void)
{
	struct command c;
	char *word[COMMAND_WORDS], line[100];

	ok(whole("", ".\r\n"), "nothing is nothing");
	ok(whole("a\n\nb\n", "a\r\n\r\nb\r\n.\r\n"), "LF becomes CR LF");
	ok(whole("a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n.\r\n"), "CR LF stays");
	ok(whole("a", "a\r\n.\r\n") && whole("a\n\nb\r", "a\r\n\r\nb\r\n.\r\n"), "a last line without its end gets it");
	ok(whole(".\n..\n.a\n.", "..\r\n...\r\n..a\r\n..\r\n.\r\n"), "a dot before each line that begins with one");
	ok(whole("a.\nb\r.\n", "a.\r\nb\r.\r\n.\r\n"), "and before no other; a lone CR ends no line");
	ok(whole("\r\r\n\n", "\r\r\n\r\n.\r\n"), "CRs before a line end");
	ok(top(0, "a: b\n\nc\nd\n", "a: b\r\n\r\n.\r\n"), "TOP 0: the header and the empty line");
	ok(top(1, "a: b\r\n\r\n.c\nd\n", "a: b\r\n\r\n..c\r\n.\r\n"), "TOP 1, CR LF");
	ok(top(9, "a: b\n\nc\nd", "a: b\r\n\r\nc\r\nd\r\n.\r\n"), "more than there is");
	ok(top(0, "a: b\nc: d\n", "a: b\r\nc: d\r\n.\r\n") && top(5, "", ".\r\n"), "no body");
	ok(top(1, "\n\nc\n", "\r\n\r\n.\r\n"), "no header; empty lines count");
	ok(top(0, "a\n\r\r\nb\n\nc\n", "a\r\n\r\r\nb\r\n\r\n.\r\n"), "a line of two CRs is not empty");
	ok(is_size("", 0) && is_size("a\nb\n", 6) && is_size("a\r\nb\r\n", 6) && is_size("a\r\nb", 6), "sizes");
	ok(is_size("a\r", 3) && is_size("\r\n", 2) && is_size("\n\r", 4) && is_size("\r\r\n\n", 5), "with CRs anywhere");

	ok(parses("retr 5", 6, "RETR", "5") && parses("QUIT", 4, "QUIT", "") && parses("PASS  a b ", 10, "PASS", " a b "), "commands");
	ok(parses("", 0, "", "") && parses("toolongaword x", 14, "", "x") && parses("us\xc3r", 4, "", "") && parses(" x", 2, "", "x"),
	    "what is no keyword");
	strcpy(line, "TOP\t1");
	ok(!command_parse(strcpy(line, "a\rb"), 3, &c) && !command_parse(memcpy(line, "a\0b", 4), 3, &c), "CR and NUL");
	ok(command_parse(strcpy(line, "TOP  1 \t22 "), 11, &c) && command_words(&c, word) == 2 && strcmp(word[0], "1") == 0 &&
	    strcmp(word[1], "22") == 0, "words");
	ok(command_parse(strcpy(line, "TOP 1 2 3"), 9, &c) && command_words(&c, word) == 3, "too many of them");
	ok(command_parse(strcpy(line, "TOP  "), 5, &c) && command_words(&c, word) == 0, "none");
	return done();
}
