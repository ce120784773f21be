/* sha1 - SHA-1 (RFC 3174), and HMAC-SHA1 on it (RFC 2104)
 *
 * For formats that ask for them. As a plain hash SHA-1 is broken; as HMAC it still tells who knows the key. */
#ifndef LIB_SHA1_H
#define LIB_SHA1_H

#include <stddef.h>
#include <stdint.h>

#define SHA1_BYTES 20
#define SHA1_BLOCK 64u

struct sha1 {
	uint32_t h[5];
	uint64_t n;                     /* bytes so far; fewer than 2^61 */
	unsigned char block[SHA1_BLOCK];
};

void sha1_init(struct sha1 *);
void sha1_put(struct sha1 *, const void *, size_t n);
void sha1_end(struct sha1 *, unsigned char out[SHA1_BYTES]);

struct hmac_sha1 {
	struct sha1 inner, outer;
};

void hmac_sha1_init(struct hmac_sha1 *, const void *key, size_t n);
void hmac_sha1_put(struct hmac_sha1 *, const void *, size_t n);
void hmac_sha1_end(struct hmac_sha1 *, unsigned char out[SHA1_BYTES]);

#endif
