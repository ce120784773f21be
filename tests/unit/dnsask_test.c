/* dnsask: when which server is asked and how long anybody is waited for, to the millisecond; the network and the clock are ours */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "tap.h"

#define FIRST_FD 1000
#define SOCKETS 100

/* What becomes of a query is told by the first letter of its name: 's' silence, 'n' no such name, 'f' SERVFAIL, else an
 * answer; a digit behind it: that many seconds after the start. */
static struct {
	bool open;
	int64_t ready_ms;       /* -1: never */
	unsigned server;        /* the last byte of its address */
	unsigned char query[600];
	size_t len;
} sockets[SOCKETS];
static int64_t clock_ms;
static char asked[400];         /* server, '-' when without EDNS, '@' and when, for each query */

static int64_t
our_clock(void)
{
	return clock_ms;
}

static int
our_socket(int family, int kind, int protocol)
{
	int i;

	(void)family, (void)kind, (void)protocol;
	for (i = 0; sockets[i].open; i++)
		if (i + 1 == SOCKETS)
			return -1;
	sockets[i].open = true;
	return FIRST_FD + i;
}

static int
our_bind(int fd, const struct sockaddr *a, socklen_t n)
{
	return fd >= FIRST_FD && a && n ? 0 : -1;
}

static int
our_connect(int fd, const struct sockaddr *a, socklen_t n)
{
	struct sockaddr_in in;

	memcpy(&in, a, n < sizeof in ? n : sizeof in);
	sockets[fd - FIRST_FD].server = ntohl(in.sin_addr.s_addr) & 255;
	return 0;
}

static int
our_close(int fd)
{
	sockets[fd - FIRST_FD].open = false;
	return 0;
}

static ssize_t
our_send(int fd, const void *s, size_t n, int flags)
{
	size_t at = strlen(asked);
	unsigned char c;

	(void)flags;
	memcpy(sockets[fd - FIRST_FD].query, s, n);
	sockets[fd - FIRST_FD].len = n;
	c = sockets[fd - FIRST_FD].query[14];
	sockets[fd - FIRST_FD].ready_ms = sockets[fd - FIRST_FD].query[13] == 's' ? -1 : c >= '0' && c <= '9' ? (c - '0') * 1000 : 0;
	if (at + 40 < sizeof asked)
		snprintf(asked + at, sizeof asked - at, "%u%s@%d ", sockets[fd - FIRST_FD].server,
		    sockets[fd - FIRST_FD].query[11] ? "" : "-", (int)clock_ms);
	return (ssize_t)n;
}

static int
our_poll(struct pollfd *p, nfds_t n, int timeout)
{
	int64_t until = clock_ms + timeout, ready;
	int count = 0;
	nfds_t i;

	for (i = 0; i < n; i++) {
		ready = sockets[p[i].fd - FIRST_FD].ready_ms;
		if (ready >= 0 && ready < until)
			until = ready;
	}
	if (clock_ms < until)
		clock_ms = until;
	for (i = 0; i < n; i++) {
		ready = sockets[p[i].fd - FIRST_FD].ready_ms;
		p[i].revents = ready >= 0 && ready <= clock_ms ? POLLIN : 0;
		count += p[i].revents != 0;
	}
	return count;
}

static ssize_t
our_recv(int fd, void *to, size_t size, int flags)
{
	static const unsigned char record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1 };
	unsigned char *s = to, what = sockets[fd - FIRST_FD].query[13];
	size_t n = sockets[fd - FIRST_FD].len;

	(void)flags;
	if (n + sizeof record > size)
		return -1;
	memcpy(s, sockets[fd - FIRST_FD].query, n);
	n -= s[11] ? 11 : 0;                            /* the OPT record */
	s[11] = 0;
	s[2] |= 0x80;
	s[3] |= what == 'n' ? 0x83 : what == 'f' ? 0x82 : 0x80;
	if (what == 'n' || what == 'f')
		return (ssize_t)n;
	s[7] = 1;
	memcpy(s + n, record, sizeof record);
	return (ssize_t)(n + sizeof record);
}

