/* words - distinct strings, each with a number: counted up from 0 in the order in which they first came
 *
 * ASCII case matters; give what is without case in small letters. Zeroed before the first use; words_free ends it.
 *   limits  WORDS_MAX words, WORDS_BYTES of them in all */
#ifndef TOOLS_WORDS_H
#define TOOLS_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

#define WORDS_MAX (64u << 20)
#define WORDS_BYTES (1u << 30)

struct words {
	struct buf text;                /* each ends in 0 */
	uint32_t *offset;               /* where word n begins in text */
	uint32_t count, room;
	uint32_t *slot;                 /* a hash table of numbers + 1 */
	size_t slots;
	uint32_t seed;
};

/* the number of these n bytes, which hold no 0; new or not. false: ENOMEM, EMSGSIZE */
bool words_add(struct words *, const char *, size_t n, uint32_t *number);
/* false: it is none of them */
bool words_find(const struct words *, const char *, size_t n, uint32_t *number);
const char *words_text(const struct words *, uint32_t number);
void words_free(struct words *);

#endif
