/* tlsclient - TLS for an open connection, done by a program of somebody else's
 *
 * The command of control/tlsclient, run by sh -c in a session of its own, has
 *   fd 0, 1  the clear text: what it reads is ours, what it writes is the server's
 *   fd 2     our log
 *   fd 3     one line from it, when the handshake is over: "VERSION CIPHER\n" if all is well (or UCSPI-TLS's form,
 *            NAME=VALUE 0 ... 0, with SSL_PROTOCOL and SSL_CIPHER among them), or "- why not\n" if it gives up
 *   fd 6, 7  the network, to read and to write
 * and in its environment TLS_HOST, the name to ask for (SNI) and to check; TLS_ADDRESS; TLS_LEVEL, "may" and "must" (encrypt)
 * "verify" (the certificate must be good, for TLS_HOST) or "dane" (it must agree with one of TLS_TLSA); TLS_TLSA, lines
 * "USAGE SELECTOR MATCHING HEX", only there with "dane". When it ends before the line: exit 2 the certificate is refused,
 * 1 and any other the handshake failed, but 100 and 111, 126, 127 and a signal are trouble of ours.
 * Invariant: nothing is sent to the program before the line has come, and nothing that came before it is heard.
 *   limits  TLSCLIENT_LINE bytes of the line, TLSCLIENT_TLSA of TLS_TLSA
 *   tests   tests/unit/tlsclient_test.c, tests/program/remote_tls.t    manual: pneu-tlsclient(7) */
#ifndef REMOTE_TLSCLIENT_H
#define REMOTE_TLSCLIENT_H

#include <stdint.h>
#include <sys/types.h>

#define TLSCLIENT_LINE 1024
#define TLSCLIENT_TLSA 100000
#define TLSCLIENT_VERSION 24
#define TLSCLIENT_END_MS 1000           /* so long may the program take to say good-bye */

struct tlsclient {
	pid_t pid;                      /* 0: there is none */
	char version[TLSCLIENT_VERSION];        /* "TLSv1.3"; letters, digits, '.', '_', '-' */
	char cipher[64];                /* the same, or "" */
	char why[200];                  /* after a failure; printable ASCII */
};

struct tlsclient_wish {
	const char *command, *host, *address, *level;
	const char *tlsa;               /* 0: none */
	uint64_t limit_ms;              /* for the whole handshake */
};

enum tlsclient_result {
	TLSCLIENT_OK,
	TLSCLIENT_FAILED,               /* no handshake with this server */
	TLSCLIENT_REFUSED,              /* its certificate will not do */
	TLSCLIENT_TROUBLE               /* the program or this host is at fault */
};

/* *fd is a connected socket from which nothing has been read that matters. OK: *fd is another one, for the clear text, close-
 * on-exec, blocking, and the network is the program's. Else *fd is as it was, only to be closed, and why says why. */
enum tlsclient_result tlsclient_begin(struct tlsclient *, const struct tlsclient_wish *, int *fd);
/* close fd and wait for the program, for TLSCLIENT_END_MS; then it is killed */
void tlsclient_end(struct tlsclient *, int fd);

#endif
