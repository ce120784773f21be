#include "wire/fields.h"

#include <errno.h>

#include "tap.h"

static void
golden(void)
{
	static const char want[] = "\0abc\00018446744073709551615\0000\0x y\n\xff";
	struct buf b = BUF(1000);
	struct fields f;
	uint64_t n = 1;

	ok(fields_put(&b, "") && fields_put(&b, "abc") && fields_put_num(&b, UINT64_MAX) && fields_put_num(&b, 0) &&
	    fields_put(&b, "x y\n\xff"), "fields are put");
	ok(b.len == sizeof want && memcmp(b.s, want, b.len) == 0, "as these bytes");
	ok(fields_open(&f, b.s, b.len), "and read");
	same(fields_next(&f), "", "the empty one");
	same(fields_next(&f), "abc", "a string");
	ok(fields_next_num(&f, 0, UINT64_MAX, &n) && n == UINT64_MAX && fields_next_num(&f, 0, 0, &n) && n == 0, "numbers");
	same(fields_next(&f), "x y\n\xff", "any bytes");
	ok(!fields_next(&f) && !fields_next(&f) && !fields_next_num(&f, 0, 1, &n), "and no more");
	buf_free(&b);
}

static void
refusals(void)
{
	struct buf b = BUF(5);
	struct fields f;
	uint64_t n = 4711;

	ok(!fields_open(&f, "abc", 3) && !fields_open(&f, "a\0b", 3), "a packet whose last field is cut");
	ok(!fields_open(&f, "", 0), "a packet of nothing");
	ok(fields_open(&f, "5\0x\0\0", 5) && !fields_next_num(&f, 6, 9, &n) && !fields_next_num(&f, 0, 9, &n) &&
	    !fields_next_num(&f, 0, 9, &n) && n == 4711, "a number too small, a word, nothing: no number, n untouched");
	ok(fields_put(&b, "abcd") && b.len == 5, "a field as large as the room for it");
	buf_cut(&b, 1);
	errno = 0;
	ok(!fields_put(&b, "abcd") && errno == EMSGSIZE && b.len == 1, "one byte larger: EMSGSIZE, nothing put");
	errno = 0;
	ok(!fields_put_num(&b, 1234) && errno == EMSGSIZE && b.len == 1 && fields_put_num(&b, 123) && b.len == 5, "a number likewise");
	buf_free(&b);
}

int
main(void)
{
	golden();
	refusals();
	return done();
}
