/* proxy - what a proxy says before all else: whose connection it passes on. HAProxy's PROXY protocol, versions 1 and 2
 *
 *   1   PROXY TCP4|TCP6 SOURCE DESTINATION PORT PORT CR LF, or PROXY UNKNOWN anything CR LF; 107 bytes at most
 *   2   a signature, what it is, a length, two addresses, two ports, and further facts: type, length, value
 * Exactly the bytes of the header are taken from the connection; whoever reads it next finds the client's first byte.
 * A header is believed, so it may be asked only of those whom a rule names. */
#ifndef LISTEN_PROXY_H
#define LISTEN_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "listen/listener.h"

#define PROXY_MAX 4096          /* bytes of a header; of version 2 this is our limit, addresses alone are 232 at most */
#define PROXY_WORD 64           /* space for the name of a protocol or cipher */

struct proxy_header {
	bool relayed;                   /* false: the proxy's own connection, or of nobody it can name; the two are empty */
	struct endpoint remote, local;  /* the client's end and the one it connected to */
	char tls[PROXY_WORD];           /* the client's TLS version and cipher; "": it spoke none to the proxy, */
	char cipher[PROXY_WORD];        /* or the proxy does not tell */
};

enum proxy_result {
	PROXY_WHOLE,            /* *used of the bytes are the header */
	PROXY_PART,             /* all of them belong to it, and more must come */
	PROXY_WRONG             /* no header begins so */
};

/* how far the header reaches in what has come so far; never PART from PROXY_MAX bytes on */
enum proxy_result proxy_end(const unsigned char *s, size_t n, size_t *used);
/* what a whole header says; false: it is none */
bool proxy_parse(const unsigned char *s, size_t n, struct proxy_header *);
/* take the header from a stream socket, all of it within timeout_ms; 0, or in a few words why there is none */
const char *proxy_read(int fd, int timeout_ms, struct proxy_header *);

#endif
