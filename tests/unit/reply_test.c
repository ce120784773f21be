/* replies as servers send them, and as they should not */
#include <stdlib.h>

#include "mail/reply.h"
#include "tap.h"

static struct reply r;

/* all of s, in pieces; the last result, and what was not used in *left */
static enum reply_result
take(const char *s, size_t n, size_t piece, size_t *left)
{
	enum reply_result got = REPLY_MORE;
	size_t used;

	reply_init(&r);
	while (n && got == REPLY_MORE) {
		got = reply_take(&r, s, n < piece ? n : piece, &used);
		s += used;
		n -= used;
	}
	*left = n;
	return got;
}

static enum reply_result
whole(const char *s)
{
	size_t left;

	return take(s, strlen(s), 10000, &left);
}

/* the same whether it comes at once or byte by byte */
static bool
both(const char *s, enum reply_result want, int code, const char *text, size_t left)
{
	size_t l1, l2;

	if (take(s, strlen(s), 10000, &l1) != want || l1 != left || (want == REPLY_DONE && r.code != code) ||
	    strcmp(r.text, text) != 0)
		return false;
	return take(s, strlen(s), 1, &l2) == want && l2 == left && (want != REPLY_DONE || r.code == code) &&
	    strcmp(r.text, text) == 0;
}

static void
good(void)
{
	ok(both("250 ok\r\n", REPLY_DONE, 250, "250 ok", 0), "one line");
	ok(both("250 ok\n", REPLY_DONE, 250, "250 ok", 0), "an LF alone ends a line too");
	ok(both("354\r\n", REPLY_DONE, 354, "354", 0), "no text");
	ok(both("250-a\r\n250-\r\n250 b\r\n", REPLY_DONE, 250, "250-a\n250-\n250 b", 0), "several lines");
	ok(both("250 a\r\n354 b\r\n", REPLY_DONE, 250, "250 a", 7), "the next reply is left alone");
	ok(both("250 a\tb\001\303\244\r\n", REPLY_DONE, 250, "250 a b???", 0), "odd bytes are masked");
	ok(both("250 a\rb\r\r\n", REPLY_DONE, 250, "250 a?b?", 0), "also CRs within");
	ok(whole("250 a\r") == REPLY_MORE, "no end, no reply");
	ok(whole("250-a\r\n") == REPLY_MORE, "the last line is the one without hyphen");
}

static void
bad(void)
{
	ok(whole("hello\r\n") == REPLY_BAD, "no code is bad");
	ok(whole("\r\n") == REPLY_BAD && whole("25\r\n") == REPLY_BAD, "an empty or short line is bad");
	ok(whole("2500 ok\r\n") == REPLY_BAD, "four digits are bad");
	ok(whole("150 a\r\n") == REPLY_BAD && whole("650 a\r\n") == REPLY_BAD, "so are first digits other than 2 to 5");
	ok(whole("250-a\r\n550 b\r\n") == REPLY_BAD, "two codes in one reply are bad");
	ok(whole("250-a\r\nand more\r\n250 b\r\n") == REPLY_BAD, "a line without code in the midst is bad");
}

static char *
repeat(const char *first, const char *s, size_t times, const char *last)
{
	size_t n = strlen(s), i;
	char *all = malloc(strlen(first) + n * times + strlen(last) + 1), *p = all;

	if (!all)
		abort();
	p = stpcpy(p, first);
	for (i = 0; i < times; i++)
		p = stpcpy(p, s);
	strcpy(p, last);
	return all;
}

