/* tls - encryption that another program does, at the other end of our descriptors
 *
 * Where TLS may begin (STARTTLS):
 *   UCSPI-TLS            $SSLCTLFD, $SSLREADFD, $SSLWRITEFD name descriptors: 'Y' into the first, the connection's
 *                        variables come back, then the other two are the client
 *   tlswrapper -n, new   descriptors 5 and 6 are pipes: a zero byte into 5, input thrown away until one comes from 6
 *   tlswrapper -n, old   (Debian 12) descriptor 5 alone is one: the reply goes into 5, and 5 is closed
 * Where it has begun before us: $SMTPS is set, or $SSL_PROTOCOL is and $SSLCTLFD is not.
 * Invariant: what the client sent before the handshake is not there after it, nor is anything that it led to.
 *   manual  pneu-smtpd(8) */
#ifndef SMTP_TLS_H
#define SMTP_TLS_H

#include <stdbool.h>

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
	bool looked;            /* way is known; descriptors are not looked at before EHLO */
	bool on;
	bool doubtful;          /* what is to be read first may have been sent in clear */
	bool early;             /* and it was there sooner than most handshakes end */
	char facts[TLS_FACTS];  /* "VERSION CIPHER BITS", words may be missing at the end; "" nothing is told. Printable */
};

struct session;

void tls_learn(struct session *);       /* from the environment: is it on already? */
bool tls_offered(struct session *);     /* may STARTTLS be said? */
void tls_start(struct session *, const char *arg);      /* the command STARTTLS, when it is offered */
/* Called at each command. Where there is doubt the first after a handshake must come alone, as RFC 2920 wants it: more at
 * once may have been sent in clear. One that came early waits for a moment: if it is not the client's own, what the client
 * says itself follows. false: so it is, and the session was ended. */
bool tls_first(struct session *);
const char *tls_words(const struct session *);  /* for the log: the facts, "yes" or "no" */

#endif
