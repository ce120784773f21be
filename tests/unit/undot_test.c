/* undot: every arrangement of CR, LF, dot and text, cut at every place */
#include "mail/undot.h"

#include <stdlib.h>

#include "tap.h"

struct outcome {
	char s[70000];
	size_t len, used;
	bool ended, bare;
	uint64_t size;
};

/* The same decision taken slowly: look for CR LF . CR LF with the eyes of RFC 5321, then translate line by line. */
static void
slowly(const char *s, size_t n, struct outcome *o)
{
	size_t i, start = 0;

	memset(o, 0, sizeof *o);
	for (i = 0; i < n && !o->ended; i++) {
		if (i == start && i + 2 < n && memcmp(s + i, ".\r\n", 3) == 0) {
			o->ended = true;
			o->used = i + 3;
		} else if (i == start && s[i] == '.')
			;
		else if (s[i] == '\r' && i + 1 < n && s[i + 1] == '\n') {
			o->s[o->len++] = '\n';
			o->size += 2;
			start = ++i + 1;
		} else if (s[i] == '\n' || (s[i] == '\r' && i + 1 < n))
			o->bare = true;
		else if (s[i] != '\r') {
			o->s[o->len++] = s[i];
			o->size++;
		}
	}
	if (!o->ended)
		o->used = n;
}

/* pieces end at the offsets given; 0 ends the list */
static void
in_pieces(const char *s, size_t n, size_t one, size_t two, struct outcome *o)
{
	size_t cuts[3] = { one, two, n }, at = 0, used, made;
	struct undot u = { 0 };
	int i;

	memset(o, 0, sizeof *o);
	for (i = 0; i < 3 && !o->ended; i++) {
		char *piece = malloc(cuts[i] - at + 1);         /* exact, so that ASan sees a step too far */

		memcpy(piece, s + at, cuts[i] - at);
		o->ended = undot(&u, piece, cuts[i] - at, &used, &made);
		memcpy(o->s + o->len, piece, made);
		o->len += made;
		at += used;
		free(piece);
	}
	o->used = at;
	o->bare = u.bare_cr || u.bare_lf;
	o->size = u.size;
}

static bool
alike(const struct outcome *a, const struct outcome *b)
{
	if (a->ended != b->ended || a->used != b->used || a->bare != b->bare)
		return false;
	/* after a bare CR or LF the text is not the message, and a CR at the end may still become either */
	return a->bare || (a->len == b->len && a->size == b->size && memcmp(a->s, b->s, a->len) == 0);
}

static struct outcome want, got;

static bool
at_every_cut(const char *s, size_t n)
{
	size_t one, two;

	slowly(s, n, &want);
	for (one = 0; one <= n; one++)
		for (two = one; two <= n; two++) {
			in_pieces(s, n, one, two, &got);
			if (!alike(&got, &want)) {
				printf("# cut at %zu and %zu of %zu\n", one, two, n);
				return false;
			}
		}
	return true;
}

static void
test_ends(void)
{
	static const struct {
		const char *name, *s;
		bool end, bare;
	} cases[] = {
		{ "CR LF . CR LF", "a\r\n.\r\n", true, false },
		{ "a dot at once", ".\r\n", true, false },
		{ "LF . LF", "a\n.\nb", false, true },
		{ "LF . CR LF", "a\n.\r\nb", false, true },
		{ "CR LF . LF", "a\r\n.\nb", false, true },
		{ "CR LF . CR", "a\r\n.\rb", false, true },
		{ "CR . CR", "a\r.\rb", false, true },
		{ "CR . CR LF", "a\r.\r\nb", false, true },
		{ "CR LF . CR CR LF", "a\r\n.\r\r\nb", false, true },
		{ "LF CR . LF CR", "a\n\r.\n\rb", false, true },
		{ "CR LF NUL . CR LF", "a\r\n\0.\r\nb", false, false },
		{ "CR LF . NUL CR LF", "a\r\n.\0\r\nb", false, false },
		{ "CR LF blank . CR LF", "a\r\n .\r\nb", false, false },
		{ "CR LF .. CR LF", "a\r\n..\r\nb", false, false },
		{ "CR CR LF . CR LF: the end, of a message to be refused", "a\r\r\n.\r\n", true, true },
	};
	static const size_t lengths[] = { 6, 3, 5, 6, 6, 6, 5, 6, 8, 7, 8, 8, 8, 8, 7 };
	char promise[100];
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool good = at_every_cut(cases[i].s, lengths[i]);

		in_pieces(cases[i].s, lengths[i], 0, 0, &got);
		snprintf(promise, sizeof promise, "%s %s", cases[i].name, cases[i].end ? "ends" : "does not end");
		ok(good && got.ended == cases[i].end && got.bare == cases[i].bare, promise);
	}
}

/* all strings of eight over what matters */
static void
test_all_short(void)
{
	static const char alphabet[] = { '\r', '\n', '.', 'x' };
	char s[8];
	unsigned n, i;
	bool good = true;

	for (n = 0; n < 65536 && good; n++) {
		for (i = 0; i < 8; i++)
			s[i] = alphabet[n >> (2 * i) & 3];
		slowly(s, 8, &want);
		in_pieces(s, 8, n % 9, n % 9 + (8 - n % 9) / 2, &got);
		good = alike(&got, &want);
		if (good && n % 16 == 5)
			good = at_every_cut(s, 8);
	}
	ok(good, "each of the 65536 arrangements of CR, LF, dot and text is read right");
}

