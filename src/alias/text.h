/* text - the text of an alias file: its logical lines, and what each says before the elements
 *
 * A logical line begins with a line whose first byte is neither blank nor '#'. It goes on with each line that begins
 * with a blank, and with the one after a line that ends in a backslash (an odd number of them); the blanks at the beginning
 * of such a line count as one. Blank lines, and lines whose first byte that is not blank is '#', are skipped anywhere and
 * end nothing, except that a backslash reaches no further than the next line. One CR before the LF is dropped; the last LF
 * may be missing.
 * The name ends at the first colon outside quotes, comments and address literals. Comments in parentheses and blanks around
 * it go, quotes and backslashes quote, ASCII letters are folded. It is local, local@domain, @domain or local@.
 *   limits  a name ALIASDB_NAME bytes, a logical line TEXT_LINE         tests  tests/unit/alias_text_test.c
 *   manual  pneu-aliases(5) */
#ifndef ALIAS_TEXT_H
#define ALIAS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "wire/aliasdb.h"

#define TEXT_LINE ALIASDB_DATA

struct text_place {
	uint32_t line, column;          /* both from 1; columns count bytes */
};

struct text_piece {                     /* of a logical line, from this offset on */
	size_t at;
	struct text_place place;
};

struct text {
	const char *s;                  /* the caller's, must outlive the walk */
	size_t n, at;
	uint32_t line;                  /* lines taken */
	struct buf joined;              /* a logical line that was more than one */
	const char *logical;            /* the one at hand, in s or in joined */
	size_t logical_len;
	struct text_piece *piece;
	size_t pieces, room;
};

struct text_entry {
	char name[ALIASDB_NAME + 1];    /* ends in 0 */
	size_t name_len;
	size_t domain;                  /* where in it '@' is, name_len: nowhere */
	struct text_place place;        /* where it begins */
	const char *value;              /* what follows the colon, without blanks around it; until the next call */
	size_t value_len, value_at;     /* value_at: its offset in the logical line, for text_where */
	const char *warning;            /* 0, or what is odd about the name */
};

enum text_result {
	TEXT_ENTRY,
	TEXT_BAD,                       /* why and where; the walk may go on */
	TEXT_END,
	TEXT_TROUBLE                    /* errno ENOMEM */
};

struct text_error {
	const char *why;
	struct text_place place;
};

void text_init(struct text *, const char *s, size_t n);
void text_free(struct text *);
enum text_result text_next(struct text *, struct text_entry *, struct text_error *);
/* where byte at of the logical line at hand is in the file */
struct text_place text_where(const struct text *, size_t at);

#endif
