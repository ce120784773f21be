#include "lib/buf.h"

#include <errno.h>

#include "tap.h"

static bool
holds(const struct buf *b, const char *s, size_t n)
{
	return b->len == n && b->s && memcmp(b->s, s, n) == 0 && b->s[n] == 0;
}

static void
growing(void)
{
	struct buf b = BUF(1000);
	char want[1000];
	int i;
	bool all = true;

	ok(buf_puts(&b, "ab") && buf_byte(&b, 'c') && buf_num(&b, 0) && buf_num(&b, UINT64_MAX), "everything can be put");
	ok(holds(&b, "abc018446744073709551615", 24), "in order, with a 0 behind");
	buf_clear(&b);
	ok(b.len == 0 && b.s[0] == 0 && b.cap > 0, "clear keeps the memory");
	ok(buf_put(&b, "a\0b", 3) && buf_byte(&b, 0) && holds(&b, "a\0b\0", 4), "NULs sit inside");
	buf_cut(&b, 9);
	ok(b.len == 4, "cut never makes longer");
	buf_cut(&b, 1);
	ok(holds(&b, "a", 1), "cut makes shorter, with a 0 behind");
	buf_clear(&b);
	for (i = 0; i < 1000; i++) {
		want[i] = (char)i;
		all &= buf_byte(&b, (char)i) && b.s[b.len] == 0 && b.cap > b.len;
	}
	ok(all && holds(&b, want, 1000), "a thousand single bytes, always with a 0 behind");
	buf_free(&b);
	ok(b.s == 0 && b.len == 0 && b.cap == 0 && b.max == 1000, "free keeps only the ceiling");
	ok(buf_puts(&b, "again") && holds(&b, "again", 5), "and the buf can be used again");
	buf_free(&b);
}

static void
refused(struct buf *b, bool got, const char *promise)
{
	int e = errno;

	ok(!got && e == EMSGSIZE && holds(b, "12345678", 8), promise);
}

static void
ceiling(void)
{
	struct buf b = BUF(8), none = BUF(0), huge = BUF(SIZE_MAX);

	ok(buf_puts(&b, "1234567") && holds(&b, "1234567", 7), "one below the ceiling");
	ok(buf_byte(&b, '8') && holds(&b, "12345678", 8), "at the ceiling");
	errno = 0;
	refused(&b, buf_byte(&b, '9'), "one above it: EMSGSIZE, unchanged");
	refused(&b, buf_put(&b, "", SIZE_MAX), "by a size that would wrap");
	refused(&b, buf_room(&b, SIZE_MAX - 7), "by a size that wraps to 0");
	refused(&b, buf_num(&b, 1), "by a number");
	ok(buf_put(&b, 0, 0) && buf_puts(&b, "") && buf_room(&b, 0), "nothing always fits");
	b.max = 4;
	refused(&b, buf_byte(&b, 'x'), "a ceiling lowered below the length");
	buf_free(&b);
	ok(buf_room(&none, 0) && none.s && none.s[0] == 0, "a ceiling of 0 holds the empty string");
	errno = 0;
	ok(!buf_byte(&none, 'x') && errno == EMSGSIZE, "and nothing else");
	buf_free(&none);
	errno = 0;
	ok(!buf_byte(&huge, 'x') && errno == EMSGSIZE && !huge.s, "a senseless ceiling is refused");
	buf_cut(&huge, 0);
	buf_clear(&huge);
	ok(!huge.s, "cut and clear of a buf without memory");
}

int
main(void)
{
	growing();
	ceiling();
	return done();
}
