/* base64 - bytes as the 64 letters of RFC 4648 section 4, strictly */
#ifndef LIB_BASE64_H
#define LIB_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes that the n letters of s stand for; *made of them are put into out, which has room for n / 4 * 3 and may be s
 * itself. false: it is not base64 (a strange byte, padding missing or where it does not belong, bits set that no byte
 * has a place for); out may be overwritten. Nothing stands for nothing. */
bool base64_decode(char *out, size_t *made, const char *s, size_t n);

/* The letters for n bytes, with the padding, without a 0; out has room for BASE64_LETTERS(n). How many */
size_t base64_encode(char *out, const char *s, size_t n);
#define BASE64_LETTERS(n) (((n) + 2) / 3 * 4)

#endif
