/* connect - one connection to the first of several addresses that answers (RFC 8305)
 *
 * The addresses are tried in their order. The next one begins when the one before has failed, or has been silent for
 * CONNECT_STAGGER_MS; the first connection that stands is taken and the others are closed. So a dead address costs a quarter
 * of a second, not its time limit. */
#ifndef REMOTE_CONNECT_H
#define REMOTE_CONNECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "remote/dns.h"
#include "wire/route.h"

#define CONNECT_STAGGER_MS 250
#define CONNECT_MOST 16                 /* addresses in one race */

struct connect_address {
	struct dns_addr addr;
	int error;                      /* of its failure; 0: it was not tried, did not end, or is the one */
};

/* A blocking, close-on-exec socket and in *which whose it is, or -1 when all have failed. Each has limit_s seconds. route
 * says what our end is bound to. n is 1 to CONNECT_MOST. An address that cannot be tried (no descriptors) has its error, too. */
int connect_first(struct connect_address *, size_t n, uint16_t port, uint64_t limit_s, const struct route *, size_t *which);
/* the same for a unix socket; -1: errno */
int connect_unix(const char *path, uint64_t limit_s);
/* our address on a connection, as lib/ip.h has it; false: it has none */
bool connect_own_ip(int fd, unsigned char ip[16]);

#endif
