#include "remote/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/ip.h"

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct race {
	struct pollfd fd[CONNECT_MOST];         /* -1: it has not begun, or is over */
	int64_t until_ms[CONNECT_MOST];
	size_t begun, open;
};

static socklen_t
fill(union address *a, int family, const unsigned char *ip, uint16_t port)
{
	memset(a, 0, sizeof *a);
	if (family == AF_INET6) {
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_port = htons(port);
		memcpy(&a->v6.sin6_addr, ip, 16);
		return sizeof a->v6;
	}
	a->v4.sin_family = AF_INET;
	a->v4.sin_port = htons(port);
	memcpy(&a->v4.sin_addr, ip, 4);
	return sizeof a->v4;
}

/* our end, where the route has one for this family */
static bool
bind_ours(int fd, int family, const struct route *r)
{
	int six = family == AF_INET6, on = 1;
	const unsigned char *ip = six ? r->bind[1] : r->bind[0] + 12;
	union address ours;
	socklen_t len;

	if (!r->bound[six])
		return true;
#ifdef IP_BIND_ADDRESS_NO_PORT                  /* else each connection takes a port from all destinations */
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
#else
	(void)on;
#endif
	len = fill(&ours, family, ip, 0);
	return bind(fd, &ours.any, len) == 0;
}

/* a socket whose connection is on its way, or stands already; -1: errno */
static int
begin(const struct dns_addr *a, uint16_t port, const struct route *r)
{
	union address to;
	socklen_t len = fill(&to, a->family, a->ip, port);
	int fd = socket(a->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), e;

	if (fd < 0)
		return -1;
	if (bind_ours(fd, a->family, r) && (connect(fd, &to.any, len) == 0 || errno == EINPROGRESS || errno == EINTR))
		return fd;
	e = errno;
	close(fd);
	errno = e;
	return -1;
}

static void
over(struct race *race, size_t i)
{
	close(race->fd[i].fd);
	race->fd[i].fd = -1;
	race->open--;
}

static void
begin_next(struct race *race, struct connect_address *list, uint16_t port, uint64_t limit_s, const struct route *r)
{
	size_t i = race->begun++;

	race->fd[i].fd = begin(&list[i].addr, port, r);
	if (race->fd[i].fd < 0) {
		list[i].error = errno;
		return;
	}
	race->fd[i].events = POLLOUT;
	race->until_ms[i] = clock_mono_ms() + (int64_t)limit_s * 1000;
	race->open++;
}

/* when the wait must end: somebody's time is up, or the next one's turn has come */
static int
patience(const struct race *race, size_t n, int64_t next_ms)
{
	int64_t now = clock_mono_ms(), until = race->begun < n ? next_ms : INT64_MAX;
	size_t i;

	for (i = 0; i < race->begun; i++)
		if (race->fd[i].fd >= 0 && race->until_ms[i] < until)
			until = race->until_ms[i];
	return until <= now ? 0 : until - now > 3600000 ? 3600000 : (int)(until - now);
}

/* the first that stands, SIZE_MAX: none yet; those that have failed are over */
static size_t
look(struct race *race, struct connect_address *list)
{
	int64_t now = clock_mono_ms();
	size_t i;

	for (i = 0; i < race->begun; i++) {
		int error = 0;
		socklen_t len = sizeof error;

		if (race->fd[i].fd < 0)
			continue;
		if (race->fd[i].revents) {
			if (getsockopt(race->fd[i].fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
				error = errno;
			if (!error)
				return i;
		} else if (now >= race->until_ms[i])
			error = ETIMEDOUT;
		if (error) {
			list[i].error = error;
			over(race, i);
		}
	}
	return SIZE_MAX;
}

/* as the rest of the program wants it */
static bool
make_ready(int fd)
{
	int on = 1;

	/* our last bytes must not wait for an acknowledgement of those before them */
	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 && fcntl(fd, F_SETFL, 0) == 0;
}

static int
take(struct race *race, struct connect_address *list, size_t won)
{
	int fd = race->fd[won].fd;
	size_t i;

	for (i = 0; i < race->begun; i++)
		if (i != won && race->fd[i].fd >= 0)
			over(race, i);
	if (make_ready(fd))
		return fd;
	list[won].error = errno;
	close(fd);
	return -1;
}

static int
give_up(struct race *race, struct connect_address *list, int error)
{
	size_t i;

	for (i = 0; i < race->begun; i++)
		if (race->fd[i].fd >= 0) {
			list[i].error = error;
			over(race, i);
		}
	return -1;
}

int
connect_first(struct connect_address *list, size_t n, uint16_t port, uint64_t limit_s, const struct route *r, size_t *which)
{
	struct race race;
	int64_t next_ms = 0;
	size_t i;

	race.begun = race.open = 0;
	for (i = 0; i < n; i++) {
		race.fd[i].fd = -1;
		list[i].error = 0;
	}
	for (;;) {
		while (race.begun < n && (race.open == 0 || clock_mono_ms() >= next_ms)) {
			begin_next(&race, list, port, limit_s, r);
			next_ms = clock_mono_ms() + CONNECT_STAGGER_MS;
		}
		if (race.open == 0)
			return -1;
		if (poll(race.fd, race.begun, patience(&race, n, next_ms)) < 0 && errno != EINTR)
			return give_up(&race, list, errno);
		if ((*which = look(&race, list)) != SIZE_MAX)
			return take(&race, list, *which);
	}
}

int
connect_unix(const char *path, uint64_t limit_s)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval tv = { .tv_sec = (time_t)limit_s };
	int fd, e;

	if (strlen(path) >= sizeof to.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* its line may be full: connect then waits as long as a write would */
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv) == 0 &&
	    connect(fd, (struct sockaddr *)(void *)&to, sizeof to) == 0)
		return fd;
	e = errno == EAGAIN ? ETIMEDOUT : errno;
	if (fd >= 0)
		close(fd);
	errno = e;
	return -1;
}

bool
connect_own_ip(int fd, unsigned char ip[16])
{
	union address a;
	socklen_t n = sizeof a;

	if (getsockname(fd, &a.any, &n) != 0)
		return false;
	if (a.any.sa_family == AF_INET)
		ip_from_v4(ip, &a.v4.sin_addr);
	else if (a.any.sa_family == AF_INET6)
		memcpy(ip, &a.v6.sin6_addr, 16);
	else
		return false;
	return true;
}
