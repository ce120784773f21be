/* peer - who is at the other end, as the listener's environment (UCSPI) or the socket tells */
#ifndef WIRE_PEER_H
#define WIRE_PEER_H

#include <stdbool.h>
#include <stddef.h>

#define PEER_IP 64

struct peer {
	const char *ip;         /* "" not known; else strings of strangers: mask before use */
	const char *host;       /* its name by DNS, or "" */
	const char *info;       /* what ident said, or "" */
	char space[PEER_IP];
};

/* An address ::ffff:192.0.2.1 is given as 192.0.2.1.
 * TCPREMOTEIP, TCPREMOTEHOST, TCPREMOTEINFO; without the first (inetd, systemd) the peer of descriptor 0.
 * Where that is this host's own, REMOTE_HOST counts, which stunnel and xinetd set, if it is an address.
 * Then descriptor 2 may be the connection too: log lines on it are sent to the system log instead. */
void peer_learn(struct peer *);

/* the peer's port, as descriptor 0, or with REMOTE_HOST REMOTE_PORT, tells; 0: not known */
unsigned peer_port(void);

/* Is the literal "[...]" an address of ours, the one that the client connected to (TCPLOCALIP or descriptor 0)? */
bool peer_reached(const char *literal, size_t n);

#endif
