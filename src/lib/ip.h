/* ip - addresses of both families as 16 bytes: IPv4 has the form ::ffff:a.b.c.d */
#ifndef LIB_IP_H
#define LIB_IP_H

#include <stdbool.h>
#include <stddef.h>

#define IP_TEXT 46              /* space for the text of an address, with its 0 */
#define IP_BITS 128

/* The one text of an address: RFC 5952, an IPv4 address in dotted decimal. The length. */
size_t ip_text(char out[IP_TEXT], const unsigned char ip[16]);
/* the reverse, for any valid text of an address (no brackets, no zone); false: it is none, ip holds nothing of use */
bool ip_read(const char *text, unsigned char ip[16]);
bool ip_is_v4(const unsigned char ip[16]);
/* the 4 bytes of an IPv4 address, in network order, in 16 */
void ip_from_v4(unsigned char ip[16], const void *v4);
/* set all bits to 0 but the first n, 0 to IP_BITS */
void ip_mask(unsigned char ip[16], unsigned n);

#endif
