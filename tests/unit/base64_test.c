/* base64: RFC 4648's own examples, and every way to be wrong */
#include "lib/base64.h"

#include <string.h>

#include "tap.h"

static bool
becomes(const char *s, const char *want, size_t n)
{
	char space[64];
	size_t made;

	memcpy(space, s, strlen(s));            /* in place */
	return base64_decode(space, &made, space, strlen(s)) && made == n && memcmp(space, want, n) == 0;
}

static bool
encodes(const char *s, size_t n, const char *want)
{
	char out[64];
	size_t made = base64_encode(out, s, n);

	return made == strlen(want) && made == BASE64_LETTERS(n) && memcmp(out, want, made) == 0;
}

static bool
wrong(const char *s, size_t n)
{
	char out[64];
	size_t made;

	return !base64_decode(out, &made, s, n);
}

int
main(void)
{
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zm9", "Zg==Zg==", "Zh==", "Zm9=", "=", "====", "Z===", "Zm=v", "Zm9v=",
	    "Zm9v====", "Zm9 ", " m9v", "Zm\nv", "Zm-v", "Zm_v", "Z\xc3\xa9v", "Zg=a" };
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i, fell = 0, made;
	char out[48], s[4] = "AAA";

	ok(becomes("", "", 0), "nothing is nothing");
	ok(becomes("Zg==", "f", 1) && becomes("Zm8=", "fo", 2) && becomes("Zm9v", "foo", 3) && becomes("Zm9vYg==", "foob", 4) &&
	    becomes("Zm9vYmE=", "fooba", 5) && becomes("Zm9vYmFy", "foobar", 6), "the examples of RFC 4648");
	ok(becomes("AGFubgBwdw==", "\0ann\0pw", 7) && becomes("/+8=", "\xff\xef", 2), "zero bytes and high ones");
	ok(base64_decode(out, &made, letters, 64) && made == 48 && memcmp(out, "\0\x10\x83", 3) == 0 &&
	    memcmp(out + 45, "\xf3\xdf\xbf", 3) == 0, "all letters");
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (!wrong(bad[i], strlen(bad[i]))) {
			fell++;
			printf("# taken: %s\n", bad[i]);
		}
	ok(fell == 0, "what is none");
	for (i = 0, fell = 0; i < 256; i++) {
		char four[4] = { 'A', 'A', 'A', (char)i };

		fell += wrong(four, 4) == (i && strchr(letters, (int)i) != 0) && i != '=';
	}
	ok(fell == 0, "each byte is a letter or is refused");
	ok(encodes("", 0, "") && encodes("f", 1, "Zg==") && encodes("fo", 2, "Zm8=") && encodes("foo", 3, "Zm9v") &&
	    encodes("foob", 4, "Zm9vYg==") && encodes("fooba", 5, "Zm9vYmE=") && encodes("foobar", 6, "Zm9vYmFy"), "and the other way");
	ok(encodes("\0ann\0pw", 7, "AGFubgBwdw==") && encodes("\xff\xef", 2, "/+8="), "with zero bytes and high ones");
	ok(wrong("Zm9v\0AAA", 8) && wrong(s, 3), "the length rules, not a zero byte");
	return done();
}
