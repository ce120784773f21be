/* the order of hosts for a route, with a DNS that is a table */
#include <arpa/inet.h>
#include <string.h>

#include "deliver/hosts.h"
#include "tap.h"

static unsigned mx_asked, addr_asked;
static const char *failing = "";        /* this host's addresses cannot be had for now */

enum dns_result
dns_get_mx(const char *domain, struct dns_mx *list, size_t max, size_t *n)
{
	static const struct dns_mx three[] = { { 20, "second.example" }, { 10, "first.example" }, { 30, "third.example" } };
	static const struct dns_mx equal[] = { { 10, "a.example" }, { 10, "b.example" }, { 5, "first.example" } };
	static const struct dns_mx lost[] = { { 10, "none.example" }, { 20, "gone.example" } };
	static const struct dns_mx null[] = { { 0, "" } };
	static const struct dns_mx mixed[] = { { 0, "" }, { 10, "first.example" } };
	static const struct {
		const char *domain;
		const struct dns_mx *list;
		size_t n;
	} table[] = { { "three.example", three, 3 }, { "equal.example", equal, 3 }, { "lost.example", lost, 2 },
		{ "null.example", null, 1 }, { "mixed.example", mixed, 2 } };
	size_t i;

	mx_asked++;
	*n = 0;
	for (i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].domain, domain) == 0 && table[i].n <= max) {
			memcpy(list, table[i].list, table[i].n * sizeof *list);
			*n = table[i].n;
			return DNS_OK;
		}
	return strcmp(domain, "temp.example") == 0 ? DNS_TEMP : strcmp(domain, "nobody.example") == 0 ? DNS_NXDOMAIN : DNS_NODATA;
}

enum dns_result
dns_get_addrs(const char *host, struct dns_addr *list, size_t max, size_t *n)
{
	static const struct {
		const char *host, *ip[2];
	} table[] = { { "first.example", { "2001:db8::1", "192.0.2.1" } }, { "second.example", { "192.0.2.2" } },
		{ "third.example", { "192.0.2.3" } }, { "a.example", { "192.0.2.10" } }, { "b.example", { "192.0.2.11" } },
		{ "bare.example", { "192.0.2.4" } } };
	size_t i;

	addr_asked++;
	*n = 0;
	memset(list, 0, max * sizeof *list);
	if (strcmp(host, failing) == 0)
		return DNS_TEMP;
	if (max > 0 && (inet_pton(AF_INET, host, list->ip) == 1 || inet_pton(AF_INET6, host, list->ip) == 1)) {
		list->family = strchr(host, ':') ? AF_INET6 : AF_INET;
		*n = 1;
		return DNS_OK;
	}
	for (i = 0; i < sizeof table / sizeof *table; i++)
		for (; strcmp(table[i].host, host) == 0 && *n < 2 && *n < max && table[i].ip[*n]; ++*n) {
			const char *ip = table[i].ip[*n];

			list[*n].family = strchr(ip, ':') ? AF_INET6 : AF_INET;
			inet_pton(list[*n].family, ip, list[*n].ip);
		}
	return *n ? DNS_OK : strcmp(host, "gone.example") == 0 ? DNS_NXDOMAIN : DNS_NODATA;
}

const char *
dns_why(void)
{
	return "the table says so";
}

static struct hosts h;
static struct result why;

static bool
begin(const char *route)
{
	memset(&h, 0, sizeof h);
	return route_get(route, &h.route) && hosts_begin(&h, &why);
}

static struct dns_addr
address(const char *ip)
{
	struct dns_addr a;

	memset(&a, 0, sizeof a);
	a.family = strchr(ip, ':') ? AF_INET6 : AF_INET;
	inet_pton(a.family, ip, a.ip);
	return a;
}

/* the addresses to the end, a verdict and status for each host without */
static const char *
all(void)
{
	static char text[1000];
	char ip[INET6_ADDRSTRLEN];
	struct dns_addr a;
	enum hosts_result r;

	text[0] = 0;
	while ((r = hosts_next(&h, &a, &why)) != HOSTS_END) {
		if (r == HOSTS_ADDRESS)
			strcat(text, inet_ntop(a.family, a.ip, ip, sizeof ip));
		else {
			strncat(text, &why.verdict, 1);
			strcat(text, why.status);
		}
		strcat(text, " ");
	}
	return text;
}

