#include "lib/sha1.h"

#include <string.h>

static uint32_t
rol(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static uint32_t
get32(const unsigned char *s)
{
	return (uint32_t)s[0] << 24 | (uint32_t)s[1] << 16 | (uint32_t)s[2] << 8 | s[3];
}

static void
put32(unsigned char *s, uint32_t x)
{
	s[0] = (unsigned char)(x >> 24);
	s[1] = (unsigned char)(x >> 16);
	s[2] = (unsigned char)(x >> 8);
	s[3] = (unsigned char)x;
}

/* f and K of RFC 3174, 5, in step t */
static uint32_t
mix(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
	switch (t / 20) {
	case 0:
		return (d ^ (b & (c ^ d))) + 0x5a827999;
	case 1:
		return (b ^ c ^ d) + 0x6ed9eba1;
	case 2:
		return ((b & c) | (d & (b | c))) + 0x8f1bbcdc;
	default:
		return (b ^ c ^ d) + 0xca62c1d6;
	}
}

static void
take_block(uint32_t h[5], const unsigned char *s)
{
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], x;
	unsigned t;

	for (t = 0; t < 80; t++) {
		w[t] = t < 16 ? get32(s + 4 * t) : rol(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
		x = rol(a, 5) + mix(t, b, c, d) + e + w[t];
		e = d;
		d = c;
		c = rol(b, 30);
		b = a;
		a = x;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

void
sha1_init(struct sha1 *x)
{
	static const uint32_t start[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };

	memcpy(x->h, start, sizeof start);
	x->n = 0;
}

void
sha1_put(struct sha1 *x, const void *from, size_t n)
{
	const unsigned char *s = from;

	while (n) {
		size_t at = (size_t)(x->n % SHA1_BLOCK), k = SHA1_BLOCK - at;

		if (k > n)
			k = n;
		memcpy(x->block + at, s, k);
		x->n += k;
		s += k;
		n -= k;
		if (at + k == SHA1_BLOCK)
			take_block(x->h, x->block);
	}
}

void
sha1_end(struct sha1 *x, unsigned char out[SHA1_BYTES])
{
	static const unsigned char pad[SHA1_BLOCK] = { 0x80 };
	unsigned char bits[8];
	size_t at = (size_t)(x->n % SHA1_BLOCK);
	unsigned i;

	put32(bits, (uint32_t)(x->n >> 29));
	put32(bits + 4, (uint32_t)(x->n << 3));
	sha1_put(x, pad, (at < SHA1_BLOCK - 8 ? SHA1_BLOCK : 2 * SHA1_BLOCK) - 8 - at);
	sha1_put(x, bits, sizeof bits);
	for (i = 0; i < 5; i++)
		put32(out + 4 * i, x->h[i]);
}

void
hmac_sha1_init(struct hmac_sha1 *x, const void *key, size_t n)
{
	unsigned char k[SHA1_BLOCK] = { 0 };
	size_t i;

	if (n > SHA1_BLOCK) {
		sha1_init(&x->inner);
		sha1_put(&x->inner, key, n);
		sha1_end(&x->inner, k);
	} else if (n)
		memcpy(k, key, n);
	sha1_init(&x->inner);
	sha1_init(&x->outer);
	for (i = 0; i < sizeof k; i++)
		k[i] ^= 0x36;
	sha1_put(&x->inner, k, sizeof k);
	for (i = 0; i < sizeof k; i++)
		k[i] ^= 0x36 ^ 0x5c;
	sha1_put(&x->outer, k, sizeof k);
}

void
hmac_sha1_put(struct hmac_sha1 *x, const void *s, size_t n)
{
	sha1_put(&x->inner, s, n);
}

void
hmac_sha1_end(struct hmac_sha1 *x, unsigned char out[SHA1_BYTES])
{
	sha1_end(&x->inner, out);
	sha1_put(&x->outer, out, SHA1_BYTES);
	sha1_end(&x->outer, out);
}
