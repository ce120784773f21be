/* listener - addresses to listen on, and taking connections
 *
 *   127.0.0.1:25    [::1]:25    [fe80::1%eth0]:25    *:25 or :25, every address of both families
 *
 * Ports are numbers; 0 lets the kernel choose. Listening sockets do not block, are close-on-exec, and each IPv6 one
 * takes IPv6 only. Connections from them send small packets at once (TCP_NODELAY is inherited), block, and are
 * close-on-exec. Addresses are 16 bytes, IPv4 in the form ::ffff:a.b.c.d. */
#ifndef LISTEN_LISTENER_H
#define LISTEN_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endpoint {
	unsigned char ip[16];
	uint32_t zone;                  /* interface of a link-local address, else 0 */
	uint16_t port;
};

struct address {
	struct endpoint at;
	bool every;                     /* every address of both families; at.ip counts for nothing */
};

struct listener {
	int fd;                         /* the caller's to close */
	struct endpoint local;
	bool wild;                      /* bound to no one address: each connection has its own local one */
};

struct connection {
	int fd;                         /* the caller's to close */
	struct endpoint local, remote;
};

#define LISTENERS_PER_ADDRESS 2

bool address_read(const char *text, struct address *);          /* false: not of the forms above */
/* listen; how many listeners that made, 0 with errno. "every" is content with one family if the other is missing. */
size_t listener_open(const struct address *, int backlog, struct listener[LISTENERS_PER_ADDRESS]);
/* take a socket that somebody else opened; false: errno, EINVAL if it is not a listening TCP socket */
bool listener_adopt(int fd, struct listener *);
/* one connection; false: errno as accept(2) has it */
bool listener_accept(const struct listener *, struct connection *);
bool endpoint_is_ipv4(const struct endpoint *);

#endif
