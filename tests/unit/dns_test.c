/* dns: what the callers' limits do, and many questions at once; a child answers on loopback */
#include "remote/dns.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "remote/dnsask.h"
#include "tap.h"

#define RECORDS 12

/* an answer with RECORDS records: MX with preferences 12, 11... 1; addresses ending in 1 to 12; AD even where nobody asks */
static size_t
answer(unsigned char *s, size_t n)
{
	unsigned type, i;

	n -= 11;                                        /* our OPT record */
	type = s[n - 3];
	s[2] = 0x81;
	s[3] = 0xa0;
	s[7] = RECORDS;
	s[11] = 0;
	for (i = 1; i <= RECORDS; i++) {
		memcpy(s + n, "\xc0\x0c\0\0\0\1\0\0\0\x3c\0", 11);
		s[n + 3] = (unsigned char)type;
		s[n + 11] = type == DNS_A ? 4 : type == DNS_AAAA ? 16 : 7;
		n += 12;
		if (type == DNS_MX) {
			memcpy(s + n, "\0\0\2m0\xc0\x0c", 7);
			s[n + 1] = (unsigned char)(RECORDS + 1 - i);
			s[n + 4] = (unsigned char)('a' + i);
			n += 7;
			continue;
		}
		memset(s + n, 0, 16);
		n += type == DNS_A ? 4 : 16;
		s[n - 1] = (unsigned char)i;
	}
	return n;
}

static void
serve(int fd)
{
	unsigned char s[2000];
	struct sockaddr_in peer;
	socklen_t len;
	ssize_t n;

	alarm(60);              /* should the test die without us */
	for (;;) {
		len = sizeof peer;
		n = recvfrom(fd, s, 512, 0, (struct sockaddr *)&peer, &len);
		if (n > 12 + 11)
			sendto(fd, s, answer(s, (size_t)n), 0, (struct sockaddr *)&peer, len);
	}
}

/* the server's process, with $DNSCACHEIP set to it; -1 */
static pid_t
start(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t len = sizeof a;
	char text[40];
	pid_t pid;

	if (fd == -1 || bind(fd, (struct sockaddr *)&a, len) == -1 || getsockname(fd, (struct sockaddr *)&a, &len) == -1)
		return -1;
	pid = fork();
	if (pid == 0)
		serve(fd);
	close(fd);
	snprintf(text, sizeof text, "127.0.0.1:%u", ntohs(a.sin_port));
	setenv("DNSCACHEIP", text, 1);
	return pid;
}

static void
limits(void)
{
	struct dns_addr addr[30];
	struct dns_mx mx[20];
	size_t n, i;
	bool good;

	ok(dns_get_mx("a.example", mx, 20, &n) == DNS_OK && n == RECORDS, "all MX records");
	ok(dns_get_mx("a.example", mx, 3, &n) == DNS_OK && n == 3, "no more than asked for");
	for (good = true, i = 0; i < 3; i++)
		good = good && mx[i].preference <= 3;
	ok(good, "and those the most preferred");
	ok(dns_get_addrs("a.example", addr, 30, &n) == DNS_OK && n == 2 * RECORDS, "all addresses");
	for (good = true, i = 0; i < n; i++)
		good = good && addr[i].family == (i % 2 ? AF_INET : AF_INET6);
	ok(good, "families alternate, IPv6 first");
	ok(addr[1].ip[3] == 1 && addr[1].ip[4] == 0 && addr[1].ip[15] == 0, "an IPv4 address has 4 bytes, the rest is 0");
	ok(dns_get_addrs("a.example", addr, 3, &n) == DNS_OK && n == 3 && addr[0].family == AF_INET6 &&
	    addr[1].family == AF_INET, "both families within a limit");
	ok(dns_get_addrs("192.0.2.1", addr, 30, &n) == DNS_OK && n == 1 && addr[0].ip[0] == 192, "an address is itself");
	ok(dns_get_mx("..", mx, 20, &n) == DNS_NXDOMAIN && n == 0, "none with a failure");
}

