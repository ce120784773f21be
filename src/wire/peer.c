#include "wire/peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/ip.h"
#include "lib/num.h"

union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
	struct sockaddr_storage room;
};

/* false: not an Internet address */
static bool
show(const union address *a, char text[PEER_IP])
{
	if (a->any.sa_family == AF_INET)
		return inet_ntop(AF_INET, &a->four.sin_addr, text, PEER_IP) != 0;
	if (a->any.sa_family != AF_INET6)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&a->six.sin6_addr))
		return inet_ntop(AF_INET, a->six.sin6_addr.s6_addr + 12, text, PEER_IP) != 0;
	return inet_ntop(AF_INET6, &a->six.sin6_addr, text, PEER_IP) != 0;
}

/* inetd gives the connection as descriptor 2 as well. A connected /dev/log takes a line for each write. */
static void
keep_log_apart(void)
{
	struct sockaddr_un log = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	struct stat in, err;
	int fd;

	if (fstat(0, &in) == 0 && fstat(2, &err) == 0 && (in.st_dev != err.st_dev || in.st_ino != err.st_ino))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&log, sizeof log) != 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && fd != 2) {
		dup2(fd, 2);
		close(fd);
	} else if (fd < 0)
		close(2);
}

static const char *
variable(const char *name)
{
	const char *s = getenv(name);

	return s ? s : "";
}

static bool
within_host(const union address *a)
{
	static const unsigned char six[16] = { [15] = 1 };
	const unsigned char *ip = a->six.sin6_addr.s6_addr;

	if (a->any.sa_family == AF_INET)
		return *(const unsigned char *)&a->four.sin_addr == 127;
	return a->any.sa_family != AF_INET6 || memcmp(ip, six, 16) == 0 || (IN6_IS_ADDR_V4MAPPED(&a->six.sin6_addr) && ip[12] == 127);
}

/* The other end of descriptor 0. Where that is a program of this host, such as stunnel with exec, it tells whose connection
 * it passes on: *told is that address, else 0. False: there is no other end */
static bool
ask_socket(union address *a, const char **told)
{
	const char *host = variable("REMOTE_HOST");
	unsigned char ip[16];
	socklen_t n = sizeof *a;

	*told = 0;
	if (getpeername(0, &a->any, &n) != 0)
		return false;
	if (within_host(a) && ip_read(host, ip))
		*told = host;
	return true;
}

/* IPv4 seen through an IPv6 socket is IPv4 to all who are told of it */
static void
plain(struct peer *c)
{
	unsigned char ip[16];

	_Static_assert(PEER_IP >= IP_TEXT, "an address must fit");
	if (!strchr(c->ip, ':') || !ip_read(c->ip, ip) || !ip_is_v4(ip))
		return;
	(void)ip_text(c->space, ip);
	c->ip = c->space;
}

void
peer_learn(struct peer *c)
{
	const char *told = 0;
	union address a;

	c->ip = variable("TCPREMOTEIP");
	c->host = variable("TCPREMOTEHOST");
	c->info = variable("TCPREMOTEINFO");
	if (*c->ip) {
		plain(c);
		return;
	}
	if (ask_socket(&a, &told) && (told || show(&a, c->space)))
		c->ip = told ? told : c->space;
	plain(c);
	keep_log_apart();
}

unsigned
peer_port(void)
{
	const char *told;
	union address a;
	uint64_t port;

	if (!ask_socket(&a, &told))
		return 0;
	if (told)
		return num_u64(variable("REMOTE_PORT"), 1, 65535, &port) ? (unsigned)port : 0;
	return a.any.sa_family == AF_INET ? ntohs(a.four.sin_port) : a.any.sa_family == AF_INET6 ? ntohs(a.six.sin6_port) : 0;
}

bool
peer_reached(const char *literal, size_t n)
{
	char text[PEER_IP], own[PEER_IP];
	const char *ours = variable("TCPLOCALIP");
	unsigned char one[16], two[16];
	union address a;
	socklen_t size = sizeof a;
	size_t skip = n > 6 && strncasecmp(literal + 1, "IPv6:", 5) == 0 ? 6 : 1;

	if (n < skip + 1 || n - skip - 1 >= sizeof text)
		return false;
	memcpy(text, literal + skip, n - skip - 1);
	text[n - skip - 1] = 0;
	if (!*ours) {
		if (getsockname(0, &a.any, &size) != 0 || !show(&a, own))
			return false;
		ours = own;
	}
	return ip_read(text, one) && ip_read(ours, two) && memcmp(one, two, 16) == 0;
}
