/* received - the trace field that a server adds on top (RFC 5321 4.4)
 *
 *   Received: from HELO (HOST [IP]) (ident INFO)
 *           by BY with WITH (TLS) id ID; DATE
 *
 * helo, host and ident are words of strangers: what is no letter, digit or one of . - _ : [ ] becomes '?', so that they
 * cannot leave their place, and each ends in "..." after RECEIVED_WORD bytes. A login may have what an address has, too, but
 * no quotes. Lines end in LF. */
#ifndef MAIL_RECEIVED_H
#define MAIL_RECEIVED_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

#define RECEIVED_WORD 255
#define RECEIVED_MAX 2048               /* bytes of a whole field are fewer, given by and with of up to 255 */

struct received {
	const char *helo, *host, *ip, *ident;   /* 0 or "": not known, left out */
	const char *by, *with;                  /* ours */
	int64_t now_s;
	const char *id;                         /* ours, an atom of RFC 5322; 0: left out */
	const char *tls;                        /* "VERSION CIPHER BITS"; 0 or "": left out */
	const char *login;                      /* "(login NAME)" stands after ident; 0 or "": left out */
};

bool received_put(struct buf *, const struct received *);       /* appends; false as buf_put, and b unchanged */

/* an IP address as a literal in brackets: [192.0.2.1], [IPv6:2001:db8::1]; false as buf_put */
bool received_literal(struct buf *, const char *ip);

#endif
