/* tlswrap - encryption that another program does, at the other end of our descriptors
 *
 * Where TLS may begin (STARTTLS, STLS):
 *   UCSPI-TLS            $SSLCTLFD, $SSLREADFD, $SSLWRITEFD name descriptors: 'Y' into the first, the connection's
 *                        variables come back, then the other two are the client
 *   tlswrapper -n, new   descriptors 5 and 6 are pipes: a zero byte into 5, input thrown away until one comes from 6
 *   tlswrapper -n, old   (Debian 12) descriptor 5 alone is one: the reply goes into 5, and 5 is closed
 * Where it has begun before us: $SMTPS or $POP3S is set, or $SSL_PROTOCOL is and $SSLCTLFD is not.
 * Invariant: what the client sent before the handshake is not there after it, nor is anything that it led to.
 *   manual  pneu-smtpd(8), pneu-popup(8) */
#ifndef WIRE_TLSWRAP_H
#define WIRE_TLSWRAP_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/in.h"
#include "lib/out.h"

#define TLS_FACTS 120

enum tls_way {
	TLS_NONE,
	TLS_BEFORE,             /* implicit TLS: it was on before we were */
	TLS_OLD_WRAPPER,
	TLS_NEW_WRAPPER,
	TLS_UCSPI
};

struct tls {
	enum tls_way way;
	bool looked;            /* way is known; descriptors are not looked at before it is asked */
	bool on;
	bool doubtful;          /* what is to be read first may have been sent in clear */
	bool early;             /* and it was there sooner than most handshakes end */
	char facts[TLS_FACTS];  /* "VERSION CIPHER BITS", words may be missing at the end; "" nothing is told. Printable */
};

/* A struct tls is zero at first. */
void tlswrap_learn(struct tls *);               /* from the environment: is it on already? */
bool tlswrap_offered(struct tls *);             /* may it be begun? */
/* Begin: what is buffered and whatever came in clear is thrown away, reply (a line with its end) goes to the client in clear,
 * and when it is true what is read and written from now on is encrypted; in and out may have got other descriptors. *thrown:
 * bytes thrown away. False: errno, and the connection is of no more use. */
bool tlswrap_start(struct tls *, struct in *, struct out *, const char *reply, size_t *thrown);
/* Asked at each command, which has been taken from in. Where there is doubt the first after a handshake must come alone, as
 * RFC 2920 wants it: more at once may have been sent in clear. One that came early waits for a moment: if it is not the client's
 * own, what the client says itself follows. False: so it is, and the session has to end. */
bool tlswrap_first(struct tls *, const struct in *);
const char *tlswrap_words(const struct tls *);  /* for the log: the facts, "yes" or "no" */
/* For a process beside the one that will begin: give up its copies of the pipes, whose end is a sign to the wrapper. */
void tlswrap_let_go(struct tls *);
/* which descriptors the client is at now: 0 and 1, or those of UCSPI-TLS */
void tlswrap_connection(const struct tls *, int *in, int *out);

#endif
