#include "lib/num.h"

#include <stdlib.h>

#include "tap.h"

static bool
refuses(const char *s)
{
	uint64_t n = 4711;

	if (!num_u64(s, 0, UINT64_MAX, &n) && n == 4711)
		return true;
	printf("# took \"%s\" as %llu\n", s, (unsigned long long)n);
	return false;
}

static bool
takes(const char *s, uint64_t want)
{
	uint64_t n = ~want;

	return num_u64(s, 0, UINT64_MAX, &n) && n == want;
}

static void
parsing(void)
{
	static const char *const bad[] = { "", " ", "+1", "-1", "-0", " 1", "1 ", "1\n", "0x10", "1e3", "1.0", "1,0", "a", "/", ":",
		"\xb2", "18446744073709551616", "18446744073709551620", "99999999999999999999", "184467440737095516150",
		"36893488147419103232", "340282366920938463463374607431768211456" };
	uint64_t n = 7;
	size_t i;
	bool all = true;

	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		all &= refuses(bad[i]);
	ok(all, "what is not wholly a number that fits is refused, and n untouched");
	ok(takes("0", 0) && takes("007", 7) && takes("00000000000000000000000000000001", 1), "zeros in front count nothing");
	ok(takes("18446744073709551615", UINT64_MAX) && takes("18446744073709551609", UINT64_MAX - 6), "the largest numbers");
	ok(!num_u64("9", 10, 20, &n) && num_u64("10", 10, 20, &n) && n == 10, "the least, and one less");
	ok(!num_u64("21", 10, 20, &n) && num_u64("20", 10, 20, &n) && n == 20, "the most, and one more");
	ok(num_span("123456", 3, 0, 999, &n) && n == 123, "a span ends where it is said");
	ok(!num_span("1\0", 2, 0, 999, &n) && !num_span("12", 0, 0, 99, &n) && n == 123, "a NUL is no digit, nothing no number");
}

static void
printing(void)
{
	static const struct {
		uint64_t n;
		const char *s;
	} list[] = { { 0, "0" }, { 9, "9" }, { 10, "10" }, { 4294967296u, "4294967296" }, { UINT64_MAX, "18446744073709551615" } };
	char dec[NUM_DEC + 1], want[32];
	uint64_t n, back;
	size_t i, len;
	bool all = true;

	for (i = 0; i < sizeof list / sizeof *list; i++) {
		dec[num_dec(dec, list[i].n)] = 0;
		same(dec, list[i].s, "in decimal");
		same(num_text(dec, list[i].n), list[i].s, "and as a string");
	}
	for (n = 1, i = 0; i < 5000; i++) {
		n = n * 6364136223846793005u + 1442695040888963407u;
		len = num_dec(dec, n >> (i % 64));
		dec[len] = 0;
		snprintf(want, sizeof want, "%llu", (unsigned long long)(n >> (i % 64)));
		all &= strcmp(dec, want) == 0 && num_u64(dec, 0, UINT64_MAX, &back) && back == n >> (i % 64);
	}
	ok(all, "5000 numbers there and back, as printf writes them");
}

int
main(void)
{
	parsing();
	printing();
	return done();
}
