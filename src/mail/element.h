/* element - the elements of a list of recipients as alias files, :include: files and ~/.forward files write them
 *
 * Elements are separated by commas; blanks around one do not matter, an empty one is none. Nothing is looked up.
 *   name, name@host     an address; RFC 5322 phrases, comments and < > are removed, a quoted local part is unquoted
 *   \name               that user's mailbox: no more aliases, no .forward (\name@host likewise)
 *   /path               a file; "/path/" a Maildir; /dev/null is ELEMENT_DISCARD
 *   |command            a program; the command runs to the next comma outside quotes. Also "|command with, commas" and
 *                       |"command with, commas"
 *   :include:/path      a list; blanks after the second colon and quotes around it all are accepted
 *   :fail: text, error:5yz text, :unknown:     ELEMENT_FAIL;  :defer: text, error:4yz text  ELEMENT_DEFER
 *                       text runs to the end; :blackhole: is ELEMENT_DISCARD
 * Double quotes around an element keep commas, blanks and '#' in it; \" and \\ inside them stand for " and \.
 * An unclosed quote or comment, a control byte, an address that could not stand on the wire: ELEMENT_BAD.
 * Addresses separated by blanks alone are taken one by one, with a warning.
 *   limits  ELEMENT_TEXT bytes of text       tests  tests/unit/element_test.c, tests/fuzz/element_fuzz.c
 *   manual  pneu-aliases(5), pneu-forward(5) */
#ifndef MAIL_ELEMENT_H
#define MAIL_ELEMENT_H

#include <stdbool.h>
#include <stddef.h>

#define ELEMENT_TEXT 1000

enum element_kind {
	ELEMENT_ADDRESS,
	ELEMENT_MAILBOX,
	ELEMENT_FILE,
	ELEMENT_PROGRAM,
	ELEMENT_INCLUDE,
	ELEMENT_FAIL,
	ELEMENT_DEFER,
	ELEMENT_DISCARD
};

struct element {
	enum element_kind kind;
	char text[ELEMENT_TEXT + 1];    /* address, name, path, command or words; ends in 0 */
	size_t len;
	size_t at;                      /* where it begins in the input, from 0 */
	const char *warning;            /* 0, or what is odd about it */
};

enum element_result { ELEMENT_GOT, ELEMENT_END, ELEMENT_BAD };

struct element_walk {
	const char *s;                  /* the caller's */
	size_t n, at;
	const char *why;                /* after ELEMENT_BAD: what is wrong with the one at bad_at; the walk may go on */
	size_t bad_at;
	size_t words_at, words_end, words_next; /* of the walk itself: inside words that blanks separate, if words_end */
	bool words_hash;
};

void element_walk(struct element_walk *, const char *s, size_t n);
enum element_result element_next(struct element_walk *, struct element *);
/* for messages and manuals: "address", "program"... */
const char *element_kind_name(enum element_kind);

#endif
