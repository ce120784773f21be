#include "listen/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/ip.h"
#include "lib/num.h"

union name {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

bool
endpoint_is_ipv4(const struct endpoint *e)
{
	return ip_is_v4(e->ip);
}

/* what stands between the brackets: an IPv6 address, perhaps %interface */
static bool
read_ipv6(char *s, struct endpoint *e)
{
	char *zone = strchr(s, '%');
	uint64_t n;

	if (zone) {
		*zone++ = 0;
		if (num_u64(zone, 1, UINT32_MAX, &n))
			e->zone = (uint32_t)n;
		else if (!(e->zone = if_nametoindex(zone)))
			return false;
	}
	return inet_pton(AF_INET6, s, e->ip) == 1 && !endpoint_is_ipv4(e);
}

bool
address_read(const char *text, struct address *a)
{
	const char *colon = strrchr(text, ':');
	unsigned char v4[4];
	uint64_t port;
	char host[80];
	size_t len;

	memset(a, 0, sizeof *a);
	if (!colon || !num_u64(colon + 1, 0, 65535, &port))
		return false;
	a->at.port = (uint16_t)port;
	len = (size_t)(colon - text);
	if (len >= sizeof host)
		return false;
	memcpy(host, text, len);
	host[len] = 0;
	if (len == 0 || strcmp(host, "*") == 0) {
		a->every = true;
		return true;
	}
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = 0;
		return read_ipv6(host + 1, &a->at);
	}
	if (inet_pton(AF_INET, host, v4) != 1)
		return false;
	ip_from_v4(a->at.ip, v4);
	return true;
}

static socklen_t
to_name(const struct endpoint *e, union name *n)
{
	memset(n, 0, sizeof *n);
	if (endpoint_is_ipv4(e)) {
		n->v4.sin_family = AF_INET;
		n->v4.sin_port = htons(e->port);
		memcpy(&n->v4.sin_addr, e->ip + 12, 4);
		return sizeof n->v4;
	}
	n->v6.sin6_family = AF_INET6;
	n->v6.sin6_port = htons(e->port);
	n->v6.sin6_scope_id = e->zone;
	memcpy(&n->v6.sin6_addr, e->ip, 16);
	return sizeof n->v6;
}

static bool
from_name(const union name *n, struct endpoint *e)
{
	if (n->any.sa_family == AF_INET) {
		e->zone = 0;
		e->port = ntohs(n->v4.sin_port);
		ip_from_v4(e->ip, &n->v4.sin_addr);
		return true;
	}
	if (n->any.sa_family != AF_INET6) {
		errno = EAFNOSUPPORT;
		return false;
	}
	e->zone = n->v6.sin6_scope_id;
	e->port = ntohs(n->v6.sin6_port);
	memcpy(e->ip, &n->v6.sin6_addr, 16);
	return true;
}

static bool
local_name(int fd, struct endpoint *e)
{
	socklen_t len = sizeof(union name);
	union name n = { 0 };

	return getsockname(fd, &n.any, &len) == 0 && from_name(&n, e);
}

static bool
is_wild(const struct endpoint *e)
{
	static const unsigned char zero[16];

	return memcmp(e->ip, zero, 16) == 0 || (endpoint_is_ipv4(e) && memcmp(e->ip + 12, zero, 4) == 0);
}

static bool
set_option(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

static bool
bind_and_listen(const struct endpoint *e, int backlog, struct listener *l)
{
	bool v4 = endpoint_is_ipv4(e);
	union name n;
	socklen_t len = to_name(e, &n);

	return set_option(l->fd, SOL_SOCKET, SO_REUSEADDR) && set_option(l->fd, IPPROTO_TCP, TCP_NODELAY) &&
	    (v4 || set_option(l->fd, IPPROTO_IPV6, IPV6_V6ONLY)) &&
	    bind(l->fd, &n.any, len) == 0 && listen(l->fd, backlog) == 0 && local_name(l->fd, &l->local);
}

static bool
open_one(const struct endpoint *e, int backlog, struct listener *l)
{
	int error;

	l->fd = socket(endpoint_is_ipv4(e) ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return false;
	if (bind_and_listen(e, backlog, l)) {
		l->wild = is_wild(&l->local);
		return true;
	}
	error = errno;
	close(l->fd);
	errno = error;
	return false;
}

static bool
family_missing(int error)
{
	return error == EAFNOSUPPORT || error == EPROTONOSUPPORT || error == EADDRNOTAVAIL;
}

static size_t
open_every(uint16_t port, int backlog, struct listener *l)
{
	struct endpoint v4 = { .port = port }, v6 = { .port = port };
	size_t n = 0;

	ip_from_v4(v4.ip, "\0\0\0");
	if (open_one(&v4, backlog, l))
		v6.port = l[n++].local.port;    /* the kernel's choice, if it was one, holds for both families */
	else if (!family_missing(errno))
		return 0;
	if (open_one(&v6, backlog, l + n))
		return n + 1;
	if (n && !family_missing(errno)) {
		int error = errno;

		close(l[0].fd);
		errno = error;
		return 0;
	}
	return n;
}

size_t
listener_open(const struct address *a, int backlog, struct listener l[LISTENERS_PER_ADDRESS])
{
	size_t n;
	int tries;

	if (!a->every)
		return open_one(&a->at, backlog, l) ? 1 : 0;
	n = open_every(a->at.port, backlog, l);
	/* a port that the kernel chose for one family may be taken in the other */
	for (tries = 0; !n && a->at.port == 0 && errno == EADDRINUSE && tries < 20; tries++)
		n = open_every(0, backlog, l);
	return n;
}

bool
listener_adopt(int fd, struct listener *l)
{
	socklen_t len = sizeof(int);
	int type = 0, listening = 0;

	l->fd = fd;
	if (!fd_cloexec(fd, true) || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) != 0 || !local_name(fd, &l->local))
		return false;
	if (type != SOCK_STREAM || !listening) {
		errno = EINVAL;
		return false;
	}
	l->wild = is_wild(&l->local);
	return set_option(fd, IPPROTO_TCP, TCP_NODELAY) && fd_nonblock(fd, true);
}

bool
listener_accept(const struct listener *l, struct connection *c)
{
	socklen_t len = sizeof(union name);
	union name n = { 0 };

	c->fd = accept4(l->fd, &n.any, &len, SOCK_CLOEXEC);
	if (c->fd < 0)
		return false;
	c->local = l->local;
	if (from_name(&n, &c->remote) && (!l->wild || local_name(c->fd, &c->local)))
		return true;
	close(c->fd);
	errno = ECONNABORTED;           /* gone before we looked: nobody to answer */
	return false;
}