static void
many(void)
{
	enum { QUESTIONS = DNSASK_FLIGHT + 20 };
	static struct dnsask q[QUESTIONS];
	struct dnsask_servers servers = { .limit_ms = 10000 };
	struct dnsname name;
	size_t i, good = 0;

	if (!dnsserver_list(getenv("DNSCACHEIP"), servers.list, &servers.n) || dnsname_get(&name, "b.example") != DNSNAME_OK)
		return;
	for (i = 0; i < QUESTIONS; i++)
		dnsask_set(&q[i], &name, i % 2 ? DNS_A : DNS_AAAA);
	dnsask_run(&servers, q, QUESTIONS);
	for (i = 0; i < QUESTIONS; i++) {
		good += q[i].state == DNSASK_DONE && q[i].result == DNS_OK;
		dnsask_free(&q[i]);
	}
	ok(good == QUESTIONS, "more questions than may be under way at once");
}

static void
hosts(void)
{
	struct dns_addr addr[6][30];
	struct dns_host h[] = {
		{ .name = "A.example.", .list = addr[0], .max = 30 },
		{ .name = "a.example", .list = addr[1], .max = 30, .family = AF_INET },
		{ .name = "192.0.2.1", .list = addr[2], .max = 30, .family = AF_INET6 },
		{ .name = "", .list = addr[3], .max = 30 },
		{ .name = "localhost", .list = addr[4], .max = 30, .family = AF_INET },
		{ .name = "b.example", .list = addr[5], .max = 3, .family = AF_INET6 },
	};
	size_t i, good = 0;

	dns_get_addrs_of(h, 6);
	ok(h[0].result == DNS_OK && h[0].n == 2 * RECORDS && h[0].secure, "both families, secure");
	same(h[0].canonical, "a.example", "its name in lower case, without the dot");
	for (i = 0; i < h[1].n; i++)
		good += h[1].list[i].family == AF_INET;
	ok(h[1].result == DNS_OK && h[1].n == RECORDS && good == RECORDS && h[1].secure, "IPv4 only");
	ok(h[2].result == DNS_NODATA && h[2].n == 0 && !h[2].secure, "an address of the wrong family");
	same(h[2].why, "DNS: 192.0.2.1 has no IPv6 address", "says so");
	ok(h[3].result == DNS_NXDOMAIN && h[3].n == 0 && *h[3].why, "no name at all");
	ok(h[4].result == DNS_OK && h[4].n == 1 && h[4].list->ip[0] == 127 && !h[4].secure, "localhost, IPv4 only");
	ok(h[5].result == DNS_OK && h[5].n == 3 && h[5].list[2].family == AF_INET6, "as many as there is room for");
	dns_get_addrs_of(h, 0);
	ok(h[0].n == 2 * RECORDS, "no host, nothing done");
}

/* the same server, on its word or not */
static void
trust(void)
{
	struct dnsask_servers servers = { .limit_ms = 10000 };
	struct dnsname name;
	struct dnsask q;
	bool secure[2];
	int i;

	if (!dnsserver_list(getenv("DNSCACHEIP"), servers.list, &servers.n) || dnsname_get(&name, "b.example") != DNSNAME_OK)
		return;
	for (i = 0; i < 2; i++) {
		servers.list[0].trusted = i;
		dnsask_set(&q, &name, DNS_MX);
		dnsask_run(&servers, &q, 1);
		secure[i] = q.result == DNS_OK && q.secure;
		ok(q.question.ad == i && q.answer.authentic, i ? "who is trusted is asked for AD" : "who is not is not");
		dnsask_free(&q);
	}
	ok(!secure[0] && secure[1], "and only then AD in an answer, asked for or not, is believed");
}

int
main(void)
{
	const char *why;
	pid_t pid = start();

	if (!ok(pid > 0 && dns_init(&why), "a server and its client"))
		return done();
	limits();
	many();
	hosts();
	trust();
	kill(pid, SIGKILL);
	waitpid(pid, 0, 0);
	return done();
}
