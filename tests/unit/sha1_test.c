/* the vectors of RFC 3174 7.3, FIPS 180 and RFC 2202 3 */
#include "lib/sha1.h"

#include "tap.h"

static const char *
hex(const unsigned char s[SHA1_BYTES])
{
	static char text[2 * SHA1_BYTES + 1];
	int i;

	for (i = 0; i < SHA1_BYTES; i++)
		sprintf(text + 2 * i, "%02x", s[i]);
	return text;
}

/* the bytes n times */
static const char *
sum(const char *s, size_t len, size_t n)
{
	unsigned char out[SHA1_BYTES];
	struct sha1 x;

	sha1_init(&x);
	while (n--)
		sha1_put(&x, s, len);
	sha1_end(&x, out);
	return hex(out);
}

static const char *
mac(const void *key, size_t key_len, const void *data, size_t len)
{
	unsigned char out[SHA1_BYTES];
	struct hmac_sha1 x;

	hmac_sha1_init(&x, key, key_len);
	hmac_sha1_put(&x, data, len / 2);
	hmac_sha1_put(&x, (const char *)data + len / 2, len - len / 2);
	hmac_sha1_end(&x, out);
	return hex(out);
}

/* every length up to three blocks, given at once and in two pieces cut anywhere */
static bool
pieces(void)
{
	static unsigned char s[3 * SHA1_BLOCK];
	unsigned char whole[SHA1_BYTES], cut[SHA1_BYTES];
	struct sha1 x;
	size_t n, at;
	bool all = true;

	for (n = 0; n < sizeof s; n++)
		s[n] = (unsigned char)(n * 7);
	for (n = 0; n <= sizeof s; n++) {
		sha1_init(&x);
		sha1_put(&x, s, n);
		sha1_end(&x, whole);
		for (at = 0; at <= n; at++) {
			sha1_init(&x);
			sha1_put(&x, s, at);
			sha1_put(&x, s + at, n - at);
			sha1_end(&x, cut);
			all &= memcmp(whole, cut, sizeof cut) == 0;
		}
	}
	return all;
}

int
main(void)
{
	static const char a448[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	static const char test6[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	static const char test7[] = "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data";
	unsigned char key[80], data[50];
	int i;

	same(sum("", 0, 1), "da39a3ee5e6b4b0d3255bfef95601890afd80709", "nothing");
	same(sum("abc", 3, 1), "a9993e364706816aba3e25717850c26c9cd0d89d", "abc");
	same(sum(a448, strlen(a448), 1), "84983e441c3bd26ebaae4aa1f95129e5e54670f1", "56 bytes: the length needs a block of its own");
	same(sum("a", 1, 1000000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f", "a million times a");
	same(sum("0123456701234567012345670123456701234567012345670123456701234567", 64, 10),
	    "dea356a2cddd90c7a7ecedc5ebb563934f460452", "whole blocks");
	ok(pieces(), "pieces cut anywhere");

	memset(key, 0x0b, 20);
	same(mac(key, 20, "Hi There", 8), "b617318655057264e28bc0b6fb378c8ef146be00", "RFC 2202, 1");
	same(mac("Jefe", 4, "what do ya want for nothing?", 28), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", "2");
	memset(key, 0xaa, 20);
	memset(data, 0xdd, 50);
	same(mac(key, 20, data, 50), "125d7342b9ac11cd91a39af48aa17b4f63f175d3", "3");
	for (i = 0; i < 25; i++)
		key[i] = (unsigned char)(i + 1);
	memset(data, 0xcd, 50);
	same(mac(key, 25, data, 50), "4c9007f4026250c6bc8414f9bf50c86c2d7235da", "4");
	memset(key, 0x0c, 20);
	same(mac(key, 20, "Test With Truncation", 20), "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04", "5");
	memset(key, 0xaa, 80);
	same(mac(key, 80, test6, strlen(test6)), "aa4ae5e15272d00e95705637ce8a3b55ed402112", "6: a key over a block");
	same(mac(key, 80, test7, strlen(test7)), "e8e99d0f45237d786d6bbaa7965c7808bbff1a91", "7");
	same(mac("", 0, "", 0), "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d", "no key, no data");
	return done();
}
