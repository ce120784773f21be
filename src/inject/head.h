/* head - the header of a message that a program here has written: where it ends, and its fields
 *
 * A field is a name of printable ASCII, perhaps blanks, a colon, and lines that begin with a blank. The first line that is none of
 * that begins the body, also without an empty line before it. Lines "From ..." and ">From ..." before the first field, as
 * mailboxes have them, are no part of it. Lines end in LF. No memory of its own. */
#ifndef INJECT_HEAD_H
#define INJECT_HEAD_H

#include <stdbool.h>
#include <stddef.h>

enum head_kind {
	HEAD_OTHER,
	HEAD_FROM, HEAD_SENDER, HEAD_REPLY_TO, HEAD_TO, HEAD_CC, HEAD_BCC, HEAD_APPARENTLY_TO,
	HEAD_DATE, HEAD_MESSAGE_ID, HEAD_MAIL_FOLLOWUP_TO, HEAD_NOTICES_TO,
	HEAD_RESENT_FROM, HEAD_RESENT_SENDER, HEAD_RESENT_REPLY_TO, HEAD_RESENT_TO, HEAD_RESENT_CC, HEAD_RESENT_BCC,
	HEAD_RESENT_DATE, HEAD_RESENT_MESSAGE_ID,
	HEAD_RETURN_PATH, HEAD_CONTENT_LENGTH, HEAD_RECEIVED
};

#define HEAD_BIT(kind) (1ul << (kind))
#define HEAD_RESENT (HEAD_BIT(HEAD_RESENT_FROM) | HEAD_BIT(HEAD_RESENT_SENDER) | HEAD_BIT(HEAD_RESENT_TO) | HEAD_BIT(HEAD_RESENT_CC) | \
    HEAD_BIT(HEAD_RESENT_BCC) | HEAD_BIT(HEAD_RESENT_DATE) | HEAD_BIT(HEAD_RESENT_MESSAGE_ID) | HEAD_BIT(HEAD_RESENT_REPLY_TO))
#define HEAD_RESENT_RCPTS (HEAD_BIT(HEAD_RESENT_TO) | HEAD_BIT(HEAD_RESENT_CC) | HEAD_BIT(HEAD_RESENT_BCC))
#define HEAD_RCPTS (HEAD_BIT(HEAD_TO) | HEAD_BIT(HEAD_CC) | HEAD_BIT(HEAD_BCC) | HEAD_BIT(HEAD_APPARENTLY_TO))
#define HEAD_ADDRESSES (HEAD_RCPTS | HEAD_RESENT_RCPTS | HEAD_BIT(HEAD_FROM) | HEAD_BIT(HEAD_SENDER) | HEAD_BIT(HEAD_REPLY_TO) | \
    HEAD_BIT(HEAD_MAIL_FOLLOWUP_TO) | HEAD_BIT(HEAD_NOTICES_TO) | HEAD_BIT(HEAD_RESENT_FROM) | HEAD_BIT(HEAD_RESENT_SENDER) | \
    HEAD_BIT(HEAD_RESENT_REPLY_TO))

struct head {                           /* all zero at the start */
	size_t at;                      /* of head_scan: the line that is looked at */
	size_t pos;                     /* of it, when its kind is known: so far without its end */
	bool inside, any;
	size_t start, end;              /* the fields, once head_scan said true */
	size_t body;                    /* where the body begins */
};

/* All n bytes that there are of the message so far, from its start. whole: no more will come. True: the header is over */
bool head_scan(struct head *, const char *s, size_t n, bool whole);

struct head_field {
	enum head_kind kind;
	const char *s;                  /* from its name to its last LF */
	size_t n;
	size_t value;                   /* s + value follows the colon */
};

/* the field at *at, which is head.start first; false at head.end */
bool head_field(const struct head *, const char *s, size_t *at, struct head_field *);

#endif
