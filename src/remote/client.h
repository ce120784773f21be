/* client - the client's end of one SMTP connection: bytes out, replies in, the greeting
 *
 * Invariant: fd is -1 or a connected, blocking socket, of the network or of the TLS program (remote/tlsclient.h).
 * Everything sent so far has been answered whenever client_send is called: a reply nobody asked for ends the connection, it
 * is never taken for the answer to something else.
 * SIGPIPE is ignored by the program. One connection costs the struct and nothing else, whatever the server sends. */
#ifndef REMOTE_CLIENT_H
#define REMOTE_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "remote/dns.h"
#include "remote/offers.h"
#include "remote/protection.h"
#include "remote/result.h"
#include "remote/tlsclient.h"
#include "lib/in.h"
#include "mail/reply.h"

/* RFC 5321 4.5.3.2, in seconds; each is capped by control/timeoutremote */
#define CLIENT_GREETING_S 300
#define CLIENT_COMMAND_S 300            /* MAIL, RCPT */
#define CLIENT_DATA_S 120
#define CLIENT_BLOCK_S 180
#define CLIENT_FINAL_S 600
#define CLIENT_QUIT_S 3
#define CLIENT_HANDSHAKE_S 60           /* of TLS */

#define CLIENT_HOST 256

struct client {
	int fd;
	bool lmtp;                      /* RFC 2033; set before it connects */
	char host[CLIENT_HOST];         /* the server's name as we came to know it; "": its address is all there is */
	char ip[INET6_ADDRSTRLEN];      /* "unix" for a unix socket */
	const struct protection *wanted;        /* set before it connects; 0: clear text */
	bool clear_instead;             /* it failed because of TLS, and on a new connection clear text will do */
	bool mute;                      /* it failed because no greeting came, or one that said "later" */
	struct tlsclient tls;           /* has a pid: it stands between us and the network */
	unsigned char own_ip[16];       /* with TLS: our end of the network, as lib/ip.h has it */
	bool own_ip_known;
	char protection[64];            /* "clear", or as wire/job.h has it */
	uint64_t connect_s, remote_s;   /* control files timeoutconnect and timeoutremote */
	const char *helo;               /* our name */
	const char *login;              /* of control/smtplogins, to log in as before the first mail; 0: none */
	bool wants_chunking;            /* control file chunking; and no server was met that offers it without knowing it */
	bool strict_8bit;               /* control file eightbitmime */
	struct offers offers;
	bool dirty;                     /* the server is inside a transaction that we gave up: RSET before the next */
	bool heard;                     /* something came since we sent */
	uint64_t jobs;                  /* transactions begun on this connection */
	bool proven;                    /* it has taken a message on this connection */
	bool others;                    /* the caller can try another host for what this one does not take now */
	unsigned owed;                  /* replies to pieces of a message that were sent ahead of them: client_send does not
	                                 * mind that some are there; who sent the pieces reads them */
	size_t gone;                    /* bytes that the system took at the last client_send, also if that failed */
	struct reply reply;             /* the last one */
	struct in in;
	char space[16384];
};

/* Greet: true, or *why is filled (Z or D, about the site) and there is no connection. The socket is connected, blocking
 * (TCP_NODELAY is set) and the client's from now on; host and ip are filled in. With TLS, if that is
 * wanted: what is not protected as it must be is no connection, and *why is a Z with 4.7.4, 4.7.5 or 4.3.5. Likewise with a
 * login (remote/sasl.h). */
bool client_greet(struct client *, int fd, struct result *why);
/* our address on this connection, as lib/ip.h has it; false: it has none */
bool client_own_ip(const struct client *, unsigned char ip[16]);
/* HOST/ADDRESS/PROTECTION into a result, and "/dsn" if so */
void client_via(const struct client *, struct result *, bool dsn);
/* a reply is there, or some of it, or the connection's end: no wait */
bool client_is_heard(const struct client *);
/* it has had all the transactions that the server wants on one connection */
bool client_is_full(const struct client *);
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
