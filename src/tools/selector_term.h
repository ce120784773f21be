/* selector_term - the words of the language one by one: what each may say, and whether a message is as it says
 *
 * Only selector.c and selector_term.c include this. */
#ifndef TOOLS_SELECTOR_TERM_H
#define TOOLS_SELECTOR_TERM_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/selector.h"

enum op { OP_IS, OP_MATCH, OP_MORE, OP_LESS, OP_MORE_IS, OP_LESS_IS, OP_NONE };

/* what a word asks for, ready to be compared */
struct selector_term {
	const struct key *key;
	enum op op;
	const char *pattern;
	uint64_t n;                     /* bytes, seconds, tries, a uid, bits of states */
	unsigned char ip[16];
	unsigned bits;                  /* of the net */
	regex_t regex;
};

struct parser {
	struct selector *sel;
	char *const *word;
	size_t words, at;
	struct selector_error *error;
};

struct key {
	const char *name;
	unsigned ops;                   /* bits of enum op */
	enum look_depth depth;
	bool (*parse)(struct parser *, struct selector_term *, const char *value);
	bool (*holds)(const struct selector *, const struct selector_term *, const struct look *);
};

/* false, and the error has the words, cut if they are too long */
bool selector_complain(struct parser *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* by the n bytes of its name; 0: there is none */
const struct key *selector_key(const char *name, size_t n);
/* a state by its name, as a bit; false: it is none */
bool selector_state(const char *name, size_t n, uint64_t *bit);
/* so deep a message must be looked at for this term */
enum look_depth selector_term_depth(const struct selector_term *);
void selector_term_free(struct selector_term *);

#endif
