/* the encoder of message text against a decoder that shares nothing with it */
#include <stdlib.h>

#include "mail/dot.h"
#include "tap.h"

#define ALPHABET "\r\n.a\0"
#define LONGEST 6

struct text {
	char s[8000];
	size_t n;
};

/* encode in pieces of at most in_piece bytes into room bytes at a time */
static bool
encode_as(bool plain, const char *s, size_t n, size_t in_piece, size_t room, struct text *out, uint64_t *stuffed)
{
	struct dot d;
	const char *end = s + n;
	static char space[8000];

	dot_init(&d);
	d.plain = plain;
	out->n = 0;
	while (!d.done) {
		const char *stop = (size_t)(end - s) < in_piece ? end : s + in_piece, *was = s;
		size_t made = dot_encode(&d, &s, stop, stop == end, space, room);

		if (made > room || out->n + made > sizeof out->s || s > stop || (made == 0 && s == was && s < stop))
			return false;
		memcpy(out->s + out->n, space, made);
		out->n += made;
	}
	*stuffed = d.stuffed;
	return s == end;
}

static bool
encode(const char *s, size_t n, size_t in_piece, size_t room, struct text *out)
{
	uint64_t stuffed;

	return encode_as(false, s, n, in_piece, room, out, &stuffed);
}

/* what the stored lines mean: CR LF and CR are line ends too, the last line has one */
static void
meaning(const char *s, size_t n, struct text *out)
{
	size_t i;

	out->n = 0;
	for (i = 0; i < n; i++) {
		if (s[i] == '\n' && i > 0 && s[i - 1] == '\r')
			continue;
		out->s[out->n++] = s[i] == '\r' ? '\n' : s[i];
	}
	if (out->n && out->s[out->n - 1] != '\n')
		out->s[out->n++] = '\n';
}

/* RFC 5321 4.5.2 to the letter: lines end in CR LF, a dot alone ends, another leading dot goes away. How many bytes
 * it took; 0: no end, or a CR or LF that stands alone */
static size_t
decode(const char *s, size_t n, struct text *out)
{
	size_t i = 0;

	out->n = 0;
	for (;;) {
		size_t from = i;

		while (i < n && s[i] != '\r' && s[i] != '\n')
			i++;
		if (i + 1 >= n || s[i] != '\r' || s[i + 1] != '\n')
			return 0;
		if (i - from == 1 && s[from] == '.')
			return i + 2;
		if (s[from] == '.')
			from++;
		memcpy(out->s + out->n, s + from, i - from);
		out->n += i - from;
		out->s[out->n++] = '\n';
		i += 2;
	}
}

/* would a receiver that drops NULs see the end earlier? */
static bool
ends_early(const char *s, size_t n)
{
	struct text bare, lines;
	size_t i;

	bare.n = 0;
	for (i = 0; i < n; i++)
		if (s[i])
			bare.s[bare.n++] = s[i];
	return decode(bare.s, bare.n, &lines) != bare.n;
}

static bool
arrives(const char *s, size_t n, size_t in_piece, size_t room)
{
	static struct text wire, got, want;

	meaning(s, n, &want);
	return encode(s, n, in_piece, room, &wire) && decode(wire.s, wire.n, &got) == wire.n &&
	    got.n == want.n && memcmp(got.s, want.s, got.n) == 0 && !ends_early(wire.s, wire.n);
}

/* For BDAT: lines as they are, each with CR LF; as many dots left out as the other form has; and if that is none, the two
 * forms are the same but for the end. */
static bool
arrives_plain(const char *s, size_t n, size_t in_piece, size_t room)
{
	static struct text wire, want, dotted;
	uint64_t left_out, stuffed;
	size_t i, at = 0;

	meaning(s, n, &want);
	if (!encode_as(true, s, n, in_piece, room, &wire, &left_out) || !encode_as(false, s, n, in_piece, room, &dotted, &stuffed) ||
	    left_out != stuffed || dotted.n != wire.n + 3 + stuffed || (!stuffed && memcmp(wire.s, dotted.s, wire.n) != 0))
		return false;
	for (i = 0; i < want.n; i++) {
		if (want.s[i] == '\n' && (at == wire.n || wire.s[at++] != '\r'))
			return false;
		if (at == wire.n || wire.s[at++] != want.s[i])
			return false;
	}
	return at == wire.n;
}