/* long lines and short ones, so that whole words, ends of words and gaps of every width are met */
static void
test_long(void)
{
	static char s[60000];
	static const char bytes[] = { 'a', '.', '\t', 0, (char)0xff, (char)0x8d, (char)0x8a, '\f', '\v', (char)0x0e };
	bool good = true;
	size_t n, round, line;
	unsigned seed = 1;

	for (round = 0; round < 60 && good; round++) {
		for (n = line = 0; n < sizeof s - 8; line++) {
			size_t k, want_len = line % 7 ? line % (round + 3) : 500;

			for (k = 0; k < want_len && n < sizeof s - 8; k++) {
				seed = seed * 1103515245 + 12345;
				s[n++] = bytes[(seed >> 16) % sizeof bytes];
			}
			memcpy(s + n, "\r\n", 2);
			n += 2;
		}
		memcpy(s + n, ".\r\n", 3);
		n += 3;
		slowly(s, n, &want);
		in_pieces(s, n, (round * 977) % n, (round * 977) % n + (n - (round * 977) % n) / 2, &got);
		good = alike(&got, &want) && got.ended && !got.bare;
	}
	ok(good, "long texts come out right, every byte but CR and LF unchanged");
}

/* undot_plain on every short text, in one piece and in single bytes, against the rules said once more */
static void
test_plain(void)
{
	static const char alphabet[4] = { '\r', '\n', '.', 'a' };
	char text[6], whole[6], bytes[6], expect[6];
	bool good = true;
	unsigned n, k;

	for (n = 0; n < 4096 && good; n++) {
		struct undot one = { 0 }, many = { 0 };
		size_t made = 0, want_len = 0, i, n_one;
		bool bare_lf = false, bare_cr = false;

		for (k = 0; k < 6; k++)
			text[k] = alphabet[n >> (2 * k) & 3];
		for (i = 0; i < 6; i++) {
			if (text[i] == '\r' && i < 5)
				bare_cr |= text[i + 1] != '\n';
			else if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
				bare_lf = true;
			else if (text[i] != '\r')
				expect[want_len++] = text[i];
		}
		memcpy(whole, text, 6);
		n_one = undot_plain(&one, whole, 6);
		for (i = 0; i < 6; i++) {
			char c = text[i];
			size_t m = undot_plain(&many, &c, 1);

			if (m)
				bytes[made++] = c;
		}
		good = one.bare_lf == bare_lf && one.bare_cr == bare_cr && many.bare_lf == bare_lf && many.bare_cr == bare_cr &&
		    one.seen == many.seen && one.size == many.size && (one.seen == UNDOT_CR) == (text[5] == '\r') &&
		    (bare_lf || bare_cr || (n_one == want_len && made == want_len && memcmp(whole, expect, n_one) == 0 &&
		    memcmp(bytes, expect, n_one) == 0 && one.size == (text[5] == '\r' ? 5 : 6)));
	}
	ok(good, "text without stuffing: each of the 4096 arrangements is read right, in one piece and in six");
}

/* cut anywhere: an LF alone ends lines and the message, where it may */
static void
test_lf(void)
{
	static const char text[] = "..a\n\n.b\r\n.\rc\nd\n.\nQUIT";
	bool good = true;
	size_t cut;

	for (cut = 0; cut < sizeof text - 1 && good; cut++) {
		char s[sizeof text];
		struct undot u = { .lf = true };
		size_t used, made, used_2, made_2 = 0;

		memcpy(s, text, sizeof text);
		if (undot(&u, s, cut, &used, &made))
			good = cut >= sizeof text - 1 - 4 && used == sizeof text - 1 - 4 && made == 10;
		else {
			good = undot(&u, s + cut, sizeof text - 1 - cut, &used_2, &made_2) && used + used_2 == sizeof text - 1 - 4;
			memmove(s + made, s + cut, made_2);
		}
		good = good && made + made_2 == 10 && memcmp(s, ".a\n\nb\nc\nd\n", 10) == 0 && !u.bare_lf && u.bare_cr;
	}
	ok(good, "LF alone ends lines and the message, where it may");
}

int
main(void)
{
	char s[] = "..a\r\n.b\r\nc.\r\n.\r\nQUIT\r\n";
	struct undot u = { 0 };
	size_t used, made;

	ok(undot(&u, s, sizeof s - 1, &used, &made), "the end is seen");
	ok(made == 8 && memcmp(s, ".a\nb\nc.\n", 8) == 0, "stuffing is removed and line ends are LF");
	ok(used == sizeof s - 1 - 6, "what follows the end is left alone");
	ok(memcmp(s + used, "QUIT\r\n", 6) == 0, "and unchanged");
	ok(u.size == 11, "the size counts CR LF as two, no stuffing and no end");
	ok(undot(&u, s, 0, &used, &made) && used == 0, "after the end nothing is taken");
	test_lf();
	test_ends();
	test_all_short();
	test_long();
	test_plain();
	return done();
}