#define clock_mono_ms our_clock
#define socket our_socket
#define bind our_bind
#define connect our_connect
#define close our_close
#define send our_send
#define poll our_poll
#define recv our_recv
#include "../../src/remote/dnsask.c"

static struct dnsask q[DNSASK_FLIGHT + 20];

/* ask for these names; when it was over */
static int64_t
ask(const char *servers, int64_t limit_ms, size_t n, const char *const names[])
{
	struct dnsask_servers s = { .limit_ms = limit_ms };
	struct dnsname name;
	size_t i;

	if (!dnsserver_list(servers, s.list, &s.n))
		return -1;
	*asked = 0;
	clock_ms = 0;
	for (i = 0; i < n; i++) {
		if (dnsname_get(&name, names[i]) != DNSNAME_OK)
			return -1;
		dnsask_set(&q[i], &name, DNS_A);
	}
	dnsask_run(&s, q, n);
	for (i = 0; i < n; i++)
		dnsask_free(&q[i]);
	for (i = 0; i < SOCKETS; i++)
		if (sockets[i].open)
			return -1;
	return clock_ms;
}

#define ASK(servers, limit, ...) ask(servers, limit, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *), \
	(const char *const[]){ __VA_ARGS__ })

static void
turns(void)
{
	ok(ASK("10.0.0.1", 30000, "s.example") == 15000 && q->result == DNS_TEMP, "a silent server is left after 15 seconds");
	same(asked, "1@0 1-@1000 1@4000 ", "asked three times, once without EDNS");
	ok(ASK("10.0.0.1 10.0.0.2", 60000, "s.example") == 30000, "two silent servers");
	same(asked, "1@0 2@1000 1-@2000 2-@5000 1@8000 2@19000 ", "take turns");
	ok(ASK("10.0.0.1 10.0.0.2", 2500, "s.example") == 2500 && q->result == DNS_TEMP, "no longer than the limit");
	same(asked, "1@0 2@1000 1-@2000 ", "however many were asked until then");
	ok(ASK("10.0.0.1 10.0.0.2", 30000, "f.example") == 0 && q->result == DNS_TEMP, "errors need no time");
	same(asked, "1@0 2@0 ", "who gives one is asked once");
	ok(ASK("10.0.0.1", 30000, "n.example") == 0 && q->result == DNS_NXDOMAIN, "nor does a no");
}

static void
patience(void)
{
	const char *many[DNSASK_FLIGHT + 20];
	size_t i, bad = 0;

	ok(ASK("10.0.0.1", 30000, "s.example", "a.example") == 5000, "one has an answer: 5 seconds more for the other");
	ok(q[0].result == DNS_TEMP && q[1].result == DNS_OK, "which then has none for now");
	same(q[0].why, "DNS server 10.0.0.1 did not answer (A of s.example)", "and says so");
	ok(ASK("10.0.0.1", 30000, "a2.example", "s.example", "a6.example", "a8.example") == 7000, "from the first answer on");
	ok(q[0].result == DNS_OK && q[1].result == DNS_TEMP && q[2].result == DNS_OK && q[3].result == DNS_TEMP,
	    "what comes in time counts");
	ok(ASK("10.0.0.1", 30000, "s.example", "n.example", "f.example") == 15000, "a no or an error changes nothing");
	ok(ASK("10.0.0.1", 3000, "s.example", "a.example") == 3000, "the limit is still the limit");
	for (i = 0; i < DNSASK_FLIGHT + 20; i++)
		many[i] = "s.example";
	ok(ask("10.0.0.1", 9000, DNSASK_FLIGHT + 20, many) == 9000, "one limit for all, also for those that never had their turn");
	for (i = 0; i < DNSASK_FLIGHT + 20; i++)
		bad += q[i].result != DNS_TEMP || !*q[i].why;
	ok(bad == 0, "all of them say why");
}

int
main(void)
{
	turns();
	patience();
	return done();
}