static void
short_texts(void)
{
	const char alphabet[5] = ALPHABET;
	size_t n, i, bad = 0, cut = 0, plain = 0, count = 1, tested = 0;

	for (n = 0; n <= LONGEST; n++, count *= sizeof alphabet)
		for (i = 0; i < count; i++) {
			char s[LONGEST];
			size_t j, rest = i;

			for (j = 0; j < n; j++, rest /= sizeof alphabet)
				s[j] = alphabet[rest % sizeof alphabet];
			bad += !arrives(s, n, LONGEST, DOT_MOST(LONGEST));
			cut += !arrives(s, n, 1, DOT_ROOM);
			plain += !arrives_plain(s, n, LONGEST, DOT_MOST(LONGEST)) || !arrives_plain(s, n, 1, DOT_ROOM);
			tested++;
		}
	ok(tested == 19531, "every text of up to 6 bytes of CR, LF, dot, letter and NUL is tried");
	ok(bad == 0, "each arrives as it was, and ends only at its end, NULs dropped or not");
	ok(plain == 0, "and without dots and end, for BDAT");
	ok(cut == 0, "also byte by byte into the least room");
}

static void
long_texts(void)
{
	static char s[3000];
	unsigned seed = 1;
	size_t round, i, bad = 0;

	for (round = 0; round < 2000; round++) {
		size_t n = round % sizeof s, few = 1 + round % 40;

		for (i = 0; i < n; i++) {
			seed = seed * 1103515245 + 12345;
			s[i] = (seed >> 16) % few ? (char)('b' + (seed >> 20) % 24) : "\r\n.\0\n"[(seed >> 24) % 5];
		}
		bad += !arrives(s, n, 1 + round % 700, DOT_ROOM + round % 300) || !arrives_plain(s, n, 1 + round % 700, DOT_ROOM + round % 300);
	}
	ok(bad == 0, "texts of thousands of bytes arrive, wherever they are cut");
}

static void
examples(void)
{
	static struct text wire;
	char nuls[3000];

	ok(encode("a\n.b\n..\n", 8, 9, 100, &wire) && wire.n == 16 && !memcmp(wire.s, "a\r\n..b\r\n...\r\n.\r\n", 16),
	    "dots are stuffed");
	ok(encode("", 0, 1, 100, &wire) && wire.n == 3 && !memcmp(wire.s, ".\r\n", 3), "an empty message is the dot");
	ok(encode("a", 1, 1, 100, &wire) && wire.n == 6 && !memcmp(wire.s, "a\r\n.\r\n", 6), "a last line gets its end");
	ok(encode("a\r.\r", 4, 4, 100, &wire) && wire.n == 10 && !memcmp(wire.s, "a\r\n..\r\n.\r\n", 10),
	    "a line made by a bare CR is stuffed");
	ok(encode("\0.\n", 3, 3, 100, &wire) && wire.n == 8 && !memcmp(wire.s, ".\0.\r\n.\r\n", 8),
	    "a dot hidden behind a NUL is stuffed before the NUL");
	memset(nuls, 0, sizeof nuls);
	nuls[2999] = '.';
	ok(arrives(nuls, sizeof nuls, 100, 64), "behind any number of NULs");
	ok(arrives(nuls, sizeof nuls - 1, 100, 64), "and NULs alone stay");
}

static void
sizes(void)
{
	struct dot d;
	static char s[1000], out[DOT_MOST(sizeof s)];
	const char *from = s;
	size_t n;

	memset(s, '\n', sizeof s);
	dot_init(&d);
	n = dot_encode(&d, &from, s + sizeof s, true, out, sizeof out);
	ok(d.done && n == 2003 && d.stuffed == 0, "DOT_MOST is enough for nothing but line ends");
	for (n = 0; n < sizeof s; n += 2)
		s[n] = '.';
	from = s;
	dot_init(&d);
	n = dot_encode(&d, &from, s + sizeof s, true, out, sizeof out);
	ok(d.done && n == 2003 && d.stuffed == 500, "and for nothing but dots; they are counted");
}

int
main(void)
{
	short_texts();
	long_texts();
	examples();
	sizes();
	return done();
}
