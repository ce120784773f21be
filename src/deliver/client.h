/* client - the client's end of one SMTP connection: bytes out, replies in, the greeting
 *
 * Invariant: fd is -1 or a connected, blocking socket. Everything sent so far has been answered whenever client_send
 * is called: a reply nobody asked for ends the connection, it is never taken for the answer to something else.
 * SIGPIPE is ignored by the program. One connection costs the struct and nothing else, whatever the server sends. */
#ifndef DELIVER_CLIENT_H
#define DELIVER_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "deliver/dns.h"
#include "deliver/result.h"
#include "lib/in.h"
#include "mail/reply.h"

/* RFC 5321 4.5.3.2, in seconds; each is capped by control/timeoutremote */
#define CLIENT_GREETING_S 300
#define CLIENT_COMMAND_S 300            /* MAIL, RCPT */
#define CLIENT_DATA_S 120
#define CLIENT_BLOCK_S 180
#define CLIENT_FINAL_S 600
#define CLIENT_QUIT_S 3

struct client {
	int fd;
	char ip[INET6_ADDRSTRLEN];
	uint64_t connect_s, remote_s;   /* control files timeoutconnect and timeoutremote */
	const char *helo;               /* our name */
	bool pipelining, eightbit, sized, utf8; /* offered */
	uint64_t size_max;              /* with sized; 0: no limit given */
	bool dirty;                     /* the server is inside a transaction that we gave up: RSET before the next */
	bool heard;                     /* something came since we sent */
	uint64_t jobs;                  /* begun on this connection */
	struct reply reply;             /* the last one */
	struct in in;
	char space[16384];
};

/* Connect and greet: true, or *why is filled (Z or D, about the site) and there is no connection. */
bool client_open(struct client *, const struct dns_addr *, uint16_t port, struct result *why);
/* All of these bytes, or false with errno (ETIMEDOUT, EPROTO: there was an unasked reply before, ...).
 * Each call is one block (RFC 5321 4.5.3.2.5): CLIENT_BLOCK_S for all of it. */
bool client_send(struct client *, struct iovec *, int n);
/* The next reply into c->reply within so many seconds. false with errno: ETIMEDOUT, ECONNRESET also for end of file,
 * EPROTO for what is no reply */
bool client_reply(struct client *, uint64_t limit_s);
/* "the connection was lost", fit for a sentence about errno */
const char *client_trouble(int error);
/* say good-bye and close; the caller has nothing outstanding */
void client_quit(struct client *);
/* just close */
void client_close(struct client *);

#endif
