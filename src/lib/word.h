/* word - text, eight bytes at a time
 *
 * A word is what memcpy takes from text. "First" is what stands first in memory, on every machine. */
#ifndef LIB_WORD_H
#define LIB_WORD_H

#include <stddef.h>
#include <stdint.h>

#define WORD sizeof(uint64_t)
#define WORD_EACH(byte) ((uint64_t)(byte) * 0x0101010101010101u)

/* In a word whose first byte is the lowest: the high bit of the first byte that is 0, and no bit of those before it. Behind it
 * others may be marked that are not, for the borrow. 0: there is none. */
static inline uint64_t
word_mark(uint64_t x)
{
	return (x - WORD_EACH(1)) & ~x & WORD_EACH(0x80);
}

/* 0: no byte is CR or LF; else what tells word_first which is the first that is */
static inline uint64_t
word_line_end(uint64_t x)
{
	if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
		x = __builtin_bswap64(x);
	return word_mark(x ^ WORD_EACH('\r')) | word_mark(x ^ WORD_EACH('\n'));
}

/* how many bytes stand before the one that is marked first; marks is not 0 */
static inline size_t
word_first(uint64_t marks)
{
	return (size_t)__builtin_ctzll(marks) / 8;
}

#endif
