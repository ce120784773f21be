/* xtext - text in which a byte may be written +XX, for the values of ESMTP parameters (RFC 3461 4)
 *
 * A byte from '!' to '~' but '+' and '=' stands for itself; hex digits are upper case. */
#ifndef MAIL_XTEXT_H
#define MAIL_XTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"

/* is it xtext, and printable ASCII, blanks included, once decoded? */
bool xtext_valid(const char *s, size_t n);
/* the same, but printable UTF-8; false also if it is longer than XTEXT_UTF8 bytes */
#define XTEXT_UTF8 500
bool xtext_utf8(const char *s, size_t n);
/* Append what the string stands for; what is no xtext, and +00, stands for itself. False as buf_put, b unchanged */
bool xtext_get(struct buf *b, const char *s);

#endif
