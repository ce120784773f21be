/* ascii - kinds of bytes, whatever a locale says; bytes from 128 on are of no kind */
#ifndef LIB_ASCII_H
#define LIB_ASCII_H

#include <stdbool.h>
#include <stddef.h>

/* may it be shown? blank included */
static inline bool
ascii_print(char c)
{
	return c >= ' ' && c <= '~';
}

/* what a stranger's byte is shown as in logs and on terminals */
static inline char
ascii_mask(char c)
{
	return ascii_print(c) ? c : '?';
}

static inline bool
ascii_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static inline bool
ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* with how many digits the n bytes begin */
static inline size_t
ascii_digits(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && ascii_digit(s[i]))
		i++;
	return i;
}

static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

#endif
