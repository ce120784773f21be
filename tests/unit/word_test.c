#include "lib/word.h"

#include <string.h>

#include "tap.h"

/* bytes that differ from CR or LF by a bit or by one, and what a borrow might mistake for them */
static const char near[] = "\r\n\f\v\x0e\x09\x8a\x8d\x0b\x0c\x00\x01\x7f\x80\xff" "a";

static size_t
slowly(const char *s)
{
	size_t i;

	for (i = 0; i < WORD && s[i] != '\r' && s[i] != '\n'; i++)
		;
	return i;
}

static size_t
quickly(const char *s)
{
	uint64_t x, end;

	memcpy(&x, s, WORD);
	end = word_line_end(x);
	return end ? word_first(end) : WORD;
}

int
main(void)
{
	const size_t kinds = sizeof near - 1;
	char s[WORD];
	size_t i, n;
	bool all = true;

	for (i = 0; i < WORD; i++) {            /* each three neighbours, everywhere, among each other */
		for (n = 0; n < kinds * kinds * kinds; n++) {
			memset(s, near[n % kinds], WORD);
			s[i] = near[n / kinds % kinds];
			s[(i + 1) % WORD] = near[n / kinds / kinds];
			all &= quickly(s) == slowly(s);
		}
	}
	ok(all, "the first CR or LF of a word is found, whatever stands beside it");
	memcpy(s, "abcdefgh", WORD);
	ok(quickly(s) == WORD, "or that there is none");
	return done();
}
