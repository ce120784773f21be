#include "mail/utf8.h"

#include <string.h>

#include "tap.h"

static bool
text(const char *s)
{
	return utf8_text(s, strlen(s));
}

/* the bytes of a code point, by the table of RFC 3629 */
static size_t
encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

int
main(void)
{
	uint32_t c, got, wrong = 0;
	char s[4];
	size_t n, k;
	unsigned first, taken = 0;

	for (c = 0; c < 0x120000; c++) {
		bool valid = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);

		n = encode(c, s);
		k = utf8_char(s, n, &got);
		wrong += k != (valid ? n : 0) || (valid && got != c);
		wrong += utf8_char(s, n - 1, 0) != 0;
	}
	ok(wrong == 0, "each code point there is, and no other, and none that is cut");
	for (first = 0; first < 0x10000; first++) {     /* two bytes, then ones that always continue */
		s[0] = (char)(first >> 8);
		s[1] = (char)first;
		s[2] = s[3] = (char)0x80;
		k = utf8_char(s, 4, &got);
		if (k) {
			char back[4];

			taken++;
			wrong += encode(got, back) != k || memcmp(back, s, k) != 0;
		}
	}
	ok(wrong == 0 && taken > 0x8000, "no character has two forms");
	ok(text("") && text("a b~") && text("\xc3\xa4\xe2\x82\xac\xf0\x9f\x93\xa8"), "text");
	ok(!text("a\nb") && !text("\x7f") && !text("\xc2\x80") && !text("\xc2\x9f") && !text("a\xe2\x80\xa8") && !text("\xe2\x80\xa9") && !text("\t"),
	    "controls and ends of lines are none");
	ok(!text("\xe4") && !text("a\xc3") && !text("\xc0\xaf") && !text("\xed\xa0\x80"), "nor is Latin-1, a cut one, '/' in two bytes, half of UTF-16");
	ok(utf8_ascii("abc\x7f", 4) && !utf8_ascii("ab\x80", 3) && utf8_ascii("", 0), "ASCII or not");
	return done();
}
