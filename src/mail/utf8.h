/* utf8 - is it text in UTF-8 (RFC 3629) that may stand in an address (RFC 6531)? */
#ifndef MAIL_UTF8_H
#define MAIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at s, of which n are there, and its number if code is not 0. 0: there is none, for want of
 * bytes, in a longer form than it needs, a half of UTF-16, over U+10FFFF. */
size_t utf8_char(const char *s, size_t n, uint32_t *code);
/* The same; 0 too for a control (C0, C1, DEL) and the separators of lines and paragraphs. */
size_t utf8_graphic(const char *s, size_t n);
bool utf8_text(const char *s, size_t n);        /* nothing but those */
bool utf8_ascii(const char *s, size_t n);       /* no byte over 127 */

#endif