static void
routes(void)
{
	ok(begin("host 192.0.2.7 26"), "a host as address");
	same(all(), "192.0.2.7 ", "is that address");
	ok(begin("host first.example 26"), "a host by name");
	same(all(), "2001:db8::1 192.0.2.1 ", "is all of its addresses");
	ok(begin("host none.example 26"), "a host without address");
	same(all(), "D5.1.2 ", "is a failure");
	ok(begin("mx [192.0.2.8]"), "an address literal");
	same(all(), "192.0.2.8 ", "is that address");
	ok(begin("mx [IPv6:2001:db8::9]"), "an IPv6 literal");
	same(all(), "2001:db8::9 ", "is that address");
	ok(!begin("mx [2001:db8::9]") && why.verdict == 'D', "IPv6 without its tag is none");
	ok(!begin("mx [localhost]") && !begin("mx []") && !begin("mx [") && !begin("mx [192.0.2.8"), "nor are these literals");
	ok(mx_asked == 0, "none of these asks for an MX");
}

static void
mx(void)
{
	ok(begin("mx three.example"), "three MX");
	same(all(), "2001:db8::1 192.0.2.1 192.0.2.2 192.0.2.3 ", "are tried by preference");
	ok(begin("mx bare.example"), "a domain without MX");
	same(all(), "192.0.2.4 ", "is its own host");
	ok(begin("mx none.example"), "one without addresses, too");
	same(all(), "D5.1.2 ", "is a failure");
	ok(begin("mx lost.example"), "MX hosts without addresses");
	same(all(), "D5.4.4 D5.4.4 ", "are failures, the domain's own address is not tried");
	ok(begin("mx mixed.example"), "a null MX among others");
	same(all(), "D5.4.4 2001:db8::1 192.0.2.1 ", "is no host, the others are");
	ok(!begin("mx null.example") && why.verdict == 'D' && strcmp(why.status, "5.1.10") == 0, "a null MX alone refuses all mail");
	ok(!begin("mx nobody.example") && why.verdict == 'D' && strcmp(why.status, "5.1.2") == 0, "a domain that does not exist");
	ok(!begin("mx temp.example") && why.verdict == 'Z' && strcmp(why.status, "4.4.3") == 0, "one that cannot be looked up now");
	failing = "first.example";
	ok(begin("mx three.example"), "a host that cannot be looked up now");
	same(all(), "Z4.4.3 192.0.2.2 192.0.2.3 ", "does not hide the others");
	failing = "";
}

static void
equals(void)
{
	unsigned a_first = 0, b_first = 0, i;

	for (i = 0; i < 200; i++) {
		const char *got = begin("mx equal.example") ? all() : "";

		a_first += strcmp(got, "2001:db8::1 192.0.2.1 192.0.2.10 192.0.2.11 ") == 0;
		b_first += strcmp(got, "2001:db8::1 192.0.2.1 192.0.2.11 192.0.2.10 ") == 0;
	}
	ok(a_first + b_first == 200, "equals come after the better one");
	ok(a_first > 0 && b_first > 0, "in either order");
	same(all(), "", "after the end is the end");
}

static void
memory(void)
{
	struct dns_addr best = address("2001:db8::1"), third = address("192.0.2.3");
	struct dns_addr a;
	unsigned before;

	begin("mx three.example");
	before = mx_asked;
	hosts_next(&h, &a, &why);
	hosts_failed(&h, &best);
	same(all(), "192.0.2.1 192.0.2.2 192.0.2.3 ", "what fails during a search is not tried again in it");
	hosts_failed(&h, &third);
	h.failure[0].at_ms -= 10;       /* a moment ago */
	h.failure[1].at_ms -= 10;
	ok(hosts_begin(&h, &why) && mx_asked == before, "what DNS said is kept for the next search");
	same(all(), "192.0.2.1 192.0.2.2 2001:db8::1 192.0.2.3 ", "what failed before it comes last");
	h.failure[0].at_ms -= HOSTS_SHUN_MS;
	hosts_begin(&h, &why);
	same(all(), "2001:db8::1 192.0.2.1 192.0.2.2 192.0.2.3 ", "for a while");
	h.found_ms -= HOSTS_FRESH_MS;
	ok(hosts_begin(&h, &why) && mx_asked == before + 1, "later DNS is asked again");
	before = addr_asked;
	hosts_next(&h, &a, &why);
	ok(addr_asked == before + 1, "a host's addresses are looked up in its turn");
}

int
main(void)
{
	routes();
	mx();
	equals();
	memory();
	return done();
}