static void
limits(void)
{
	char *s;
	size_t left;

	s = repeat("250 ", "x", REPLY_LINE - 4, "\r\n354 y\r\n");
	ok(take(s, strlen(s), 1000, &left) == REPLY_DONE && r.len == REPLY_LINE && left == 7, "a line of the limit is kept");
	free(s);
	s = repeat("250 ", "x", REPLY_LINE - 3, "\r\n354 y\r\n");
	ok(take(s, strlen(s), 1000, &left) == REPLY_DONE && r.len == REPLY_LINE && left == 7,
	    "one byte more is cut, and the next reply found");
	free(s);
	s = repeat("", "250-0123456789012345678901234567890123456789012345678901234567890\r\n", REPLY_LINES - 1, "550 x\r\n");
	ok(take(s, strlen(s), 1000, &left) == REPLY_BAD && r.len == REPLY_TEXT, "codes are looked at after the text is full");
	free(s);
	s = repeat("", "250-a\r\n", REPLY_LINES - 1, "250 b\r\n");
	ok(take(s, strlen(s), 1000, &left) == REPLY_DONE && left == 0, "as many lines as the limit are good");
	free(s);
	s = repeat("", "250-a\r\n", REPLY_LINES, "250 b\r\n");
	ok(take(s, strlen(s), 1000, &left) == REPLY_BAD, "one more is bad");
	free(s);
	s = repeat("250 ", "x", REPLY_BYTES + 1, "");
	ok(take(s, strlen(s), 1000, &left) == REPLY_BAD && strlen(r.text) == REPLY_LINE, "a line that does not end is bad");
	free(s);
}

static void
status(const char *reply, const char *want, const char *promise)
{
	char got[REPLY_STATUS] = "none";

	if (whole(reply) != REPLY_DONE || !reply_status(&r, got))
		strcpy(got, "none");
	same(got, want, promise);
}

static void
statuses(void)
{
	status("250 2.1.5 ok\r\n", "2.1.5", "an enhanced status code is found");
	status("550-5.1.1 no\r\n550 5.1.1 such user\r\n", "5.1.1", "in several lines");
	status("550 5.123.456\r\n", "5.123.456", "alone and long");
	status("550 4.1.1 no\r\n", "none", "one that contradicts the code is none");
	status("550 5.1 no\r\n", "none", "one that is too short is none");
	status("550 5.1.1234 no\r\n", "none", "or too long");
	status("550 5.1.1: no\r\n", "none", "or goes on");
	status("550\r\n", "none", "nor is there one without text");
	ok(reply_status_length("5.7.1 spam", '5') == 5 && reply_status_length("4.7.1", '5') == 0 &&
	    reply_status_length("", '5') == 0, "the same for any string");
	status("550 5.\r\n", "none", "or at the end of a short line");
}

static void
offers(void)
{
	const char *v = "";

	whole("250-PIPELINING here\r\n250-8bitmime\r\n250-SIZE 1000\r\n250-SIZES\r\n250 AUTH PLAIN\r\n");
	ok(!reply_offers(&r, "PIPELINING", 0), "the first line is a name, not an offer");
	ok(reply_offers(&r, "8BITMIME", &v) && *v == '\n', "an offer in any case of letters");
	ok(reply_offers(&r, "SIZE", &v) && strncmp(v, "1000\n", 5) == 0, "an offer with a value");
	ok(reply_offers(&r, "AUTH", &v) && strcmp(v, "PLAIN") == 0, "the last one");
	ok(!reply_offers(&r, "SIZ", &v) && !reply_offers(&r, "PLAIN", &v), "no part of an offer is one");
	whole("250-x\r\n250-\r\n250\r\n");
	ok(!reply_offers(&r, "250", 0), "lines without text offer nothing");
}

static bool
too_many(const char *s)
{
	whole(s);
	return reply_too_many(&r);
}

static void
many(void)
{
	ok(too_many("452 4.5.3 no more\r\n") && too_many("552 5.5.3 no more\r\n") && too_many("452 full\r\n"), "no more recipients here");
	ok(too_many("451-4.7.1 x\r\n451 Too Many Recipients\r\n") && too_many("552 too many recipients\r\n"), "in words");
	ok(!too_many("452 4.2.2 full\r\n") && !too_many("452 4.3.1 full\r\n") && !too_many("552 5.2.2 full\r\n") && !too_many("552 full\r\n") &&
	    !too_many("451 hm\r\n") && !too_many("550 too many recipients\r\n") && !too_many("250 too many recipients\r\n"), "anything else is not that");
}

int
main(void)
{
	many();
	good();
	bad();
	limits();
	statuses();
	offers();
	return done();
}
