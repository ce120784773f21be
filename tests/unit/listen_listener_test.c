/* listener: the forms of an address, and real sockets on loopback */
#include "listen/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"
#include "wire/rules.h"

static void
test_read(void)
{
	static const struct { const char *text, *ip; unsigned port; bool every; } good[] = {
		{ "127.0.0.1:25", "127.0.0.1", 25, false }, { "0.0.0.0:0", "0.0.0.0", 0, false },
		{ "[::1]:65535", "::1", 65535, false }, { "[::]:25", "::", 25, false },
		{ "*:25", "::", 25, true }, { ":25", "::", 25, true }, { "[2001:DB8::0:1]:587", "2001:db8::1", 587, false },
		{ "[fe80::1%7]:25", "fe80::1", 25, false }, { "127.0.0.1:0025", "127.0.0.1", 25, false },
	};
	static const char *const bad[] = {
		"", "25", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:smtp", "127.0.0.1: 25",
		"127.0.0:25", "127.0.0.1.1:25", "localhost:25", "::1:25", "[::1]", "[::1]25", "[::1:25", "::1]:25", "[]:25",
		"[127.0.0.1]:25", "[::ffff:127.0.0.1]:25", "[fe80::1%nosuchinterface]:25", "[fe80::1%0]:25", "[:25", "]:25",
		"127.0.0.1:25 ", "**:25",
		"[1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111]:25",
	};
	struct address a;
	char text[IP_TEXT];
	size_t i;

	for (i = 0; i < sizeof good / sizeof *good; i++) {
		if (!ok(address_read(good[i].text, &a), good[i].text))
			continue;
		ip_text(text, a.at.ip);
		same(text, good[i].ip, "the address is read");
		ok(a.at.port == good[i].port && a.every == good[i].every, "the port too");
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(!address_read(bad[i], &a), bad[i]);
	ok(address_read("[fe80::1%7]:25", &a) && a.at.zone == 7, "an interface may be named");
}

static int
connect_to(const struct listener *l, bool v6)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(l->local.port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(l->local.port) };
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

	six.sin6_addr = in6addr_loopback;
	four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, v6 ? (struct sockaddr *)&six : (struct sockaddr *)&four, v6 ? sizeof six : sizeof four) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
check_connection(const struct listener *l, bool v6)
{
	struct sockaddr_in6 name;
	socklen_t len = sizeof name, on_len = sizeof(int);
	char text[IP_TEXT];
	struct connection c;
	int client = connect_to(l, v6), on = 0;

	ok(client >= 0, "a client connects");
	if (!ok(listener_accept(l, &c), "and is taken"))
		return;
	ok(getsockname(client, (struct sockaddr *)&name, &len) == 0 && c.remote.port == ntohs(name.sin6_port),
	    "its port is known (both families keep it in the same place)");
	ip_text(text, c.remote.ip);
	same(text, v6 ? "::1" : "127.0.0.1", "and its address");
	ip_text(text, c.local.ip);
	same(text, v6 ? "::1" : "127.0.0.1", "and ours, also on a wildcard socket");
	ok(c.local.port == l->local.port, "and our port");
	ok(endpoint_is_ipv4(&c.remote) == !v6, "the family is told from the address");
	ok(getsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, &on_len) == 0 && on, "small packets do not wait");
	ok((fcntl(c.fd, F_GETFL) & O_NONBLOCK) == 0, "reading from it waits");
	ok(fcntl(c.fd, F_GETFD) == FD_CLOEXEC, "it is close-on-exec");
	ok(!listener_accept(l, &c) && (errno == EAGAIN || errno == EWOULDBLOCK), "no second connection, and no waiting for it");
	close(c.fd);
	close(client);
}

static void
test_sockets(const char *text, bool v6)
{
	struct listener l[LISTENERS_PER_ADDRESS], taken[LISTENERS_PER_ADDRESS], other;
	struct address a;

	ok(address_read(text, &a) && listener_open(&a, 5, l) == 1, text);
	ok(l[0].local.port > 0, "the kernel chose a port");
	ok(fcntl(l[0].fd, F_GETFD) == FD_CLOEXEC, "the listening socket is close-on-exec");
	check_connection(&l[0], v6);
	a.at.port = l[0].local.port;
	ok(listener_open(&a, 5, taken) == 0 && errno == EADDRINUSE, "a port can be had once");
	ok(listener_adopt(l[0].fd, &other) && other.local.port == l[0].local.port && other.wild == l[0].wild,
	    "a listening socket can be adopted");
	check_connection(&other, v6);
	close(l[0].fd);
}

static void
test_every(void)
{
	struct listener l[LISTENERS_PER_ADDRESS];
	struct address a;
	size_t n = 0, i;

	ok(address_read(":0", &a) && (n = listener_open(&a, 5, l)) >= 1, "every address");
	ok(n == 1 || l[0].local.port == l[1].local.port, "both families have the same port");
	for (i = 0; i < n; i++) {
		ok(l[i].wild, "it is a wildcard");
		check_connection(&l[i], !endpoint_is_ipv4(&l[i].local));
		close(l[i].fd);
	}
}

static void
test_adopt(void)
{
	int udp = socket(AF_INET, SOCK_DGRAM, 0), idle = socket(AF_INET, SOCK_STREAM, 0), p[2];
	struct listener l;

	ok(!listener_adopt(udp, &l), "a UDP socket is refused");
	ok(!listener_adopt(idle, &l) && errno == EINVAL, "so is one that does not listen");
	ok(pipe(p) == 0 && !listener_adopt(p[0], &l), "so is a pipe");
	ok(!listener_adopt(-1, &l) && errno == EBADF, "so is nothing");
	close(udp);
	close(idle);
}

int
main(void)
{
	struct address a;
	struct listener l[LISTENERS_PER_ADDRESS];

	test_read();
	test_sockets("127.0.0.1:0", false);
	test_sockets("0.0.0.0:0", false);
	if (address_read("[::1]:0", &a) && listener_open(&a, 5, l) == 1) {
		close(l[0].fd);
		test_sockets("[::1]:0", true);
		test_sockets("[::]:0", true);
	} else {
		printf("# no IPv6 loopback here: those tests are left out\n");
	}
	test_every();
	test_adopt();
	ok(address_read("192.0.2.1:0", &a) && listener_open(&a, 5, l) == 0 && errno == EADDRNOTAVAIL,
	    "an address that is not ours is refused");
	return done();
}
