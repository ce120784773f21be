/* idna - the form of a domain that the DNS knows: a label that is no ASCII as xn-- and its Punycode (RFC 5890, 3492)
 *
 * A label is taken to be in the form that RFC 5891 asks for, normalized and in lower case: nothing is mapped. */
#ifndef MAIL_IDNA_H
#define MAIL_IDNA_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "mail/addr.h"

/* Append the domain of n bytes; ASCII labels as they are. False: as buf_put; EILSEQ it is no UTF-8, EMSGSIZE also a label
 * of more than 63 bytes in the end; b unchanged. */
bool idna_ascii(struct buf *b, const char *domain, size_t n);

/* The domain of an address, if it has one, in that form, so that all that compares domains further on compares ASCII.
 * False: it has none, or is too long in it; the address is unchanged. */
bool idna_addr(struct addr *);

#endif
