/* element - the elements of a list of recipients as alias files, :include: files and ~/.forward files write them
 *
 * Elements are separated by commas; blanks around one do not matter, an empty one is none. Nothing is looked up.
 *   name, name@host     an address; RFC 5322 phrases, comments, routes and < > are removed, a quoted local part is unquoted
 *   \name               that user's mailbox: no more aliases, no .forward (\name@host likewise)
 *   /path               a file; "/path/" a Maildir; /dev/null is ELEMENT_DISCARD. No blank, comma or quote in it
 *   |command            a program; the command runs to the next comma outside double quotes and not behind a backslash. Also
 *                       "|command with, commas" and |"command with, commas"
 *   :include:/path      a list; blanks after the second colon and quotes around it all are accepted
 *   :fail: text, error:5yz text, :unknown:     ELEMENT_FAIL;  :defer: text, error:4yz text  ELEMENT_DEFER
 *                       text runs to the end of everything; :blackhole: is ELEMENT_DISCARD. A code of three digits is taken
 *                       off; an enhanced one, of the class that the kind is, stays as the text's first word: "5.1.1 gone"
 * Double quotes around an element keep commas, blanks and '#' in it; in commands, paths and words \" and \\ inside them
 * stand for " and \, in addresses a backslash quotes every byte.
 * With a warning: addresses separated by blanks or semicolons alone, taken one by one; a '#' behind an element and a blank,
 * which is ignored with all that follows, if there is neither comma nor '@' nor '<' (a recipient would be lost).
 * ELEMENT_BAD, with the reason: any other '#' outside quotes where a word begins; an unclosed quote or comment; a control
 * byte; ~/ and relative paths; groups (name: a, b;); a comma between apostrophes of an unquoted command; what could
 * not stand on the wire as an address (mail/addr.h: printable ASCII, its lengths). Nothing is ever cut.
 * One pass from left to right, in linear time, without memory of its own.
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
	char text[ELEMENT_TEXT + 1];    /* address, name, path, command or words, no control byte but tabs; ends in 0 */
	size_t len;
	size_t at;                      /* where it begins in the input, from 0 */
	const char *warning;            /* 0, or what is odd about it */
};

enum element_result { ELEMENT_GOT, ELEMENT_END, ELEMENT_BAD };

struct element_walk {
	const char *s;                  /* the caller's, one logical line without its end */
	size_t n, at;
	const char *why;                /* after ELEMENT_BAD: what is wrong at bad_at (n: at the end); the walk may go on */
	size_t bad_at;
	size_t remark;                  /* where the '#' is from which on everything was ignored; 0: there is none */
	size_t words_at, words_end, words_next; /* of the walk itself: inside words that blanks separate, if words_end */
	bool words_hash;
};

/* A line of a file that holds nothing else: blanks before, and a CR at the end of, the *n bytes at *s are taken off. False:
 * it is empty, or a comment */
bool element_line(const char **s, size_t *n);
void element_walk(struct element_walk *, const char *s, size_t n);
enum element_result element_next(struct element_walk *, struct element *);
/* for messages: address mailbox file program list refusal deferral discard */
const char *element_kind_name(enum element_kind);

#endif
